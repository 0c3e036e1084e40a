"""Regression of whole sequences: one or several numbers each."""

from typing import ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array

from skseq.networks import PooledHead
from skseq.sequences import RowTargets, convert_numbers, warn_of_index_order
from skseq.tasks.numbers import NumberTask
from skseq.tasks.pooling import PoolingParameters


class Regression(RegressorMixin, PoolingParameters, NumberTask):
    """The task of regressors."""

    # Targets are noisier than classes, and long training overfits the noise.
    _min_early_stopping: ClassVar[int] = 500
    # One layer detects events of single steps, which a linear patch cannot; large patches
    # then still average the noise.
    _max_averaged_stem: ClassVar[int] = 1
    # Numbers mostly depend on levels, which batch normalization blurs.
    _normalizes_stem: ClassVar[bool] = False

    _parameter_docs: ClassVar[dict] = {
        "stem": """int, default=1
Number of convolutional layers over time before the encoder, which detect local patterns.
With patches, the first layers have stride 2. With 0, the encoder receives the steps or
patches. Unlike in classifiers, the layers have no batch normalization, which would blur
levels.""",
    }

    _example: ClassVar[str] = """
>>> from skseq import {name}
>>> from skseq.datasets import load_seattle_weather
>>> X, y = load_seattle_weather(split="train", return_X_y=True)
>>> model = {name}(max_epochs=2, random_state=0).fit(X, y)
>>> model.predict(X[:3]).shape
(3,)
>>> model.score(X, y) <= 1
True"""

    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one epoch on the given sequences.

        The first call builds the network and measures the scaling of inputs and targets.
        Later calls keep both, and the state of the optimizer. The learning rate is
        constant at `lr`.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence in the loss. Unlike in `fit`, weights keep their scale:
            the learning rate is multiplied by their mean.

        Returns
        -------
        self : object
            The estimator.
        """
        self._partial_fit(X, y, sample_weight)
        return self

    def predict(self, X):
        """Predict the targets of sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences,) or (n_sequences, n_outputs)
            Predictions on the scale of the `y` given to `fit`.
        """
        return self._decide(self._predict_raw(X))

    def score(self, X, y, sample_weight=None):
        """Return R2 of predictions.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs)
            The true targets.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence.

        Returns
        -------
        float
            At most 1; 0 for predicting the mean of y.
        """
        warn_of_index_order(X, y=y, sample_weight=sample_weight)
        y = convert_numbers(y, "y")
        if sample_weight is not None:
            sample_weight = convert_numbers(sample_weight, "sample_weight")
        return super().score(X, y, sample_weight)

    def __sklearn_tags__(self):
        """Declare support for several targets."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _check_targets(self, y):
        """Validate y; return numbers (n,) or (n, n_outputs)."""
        y = check_array(
            y,
            ensure_2d=False,
            dtype=np.float64,
            ensure_min_samples=0,
            input_name="y",
        )
        if y.ndim > 2:
            raise ValueError(
                f"y has shape {y.shape}; expected (n_sequences,) or "
                "(n_sequences, n_outputs)."
            )
        self._check_numbers(y)
        return y

    def _learn_targets(self, y, classes=None):
        """Set shape and scale of the targets."""
        self.multioutput_ = y.ndim == 2
        self._learn_scale(y.reshape(len(y), -1))

    def _encode_targets(self, y):
        """Return standardized targets."""
        return RowTargets(self._scale_targets(y.reshape(len(y), -1)))

    def _make_head(self, encoder, token_steps):
        """Return a linear map of the pooled state."""
        return PooledHead(self._make_pooling(encoder), self.n_outputs_, self.dropout)
