"""The base class of architectures."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from torch import nn

from skseq.networks import (
    ConvolutionalStem,
    Encoder,
    InputLayers,
    ModuleEncoder,
    Patches,
    StepEmbedding,
    choose_scales,
)

# Number of tokens of a typical sequence with a stem and `patch_size="auto"`. Shorter
# sequences are not divided into patches, because patches would reduce the accuracy.
N_TOKENS = 64


class Architecture(ABC):
    """Describes the network between inputs and head.

    A subclass implements `build`. The parameters below are fields of
    :class:`ArchitectureParameters`.
    """

    hidden_size: int
    dropout: Any
    patch_size: int | str
    stem: Any

    # Parameters with which the encoder is causal; none if it never is.
    _causal_parameters: ClassVar[dict] = {}
    # Whether no state may depend on later steps. A task that forecasts steps sets it.
    _is_causal: ClassVar[bool] = False
    # Whether the stem has kernels of several sizes where all features are numeric. A task
    # that depends on shapes sets it.
    _detects_shapes: ClassVar[bool] = False
    # Whether the stem has batch normalization. A task that depends on levels unsets it.
    _normalizes_stem: ClassVar[bool] = True
    # The number of layers of the stem up to which patches are large enough to average the
    # noise of their steps. A task may override it.
    _max_averaged_stem: ClassVar[int] = 0
    # Whether patches are as large for X with numeric and categorical features, such as event
    # logs. A task may override it.
    _averages_logs: ClassVar[bool] = True
    # The function that returns the encoder, for messages.
    _builder: ClassVar[str] = "build"
    # Size of the states of a module. None if it has to be measured.
    _module_width: int | None = None
    # Whether an estimator whose encoder is a user's module can be saved.
    _saves_modules: ClassVar[bool] = False

    @abstractmethod
    def build(self, n_features):
        """Return the encoder.

        Parameters
        ----------
        n_features : int
            Number of features of its input.

        Returns
        -------
        skseq.networks.Encoder or torch.nn.Module
            Maps a padded batch (batch, time, n_features) and its lengths (batch,), or None
            if no step is padding, to states (batch, time, width). The `forward` of a module
            may also take the batch only. A module is copied, and wrapped in
            :class:`skseq.networks.ModuleEncoder`.
        """

    def _check_architecture(self):
        """Raise ValueError if parameters contradict each other. By default, do nothing."""
        return

    def _count_layers(self):
        """Return a lower bound of the number of layers of the network."""
        return self.stem

    def _choose_patch_size(self, n_steps, *, is_text=False, is_log=False):
        """Return the number of steps of a token.

        Parameters
        ----------
        n_steps : int
            Median length of the training sequences.
        is_text : bool, default=False
            Whether steps are words or other categories, which cannot be averaged.
        is_log : bool, default=False
            Whether steps have numeric and categorical features.
        """
        if self.patch_size != "auto":
            # Layers of the stem have stride 2: the size is rounded up to a multiple.
            size = int(self.patch_size)
            stride = 2 ** min(self.stem, size.bit_length() - 1)
            return -(-size // stride) * stride
        averages = self._averages_logs or not is_log
        if self.stem <= self._max_averaged_stem and averages and not is_text:
            # The square root of the length, rounded up. A patch is linear and averages the
            # noise of its steps, which a recurrence would memorize.
            return int(2 ** np.ceil(np.log2(n_steps) / 2))
        return int(2 ** max(0, round(np.log2(n_steps / N_TOKENS))))

    def _make_input_layers(
        self, n_features, patch_size, n_steps=None, categories=(), *, median_length=None
    ):
        """Return embedding, stem and patches for tokens of `patch_size` steps.

        They read the first `n_steps` steps, or all if it is None. `categories` are the
        parameters of :class:`skseq.networks.StepEmbedding`, if there are any.
        `median_length` is that of the training sequences, if they have several.
        """
        stem, patches, embedding, width = None, None, None, n_features
        if categories:
            embedding = StepEmbedding(n_features, categories, self.dropout)
            width = embedding.width
        if self.stem > 0:
            detects_shapes = self._detects_shapes and not categories
            stem = ConvolutionalStem(
                width,
                self.hidden_size,
                self.stem,
                shrink=patch_size,
                scales=choose_scales(median_length) if detects_shapes else None,
                normalize=self._normalizes_stem,
            )
            width = stem.width
            # What is left for the patches, rounded up.
            patch_size = -(-patch_size // stem.stride)
        if patch_size > 1:
            patches = Patches(width, self.hidden_size, patch_size)
        return InputLayers(n_features, stem, patches, n_steps, embedding)

    def _make_encoder(self, n_features):
        """Return the encoder; a user's module is wrapped."""
        encoder = self.build(n_features)
        if isinstance(encoder, Encoder):
            return encoder
        if not isinstance(encoder, nn.Module):
            raise TypeError(
                f"{self._builder}(n_features) must return a torch.nn.Module, got {encoder!r}."
            )
        return ModuleEncoder(encoder, n_features, self._builder, self._module_width)
