"""Splits in the order of time, forecasts from many cutoffs of the past, and searches."""

from skseq.model_selection.backtesting import backtest
from skseq.model_selection.pruning import OptunaPruning
from skseq.model_selection.search_space import SearchSpace, default_search_space
from skseq.model_selection.splits import PanelTimeSeriesSplit
from skseq.model_selection.stopping import StopHopeless

__all__ = [
    "OptunaPruning",
    "PanelTimeSeriesSplit",
    "SearchSpace",
    "StopHopeless",
    "backtest",
    "default_search_space",
]
