"""Classification: label whole sequences."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import check_array, column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import (
    check_classification_targets,
    type_of_target,
    unique_labels,
)

from skseq.tasks.losses import BinaryCrossEntropy, CrossEntropy


@dataclass(kw_only=True, eq=False, repr=False)
class Classification(ClassifierMixin):
    """What makes an estimator a classifier."""

    class_weight: Any = None

    _parameter_constraints: ClassVar[dict] = {
        "class_weight": [dict, list, StrOptions({"balanced"}), None]
    }

    _parameter_docs: ClassVar[dict] = {
        "class_weight": """dict, "balanced" or None, default=None
Weight of each class in the loss; `"balanced"` weighs classes by the inverse of
their frequency.""",
    }

    _attribute_docs: ClassVar[dict] = {
        "classes_": """ndarray of shape (n_classes,)
The class labels; for multilabel targets the numbers of the labels.""",
        "multilabel_": """bool
Whether a sequence may have several labels.""",
    }

    _see_also: ClassVar[dict] = {
        "RNNClassifier": "Label sequences with a vanilla recurrent network.",
        "LSTMClassifier": "Label sequences with a long short-term memory network.",
        "GRUClassifier": "Label sequences with gated recurrent units.",
        "TransformerClassifier": "Label sequences with a Transformer encoder.",
    }

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
((2, 9), (2, 9))"""

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one epoch over the given sequences.

        The first call sets up the network and, from its sequences, the scaling of
        inputs; later calls keep both and the state of the optimiser, and run at the
        constant rate `lr`.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_labels)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur. Needed in the first call.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weight of each sequence in the loss.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If `classes` is missing in the first call or another one later, or `y` has
            other labels.
        """
        known = getattr(self, "classes_", None)
        if known is None and classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: name all "
                "labels that will ever occur."
            )
        if (
            known is not None
            and classes is not None
            and (not np.array_equal(known, unique_labels(classes)))
        ):
            raise ValueError(
                f"classes={list(classes)} differ from those of the first call, "
                f"{known.tolist()}; leave classes out, or start anew from a clone."
            )
        return self._partial_fit(X, y, sample_weight, classes)

    def predict(self, X):
        """Label sequences.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences,) or (n_sequences, n_labels)
            The most likely label; for multilabel targets an indicator matrix.
        """
        logits = self._outputs(X)
        if self.multilabel_:
            return (logits > 0).astype(np.int64)
        if len(self.classes_) == 2:
            return self.classes_[(logits[:, 0] > 0).astype(np.intp)]
        return self.classes_[logits.argmax(axis=1)]

    def predict_proba(self, X):
        """Estimate the probability of each class.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences, n_classes)
            In the order of `classes_`. For multilabel targets the probability of each
            label.
        """
        logits = self._outputs(X)
        if self.multilabel_:
            return expit(logits)
        if len(self.classes_) == 2:
            return np.hstack([expit(-logits), expit(logits)])
        return softmax(logits, axis=1)

    def predict_log_proba(self, X):
        """Estimate the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences, n_classes)
            In the order of `classes_`.
        """
        logits = self._outputs(X)
        if self.multilabel_:
            return log_expit(logits)
        if len(self.classes_) == 2:
            return np.hstack([log_expit(-logits), log_expit(logits)])
        return log_softmax(logits, axis=1)

    def decision_function(self, X):
        """Return the outputs of the network before they become probabilities.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.

        Returns
        -------
        ndarray of shape (n_sequences,) or (n_sequences, n_classes)
            For two classes, positive where the second one is predicted.
        """
        logits = self._outputs(X)
        is_binary = not self.multilabel_ and len(self.classes_) == 2
        return logits[:, 0] if is_binary else logits

    def __sklearn_tags__(self):
        """Say that indicator matrices are fine."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _check_targets(self, y):
        """Return y checked, as labels (n,) or as an indicator matrix (n, n_labels)."""
        y = check_array(
            y, ensure_2d=False, dtype=None, ensure_min_samples=0, input_name="y"
        )
        check_classification_targets(y)
        if type_of_target(y, input_name="y") == "multilabel-indicator":
            return np.asarray(y)
        return column_or_1d(y, warn=True)

    def _learn_targets(self, y, classes=None):
        """Learn which labels there are."""
        self.multilabel_ = y.ndim == 2
        if self.multilabel_:
            self.classes_ = np.arange(y.shape[1])
            return
        self.classes_ = unique_labels(y if classes is None else classes)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes, but y holds "
                f"only one class: {self.classes_[0]!r}."
            )

    def _check_learned_targets(self):
        """Raise if what was read from a file does not fit together."""
        if len(self.classes_) < (1 if self.multilabel_ else 2):
            raise ValueError("there are too few classes_")

    def _encode_targets(self, y):
        """Return targets for the loss."""
        if y.ndim == 2 or self.multilabel_:
            if not self.multilabel_ or y.shape[1:] != self.classes_.shape:
                raise ValueError(
                    f"y has shape {y.shape}, but the first fit saw "
                    f"{len(self.classes_)} {'labels' if self.multilabel_ else 'classes'}."
                )
            return torch.from_numpy(y.astype(np.float32))
        codes = np.searchsorted(self.classes_, y)
        known = self.classes_[np.minimum(codes, len(self.classes_) - 1)] == y
        if not np.all(known):
            raise ValueError(
                f"y has the label {y[~known][0]!r}, which is not among the classes "
                f"{self.classes_.tolist()}; name all labels in the first call of "
                "partial_fit, or fit anew with warm_start=False."
            )
        if len(self.classes_) == 2:
            return torch.from_numpy(codes.astype(np.float32)[:, None])
        return torch.from_numpy(codes)

    def _export_outputs(self, graph, logits):
        """Add decisions and probabilities to an ONNX graph; return what it gives."""
        n = len(self.classes_)
        if self.multilabel_:
            probabilities = graph.add("Sigmoid", logits)
            label = graph.add("Greater", logits, graph.constant(0.0))
            graph.rename(graph.cast(label, np.int64), "label")
            label_form = np.int64, ["batch", n]
        else:
            if n == 2:  # as two logits, so that all that follows is alike
                logits = graph.add("Concat", graph.add("Neg", logits), logits, axis=1)
                probabilities = graph.add("Sigmoid", logits)
            else:
                probabilities = graph.add("Softmax", logits, axis=1)
            place = graph.add("ArgMax", logits, axis=1, keepdims=0)
            kind = self._find_label_kind()
            names = graph.constant(self.classes_.tolist(), kind)
            graph.rename(graph.add("Gather", names, place), "label")
            label_form = kind, ["batch"]
        graph.rename(probabilities, "probabilities")
        return {"label": label_form, "probabilities": (np.float32, ["batch", n])}

    def _find_label_kind(self):
        """Return the type that labels have in an ONNX graph."""
        if self.classes_.dtype.kind == "b":
            return np.bool_
        if self.classes_.dtype.kind in "iu":
            return np.int64
        if self.classes_.dtype.kind == "f":
            return np.float64
        other = [label for label in self.classes_ if not isinstance(label, str)]
        if other:
            raise TypeError(
                f"to_onnx takes labels that are numbers or strings, but classes_ holds "
                f"{other[0]!r} ({type(other[0]).__name__}); fit on str labels."
            )
        return np.object_  # what onnx calls a string

    def _make_criterion(self):
        if self.multilabel_ or len(self.classes_) == 2:
            return BinaryCrossEntropy()
        return CrossEntropy()

    def _count_outputs(self):
        """Return the size of the network's output."""
        is_binary = not self.multilabel_ and len(self.classes_) == 2
        return 1 if is_binary else len(self.classes_)

    def _weigh_targets(self, y):
        """Return the weight of each sequence by its class, or None."""
        if self.class_weight is None:
            return None
        return compute_sample_weight(self.class_weight, y)

    def _strata(self, y):
        return None if y.ndim == 2 else y
