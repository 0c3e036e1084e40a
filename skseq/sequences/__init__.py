"""Reading and flat storage of sequences, and of targets for each step."""

from skseq.sequences.container import Sequences
from skseq.sequences.reading import InputForm, read_sequences
from skseq.sequences.targets import RowTargets, SequenceTargets
from skseq.sequences.validation import (
    LONG_TABLE_HINT,
    SINGLE_SEQUENCE_HINT,
    check_features,
    check_no_text,
    check_no_times,
    check_numeric_columns,
)
from skseq.sequences.writing import find_sequence_columns, write_like

__all__ = [
    "LONG_TABLE_HINT",
    "SINGLE_SEQUENCE_HINT",
    "InputForm",
    "RowTargets",
    "SequenceTargets",
    "Sequences",
    "check_features",
    "check_no_text",
    "check_no_times",
    "check_numeric_columns",
    "find_sequence_columns",
    "read_sequences",
    "write_like",
]
