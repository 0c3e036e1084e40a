"""The template of forecasters: rows are time steps."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skseq.estimators.parameters import MergedParameters
from skseq.estimators.saving import SavedEstimator
from skseq.forecasting import SeriesReader, WindowForecaster
from skseq.forecasting.history import copy_with_history
from skseq.forecasting.rolling import Output, forecast_rows
from skseq.forecasting.targets import transform_values
from skseq.forecasting.updating import add_observations, all_or_nothing, match_series
from skseq.forecasting.validation import (
    check_count,
    check_coverage,
    check_n_samples,
    check_next_rows,
    check_quantiles,
    convert_targets,
    find_rows,
    split_history,
    validate_covariates,
    validate_targets,
)
from skseq.series import TableReader
from skseq.training import draw_seed


class SeriesEstimator(
    RegressorMixin, SavedEstimator, MergedParameters, BaseEstimator, WindowForecaster
):
    """Reads series, forecasts windows, and rolls forecasts forward.

    A subclass implements `fit`, which calls `_read_training` and sets the other attributes,
    and the abstract methods of :class:`skseq.forecasting.WindowForecaster`.
    """

    # Fields of the parameter classes.
    horizon: int
    series: str | None
    past_columns: Any
    static_columns: Any
    target_transformer: Any
    missing: str

    # Whether forecasts depend on covariates. If not, future rows need no covariates.
    _uses_covariates = True

    _attribute_docs: ClassVar[dict] = {
        "observed_": """skseq.series.Panel
All observations so far: `observed_.targets(i)` are those of series number i.""",
        "coded_": """skseq.series.Panel
The observations after `target_transformer`.""",
        "calibration_": """object
Errors of forecasts on held-out steps.""",
        "rolled_": """object
Errors of forecasts of past steps beyond the horizon.""",
        "spreads_": """ndarray of shape (n_series, n_targets)
Typical change of each series.""",
        "reader_": """object
The form of X and y: columns, names and type.""",
        "horizon_": """int
Number of steps that are forecast at once.""",
        "context_length_": """int
Number of past steps that a forecast depends on.""",
        "n_targets_": """int
Number of targets.""",
        "target_names_": """list of str or None
Names of the targets, if y was a Series or a DataFrame.""",
        "series_ids_": """list
Names of the series; `[None]` for a single series without a name.""",
        "target_transformer_": """object or None
The fitted transformer of targets.""",
        "n_features_in_": """int
Number of columns of X. Absent if X was None.""",
        "feature_names_in_": """ndarray of shape (`n_features_in_`,)
Names of the columns of X, if it had names.""",
    }

    @property
    def n_targets_(self):
        """Number of targets."""
        return self.reader_.n_targets

    @property
    def target_names_(self):
        """Names of the targets, if y was a Series or a DataFrame."""
        return self.reader_.target_names

    @property
    def series_ids_(self):
        """Names of the series; `[None]` for a single series without a name."""
        return list(self.observed_.ids)

    @abstractmethod
    def fit(self, X, y=None):
        """Learn from series."""

    def predict(self, X, quantiles=None, history=None):
        """Forecast the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns), DataFrame, Index or int
            The rows to forecast, with the covariates that are known in advance. An int is
            the number of next steps of each series, as for `forecast`. The rows of
            a DataFrame or an index are found by time (and series). Past rows are split into
            blocks of `horizon` steps that end with the last observation, and are forecast
            from the start of their block; they are NaN if there is too little past. Rows
            without times (an array, or a default index 0, 1, 2, ..., with a warning) are
            those right after the last observation.
        quantiles : sequence of float, default=None
            If given, return these quantiles, as `predict_quantiles` does. Use it to request
            quantiles from a Pipeline.
        history : Series, DataFrame or tuple (X, y), default=None
            Observations for this call only: later ones, which may repeat those of `fit`, or
            the past of new series. A different series replaces a single unnamed one.

        Returns
        -------
        ndarray, Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
            Forecasts, with the index of X if X and the y of `fit` were pandas objects.

        Raises
        ------
        ValueError
            If rows cannot be found: a series is unknown, covariates of the rows between the
            last observation and those of X are missing, or a time does not match the index.
        """
        if quantiles is not None:
            return self.predict_quantiles(X, quantiles, history=history)
        return self._predict(X, history)

    def predict_quantiles(self, X, quantiles, history=None):
        """Forecast quantiles of the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns), DataFrame, Index or int
            The rows to forecast, or the number of next steps, as for `predict`.
        quantiles : sequence of float
            Levels between 0 and 1. Quantiles do not cross. They are calibrated by held-out
            errors, including the median, which may therefore differ from `predict`.
        history : Series, DataFrame or tuple (X, y), default=None
            As for `predict`.

        Returns
        -------
        ndarray of shape (n_rows, n_quantiles) or (n_rows, n_targets, n_quantiles)
            Or a DataFrame with one column per quantile, or per (target, quantile) if y was
            two-dimensional.

        Raises
        ------
        ValueError
            As in `predict`; also for invalid quantiles, or too short series to calibrate.
        """
        levels = check_quantiles(quantiles)
        return self._predict(X, history, levels=levels, names=levels, axis="quantile")

    def predict_interval(self, X, coverage=0.9, history=None):
        """Forecast an interval for each row of X.

        Intervals of past rows use the current calibration, from `fit` and later updates.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns), DataFrame, Index or int
            The rows to forecast, or the number of next steps, as for `predict`.
        coverage : float, default=0.9
            Fraction of the observations that the intervals should contain.
        history : Series, DataFrame or tuple (X, y), default=None
            As for `predict`.

        Returns
        -------
        ndarray of shape (n_rows, 2) or (n_rows, n_targets, 2)
            Lower and upper bound; or a DataFrame with the columns "lower" and "upper", or
            (target, bound) if y was two-dimensional.

        Raises
        ------
        ValueError
            As in `predict_quantiles`.
        """
        coverage = check_coverage(coverage)
        levels = [(1 - coverage) / 2, (1 + coverage) / 2]
        return self._predict(
            X, history, levels=levels, names=["lower", "upper"], axis="bound"
        )

    def sample(self, X, n_samples=100, random_state=None, history=None):
        """Draw sample paths of the rows of X.

        A path is one possible future. The errors of its steps, and of the targets of a
        series, depend on each other as held-out errors did.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns), DataFrame, Index or int
            The rows to forecast, or the number of next steps, as for `predict`.
        n_samples : int, default=100
            Number of paths.
        random_state : int, RandomState instance or None, default=None
            Determines the paths.
        history : Series, DataFrame or tuple (X, y), default=None
            As for `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_rows) or (n_samples, n_rows, n_targets)
            The paths.

        Raises
        ------
        ValueError
            As in `predict_quantiles`.
        """
        check_count("n_samples", n_samples, 1)
        model = self._with_history(history)
        request, _ = find_rows(model, X)
        check_n_samples(n_samples, request, model.past_steps, self.n_targets_)
        generator = np.random.default_rng(draw_seed(random_state))
        output = Output(n_samples=n_samples, generator=generator)
        paths = np.moveaxis(forecast_rows(model, request, output), 2, 0)
        return paths if self.reader_.multioutput else paths[:, :, 0]

    def forecast(self, steps, X=None, *, quantiles=None, coverage=None):
        """Forecast the next steps of every series.

        Parameters
        ----------
        steps : int
            Number of steps after the last observation.
        X : array-like of shape (n_rows, n_columns) or DataFrame, default=None
            Covariates of these steps, with `steps` rows for each series. Required if X
            had columns in `fit` that are known in advance.
        quantiles : sequence of float, default=None
            If given, return these quantiles, as `predict_quantiles` does.
        coverage : float, default=None
            If given, return intervals, as `predict_interval` does.

        Returns
        -------
        ndarray, Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
            `steps` rows of each series, with their index if the y of `fit` was a pandas
            object. With `quantiles` or `coverage` as in these methods.

        Raises
        ------
        ValueError
            If `steps` is below 1, covariates are required and X is None, or both
            `quantiles` and `coverage` are given.
        """
        check_is_fitted(self)
        X = check_next_rows(self, steps, X)
        if coverage is None:
            return self.predict(X, quantiles)
        if quantiles is not None:
            raise ValueError(
                f"forecast has quantiles={quantiles} and coverage={coverage}, but returns "
                "either quantiles or intervals. Omit one of them."
            )
        return self.predict_interval(X, coverage)

    def update(self, X, y, n_epochs=0):
        """Append observations to known series, or add new series.

        Forecasts then start after the last observed value of each target. The model is not
        refitted unless `n_epochs` is positive. The width of intervals is updated by the
        errors of the forecasts of the new steps.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns), DataFrame or None
            Covariates of the new rows, as in `fit`.
        y : array-like of shape (n_rows,) or (n_rows, n_targets)
            The new observations; NaN is missing. They may replace missing ones at the end.
        n_epochs : int, default=0
            Number of epochs to train on all observations, at the constant rate `lr`.

        Returns
        -------
        self : object
            The forecaster.

        Raises
        ------
        ValueError
            If the rows of a series do not start right after its last observation.
        """
        check_is_fitted(self)
        check_count("n_epochs", n_epochs, 0)
        y = convert_targets(self, y)
        X = validate_covariates(self, X, reset=False)
        new = self.reader_.read(X, y, self.observed_)
        numbers = match_series(new, self.observed_, self.reader_.table)
        coded = new.map_values(self._encode_values)
        with self._unchanged_on_failure(), all_or_nothing(self):
            add_observations(self, new, coded, numbers)
            if n_epochs:
                self._continue_training(n_epochs)
        return self

    def score(self, X, y, sample_weight=None):
        """Return R2 of the forecasts of the rows of X.

        Rows are found by time if X has a time index. The rows of an array are taken as
        those right after the last observation. For other rows, such as training rows or
        rows after a gap, the score is then meaningless.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns), DataFrame or Index
            The rows to forecast.
        y : array-like of shape (n_rows,) or (n_rows, n_targets)
            The observations. Rows without an observation or without a forecast (the first
            training rows) are left out.
        sample_weight : array-like of shape (n_rows,), default=None
            Weight of each row.

        Returns
        -------
        float
            R2; the best value is 1.
        """
        y = convert_targets(self, y)
        observed, forecasts = validate_targets(y)[0], np.asarray(self.predict(X))
        check_consistent_length(forecasts, observed, sample_weight)
        forecasts = forecasts.reshape(len(observed), -1)
        kept = np.isfinite(forecasts).all(axis=1) & np.isfinite(observed).all(axis=1)
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight)[kept]
        with np.errstate(over="ignore"):  # a score may be -inf
            return float(
                r2_score(observed[kept], forecasts[kept], sample_weight=sample_weight)
            )

    def __sklearn_tags__(self):
        """Return the tags of scikit-learn."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.input_tags.allow_nan = self.missing == "mask"
        # The rows of an array are taken as those after the training rows.
        tags.regressor_tags.poor_score = True
        return tags

    def _continue_training(self, n_epochs):
        """Train on all observations for more epochs. By default there is nothing to do."""

    def _read_training(self, X, y):
        """Validate parameters, read the series to fit, and return them encoded.

        The returned panel ends with the last observed step of each series.
        """
        self._validate_params()
        y = convert_targets(self, y)
        table = TableReader(
            self.series,
            tuple(self.past_columns or ()),
            tuple(self.static_columns or ()),
            self._uses_covariates,
        )
        X = validate_covariates(self, X, reset=True)
        self.reader_, panel = SeriesReader.fit(X, y, table, self.missing == "mask")
        self.observed_ = panel
        self.target_transformer_ = None
        if self.target_transformer is not None:
            self.target_transformer_ = clone(self.target_transformer)
            transform_values(self.target_transformer_, panel.values, fit=True)
        self.coded_ = panel.map_values(self._encode_values)
        return self.coded_.drop_missing_ends()

    def _encode_values(self, values):
        """Return targets (n_rows, n_targets) on the scale on which they are forecast."""
        return transform_values(self.target_transformer_, values)

    def _predict(self, X, history, levels=None, names=None, axis=None):
        """Return forecasts, or quantiles at levels, in the form of y."""
        model = self._with_history(history)
        request, index = find_rows(model, X)
        values = forecast_rows(model, request, Output(levels))
        return model.reader_.wrap(values, index, names=names, axis=axis)

    def _with_history(self, history):
        """Return a forecaster that has also observed a history."""
        check_is_fitted(self)
        if history is None:
            return self
        X, y = split_history(history)
        y = convert_targets(self, y)
        X = validate_covariates(self, X, reset=False)
        return copy_with_history(self, X, y, self._encode_values)
