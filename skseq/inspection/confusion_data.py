"""Find the errors of a classifier, most confident first, and the feature that shows them."""

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.sequence_groups import measure_groups, read_row_targets
from skseq.quoting import quote


class ConfusedSequence(NamedTuple):
    """A misclassified sequence, and the means of the two classes.

    Attributes
    ----------
    sequence : int
        Index of the sequence in X.
    true, predicted : object
        True and predicted class.
    confidence : float or None
        Probability of the predicted class.
    feature_name : str
        Name of the feature that is drawn.
    values : ndarray of shape (n_timesteps,)
        Values of the feature.
    means, stds : ndarray of shape (2, n_positions)
        Mean and standard deviation of the feature at each step, in the sequences of the
        true and of the predicted class.
    """

    sequence: int
    true: object
    predicted: object
    confidence: float | None
    feature_name: str
    values: np.ndarray
    means: np.ndarray
    stds: np.ndarray


def predict_labels(estimator, X, name):
    """Return predicted labels, and the probability of each, or None without any.

    `name` is that of the display, for error messages.
    """
    check_is_fitted(estimator)
    if not is_classifier(estimator):
        raise TypeError(
            f"{type(estimator).__name__} is not a classifier of sequences, which "
            f"{name} needs. For step classifiers, use StepConfusionDisplay."
        )
    y_pred = np.asarray(estimator.predict(X))
    if y_pred.ndim != 1:
        raise ValueError(
            f"{type(estimator).__name__} predicts {y_pred.shape[1]} labels for each "
            "sequence, but a confusion matrix needs one. Pass one column to "
            "from_predictions."
        )
    if not hasattr(estimator, "predict_proba"):
        return y_pred, None
    columns = np.searchsorted(estimator.classes_, y_pred)
    proba = np.asarray(estimator.predict_proba(X))
    return y_pred, proba[np.arange(len(y_pred)), columns]


def check_labels(y_true, y_pred, confidence, n_sequences):
    """Return labels and confidences as arrays of shape (n_sequences,), or raise."""
    y_true = read_row_targets(y_true, "y_true", n_sequences)
    y_pred = read_row_targets(y_pred, "y_pred", n_sequences)
    if (y_true.dtype.kind == "U") != (y_pred.dtype.kind == "U"):
        raise ValueError(
            f"y_true has labels such as {quote(y_true[0])}, but y_pred has labels such as "
            f"{quote(y_pred[0])}. "
            "Pass labels of the same type."
        )
    labels = np.unique(np.concatenate([y_true, y_pred]))
    if len(labels) < 2:
        raise ValueError(
            f"y_true and y_pred have only the class {quote(labels[0])}: there is "
            "nothing to confuse. Pass sequences of at least two classes."
        )
    if confidence is not None:
        confidence = read_row_targets(confidence, "confidence", n_sequences)
        confidence = confidence.astype(float)
    return y_true, y_pred, confidence, labels


def rank_errors(y_true, y_pred, confidence):
    """Return the indices of misclassified sequences, the most confident first."""
    errors = np.flatnonzero(y_true != y_pred)
    if confidence is None:
        return errors
    return errors[np.argsort(-confidence[errors], kind="stable")]


def make_examples(signals, labels, y_true, y_pred, confidence, n_examples):
    """Return a ConfusedSequence for each of the most confident errors."""
    numbers = np.searchsorted(labels, y_true)
    statistics = measure_groups(signals, numbers, len(labels))
    examples = []
    for i in rank_errors(y_true, y_pred, confidence)[:n_examples].tolist():
        pair = [numbers[i], np.searchsorted(labels, y_pred[i])]
        k = find_separating_feature(statistics, *pair)
        examples.append(
            ConfusedSequence(
                sequence=i,
                true=y_true[i].item(),
                predicted=y_pred[i].item(),
                confidence=None if confidence is None else float(confidence[i]),
                feature_name=signals.names[k],
                values=signals[i][:, k],
                means=statistics.means[pair, :, k],
                stds=statistics.stds[pair, :, k],
            )
        )
    return examples


def find_separating_feature(statistics, true, pred):
    """Return the feature whose means differ most between two groups, in units of spread."""
    difference = np.abs(statistics.means[true] - statistics.means[pred])
    spread = np.sqrt((statistics.stds[true] ** 2 + statistics.stds[pred] ** 2) / 2)
    with warnings.catch_warnings():
        # A class that is predicted but not in y has no mean.
        warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
        difference = np.nanmean(difference, axis=0)  # (n_features,)
        spread = np.nanmean(spread, axis=0)
    ratio = np.nan_to_num(difference / np.where(spread > 0, spread, 1), nan=0.0)
    return int(ratio.argmax())
