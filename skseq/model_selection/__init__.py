"""Splits and backtests of time series, searches, and prediction of long recordings."""

from skseq.model_selection.backtesting import backtest
from skseq.model_selection.long_recordings import predict_long
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
    "predict_long",
]
