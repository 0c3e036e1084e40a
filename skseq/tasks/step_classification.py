"""Classification of every step of sequences."""

from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import unique_labels

from skseq.quoting import quote
from skseq.saved import is_classes, require
from skseq.tasks.coding import make_coding
from skseq.tasks.labels import LabelTask, check_class_weight, weigh_classes
from skseq.tasks.steps import StepTask


class StepClassification(StepTask, LabelTask):
    """The task of step classifiers."""

    _predicts_numbers = False

    _parameter_constraints: ClassVar[dict] = {
        "class_weight": [dict, StrOptions({"balanced"}), None]
    }

    _parameter_docs: ClassVar[dict] = {
        "class_weight": """dict, "balanced" or None, default=None
Weight of each class in the loss, multiplied with `sample_weight`. Classes that are missing
in a dict have weight 1. `"balanced"` uses weights inversely proportional to the number of
steps of each class; `partial_fit` does not support it.""",
    }

    _attribute_docs: ClassVar[dict] = {
        "classes_": """ndarray of shape (n_classes,)
The class labels.""",
    }

    _attribute_checks: ClassVar[dict] = {"classes_": is_classes}

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

    @property
    def coding_(self):
        """How labels are encoded, and how logits are decoded."""
        return make_coding(self.classes_, multilabel=False)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one epoch on the given sequences.

        The first call builds the network and measures the scaling of inputs. Later calls
        keep both, and the state of the optimizer. The learning rate is constant at `lr`.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.
        y : list of array-like, or array-like of shape (n_rows,)
            Labels of all steps, as for `fit`.
        classes : array-like of shape (n_classes,), default=None
            All labels that may occur in any call. Required in the first call.
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
            If `classes` is missing in the first call or differs in a later one, if `y` has
            other labels, or if `class_weight="balanced"`.
        """
        classes = self._check_classes(classes)
        return self._partial_fit(X, y, sample_weight, classes)

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
            are steps.
        """
        return self._map_steps(X, lambda logits: self.coding_.decide(logits))

    def predict_proba(self, X):
        """Estimate the probability of each class at every step.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.

        Returns
        -------
        ndarray
            As for `predict`, with a last axis for the classes, in the order of `classes_`:
            for example (n_rows, n_classes) if rows are steps.
        """
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
            As for `predict_proba`. For two classes as for `predict`: one logit, positive
            where the second class is predicted.
        """
        return self._map_steps(X, lambda logits: self.coding_.decision(logits))

    def score(self, X, y, sample_weight=None):
        """Return the accuracy over all labelled steps.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.
        y : list of array-like, or array-like of shape (n_rows,)
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
            If y does not have one label for each step, or labels of another type than in
            `fit`.
        """
        labels, predictions, weights = self._predict_labelled(X, y, sample_weight)
        if isinstance(labels[0], str) != isinstance(self.classes_[0], str):
            raise ValueError(
                f"The labels in y, such as {quote(labels[0])}, cannot be compared with "
                f"{quote(self.classes_.tolist())}, the classes of fit."
            )
        return float(np.average(labels == predictions, weights=weights))

    def _check_targets(self, y):
        return y

    def _learn_targets(self, y, classes=None):
        """Set the classes."""
        if classes is None:
            self.classes_ = np.unique(np.array(y.counted.tolist()))
        else:
            self.classes_ = unique_labels(classes)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs steps of at least 2 classes, but y has only "
                f"one class: {quote(self.classes_[0])}."
            )

    def _check_restored(self):
        super()._check_restored()
        require(len(self.classes_) >= 2, "classes_ has too few classes")

    def _encode_targets(self, y):
        """Return weights and positions of classes for the loss."""
        codes, _ = y.targets.encode(self.classes_)
        return y.encode(codes[:, None])

    def _count_outputs(self):
        return self.coding_.n_outputs

    def _make_loss(self):
        """Return the loss of logits and encoded labels."""
        return self.coding_.make_step_loss()

    def _weigh_targets(self, y):
        """Return the weight of each counted step by its class, or None."""
        if self.class_weight is None:
            return None
        check_class_weight(self.class_weight)
        return weigh_classes(self.class_weight, self.classes_, y.counted)
