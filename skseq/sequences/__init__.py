"""What X may be: checked sequences with their lengths, stored flat."""

from skseq.sequences.container import Sequences
from skseq.sequences.reading import InputForm, read_sequences
from skseq.sequences.writing import find_sequence_columns, write_like

__all__ = [
    "InputForm",
    "Sequences",
    "find_sequence_columns",
    "read_sequences",
    "write_like",
]
