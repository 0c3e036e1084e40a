"""The template of forecasters with a network."""

from typing import Any, ClassVar

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils.validation import check_is_fitted

from skseq.estimators.network_estimator import NetworkEstimator
from skseq.estimators.series_estimator import SeriesEstimator
from skseq.estimators.traced import read_trace, tabulate_layers
from skseq.estimators.validation import check_window_outputs
from skseq.forecasting import (
    Calibration,
    DistributionForecast,
    PointForecast,
    UncalibratedQuantiles,
    WindowDataset,
)
from skseq.forecasting.filling import copy_filled
from skseq.forecasting.growth import measure_rolled
from skseq.forecasting.parameters import (
    MAX_BATCHES,
    MAX_HELD_OUT,
    REFIT_BELOW,
    WindowBudget,
)
from skseq.forecasting.predictions import EXACT_TAIL_SCORE, TAIL_SCORE
from skseq.forecasting.rolling import score_windows
from skseq.forecasting.validation import check_counts, warn_of_short_series
from skseq.forecasting.windows import WINDOW_FEATURES, cross_targets
from skseq.inputs import CovariateScaler
from skseq.magnitudes import check_magnitude
from skseq.networks import HorizonHead
from skseq.saved import require
from skseq.series import (
    WindowCoder,
    find_starts,
    held_out_windows,
    measure_spreads,
    training_origins,
)
from skseq.tasks.base import ForecastTask
from skseq.tasks.forecasting import MIN_PATCHES, MIN_PERIOD_PATCH, WINDOW_TOKENS
from skseq.training.callbacks import TaskReports


class NetworkForecaster(SeriesEstimator, NetworkEstimator, ForecastTask, WindowBudget):
    """Trains one network on windows of all series, and calibrates its intervals.

    The last steps of each series are held out for early stopping and calibration. If there
    are few windows, a second network is then trained on all steps, for the best number of
    epochs of the first one. `history_` belongs to the first one.
    """

    # Networks forecast best from windows without gaps.
    fills_gaps = True
    # Number of training windows below which a network is trained again on all steps.
    _refit_below = REFIT_BELOW

    scale: bool  # field of `CovariateInputs`
    coder_: WindowCoder
    scaler_: CovariateScaler
    patch_size_: int
    net_: Any

    _attribute_docs: ClassVar[dict] = {
        "history_": """pandas.DataFrame
One row per epoch of the first training: losses, score, learning rate, gradient norm,
seconds.""",
        "valid_loss_": """float or None
Lowest validation loss of the first training; None without early stopping.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "coder_": lambda value: isinstance(value, WindowCoder),
        "scaler_": lambda value: isinstance(value, CovariateScaler),
    }

    @with_callbacks
    def fit(self, X, y=None):
        """Train on series.

        Parameters
        ----------
        X : array-like of shape (n_timesteps, n_columns), DataFrame or None
            Covariates of each row. They are known in advance, except `past_columns`.
            Columns of a DataFrame that contain text or have the dtype `category` are
            categorical, the others numeric. A DataFrame may have no columns. Its index is the time: a
            DatetimeIndex, a PeriodIndex or integers; for several series of any lengths a
            (series, time) MultiIndex.
        y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
            The series; NaN is missing. The network is trained on each target as a series
            of its own. Missing values at the end are steps to forecast.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If parameters, X or y are invalid. The forecaster is then unchanged.
        skseq.exceptions.DivergenceError
            If the loss becomes infinite or NaN.
        """
        with self._unchanged_on_failure():
            coded = self._read_training(X, y)
            self._check_checkpoint()
            loss = self._make_loss()
            if loss.is_count:
                check_counts(coded.values)
            hardware = self._choose_hardware()
            self._choose_windows(coded, loss)
            self._train_and_calibrate(coded, loss, hardware, X, y)
        return self

    def trace(self, *, history=None, gradients=False, attention=False):
        """Return the hidden states of the network for the last window of each series.

        A token represents `patch_size_` steps of the window, which has `context_length_`
        steps. The forecaster does not change.

        Parameters
        ----------
        history : Series, DataFrame or tuple (X, y), default=None
            The past of new series, or later observations, as for `predict`.
        gradients : bool, default=False
            Whether to compute the gradient of each window's loss with respect to its hidden
            states. The windows then end `horizon_` steps before the last observation, so
            that their targets are known.
        attention : bool, default=False
            Whether to return the attention weights of a Transformer and of
            `pooling="attention"`.

        Returns
        -------
        Trace
            An object with lists of one array per series (and target), in the order of
            `series_ids_`: `states`, `attention`, `pooling_weights` and `gradients`, as for
            classifiers and regressors; and the number `token_steps` of steps per token.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the forecaster is not fitted.
        TypeError
            If `gradients=True` and the encoder is a custom module, which has no gradients
            of hidden states.
        ValueError
            If the history is invalid, or `attention=True` and the network has no attention.
        """
        model = self._with_history(history)
        coded = model.coded_
        series = np.arange(coded.n_series)
        ends = np.repeat(coded.lengths[:, None], coded.n_targets, axis=1)
        origins = find_starts(coded, series, ends) - (model.horizon_ if gradients else 0)
        windows = model._list_windows(coded, series, origins)
        return read_trace(model, windows, gradients=gradients, attention=attention)

    def summary(self):
        """Return the layers of the network, with parameters and costs for one window.

        Returns
        -------
        DataFrame
            One row per layer, in the order of the computation, and one for the total. The
            columns are `kind`, `output_shape`, `parameters`, `bytes` and `flops`, as for
            classifiers and regressors, for a window of `context_length_` steps.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the forecaster is not fitted.
        """
        check_is_fitted(self)
        return tabulate_layers(self.net_.module_, self.context_length_)

    @property
    def past_steps(self):
        """Number of steps before an origin that are read to forecast a window."""
        return self.coder_.before

    def _choose_windows(self, coded, loss):
        """Choose the size and the scale of windows."""
        lag = 0
        if self.differencing in ("seasonal", "both") and not loss.is_count:
            lag = self.period
        self.horizon_, self.context_length_ = self._choose_steps(coded.lengths, lag)
        if lag:
            warn_of_short_series(
                coded,
                lag + 1,
                f"differencing={self.differencing!r} with period={self.period} has no "
                "difference there, and their forecasts are NaN.",
            )
        self.patch_size_ = self._choose_patch()
        self.coder_ = WindowCoder(
            self.context_length_,
            self.horizon_,
            lag=lag,
            only_changes=self.differencing in ("first", "both"),
            # The distribution of counts depends on their level.
            level="count" if loss.is_count else self.normalization,
            unit=self.unit,
        )

    def _choose_patch(self):
        """Return the number of steps of a token."""
        if self.patch_size != "auto":
            return min(int(self.patch_size), self.context_length_)
        longest = self.context_length_ // MIN_PATCHES
        if self.period is not None and MIN_PERIOD_PATCH <= self.period <= longest:
            return self.period
        return int(2 ** max(0, round(np.log2(self.context_length_ / WINDOW_TOKENS))))

    def _train_and_calibrate(self, coded, loss, hardware, X, y):
        """Train with early stopping, calibrate, and refit if there are few windows."""
        held_out = self._count_held_out(coded.lengths, self.horizon_)
        ends = coded.lengths - held_out
        self._measure(coded.truncate(ends), coded)
        windows = held_out_windows(coded.lengths, held_out, self.horizon_, MAX_HELD_OUT)
        training, size = self._make_training(coded, ends)
        n_epochs = self._choose_epochs(len(training), size)
        validation = None
        if self.early_stopping is not False:
            listed = self._list_windows(coded, *windows).drop_missing()
            validation = listed if len(listed) else None
        context = self._init_callback_context(max_subtasks=n_epochs)
        reports = [("sklearn", TaskReports(self, context, X, y))]
        settings = size, loss, hardware
        best = self._train_network(training, validation, n_epochs, *settings, reports)
        scores, errors = score_windows(self, coded, *windows)
        self.calibration_ = Calibration(scores, windows[0], coded.n_series)
        first, _ = training_origins(coded.lengths, self.context_length_, self.horizon_)
        self.rolled_ = measure_rolled(self, coded, first, ends, windows, errors)
        if best and held_out.any() and training.n_windows < self._refit_below:
            # The validation loss is only in the log of the first training.
            log, (training, _) = self.history_, self._make_training(coded, coded.lengths)
            training.filled = copy_filled(self, coded)
            self._train_network(training, None, best, *settings, stage=", all steps")
            self.history_, self.n_iter_ = log, len(log)

    def _train_network(
        self,
        training,
        validation,
        n_epochs,
        batch_size,
        loss,
        hardware,
        reports=(),
        stage="",
    ):
        """Train a new network; return the best number of epochs, 0 if interrupted.

        `stage` is shown by the progress bar.
        """
        device, processes = hardware
        callbacks = self._make_callbacks(
            n_epochs,
            n_epochs * -(-len(training) // batch_size),
            validates=validation is not None,
            processes=processes,
            stage=stage,
        )
        best = dict(callbacks).get("best")
        callbacks += reports
        net = self._make_net(min(batch_size, len(training)), n_epochs, device, loss)
        if self._train(net, training, validation, n_epochs, callbacks, processes):
            return 0
        return n_epochs if best is None else max(best.best_epoch_, 1)

    def _measure(self, training, coded):
        """Measure series and covariates on the training steps."""
        self.spreads_ = measure_spreads(training, self._spread_lag, coded)
        table = self.reader_.table
        self.scaler_ = CovariateScaler.fit(
            training,
            table.n_past,
            scale=self.scale,
            mask_missing=self.missing == "mask",
            columns=table.columns,
            categories=table.categories,
        )

    def _make_training(self, coded, ends):
        """Return the training windows before given steps, and the batch size."""
        first, last = training_origins(ends, self.context_length_, self.horizon_)
        dataset = self._make_dataset(coded, first=first, last=last, ends=ends)
        if dataset.n_windows < 1:  # values may be missing except in the first steps
            first = np.ones_like(first)
            dataset = self._make_dataset(coded, first=first, last=last, ends=ends)
        if dataset.n_windows < 1:
            raise ValueError(
                f"{self._shown_name} has no window to train on: the longest series has "
                f"{int(coded.lengths.max())} steps, and no value is observed within "
                f"horizon={self.horizon_} steps after another one. Pass longer series."
            )
        size = self._choose_batch_size(dataset.n_windows)
        dataset.max_windows = MAX_BATCHES * size
        return dataset, size

    def _list_windows(self, coded, series, origins):
        """Return the dataset of listed windows of all targets."""
        series, columns, origins = cross_targets(series, origins, coded.n_targets)
        return self._make_dataset(coded, series=series, columns=columns, origins=origins)

    def _make_dataset(self, coded, **windows):
        scaling = self.coder_, self.scaler_, self.spreads_
        return WindowDataset(coded, *scaling, observed=self.observed_, **windows)

    def _check_combinations(self):
        super()._check_combinations()
        self._check_forecasting()

    def _check_restored(self):
        super()._check_restored()
        coder, scaler = self.coder_, self.scaler_
        valid = coder.context_length == self.context_length_
        valid = valid and coder.horizon == self.horizon_
        # A longer season would require more memory than the file contains.
        valid = valid and coder.lag <= self.coded_.lengths.max()
        require(valid, "coder_ has other steps")
        valid = len(scaler.mean) == self.coded_.covariates.shape[1]
        valid = valid and scaler.n_past == self.reader_.table.n_past
        pairs = zip(scaler.encoders, self.reader_.table.categories, strict=True)
        valid = valid and all(
            (e is None) == (c is None) and (e is None or len(e.ids) == len(c) + 2)
            for e, c in pairs
        )
        require(valid, "scaler_ does not fit the covariates")

    def _build_network(self):
        n_features = WINDOW_FEATURES + self.scaler_.n_features
        past = self.coder_.context_length
        return self._compose(
            self._make_input_layers(
                n_features, self.patch_size_, past, self.scaler_.categories
            )
        )

    def _make_head(self, encoder, token_steps):
        return HorizonHead(
            self._make_pooling(encoder),
            self.coder_.context_length,
            self.coder_.horizon,
            n_known=self.scaler_.n_known,
            n_outputs=self._count_outputs(),
            segment=min(self.patch_size_, self.coder_.horizon),
            dropout=self.dropout,
            n_ids=len(self.scaler_.categories),
            categories=self.scaler_.known_categories,
        )

    def _forecast_windows(self, panel, series, columns, origins, sources):
        spreads = np.ones((panel.n_series, panel.n_targets))
        spreads[series, columns] = self.spreads_[sources, columns]
        windows = WindowDataset(
            panel, self.coder_, self.scaler_, spreads, series, columns, origins
        )
        outputs = self.net_.outputs(windows)
        check_window_outputs(outputs, windows)
        outputs = outputs.reshape(len(series), self.horizon_, -1)
        coded = windows.encode(series, columns, origins)
        loss = self.net_.criterion_
        if loss.has_quantiles:
            tail = TAIL_SCORE if self.conformal else EXACT_TAIL_SCORE
            return DistributionForecast(outputs, coded, loss, tail)
        return PointForecast(coded.decode(loss.point(outputs)), coded.error_unit)

    @property
    def _spread_lag(self):
        if self.coder_.level == "count":
            return 0
        return None if self.coder_.unit == "series" else max(self.coder_.lag, 1)

    def _get_calibration(self):
        if self.net_.criterion_.has_quantiles and not self.conformal:
            return UncalibratedQuantiles(self.calibration_)
        return self.calibration_

    def _to_support(self, values):
        is_count = self.net_.criterion_.is_count
        return np.maximum(np.round(values), 0.0) if is_count else values

    def _encode_values(self, values):
        coded = super()._encode_values(values)
        check_magnitude("y", coded)
        return coded

    def _continue_training(self, n_epochs):
        self._validate_params()
        training, _ = self._make_training(self.coded_, self.coded_.lengths)
        _, processes = self._choose_hardware()
        self._train_further(self._copy_net(), training, n_epochs, processes)
