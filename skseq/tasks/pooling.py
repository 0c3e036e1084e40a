"""The parameter of tasks that predict from one pooled state for each sequence."""

from dataclasses import dataclass
from typing import ClassVar

from sklearn.utils._param_validation import StrOptions

from skseq.networks import (
    AttentionPooling,
    ConcatPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
)

POOLINGS = {
    "mean": MeanPooling,
    "last": LastPooling,
    "max": MaxPooling,
    "attention": AttentionPooling,
    "concat": ConcatPooling,
}


@dataclass(kw_only=True, eq=False, repr=False)
class PoolingParameters:
    """How the hidden states of a sequence are reduced to one."""

    pooling: str = "mean"

    _parameter_constraints: ClassVar[dict] = {"pooling": [StrOptions(set(POOLINGS))]}

    _parameter_docs: ClassVar[dict] = {
        "pooling": """{"mean", "last", "max", "attention", "concat"}, default="mean"
How to reduce the hidden states of all tokens to one vector: the `"mean"`, the `"last"`
state, the `"max"` of each unit, or a mean with learned weights (`"attention"`).
`"concat"` concatenates the first three.""",
    }

    def _make_pooling(self, encoder):
        """Return the pooling of an encoder's states."""
        return POOLINGS[self.pooling](encoder.width, encoder.backward_width)
