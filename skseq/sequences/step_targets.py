"""Read y that has one target, or one row of targets, for each step of each sequence."""

from contextlib import suppress
from dataclasses import dataclass, replace
from numbers import Number

import numpy as np
from sklearn.utils import check_consistent_length

from skseq.magnitudes import MAX_VALUE, raise_too_large
from skseq.quoting import quote, quote_sequence
from skseq.sequences.cells import (
    fill_cells,
    get_cells,
    is_frame,
    is_missing,
    is_nested,
    is_series,
)
from skseq.sequences.conversion import convert_container, convert_numbers, to_array
from skseq.sequences.indicators import convert_indicators, ravel_columns, stack_labels
from skseq.sequences.labels import convert_labels, encode_labels, find_labelled, join_labels

# Types of numbers in lists that numpy converts; None becomes NaN.
FAST_TYPES = {int, float, type(None)}


@dataclass
class StepTargets:
    """Targets of all steps, in the order of the steps of the sequences.

    Parameters
    ----------
    values : ndarray of shape (n_steps_total,) or (n_steps_total, n_outputs)
        The targets. Labels are strings (dtype object), int64, float64 or bool; their values
        have no meaning where a step is unlabeled. Several labels for each step are an
        indicator matrix of int64. Numbers are float64, NaN if missing.
    is_labelled : ndarray of bool of shape (n_steps_total,)
        Whether a step has a target: for numbers, a target for each output.
    lengths : ndarray of int of shape (n_sequences,)
        Number of steps of each sequence.
    ids : ndarray of shape (n_sequences,), default=None
        Names of the sequences, for messages.
    rows : ndarray of int of shape (n_steps_total,), default=None
        Row of y of each step, if the rows of y are steps.
    """

    values: np.ndarray
    is_labelled: np.ndarray
    lengths: np.ndarray
    ids: np.ndarray | None = None
    rows: np.ndarray | None = None

    def reorder(self, order, lengths):
        """Return the targets of rows in the order in which the sequences are stored.

        `order` (n_steps_total,) is the row of each stored step, and `lengths` the number of
        steps of each sequence, both as returned by `skseq.series.read_rows`.
        """
        values, is_labelled = self.values[order], self.is_labelled[order]
        return replace(
            self, values=values, is_labelled=is_labelled, lengths=lengths, rows=order
        )

    def encode(self, classes=None):
        """Return the position of each label in the classes, and the classes.

        Parameters
        ----------
        classes : array-like of shape (n_classes,), default=None
            The labels that may occur. By default the sorted labels of the labeled steps.

        Returns
        -------
        codes : ndarray of int64 of shape (n_steps_total,)
            Position of each label in `classes`; -1 for unlabeled steps.
        classes : ndarray of shape (n_classes,)
            The classes.

        Raises
        ------
        ValueError
            If a label is not one of `classes`.
        """
        return encode_labels(self.values, self.is_labelled, classes, self.locate)

    def locate(self, position):
        """Return a phrase for the position of a step, as "sequence 2 ('b'), step 0"."""
        if self.rows is not None:
            return f"row {int(self.rows[position])}"
        ends = np.cumsum(self.lengths)
        i = int(np.searchsorted(ends, position, "right"))
        step = int(position - ends[i] + self.lengths[i])
        return f"{quote_sequence(i, self.ids)}, step {step}"


def read_step_targets(y, lengths, *, numeric=False, ids=None, name="y"):
    """Return the StepTargets of y, which has one array of targets for each sequence.

    Parameters
    ----------
    y : list, tuple, object array or Series of array-like, each (n_timesteps_i,), or array-like
        The targets of each sequence. Arrays and tables of shape (n_sequences, n_timesteps)
        are read as well. Numbers, and labels that are indicators (0 or 1), may have several
        columns: (n_timesteps_i, n_outputs) or (n_sequences, n_timesteps, n_outputs). None,
        NaN, NaT, pd.NA and "" are unlabeled steps; None instead of an array leaves a whole
        sequence unlabeled.
    lengths : ndarray of int of shape (n_sequences,)
        Number of steps of each sequence of X.
    numeric : bool, default=False
        Whether the targets are numbers instead of labels.
    ids : ndarray of shape (n_sequences,), default=None
        Names of the sequences, for messages.
    name : str, default="y"
        Name of the argument, for messages.

    Returns
    -------
    StepTargets
        The targets in the order of the sequences.

    Raises
    ------
    ValueError or TypeError
        If y does not have one target for each step, if labels have different types, if
        several labels for each step are not indicators or partly missing, or if no step is
        labeled.
    """
    lengths = np.asarray(lengths, dtype=np.int64)
    noun = "targets" if numeric else "labels"
    noun = "weights" if name == "sample_weight" else noun
    if y is None:
        raise ValueError(
            f"The estimator requires y to be passed, but the target {name} is None."
        )
    parts = _list_parts(convert_container(y, name), lengths, noun, name)
    if len(parts) != len(lengths):
        raise ValueError(
            f"{name} has {len(parts)} sequences of {noun}, but X has {len(lengths)} "
            f"sequences. Expected one array of {noun} for each sequence of X."
        )
    parts = [_check_part(part, i, ids, noun, name) for i, part in enumerate(parts)]
    _check_lengths(parts, lengths, ids, noun, name)
    targets = StepTargets(np.empty(0), np.empty(0), lengths, ids)
    if numeric:
        values = _join_numbers(parts, lengths, ids, name)
        return _set_numbers(targets, values, name)
    return _set_labels(targets, parts, name)


def read_row_targets(y, n_rows, *, numeric=False, name="y"):
    """Return the StepTargets of y whose rows are steps, as those of X.

    Parameters
    ----------
    y : array-like of shape (n_rows,) or (n_rows, n_outputs)
        The target of each row; None, NaN, NaT, pd.NA and "" are unlabeled. Several columns
        are numbers, or labels that are indicators (0 or 1).
    n_rows : int
        Number of rows of X.
    numeric : bool, default=False
        Whether the targets are numbers instead of labels.
    name : str, default="y"
        Name of the argument, for messages.

    Returns
    -------
    StepTargets
        The targets in the order of the rows, as one sequence.

    Raises
    ------
    ValueError or TypeError
        If y does not have one target for each row, if labels have different types, if
        several labels for each row are not indicators or partly missing, or if no row is
        labeled.
    """
    if y is None:
        raise ValueError(
            f"The estimator requires y to be passed, but the target {name} is None."
        )
    y = convert_container(y, name)
    if is_series(y):
        y = get_cells(y)
    elif is_frame(y):
        y = y.to_numpy()
    elif isinstance(y, (list, tuple)) and not (numeric and any(map(is_nested, y))):
        y = fill_cells(y)
    y = to_array(y, name)
    check_consistent_length(np.empty(n_rows), y)
    rows = np.arange(n_rows)
    targets = StepTargets(np.empty(0), np.empty(0), np.array([n_rows]), rows=rows)
    if y.ndim > 2:
        columns = "n_outputs" if numeric else "n_labels"
        raise ValueError(
            f"Expected {name} of shape (n_rows,) or (n_rows, {columns}), got {y.shape}."
        )
    if numeric:
        return _set_numbers(targets, _to_numbers(y, name), name)
    return _set_labels(targets, [y], name)


def _set_labels(targets, parts, name):
    """Return targets with the labels of each sequence; raise ValueError if there is none."""
    arrays = stack_labels(
        parts, targets.lengths, lambda i: quote_sequence(i, targets.ids), name
    )
    if arrays is None or arrays[0].shape[1] == 1:
        parts = parts if arrays is None else ravel_columns(arrays)
        flat = join_labels(parts, targets.lengths)
        values, is_labelled = convert_labels(flat, targets.locate, name)
    else:
        values, is_labelled = convert_indicators(arrays, targets.locate, name)
    if not is_labelled.any():
        _raise_unlabelled("label", name)
    return replace(targets, values=values, is_labelled=is_labelled)


def _set_numbers(targets, values, name):
    """Return targets with numbers; raise ValueError if all are missing or one is not finite."""
    columns = values.reshape(len(values), -1)
    too_large = np.abs(columns) > MAX_VALUE  # also infinite
    if too_large.any():
        position, output = (int(k) for k in np.argwhere(too_large)[0])
        where = targets.locate(position)
        where += f", output {output}" if values.ndim == 2 else ""
        value = columns[position, output]
        if np.isinf(value):
            raise ValueError(
                f"Input {name} contains infinity: {where} is {value}. Replace it by a "
                "finite number, or by NaN if it is unknown."
            )
        raise_too_large(name, where, value)
    is_labelled = ~np.isnan(columns).any(axis=1)
    if not is_labelled.any():
        _raise_unlabelled("target", name)
    return replace(targets, values=values, is_labelled=is_labelled)


def _raise_unlabelled(noun, name):
    raise ValueError(
        f"{name} has no {noun}: all steps are unlabeled (None, NaN or ''). At least one "
        f"step needs a {noun}."
    )


def _list_parts(y, lengths, noun, name):
    """Return the targets of each sequence as a list of arrays or lists."""
    expected = f"Expected {name} to be a list with one array of {noun} for each sequence"
    if isinstance(y, (str, bytes, dict, set, frozenset)) or not hasattr(y, "__len__"):
        remedy = f" Use list({name}.values())." if isinstance(y, dict) else ""
        got = quote(y) if isinstance(y, (str, bytes)) else type(y)
        raise TypeError(f"{expected}, got {got}.{remedy}")
    if is_frame(y):
        cells = [get_cells(y[column]) for column in y.columns]
        y = cells[0] if len(cells) == 1 else np.column_stack(cells)
    elif is_series(y):
        y = get_cells(y)
    if not isinstance(y, (list, tuple, np.ndarray)):
        y = list(y)  # also Sequences
    scalar = next((item for item in y if not is_missing(item)), None)
    if isinstance(scalar, (Number, np.generic)) and not isinstance(scalar, np.str_):
        raise ValueError(
            f"{expected}, but {name}[0] is {quote(scalar)}: {name} has one value for each "
            f"row. {_suggest_split(len(y), lengths, name)}"
        )
    return list(y)


def _suggest_split(n_values, lengths, name):
    if n_values == lengths.sum() and len(lengths) > 1:
        return (
            f"If it has the {n_values} steps of all sequences one after the other, "
            f"use np.split({name}, np.cumsum(lengths)[:-1]) with the lengths of the "
            "sequences."
        )
    return "To predict one target for each sequence, use a classifier or a regressor."


def _check_part(part, i, ids, noun, name):
    """Return the targets of one sequence as a list, a tuple or an array; None if missing."""
    if type(part) in (list, tuple) or (type(part) is np.ndarray and part.ndim):
        return part
    if is_missing(part):
        return None
    where = f"{name}[{i}]"
    if isinstance(part, (str, bytes)):
        raise TypeError(
            f"{where}, the {noun} of {quote_sequence(i, ids)}, is the string {quote(part)}, "
            f"not a list of {noun}. Use a list with one label for each step, for example "
            f"{name}[{i}].split() or list({name}[{i}]). To predict one label for each "
            "sequence, use a classifier."
        )
    if isinstance(part, (dict, set, frozenset)) or not hasattr(part, "__len__"):
        raise TypeError(
            f"{where}, the {noun} of {quote_sequence(i, ids)}, is of type "
            f"{type(part).__name__}, which is not a list of {noun}. Use a list or an array "
            "with one value for each step."
        )
    part = convert_container(part, where)
    if is_series(part):
        return get_cells(part)
    if is_frame(part):
        return part.to_numpy()
    return part if isinstance(part, (list, tuple)) else to_array(part, where)


def _check_lengths(parts, lengths, ids, noun, name):
    """Raise ValueError if the targets of a sequence are more or less than its steps."""
    pairs = zip(parts, lengths, strict=True)
    found = np.array([n if part is None else len(part) for part, n in pairs], dtype=int)
    wrong = np.flatnonzero(found != lengths)
    if len(wrong):
        i = int(wrong[0])
        others = ""
        if len(wrong) > 1:
            others = f" The lengths differ in {len(wrong)} of {len(lengths)} sequences."
        raise ValueError(
            f"{name}[{i}] has {found[i]} {noun}, but {quote_sequence(i, ids)} of X has "
            f"{lengths[i]} steps. Expected one for each step{_name_gaps(name)}.{others}"
        )


def _name_gaps(name):
    """Return how to mark steps without a value; weights have one for each step."""
    return "" if name == "sample_weight" else "; use None for unlabeled steps"


def _join_numbers(parts, lengths, ids, name):
    """Return the numbers of all sequences, (n_steps_total[, n_outputs])."""
    arrays = [
        None if part is None else _to_numbers(part, f"{name}[{i}]")
        for i, part in enumerate(parts)
    ]
    first = next((i for i, array in enumerate(arrays) if array is not None), None)
    shape = () if first is None else arrays[first].shape[1:]
    if len(shape) > 1:
        raise ValueError(
            f"{name}[{first}] has the shape {arrays[first].shape}. Expected (n_timesteps,) "
            "or (n_timesteps, n_outputs)."
        )
    for i, array in enumerate(arrays):
        if array is None:
            arrays[i] = np.full((lengths[i], *shape), np.nan)
        elif array.shape[1:] != shape:
            raise ValueError(
                f"{name}[{i}], the targets of {quote_sequence(i, ids)}, has the shape "
                f"{array.shape}, but {name}[{first}] has {arrays[first].shape}. All "
                "sequences need the same number of outputs."
            )
    return np.concatenate(arrays) if arrays else np.empty(0)


def _to_numbers(part, name):
    """Return numbers as float64, NaN where they are missing."""
    if isinstance(part, np.ndarray) and part.dtype.kind in "fiub":
        return part.astype(np.float64)
    if isinstance(part, (list, tuple)):
        types = set(map(type, part))
        if types <= FAST_TYPES:
            with suppress(OverflowError):  # a large integer: named below
                return np.array(part, dtype=np.float64)
        if not any(hasattr(cls, "__len__") and not issubclass(cls, str) for cls in types):
            part = fill_cells(part)
    part = to_array(part, name) if len(part) else np.empty(0)
    if part.dtype.kind in "OUT":
        part = part.astype(object)
        part = np.where(find_labelled(part), part, None)
    return convert_numbers(part, name, "Labels are for step classifiers.")
