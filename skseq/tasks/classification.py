"""Classification of whole sequences."""

from typing import ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.multiclass import (
    check_classification_targets,
    type_of_target,
    unique_labels,
)

from skseq.networks import PooledHead
from skseq.quoting import quote
from skseq.sequences import convert_numbers, warn_of_index_order
from skseq.tasks.labels import LabelTask, read_labels
from skseq.tasks.pooling import PoolingParameters


class Classification(ClassifierMixin, PoolingParameters, LabelTask):
    """The task of classifiers."""

    _detects_shapes: ClassVar[bool] = True

    _parameter_docs: ClassVar[dict] = {
        "stem": """int, default=3
Number of convolutional layers over time before the encoder, which detect local patterns.
With patches, the first layers have stride 2. With 0, the encoder receives the steps or
patches. If all features are numeric, the first layer has kernels of 5, 9, 19 and 39 steps
(Ismail Fawaz et al., 2020), but of at most a quarter of the median length, and the other
layers are residual. All kernels start with mean zero over time, as in ROCKET (Dempster et
al., 2020), so that they respond to changes first.""",
    }

    _attribute_docs: ClassVar[dict] = {
        "classes_": """ndarray of shape (n_classes,)
The class labels. For multilabel targets the column indices of `y`.""",
        "multilabel_": """bool
Whether a sequence may have several labels.""",
    }

    # The events of a log identify its sequence: networks memorize labels in longer training.
    _target_updates_of_logs: ClassVar[int | None] = 400
    # The label may depend on single events.
    _averages_logs: ClassVar[bool] = False

    _notes: ClassVar[str] = """
If X has both numeric and categorical features, as event logs have, `max_epochs="auto"` aims at
about 400 updates, because longer training memorizes the labels, and `patch_size="auto"` reduces
the sequences to about 64 tokens."""

    _example: ClassVar[str] = """
>>> from skseq import {name}
>>> from skseq.datasets import load_japanese_vowels
>>> X, y = load_japanese_vowels(split="train", return_X_y=True)
>>> model = {name}(max_epochs=5, random_state=0).fit(X, y)
>>> model.predict(X[:2]).shape
(2,)
>>> model.predict_proba(X[:2]).shape
(2, 9)
>>> model.predict_log_proba(X[:2]).shape, model.decision_function(X[:2]).shape
((2, 9), (2, 9))
>>> 0 <= model.score(X, y) <= 1
True"""

    def partial_fit(self, X, y=None, classes=None, sample_weight=None):
        """Train for one epoch on the given sequences.

        The first call builds the network and measures the scaling of inputs. Later calls
        keep both, and the state of the optimizer. The learning rate is constant at `lr`.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_labels)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that may occur in any call. Required in the first call.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence in the loss. Unlike in `fit`, weights keep their scale:
            the learning rate is multiplied by the mean of their product with
            `class_weight`.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If `classes` is missing in the first call or differs in a later one, if `y` has
            other labels, or if `class_weight="balanced"`.
        """
        classes = self._check_classes(classes)
        self._partial_fit(X, y, sample_weight, classes)
        return self

    def predict(self, X):
        """Predict the labels of sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences,) or (n_sequences, n_labels)
            The most likely label. For multilabel targets an indicator matrix.
        """
        logits = self._predict_raw(X)
        return self.coding_.decide(logits)

    def predict_proba(self, X):
        """Estimate the probability of each class.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences, n_classes)
            Columns are in the order of `classes_`. For multilabel targets the
            probability of each label.
        """
        logits = self._predict_raw(X)
        return self.coding_.probabilities(logits)

    def predict_log_proba(self, X):
        """Estimate the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences, n_classes)
            Columns are in the order of `classes_`.
        """
        logits = self._predict_raw(X)
        return self.coding_.log_probabilities(logits)

    def decision_function(self, X):
        """Return the logits of the network.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences,) or (n_sequences, n_classes)
            For two classes one logit, positive where the second class is predicted.
        """
        logits = self._predict_raw(X)
        return self.coding_.decision(logits)

    def score(self, X, y, sample_weight=None):
        """Return the accuracy of predictions; for multilabel targets the subset accuracy.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_labels)
            The true labels.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence.

        Returns
        -------
        float
            Between 0 and 1.
        """
        warn_of_index_order(X, y=y, sample_weight=sample_weight)
        y = read_labels(y, "y")
        if sample_weight is not None:
            sample_weight = convert_numbers(sample_weight, "sample_weight")
        predictions = self.predict(X)
        try:
            return accuracy_score(y, predictions, sample_weight=sample_weight)
        except TypeError:  # labels of different types have no order
            raise ValueError(
                f"The labels in y cannot be compared with {self.classes_.tolist()}, the "
                "classes of fit."
            ) from None

    def __sklearn_tags__(self):
        """Declare support for multilabel targets."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _check_targets(self, y):
        """Validate y; return labels (n,) or an indicator matrix (n, n_labels)."""
        y = check_array(
            read_labels(y, "y"),
            ensure_2d=False,
            dtype=None,
            ensure_min_samples=0,
            input_name="y",
        )
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multilabel-indicator":
            return check_indicators(np.asarray(y))
        if kind == "multiclass-multioutput":
            name = type(self).__name__
            raise ValueError(
                f"y has shape {y.shape}, but {name} needs one label for each sequence: y "
                "has the shape (n_sequences,). To predict a label for each column of y, "
                f"use sklearn.multioutput.MultiOutputClassifier({name}()). To predict a "
                "label for each step, use a step classifier. If a sequence may have several "
                "labels, pass the indicator matrix "
                "sklearn.preprocessing.MultiLabelBinarizer().fit_transform(y)."
            )
        return column_or_1d(y, warn=True)

    def _learn_targets(self, y, classes=None):
        """Set the classes."""
        self.multilabel_ = y.ndim == 2
        if self.multilabel_:
            self.classes_ = np.arange(y.shape[1])
            return
        self.classes_ = unique_labels(y if classes is None else classes)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes, but y has "
                f"only one class: {quote(self.classes_[0])}."
            )

    def _encode_targets(self, y):
        """Return labels encoded for the loss."""
        return self.coding_.encode(y)

    def _make_loss(self):
        """Return the loss of logits and encoded labels."""
        return self.coding_.make_loss()

    def _make_head(self, encoder, token_steps):
        """Return a linear map of the pooled state."""
        pooling = self._make_pooling(encoder)
        return PooledHead(pooling, self.coding_.n_outputs, self.dropout)

    def _weigh_targets(self, y):
        """Return the weight of each sequence by its class, or None."""
        return self._weigh_labels(y)

    def _find_only_class(self, y):
        return self._find_only_label(y)

    def _stratify(self, y):
        """Return the class of each sequence; None for multilabel targets."""
        return None if y.ndim == 2 else y


def check_indicators(y):
    """Return an indicator matrix; raise ValueError if it has other values than 0 and 1.

    Any matrix of two integers is an indicator matrix for scikit-learn.
    """
    is_other = (y != 0) & (y != 1)
    if is_other.any():
        i, k = (int(place) for place in np.argwhere(is_other)[0])
        raise ValueError(
            f"y of shape {y.shape} has {quote(y[i, k])} for label {k} of sequence {i}, but an "
            "indicator matrix has 1 for the labels of a sequence and 0 for the others. Use "
            "sklearn.preprocessing.MultiLabelBinarizer, or "
            "sklearn.multioutput.MultiOutputClassifier to predict a label for each column."
        )
    return y
