"""What X may be: checked sequences with their lengths, stored flat."""

from skseq.sequences.container import Sequences
from skseq.sequences.reading import InputForm, read_sequences
from skseq.sequences.refusals import (
    LONG_TABLE,
    ONE_SEQUENCE,
    refuse_columns,
    refuse_text,
    refuse_times,
)
from skseq.sequences.stacking import compare_features
from skseq.sequences.writing import find_sequence_columns, write_like

__all__ = [
    "LONG_TABLE",
    "ONE_SEQUENCE",
    "InputForm",
    "Sequences",
    "compare_features",
    "find_sequence_columns",
    "read_sequences",
    "refuse_columns",
    "refuse_text",
    "refuse_times",
    "write_like",
]
