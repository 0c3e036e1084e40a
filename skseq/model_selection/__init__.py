"""Splits in the order of time, and forecasts from many cutoffs of the past."""

from skseq.model_selection.backtesting import backtest
from skseq.model_selection.splits import PanelTimeSeriesSplit

__all__ = ["PanelTimeSeriesSplit", "backtest"]
