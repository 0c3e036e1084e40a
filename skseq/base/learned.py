"""Whether what was read from a file fits together, before anyone uses it."""

import numpy as np

from skseq.base.records import is_count, is_numbers
from skseq.persistence import require
from skseq.series import Panel, TableReader, WindowCoder
from skseq.tasks import Calibration
from skseq.training import CovariateScaler, InputScaler


def check_inputs(model):
    """Raise if what an estimator of sequences knows of its inputs does not fit together."""
    require(isinstance(model.scaler_, InputScaler), "scaler_ is no scaler")
    require(type(model.table_input_) is bool, "table_input_ is no bool")
    require(is_count(model.patch_size_, 1), "patch_size_ is no number of steps")
    n = getattr(model, "n_features_in_", None)
    require(is_count(n, 1), "n_features_in_ is no number of features")
    wanted = 1 if model.table_input_ else n
    require(len(model.scaler_.mean) == wanted, "scaler_ does not fit the features")
    check_names(model)


def check_names(model):
    """Raise if the names of features are no names, or of another number."""
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        require(
            type(names) is np.ndarray and names.shape == (model.n_features_in_,),
            "feature_names_in_ does not fit n_features_in_",
        )


def check_series(model):
    """Raise if what a forecaster knows of its series does not fit together."""
    panel, coded, reader = model.observed_, model.coded_, model.reader_
    require(isinstance(panel, Panel) and isinstance(coded, Panel), "series are missing")
    require(isinstance(reader, TableReader), "reader_ is damaged")
    same = panel.ids == coded.ids == model.series_ids_
    same = same and np.array_equal(panel.lengths, coded.lengths)
    same = same and np.array_equal(panel.first_ticks, coded.first_ticks)
    same = same and panel.values.shape == coded.values.shape
    same = same and panel.covariates.shape == coded.covariates.shape
    require(same, "observed_ and coded_ are not the same series")
    n, n_targets = panel.n_series, panel.n_targets
    require(model.n_targets_ == n_targets, "n_targets_ does not fit the series")
    require(len(reader.columns) == panel.covariates.shape[1], "reader_ does not fit them")
    require(is_count(model.horizon_, 1), "horizon_ is no number of steps")
    require(is_count(model.context_length_, 1), "context_length_ is no number of steps")
    require(is_numbers(model.spreads_, n, n_targets), "spreads_ does not fit the series")
    check_calibration(model)
    require(type(model.multioutput_) is bool, "multioutput_ is no bool")
    require(model.target_kind_ in ("array", "series", "frame"), "target_kind_ is unknown")
    names = model.target_names_
    is_named = type(names) is list and len(names) == n_targets
    require(is_named or (names is None and model.target_kind_ == "array"), "names are lost")
    if hasattr(model, "n_features_in_"):
        require(is_count(model.n_features_in_), "n_features_in_ is no number of columns")
        check_names(model)
    transformer = model.target_transformer_
    require(transformer is None or hasattr(transformer, "inverse_transform"), "y is coded")


def check_calibration(model):
    """Raise if held-out errors are those of other series."""
    calibration = model.calibration_
    require(isinstance(calibration, Calibration), "calibration_ is damaged")
    fits = calibration.factors.shape == model.spreads_.shape
    fits = fits and calibration.horizon == model.horizon_
    require(fits, "calibration_ does not fit the series")


def check_windows(model):
    """Raise if what measures windows does not fit the series."""
    coder, scaler = model.coder_, model.scaler_
    require(isinstance(coder, WindowCoder), "coder_ is damaged")
    fits = (coder.context_length, coder.horizon) == (model.context_length_, model.horizon_)
    require(fits, "coder_ has other steps")
    require(isinstance(scaler, CovariateScaler), "scaler_ is damaged")
    fits = len(scaler.mean) == model.coded_.covariates.shape[1]
    require(fits and scaler.n_past == model.reader_.n_past, "scaler_ has other covariates")
    require(is_count(model.patch_size_, 1), "patch_size_ is no number of steps")
