"""What X may be: checked sequences with their lengths, stored flat."""

from skseq.sequences.container import Sequences
from skseq.sequences.reading import InputForm, read_sequences

__all__ = ["InputForm", "Sequences", "read_sequences"]
