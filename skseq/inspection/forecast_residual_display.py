"""Display the residuals of forecasts over the horizon and over time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skseq.inspection.forecast_display import label_times, to_dates
from skseq.inspection.label_bands import draw_legend
from skseq.inspection.palette import BLUE, PALETTE, RED
from skseq.inspection.plotting import FigureDisplay, check_matplotlib, use_integer_ticks
from skseq.inspection.residual_data import (
    read_backtest_residuals,
    read_estimator_residuals,
)

# Quantiles of the residuals of each step: the edges of two bands, and the median.
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
# Steps with fewer residuals have no bands.
MIN_RESIDUALS = 5


@dataclass(kw_only=True, eq=False, repr=False)
class ForecastResidualDisplay(FigureDisplay):
    """Plot the residuals of forecasts over the horizon and over time.

    Create it with :meth:`from_backtest` or :meth:`from_estimator`. A residual is the
    observed value minus the forecast, so it is positive where the forecast is too low.

    The first panel shows the residuals by step of the horizon, as points, their mean, and
    bands with 50% and 80% of them: how fast the errors grow, and whether forecasts are
    biased. The second panel shows them by time, with the mean of each cutoff: whether the
    errors change, for example after a shift of the level. Requires matplotlib:
    `pip install 'skseq[plot]'`.

    Parameters
    ----------
    residuals : DataFrame
        One row for each forecast, with the columns `cutoff`, `step`, `time` and `residual`.
    series_name, target_name : object, default=None
        Title of the figure, and name of the target for the vertical axis.

    Attributes
    ----------
    figure_ : matplotlib Figure or SubFigure
        Figure of the plot.
    axes_ : dict of matplotlib Axes
        Axes of the panels "horizon" and "time".
    points_ : dict of matplotlib Line2D
        Points of the residuals in each panel.
    lines_ : dict of matplotlib Line2D
        Means of each step in the panel "horizon", and of each cutoff in the panel "time".
    bands_ : list of matplotlib FillBetweenPolyCollection
        Bands with 80% and 50% of the residuals of each step. Empty if no step has five
        residuals.
    legend_ : matplotlib Legend
        Legend of both panels.

    See Also
    --------
    ForecastDisplay : Show the forecasts and the observations.
    skseq.model_selection.backtest : Evaluate forecasts from several cutoffs.

    Examples
    --------
    >>> from skseq import SeasonalNaive
    >>> from skseq.datasets import load_airline
    >>> from skseq.inspection import ForecastResidualDisplay
    >>> from skseq.model_selection import PanelTimeSeriesSplit, backtest
    >>> X, y = load_airline(return_X_y=True)
    >>> cv = PanelTimeSeriesSplit(n_splits=6, test_size=12)
    >>> result = backtest(SeasonalNaive(horizon=12, period=12), X, y, cv=cv)
    >>> display = ForecastResidualDisplay.from_backtest(result)
    >>> len(display.residuals), list(display.axes_)
    (72, ['horizon', 'time'])
    >>> forecaster = SeasonalNaive(horizon=12, period=12).fit(X[:-12], y[:-12])
    >>> display = ForecastResidualDisplay.from_estimator(forecaster, X[-12:], y[-12:])
    >>> len(display.plot().residuals)
    12
    """

    residuals: pd.DataFrame
    series_name: object = None
    target_name: object = None

    @classmethod
    def from_backtest(cls, result, *, series=None, target=None, figure=None):
        """Plot the residuals of a backtest.

        Parameters
        ----------
        result : Backtest
            Result of :func:`skseq.model_selection.backtest`.
        series : object, default=None
            Name of the series to draw. By default all series together, in the units of y.
        target : object, default=None
            Name of the target to draw. Required if there are several.
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : ForecastResidualDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If `result` is not the result of a backtest, it has no such series or target,
            there are several targets and none is selected, or no value is observed.
        """
        check_matplotlib(cls.__name__)
        return cls(**read_backtest_residuals(result, series, target)).plot(figure)

    @classmethod
    def from_estimator(cls, estimator, X, y, *, series=None, target=None, figure=None):
        """Plot the residuals of a fitted forecaster for rows of X.

        These are the residuals from one cutoff, the last observation of the forecaster.
        Those of several cutoffs need a backtest: see :meth:`from_backtest`.

        Parameters
        ----------
        estimator : estimator
            A fitted forecaster, alone or in a Pipeline or a search.
        X : array-like of shape (n_timesteps, n_features) or None
            Rows after those of the forecaster's `fit`. If None, the rows are those of y.
        y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
            Observations at these rows.
        series : object, default=None
            Name of the series to draw. By default all series of X together.
        target : str or int, default=None
            Name or number of the target to draw. Required if there are several.
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : ForecastResidualDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator does not contain a forecaster.
        ValueError
            If y does not have one row for each row of X, the forecaster has observed a row
            of X, there is no such series or target, there are several targets and none is
            selected, or no value is observed.
        """
        check_matplotlib(cls.__name__)
        data = read_estimator_residuals(estimator, X, y, series, target)
        return cls(**data).plot(figure)

    def plot(self, figure=None):
        """Draw the display.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : ForecastResidualDisplay
            The display itself.
        """
        figure = self._open_figure(figure, (9, 3.6))
        axes = figure.subplots(1, 2, sharey=True, width_ratios=[2, 3])
        self.axes_ = dict(zip(("horizon", "time"), axes.tolist(), strict=True))
        self.points_, self.lines_, self.bands_ = {}, {}, []
        self._draw_horizon()
        self._draw_time()
        for ax in axes:
            ax.axhline(0, color="0.2", linewidth=0.9, linestyle="--", zorder=1.5)
            ax.grid(alpha=0.25)
            ax.margins(x=0.02)
        name = "" if self.target_name is None else f" of {self.target_name}"
        axes[0].set_ylabel(f"residual{name}")
        if self.series_name is not None:
            figure.suptitle(str(self.series_name))
        handles = [self.points_["horizon"], *self.lines_.values(), *self.bands_]
        self.legend_ = draw_legend(figure, axes[1], handles)
        return self

    def _draw_points(self, panel, where, values):
        size = float(np.clip(60 / np.sqrt(len(values)), 3, 7))
        style = {"color": "0.35", "markersize": size, "alpha": 0.5, "label": "residual"}
        (self.points_[panel],) = self.axes_[panel].plot(
            where, values, ".", markeredgewidth=0, **style
        )

    def _draw_horizon(self):
        ax = self.axes_["horizon"]
        self._draw_points("horizon", self.residuals["step"], self.residuals["residual"])
        by_step = self.residuals.groupby("step")["residual"]
        quantiles = by_step.quantile(list(LEVELS)).unstack()
        is_few = (by_step.size() < MIN_RESIDUALS).to_numpy()
        quantiles[is_few] = np.nan
        for low, high, alpha in ((0, 4, 0.3), (1, 3, 0.5)):
            if is_few.all():
                break
            share = round(100 * (LEVELS[high] - LEVELS[low]))
            edges = (quantiles.iloc[:, low], quantiles.iloc[:, high])
            style = {"color": PALETTE[0], "alpha": alpha, "linewidth": 0}
            label = f"{share}% of residuals"
            band = ax.fill_between(quantiles.index, *edges, label=label, **style)
            self.bands_.append(band)
        means = by_step.mean()
        style = {"color": BLUE, "linewidth": 1.8, "marker": "o", "markersize": 3}
        (self.lines_["horizon"],) = ax.plot(
            means.index, means, label="mean by step", **style
        )
        use_integer_ticks(ax.xaxis)
        ax.set_xlabel("step of the horizon")

    def _draw_time(self):
        ax = self.axes_["time"]
        times = pd.Index(self.residuals["time"])
        dates = to_dates(times)
        self._draw_points("time", dates, self.residuals["residual"])
        frame = pd.DataFrame({"cutoff": self.residuals["cutoff"], "time": dates})
        frame["residual"] = self.residuals["residual"]
        spans = frame.groupby("cutoff")["time"].agg(["min", "max"])
        middles = spans["min"] + (spans["max"] - spans["min"]) / 2
        means = frame.groupby("cutoff")["residual"].mean()
        style = {"color": RED, "linewidth": 1.4, "marker": "s", "markersize": 4}
        (self.lines_["time"],) = ax.plot(middles, means, label="mean by cutoff", **style)
        label_times(ax, times)
