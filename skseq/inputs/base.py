"""Base classes of inputs, which convert stored features to the input of a network."""

from abc import ABC, abstractmethod

from skseq.saved import Saved


class Inputs(ABC):
    """Base class of the parameters of inputs of sequences."""

    scale: bool
    missing: str

    @abstractmethod
    def _fit_scaler(self, sequences):
        """Return the :class:`Input` of training sequences."""


class Input(Saved):
    """Fitted conversion of stored features to the input of a network.

    It is applied batch by batch, so no converted copy of the data exists.
    """

    @property
    @abstractmethod
    def n_features(self):
        """Number of features that the network reads."""

    @property
    @abstractmethod
    def allows_missing(self):
        """Whether stored values may be NaN."""

    @abstractmethod
    def transform(self, batch):
        """Convert stored values, an array (batch, time, n_stored_features).

        Returns a float32 tensor (batch, time, n_features).
        """
