"""Splits and backtests of time series, search spaces, and early stopping of searches."""

from skseq.model_selection.backtesting import backtest
from skseq.model_selection.median_stopping import MedianStopping
from skseq.model_selection.pruning import OptunaPruning
from skseq.model_selection.search_space import SearchSpace, default_search_space
from skseq.model_selection.splits import PanelTimeSeriesSplit

__all__ = [
    "MedianStopping",
    "OptunaPruning",
    "PanelTimeSeriesSplit",
    "SearchSpace",
    "backtest",
    "default_search_space",
]
