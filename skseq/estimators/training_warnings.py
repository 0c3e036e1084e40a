"""Warnings of the training of sequence estimators."""

from skseq.exceptions import PaddedStatesWarning, SingleClassWarning, warn
from skseq.quoting import quote


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
