"""The template of forecasters with a network."""

from typing import ClassVar

import numpy as np
from scipy.stats import norm, rankdata
from sklearn.callback import with_callbacks

from skseq.estimators.network_estimator import NetworkEstimator
from skseq.estimators.series_estimator import SeriesEstimator
from skseq.estimators.traced_forecasts import TracedForecaster
from skseq.forecasting import Calibration, DistributionAnswer, PointAnswer, WindowDataset
from skseq.forecasting.windows import WINDOW_FEATURES
from skseq.inputs import CovariateScaler
from skseq.magnitudes import check_magnitude
from skseq.networks import HorizonHead
from skseq.saved import require
from skseq.series import (
    WindowCoder,
    held_out_windows,
    measure_spreads,
    training_origins,
)
from skseq.tasks.forecasting import BATCHES_A_PASS, MOST_HELD_OUT, REFIT_BELOW
from skseq.training.callbacks import TaskReports


def check_counts(values):
    """Raise if values are not counts."""
    known = values[np.isfinite(values)]
    bad = known[(known < 0) | (known != np.round(known))]
    if len(bad):
        raise ValueError(
            f"loss='negative_binomial' needs y to hold whole numbers from 0 on, but it holds "
            f"{bad[0]:g}; use another loss, for example 'student_t'."
        )


class NetworkForecaster(TracedForecaster, SeriesEstimator, NetworkEstimator):
    """Trains one network on windows of all series, and keeps how far it was off.

    The last stretch of each series is held out: it stops training early, and errors on it
    calibrate the intervals. Where windows are few, a second network is then trained on
    everything for as many epochs as were best; `history_` is the log of the first.
    """

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
            What is known ahead of time for each row, as numbers; `past_columns` are known
            up to now only. A frame may have no columns. Its index is the time: a
            DatetimeIndex, a PeriodIndex or whole numbers; a (series, time) MultiIndex for
            many series, of any lengths.
        y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
            The series; NaN is missing. Several targets are as many series of one network.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If parameters, X or y do not fit. The forecaster is then as it was before.
        skseq.exceptions.DivergenceError
            If the loss becomes infinite or NaN.
        """
        self._fit_arguments = (X, y)
        try:
            return self._fit_series(X, y)
        finally:
            del self._fit_arguments

    @property
    def past_steps(self):
        """Steps before an origin that a window needs."""
        return self.coder_.before

    def _learn(self, coded):
        """Train, calibrate and, where data are few, train on everything."""
        self._check_checkpoint()
        if self._make_loss().counts:
            check_counts(coded.values)
        hardware = self._choose_hardware()
        self._choose_windows(coded)
        held = self._count_held_out(coded.lengths)
        self._measure(coded.truncate(coded.lengths - held), coded)
        windows = held_out_windows(coded.lengths, held, self.horizon_, MOST_HELD_OUT)
        training = self._make_training(coded, coded.lengths - held)
        validation = self._list_windows(coded, *windows)
        size = self._choose_window_batch(training.n_windows)
        n_epochs = self._choose_passes(len(training), size)
        stops = self.early_stopping is not False and len(validation) > 0
        best = self._run(
            training, validation if stops else None, n_epochs, size, hardware, True
        )
        self.calibration_ = self._calibrate(coded, *windows)
        if best and held.any() and training.n_windows < REFIT_BELOW:
            log, whole = self.history_, self._make_training(coded, coded.lengths)
            self._run(whole, None, best, size, hardware, False)
            # What was held out is only in the log of the first training.
            self.history_, self.n_iter_ = log, len(log)

    def _run(self, training, validation, n_epochs, size, hardware, reports):
        """Train a new net; return how many epochs were best, 0 if it was interrupted."""
        n_updates = n_epochs * -(-len(training) // size)
        device, processes = hardware
        callbacks = self._make_callbacks(
            n_epochs, n_updates, validates=validation is not None, processes=processes
        )
        if reports:
            context = self._init_callback_context(max_subtasks=n_epochs)
            report = TaskReports(self, context, *self._fit_arguments)
            callbacks.append(("sklearn", report))
        loss = self._make_loss()
        net = self._make_net(min(size, len(training)), n_epochs, device, loss)
        if self._train(net, training, validation, n_epochs, callbacks, processes):
            return 0
        for name, callback in callbacks:
            if name == "best":
                return max(callback.best_epoch_, 1)
        return n_epochs

    def _choose_windows(self, coded):
        """Choose how windows are cut, and from what they are measured."""
        criterion = self._make_loss()
        seasonal = self.differencing in ("seasonal", "both") and not criterion.counts
        lag = self.period if seasonal else 0
        self.horizon_, self.context_length_ = self._choose_steps(coded.lengths, lag)
        if lag:
            self._warn_of_short(
                lag + 1,
                f"differencing={self.differencing!r} over period={self.period} finds no "
                "difference there, and their forecasts are NaN.",
            )
        self.patch_size_ = self._choose_window_patch(self.context_length_)
        self.coder_ = WindowCoder(
            self.context_length_,
            self.horizon_,
            lag=lag,
            only_changes=self.differencing in ("first", "both"),
            # Counts are a matter of the level itself.
            level=None if criterion.counts else self.normalization,
            unit=self.unit,
        )

    def _measure(self, training, coded):
        """Learn the units of series and covariates, from nothing that is held out."""
        self.spreads_ = measure_spreads(training, self._spread_lag, coded)
        self.scaler_ = CovariateScaler.fit(
            training,
            self.reader_.n_past,
            scale=self.scale,
            mask_missing=self.missing == "mask",
        )

    def _make_training(self, coded, ends):
        first, last = training_origins(ends, self.context_length_, self.horizon_)
        which = {"first": first, "last": last, "ends": ends}
        dataset = self._windows(coded, observed=self.observed_, **which)
        if dataset.n_windows < 1:
            raise ValueError(
                f"{type(self).__name__} has no window to learn from: the longest series has "
                f"{int(coded.lengths.max())} steps."
            )
        size = self._choose_window_batch(dataset.n_windows)
        dataset.most = BATCHES_A_PASS * size
        return dataset

    def _list_windows(self, coded, series, origins):
        """Return the dataset of windows of all targets."""
        n_targets = coded.n_targets
        return self._windows(
            coded,
            series=np.repeat(series, n_targets),
            columns=np.tile(np.arange(n_targets), len(series)),
            origins=np.repeat(origins, n_targets),
            observed=self.observed_,
        )

    def _windows(self, panel, spreads=None, **which):
        spreads = self.spreads_ if spreads is None else spreads
        return WindowDataset(panel, self.coder_, self.scaler_, spreads, **which)

    def _check_combinations(self):
        super()._check_combinations()
        self._check_forecasting()

    def _check_restored(self):
        super()._check_restored()
        coder, scaler = self.coder_, self.scaler_
        valid = (coder.context_length, coder.horizon) == (
            self.context_length_,
            self.horizon_,
        )
        # A longer season would take memory that the file does not hold.
        valid = valid and coder.lag <= self.coded_.lengths.max()
        require(valid, "coder_ has other steps")
        valid = len(scaler.mean) == self.coded_.covariates.shape[1]
        valid = valid and scaler.n_past == self.reader_.n_past
        require(valid, "scaler_ does not fit the covariates")

    def _build_network(self):
        """Return the network."""
        n_features = WINDOW_FEATURES + self.scaler_.n_features
        past = self.coder_.context_length
        return self._compose(self._make_input_layers(n_features, self.patch_size_, past))

    def _make_head(self, pooling):
        """Return the decoder of the horizon."""
        horizon = self.coder_.horizon
        return HorizonHead(
            pooling,
            self.coder_.context_length,
            horizon,
            n_known=self.scaler_.n_known,
            n_outputs=self._make_loss().n_outputs,
            segment=min(self.patch_size_, horizon),
            dropout=self.dropout,
        )

    def _answer(self, panel, series, targets, origins, owners):
        """Return what follows each window."""
        spreads = np.ones((panel.n_series, panel.n_targets))
        spreads[series, targets] = self.spreads_[owners, targets]
        windows = self._windows(
            panel, spreads, series=series, columns=targets, origins=origins
        )
        outputs = self.net_.outputs(windows)
        outputs = outputs.reshape(len(series), self.horizon_, -1)
        coded = windows.code(series, targets, origins)
        loss = self.net_.criterion_
        if loss.has_quantiles:
            return DistributionAnswer(outputs, coded, loss)
        return PointAnswer(coded.decode(loss.point(outputs)), coded.distance)

    def _calibrate(self, coded, series, origins):
        """Return how far forecasts of held-out windows were off."""
        n_targets = coded.n_targets
        windows = self._list_windows(coded, series, origins)
        scores = np.empty((0, n_targets, self.horizon_))
        if len(series):
            answer = self._answer(
                coded, windows.series, windows.columns, windows.origins, windows.series
            )
            future = windows.gather(windows.series, windows.columns, windows.origins)
            scores = answer.scores(future).reshape(-1, n_targets, self.horizon_)
        return Calibration(scores, series, coded.n_series)

    @property
    def _spread_lag(self):
        return None if self.coder_.unit == "series" else max(self.coder_.lag, 1)

    def _trusts_itself(self):
        """Return whether quantiles are the network's own, without a correction."""
        return self.net_.criterion_.has_quantiles and not self.conformal

    def _settle(self, values):
        is_count = self.net_.criterion_.counts
        return np.maximum(np.round(values), 0.0) if is_count else values

    def _scores_at(self, level, owners, targets):
        if self._trusts_itself():
            return np.full((len(owners), self.horizon_), norm.ppf(level))
        return super()._scores_at(level, owners, targets)

    def _scale_scores(self, scores, owners, targets):
        if self._trusts_itself():
            return scores
        return super()._scale_scores(scores, owners, targets)

    def _draw_scores(self, n, generator):
        paths = super()._draw_scores(n, generator)
        if not self._trusts_itself():
            return paths
        # Only the order of held-out errors counts: levels are the network's own.
        ranks = rankdata(paths, axis=0, method="ordinal") - generator.random(paths.shape)
        return norm.ppf(np.clip(ranks / len(paths), 1e-6, 1 - 1e-6))

    def _code_values(self, values):
        coded = super()._code_values(values)
        check_magnitude("y", coded)
        return coded

    def _train_on(self, coded, n_epochs):
        """Go on training for some epochs, at the constant rate."""
        self._validate_params()
        training = self._make_training(coded, coded.lengths)
        _, processes = self._choose_hardware()
        self._train_further(self._copy_net(), training, n_epochs, processes)
