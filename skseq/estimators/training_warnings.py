"""Warnings of the training of sequence estimators."""

import pandas as pd

from skseq.exceptions import (
    IndexOrderWarning,
    PaddedStatesWarning,
    SingleClassWarning,
    warn,
)
from skseq.quoting import quote
from skseq.series import find_other_order


def warn_of_index_order(X, sequences, **given):
    """Warn if values that are given with X have its labels in another order.

    The labels are the index of X, or the ids of sequences. It is only a warning, because
    permutation tests change the order of y on purpose.
    """
    if hasattr(X, "iloc"):
        index, source, noun = X.index, "X.index", "row"
    elif sequences.ids is not None:
        index, source, noun = pd.Index(sequences.ids), "X.ids", "sequence"
    else:
        return
    for name, values in given.items():
        row = find_other_order(index, values.index) if hasattr(values, "iloc") else None
        if row is not None:
            warn(
                f"{name} has the labels of {source} in another order, but its values belong "
                f"to {noun}s by position: {noun} {row} is {quote(index[row])} in X and "
                f"{quote(values.index[row])} in {name}. Pass {name}.loc[{source}].",
                IndexOrderWarning,
            )


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
