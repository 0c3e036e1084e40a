"""Whether what was read from a file fits together, before anyone uses it."""

import numpy as np

from skseq.estimators.records import is_count, is_numbers
from skseq.forecasting.calibration import Calibration
from skseq.forecasting.targets import inverse_values, transform_values
from skseq.inputs import CovariateScaler, InputScaler
from skseq.persistence import require
from skseq.series import Panel, TableReader, WindowCoder

# A season, or a past, of more steps is none: to look at it would fill the memory.
MOST_STEPS = 10**8


def is_steps(value):
    """Return whether a value is a number of steps."""
    return is_count(value, 1) and value <= MOST_STEPS


def is_flag(value):
    """Return whether a value is True or False."""
    return type(value) is bool


def is_finite(value):
    """Return whether a value is a list of finite numbers."""
    return is_numbers(value, None) and np.isfinite(value).all()


def is_texts(value):
    """Return whether a value is an array of text, one after another."""
    is_list = type(value) is np.ndarray and value.ndim == 1
    return is_list and all(isinstance(text, str) for text in value)


def is_names(value):
    """Return whether a value is a list of what may name a series or a column."""
    if type(value) is not list:
        return False
    hash(tuple(value))  # raises where pandas would, later
    return True


def is_classes(value):
    """Return whether a value is an array of labels, sorted, each of them once."""
    is_list = type(value) is np.ndarray and value.ndim == 1
    return is_list and np.array_equal(np.unique(value), value)


# What each attribute of a fitted estimator may be, whatever the others are.
CHECKS = {
    "n_features_in_": is_count,
    "feature_names_in_": is_texts,
    "scaler_": lambda value: isinstance(value, (InputScaler, CovariateScaler)),
    "common_length_": lambda value: value is None or is_steps(value),
    "table_input_": is_flag,
    "patch_size_": is_steps,
    "classes_": is_classes,
    "multilabel_": is_flag,
    "multioutput_": is_flag,
    "n_outputs_": lambda value: is_count(value, 1),
    "target_mean_": is_finite,
    "target_scale_": lambda value: is_finite(value) and (value > 0).all(),
    "observed_": lambda value: isinstance(value, Panel),
    "coded_": lambda value: isinstance(value, Panel),
    "reader_": lambda value: isinstance(value, TableReader),
    "coder_": lambda value: isinstance(value, WindowCoder) and value.lag <= MOST_STEPS,
    "calibration_": lambda value: isinstance(value, Calibration),
    "spreads_": lambda value: is_numbers(value, None, None) and (value > 0).all(),
    "horizon_": is_steps,
    "context_length_": is_steps,
    "n_targets_": lambda value: is_count(value, 1),
    "series_ids_": is_names,
    "target_kind_": ("array", "series", "frame").__contains__,
    "target_names_": lambda value: value is None or is_names(value),
    "target_transformer_": lambda value: value is None or hasattr(value, "transform"),
}


def check_each(state):
    """Raise if an attribute cannot be what it is."""
    for name, value in state.items():
        require(CHECKS[name](value), f"{name} cannot be what the file says")


def check_inputs(model):
    """Raise if what an estimator of sequences knows of its inputs does not fit together."""
    require(isinstance(model.scaler_, InputScaler), "scaler_ is of a forecaster")
    n = getattr(model, "n_features_in_", 0)
    wanted = 1 if model.table_input_ else n
    fits = n > 0 and len(model.scaler_.mean) == wanted
    require(fits, "scaler_ does not fit the features")
    check_names(model)


def check_names(model):
    """Raise if there are other features than names."""
    names = getattr(model, "feature_names_in_", None)
    fits = names is None or len(names) == getattr(model, "n_features_in_", None)
    require(fits, "feature_names_in_ does not fit n_features_in_")


def check_series(model):
    """Raise if what a forecaster knows of its series does not fit together."""
    panel, coded, reader = model.observed_, model.coded_, model.reader_
    same = panel.ids == coded.ids == model.series_ids_
    same = same and np.array_equal(panel.lengths, coded.lengths)
    same = same and np.array_equal(panel.first_ticks, coded.first_ticks)
    same = same and panel.values.shape == coded.values.shape
    same = same and panel.covariates.shape == coded.covariates.shape
    require(same, "observed_ and coded_ are not the same series")
    n, n_targets = panel.n_series, panel.n_targets
    require(model.n_targets_ == n_targets, "n_targets_ does not fit the series")
    require(model.multioutput_ or n_targets == 1, "n_targets_ does not fit multioutput_")
    require(model.spreads_.shape == (n, n_targets), "spreads_ does not fit the series")
    fits = len(reader.columns) == panel.covariates.shape[1]
    n_features = getattr(model, "n_features_in_", 0)
    fits = fits and all(place < n_features for place in reader.positions)
    require(fits, "reader_ does not fit the columns")
    check_names(model)
    check_calibration(model)
    names = model.target_names_
    is_named = names is not None and len(names) == n_targets
    is_array = model.target_kind_ == "array"
    require(is_named or (names is None and is_array), "target_names_ does not fit y")
    check_transformer(model)


def check_calibration(model):
    """Raise if held-out errors are those of other series."""
    calibration = model.calibration_
    fits = calibration.factors.shape == model.spreads_.shape
    fits = fits and calibration.horizon == model.horizon_
    require(fits, "calibration_ does not fit the series")


def check_transformer(model):
    """Raise if the transformer of targets cannot code them and read them back."""
    if model.target_transformer_ is not None:
        values = model.observed_.values
        rows = values[np.flatnonzero(~np.isnan(values).any(axis=1))[:1]]
        coded = transform_values(model.target_transformer_, rows)
        back = inverse_values(model.target_transformer_, coded, axis=1)
        require(back.shape == rows.shape, "target_transformer_ does not fit the series")


def check_windows(model):
    """Raise if what measures windows does not fit the series."""
    coder, scaler = model.coder_, model.scaler_
    fits = (coder.context_length, coder.horizon) == (model.context_length_, model.horizon_)
    require(fits, "coder_ has other steps")
    require(isinstance(scaler, CovariateScaler), "scaler_ is of no forecaster")
    fits = len(scaler.mean) == model.coded_.covariates.shape[1]
    require(fits and scaler.n_past == model.reader_.n_past, "scaler_ has other covariates")
