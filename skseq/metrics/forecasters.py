"""The forecaster inside what scikit-learn wraps around it."""

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted


def unwrap(estimator, X=None):
    """Return the forecaster within, X as it reaches it, and what changed its targets.

    Goes through Pipelines, searches and TransformedTargetRegressor, however nested. The
    last is a list of the fitted target transformers on the way, outermost first.
    """
    outer, targets = estimator, []
    while not hasattr(estimator, "observed_"):
        check_is_fitted(estimator)
        if isinstance(estimator, Pipeline):
            X = transform_rows(estimator, X)
            estimator = estimator.steps[-1][1]
        elif isinstance(estimator, TransformedTargetRegressor):
            targets.append(estimator.transformer_)
            estimator = estimator.regressor_
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            raise TypeError(explain(outer, estimator))
    return estimator, X, targets


def find_leaf(estimator):
    """Return the forecaster that an unfitted estimator holds, and whether it is hidden.

    TransformedTargetRegressor hides all of a forecaster but `predict`.
    """
    hidden = False
    while True:
        inner = None
        if isinstance(estimator, Pipeline):
            inner = estimator.steps[-1][1]
        elif isinstance(estimator, TransformedTargetRegressor):
            inner, hidden = estimator.regressor, True
        elif hasattr(estimator, "best_estimator_") or hasattr(estimator, "cv"):
            inner = getattr(estimator, "estimator", None)
        if inner is None:
            return estimator, hidden
        estimator = inner


def check_method(estimator, method, remedy):
    """Raise if the forecaster within an unfitted estimator has no such method."""
    leaf, hidden = find_leaf(estimator)
    if hidden:
        raise TypeError(explain_hidden(leaf, method))
    if not hasattr(leaf, method):
        raise TypeError(f"{type(leaf).__name__} has no method {method}: {remedy}.")


def get_period(estimator):
    """Return the parameter `period` of the forecaster within; 1 if it has none."""
    return getattr(find_leaf(estimator)[0], "period", None) or 1


def label_rows(estimator, X):
    """Return (series, time), or the time, of rows of X; None for a bare array."""
    if not isinstance(X, pd.DataFrame):
        return None
    column = get_series_column(estimator)
    if column is None or column not in X.columns:
        return X.index
    return pd.MultiIndex.from_arrays([X[column], X.index])


def get_series_column(estimator):
    """Return the parameter `series` of the forecaster within: a column of X, or None."""
    return getattr(find_leaf(estimator)[0], "series", None)


def explain(outer, estimator):
    """Say that there is no forecaster where one was looked for."""
    within = "" if outer is estimator else f" within {type(outer).__name__}"
    if hasattr(estimator, "cv_results_"):
        return (
            f"{type(estimator).__name__} keeps no fitted forecaster, since refit=False: set "
            "refit=True."
        )
    return (
        f"{type(estimator).__name__}{within} does not keep the series that it was fitted on "
        "(observed_): give a forecaster of skseq, alone or as the last step of a Pipeline, or "
        "in a search or TransformedTargetRegressor."
    )


def transform_rows(pipeline, X):
    """Pass X through all steps of a fitted Pipeline but the last."""
    if X is None:
        return None
    for _, step in pipeline.steps[:-1]:
        if step is not None and step != "passthrough":
            X = step.transform(X)
    return X


def get_training_series(estimator):
    """Return all that a forecaster has observed, in the units of y: what y_train means.

    A DataFrame, whose rows have a (series, time) MultiIndex if series have names.
    """
    forecaster, _, targets = unwrap(estimator)
    tables = [
        read_observed(forecaster, i, targets) for i in range(forecaster.observed_.n_series)
    ]
    if list(forecaster.series_ids_) == [None]:
        return tables[0]
    return pd.concat(tables, keys=forecaster.series_ids_)


def read_observed(forecaster, number, targets):
    """Return what has been observed of one series, with what changed its targets undone."""
    values = forecaster.observed_.targets(number)
    for transformer in reversed(targets):
        values = transformer.inverse_transform(values)
    return pd.DataFrame(values, index=forecaster.observed_.stamps(number))


def check_rows_are_found(estimator, X):
    """Raise if a Pipeline takes the index from X and its rows are taken for others.

    Without an index they can only be those right after the last observation.
    """
    try:
        forecaster, inner, _ = unwrap(estimator, X)
    except TypeError:  # no forecaster: rows are what they are
        return
    clock = getattr(forecaster.observed_, "clock", None)
    lost = isinstance(X, pd.DataFrame) and not isinstance(inner, pd.DataFrame)
    if clock is None or not lost or forecaster.observed_.n_series > 1:
        return
    first = forecaster.observed_.next_tick(0)
    expected = clock.stamps(np.arange(first, first + len(X)))
    stamps = X.index.get_level_values(-1)
    if stamps.dtype.kind != expected.dtype.kind:  # that of X tells no time
        return
    wrong = np.flatnonzero(expected != stamps)
    if len(wrong):
        raise ValueError(
            f"A step of the Pipeline returns rows without their index, so that "
            f"{type(forecaster).__name__} would take {stamps[wrong[0]]} for "
            f"{expected[wrong[0]]}: let it return frames, by "
            "set_output(transform='pandas')."
        )


def call_within(estimator, method, X, *args):
    """Call a method of a forecaster that wrappers hide, `predict_interval` for one."""
    forecaster, X, targets = unwrap(estimator, X)
    if targets:
        raise TypeError(explain_hidden(forecaster, method))
    return getattr(forecaster, method)(X, *args)


def explain_hidden(forecaster, method):
    """Say why a method cannot be called, and what to do."""
    return (
        f"TransformedTargetRegressor hides {method} of {type(forecaster).__name__}: hand the "
        "transformer to the forecaster itself, as target_transformer=."
    )
