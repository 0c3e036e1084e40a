"""Predictions for each step of long recordings, from overlapping windows."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_params,
)

from skseq.metrics.wrappers import view_rows_as_sequences
from skseq.sequences import cover_windows, fill_cells, read_sequences


@validate_params(
    {
        "estimator": [HasMethods("predict")],
        "X": "no_validation",
        "length": [Interval(Integral, 1, None, closed="left")],
        "overlap": [Interval(Integral, 0, None, closed="left")],
        "method": [str],
        "combine": [StrOptions({"center", "mean"})],
    },
    prefer_skip_nested_validation=True,
)
def predict_long(estimator, X, length, overlap, *, method="predict", combine="center"):
    """Predict each step of long recordings from overlapping windows.

    Recordings that are much longer than the training sequences are cut into windows of
    `length` steps. Consecutive windows share `overlap` steps. The estimator predicts the
    steps of the windows, and the predictions are joined.

    Parameters
    ----------
    estimator : object
        A fitted step classifier or step regressor, alone, as the last step of a Pipeline,
        or in a search.
    X : array-like, list of arrays, DataFrame or Sequences
        The recordings: sequences, or rows that are steps, as in `fit`.
    length : int
        Number of steps of a window, preferably that of the training sequences. A recording
        of at most `length` steps is one window.
    overlap : int
        Number of steps that consecutive windows share, less than `length`. The last window
        ends at the end of its recording and may share more steps.
    method : str, default="predict"
        Method of the estimator, for example `"predict_proba"`.
    combine : {"center", "mean"}, default="center"
        How to predict steps that belong to several windows. "center" takes the prediction
        of the window in which the step is most central. Except at the ends of a recording,
        this window has at least `overlap // 2` steps before and after the step. "mean"
        averages the predictions of all windows, which must be numbers.

    Returns
    -------
    ndarray of shape (n_sequences,), (n_rows,) or (n_rows, n_outputs)
        For sequences, an object array with one array for each recording, (n_timesteps_i,)
        or (n_timesteps_i, n_outputs). If rows are steps, one prediction for each row of X.

    Raises
    ------
    ValueError
        If an argument is invalid, or if the estimator does not predict each step.
    TypeError
        If rows are steps and the estimator is in a TransformedTargetRegressor.

    See Also
    --------
    skseq.Sequences.windows : Cut recordings into windows for training.

    Notes
    -----
    Predictions of a causal network (`bidirectional=False`) depend on earlier steps only.
    If the network remembers at most `overlap // 2` steps, `combine="center"` returns the
    predictions for whole recordings.

    If rows are steps, a Pipeline transforms X as a whole, and the transformed rows are cut
    into windows. The rows of a recording may be in any order if they have times.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import LSTMStepClassifier, Sequences
    >>> from skseq.model_selection import predict_long
    >>> rng = np.random.default_rng(0)
    >>> recordings = Sequences.from_list([rng.normal(size=(n, 2)) for n in (300, 500)])
    >>> y = [np.where(recording[:, 0] > 0, "up", "down") for recording in recordings]
    >>> X_windows, y_windows, _ = recordings.windows(50, 25, y=y, target_per="step")
    >>> model = LSTMStepClassifier(max_epochs=2, random_state=0).fit(X_windows, y_windows)
    >>> labels = predict_long(model, recordings, length=50, overlap=20)
    >>> [len(part) for part in labels]
    [300, 500]
    >>> probabilities = predict_long(
    ...     model, recordings, 50, 20, method="predict_proba", combine="mean"
    ... )
    >>> probabilities[1].shape
    (500, 2)

    Rows of a table that are steps:

    >>> table = recordings.to_frame().set_index(["sequence", "time"])
    >>> model = LSTMStepClassifier(max_epochs=2, random_state=0)
    >>> model = model.fit(table, np.concatenate(y))
    >>> predict_long(model, table, length=50, overlap=20).shape
    (800,)
    """
    if overlap >= length:
        raise ValueError(
            f"overlap must be less than length, got overlap={overlap} and length={length}."
        )
    name, rows = type(estimator).__name__, None
    viewed = view_rows_as_sequences(estimator, X)
    if viewed is None:
        recordings, _ = read_sequences(
            X, allow_missing=True, categorical_features="from_dtype", estimator=name
        )
    else:
        estimator, rows = viewed
        recordings = rows.sequences
    windows, owners = cover_windows(recordings, length, overlap)
    predict = getattr(estimator, method, None)
    if predict is None:
        raise ValueError(f"{name} has no method {method!r}.")
    parts = [np.asarray(part) for part in predict(windows)]
    _check_parts(parts, windows.lengths, name, method)
    if combine == "mean" and parts[0].dtype.kind not in "fiu":
        raise ValueError(
            f"{method!r} returns {parts[0].dtype.type.__name__} values, which have no mean. "
            "Use combine='center'."
        )
    join = _average if combine == "mean" else _take_central
    first_steps = windows.starts - recordings.starts[owners]
    of_recording = np.split(np.arange(len(parts)), np.flatnonzero(np.diff(owners)) + 1)
    joined = [
        join([parts[k] for k in numbers], first_steps[numbers]) for numbers in of_recording
    ]
    return fill_cells(joined) if rows is None else rows.restore(np.concatenate(joined))


def _check_parts(parts, lengths, name, method):
    """Raise ValueError unless there is a prediction for each step of each window."""
    is_per_step = len(parts) == len(lengths) and all(
        part.ndim and len(part) == n for part, n in zip(parts, lengths, strict=True)
    )
    if not is_per_step:
        raise ValueError(
            f"{method!r} of {name} does not return one array for each sequence with a "
            "prediction for each step. Use a step classifier or a step regressor."
        )


def _take_central(parts, first_steps):
    """Return predictions of a recording, each from the window where it is most central."""
    ends = first_steps + [len(part) for part in parts]
    # Each window ends in the middle of the steps that it shares with the next one.
    middles = (first_steps[1:] + ends[:-1]) // 2
    begins, stops = np.append(0, middles), np.append(middles, ends[-1])
    return np.concatenate(
        [
            part[begin - first : stop - first]
            for part, first, begin, stop in zip(
                parts, first_steps, begins, stops, strict=True
            )
        ]
    )


def _average(parts, first_steps):
    """Return the means of the predictions of all windows of a recording."""
    n_steps = int(first_steps[-1]) + len(parts[-1])
    total = np.zeros((n_steps, *parts[0].shape[1:]))
    count = np.zeros(n_steps)
    for part, first in zip(parts, first_steps, strict=True):
        total[first : first + len(part)] += part
        count[first : first + len(part)] += 1
    return total / count.reshape(-1, *[1] * (total.ndim - 1))
