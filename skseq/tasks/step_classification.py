"""Classification of every step of sequences."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from sklearn.utils import ClassifierTags
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import check_is_fitted

from skseq.networks import CRFHead
from skseq.quoting import quote
from skseq.sequences import SequenceTargets
from skseq.tasks.coding import find_label_dtype
from skseq.tasks.crf import UNLABELED, CRFLoss, count_transitions
from skseq.tasks.labels import LabelTask
from skseq.tasks.steps import StepTask


@dataclass(kw_only=True, eq=False, repr=False)
class TransitionParameters:
    """Whether the labels of a sequence are predicted together."""

    transitions: str | None = None

    _parameter_constraints: ClassVar[dict] = {"transitions": [StrOptions({"crf"}), None]}

    _parameter_docs: ClassVar[dict] = {
        "transitions": """"crf" or None, default=None
Whether to learn scores of transitions between the labels of adjacent steps. With None, the
label of each step is predicted separately, from the hidden state of the step. `"crf"` adds
a linear-chain conditional random field (Lafferty et al., 2001): `predict` returns the most
likely sequence of labels, and `predict_proba` the marginal probabilities. If X has no
numeric features, training starts from the frequencies of transitions in y. `"crf"` requires
`patch_size=1`, and supports neither `class_weight`, weights of single steps nor multilabel
targets.""",
    }


class StepClassification(StepTask, TransitionParameters, LabelTask):
    """The task of step classifiers."""

    # scikit-learn passes `classes` only to estimators of the type "classifier".
    _requires_classes = False

    _parameter_docs: ClassVar[dict] = {
        "class_weight": """dict, list of dicts, "balanced" or None, default=None
Weight of each class in the loss, multiplied with `sample_weight`. Classes that are missing
in a dict have weight 1. `"balanced"` uses weights inversely proportional to the number of
steps of each class; `partial_fit` does not support it. Multilabel targets need a list with
one dict for each label.""",
    }

    _attribute_docs: ClassVar[dict] = {
        "classes_": """ndarray of shape (n_classes,)
The class labels. For multilabel targets the column indices of `y`.""",
        "multilabel_": """bool
Whether a step may have several labels.""",
    }

    _example: ClassVar[str] = """
>>> import numpy as np
>>> from skseq import {name}
>>> rng = np.random.default_rng(0)
>>> X = [rng.normal(size=(n, 2)) for n in rng.integers(5, 15, size=60)]
>>> y = [np.where(np.cumsum(x[:, 0]) > 0, "up", "down") for x in X]
>>> model = {name}(max_epochs=2, random_state=0).fit(X, y)
>>> [len(labels) for labels in model.predict(X[:2])] == [len(x) for x in X[:2]]
True
>>> model.predict_proba(X[:2])[0].shape == (len(X[0]), 2)
True
>>> model.predict_log_proba(X[:2])[0].shape == (len(X[0]), 2)
True
>>> model.decision_function(X[:2])[0].shape == (len(X[0]),)
True
>>> 0 <= model.score(X, y) <= 1
True

The rows of a table are steps as well. Here they are one sequence:

>>> rows, labels = np.concatenate(X), np.concatenate(y)
>>> {name}(max_epochs=1, random_state=0).fit(rows, labels).predict(rows[:9]).shape
(9,)
"""

    def partial_fit(self, X, y=None, classes=None, sample_weight=None):
        """Train for one epoch on the given sequences.

        The first call builds the network and measures the scaling of inputs. Later calls
        keep both, and the state of the optimizer. The learning rate is constant at `lr`.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.
        y : list of array-like, or array-like of shape (n_rows,) or (n_rows, n_labels)
            Labels of all steps, as for `fit`.
        classes : array-like of shape (n_classes,), default=None
            All labels that may occur in any call. By default, those of the first call. For
            multilabel targets the column indices of y.
        sample_weight : array-like of shape (n_sequences,) or like y, default=None
            Weights of sequences or of steps. Unlike in `fit`, weights keep their scale: the
            learning rate is multiplied by the mean of their product with `class_weight`.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If `classes` differs in a later call, if `y` has other labels, or if
            `class_weight="balanced"`.
        """
        classes = self._check_classes(classes)
        self._partial_fit(X, y, sample_weight, classes)
        return self

    def predict(self, X):
        """Predict the label of every step.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.

        Returns
        -------
        ndarray
            The most likely labels: an object array with one array (n_timesteps_i,) for each
            sequence; (n_sequences, n_timesteps) if X is such an array; (n_rows,) if rows
            are steps. For multilabel targets, a last axis is added for the labels: the
            result has indicators of 0 and 1.
        """
        return self._map_steps(X, *self._choose_decision())

    def predict_proba(self, X):
        """Estimate the probability of each class at every step.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.

        Returns
        -------
        ndarray
            As for the labels of `predict`, with a last axis for the classes, in the order
            of `classes_`: for example (n_rows, n_classes) if rows are steps. For multilabel
            targets, the probability of each label.
        """
        if self._has_transitions():
            return self._map_steps(X, np.exp, "marginals")
        return self._map_steps(X, lambda logits: self.coding_.probabilities(logits))

    def predict_log_proba(self, X):
        """Estimate the logarithm of the probability of each class at every step.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.

        Returns
        -------
        ndarray
            As for `predict_proba`.
        """
        if self._has_transitions():
            return self._map_steps(X, lambda logs: logs, "marginals")
        return self._map_steps(X, lambda logits: self.coding_.log_probabilities(logits))

    def decision_function(self, X):
        """Return the logits of the network for every step.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.

        Returns
        -------
        ndarray
            As for `predict_proba`. With two classes, there is no last axis: the values are
            positive where the second class is more likely. For multilabel targets, the
            values are positive where a label is predicted. With `transitions="crf"`, the
            values are log probabilities; with two classes, their difference.
        """
        if self._has_transitions():
            return self._map_steps(X, subtract_pair, "marginals")
        return self._map_steps(X, lambda logits: self.coding_.decision(logits))

    def score(self, X, y, sample_weight=None):
        """Return the accuracy over all labeled steps.

        For multilabel targets it is the subset accuracy: a prediction for a step is correct
        if all of its labels are.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.
        y : list of array-like, or array-like of shape (n_rows,) or (n_rows, n_labels)
            The true labels. Steps with None, NaN or "" are left out.
        sample_weight : array-like of shape (n_sequences,) or like y, default=None
            Weights of sequences or of steps.

        Returns
        -------
        float
            Between 0 and 1.

        Raises
        ------
        ValueError
            If y does not have as many labels for each step as in `fit`, or labels of
            another type.
        """
        labels, predictions, weights = self._predict_labelled(
            X, y, sample_weight, *self._choose_decision()
        )
        self._check_width(labels)
        if self.multilabel_:
            is_correct = (labels == predictions).all(axis=1)
            return float(np.average(is_correct, weights=weights))
        if isinstance(labels[0], str) != isinstance(self.classes_[0], str):
            raise ValueError(
                f"The labels in y, such as {quote(labels[0])}, cannot be compared with "
                f"{quote(self.classes_.tolist())}, the classes of fit."
            )
        return float(np.average(labels == predictions, weights=weights))

    def _has_transitions(self):
        """Return whether the fitted network predicts labels together."""
        check_is_fitted(self)
        return self.net_.module_.head.has_transitions

    def _decide(self, outputs):
        if (
            self.net_.module_.head.has_transitions
        ):  # positions of labels, then log probabilities
            return self.classes_[outputs[:, 0].astype(np.intp)]
        return super()._decide(outputs)

    def _find_probabilities(self, outputs):
        if self.net_.module_.head.has_transitions:
            return np.exp(outputs[:, 1:])
        return super()._find_probabilities(outputs)

    def _export_outputs(self, graph, outputs):
        if not self._has_transitions():
            return super()._export_outputs(graph, outputs)
        dtype, n_classes = find_label_dtype(self.classes_), len(self.classes_)
        sizes = graph.integers(1, n_classes)
        position, logs = graph.add("Split", outputs, sizes, n_outputs=2, axis=2)
        position = graph.cast(graph.add("Squeeze", position, graph.integers(2)), "int64")
        labels = graph.constant(self.classes_.tolist(), dtype)
        graph.rename(graph.add("Gather", labels, position), "label")
        graph.rename(graph.add("Exp", logs), "probabilities")
        shape = ["batch", "steps"]
        return {
            "label": (dtype, shape),
            "probabilities": (np.float32, [*shape, n_classes]),
        }

    def _choose_decision(self):
        """Return the arguments of `_map_steps` that make predictions."""
        if self._has_transitions():
            return lambda positions: self.classes_[positions.astype(np.intp)], "decode"
        return lambda logits: self.coding_.decide(logits), "forward"

    def _check_combinations(self):
        super()._check_combinations()
        if self.transitions is None:
            return
        for name, expected in (("class_weight", None), ("patch_size", 1)):
            value = getattr(self, name)
            if value != expected:
                raise ValueError(
                    f"transitions={self.transitions!r} requires {name}={expected}, got "
                    f"{quote(value)}. Use it, or transitions=None."
                )

    def _check_targets(self, y):
        if self.transitions is not None and y.values.ndim == 2:
            raise ValueError(
                f"transitions={self.transitions!r} scores which label follows another, so "
                f"it needs one label for each step, but y has {y.values.shape[1]}. Use "
                "transitions=None, or fit one estimator for each column of y."
            )
        return y

    def _learn_targets(self, y, classes=None):
        """Set the classes."""
        labels = y.counted
        self.multilabel_ = labels.ndim == 2
        if self.multilabel_:
            self.classes_ = np.arange(labels.shape[1])
            if classes is not None and not np.array_equal(classes, self.classes_):
                raise ValueError(
                    f"classes={quote(np.asarray(classes).tolist())}, but y has "
                    f"{labels.shape[1]} labels for each step: then classes are the column "
                    f"indices {self.classes_.tolist()} of y. Omit classes."
                )
            return
        if classes is None:
            self.classes_ = np.unique(np.array(labels.tolist()))
        else:
            self.classes_ = unique_labels(classes)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs steps of at least 2 classes, but y has only "
                f"one class: {quote(self.classes_[0])}."
            )

    def _check_width(self, labels):
        """Raise ValueError if steps have more or fewer labels than in the first fit."""
        n_labels = labels.shape[1] if labels.ndim == 2 else None
        fitted = len(self.classes_) if self.multilabel_ else None
        if n_labels != fitted:
            found, expected = (
                "one label" if n is None else f"an indicator matrix of {n} labels"
                for n in (n_labels, fitted)
            )
            raise ValueError(
                f"y has {found} for each step, but the first fit saw {expected}."
            )

    def _encode_targets(self, y):
        """Return weights and encoded labels for the loss."""
        values = y.targets.values
        self._check_width(values)
        if self.multilabel_:
            return y.encode(values)
        codes, _ = y.targets.encode(self.classes_)
        if self.transitions is None:
            return y.encode(codes[:, None])
        codes = np.where(y.is_counted, codes, UNLABELED)
        return SequenceTargets(codes, y.starts, y.targets.lengths)

    def _weigh_sequences(self, y):
        if self.transitions is None:
            return super()._weigh_sequences(y)
        largest = np.maximum.reduceat(y.weights, y.starts)
        is_other = y.is_counted & (y.weights != np.repeat(largest, y.targets.lengths))
        if is_other.any():
            where = y.targets.locate(int(np.argmax(is_other)))
            raise ValueError(
                f"transitions={self.transitions!r} predicts the labels of a sequence "
                f"together, so all of its steps need the same sample_weight, but {where} "
                "has another one. Use weights of sequences, or transitions=None."
            )
        return largest

    def _count_outputs(self):
        return self.coding_.n_outputs

    def _make_loss(self):
        """Return the loss of logits and encoded labels."""
        return self.coding_.make_step_loss() if self.transitions is None else CRFLoss()

    def _make_head(self, encoder, token_steps):
        """Return a linear map of every state, or a conditional random field."""
        if self.transitions is None:
            return super()._make_head(encoder, token_steps)
        return CRFHead(encoder.width, len(self.classes_), self.dropout)

    def _find_only_class(self, y):
        return self._find_only_label(y.counted)

    def _initialize(self, network, training):
        """Set the scores of transitions from the frequencies of the labels of words.

        Labels of measurements often stay the same for many steps. Training learned slower
        from such frequencies.
        """
        if self.transitions is None or not self._reads_text:
            return
        n_classes = len(self.classes_)
        counts = count_transitions(training.targets, training.weights, n_classes)
        network.head.set_transitions(torch.from_numpy(counts))

    def _weigh_targets(self, y):
        """Return the weight of each counted step by its class, or None."""
        return self._weigh_labels(y.counted)

    def __sklearn_tags__(self):
        """Declare support for multilabel targets."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags = ClassifierTags(multi_label=True)
        return tags


def subtract_pair(logs):
    """Return the log odds of two classes (n,); more classes are returned as they are."""
    return logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs
