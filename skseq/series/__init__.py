"""Reading and flat storage of time series, their time grid, and windows of them."""

from skseq.series.clock import Clock
from skseq.series.panel import Panel
from skseq.series.reading import (
    TableReader,
    build_panel,
    encode_series,
    read_targets,
    split_index,
)
from skseq.series.requests import Request, request_by_position, request_by_time
from skseq.series.splits import held_out_windows, measure_spreads, training_origins
from skseq.series.windows import (
    EncodedWindows,
    WindowCoder,
    find_starts,
    find_usable,
    gather_steps,
    last_observed,
    repeat_season,
)

__all__ = [
    "Clock",
    "EncodedWindows",
    "Panel",
    "Request",
    "TableReader",
    "WindowCoder",
    "build_panel",
    "encode_series",
    "find_starts",
    "find_usable",
    "gather_steps",
    "held_out_windows",
    "last_observed",
    "measure_spreads",
    "read_targets",
    "repeat_season",
    "request_by_position",
    "request_by_time",
    "split_index",
    "training_origins",
]
