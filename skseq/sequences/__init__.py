"""Reading and flat storage of sequences, and of targets for each step."""

from skseq.sequences.alignment import find_other_order, warn_of_index_order
from skseq.sequences.categorical_reading import add_named, read_texts
from skseq.sequences.cells import (
    fill_cells,
    first_present,
    get_cells,
    is_frame,
    is_missing,
    is_nested,
    is_series,
)
from skseq.sequences.container import Sequences
from skseq.sequences.conversion import (
    convert_container,
    convert_numbers,
    read_array,
    to_array,
)
from skseq.sequences.copies import count_changes, have_same_labels, have_same_numbers
from skseq.sequences.features import is_categorical
from skseq.sequences.frames import (
    as_list,
    check_columns_exist,
    encode_column,
    number_sequences,
    read_features,
)
from skseq.sequences.reading import InputForm, read_sequences, read_table
from skseq.sequences.step_targets import StepTargets, read_row_targets, read_step_targets
from skseq.sequences.targets import RowTargets, SequenceTargets
from skseq.sequences.text import TOKEN_PATTERN, list_texts
from skseq.sequences.validation import (
    LONG_TABLE_HINT,
    SINGLE_SEQUENCE_HINT,
    check_all_numeric,
    check_columns,
    check_features,
    check_finite,
    check_no_fields,
    check_no_text,
    check_no_times,
    check_objects,
    check_unique_names,
    is_number,
    read_numbers,
    warn_if_characters,
    warn_if_padded,
)
from skseq.sequences.windows import cover_windows, divide_evenly
from skseq.sequences.writing import find_sequence_columns, write_like

__all__ = [
    "LONG_TABLE_HINT",
    "SINGLE_SEQUENCE_HINT",
    "TOKEN_PATTERN",
    "InputForm",
    "RowTargets",
    "SequenceTargets",
    "Sequences",
    "StepTargets",
    "add_named",
    "as_list",
    "check_all_numeric",
    "check_columns",
    "check_columns_exist",
    "check_features",
    "check_finite",
    "check_no_fields",
    "check_no_text",
    "check_no_times",
    "check_objects",
    "check_unique_names",
    "convert_container",
    "convert_numbers",
    "count_changes",
    "cover_windows",
    "divide_evenly",
    "encode_column",
    "fill_cells",
    "find_other_order",
    "find_sequence_columns",
    "first_present",
    "get_cells",
    "have_same_labels",
    "have_same_numbers",
    "is_categorical",
    "is_frame",
    "is_missing",
    "is_nested",
    "is_number",
    "is_series",
    "list_texts",
    "number_sequences",
    "read_array",
    "read_features",
    "read_numbers",
    "read_row_targets",
    "read_sequences",
    "read_step_targets",
    "read_table",
    "read_texts",
    "to_array",
    "warn_if_characters",
    "warn_if_padded",
    "warn_of_index_order",
    "write_like",
]
