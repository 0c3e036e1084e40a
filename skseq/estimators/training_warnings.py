"""Warnings of sequence estimators."""

from skseq.exceptions import (
    LongerSequencesWarning,
    PaddedStatesWarning,
    SingleClassWarning,
    warn,
)
from skseq.quoting import quote, quote_sequence

# Sequences that are longer than those of fit by more than this factor are unlike them.
MAX_LENGTH_RATIO = 2


def warn_of_only_class(net, only):
    """Warn that all targets have one class, unless it is None; once for a net and its copies."""
    if only is None or getattr(net, "has_warned_", False):
        return
    net.has_warned_ = True
    warn(
        f"all targets of this call of partial_fit have the class {quote(only)}. A "
        "network that is trained on one class after another forgets the earlier ones. "
        "Shuffle the data before you divide them, so that each call has all classes.",
        SingleClassWarning,
    )


def warn_of_padded_states(encoder):
    """Warn if the states of an encoder depend on padding."""
    if encoder.reads_padding():
        warn(
            f"the states of {encoder.name} depend on padding, so the predictions of a "
            "sequence depend on the length of the others. Use lengths, the second "
            "argument of forward, to ignore the steps after the end of a sequence.",
            PaddedStatesWarning,
        )


def warn_of_longer_sequences(sequences, common_length):
    """Warn of sequences that are much longer than those of fit, which had one length.

    `common_length` is that of the sequences in fit, or None if they had several.
    """
    if common_length is None or not len(sequences):
        return
    longest = int(sequences.lengths.argmax())
    n_steps = sequences.lengths[longest]
    if n_steps <= MAX_LENGTH_RATIO * common_length:
        return
    warn(
        f"all sequences in fit had {common_length} steps, but "
        f"{quote_sequence(longest, sequences.ids)} of X has {n_steps}. The network has not "
        "learned from sequences of this length. If fit had windows, pass windows, too: "
        f"Sequences has the methods tail({common_length}) and windows({common_length}).",
        LongerSequencesWarning,
    )
