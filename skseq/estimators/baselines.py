"""Forecasts by simple rules, without a network: the baselines of other forecasters."""

from abc import abstractmethod
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.callback import CallbackSupportMixin
from sklearn.utils._param_validation import HasMethods, Interval

from skseq.estimators.series_estimator import SeriesEstimator
from skseq.forecasting import Calibration, PointForecast
from skseq.forecasting.growth import measure_rolled
from skseq.forecasting.rolling import score_windows
from skseq.forecasting.validation import warn_of_short_series
from skseq.reporting import report_fit
from skseq.series import (
    gather_steps,
    held_out_windows,
    last_observed,
    measure_spreads,
    repeat_season,
)

# Maximum number of windows whose errors calibrate the intervals.
MAX_WINDOWS = 4096
# Maximum number of steps that are forecast at once. More steps are forecast in blocks, with
# the same result.
MAX_HORIZON = 4096
# Maximum number of past and future steps in all windows of the calibration, and at once.
MAX_STEPS, MAX_STEPS_AT_ONCE = 2**26, 2**23


@dataclass(kw_only=True, eq=False, repr=False)
class BaselineParameters:
    """Parameters that all baselines share."""

    horizon: int = 12
    series: Any = None
    target_transformer: Any = None

    _parameter_constraints: ClassVar[dict] = {
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "series": [str, None],
        "target_transformer": [HasMethods(["fit", "transform", "inverse_transform"]), None],
    }

    _parameter_docs: ClassVar[dict] = {
        "horizon": f"""int, default=12
Number of steps that are forecast at once, at most {MAX_HORIZON:,} and the length of the
longest series; see `horizon_`. Longer forecasts are made in blocks.""",
        "series": """str, default=None
Column of X that identifies the series of each row. None means that there is one series, or
that the index is a (series, time) MultiIndex.""",
        "target_transformer": """transformer, default=None
Transformer of y. Forecasts are transformed back.""",
    }


class Baseline(SeriesEstimator, CallbackSupportMixin):
    """Forecasts every window by a rule. Intervals follow its errors on past windows."""

    # Covariates are checked and stored, but not used.
    past_columns = static_columns = None
    missing = "mask"
    _uses_covariates = False

    @abstractmethod
    def _choose_context(self, panel):
        """Return the number of past steps that the rule requires to fit a panel."""

    def _count_held_out(self, lengths):
        """Return the number of steps to hold out of each series: as many as possible.

        A baseline is not trained, so all windows with enough past calibrate intervals.
        """
        return np.maximum(lengths - self.context_length_, 0)

    @abstractmethod
    def _extrapolate(self, past):
        """Return the forecast (n_windows, horizon) of the past (n_windows, n_past)."""

    def _count_past(self, origins):
        """Return the number of past steps that the rule reads before origins."""
        return self.past_steps

    @property
    def past_steps(self):
        """Number of steps before an origin that are read to forecast a window."""
        return self.context_length_

    @report_fit
    def fit(self, X, y=None):
        """Store the series, and measure the errors of the rule on them.

        Parameters
        ----------
        X : array-like of shape (n_timesteps, n_columns), DataFrame or None
            Rows as for the other forecasters. Only the index is used.
        y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
            The series; NaN is missing.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If X or y are invalid.
        """
        with self._unchanged_on_failure():
            coded = self._read_training(X, y)
            # The errors of forecasts that are longer than all series are unknown.
            self.horizon_ = min(int(self.horizon), int(coded.lengths.max()), MAX_HORIZON)
            self.context_length_ = self._choose_context(coded)
            self.spreads_ = measure_spreads(coded, self._spread_lag)
            held_out = self._count_held_out(coded.lengths)
            n_windows = MAX_STEPS // (self.past_steps + self.horizon_)
            n_windows = int(np.clip(n_windows, 1, MAX_WINDOWS))
            windows = held_out_windows(coded.lengths, held_out, self.horizon_, n_windows)
            scores, errors = score_windows(self, coded, *windows)
            self.calibration_ = Calibration(scores, windows[0], coded.n_series)
            first, trained = coded.lengths - held_out, np.zeros_like(coded.lengths)
            self.rolled_ = measure_rolled(self, coded, first, trained, windows, errors)
        return self

    def _forecast_windows(self, panel, series, columns, origins, sources):
        point = np.empty((len(series), self.horizon_))
        n_past = self._count_past(origins)
        size = max(MAX_STEPS_AT_ONCE // n_past, 1)
        for first in range(0, len(series), size):
            rows = slice(first, first + size)
            around = panel, series[rows], origins[rows], n_past, 0
            past = gather_steps(panel.values, *around, columns=columns[rows])
            point[rows] = self._extrapolate(past)
        return PointForecast(point, self.spreads_[sources, columns][:, None])


@dataclass(kw_only=True, eq=False, repr=False)
class SeasonalNaive(BaselineParameters, Baseline):
    """Forecast each step by the value one season before.

    With `period=1` the last value is repeated, which is the best forecast of a random walk.
    """

    period: int = 1

    _parameter_constraints: ClassVar[dict] = {
        "period": [Interval(Integral, 1, None, closed="left")]
    }

    _parameter_docs: ClassVar[dict] = {
        "period": """int, default=1
Number of steps of a season, such as 12 for monthly data with a yearly season. The longest
series must have at least one season. Shorter series repeat their last value instead, with
a `ShortSeriesWarning`."""
    }

    _see_also: ClassVar[tuple] = ("GRUForecaster", "LSTMForecaster")

    _example: ClassVar[str] = """
>>> from skseq import {name}
>>> from skseq.datasets import load_airline
>>> X, y = load_airline(return_X_y=True)
>>> naive = SeasonalNaive(period=12).fit(X[:-12], y[:-12])
>>> bool((naive.predict(X[-12:]).to_numpy() == y[-24:-12].to_numpy()).all())
True"""

    @property
    def past_steps(self):
        """Number of steps before an origin that are read to forecast a window.

        A missing value is replaced by the value of an earlier season.
        """
        return 3 * self.context_length_

    def _choose_context(self, panel):
        period, longest = int(self.period), int(panel.lengths.max())
        if period > longest:
            raise ValueError(
                f"period={period} requires a series of at least {period} steps, but the "
                f"longest series has {longest}. Use a smaller period; 1 repeats the last "
                "value."
            )
        warn_of_short_series(
            panel,
            period,
            f"they have no value one period={period} before, and repeat their last value.",
        )
        return period

    def _extrapolate(self, past):
        return repeat_season(past, self.context_length_, self.horizon_)


@dataclass(kw_only=True, eq=False, repr=False)
class Drift(BaselineParameters, Baseline):
    """Extrapolate the line from the first to the last value.

    The forecast is the last value plus the mean change per step (Hyndman & Athanasopoulos,
    2021, section 5.2).
    """

    _see_also: ClassVar[tuple] = ("GRUForecaster", "LSTMForecaster")

    _example: ClassVar[str] = """
>>> import numpy as np
>>> from skseq import {name}
>>> Drift().fit(None, np.array([1.0, 4.0, 3.0, 7.0])).forecast(2)
array([ 9., 11.])"""

    @property
    def past_steps(self):
        """Number of steps before an origin that are read to forecast a window: all."""
        return int(self.coded_.lengths.max())

    def _choose_context(self, panel):
        return 2

    def _count_held_out(self, lengths):
        # The slopes of short pasts have larger errors.
        return np.minimum(super()._count_held_out(lengths), (lengths + 1) // 2)

    def _count_past(self, origins):
        # Later blocks start from the first value, too: they continue the line.
        return max(int(origins.max()), 1)

    def _extrapolate(self, past):
        present = ~np.isnan(past)
        first = present.argmax(axis=1)
        last = past.shape[1] - 1 - present[:, ::-1].argmax(axis=1)
        rows = np.arange(len(past))
        rise = np.nan_to_num(past[rows, last] - past[rows, first])
        slope = rise / np.maximum(last - first, 1)
        steps = np.arange(1, self.horizon_ + 1) + (past.shape[1] - 1 - last)[:, None]
        return last_observed(past)[:, None] + slope[:, None] * steps
