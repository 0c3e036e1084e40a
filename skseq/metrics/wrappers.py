"""Find the forecaster or step estimator inside Pipelines, searches and other wrappers."""

import numpy as np
import pandas as pd
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted


def unwrap(estimator, X=None):
    """Return the fitted forecaster inside an estimator, its X, and target transformers.

    X is passed through the steps of Pipelines. The target transformers are fitted, the
    outermost first.
    """
    layers = list_layers(estimator, "observed_")
    for layer in layers:
        if not hasattr(layer, "observed_"):
            check_is_fitted(layer)
    if not hasattr(layers[-1], "observed_"):
        raise_no_forecaster(estimator, layers[-1])
    wrappers = [one for one in layers if isinstance(one, TransformedTargetRegressor)]
    transformers = [wrapper.transformer_ for wrapper in wrappers]
    return layers[-1], transform_inputs(layers, X), transformers


def list_layers(estimator, attribute):
    """Return an estimator, the one inside it, and so on, the outermost first.

    The last one has the fitted attribute, unless no estimator inside has it.
    """
    layers = [estimator]
    while not hasattr(layers[-1], attribute):
        inner = get_inner(layers[-1])
        if inner is None:
            break
        layers.append(inner)
    return layers


def get_inner(estimator):
    """Return the fitted estimator that a wrapper calls, or None if there is none."""
    if isinstance(estimator, Pipeline):
        return estimator.steps[-1][1]
    if isinstance(estimator, TransformedTargetRegressor):
        return getattr(estimator, "regressor_", None)
    return getattr(estimator, "best_estimator_", None)


def transform_inputs(layers, X):
    """Return X as the last layer receives it: transformed by the steps of Pipelines."""
    for layer in layers[:-1]:
        if X is not None and isinstance(layer, Pipeline):
            for _, step in layer.steps[:-1]:
                if step not in (None, "passthrough"):
                    X = step.transform(X)
    return X


def find_row_estimator(estimator, X):
    """Return the step estimator of rows inside an estimator, and the X that it receives.

    Returns None if there is no fitted step estimator, or it was fitted on sequences.
    """
    layers = list_layers(estimator, "rows_are_steps_")
    if not getattr(layers[-1], "rows_are_steps_", False):
        return None
    return layers[-1], transform_inputs(layers, X)


def view_rows_as_sequences(estimator, X):
    """Return a step estimator of sequences, and the StepRows of X with the sequences.

    The estimator is a copy of the step estimator of rows inside the given one, and predicts
    the same. Returns None if there is none, so that X has sequences.
    """
    found = find_row_estimator(estimator, X)
    if found is None:
        return None
    inner, X = found
    layers = list_layers(estimator, "rows_are_steps_")
    if any(isinstance(layer, TransformedTargetRegressor) for layer in layers):
        raise TypeError(
            f"The predictions of {type(inner).__name__} in TransformedTargetRegressor are "
            "transformed. Pass its regressor_, and invert the predictions with its "
            "transformer_."
        )
    return inner._view_rows_as_sequences(X)


def find_leaf(estimator):
    """Return the innermost estimator, fitted or not, and whether it is hidden.

    TransformedTargetRegressor hides all methods of a forecaster except `predict`.
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
    """Raise TypeError if the innermost estimator has no such method, or it is hidden."""
    leaf, hidden = find_leaf(estimator)
    if hidden:
        raise_hidden(leaf, method)
    if not hasattr(leaf, method):
        raise TypeError(f"{type(leaf).__name__} has no method {method}: {remedy}.")


def get_period(estimator):
    """Return the parameter `period` of the innermost estimator, or 1."""
    return getattr(find_leaf(estimator)[0], "period", None) or 1


def get_series_column(estimator):
    """Return the parameter `series` of the innermost estimator, a column of X, or None."""
    return getattr(find_leaf(estimator)[0], "series", None)


def get_row_index(estimator, X):
    """Return the (series, time) or time index of the rows of X; None for an array."""
    if isinstance(X, pd.Index):
        return X
    if not isinstance(X, pd.DataFrame):
        return None
    column = get_series_column(estimator)
    if column is None or column not in X.columns:
        return X.index
    return pd.MultiIndex.from_arrays([X[column], X.index])


def raise_no_forecaster(outer, estimator):
    """Raise TypeError because an estimator contains no fitted forecaster."""
    name = type(estimator).__name__
    if hasattr(estimator, "cv_results_"):
        raise TypeError(
            f"{name} has no fitted forecaster because of refit=False. Set refit=True."
        )
    inside = "" if outer is estimator else f" in {type(outer).__name__}"
    raise TypeError(
        f"{name}{inside} has no attribute observed_ with the series that it was fitted on. "
        "Use a forecaster of skseq, alone or as the last step of a Pipeline, or in a "
        "search or TransformedTargetRegressor."
    )


def raise_hidden(forecaster, method):
    """Raise TypeError because TransformedTargetRegressor hides a method."""
    raise TypeError(
        f"TransformedTargetRegressor hides {method} of {type(forecaster).__name__}. Pass "
        "the transformer to the forecaster instead, as target_transformer=."
    )


def get_training_series(estimator):
    """Return all observations of a forecaster, in the units of y, as a DataFrame.

    The rows have a (series, time) MultiIndex if the series have names.
    """
    forecaster, _, transformers = unwrap(estimator)
    n_series = forecaster.observed_.n_series
    tables = [get_observed(forecaster, i, transformers) for i in range(n_series)]
    if list(forecaster.series_ids_) == [None]:
        return tables[0]
    return pd.concat(tables, keys=forecaster.series_ids_)


def get_observed(forecaster, i, target_transformers):
    """Return the observations of series number i before the target transformers."""
    values = forecaster.observed_.targets(i)
    for transformer in reversed(target_transformers):
        values = transformer.inverse_transform(values)
    return pd.DataFrame(values, index=forecaster.observed_.stamps(i))


def check_index_is_kept(estimator, X):
    """Raise if a Pipeline drops the index of X and its rows are mistaken for others.

    Without an index, rows are those that follow the last observation.
    """
    try:
        forecaster, inner, _ = unwrap(estimator, X)
    except TypeError:  # not a forecaster: rows need no time
        return
    observed = forecaster.observed_
    is_dropped = isinstance(X, pd.DataFrame) and not isinstance(inner, pd.DataFrame)
    if observed.clock is None or not is_dropped or observed.n_series > 1:
        return
    first = observed.next_tick(0)
    expected = observed.clock.stamps(np.arange(first, first + len(X)))
    stamps = X.index.get_level_values(-1)
    if stamps.dtype.kind != expected.dtype.kind:  # the index of X is not a time index
        return
    wrong = np.flatnonzero(expected != stamps)
    if len(wrong):
        raise ValueError(
            f"A step of the Pipeline drops the index of X, so {type(forecaster).__name__} "
            f"would take the row of {stamps[wrong[0]]} for {expected[wrong[0]]}. Keep the "
            "index with set_output(transform='pandas')."
        )


def call_method(estimator, method, X, *args):
    """Call a method of the innermost forecaster, such as `predict_interval`."""
    forecaster, X, target_transformers = unwrap(estimator, X)
    if target_transformers:
        raise_hidden(forecaster, method)
    return getattr(forecaster, method)(X, *args)
