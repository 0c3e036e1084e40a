"""Data of one recording: its signals, and true and predicted targets of its steps."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.forecast_display import to_dates
from skseq.inspection.validation import (
    check_index,
    name_numeric_features,
    read_any_features,
)
from skseq.metrics.steps import find_unlabelled, read_part, split_sequences
from skseq.metrics.wrappers import list_layers
from skseq.quoting import quote
from skseq.series import read_rows

# Number of names that messages quote.
MAX_NAMED = 5


def check_recording(x, y_true, y_pred, proba, classes, times):
    """Return the arguments of a display as arrays that have one row for each step."""
    y_pred = read_targets(y_pred, "y_pred")
    if not len(y_pred):
        raise ValueError("y_pred is empty: a recording needs at least one step.")
    data = {
        "x": None if x is None else check_signals(x),
        "y_true": None if y_true is None else read_targets(y_true, "y_true"),
        "y_pred": y_pred,
        "proba": None if proba is None else check_probabilities(proba, classes),
        "times": None if times is None else np.asarray(times),
    }
    for name, values in data.items():
        if values is not None and len(values) != len(y_pred):
            raise ValueError(
                f"{name} has {len(values)} steps, but y_pred has {len(y_pred)}."
            )
    return {**data, "classes": classes}


def check_signals(x):
    """Return the signals of one sequence as an array (n_timesteps, n_features)."""
    values = np.asarray(x, dtype=float)
    if values.ndim not in (1, 2):
        raise ValueError(
            "x should have the shape (n_timesteps, n_features) of one sequence, but it has "
            f"the shape {values.shape}."
        )
    return values[:, None] if values.ndim == 1 else values


def check_probabilities(proba, classes):
    """Return probabilities as an array (n_timesteps, n_classes)."""
    values = np.asarray(proba, dtype=float)
    if classes is None or values.shape[1:] != (len(classes),):
        n = "no classes" if classes is None else f"{len(classes)} classes"
        raise ValueError(
            f"proba has the shape {values.shape}, but there are {n}. Pass classes=[...] "
            "with one class for each column."
        )
    return values


def read_targets(y, name):
    """Return the targets of one sequence as an array of shape (n_timesteps,)."""
    values = np.asarray(read_part(y, name))
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            f"{name} should have the shape (n_timesteps,) of one sequence, but it has the "
            f"shape {values.shape}. Pass one sequence and one output."
        )
    return values


def find_labels(values):
    """Return the labels of steps as a list, with None for unlabeled steps."""
    if values is None:
        return []
    gaps = find_unlabelled(values)
    return [None if gap else x for x, gap in zip(values.tolist(), gaps, strict=True)]


def read_recording(estimator, X, y, sequence, output, probabilities):
    """Return the arguments of a display of the predictions for one sequence."""
    inner = find_step_estimator(estimator)
    read = read_rows_of_sequence if inner.rows_are_steps_ else read_sequence
    classes = getattr(inner, "classes_", None)
    if probabilities and classes is None:
        raise ValueError(
            f"probabilities=True, but {type(inner).__name__} predicts numbers. Set it to "
            "False."
        )
    part = read(inner, X, y, sequence)
    y_pred = select_output(part.restore(estimator.predict(part.X)), output)
    proba = part.restore(estimator.predict_proba(part.X)) if probabilities else None
    if getattr(inner, "multilabel_", False):  # the step has the label, or not
        proba = None if proba is None else select_output(proba, output)
        proba = None if proba is None else np.column_stack([1 - proba, proba])
        classes = np.array([0, 1])
    y_true = None if part.y is None else select_output(part.y, output)
    data = check_recording(part.values, y_true, y_pred, proba, classes, part.times)
    return {**data, "feature_names": part.feature_names, "title": part.title}


@dataclass(frozen=True)
class Recording:
    """One sequence of X, with its targets and times."""

    X: object  # what the estimator predicts
    y: np.ndarray | None
    restore: Callable  # from predictions for X to those of the steps in order
    values: np.ndarray | None  # (n_timesteps, n_numeric)
    times: np.ndarray | None
    feature_names: list | None
    title: str


def read_sequence(inner, X, y, sequence):
    """Return a Recording of X with sequences."""
    sequences = read_any_features(X, type(inner).__name__)
    sequence = find_sequence(sequence, sequences)
    y_part = None
    if y is not None:
        parts = split_sequences(y, "y")
        if parts is None or len(parts) != len(sequences):
            n = "no array for each" if parts is None else f"{len(parts)}"
            raise ValueError(f"X has {len(sequences)} sequences, but y has {n}.")
        y_part = parts[sequence]
    return Recording(
        X=_safe_indexing(X, [sequence]),
        y=y_part,
        restore=operator.itemgetter(0),
        times=None,
        title=name_sequence(sequence, sequences),
        **read_signals(sequences[[sequence]]),
    )


def read_rows_of_sequence(inner, X, y, sequence):
    """Return a Recording of X whose rows are steps."""
    rows = read_rows(X, inner.sequence, inner.row_form_, type(inner).__name__)
    sequences = rows.sequences
    sequence = find_sequence(sequence, sequences)
    start = int(sequences.lengths[:sequence].sum())
    steps = rows.order[start : start + int(sequences.lengths[sequence])]
    y_part = None
    if y is not None:
        y = np.asarray(read_part(y, "y"))  # (n_rows,) or (n_rows, n_outputs)
        if len(y) != len(rows.order):
            raise ValueError(f"X has {len(rows.order)} rows, but y has {len(y)}.")
        y_part = y[steps]
    return Recording(
        X=X,  # without the other rows, the sequence could look torn
        y=y_part,
        restore=operator.itemgetter(steps),
        times=read_times(X, steps),
        title=name_sequence(sequence, sequences),
        **read_signals(sequences[[sequence]]),
    )


def find_sequence(sequence, sequences):
    """Return the number of a sequence that is given by its number or its name."""
    if isinstance(sequence, Integral):
        check_index("sequence", sequence, len(sequences))
        return int(sequence)
    names = [] if sequences.ids is None else list(sequences.ids)
    found = [i for i, name in enumerate(names) if sequence in (name, str(name))]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(
            f"sequence={quote(sequence)} is the name of {len(found)} sequences, as of the "
            f"pieces of a torn sequence. Pass the number of one of them: {found[:MAX_NAMED]}."
        )
    if not names:
        raise ValueError(
            f"sequence={quote(sequence)}, but the sequences of X have no names. Pass the "
            "number of a sequence."
        )
    names = list(dict.fromkeys(names))  # the pieces of a torn sequence have the same name
    known = ", ".join(quote(name) for name in names[:MAX_NAMED])
    n_more = len(names) - MAX_NAMED
    known += f" and {n_more} more" if n_more > 0 else ""
    raise ValueError(f"sequence={quote(sequence)}, but the sequences of X are {known}.")


def name_sequence(i, sequences):
    """Return the title of a sequence: its number, and its name if it has one."""
    return f"sequence {i}" + ("" if sequences.ids is None else f" ({sequences.ids[i]})")


def read_times(X, steps):
    """Return the times of rows in the index of X, or None if it has no times."""
    if not hasattr(X, "iloc"):
        return None
    index = X.index.get_level_values(-1)[steps]
    is_time = isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex))
    return to_dates(index) if is_time else None


def read_signals(sequences):
    """Return the numeric features of one sequence and their names."""
    remedy = "For tokens, use render_spans with the predicted labels."
    names = name_numeric_features(sequences, remedy)
    start, length = int(sequences.starts[0]), int(sequences.lengths[0])
    values = sequences.values[start : start + length]
    return {"values": values, "feature_names": names}


def select_output(values, output):
    """Return the targets of one output, of shape (n_timesteps,)."""
    n_outputs = 1 if values.ndim == 1 else values.shape[1]
    if n_outputs > 1 and output is None:
        raise ValueError(
            f"There are {n_outputs} outputs. Choose one of them, such as output=0."
        )
    if output is not None:
        check_index("output", output, n_outputs)
    return values if values.ndim == 1 else values[:, output or 0]


def find_step_estimator(estimator):
    """Return the step estimator inside a Pipeline or a search."""
    layers = list_layers(estimator, "rows_are_steps_")
    for layer in layers:
        check_is_fitted(layer)
    if not hasattr(layers[-1], "rows_are_steps_"):
        raise TypeError(
            f"{type(layers[-1]).__name__} is not a step classifier or step regressor of "
            "skseq. Use StepLabelDisplay.from_predictions."
        )
    return layers[-1]
