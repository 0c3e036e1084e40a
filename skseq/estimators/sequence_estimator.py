"""The template of estimators that make one prediction for each sequence."""

from typing import ClassVar

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils.validation import check_is_fitted

from skseq.augmentation import AugmentationParameters
from skseq.estimators.sequence_base import SequenceEstimatorBase
from skseq.estimators.target_features import warn_of_target_in_features
from skseq.estimators.training_warnings import warn_of_longer_sequences
from skseq.estimators.validation import (
    check_outputs,
    validate_targets,
    validate_weights,
)
from skseq.sequences import RowTargets, warn_of_index_order
from skseq.training.weights import combine_weights


class SequenceEstimator(AugmentationParameters, SequenceEstimatorBase):
    """Fits, predicts and transforms sequences.

    A leaf adds a task, an architecture, inputs, and parameters of training.
    """

    _predicts_steps = False

    # It follows the example of the task, which ends with X, y and a fitted model.
    _example: ClassVar[str] = """
Hidden states as features of other models, the network, and one more epoch:

>>> model.transform(X[:2]).shape[1] == len(model.get_feature_names_out())
True
>>> trace = model.trace(X[:2])
>>> len(trace.states)  # one array (n_tokens, width) for each sequence
2
>>> model.summary(n_timesteps=len(X[0])).index[-1]
'total'
>>> model.loss_ > 0, (model.valid_loss_ or 0) >= 0  # None without early stopping
(True, True)
>>> model.partial_fit(X[:50], y[:50]) is model
True"""

    @with_callbacks
    def fit(self, X, y=None, sample_weight=None, groups=None):
        """Train on sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences: an array `(n_sequences, n_timesteps, n_features)`; numbers of shape
            `(n_sequences, n_timesteps)`; a list of arrays `(n_timesteps_i, n_features)`
            of any lengths; a DataFrame whose cells are arrays; or
            :class:`skseq.Sequences`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence in the loss. Only ratios matter.
        groups : array-like of shape (n_sequences,), default=None
            Early stopping never splits the sequences of a group between training and
            validation.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters, X or y are invalid. The estimator is then unchanged.
        skseq.exceptions.DivergenceError
            If the loss becomes infinite or NaN.
        """
        self._fit(X, y, sample_weight, groups)
        return self

    def transform(self, X):
        """Return the pooled hidden state of each sequence.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences, width)
            The input of the network's head. `width` is `hidden_size`, twice that for
            bidirectional networks, and three times as much with `pooling="concat"`.
        """
        return self._run_network(X, "pool")

    def _read_training(self, X, y, sample_weight, groups, is_new):
        sequences = self._read_new(X) if is_new else self._read(X)
        warn_of_index_order(X, y=y, sample_weight=sample_weight, groups=groups)
        y = validate_targets(self, X, y, sequences)
        if is_new:
            numeric = self._predicts_numbers
            warn_of_target_in_features(sequences, y, numeric=numeric)
        return validate_weights(sequences, y, sample_weight, groups)

    def _make_training_set(self, sequences, y, sample_weight):
        given = {"y": RowTargets(y)}
        if sample_weight is not None:
            given["sample_weight"] = RowTargets(sample_weight)
        targets = self._encode_targets(y)
        weights, mean = combine_weights(sample_weight, self._weigh_targets(y))
        dataset = self._make_dataset(sequences, targets, weights, given)
        dataset.mean_weight = mean
        return dataset

    def _read_dataset(self, X, y=None):
        sequences = self._read(X)
        dataset = self._make_dataset(sequences)
        if y is not None:
            y = validate_targets(self, X, y, sequences)
            dataset.targets = self._encode_targets(y)
        return dataset

    def _predict_raw(self, X):
        """Return the raw outputs of the network for X, in double precision."""
        return self._run_network(X, "forward").astype(np.float64)

    def _run_network(self, X, method):
        """Return outputs or pooled states of the network for X."""
        if not hasattr(self, "net_"):  # faster than check_is_fitted
            check_is_fitted(self)
        sequences = self._read(X)
        warn_of_longer_sequences(sequences, self.common_length_)
        outputs = self.net_.outputs(self._make_dataset(sequences), method)
        check_outputs(outputs, sequences, self.scaler_)
        return outputs
