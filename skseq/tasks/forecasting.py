"""Forecasting: the next steps of series from their past."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from skseq.quoting import quote
from skseq.tasks.forecast_losses import (
    AbsoluteForecastError,
    HuberForecastError,
    NegativeBinomialForecast,
    NormalForecast,
    QuantileForecast,
    SquaredForecastError,
    StudentTForecast,
)

LOSSES = {
    "absolute_error": AbsoluteForecastError,
    "squared_error": SquaredForecastError,
    "huber": HuberForecastError,
    "quantile": QuantileForecast,
    "normal": NormalForecast,
    "student_t": StudentTForecast,
    "negative_binomial": NegativeBinomialForecast,
}

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)

# The default context: several horizons, but at least this many steps, and for a long
# horizon only this many more than it.
FEWEST_STEPS, MOST_MORE_STEPS, HORIZONS = 32, 288, 4
# About this many tokens of a window are read.
TOKENS = 16
# The default batch and budget. A pass draws at most this many batches, so that the
# budget counts updates, not the windows of long series.
SMALLEST_BATCH, LARGEST_BATCH, BATCHES_A_PASS = 8, 256, 100
TARGET_UPDATES, FEWEST_PASSES, MOST_PASSES = 1500, 10, 100
# Early stopping and calibration look at no more held-out windows than this.
MOST_HELD_OUT = 4096
# With fewer windows than this the network is trained anew on all of them once the number
# of passes is known: the latest steps are worth more than the time.
REFIT_BELOW = 20_000


@dataclass(kw_only=True, eq=False, repr=False)
class Forecasting:
    """What makes an estimator a forecaster."""

    horizon: int = 12
    context_length: int | None = None
    period: int | None = None
    differencing: str | None = None
    normalization: str | None = "last"
    unit: str = "window"
    loss: str = "absolute_error"
    quantiles: Any = None
    conformal: bool = True
    past_columns: Any = None
    static_columns: Any = None
    series: Any = None
    target_transformer: Any = None

    _parameter_constraints: ClassVar[dict] = {
        "horizon": [Interval(Integral, 1, None, closed="left")],
        "context_length": [Interval(Integral, 1, None, closed="left"), None],
        "period": [Interval(Integral, 2, None, closed="left"), None],
        "differencing": [StrOptions({"first", "seasonal", "both"}), None],
        "normalization": [StrOptions({"last", "mean"}), None],
        "unit": [StrOptions({"window", "series"})],
        "loss": [StrOptions(set(LOSSES))],
        "quantiles": ["array-like", None],
        "conformal": ["boolean"],
        "past_columns": [list, tuple, None],
        "static_columns": [list, tuple, None],
        "series": [str, None],
        "target_transformer": [HasMethods(["fit", "transform", "inverse_transform"]), None],
    }

    _parameter_docs: ClassVar[dict] = {
        "horizon": """int, default=12
Steps that are forecast at once. Longer requests are answered in blocks of this
many steps, each of which takes the one before it for observed; 1 is the
classical recursive forecaster. The longest series must have more steps than that;
the default gives way where it has not, see `horizon_`.""",
        "context_length": """int or None, default=None
Steps of the past that a forecast looks at. None takes four horizons, at least 32
steps and two periods, and fewer where series are short; see `context_length_`.""",
        "period": """int or None, default=None
Steps of a season: 12 for monthly data with a yearly one, 24 for hourly data with
a daily one. None means none is declared.""",
        "differencing": """{"first", "seasonal", "both"} or None, default=None
What the network reads of a window. None: its changes from step to step, and its
levels; `"first"`: changes alone. `"seasonal"`: both, of the differences from one
period before, and forecasts are measured from the last season; `"both"`: changes
of these alone. Try `"seasonal"` where few seasons were seen.""",
        "normalization": """{"last", "mean"} or None, default="last"
The level that each window is measured from: its last value or its mean. None
measures from 0, so that levels never seen in training are unknown to the network.""",
        "unit": """{"window", "series"}, default="window"
What windows are measured in, and thereby weighed by in the loss. `"window"`: in
their own typical change, so that quiet stretches count as much as lively ones, and
forecasts move as much as the series did of late. `"series"`: in standard deviations
of their series, so that an error counts as it is, for series whose scale does not
change.""",
        "loss": """{"absolute_error", "squared_error", "huber", "quantile", "normal", \
"student_t", "negative_binomial"}, default="absolute_error"
What is minimised. The last four give a distribution for each step:
`"quantile"` the quantiles given by `quantiles`, `"negative_binomial"` is for
counts, above all those that are mostly 0. All forecast the median, `"squared_error"` the mean.""",
        "quantiles": """sequence of float, default=None
Which quantiles `loss="quantile"` learns, increasing. None takes seven from
0.025 to 0.975. Others can be asked for as well; they are interpolated.""",
        "conformal": """bool, default=True
Whether quantiles of distributions are corrected by held-out errors. Those of
other losses rest on held-out errors anyway.""",
        "past_columns": """list of str or int, default=None
Columns of X that are known up to now only.""",
        "static_columns": """list of str or int, default=None
Columns of X that never change within a series.""",
        "series": """str, default=None
Column of X that says whose row it is, if there are many series and no
(series, time) MultiIndex.""",
        "target_transformer": """transformer, default=None
Applied to y before anything else, and undone in all that is returned: for
example `PowerTransformer()` or `FunctionTransformer(np.log, np.exp)`.""",
    }

    _attribute_docs: ClassVar[dict] = {
        "coder_": """object
How windows are measured.""",
        "scaler_": """object
How covariates are scaled.""",
    }

    _see_also: ClassVar[tuple] = ("SeasonalNaive", "Drift")

    _example: ClassVar[str] = """
>>> from skseq import {name}
>>> from skseq.datasets import load_airline
>>> X, y = load_airline(return_X_y=True)
>>> fc = {name}(horizon=12, period=12, max_epochs=2, random_state=0)
>>> fc.fit(X[:-12], y[:-12]).predict(X[-12:]).shape
(12,)
>>> fc.forecast(3).index.astype(str).tolist()
['1960-01', '1960-02', '1960-03']
>>> fc.predict_interval(X[-12:], coverage=0.8).columns.tolist()
['lower', 'upper']
>>> fc.predict_quantiles(X[-12:], [0.1, 0.5, 0.9]).shape
(12, 3)
>>> fc.sample(X[-12:], n_samples=5, random_state=0).shape
(5, 12)
>>> fc.score(X[-12:], y[-12:]) <= 1
True
>>> fc.summary().index[-1], len(fc.trace().states)
('total', 1)
>>> fc.update(X[-12:-6], y[-12:-6]).forecast(1).index.astype(str).tolist()
['1960-07']"""

    def _check_forecasting(self):
        """Raise if parameters do not fit each other."""
        if self.differencing in ("seasonal", "both") and self.period is None:
            raise ValueError(
                f"differencing={self.differencing!r} needs the period of the season: set "
                "period, for example period=12 for monthly data."
            )
        try:
            levels = self._levels()
        except (TypeError, ValueError):
            levels = []
        if (
            not levels
            or sorted(set(levels)) != levels
            or not all(0 < q < 1 for q in levels)
        ):
            raise ValueError(
                f"quantiles={quote(self.quantiles)} must increase and lie between 0 and 1."
            )

    def _levels(self):
        return [float(q) for q in (QUANTILES if self.quantiles is None else self.quantiles)]

    def _make_loss(self):
        if self.loss == "quantile":
            return QuantileForecast(self._levels())
        return LOSSES[self.loss]()

    def _choose_steps(self, lengths, lag):
        """Return the horizon, and the number of steps that a forecast looks at.

        Parameters
        ----------
        lengths : ndarray of int of shape (n_series,)
            Steps of each series.
        lag : int
            Steps that differences are taken over; 0 for none.
        """
        longest, horizon = int(lengths.max()), int(self.horizon)
        back, whose = max(
            (self.context_length or 1, f"context_length={self.context_length}"),
            (lag + 1, f"differencing={self.differencing!r} over period={self.period}"),
        )
        missing = back + horizon - longest
        if missing > 0:
            # The default gives way, as that of the context does; what was asked for does not.
            if back > 1 or horizon != type(self).horizon:
                whose = f"{whose} and " if back > 1 else ""
                raise ValueError(
                    f"{whose}horizon={horizon} need{'' if whose else 's'} {back + horizon} "
                    f"steps, but the longest series has {longest}: {missing} are missing. "
                    "Use a smaller horizon (longer forecasts are made in blocks of it)"
                    + (f", or leave out {whose.partition('=')[0]}." if whose else ".")
                )
            horizon = max(longest // 2, 1)
        if self.context_length is not None:
            return horizon, int(self.context_length)
        wanted = min(HORIZONS * horizon, horizon + MOST_MORE_STEPS)
        wanted = max(wanted, FEWEST_STEPS, 2 * (self.period or 0))
        return horizon, max(1, min(wanted, int(np.median(lengths)) // 2))

    def _choose_window_patch(self, context_length):
        """Return the number of steps of a token."""
        if self.patch_size != "auto":
            return int(self.patch_size)
        if self.period is not None and 4 <= self.period <= context_length // 4:
            return self.period
        return int(2 ** max(0, round(np.log2(context_length / TOKENS))))

    def _choose_window_batch(self, n_windows):
        """Return the number of windows an update."""
        if self.batch_size != "auto":
            return int(self.batch_size)
        return int(np.clip(n_windows // 8, SMALLEST_BATCH, LARGEST_BATCH))

    def _choose_passes(self, n_windows, batch_size):
        """Return the number of epochs."""
        if self.max_epochs != "auto":
            return int(self.max_epochs)
        n_updates = -(-n_windows // batch_size)
        return int(np.clip(-(-TARGET_UPDATES // n_updates), FEWEST_PASSES, MOST_PASSES))

    def _count_held_out(self, lengths):
        """Return how many steps of each series are held out."""
        share = np.maximum(self.validation_fraction * lengths, 2 * self.horizon_)
        return np.minimum(share, lengths // 3).astype(np.int64)
