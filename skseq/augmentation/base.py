"""The base class of augmentations, and what they know about a batch."""

from abc import abstractmethod
from dataclasses import dataclass

from sklearn.base import BaseEstimator

from skseq.saved import Saved


@dataclass(frozen=True)
class Layout:
    """The columns of a batch, and its targets.

    Attributes
    ----------
    n_numeric : int
        Number of numeric features, which are the first columns.
    has_indicators : bool
        Whether as many columns follow that are 1 where a value is missing, and else 0. The
        missing values are 0.
    n_ids : int
        Number of the last columns, which are ids of categories.
    predicts_numbers : bool
        Whether targets are numbers, not labels.
    predicts_steps : bool
        Whether each step has a target, not each sequence.
    """

    n_numeric: int
    has_indicators: bool = False
    n_ids: int = 0
    predicts_numbers: bool = False
    predicts_steps: bool = False

    def split(self, x):
        """Return the numeric columns of x (batch, time, columns), and the others."""
        return x[:, :, : self.n_numeric], x[:, :, self.n_numeric :]

    def find_missing(self, x):
        """Return whether numeric values are missing: (batch, time, n_numeric), or None."""
        if not self.has_indicators:
            return None
        return x[:, :, self.n_numeric : 2 * self.n_numeric] > 0


class Augmentation(BaseEstimator, Saved):
    """Changes the sequences of a batch at random.

    Subclasses have parameters of scikit-learn's kind, and `_parameter_constraints`.
    """

    _parameter_constraints: dict = {}

    def _check_layout(self, layout, owner):
        """Raise ValueError if it cannot change batches of a layout.

        `owner` is the name of the estimator. By default, a numeric feature is required.
        """
        if not layout.n_numeric:
            raise ValueError(
                f"augmentation={self!r} changes numeric features, but X has categorical "
                f"features only. Use {owner}(augmentation=None), or Crop()."
            )

    @abstractmethod
    def _augment(self, batch, layout, generator):
        """Return a changed copy of a batch; the tensors of the batch stay the same.

        The padding of the result may have any values. All random numbers are those of the
        generator, and nothing waits for the device.
        """

    def to_state(self):
        """Return the parameters, for the files that `save` of an estimator writes.

        Returns
        -------
        dict
            Values by name.
        """
        return self.get_params(deep=False)

    @classmethod
    def from_state(cls, **state):
        """Create the object from the parameters in a file.

        Parameters
        ----------
        **state : dict
            Values by name.

        Returns
        -------
        Augmentation
            The object.

        Raises
        ------
        ValueError
            If a value is invalid.
        """
        made = cls(**state)
        made._validate_params()
        return made
