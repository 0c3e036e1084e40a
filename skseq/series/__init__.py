"""What a forecaster may be given: series with their times, stored flat."""

from skseq.series.clock import Clock
from skseq.series.panel import Panel
from skseq.series.reading import TableReader, build_panel, read_targets, split_index
from skseq.series.requests import Request, count_rows, find_rows
from skseq.series.splits import held_out_windows, measure_spreads, training_origins
from skseq.series.windows import (
    CodedWindows,
    WindowCoder,
    gather_steps,
    last_observed,
    repeat_season,
)

__all__ = [
    "Clock",
    "CodedWindows",
    "Panel",
    "Request",
    "TableReader",
    "WindowCoder",
    "build_panel",
    "count_rows",
    "find_rows",
    "gather_steps",
    "held_out_windows",
    "last_observed",
    "measure_spreads",
    "read_targets",
    "repeat_season",
    "split_index",
    "training_origins",
]
