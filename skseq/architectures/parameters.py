"""The parameters of architectures, each in exactly one class."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from skseq.architectures.base import POOLINGS, Architecture


@dataclass(kw_only=True, eq=False, repr=False)
class ArchitectureParameters(Architecture):
    """The parameters of all architectures. A user's own architecture derives from it.

    A subclass implements `build(n_features)`.
    """

    hidden_size: int = 64
    num_layers: int = 1
    dropout: float = 0.1
    patch_size: int | str = "auto"
    stem: int = 3
    pooling: str = "mean"

    _parameter_constraints: ClassVar[dict] = {
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
        "num_layers": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "patch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "stem": [Interval(Integral, 0, None, closed="left")],
        "pooling": [StrOptions(set(POOLINGS))],
    }

    _parameter_docs: ClassVar[dict] = {
        "hidden_size": """int, default=64
Size of the hidden state, for each direction.""",
        "num_layers": """int, default=1
Layers on top of each other.""",
        "dropout": """float, default=0.1
Share of values zeroed while training: between layers and on the pooled state.""",
        "patch_size": """int or "auto", default="auto"
Steps that become one token before the network: a long sequence is then read
faster and remembered better. 1 reads every step. `"auto"` takes a power of 2 and
says which in `patch_size_`: with a stem the one that leaves a typical training
sequence about 64 tokens; without, the square root of its steps, rounded up, since
a patch averages the noise of single steps before the network bends it.""",
        "stem": """int, default=3
Convolutions over time in front of the network, which see local shapes. They do
part of the patching by moving in steps of two. 0 has none: the network itself
reads the steps or patches.""",
        "pooling": """{"mean", "last", "max", "attention", "concat"}, default="mean"
How the states of all steps become one: their mean, the last one, the largest
value of each feature, a weighted mean with learned weights; `"concat"` puts the
first three side by side.""",
    }


@dataclass(kw_only=True, eq=False, repr=False)
class RecurrentParameters:
    """What recurrent architectures share."""

    bidirectional: bool = True

    _parameter_constraints: ClassVar[dict] = {"bidirectional": ["boolean"]}

    _parameter_docs: ClassVar[dict] = {
        "bidirectional": """bool, default=True
Whether a second recurrence reads the sequence from its end.""",
    }


@dataclass(kw_only=True, eq=False, repr=False)
class RNNParameters:
    """What only the vanilla RNN has."""

    activation: str = "tanh"

    _parameter_constraints: ClassVar[dict] = {"activation": [StrOptions({"tanh", "relu"})]}

    _parameter_docs: ClassVar[dict] = {
        "activation": """{"tanh", "relu"}, default="tanh"
Nonlinearity of the recurrence.""",
    }


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerParameters:
    """What only the Transformer has."""

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
Heads of attention; `hidden_size` must be a multiple of it.""",
        "dim_feedforward": """int, default=None
Hidden units of the feed-forward part of a block; None takes
`2 * hidden_size`.""",
        "positions": """{"rotary", "sinusoidal"}, default="rotary"
How a step knows its place: queries and keys are turned by it, so that attention
sees distances; or waves are added to the input, which tell the place itself.""",
    }
