"""Forecasting: parameters of windows and losses, and their default values."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from skseq.quoting import quote, suggest_fraction
from skseq.tasks.base import ForecastTask
from skseq.tasks.forecast_losses import (
    AbsoluteErrorLoss,
    HuberLoss,
    NegativeBinomialLikelihood,
    NormalLikelihood,
    QuantileLoss,
    SquaredErrorLoss,
    StudentTLikelihood,
)
from skseq.tasks.pooling import PoolingParameters

LOSSES = {
    "absolute_error": AbsoluteErrorLoss,
    "squared_error": SquaredErrorLoss,
    "huber": HuberLoss,
    "quantile": QuantileLoss,
    "normal": NormalLikelihood,
    "student_t": StudentTLikelihood,
    "negative_binomial": NegativeBinomialLikelihood,
}

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)

# Default context length: this many horizons, but at least MIN_CONTEXT steps, and at most
# MAX_EXTRA_CONTEXT steps more than the horizon.
CONTEXT_HORIZONS, MIN_CONTEXT, MAX_EXTRA_CONTEXT = 4, 32, 288
# Maximum number of weights from past to future steps.
MAX_WEIGHTS = 2**28
# Default patch size: a period of at least MIN_PERIOD_PATCH steps if a window has at least
# MIN_PATCHES of them, else one that gives about WINDOW_TOKENS tokens.
MIN_PERIOD_PATCH, MIN_PATCHES, WINDOW_TOKENS = 4, 4, 16


@dataclass(kw_only=True, eq=False, repr=False)
class ForecastParameters(ForecastTask):
    """Parameters of a forecaster: windows, loss and columns."""

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
Number of steps that are forecast at once. Longer forecasts are made in blocks of this many
steps, and each block takes the previous ones as observations; 1 is the recursive strategy.
The longest series must have more steps than the horizon. The default is reduced if
necessary, see `horizon_`.""",
        "context_length": f"""int or None, default=None
Number of past steps that a forecast depends on. None means {CONTEXT_HORIZONS} horizons (at
most {MAX_EXTRA_CONTEXT} steps more than one horizon), but at least {MIN_CONTEXT} steps and
two periods, and at most half of the median length of the series; see `context_length_`.""",
        "period": """int or None, default=None
Number of steps of a season, such as 12 for monthly data with a yearly season, or 24 for
hourly data with a daily season. None means no season.""",
        "differencing": """{"first", "seasonal", "both"} or None, default=None
Input of the network. None: changes from step to step, and levels. `"first"`: changes only.
`"seasonal"`: changes and levels of the differences over one period; forecasts are relative
to the last season. `"both"`: changes of these differences only. Try `"seasonal"` if there
are few seasons.""",
        "normalization": """{"last", "mean"} or None, default="last"
Level that is subtracted from each window: its last value or its mean. None subtracts
nothing; the network then extrapolates poorly to levels outside the training data.""",
        "unit": """{"window", "series"}, default="window"
Unit of each window, which also determines its weight in the loss. `"window"`: the typical
change within the window, so that all windows have equal weight, and the size of forecast
changes follows recent changes. `"series"`: the standard deviation of the series, so that
all errors of a series have equal weight. Use it if the scale of series does not
change.""",
        "loss": """{"absolute_error", "squared_error", "huber", "quantile", "normal", \
"student_t", "negative_binomial"}, default="absolute_error"
The loss to minimize. The last four predict a distribution for each step: `"quantile"`
predicts `quantiles`, and `"negative_binomial"` is for counts, also if most of them are 0.
`predict` returns the mean for `"squared_error"` and `"negative_binomial"`, and the median
for the others.""",
        "quantiles": f"""sequence of float, default=None
Increasing levels of the quantiles that `loss="quantile"` predicts. None means
{len(QUANTILES)} levels from {QUANTILES[0]} to {QUANTILES[-1]}. Other quantiles are
interpolated.""",
        "conformal": """bool, default=True
Whether quantiles of predicted distributions are calibrated by held-out errors. Quantiles
for the other losses are always computed from held-out errors.""",
        "past_columns": """list of str or int, default=None
Columns of X that are known only for the past.""",
        "static_columns": """list of str or int, default=None
Columns of X that are constant within a series.""",
        "series": """str, default=None
Column of X that identifies the series of each row. None means that there is one series, or
that the index is a (series, time) MultiIndex.""",
        "target_transformer": """transformer, default=None
Transformer of y, for example `PowerTransformer()` or
`FunctionTransformer(np.log, np.exp)`. Forecasts are transformed back.""",
        "patch_size": f"""int or "auto", default="auto"
Number of time steps per token, the input of the encoder. Larger patches are faster. With 1,
each step is a token. `"auto"` is the period if it has at least {MIN_PERIOD_PATCH} steps
and the context at least {MIN_PATCHES} periods, otherwise the power of 2 that gives about
{WINDOW_TOKENS} tokens; see `patch_size_`.""",
        "random_state": """int, RandomState instance or None, default=None
Determines initial weights, the order of windows and dropout. Pass an int for reproducible
results across calls.""",
    }

    _attribute_docs: ClassVar[dict] = {
        "coder_": """object
Normalization of windows.""",
        "scaler_": """object
Scaling of covariates.""",
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
>>> fc.series_ids_, fc.n_targets_, fc.target_names_
([None], 1, ['passengers'])
>>> fc.summary().index[-1], len(fc.trace().states)
('total', 1)
>>> fc.update(X[-12:-6], y[-12:-6]).forecast(1).index.astype(str).tolist()
['1960-07']"""

    def _check_forecasting(self):
        if self.differencing in ("seasonal", "both") and self.period is None:
            raise ValueError(
                f"differencing={self.differencing!r} requires period, the number of steps "
                "of a season: for example period=12 for monthly data."
            )
        try:
            levels = self._list_quantiles()
        except (TypeError, ValueError):
            levels = []
        is_increasing = bool(levels) and sorted(set(levels)) == levels
        if not is_increasing or not all(0 < q < 1 for q in levels):
            example = suggest_fraction(sorted(set(levels))) or list(QUANTILES)
            raise ValueError(
                f"Expected quantiles to be increasing levels between 0 and 1, got "
                f"{quote(self.quantiles)}. For example, set quantiles={example}."
            )

    def _list_quantiles(self):
        return [float(q) for q in (QUANTILES if self.quantiles is None else self.quantiles)]

    def _make_loss(self):
        if self.loss == "quantile":
            return QuantileLoss(self._list_quantiles())
        return LOSSES[self.loss]()

    def _count_outputs(self):
        is_quantile = self.loss == "quantile"
        return len(self._list_quantiles()) if is_quantile else LOSSES[self.loss].n_outputs

    def _choose_steps(self, lengths, lag):
        longest, horizon = int(lengths.max()), int(self.horizon)
        past, cause = max(
            (self.context_length or 1, f"context_length={self.context_length}"),
            (lag + 1, f"differencing={self.differencing!r} with period={self.period}"),
        )
        if past + horizon > longest:
            # Only default values are reduced.
            if past > 1 or horizon != type(self).horizon:
                cause = f"{cause} and " if past > 1 else ""
                hint = f", or drop {cause.partition('=')[0]}" if cause else ""
                raise ValueError(
                    f"{cause}horizon={horizon} require{'' if cause else 's'} "
                    f"{past + horizon} steps, but the longest series has {longest}. Use a "
                    f"smaller horizon (longer forecasts are made in blocks){hint}."
                )
            horizon = max(longest // 2, 1)
        context_length = self.context_length
        if context_length is None:
            wanted = min(CONTEXT_HORIZONS * horizon, horizon + MAX_EXTRA_CONTEXT)
            wanted = max(wanted, MIN_CONTEXT, 2 * (self.period or 0))
            context_length = max(1, min(wanted, int(np.median(lengths)) // 2))
        if context_length * horizon > MAX_WEIGHTS:
            raise ValueError(
                f"horizon={horizon} with a context of {context_length} steps requires "
                f"{context_length * horizon} weights from past to future steps, but at most "
                f"{MAX_WEIGHTS} are possible. Use a smaller horizon (longer forecasts are "
                "made in blocks) or context_length, or aggregate y to longer steps."
            )
        return horizon, int(context_length)


class Forecasting(PoolingParameters, ForecastParameters):
    """The task of forecasters."""
