"""What the templates of estimators require of the parameters of training."""

from abc import ABC, abstractmethod
from typing import Any


class Training(ABC):
    """Parameters of the optimizer, as the templates use them."""

    lr: Any
    weight_decay: Any
    max_grad_norm: float | None
    lr_schedule: str
    callbacks: Any
    checkpoint: Any
    device: str
    data_parallel: bool
    precision: str
    random_state: Any
    verbose: int
    # A field of the budget.
    n_iter_no_change: int

    @abstractmethod
    def _check_callbacks(self):
        """Raise if `callbacks` contains other objects than callbacks of skorch."""

    @abstractmethod
    def _check_checkpoint(self):
        """Raise if a fit could not resume from its checkpoint."""


class SequenceBudgetBase(ABC):
    """Budget of estimators of sequences, as their template uses it."""

    validation_fraction: float
    warm_start: bool

    @abstractmethod
    def _choose_batch_size(self, lengths):
        """Return the number of sequences in a batch.

        Parameters
        ----------
        lengths : ndarray of int of shape (n_sequences,)
            Lengths of the training sequences.
        """

    @abstractmethod
    def _choose_epochs(self, n, batch_size, *, is_log=False):
        """Return the number of epochs for n sequences.

        `is_log` says whether they have numeric and categorical features.
        """

    @abstractmethod
    def _choose_floor(self, *, validates):
        """Return the fraction of the first training loss at which training begins to end.

        None if it makes all epochs, or if a validation part decides (`validates`).
        """

    @abstractmethod
    def _stops_early(self, n, is_text):
        """Return whether to hold out a validation part of n sequences.

        `is_text` says whether they have categorical features only.
        """
