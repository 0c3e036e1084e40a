"""Detectors of anomalies without a network: the baselines of other detectors."""

from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval

from skseq.detection.row_errors import (
    MAX_INPUT,
    average,
    list_origins,
    pad_past,
    to_units,
)
from skseq.estimators.forecasting_detector import ForecastingDetector
from skseq.estimators.series_detector import SeriesDetector
from skseq.saved import is_finite, is_positive, require
from skseq.series import gather_steps
from skseq.tasks import AnomalyDetection

# Fraction of the rows of each series that are held out to measure usual errors.
HELD_OUT = 0.1
# Default smoothing without a context, unless a quarter of the longest series is shorter.
DEFAULT_SMOOTHING = 48


@dataclass(kw_only=True, eq=False, repr=False)
class RidgeParameters:
    """The penalty of ridge regression."""

    alpha: float = 1.0

    _parameter_constraints: ClassVar[dict] = {
        "alpha": [Interval(Real, 0, None, closed="left")]
    }

    _parameter_docs: ClassVar[dict] = {
        "alpha": """float, default=1.0
Penalty of the squared coefficients, which apply to standardized channels.""",
    }


class RidgeDetector(ForecastingDetector):
    """Forecasts the next rows of all channels by ridge regression on their past."""

    # It follows the example of the task, which ends with X and a detector.
    _example: ClassVar[str] = """
>>> detector = detector.fit(X[:400])
>>> scores = detector.score_samples(X)  # low scores are abnormal
>>> bool(490 < scores.argmin() < 530)
True
>>> bool((detector.predict(X)[500:520] == -1).all())
True
>>> detector.update(X[400:500]).predict(X).shape
(600,)"""

    alpha: float  # field of `RidgeParameters`
    coef_: np.ndarray
    intercept_: np.ndarray

    _attribute_docs: ClassVar[dict] = {
        "coef_": """ndarray of shape (`context_length_`, n_channels, `horizon_`, n_channels)
Coefficients of the rows of the context, the oldest first, for each row of the
horizon.""",
        "intercept_": """ndarray of shape (`horizon_`, n_channels)
Forecast if all values of the context equal the median.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "coef_": lambda value: is_finite(value, None, None, None, None),
        "intercept_": lambda value: is_finite(value, None, None),
    }

    def _fit_forecasts(self, panel):
        held_out = (HELD_OUT * panel.lengths).astype(np.int64)
        fewest = np.minimum(2 * self.horizon_, panel.lengths // 3)
        held_out = np.maximum(held_out, fewest)
        self._solve(panel.truncate(panel.lengths - held_out))
        return held_out

    def _finish_forecasts(self, panel):
        self._solve(panel)

    def _forecast(self, past, series, origins):
        around = past, series, origins, self.context_length_, 0
        rows = gather_steps(past.values, *around)  # (n_windows, context, n_channels)
        shape = self.intercept_.shape
        flat = rows.reshape(len(rows), -1) @ self.coef_.reshape(-1, np.prod(shape))
        return flat.reshape(-1, *shape) + self.intercept_

    def _solve(self, panel):
        """Set the coefficients that forecast the rows of a panel best."""
        context, horizon, n_channels = (
            self.context_length_,
            self.horizon_,
            panel.n_targets,
        )
        panel = panel.take(np.arange(panel.n_series))
        first = np.clip(panel.lengths - horizon, 1, context)
        series, origins = list_origins(np.maximum(panel.lengths - horizon + 1, 2), first)
        limits = np.full(n_channels, MAX_INPUT)
        past, origins = pad_past(panel, context, limits), origins + context
        rows = gather_steps(past.values, past, series, origins, context, 0)
        future = gather_steps(past.values, past, series, origins, 0, horizon)
        x, y = rows.reshape(len(rows), -1), np.nan_to_num(future.reshape(len(rows), -1))
        center, mean = x.mean(axis=0), y.mean(axis=0)
        x = x - center
        gram = x.T @ x
        # Without a penalty, a small one makes the solution unique.
        alpha = max(float(self.alpha), 1e-10 * max(np.trace(gram), 1.0) / len(gram))
        gram[np.diag_indices_from(gram)] += alpha
        coef = np.linalg.solve(gram, x.T @ (y - mean))
        self.coef_ = coef.reshape(context, n_channels, horizon, n_channels)
        self.intercept_ = (mean - center @ coef).reshape(horizon, n_channels)

    def _check_restored(self):
        super()._check_restored()
        n_channels = self.observed_.n_targets
        shape = self.horizon_, n_channels
        valid = self.coef_.shape == (self.context_length_, n_channels, *shape)
        require(valid and self.intercept_.shape == shape, "the coefficients are invalid")


@dataclass(kw_only=True, eq=False, repr=False)
class RidgeAnomalyDetector(AnomalyDetection, RidgeParameters, RidgeDetector):
    """Find anomalies in series by the errors of a linear autoregression.

    The last rows of all channels forecast the next rows of each channel by ridge
    regression. It is fast and often as accurate as a network.
    """

    _see_also: ClassVar[tuple] = ("GRUAnomalyDetector",)


class LevelDetector(SeriesDetector):
    """Measures the distance of rows from the median."""

    usual_levels_: np.ndarray

    _attribute_docs: ClassVar[dict] = {
        "usual_levels_": """ndarray of shape (n_channels,)
Usual distance of channels from their median.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "usual_levels_": lambda value: is_positive(value, None)
    }

    def _fit_model(self, panel):
        self.usual_levels_ = to_units(average(np.abs(panel.values)))

    def _measure_errors(self, panel):
        return np.abs(panel.values) / self.usual_levels_

    def _make_row_errors(self, numbers):
        return LevelErrors(self.usual_levels_)

    def _choose_smoothing(self):
        return max(min(DEFAULT_SMOOTHING, int(self.observed_.lengths.max()) // 4), 1)

    def _check_restored(self):
        super()._check_restored()
        valid = self.usual_levels_.shape == (self.observed_.n_targets,)
        require(valid, "the usual levels do not fit the rows")


class LevelErrors:
    """Distances from the median of rows that arrive one by one."""

    def __init__(self, usual_levels):
        self.usual_levels = usual_levels

    def reset(self, series):
        """Start new series, which has no effect."""

    def measure(self, values):
        """Return the errors of the next row of each series: (n_series, n_channels)."""
        return np.abs(values) / self.usual_levels


@dataclass(kw_only=True, eq=False, repr=False)
class LevelAnomalyDetector(LevelDetector):
    """Find anomalies in series by the distance from the median.

    It ignores the order of rows, except that scores are averages over neighbors. It is the
    simplest baseline, and does not find anomalies within the usual range of values.
    """

    _see_also: ClassVar[tuple] = ("RidgeAnomalyDetector", "GRUAnomalyDetector")

    _example: ClassVar[str] = """
>>> import numpy as np
>>> from skseq import {name}
>>> X = np.random.default_rng(0).normal(size=(600, 1))
>>> X[500:520] += 5.0
>>> detector = {name}(smoothing=10).fit(X[:400])
>>> bool(500 <= detector.score_samples(X).argmin() < 520)
True"""
