"""Reading and flat storage of time series, their time grid, and windows of them."""

from skseq.series.clock import Clock
from skseq.series.columns import set_time_index
from skseq.series.name_columns import lacks_times, warn_of_name_column
from skseq.series.panel import Panel
from skseq.series.positions import (
    count_rows,
    drop_times,
    holds_row_numbers,
    is_default_index,
)
from skseq.series.reading import (
    WINDOWS_HINT,
    TableReader,
    build_panel,
    encode_series,
    read_targets,
    split_index,
)
from skseq.series.requests import (
    Request,
    check_steps,
    request_by_position,
    request_by_time,
)
from skseq.series.row_form import RowForm, count_missing_steps
from skseq.series.rows import StepRows, read_rows
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
    "WINDOWS_HINT",
    "Clock",
    "EncodedWindows",
    "Panel",
    "Request",
    "RowForm",
    "StepRows",
    "TableReader",
    "WindowCoder",
    "build_panel",
    "check_steps",
    "count_missing_steps",
    "count_rows",
    "drop_times",
    "encode_series",
    "find_starts",
    "find_usable",
    "gather_steps",
    "held_out_windows",
    "holds_row_numbers",
    "is_default_index",
    "lacks_times",
    "last_observed",
    "measure_spreads",
    "read_rows",
    "read_targets",
    "repeat_season",
    "request_by_position",
    "request_by_time",
    "set_time_index",
    "split_index",
    "training_origins",
    "warn_of_name_column",
]
