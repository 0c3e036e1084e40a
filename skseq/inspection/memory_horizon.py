"""How far back an input still changes the output."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.plotting import check_has, find_forecaster
from skseq.sequences import Sequences, read_sequences


@validate_params(
    {
        "estimator": "no_validation",
        "X": "no_validation",
        "threshold": [Interval(Real, 0, None, closed="left")],
        "max_horizon": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def memory_horizon(estimator, X=None, *, threshold=0.01, max_horizon=None, random_state=0):
    """Measure how many steps before its end an input still changes the output.

    One step of every sequence is replaced, at the same distance from the end, by a step
    drawn at random from all of X. The effect of a distance is the mean absolute change of
    the output (of `predict_proba` where there is one, else of `predict`), as a fraction of
    the change when all steps are replaced so. The horizon is the farthest step whose effect
    is above the threshold, where the last step is 1.

    Of a forecaster it is the past that changes the forecast: a step of the series itself is
    replaced by another one of the same window, in the latest windows of the series that it
    has observed, and effects are in units of each series.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or regressor of sequences, or a forecaster, alone, in a Pipeline
        or in a search.
    X : array-like, list of arrays, DataFrame or Sequences, default=None
        Sequences, as for the estimator's `fit`. Long sequences show a long memory; short
        ones cannot. None for a forecaster, which has its series.
    threshold : float, default=0.01
        Smallest effect that counts, as a fraction of the effect of all steps.
    max_horizon : int, default=None
        Farthest step to replace. By default the first one of the longest sequence, or of a
        forecaster's window. Every step costs one prediction of X.
    random_state : int, RandomState instance or None, default=0
        Determines the steps that are put in.

    Returns
    -------
    Bunch
        An object with the attributes

        - `horizon`: int, steps; 0 if no step has an effect above the threshold;
        - `effects`: ndarray of shape (n_steps,), the effect of the last step, of the one
          before it, and so on. Only sequences that are long enough count. All are 0 if
          the output does not change even when all steps are replaced.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If it cannot predict.
    ValueError
        If X does not fit, is missing, or is given to a forecaster; or a parameter is out of
        its range.

    See Also
    --------
    gradient_flow : Measure how much of the gradient reaches each step.

    Notes
    -----
    The horizon is one of the model on this data, not of the architecture: a model that
    could remember, but has learned that old steps do not matter, has a short one. An effect
    is that of one step alone, while the others stay; steps that only matter together are
    missed.

    Examples
    --------
    A model that adds up the last three steps has a horizon of 3:

    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator, RegressorMixin
    >>> from skseq.inspection import memory_horizon
    >>> class LastThree(RegressorMixin, BaseEstimator):
    ...     def fit(self, X, y=None):
    ...         self.is_fitted_ = True
    ...         return self
    ...
    ...     def predict(self, X):
    ...         return np.array([steps[-3:].sum() for steps in X])
    >>> X = np.random.default_rng(0).normal(size=(100, 8, 1))
    >>> memory_horizon(LastThree().fit(X), X).horizon
    3

    What was a year ago is all that a seasonal naive forecast knows:

    >>> from skseq import SeasonalNaive
    >>> from skseq.datasets import load_airline
    >>> X, y = load_airline(return_X_y=True)
    >>> memory_horizon(SeasonalNaive(period=12).fit(X, y)).horizon
    12
    """
    check_has(estimator, "predict", "memory_horizon")
    check_is_fitted(estimator)
    generator = check_random_state(random_state)
    forecaster = find_forecaster(estimator)
    if (X is None) != (forecaster is not None):
        raise ValueError(explain_X(estimator, forecaster))
    if forecaster is not None:
        effects = forecaster._measure_memory(max_horizon, generator)
        return Bunch(horizon=find_horizon(effects, threshold), effects=effects)
    sequences, _ = read_sequences(X, allow_missing=True, estimator=estimator)
    lengths, values = sequences.lengths, np.concatenate(sequences.to_list())
    names = sequences.feature_names
    drawn = values[generator.randint(len(values), size=len(values))]
    before = answer(estimator, X, len(sequences))  # X as it is: the estimator checks it
    drawn_X = Sequences(drawn, lengths, feature_names=names)
    after = answer(estimator, drawn_X, len(lengths))
    n_steps = int(min(lengths.max(), max_horizon or lengths.max()))
    effects, whole = np.zeros(n_steps), np.abs(after - before).mean()
    if whole == 0:
        return Bunch(horizon=0, effects=effects)
    ends = np.cumsum(lengths)
    for distance in range(n_steps):
        long = np.flatnonzero(lengths > distance)
        places = ends[long] - 1 - distance
        changed = values.copy()
        changed[places] = drawn[places]
        some = Sequences(changed, lengths, feature_names=names)[long]
        effects[distance] = (
            np.abs(answer(estimator, some, len(long)) - before[long]).mean() / whole
        )
    return Bunch(horizon=find_horizon(effects, threshold), effects=effects)


def find_horizon(effects, threshold):
    """Return the farthest step with an effect above the threshold; the last one is 1."""
    above = np.flatnonzero(effects > threshold)
    return int(above[-1]) + 1 if len(above) else 0


def explain_X(estimator, forecaster):
    """Say why X is missing, or too much."""
    if forecaster is None:
        return f"{type(estimator).__name__} needs sequences to look at: give X, as for its fit."
    return f"{type(forecaster).__name__} looks at the series that it has observed: leave X out."


def answer(estimator, X, n_sequences):
    """Return the finest numbers that an estimator predicts: (n_sequences, n_outputs)."""
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    return np.asarray(getattr(estimator, method)(X), dtype=float).reshape(n_sequences, -1)
