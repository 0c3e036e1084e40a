"""What the tasks that predict labels share: class weights, and labels of `partial_fit`."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import unique_labels

from skseq.quoting import quote
from skseq.saved import is_classes, is_flag, require
from skseq.sequences import (
    check_no_fields,
    convert_container,
    is_frame,
    is_series,
    read_array,
)
from skseq.tasks.base import SequenceTask
from skseq.tasks.coding import make_coding

# Fewer targets often have the same class by chance.
MIN_LABELS = 8


@dataclass(kw_only=True, eq=False, repr=False)
class ClassWeightParameters:
    """The weights of classes in the loss."""

    class_weight: Any = None

    _parameter_constraints: ClassVar[dict] = {
        "class_weight": [dict, list, StrOptions({"balanced"}), None]
    }

    _parameter_docs: ClassVar[dict] = {
        "class_weight": """dict, list of dicts, "balanced" or None, default=None
Weight of each class in the loss, multiplied with `sample_weight`. Classes that are missing
in a dict have weight 1. `"balanced"` uses weights inversely proportional to class
frequencies; `partial_fit` does not support it. Multilabel targets need a list with one dict
for each label.""",
    }


class LabelTask(ClassWeightParameters, SequenceTask):
    """A task that predicts labels."""

    classes_: np.ndarray
    # Whether targets are an indicator matrix; then `classes_` are its columns.
    multilabel_: bool
    _predicts_numbers = False
    _has_probabilities = True
    # The loss of held-out texts rises long before their accuracy stops to improve, because
    # networks become too sure of labels that depend on rare words. A fit that stops then
    # ends before the learning rate has fallen. A regressor's score is its loss.
    _stops_early_on_text: ClassVar[bool] = False

    # Whether the first call of `partial_fit` must pass `classes`.
    _requires_classes: ClassVar[bool] = True

    _attribute_checks: ClassVar[dict] = {"classes_": is_classes, "multilabel_": is_flag}

    @property
    def coding_(self):
        """How labels are encoded, and how logits are decoded."""
        return make_coding(self.classes_, self.multilabel_)

    def _check_restored(self):
        super()._check_restored()
        valid = len(self.classes_) >= (1 if self.multilabel_ else 2)
        require(valid, "classes_ has too few classes")

    def _find_only_label(self, labels):
        """Return the label that all targets have, or None; None for multilabel targets."""
        if labels.ndim == 2:
            return None
        is_single = len(labels) >= MIN_LABELS and (labels == labels[0]).all()
        return labels[0] if is_single else None

    def _check_classes(self, classes):
        """Return the labels that `partial_fit` got, or None.

        Raises ValueError if they are missing in the first call or differ in a later one.
        """
        if self.class_weight == "balanced" or (
            isinstance(self.class_weight, list) and "balanced" in self.class_weight
        ):
            raise ValueError(
                "class_weight='balanced' is not supported by partial_fit, because one call "
                "does not have the frequencies of all data. Pass a dict of weights, from "
                "sklearn.utils.class_weight.compute_class_weight('balanced', "
                "classes=classes, y=y) on a sample of all data."
            )
        classes = None if classes is None else read_classes(classes)
        known = getattr(self, "classes_", None)
        if known is None and classes is None and self._requires_classes:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: all labels that "
                "may occur in any call."
            )
        if (
            known is not None
            and classes is not None
            and (not np.array_equal(known, unique_labels(classes)))
        ):
            raise ValueError(
                f"classes={quote(list(classes))} differ from those of the first call, "
                f"{known.tolist()}. Omit classes, or start from a clone."
            )
        return classes

    def _weigh_labels(self, labels):
        """Return the weight of each row of labels by `class_weight`, or None.

        `labels` are (n,), or an indicator matrix (n, n_labels).
        """
        given = self.class_weight
        if given is None:
            return None
        check_class_weight(given)
        if isinstance(given, list) and labels.ndim == 1:
            raise ValueError(
                "class_weight is a list of dicts, which multilabel targets need, but y is "
                "not an indicator matrix. Use one dict from labels to weights."
            )
        # Some classes may be missing from the labels.
        if isinstance(given, dict) and labels.ndim == 1:
            return weigh_classes(given, self.classes_, labels)
        if isinstance(given, list) and labels.ndim == 2 and len(given) == labels.shape[1]:
            pairs = zip(given, labels.T, strict=True)
            return np.prod([weigh_classes(w, np.arange(2), k) for w, k in pairs], axis=0)
        return compute_sample_weight(given, labels)

    def _decide(self, outputs):
        return self.coding_.decide(outputs)

    def _find_probabilities(self, outputs):
        return self.coding_.probabilities(outputs)

    def _export_outputs(self, graph, logits):
        """Add labels and probabilities to an ONNX graph."""
        label, probabilities, label_form = self.coding_.export(graph, logits)
        graph.rename(label, "label")
        graph.rename(probabilities, "probabilities")
        shape = ["batch", len(self.classes_)]
        return {"label": label_form, "probabilities": (np.float32, shape)}


def check_class_weight(class_weight):
    """Raise ValueError if weights of classes are negative, infinite or not numbers."""
    tables = class_weight if isinstance(class_weight, list) else [class_weight]
    pairs = [pair for table in tables if isinstance(table, dict) for pair in table.items()]
    for label, weight in pairs:
        if not isinstance(weight, Real) or not 0 <= weight < math.inf:
            raise ValueError(
                f"class_weight has the weight {quote(weight)} for class {quote(label)}. "
                "Weights must be finite numbers of at least 0."
            )


def weigh_classes(class_weight, classes, y):
    """Return the weight of each label in y, for a dict from classes to weights.

    Classes without a weight have 1. Raises ValueError if a weight has no class.
    """
    if not isinstance(class_weight, dict):  # "balanced"
        return compute_sample_weight(class_weight, y)
    weights = compute_class_weight(class_weight, classes=classes, y=y)
    return weights[np.searchsorted(classes, y)]


def read_labels(labels, name):
    """Return labels in any container as an array, a DataFrame or a Series."""
    labels = convert_container(labels, name)
    if is_frame(labels) or is_series(labels):
        return labels  # scikit-learn reads nullable types of pandas
    labels = read_array(labels, name)
    check_no_fields(labels, name)
    return labels


def read_classes(classes):
    """Return all labels that may occur; raise ValueError if they have no order."""
    classes = read_labels(classes, "classes")
    try:
        np.unique(classes)
    except TypeError:
        raise ValueError(
            f"classes={quote(list(classes))} are neither numbers nor strings. Pass "
            "labels of one of these types."
        ) from None
    return classes
