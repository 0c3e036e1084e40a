"""The template of forecasters: rows are time steps."""

import copy
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import RegressorMixin, clone
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from skseq.estimators.saving import SavedEstimator
from skseq.forecasting.calibrated import CalibratedErrors
from skseq.forecasting.calibration import Calibration
from skseq.forecasting.reading import SeriesDoor
from skseq.forecasting.rolling import roll_forward
from skseq.forecasting.targets import (
    check_count,
    check_levels,
    inverse_values,
    transform_values,
    wrap_answers,
)
from skseq.quoting import quote
from skseq.saved import (
    is_count,
    is_flag,
    is_names,
    is_positive,
    is_positive_count,
    is_texts,
    require,
)
from skseq.series import Panel, Request, TableReader
from skseq.training import draw_seed


class SeriesEstimator(SeriesDoor, CalibratedErrors, RegressorMixin, SavedEstimator):
    """Reads series, finds the rows asked for, and rolls forecasts forward.

    A subclass has the fields `horizon`, `series`, `past_columns`, `static_columns`,
    `target_transformer` and `missing`, and says how windows are forecast:
    `_learn(coded)` sets `calibration_`; `_answer(panel, series, targets, origins, owners)`
    returns forecasts of the `horizon_` steps from each origin on.
    """

    _attribute_docs: ClassVar[dict] = {
        "observed_": """skseq.series.Panel
All observations so far: `observed_.targets(i)` are those of series number i.""",
        "coded_": """skseq.series.Panel
The same as the model sees them, behind `target_transformer`.""",
        "calibration_": """object
How far forecasts were off on held-out steps.""",
        "spreads_": """ndarray of shape (n_series, n_targets)
The typical step of each series.""",
        "reader_": """object
Which columns of X are what.""",
        "horizon_": """int
Steps that are forecast at once.""",
        "context_length_": """int
Steps of the past that a forecast looks at.""",
        "n_targets_": """int
Number of targets.""",
        "target_names_": """list of str or None
Names of the targets, if y had them.""",
        "series_ids_": """list
Names of the series; `[None]` for a single one without a name.""",
        "multioutput_": """bool
Whether y was two-dimensional.""",
        "target_kind_": """str
What y came as, and predictions go back as: "array", "series" or "frame".""",
        "target_transformer_": """object or None
The fitted transformer of targets.""",
        "n_features_in_": """int
Number of columns of X. Absent if X was None.""",
        "feature_names_in_": """ndarray of shape (`n_features_in_`,)
Names of the columns of X, if it had any.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "observed_": lambda value: isinstance(value, Panel),
        "coded_": lambda value: isinstance(value, Panel),
        "calibration_": lambda value: isinstance(value, Calibration),
        "spreads_": lambda value: is_positive(value, None, None),
        "reader_": lambda value: isinstance(value, TableReader),
        "horizon_": is_positive_count,
        "context_length_": is_positive_count,
        "n_targets_": is_positive_count,
        "target_names_": lambda value: value is None or is_names(value),
        "series_ids_": is_names,
        "multioutput_": is_flag,
        "target_kind_": ("array", "series", "frame").__contains__,
        "target_transformer_": lambda value: value is None or hasattr(value, "transform"),
        "n_features_in_": is_count,
        "feature_names_in_": is_texts,
    }

    def _fit_series(self, X, y):
        """Read series, and learn from them."""
        with self._unchanged_on_failure():
            self._validate_params()
            panel = self._read_history(X, y, reset=True)
            self.observed_ = panel
            self.series_ids_ = list(panel.ids)
            self.target_transformer_ = None
            if self.target_transformer is not None:
                self.target_transformer_ = clone(self.target_transformer)
                transform_values(self.target_transformer_, panel.values, fit=True)
            self.coded_ = panel.map_values(self._code_values)
            self._learn(self.coded_)
        return self

    def predict(self, X, quantiles=None, history=None):
        """Forecast the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns) or DataFrame
            The rows to forecast, with what is known ahead of time for each; a frame may
            have no columns. Rows of a frame are found by their time (and series): those
            after the last observation are forecast, those within it get what was forecast
            for them one block of `horizon` steps ahead (NaN for the first ones, which lack
            a past). Rows of a bare array are the ones right after the last observation; so
            are those of a frame with the default index 0, 1, 2, ..., which warns of it once.
        quantiles : sequence of float, default=None
            Quantiles to return instead, as `predict_quantiles` does; this way round they
            can be asked for through a Pipeline.
        history : Series, DataFrame or tuple (X, y), default=None
            The past of series that were not trained on, or observations after those of
            `fit`: used for this call only.

        Returns
        -------
        ndarray, Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
            Forecasts; with the index of X if X and the y of `fit` were pandas.

        Raises
        ------
        ValueError
            If rows cannot be found: an unknown series, covariates of the rows between the
            last observation and those asked for, or stamps off the grid.
        """
        if quantiles is not None:
            return self.predict_quantiles(X, quantiles, history=history)
        return self._predict(X, history)

    def predict_quantiles(self, X, quantiles, history=None):
        """Forecast quantiles of the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns) or DataFrame
            The rows to forecast, as for `predict`.
        quantiles : sequence of float
            Which ones, between 0 and 1; they never cross. They are corrected by held-out
            errors, the median too, which `predict` is not.
        history : Series, DataFrame or tuple (X, y), default=None
            As for `predict`.

        Returns
        -------
        ndarray of shape (n_rows, n_quantiles) or (n_rows, n_targets, n_quantiles)
            Or a DataFrame with a column for each quantile, (target, quantile) if there
            are several targets.

        Raises
        ------
        ValueError
            As in `predict`, if a quantile is not between 0 and 1, or if the series were
            too short to hold anything out.
        """
        levels = check_levels(quantiles)
        return self._predict(X, history, levels=levels, names=levels, axis="quantile")

    def predict_interval(self, X, coverage=0.9, history=None):
        """Forecast an interval for each row of X.

        Rows of the past get what the latest calibration says, too: the errors held out by
        `fit`, and those seen in updates since, not what was known at their time.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns) or DataFrame
            The rows to forecast, as for `predict`.
        coverage : float, default=0.9
            The share of observations that should fall into their interval.
        history : Series, DataFrame or tuple (X, y), default=None
            As for `predict`.

        Returns
        -------
        ndarray of shape (n_rows, 2) or (n_rows, n_targets, 2)
            Lower and upper bound; or a DataFrame with the columns "lower" and "upper",
            (target, bound) if there are several targets.

        Raises
        ------
        ValueError
            As in `predict_quantiles`.
        """
        if not (isinstance(coverage, Real) and 0 < coverage < 1):
            raise ValueError(
                f"coverage must be between 0 and 1, got {quote(coverage)}: give a number, for "
                "example coverage=0.9."
            )
        levels = [(1 - coverage) / 2, (1 + coverage) / 2]
        return self._predict(
            X, history, levels=levels, names=["lower", "upper"], axis="bound"
        )

    def sample(self, X, n_samples=100, random_state=None, history=None):
        """Draw paths that the rows of X may take.

        A path is one possible future as a whole: its steps, and targets of one series,
        hang together as held-out errors did.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns) or DataFrame
            The rows to forecast, as for `predict`.
        n_samples : int, default=100
            Number of paths.
        random_state : int, RandomState instance or None, default=None
            Fixes the paths.
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
        request, _ = model._find(X)
        generator = np.random.default_rng(draw_seed(random_state))
        paths = roll_forward(model, request, n_samples=n_samples, generator=generator)
        paths = inverse_values(model.target_transformer_, paths, axis=2)
        return paths if self.multioutput_ else paths[:, :, 0]

    def forecast(self, steps, X=None):
        """Forecast the next steps of every series.

        Parameters
        ----------
        steps : int
            How many steps after the last observation.
        X : array-like of shape (steps, n_columns) or DataFrame, default=None
            What is known ahead of them. Only needed if there was such a column in `fit`.

        Returns
        -------
        ndarray, Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
            `steps` rows of each series, with their index if the y of `fit` was pandas.

        Raises
        ------
        ValueError
            If `steps` is below 1, or covariates are needed and X is None.
        """
        check_is_fitted(self)
        check_count("steps", steps, 1)
        panel = self.observed_
        if X is not None:
            if len(X) != steps * panel.n_series:
                raise ValueError(
                    f"X has {len(X)} rows, but steps={steps} of {panel.n_series} series are "
                    f"{steps * panel.n_series} rows."
                )
            return self.predict(X)
        if self.reader_.n_known:
            known = self.reader_.columns[-self.reader_.n_known :]
            raise ValueError(
                f"forecast(steps={steps}) lacks X: {known} are known ahead, and their values "
                "at those steps are needed. Give X with a row for each step."
            )
        numbers = np.arange(panel.n_series)
        future = np.full((len(numbers), steps, panel.covariates.shape[1]), np.nan)
        static = slice(self.reader_.n_past, None)
        for i in numbers:
            future[i, :, static] = panel.inputs(i)[-1, static]
        request = Request(
            np.repeat(numbers, steps),
            np.tile(np.arange(steps), len(numbers)),
            numbers,
            future,
        )
        values = roll_forward(self, request)
        values = inverse_values(self.target_transformer_, values, axis=1)
        return wrap_answers(self, values, self._index_of(request))

    def update(self, X, y, n_epochs=0):
        """Add observations after those seen so far; forecasts then start after them.

        Nothing is refitted unless `n_epochs` says so: the network looks at the new
        steps as it looks at any past. Intervals follow the errors of the forecasts made
        before. A series that is not known yet is added.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns), DataFrame or None
            Covariates of the new rows, as in `fit`.
        y : array-like of shape (n_rows,) or (n_rows, n_targets)
            The new observations.
        n_epochs : int, default=0
            Epochs to train on all that was observed, at the constant rate `lr`.

        Returns
        -------
        self : object
            The forecaster.

        Raises
        ------
        ValueError
            If the rows do not go on where a series ended.
        """
        check_is_fitted(self)
        check_count("n_epochs", n_epochs, 0)
        new = self._read_history(X, y, reset=False)
        places = [self._check_follows(new, k) for k in range(new.n_series)]
        coded = [self._code_values(new.targets(k)) for k in range(new.n_series)]
        with self._unchanged_on_failure():
            if n_epochs:  # training may fail, and all must be as before then
                for name in ("observed_", "coded_", "calibration_"):
                    setattr(self, name, copy.deepcopy(getattr(self, name)))
            for k, i in enumerate(places):
                self._append_rows(i, new, k, coded[k])
            if n_epochs:
                self._train_on(self.coded_, n_epochs)
        return self

    def score(self, X, y, sample_weight=None):
        """Return R2 of the forecasts of the rows of X.

        With a time index in X rows are found by time. Without one they can only be the rows
        right after the last observation: on other rows, as those of a training part or behind
        a gap, the score compares forecasts with something else.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns) or DataFrame
            The rows to forecast.
        y : array-like of shape (n_rows,) or (n_rows, n_targets)
            What was observed. Rows without an observation, or without a forecast (the
            first ones of the training part), are left out.
        sample_weight : array-like of shape (n_rows,), default=None
            Weight of each row.

        Returns
        -------
        float
            R2, 1 at best.
        """
        forecasts = np.asarray(self.predict(X)).reshape(len(y), -1)
        observed = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        kept = np.isfinite(forecasts).all(axis=1) & np.isfinite(observed).all(axis=1)
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight)[kept]
        return float(r2_score(observed[kept], forecasts[kept], sample_weight=sample_weight))

    def __sklearn_tags__(self):
        """Say what X and y may be."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.input_tags.allow_nan = self.missing == "mask"
        # Rows of a bare array are taken for those after the training part.
        tags.regressor_tags.poor_score = True
        return tags

    def _check_restored(self):
        super()._check_restored()
        panel, coded = self.observed_, self.coded_
        same = panel.ids == coded.ids == self.series_ids_
        same = same and np.array_equal(panel.lengths, coded.lengths)
        same = same and np.array_equal(panel.first_ticks, coded.first_ticks)
        same = same and panel.values.shape == coded.values.shape
        same = same and panel.covariates.shape == coded.covariates.shape
        require(same, "observed_ and coded_ are different series")
        shape = panel.n_series, panel.n_targets
        valid = self.n_targets_ == panel.n_targets
        valid = valid and (self.multioutput_ or self.n_targets_ == 1)
        require(valid, "n_targets_ does not fit the series")
        require(self.spreads_.shape == shape, "spreads_ does not fit the series")
        valid = self.calibration_.factors.shape == shape
        valid = valid and self.calibration_.horizon == self.horizon_
        require(valid, "calibration_ does not fit the series")
        # Longer windows than series would take memory that the file does not hold.
        valid = self.context_length_ <= max(2, panel.lengths.max())
        require(valid, "context_length_ is longer than all series")
        n_features = getattr(self, "n_features_in_", 0)
        valid = len(self.reader_.columns) == panel.covariates.shape[1]
        valid = valid and all(i < n_features for i in self.reader_.positions)
        require(valid, "reader_ does not fit the columns")
        names = self.target_names_
        valid = self.target_kind_ == "array" if names is None else len(names) == shape[1]
        require(valid, "target_names_ does not fit y")
        if self.target_transformer_ is not None:
            self._check_transformer()

    def _check_transformer(self):
        """Raise ValueError if the transformer of targets does not fit them."""
        values = self.observed_.values
        rows = values[np.flatnonzero(~np.isnan(values).any(axis=1))[:1]]
        coded = transform_values(self.target_transformer_, rows)
        back = inverse_values(self.target_transformer_, coded, axis=1)
        require(back.shape == rows.shape, "target_transformer_ does not fit the series")

    def _predict(self, X, history, levels=None, names=None, axis=None):
        """Return forecasts, or quantiles at levels, as the user sees them."""
        model = self._with_history(history)
        request, index = model._find(X)
        values = roll_forward(model, request, levels=levels)  # (n_rows, targets[, levels])
        values = inverse_values(model.target_transformer_, values, axis=1)
        return wrap_answers(model, values, index, names=names, axis=axis)

    def _with_history(self, history):
        """Return a forecaster that has also seen a history."""
        check_is_fitted(self)
        if history is None:
            return self
        pair = history if isinstance(history, tuple) else (None, history)
        if len(pair) != 2:
            raise ValueError(
                f"history must be y, or (X, y), got {len(pair)} things in a tuple."
            )
        X, y = pair
        other = copy.copy(self)
        other.observed_ = copy.deepcopy(self.observed_)
        other.coded_ = copy.deepcopy(self.coded_)
        other.calibration_ = copy.deepcopy(self.calibration_)
        return other.update(X, y)

    def _code_values(self, values):
        if self.target_transformer_ is None:
            return values.copy()
        return transform_values(self.target_transformer_, values)
