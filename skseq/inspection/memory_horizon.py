"""Measure how far back inputs change the output."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.forecast_memory import measure_forecast_memory
from skseq.inspection.validation import (
    check_data_source,
    make_generator,
    read_any_features,
)
from skseq.metrics.wrappers import view_rows_as_sequences
from skseq.sequences import Sequences, is_nested


@validate_params(
    {
        "threshold": [Interval(Real, 0, None, closed="left")],
        "max_horizon": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def memory_horizon(estimator, X=None, *, threshold=0.01, max_horizon=None, random_state=0):
    """Measure how many of the last steps of a sequence affect the output.

    One step of every sequence, at the same distance from the end, is replaced by a step
    drawn at random from all of X. The effect of a distance is the mean absolute change of
    the output (`predict_proba` if available, else `predict`), as a fraction of the change
    if all steps are replaced. For estimators that predict every step, the output is that of
    the last step. The horizon is the farthest step whose effect exceeds the
    threshold; the last step of a sequence has the number 1.

    For a forecaster, past observations in the latest windows of its series are replaced by
    others of the same window, and changes are scaled by the spread of each series.

    A model that has learned to ignore early steps has a short horizon, even if its
    architecture can remember them. Steps that matter only in combination are missed.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or regressor of sequences or steps, or a forecaster, alone, in a
        Pipeline or in a search.
    X : array-like, list of arrays, DataFrame or Sequences, default=None
        Sequences, or rows that are steps, as for the estimator's `fit`. None for a
        forecaster.
    threshold : float, default=0.01
        Smallest effect that counts, as a fraction of the effect of all steps.
    max_horizon : int, default=None
        Farthest step to replace. By default the first step of the longest sequence, or of
        a forecaster's window. Each step costs one prediction of X.
    random_state : int, RandomState instance or None, default=0
        Determines the replacements.

    Returns
    -------
    Bunch
        An object with the attributes

        - `horizon`: int, number of steps; 0 if no step has an effect above the threshold;
        - `effects`: ndarray of shape (n_steps,), the effect of each step, beginning with
          the last one. Sequences that are too short for a distance are left out. All 0 if
          the output does not change even if all steps are replaced.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator has no method `predict`, or if rows are steps and the estimator is
        in a TransformedTargetRegressor.
    ValueError
        If X does not suit the estimator, X is passed for a forecaster, or a parameter is
        out of range.

    See Also
    --------
    gradient_flow : Measure how much of the gradient of the loss reaches each step.

    Examples
    --------
    A model that sums the last three steps has a horizon of 3:

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

    A seasonal naive forecast depends on the last season only:

    >>> from skseq import SeasonalNaive
    >>> from skseq.datasets import load_airline
    >>> X, y = load_airline(return_X_y=True)
    >>> memory_horizon(SeasonalNaive(period=12).fit(X, y)).horizon
    12
    """
    if not hasattr(estimator, "predict"):
        raise TypeError(
            f"{type(estimator).__name__} has no method predict: memory_horizon needs a "
            "fitted classifier, regressor or forecaster."
        )
    check_is_fitted(estimator)
    generator = make_generator(random_state)
    forecaster = check_data_source(estimator, [X is not None])
    if forecaster is None:
        effects = measure_sequence_memory(estimator, X, max_horizon, generator)
    else:
        effects = measure_forecast_memory(forecaster, max_horizon, generator)
    above = np.flatnonzero(effects > threshold)
    return Bunch(horizon=int(above[-1]) + 1 if len(above) else 0, effects=effects)


def measure_sequence_memory(estimator, X, max_horizon, generator):
    """Return the effect of each step of sequences, beginning with the last step."""
    viewed = view_rows_as_sequences(estimator, X)
    if viewed is None:
        sequences = read_any_features(X, estimator)
        estimator.predict(X)  # validates X
    else:
        estimator, sequences = viewed[0], viewed[1].sequences
    sequences = sequences.compact()
    lengths, steps = sequences.lengths, np.arange(sequences.lengths.sum())
    replacements = generator.randint(len(steps), size=len(steps))
    before = predict_numbers(estimator, sequences, len(sequences))
    after = predict_numbers(estimator, take_steps(sequences, replacements), len(lengths))
    total = np.abs(after - before).mean()
    effects = np.zeros(int(min(lengths.max(), max_horizon or lengths.max())))
    if total == 0:
        return effects
    ends = np.cumsum(lengths)
    for distance in range(len(effects)):
        reached = np.flatnonzero(lengths > distance)
        rows = ends[reached] - 1 - distance
        changed = steps.copy()
        changed[rows] = replacements[rows]
        part = take_steps(sequences, changed)[reached]
        after = predict_numbers(estimator, part, len(reached))
        effects[distance] = np.abs(after - before[reached]).mean() / total
    return effects


def take_steps(sequences, steps):
    """Return sequences of the same lengths with other steps, given by their numbers."""
    return Sequences(
        sequences.values[steps],
        sequences.lengths,
        feature_names=sequences.feature_names,
        codes=None if sequences.codes is None else sequences.codes[steps],
        categories=sequences.categories,
        is_categorical=sequences.is_categorical,
    )


def predict_numbers(estimator, X, n_sequences):
    """Return probabilities if available, else predictions: (n_sequences, n_outputs).

    Of predictions for every step, those of the last step are returned.
    """
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    found = getattr(estimator, method)(X)
    if np.ndim(found) == 1 and is_nested(found[0]):
        found = [part[-1] for part in found]
    return np.asarray(found, dtype=float).reshape(n_sequences, -1)
