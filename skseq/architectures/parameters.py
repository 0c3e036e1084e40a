"""Parameters of architectures, each in exactly one class."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from skseq.architectures.base import Architecture


@dataclass(kw_only=True, eq=False, repr=False)
class InputLayerParameters(Architecture):
    """Parameters of the layers before the encoder, and of dropout."""

    hidden_size: int = 64
    dropout: float | str = 0.1
    patch_size: int | str = "auto"
    stem: int | str = 3

    _parameter_constraints: ClassVar[dict] = {
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "patch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "stem": [Interval(Integral, 0, None, closed="left")],
    }

    _parameter_docs: ClassVar[dict] = {
        "hidden_size": """int, default=64
Size of the hidden state of each direction.""",
        "dropout": """float, default=0.1
Dropout probability between layers, on embeddings, and on the input of the head.""",
        "patch_size": """int or "auto", default="auto"
Number of time steps per token, the input of the encoder. Larger patches speed up training
on long sequences and shorten the distances to remember. With 1, each step is a token.
`"auto"` chooses a power of 2, stored in `patch_size_`. If `stem` is at most
<_max_averaged_stem> and X has numeric features, it is the square root of the length of a
typical training sequence, rounded up: a patch averages the noise of single steps.
Otherwise it reduces the sequence to about 64 tokens.""",
        "stem": """int, default=3
Number of convolutional layers over time before the encoder, which detect local patterns.
With patches, the first layers have stride 2. With 0, the encoder receives the steps or
patches.""",
    }


@dataclass(kw_only=True, eq=False, repr=False)
class LayerParameters:
    """The number of layers of an encoder."""

    num_layers: int = 1

    _parameter_constraints: ClassVar[dict] = {
        "num_layers": [Interval(Integral, 1, None, closed="left")],
    }

    _parameter_docs: ClassVar[dict] = {
        "num_layers": """int, default=1
Number of layers of the encoder.""",
    }


class ArchitectureParameters(InputLayerParameters, LayerParameters):
    """Parameters of all architectures of skseq. A custom architecture inherits from it.

    A subclass implements `build(n_features)`.
    """

    def _count_layers(self):
        return max(self.num_layers, super()._count_layers())


@dataclass(kw_only=True, eq=False, repr=False)
class RecurrentParameters:
    """Parameters of recurrent architectures."""

    bidirectional: bool = True

    _parameter_constraints: ClassVar[dict] = {"bidirectional": ["boolean"]}

    _parameter_docs: ClassVar[dict] = {
        "bidirectional": """bool, default=True
Whether a second recurrent layer processes the sequence from its end to its start.""",
    }


@dataclass(kw_only=True, eq=False, repr=False)
class RNNParameters:
    """Parameters of the vanilla RNN."""

    activation: str = "tanh"

    _parameter_constraints: ClassVar[dict] = {"activation": [StrOptions({"tanh", "relu"})]}

    _parameter_docs: ClassVar[dict] = {
        "activation": """{"tanh", "relu"}, default="tanh"
Activation function of the recurrence.""",
    }


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerParameters:
    """Parameters of the Transformer."""

    num_heads: int = 4
    dim_feedforward: int | None = None
    positions: str = "rotary"

    _parameter_constraints: ClassVar[dict] = {
        "num_heads": [Interval(Integral, 1, None, closed="left")],
        "dim_feedforward": [Interval(Integral, 1, None, closed="left"), None],
        "positions": [StrOptions({"rotary", "sinusoidal"})],
    }

    _parameter_docs: ClassVar[dict] = {
        "num_heads": """int, default=4
Number of attention heads. `hidden_size` must be a multiple of it.""",
        "dim_feedforward": """int, default=None
Number of hidden units of the feed-forward network in each block. None means
`2 * hidden_size`.""",
        "positions": """{"rotary", "sinusoidal"}, default="rotary"
Position encoding. `"rotary"` rotates queries and keys, so that attention depends on
distances; `"sinusoidal"` adds sines and cosines of the position to the input.""",
    }


@dataclass(kw_only=True, eq=False, repr=False)
class CustomParameters:
    """Parameters of a user's network."""

    network: Any = None
    network_params: dict | None = None

    _parameter_constraints: ClassVar[dict] = {
        "network": [callable, None],
        "network_params": [dict, None],
    }

    _parameter_docs: ClassVar[dict] = {
        "network": """class or function, default=None
Returns a new :class:`torch.nn.Module` for `network(n_features, **network_params)`. Required
for `fit`. The module maps a batch `(batch, time, n_features)`, padded at the end, to states
`(batch, time, width)`. If its `forward` has a second argument, this is the lengths of the
sequences `(batch,)`, or None if there is no padding. The states of a sequence must not
depend on padding.""",
        "network_params": """dict, default=None
Arguments of `network` by name. In `set_params` and searches, each has the prefix
`network__`, as in `network__width`.""",
    }
