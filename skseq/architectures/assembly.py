"""From an architecture's encoder to the whole network."""

import torch
from torch import nn

from skseq.networks import (
    AttentionPooling,
    ConcatPooling,
    ConvolutionalStem,
    Dropout,
    ForecastNetwork,
    LastPooling,
    MaxPooling,
    MeanPooling,
    Patches,
    RecurrentNetwork,
    SequenceNetwork,
    TransformerNetwork,
)

POOLINGS = {
    "mean": MeanPooling,
    "last": LastPooling,
    "max": MaxPooling,
    "attention": AttentionPooling,
    "concat": ConcatPooling,
}


class Assembly:
    """Builds a network around the encoder that a subclass describes."""

    def build(self, n_features):
        """Return the encoder, a `torch.nn.Module`.

        Parameters
        ----------
        n_features : int
            Features of its input.
        """
        raise NotImplementedError(
            f"{type(self).__name__} needs a method build(n_features) that returns a "
            "torch.nn.Module."
        )

    def _check_architecture(self):
        """Raise if parameters do not fit each other."""

    def _assemble(self, n_features, n_outputs, patch_size):
        """Return the network from sequences to one output vector each."""
        front, patches, n_features = self._make_front(n_features, patch_size)
        encoder = self._make_encoder(n_features)
        return SequenceNetwork(
            encoder,
            self._make_pooling(encoder),
            n_outputs,
            stem=front,
            patches=patches,
            dropout=self.dropout,
        )

    def _assemble_forecast(self, n_features, n_known, n_outputs, patch_size, window):
        """Return the network from the past of a window to outputs of future steps."""
        front, patches, n_features = self._make_front(n_features, patch_size)
        encoder = self._make_encoder(n_features)
        return ForecastNetwork(
            encoder,
            self._make_pooling(encoder),
            window.context_length,
            window.horizon,
            n_known=n_known,
            n_outputs=n_outputs,
            segment=min(patch_size, window.horizon),
            stem=front,
            patches=patches,
            dropout=self.dropout,
        )

    def _make_front(self, n_features, patch_size):
        """Return stem and patches (each may be None), and the features behind them."""
        front, patches = None, None
        if self.stem > 0:
            front = ConvolutionalStem(
                n_features, self.hidden_size, self.stem, shrink=patch_size
            )
            n_features = front.width
            # The rest of the way, rounded up: never more tokens than asked for.
            patch_size = -(-patch_size // front.stride)
        if patch_size > 1:
            patches = Patches(n_features, self.hidden_size, patch_size)
            n_features = patches.width
        return front, patches, n_features

    def _make_encoder(self, n_features):
        encoder = self.build(n_features)
        if not isinstance(encoder, (RecurrentNetwork, TransformerNetwork)):
            encoder = _adopt(encoder, n_features)
        return encoder

    def _make_pooling(self, encoder):
        pooling = POOLINGS[self.pooling]
        if pooling in (LastPooling, ConcatPooling):
            return pooling(encoder.width, getattr(encoder, "backward_width", 0))
        return pooling(encoder.width)


def _adopt(module, n_features):
    """Check a user's own encoder on a tiny batch, and measure its width."""
    if not isinstance(module, nn.Module):
        raise TypeError(f"build(n_features) must return a torch.nn.Module, got {module!r}.")
    expected = (
        "its forward must take a batch (batch, time, n_features) and lengths (batch,) "
        "or None, and return states (batch, time, width)"
    )
    was_training = module.training
    try:
        with torch.no_grad():
            states = module.eval()(torch.zeros(2, 3, n_features), torch.tensor([3, 2]))
    except Exception as error:
        raise TypeError(
            f"the module that build(n_features={n_features}) returned failed on a batch "
            f"of shape (2, 3, {n_features}): {error}; {expected}."
        ) from error
    if getattr(states, "ndim", 0) != 3 or states.shape[:2] != (2, 3):
        shape = tuple(getattr(states, "shape", ()))
        raise TypeError(
            f"the module that build(n_features={n_features}) returned gave shape {shape} "
            f"for a batch of shape (2, 3, {n_features}); {expected}."
        )
    _replace_dropout(module)
    module.width = states.shape[2]
    return module.train(was_training)


def _replace_dropout(module):
    """Let dropout draw from the estimator's random state, not from torch's global one."""
    for name, child in module.named_children():
        if type(child) is nn.Dropout:
            setattr(module, name, Dropout(child.p))
        else:
            _replace_dropout(child)
