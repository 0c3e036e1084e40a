"""The base class of encoders, and the wrapper of a user's module."""

import copy
import inspect
from abc import ABC, abstractmethod

import torch
from torch import nn

from skseq.networks.dropout import Dropout
from skseq.networks.kernels.padding import ROW_MULTIPLE
from skseq.networks.layers import Layer


class Encoder(nn.Module, ABC):
    """Maps padded sequences to one hidden state for each step.

    A subclass sets `width` and `n_layers`, and implements `is_causal` and `forward`.
    Everything else has a default. States must not depend on padding: the steps after the
    end of a sequence may have any values.

    Attributes
    ----------
    width : int
        Size of a state.
    n_layers : int
        Number of layers that `probe` can add to.
    backward_width : int, default=0
        Number of features, the last ones of a state, that were computed backward in time.
    row_multiple : int, default=16
        Prediction batches are padded to a multiple of this many rows, so that the states
        of a sequence do not depend on the size of its batch. 1 if the encoder needs no
        padding, or pads rows itself.
    has_attention : bool, default=False
        Whether `attention` is implemented.
    has_probes : bool, default=False
        Whether `probe` is implemented.
    """

    width: int
    n_layers: int = 1
    backward_width: int = 0
    row_multiple: int = ROW_MULTIPLE
    has_attention: bool = False
    has_probes: bool = False

    @property
    def name(self):
        """Name of the class, for messages."""
        return type(self).__name__

    @property
    @abstractmethod
    def is_causal(self):
        """Whether no state depends on later steps."""

    @abstractmethod
    def forward(self, x, lengths=None):
        """Return the states of sequences.

        Parameters
        ----------
        x : Tensor of shape (batch, time, n_features)
            Right-padded sequences.
        lengths : Tensor of shape (batch,) or None
            Length of each sequence. None if no step is padding.

        Returns
        -------
        Tensor of shape (batch, time, width)
            The states. Those of padding are arbitrary.
        """

    def forward_last(self, x):
        """Return the state after the whole sequence, (batch, 1, width), without padding.

        Features that are computed backward in time are taken from the first step. Encoders
        can override this method to save time.
        """
        states = self(x)
        if not self.backward_width:
            return states[:, -1:]
        split = self.width - self.backward_width
        return torch.cat([states[:, -1:, :split], states[:, :1, split:]], dim=2)

    def initial_state(self, batch_size):
        """Return the state before the first step, an argument of `step` and `run`."""
        raise TypeError(f"{self.name} cannot run step by step.")

    def reads_padding(self):
        """Return whether states depend on the zeros after the end of a sequence."""
        return False

    def run(self, x, state):
        """Run several steps of a causal encoder from a given state.

        Shapes: x (batch, time, n_features), without padding. Returns states (batch, time,
        width) and the state after the last step.
        """
        states = []
        for x_t in x.unbind(1):
            h_t, state = self.step(x_t, state)
            states.append(h_t)
        return torch.stack(states, dim=1), state

    def step(self, x_t, state):
        """Run one step of a causal encoder; return h_t, as `forward`, and the next state.

        Shapes: x_t (batch, n_features), h_t (batch, width). `state` is what `initial_state`
        or the previous call returned.
        """
        raise TypeError(f"{self.name} cannot run step by step.")

    def make_step(self):
        """Return `step` for prediction. Encoders can override this method to save time."""
        self._check_causal()
        return self.step

    def _check_causal(self):
        """Raise TypeError if states depend on later steps."""
        if not self.is_causal:
            raise TypeError(
                f"{self.name} cannot run step by step, because it is not causal: its "
                "states depend on later steps."
            )

    def probe(self, x, lengths, probes):
        """Return the states of `forward`, with probes added to the states of each layer.

        Probes are (n_layers, batch, time, width). If they are zeros, the gradient of a loss
        with respect to them equals its gradient with respect to the states.
        """
        raise TypeError(f"{self.name} has no method probe.")

    def attention(self, x, lengths=None):
        """Return the attention weights: (batch, n_layers, n_heads, time, time)."""
        raise TypeError(f"{self.name} has no attention.")

    def export(self, graph, steps):
        """Add the encoder to an ONNX graph.

        `graph` is a :class:`skseq.export.Graph`; `steps` and the returned states are
        :class:`skseq.networks.exporting.Steps`.
        """
        raise TypeError(
            f"to_onnx needs an encoder with a method export, but {self.name} has none. "
            "Pass net_.module_ to torch.onnx.export."
        )

    def describe(self, n_steps):
        """Return a list of :class:`Layer` for one sequence of `n_steps` steps.

        By default it is one layer, whose operations are unknown.
        """
        return [Layer("encoder", self.name, (n_steps, self.width), [self], None)]


class ModuleEncoder(Encoder):
    """Wraps a user's module.

    The module is copied. In the copy :class:`torch.nn.Dropout` is replaced, so that its
    masks are drawn from the estimator's random state.

    Parameters
    ----------
    module : torch.nn.Module
        Maps a batch (batch, time, n_features) and its lengths (batch,), or None, to states
        (batch, time, width), which must not depend on padding. Lengths are only passed if
        `forward` has a second argument.
    n_features : int
        Number of features of a step.
    builder : str, default="build"
        Name of the function that returned the module, for messages.
    width : int, default=None
        Size of a state. By default, it is measured on a small batch.

    Raises
    ------
    TypeError
        If the module fails on a small batch, or returns another shape.
    """

    is_causal = False  # unknown

    def __init__(self, module, n_features, builder="build", width=None):
        super().__init__()
        self.module = copy.deepcopy(module)
        _replace_dropout(self.module)
        self.n_features = n_features
        self.takes_lengths = _takes_lengths(self.module)
        self.width = self._measure_width(n_features, builder) if width is None else width

    @property
    def name(self):
        """Name of the module's class."""
        return type(self.module).__name__

    def forward(self, x, lengths=None):
        """Return the states of the module: (batch, time, width)."""
        return self.module(x, lengths) if self.takes_lengths else self.module(x)

    def reads_padding(self):
        """Compare the states of one sequence with and without padding."""
        weight = next(self.parameters(), torch.zeros(1))
        options = {"dtype": weight.dtype, "device": weight.device}
        values = torch.randn(5, self.n_features, generator=torch.Generator().manual_seed(0))
        x = torch.zeros(2, 9, self.n_features, **options)
        x[:, :5] = values.to(**options)
        lengths = torch.tensor([5, 5], device=weight.device)
        was_training = self.training
        self.eval()
        with torch.no_grad():
            alone, padded = self(x[:, :5], lengths), self(x, lengths)[:, :5]
        self.train(was_training)
        return not torch.allclose(alone, padded, rtol=1e-3, atol=1e-4)

    def _measure_width(self, n_features, builder):
        """Run the module on a small batch; return the width of its states."""
        what = f"The module returned by {builder}(n_features={n_features})"
        expected = (
            "Its forward must take a batch (batch, time, n_features) and, optionally, "
            "lengths (batch,) or None, and return states (batch, time, width)."
        )
        was_training = self.module.training
        self.module.eval()
        try:
            with torch.no_grad():
                states = self(torch.zeros(2, 3, n_features), torch.tensor([3, 2]))
        except Exception as error:
            raise TypeError(
                f"{what} failed on a batch of shape (2, 3, {n_features}): {error}. "
                f"{expected}"
            ) from error
        finally:
            self.module.train(was_training)
        shape = tuple(states.shape) if isinstance(states, torch.Tensor) else ()
        if len(shape) != 3 or shape[:2] != (2, 3):
            raise TypeError(
                f"{what} returned shape {shape} for a batch of shape "
                f"(2, 3, {n_features}). {expected}"
            )
        return shape[2]


def _takes_lengths(module):
    """Return whether the forward of a module has a second argument."""
    arguments = inspect.signature(module.forward).parameters.values()
    kinds = [a.kind for a in arguments]
    positional = {
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    }
    n_positional = sum(kind in positional for kind in kinds)
    return n_positional > 1 or inspect.Parameter.VAR_POSITIONAL in kinds


def _replace_dropout(module):
    """Replace the dropout of torch, which draws from the global random state."""
    for name, child in module.named_children():
        if type(child) is nn.Dropout:
            setattr(module, name, Dropout(child.p))
        else:
            _replace_dropout(child)
