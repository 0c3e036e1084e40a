"""Forecasts that need no network: what every other one has to beat."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin
from sklearn.utils._param_validation import HasMethods, Interval

from skseq.estimators.parameters import MergedParameters
from skseq.estimators.series_estimator import SeriesEstimator
from skseq.forecasting import Calibration, PointAnswer
from skseq.reporting import report_fit
from skseq.series import (
    gather_steps,
    held_out_windows,
    last_observed,
    measure_spreads,
    repeat_season,
)

# Errors of the past are taken from no more windows than this.
MOST_WINDOWS = 4096


@dataclass(kw_only=True, eq=False, repr=False)
class BaselineParameters:
    """What the baselines share."""

    horizon: int = 12
    series: Any = None
    target_transformer: Any = None

    _parameter_constraints: ClassVar[dict] = {
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "series": [str, None],
        "target_transformer": [HasMethods(["fit", "transform", "inverse_transform"]), None],
    }

    _parameter_docs: ClassVar[dict] = {
        "horizon": """int, default=12
Steps that are forecast at once; intervals widen up to there by what was seen, and
beyond in blocks.""",
        "series": """str, default=None
Column of X that says whose row it is, if there are many series and no
(series, time) MultiIndex.""",
        "target_transformer": """transformer, default=None
Applied to y before anything else, and undone in all that is returned.""",
    }


class Baseline(SeriesEstimator, MergedParameters, CallbackSupportMixin, BaseEstimator):
    """Forecasts every window by a rule; its errors of the past give the intervals."""

    # Covariates are checked and kept, but not used.
    past_columns = static_columns = None
    missing = "mask"
    _uses_covariates = False

    @report_fit
    def fit(self, X, y=None):
        """Remember series, and how far the rule was off on them.

        Parameters
        ----------
        X : array-like of shape (n_timesteps, n_columns), DataFrame or None
            Rows as for the other forecasters; only their index is used.
        y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
            The series; NaN is missing.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If X or y do not fit.
        """
        return self._fit_series(X, y)

    def _learn(self, coded):
        self.horizon_ = int(self.horizon)
        self.context_length_ = self._count_past(coded.lengths)
        self.spreads_ = measure_spreads(coded, self._spread_lag)
        # A rule learns nothing, so all steps that have a past are held out.
        held = np.maximum(coded.lengths - self.context_length_, 0)
        series, origins = held_out_windows(coded.lengths, held, self.horizon_, MOST_WINDOWS)
        n, n_targets = len(series), coded.n_targets
        scores = np.empty((0, n_targets, self.horizon_))
        if n:
            owners, targets = np.repeat(series, n_targets), np.tile(np.arange(n_targets), n)
            answer = self._answer(
                coded, owners, targets, np.repeat(origins, n_targets), owners
            )
            future = gather_steps(coded.values, coded, series, origins, 0, self.horizon_)
            future = future.transpose(0, 2, 1).reshape(-1, self.horizon_)
            scores = answer.scores(future).reshape(n, n_targets, self.horizon_)
        self.calibration_ = Calibration(scores, series, coded.n_series)

    @property
    def past_steps(self):
        """Steps before an origin that the rule looks at."""
        return self.context_length_

    def _answer(self, panel, series, targets, origins, owners):
        """Return what follows each window."""
        past = gather_steps(panel.values, panel, series, origins, self.past_steps, 0)
        past = past[np.arange(len(series)), :, targets]
        spreads = self.spreads_[owners, targets][:, None]
        return PointAnswer(self._continue(past), spreads)

    def _train_on(self, coded, n_epochs):
        """Learn nothing: a rule has nothing to learn."""


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
Steps of a season: 12 for monthly data with a yearly one. The longest series must
have as many; where a shorter one lacks the value a season before, its last value
stands in (a `ShortSeriesWarning` says so).""",
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
        """Steps before an origin that the rule looks at: older seasons fill gaps."""
        return 3 * self.context_length_

    def _count_past(self, lengths):
        period, longest = int(self.period), int(lengths.max())
        if period > longest:
            raise ValueError(
                f"period={period} needs a season of {period} steps, but the longest series has "
                f"{longest}: {period - longest} are missing. Use a smaller period; 1 repeats "
                "the last value."
            )
        self._warn_of_short(
            period,
            f"where they lack the value one period={period} before, their last value is "
            "repeated.",
        )
        return period

    def _continue(self, past):
        return repeat_season(past, self.context_length_, self.horizon_)


@dataclass(kw_only=True, eq=False, repr=False)
class Drift(BaselineParameters, Baseline):
    """Forecast along the line from the first to the last value.

    The last value, and the mean change so far with every further step (Hyndman &
    Athanasopoulos, 2021, section 5.2).
    """

    _see_also: ClassVar[tuple] = ("GRUForecaster", "LSTMForecaster")

    _example: ClassVar[str] = """
>>> import numpy as np
>>> from skseq import {name}
>>> Drift().fit(None, np.array([1.0, 4.0, 3.0, 7.0])).forecast(2)
array([ 9., 11.])"""

    @property
    def past_steps(self):
        """Steps before an origin that the rule looks at: all of them."""
        return int(self.coded_.lengths.max())

    def _count_past(self, lengths):
        return 2

    def _continue(self, past):
        present = ~np.isnan(past)
        first = present.argmax(axis=1)
        last = past.shape[1] - 1 - present[:, ::-1].argmax(axis=1)
        rows = np.arange(len(past))
        rise = np.nan_to_num(past[rows, last] - past[rows, first])
        slope = rise / np.maximum(last - first, 1)
        steps = np.arange(1, self.horizon_ + 1) + (past.shape[1] - 1 - last)[:, None]
        return last_observed(past)[:, None] + slope[:, None] * steps
