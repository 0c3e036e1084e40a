"""Coding of targets: from labels to targets, and from outputs to labels or numbers."""

from abc import ABC, abstractmethod
from numbers import Integral

import numpy as np
import torch
from scipy.special import expit, log_expit, log_softmax

from skseq.quoting import quote
from skseq.sequences import RowTargets
from skseq.tasks.losses import BinaryCrossEntropy, CrossEntropy
from skseq.tasks.step_losses import StepClassLoss, StepLoss


def make_coding(classes, multilabel):
    """Return the coding of sorted class labels.

    With `multilabel`, a sequence or a step may have several.
    """
    if multilabel:
        return MultilabelCoding(classes)
    return BinaryCoding(classes) if len(classes) == 2 else MulticlassCoding(classes)


class Coding(ABC):
    """Base class of codings, which map outputs of a network to predictions.

    `integrated_gradients` uses the methods of this class.
    """

    @abstractmethod
    def select_outputs(self, target, predicted):
        """Return the position of the explained output of each sequence, and a description.

        Parameters
        ----------
        target : object
            The argument of `integrated_gradients`.
        predicted : ndarray of shape (n_sequences, ...)
            Predictions of the estimator.

        Returns
        -------
        columns : ndarray of int of shape (n_sequences,)
            A position for each sequence, for `read_output`.
        labels : ndarray of shape (n_sequences,) or None
            The explained classes.
        explained : str
            Description, in which `{}` is the name of the response.

        Raises
        ------
        ValueError
            If `target` is not one of the outputs.
        """

    @abstractmethod
    def read_output(self, outputs, column, as_probability):
        """Return what is predicted at a position: a differentiable tensor (batch,).

        `outputs` (batch, n_outputs) is what the head returns. Classifiers return the
        probability of a class if `as_probability`, and otherwise its logit.
        """


class LabelCoding(Coding):
    """Encoding of labels as targets of a loss, and decoding of logits.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The class labels, sorted.
    """

    def __init__(self, classes):
        self.classes = classes

    @property
    def n_outputs(self):
        """Number of logits of a sequence."""
        return len(self.classes)

    @abstractmethod
    def make_loss(self):
        """Return the loss of logits and targets."""

    def make_step_loss(self):
        """Return the loss of logits and targets of steps."""
        return StepLoss(self.make_loss())

    @abstractmethod
    def encode(self, y):
        """Return labels as targets, a :class:`skseq.sequences.RowTargets`.

        Raises
        ------
        ValueError
            If the labels are not those of the first fit.
        """

    @abstractmethod
    def decide(self, logits):
        """Return the predicted labels of logits (n_sequences, n_outputs)."""

    @abstractmethod
    def probabilities(self, logits):
        """Return probabilities (n_sequences, n_classes)."""

    @abstractmethod
    def log_probabilities(self, logits):
        """Return logarithms of probabilities (n_sequences, n_classes)."""

    def decision(self, logits):
        """Return the decision function of logits."""
        return logits

    @abstractmethod
    def export(self, graph, logits):
        """Add decision and probabilities to an ONNX graph.

        Returns the names of both, and dtype and shape of the label.
        """


class SingleLabelCoding(LabelCoding):
    """Base class of codings with one label per sequence, or per step."""

    def find_codes(self, y):
        """Return the position of each label in `classes`."""
        if y.ndim == 2:
            raise ValueError(
                f"y has shape {y.shape}, but the first fit saw {len(self.classes)} classes."
            )
        try:
            codes = np.searchsorted(self.classes, y)
            known = self.classes[np.minimum(codes, len(self.classes) - 1)] == y
        except TypeError:  # labels of another type
            known = np.zeros(len(y), dtype=bool)
        if not np.all(known):
            raise ValueError(
                f"y has the label {quote(y[~known][0])}, which is not among the classes "
                f"{self.classes.tolist()}. Pass all labels to the first call of "
                "partial_fit, or fit again with warm_start=False."
            )
        return codes

    def select_outputs(self, target, predicted):
        """Return the class of each sequence; by default the predicted one."""
        labels = predicted if target is None else np.asarray(target)
        if labels.ndim and labels.shape != predicted.shape:
            raise ValueError(
                f"target has shape {labels.shape} for {len(predicted)} sequences: pass one "
                "label for each sequence, or one for all."
            )
        labels = np.broadcast_to(labels, predicted.shape)
        known = np.isin(labels, self.classes)
        if not known.all():
            raise ValueError(
                f"target={quote(labels[~known][0])} is not one of the classes "
                f"{self.classes.tolist()}."
            )
        name = "the predicted class" if target is None else "the class"
        return np.searchsorted(self.classes, labels), labels, f"{{}} of {name}"

    def export(self, graph, logits):
        logits, probabilities = self.export_probabilities(graph, logits)
        place = graph.add("ArgMax", logits, axis=-1, keepdims=0)
        dtype = find_label_dtype(self.classes)
        labels = graph.constant(self.classes.tolist(), dtype)
        return graph.add("Gather", labels, place), probabilities, (dtype, ["batch"])

    @abstractmethod
    def export_probabilities(self, graph, logits):
        """Add logits and probabilities of all classes to an ONNX graph; return both."""


class BinaryCoding(SingleLabelCoding):
    """Two classes, with one logit: it is positive where the second one is predicted."""

    n_outputs = 1

    def make_loss(self):
        return BinaryCrossEntropy()

    def encode(self, y):
        """Return 1 for the second class, else 0: (n_sequences, 1)."""
        return RowTargets(self.find_codes(y).astype(np.float32)[:, None])

    def decide(self, logits):
        return self.classes[(logits[:, 0] > 0).astype(np.intp)]

    def probabilities(self, logits):
        return np.hstack([expit(-logits), expit(logits)])

    def log_probabilities(self, logits):
        return np.hstack([log_expit(-logits), log_expit(logits)])

    def decision(self, logits):
        """Return the logit of each sequence: (n_sequences,)."""
        return logits[:, 0]

    def read_output(self, logits, column, as_probability):
        logit = (2 * column - 1) * logits[:, 0]
        return torch.sigmoid(logit) if as_probability else logit

    def export_probabilities(self, graph, logits):
        logits = graph.add("Concat", graph.add("Neg", logits), logits, axis=-1)
        return logits, graph.add("Sigmoid", logits)


class MulticlassCoding(SingleLabelCoding):
    """Three or more classes, with one logit each."""

    def make_loss(self):
        return CrossEntropy()

    def make_step_loss(self):
        return StepClassLoss(self.make_loss())

    def encode(self, y):
        """Return the position of each label in `classes`: (n_sequences,)."""
        return RowTargets(self.find_codes(y))

    def decide(self, logits):
        return self.classes[logits.argmax(axis=1)]

    def probabilities(self, logits):
        # As scipy.special.softmax, whose checks take most of the time for a single row.
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def log_probabilities(self, logits):
        return log_softmax(logits, axis=1)

    def read_output(self, logits, column, as_probability):
        return (logits.softmax(dim=1) if as_probability else logits)[:, column]

    def export_probabilities(self, graph, logits):
        return logits, graph.add("Softmax", logits, axis=-1)


class MultilabelCoding(LabelCoding):
    """Any number of labels per sequence, or per step, with one logit each."""

    def make_loss(self):
        return BinaryCrossEntropy()

    def encode(self, y):
        """Return the indicator matrix (n_sequences, n_labels)."""
        if y.ndim != 2 or y.shape[1:] != self.classes.shape:
            raise ValueError(
                f"y has shape {y.shape}, but the first fit saw {len(self.classes)} labels."
            )
        return RowTargets(y.astype(np.float32))

    def decide(self, logits):
        return (logits > 0).astype(np.int64)

    def probabilities(self, logits):
        return expit(logits)

    def log_probabilities(self, logits):
        return log_expit(logits)

    def select_outputs(self, target, predicted):
        """Return the index of a label."""
        columns = select_column(target, len(predicted), len(self.classes), "label")
        return columns, None, f"{{}} of label {columns[0]}"

    def read_output(self, logits, column, as_probability):
        logit = logits[:, column]
        return torch.sigmoid(logit) if as_probability else logit

    def export(self, graph, logits):
        is_present = graph.add("Greater", logits, graph.constant(0.0))
        form = np.int64, ["batch", len(self.classes)]
        return graph.cast(is_present, np.int64), graph.add("Sigmoid", logits), form


class NumberCoding(Coding):
    """Standardized numbers.

    Parameters
    ----------
    mean, scale : ndarray of shape (n_outputs,)
        Mean and scale of each target.
    loss : skseq.tasks.losses.RegressionLoss
        Decodes outputs on the scale of the standardized targets.
    """

    def __init__(self, mean, scale, loss):
        self.mean = mean
        self.scale = scale
        self.loss = loss

    def select_outputs(self, target, predicted):
        """Return the index of a target."""
        n_outputs = len(self.mean)
        columns = select_column(target, len(predicted), n_outputs, "target")
        more = "" if n_outputs == 1 else f" of target {columns[0]}"
        return columns, None, f"prediction{more}"

    def read_output(self, outputs, column, as_probability):
        """Return the prediction of a target."""
        return self.loss.decode(outputs)[:, column] * self.scale[column] + self.mean[column]


def select_column(target, n_sequences, n_outputs, kind):
    """Return the index of an output for each sequence; the only output by default."""
    if target is None and n_outputs == 1:
        target = 0
    if not isinstance(target, Integral) or not 0 <= target < n_outputs:
        raise ValueError(
            f"target must be the index, from 0, of one of the {n_outputs} {kind}s. Got "
            f"{quote(target)} instead."
        )
    return np.full(n_sequences, target)


def find_label_dtype(classes):
    """Return the dtype of labels in an ONNX graph."""
    dtypes = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}
    if classes.dtype.kind in dtypes:
        return dtypes[classes.dtype.kind]
    other = [label for label in classes if not isinstance(label, str)]
    if other:
        raise TypeError(
            f"to_onnx supports labels that are numbers or strings, but classes_ contains "
            f"{quote(other[0])} ({type(other[0]).__name__}). Fit on str labels."
        )
    return np.object_  # a string in ONNX
