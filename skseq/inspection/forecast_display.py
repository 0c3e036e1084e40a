"""Display forecasts with prediction intervals, history and observations."""

from dataclasses import dataclass
from functools import partial
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, validate_params

from skseq.inspection.forecast_data import pair_levels, read_backtest, read_estimator
from skseq.inspection.plotting import (
    AxesDisplay,
    check_matplotlib,
    style_lines,
    use_concise_dates,
    use_integer_ticks,
)
from skseq.quoting import quote, suggest_fraction

SHARED_CONSTRAINTS = {
    "y": ["array-like", None],
    "n_history": [Interval(Integral, 0, None, closed="left"), None],
    "line_kw": [dict, None],
}


@dataclass(kw_only=True, eq=False, repr=False)
class ForecastDisplay(AxesDisplay):
    """Plot forecasts with prediction intervals, the history, and the observations.

    Create it with :meth:`from_estimator` or :meth:`from_backtest`. Requires matplotlib:
    `pip install 'skseq[plot]'`.

    Parameters
    ----------
    forecasts : DataFrame
        Forecasts of one series, with the columns `cutoff`, `time`, `forecast` and any
        number of quantiles, such as `q0.1`. Two quantiles whose levels sum to 1, such as
        `q0.1` and `q0.9`, are drawn as an interval.
    history : Series, default=None
        Observations before the forecast, by time.
    actual : Series, default=None
        Observations at the times of the forecast.
    series_name, target_name : object, default=None
        Title of the axes, and label of the vertical axis.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Axes and figure of the plot.
    history_line_, actual_line_ : matplotlib Line2D or None
        Lines of the history, and of the observations at the times of the forecast.
    forecast_lines_ : list of matplotlib Line2D
        Lines of the forecasts, one for each cutoff.
    bands_ : list of matplotlib artists
        Intervals of each cutoff, the widest first.

    See Also
    --------
    skseq.model_selection.backtest : Evaluate forecasts from several cutoffs.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseq import SeasonalNaive
    >>> from skseq.inspection import ForecastDisplay
    >>> months = pd.period_range("2020-01", periods=48, freq="M")
    >>> y = pd.Series([i % 12 + i / 12 for i in range(48)], index=months, name="sales")
    >>> X = y.to_frame()[[]]
    >>> forecaster = SeasonalNaive(period=12).fit(X[:36], y[:36])
    >>> display = ForecastDisplay.from_estimator(forecaster, X[36:], y[36:])
    >>> display.ax_.get_ylabel()
    'sales'
    >>> from skseq.model_selection import PanelTimeSeriesSplit, backtest
    >>> cv = PanelTimeSeriesSplit(n_splits=2, test_size=6)
    >>> result = backtest(forecaster, X, y, cv=cv)
    >>> len(ForecastDisplay.from_backtest(result, y).plot().forecast_lines_)
    2
    """

    forecasts: pd.DataFrame
    history: pd.Series | None = None
    actual: pd.Series | None = None
    series_name: object = None
    target_name: object = None

    @classmethod
    @validate_params(
        {"coverage": ["array-like"], **SHARED_CONSTRAINTS},
        prefer_skip_nested_validation=False,
    )
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        coverage=(0.5, 0.8, 0.95),
        n_history=None,
        series=None,
        target=None,
        ax=None,
        line_kw=None,
    ):
        """Plot the forecasts of a fitted forecaster for rows of X.

        Parameters
        ----------
        estimator : estimator
            A fitted forecaster, alone or in a Pipeline or a search.
        X : array-like of shape (n_timesteps, n_features) or None
            Rows to forecast. None means the next `horizon_` steps; it requires a forecaster
            without known covariates.
        y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets), default=None
            Observations at these rows. By default, those that the forecaster has observed.
        coverage : array-like of float, default=(0.5, 0.8, 0.95)
            Nominal coverage of each interval. No intervals if empty.
        n_history : int, default=None
            Number of time steps of history. By default, four times the forecast steps.
        series : object, default=None
            Name of the series to draw. Required if there are several.
        target : str or int, default=None
            Name or number of the target to draw. Required if there are several.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.
        line_kw : dict, default=None
            Keyword arguments of matplotlib's `plot` for the forecasts.

        Returns
        -------
        display : ForecastDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator does not contain a forecaster.
        ValueError
            If there are several series or targets and none is selected, y does not have one
            row for each row of X, or `coverage` is not between 0 and 1.
        """
        check_matplotlib(cls.__name__)
        coverage = check_coverage(coverage)
        data = read_estimator(estimator, X, y, coverage, n_history, series, target)
        return cls(**data).plot(ax, line_kw=line_kw)

    @classmethod
    @validate_params(
        {"cutoffs": ["array-like", None], **SHARED_CONSTRAINTS},
        prefer_skip_nested_validation=True,
    )
    def from_backtest(
        cls,
        result,
        y=None,
        *,
        series=None,
        target=None,
        cutoffs=None,
        n_history=None,
        ax=None,
        line_kw=None,
    ):
        """Plot the forecasts of a backtest and the observations.

        Parameters
        ----------
        result : Backtest
            Result of :func:`skseq.model_selection.backtest`. Its quantiles are drawn as
            intervals where their levels sum to 1.
        y : Series, DataFrame or array-like, default=None
            The y of the backtest. It adds the history before the first forecast, and the
            observations between forecasts.
        series, target : object, default=None
            Names of the series and the target to draw. Required if there are several.
        cutoffs : array-like, default=None
            Time stamps of the cutoffs to draw, or dates as text. By default all.
        n_history : int, default=None
            Number of time steps of history. By default, four times the longest forecast.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.
        line_kw : dict, default=None
            Keyword arguments of matplotlib's `plot` for the forecasts.

        Returns
        -------
        display : ForecastDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If there are several series or targets and none is selected, or the backtest has
            no such series, target or cutoff.
        """
        check_matplotlib(cls.__name__)
        data = read_backtest(result, y, series, target, cutoffs, n_history)
        return cls(**data).plot(ax, line_kw=line_kw)

    def plot(self, ax=None, *, line_kw=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.
        line_kw : dict, default=None
            Keyword arguments of matplotlib's `plot` for the forecasts.

        Returns
        -------
        display : ForecastDisplay
            The display itself.
        """
        ax = self._open_axes(ax, (8, 4.5))
        self.history_line_ = self._draw_observed(self.history, "history", color="0.45")
        self.forecast_lines_, self.bands_ = [], []
        for number, (_, part) in enumerate(self.forecasts.groupby("cutoff", sort=True)):
            self._draw_forecast(part, line_kw or {}, labeled=number == 0)
        self.actual_line_ = self._draw_observed(
            self.actual, "actual", color="black", marker=".", markersize=5
        )
        self._label()
        return self

    def _draw_observed(self, values, label, **style):
        if values is None or values.empty:
            return None
        style |= {"label": label, "linewidth": 1.2}
        return self.ax_.plot(to_dates(values.index), values.to_numpy(), **style)[0]

    def _draw_forecast(self, part, line_kw, *, labeled):
        """Draw the forecasts of one cutoff, with the widest interval first."""
        times = to_dates(pd.Index(part["time"]))
        style = {"color": "C0", "linewidth": 1.6, "zorder": 2.5, **line_kw}
        draw = partial(self.ax_.fill_between, linewidth=0)
        if len(part) == 1:  # a single step has no line or area
            style["marker"] = "o"
            draw = partial(self.ax_.vlines, linewidth=8)
        pairs = pair_levels(part.columns)
        for k, (coverage, lower, upper) in enumerate(pairs):
            alpha = 0.12 + 0.28 * k / max(len(pairs) - 1, 1)
            label = f"{100 * coverage:g}% interval" if labeled else None
            look = {"color": style["color"], "alpha": alpha, "label": label}
            self.bands_.append(draw(times, part[lower], part[upper], **look))
        label = "forecast" if labeled else None
        self.forecast_lines_ += self.ax_.plot(times, part["forecast"], label=label, **style)

    def _label(self):
        label_times(self.ax_, pd.Index(self.forecasts["time"]))
        self.ax_.set_ylabel("y" if self.target_name is None else str(self.target_name))
        if self.series_name is not None:
            self.ax_.set_title(str(self.series_name))
        style_lines(self.ax_)


def label_times(ax, times):
    """Set the ticks and the label of a horizontal axis of times or of step numbers."""
    if isinstance(times, (pd.DatetimeIndex, pd.PeriodIndex)):
        use_concise_dates(ax.xaxis)
        ax.set_xlabel("time")
    else:
        use_integer_ticks(ax.xaxis)
        ax.set_xlabel("time step")


def to_dates(index):
    """Return times in a type that matplotlib draws; periods become their start times."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        index = index.tz_localize(None)
    return index.to_numpy()


def check_coverage(coverage):
    """Return coverages as a list, or raise if one is not between 0 and 1."""
    shares = list(np.asarray(coverage).ravel())
    if not all(isinstance(share, Real) and 0 < share < 1 for share in shares):
        example = suggest_fraction(shares) or [0.8, 0.95]
        raise ValueError(
            "coverage must contain numbers between 0 and 1, both excluded. Got "
            f"{quote(shares)} instead. For example, pass coverage={example}."
        )
    return shares
