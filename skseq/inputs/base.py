"""Base classes of inputs, which convert stored features to the input of a network."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from skseq.saved import Saved


class Inputs(ABC):
    """Base class of the parameters of inputs of sequences."""

    scale: bool
    missing: str
    categorical_features: object

    @abstractmethod
    def _fit_scaler(self, sequences):
        """Return the :class:`Input` of training sequences."""


class Category(NamedTuple):
    """What the embedding of a categorical feature requires.

    `n_rows` is the number of rows of the table of categories and `width` that of its
    columns. `unknown` is the row of unknown categories, by which training replaces others
    with the probabilities `rates`. `n_parts` is the number of parts of a word, and
    `n_buckets` that of the rows of their table; 0 if categories have no parts.
    """

    n_rows: int
    width: int
    unknown: int
    rates: np.ndarray
    n_parts: int = 0
    n_buckets: int = 0


class Input(Saved):
    """Fitted conversion of stored features to the input of a network.

    It is applied batch by batch, so no converted copy of the data exists.
    """

    # The embeddings that the network needs, and the vocabularies of their features.
    categories: tuple = ()
    vocabularies: Sequence = ()

    @property
    @abstractmethod
    def numeric(self):
        """The :class:`InputScaler` of the numeric features, which are the first columns."""

    @property
    def is_text(self):
        """Whether all features are categorical."""
        return self.numeric.n_stored == 0

    @property
    @abstractmethod
    def owners(self):
        """Feature of X to which each column belongs after the embedding: (width,)."""

    @property
    @abstractmethod
    def n_stored(self):
        """Number of features of X."""

    @property
    @abstractmethod
    def coded(self):
        """Positions of the features of X that are integer codes of categories."""

    @property
    @abstractmethod
    def n_features(self):
        """Number of columns of a batch, of which the last ones are ids of categories."""

    @property
    @abstractmethod
    def allows_missing(self):
        """Whether stored values may be NaN."""

    @abstractmethod
    def bind(self, sequences):
        """Return a :class:`BatchInput` that reads the codes of these sequences.

        Raises ValueError if other features are categorical than in training.
        """

    @abstractmethod
    def transform_step(self, x_t, n_sequences):
        """Convert one step of each sequence, an array-like (n_sequences, n_stored).

        The axis of a single sequence or feature may be missing. Returns a float32 tensor
        (n_sequences, n_features), the columns that `bind` makes of the same step. Raises
        ValueError if x_t has another shape, or values that `predict` would reject.
        """

    @abstractmethod
    def export(self, graph):
        """Add the conversion of the inputs of an ONNX model to a graph.

        Returns the inputs, which are a dict of their dtype and shape by name, and the name
        of the tensor (batch, time, n_features).
        """


class BatchInput(ABC):
    """Converts batches of the steps of one data set."""

    @abstractmethod
    def transform(self, values, codes=None):
        """Convert stored steps to a float32 tensor (batch, time, n_features).

        Shapes: values (batch, time, n_numeric), codes (batch, time, n_categorical) or None
        without categorical features.
        """

    @abstractmethod
    def make_baseline(self, values):
        """Return the input (1, 1, n_features) of a step without information.

        It has the given values (n_numeric,), and unknown categories.
        """

    @abstractmethod
    def describe(self, sequences):
        """Return an iterator over arrays that identify the content of sequences."""
