"""From arrays and frames of users to aligned arrays of steps."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_sample_weight

from skseq.quoting import quote

MULTIOUTPUT = [StrOptions({"raw_values", "uniform_average"}), "array-like"]


@dataclass(frozen=True)
class Steps:
    """What was observed, what was forecast, and how much each step counts."""

    truth: np.ndarray  # (steps, targets)
    # (steps, targets), (steps, targets, parts) or (samples, steps, targets)
    forecast: np.ndarray
    weights: np.ndarray  # (steps, targets): 0 where the truth is missing
    codes: np.ndarray  # (steps,): which series a step belongs to
    series: list  # names of the series; [None] if there is one without a name
    targets: list | None  # names of the targets; None if they have none
    multioutput: object  # as in scikit-learn's metrics

    def mean_by_series(self, values):
        """Average values of steps for each series; NaN where none counts.

        (steps, targets) -> (series, targets)
        """
        totals = np.zeros((2, len(self.series), self.truth.shape[1]))
        counted = np.where(self.weights > 0, values, 0.0)
        np.add.at(totals[0], self.codes, self.weights * counted)
        np.add.at(totals[1], self.codes, self.weights)
        with np.errstate(invalid="ignore"):
            return totals[0] / totals[1]

    def sum(self, values):
        """Add values up over the steps of all series: (steps, targets) -> (targets,)."""
        return (self.weights * np.where(self.weights > 0, values, 0.0)).sum(axis=0)

    def mean(self, values):
        """Average values over the steps of all series: (steps, targets) -> (targets,)."""
        return self.sum(values) / self.weights.sum(axis=0)

    def average_series(self, values):
        """Average over the series that have a value, then over the targets."""
        return self.average_targets(np.nanmean(values, axis=0))

    def average_targets(self, values):
        """Average over the targets as `multioutput` says: (targets,) -> float or as it is."""
        if isinstance(self.multioutput, str):
            if self.multioutput == "raw_values":
                return values
            return float(values.mean())
        weights = np.asarray(self.multioutput, dtype=float)
        if weights.shape != values.shape:
            raise ValueError(
                f"multioutput has {weights.size} weights for {values.size} targets: give "
                "one for each."
            )
        return float(np.average(values, weights=weights))


def read_points(y_true, y_pred, sample_weight, multioutput):
    """Read observed values and point forecasts of the same shape."""
    truth, index, names = read_table(y_true, "y_true")
    forecast, other_index, other_names = read_table(y_pred, "y_pred")
    check_consistent_length(truth, forecast)
    if truth.shape != forecast.shape:
        raise ValueError(
            f"y_true has {truth.shape[1]} targets, but y_pred has {forecast.shape[1]}."
        )
    if names and other_names and names != other_names:
        order = order_like(names, other_names, "y_pred")
        forecast = forecast[:, order]
    forecast, index = align(forecast, index, other_index, "y_pred")
    return assemble(truth, forecast, "y_pred", index, names, sample_weight, multioutput)


def read_parts(y_true, y_other, name, parts, sample_weight, multioutput):
    """Read observed values and several forecasts of each: quantiles, or two bounds.

    `parts` are the labels that the last axis, or a frame's columns, should have.
    """
    truth, index, names = read_table(y_true, "y_true")
    if isinstance(y_other, pd.DataFrame):
        other_index = y_other.index
        y_other = spread(y_other, name, parts, names, truth.shape[1])
    else:
        other_index = None
    values = check_numbers(y_other, name)
    check_consistent_length(truth, values)
    expected = (*truth.shape, len(parts))
    if values.ndim == 2 and truth.shape[1] == 1:
        values = values[:, None]  # (steps, 1, parts)
    if values.shape != expected:
        shape = "" if truth.shape[1] > 1 else f", or ({expected[0]}, {expected[2]})"
        raise ValueError(
            f"{name} has the shape {np.shape(y_other)}, but for {expected[0]} steps, "
            f"{expected[1]} targets and {list(parts)} it should have {expected}{shape}."
        )
    values, index = align(values, index, other_index, name)
    return assemble(truth, values, name, index, names, sample_weight, multioutput)


def read_samples(y_true, y_samples, sample_weight, multioutput):
    """Read observed values and samples of each, which come first: (samples, steps, ...)."""
    truth, index, names = read_table(y_true, "y_true")
    samples = check_numbers(y_samples, "y_samples")
    if samples.ndim == 2:
        samples = samples[:, :, None]
    if samples.shape[1:] != truth.shape:
        raise ValueError(
            f"y_samples has the shape {np.shape(y_samples)}, but for {len(truth)} steps "
            f"and {truth.shape[1]} targets it should have (n_samples, {len(truth)}"
            + (")." if truth.shape[1] == 1 else f", {truth.shape[1]}).")
        )
    if len(samples) < 2:
        raise ValueError("y_samples has 1 sample, but the score needs at least 2.")
    return assemble(
        truth, samples, "y_samples", index, names, sample_weight, multioutput, axis=1
    )


def read_table(y, name):
    """Return y as (steps, targets), its index if it has one, and its columns' names."""
    values = check_numbers(y, name)
    if values.ndim > 2:
        raise ValueError(
            f"{name} has the shape {values.shape}, but should have (n_timesteps,) or "
            "(n_timesteps, n_targets)."
        )
    # Columns that pandas has numbered by itself are not names.
    named = isinstance(y, pd.DataFrame) and not isinstance(y.columns, pd.RangeIndex)
    names = list(y.columns) if named else None
    index = y.index if isinstance(y, (pd.Series, pd.DataFrame)) else None
    return (values[:, None] if values.ndim == 1 else values), index, names


def check_numbers(values, name):
    """Return numbers as an array of any shape; NaN is allowed."""
    return check_array(
        values,
        ensure_2d=False,
        allow_nd=True,
        dtype=np.float64,
        ensure_all_finite="allow-nan",
        input_name=name,
    )


def spread(frame, name, parts, targets, n_targets):
    """Return a frame of forecasts as an array, its columns in the order asked for."""
    columns = frame.columns
    if columns.nlevels == 1:
        order = order_like(parts, list(columns), name)
        return frame.to_numpy()[:, order]
    found = list(dict.fromkeys(columns.get_level_values(0)))
    wanted = targets if targets else found
    order = order_like([(t, part) for t in wanted for part in parts], list(columns), name)
    return frame.to_numpy()[:, order].reshape(len(frame), n_targets, -1)


def order_like(wanted, found, name):
    """Return where each wanted column stands; all are there, and no others."""
    missing = [column for column in wanted if column not in found]
    if missing or len(wanted) != len(found):
        raise ValueError(
            f"{name} has the columns {found}, but should have {list(wanted)}; rename them, "
            "or give an array."
        )
    return [found.index(column) for column in wanted]


def align(values, index, other_index, name):
    """Bring forecasts into the order of the observed rows; return the index of both.

    Arrays go by position, and so do equal indices.
    """
    if index is None or other_index is None or index.equals(other_index):
        return values, (other_index if index is None else index)
    for one, whose in ((index, "y_true"), (other_index, name)):
        if not one.is_unique:
            label = one[one.duplicated()][0]
            raise ValueError(
                f"{whose} has several rows labelled {show(label)}, and the indices of y_true "
                f"and {name} differ: give {name} as an array to compare by position."
            )
    try:
        rows = other_index.get_indexer(index)
    except TypeError:  # labels that cannot be compared, as of dates with and without zone
        rows = np.full(len(index), -1)
    if (rows < 0).any():
        label = index[int(np.argmax(rows < 0))]
        raise ValueError(
            f"y_true has a row labelled {show(label)}, but {name} has none: give both the "
            f"same index, or give {name} as an array to compare by position."
        )
    return values[rows], index


def assemble(truth, forecast, name, index, targets, sample_weight, multioutput, *, axis=0):
    """Check what is known and what counts, and put it together.

    `axis` is that of the steps in the forecast.
    """
    n_steps, n_targets = truth.shape
    weights = np.ones(n_steps)
    if sample_weight is not None:
        weights = _check_sample_weight(sample_weight, truth, ensure_non_negative=True)
    weights = np.where(np.isnan(truth), 0.0, weights[:, None])
    empty = weights.sum(axis=0) == 0
    if empty.any():
        of = ""
        if n_targets > 1:
            of = f" of target {name_target(targets, int(np.argmax(empty)))}"
        raise ValueError(
            f"y_true has no value to compare with{of}: each of its {n_steps} steps is "
            "missing or has weight 0."
        )
    over = tuple(i for i in range(forecast.ndim) if i not in (axis, axis + 1))
    absent = np.isnan(forecast).any(axis=over) & (weights > 0)
    if absent.any():
        row = int(np.argmax(absent.any(axis=1)))
        label = f" ({show(index[row])})" if index is not None else ""
        raise ValueError(
            f"{name} has no value (NaN) for row {row}{label}, where y_true has one: leave "
            "such rows out of both."
        )
    codes, series = read_series(index, n_steps)
    return Steps(truth, forecast, weights, codes, series, targets, multioutput)


def show(label):
    """Return the label of a row as readers know it."""
    if isinstance(label, tuple):
        return f"{quote(label[0])} at {label[1]}"
    return str(label)


def name_target(names, number):
    """Return a target's name as errors give it, or its number."""
    return repr(names[number]) if names else str(number)


def read_series(index, n_rows):
    """Return the series of each row as a code, and the series' names."""
    if index is None or index.nlevels == 1:
        return np.zeros(n_rows, dtype=int), [None]
    codes, series = pd.factorize(index.droplevel(-1))
    if (codes < 0).any():
        raise ValueError(
            f"Row {int(np.argmax(codes < 0))} has no series (NaN) in its index."
        )
    return codes, list(series)


def read_training(y_train, steps):
    """Return the training values of each series to compare, (steps, targets) in a list."""
    values, index, names = read_table(y_train, "y_train")
    if values.shape[1] != steps.truth.shape[1]:
        raise ValueError(
            f"y_train has {values.shape[1]} targets, but y_true has {steps.truth.shape[1]}."
        )
    if names and steps.targets and names != steps.targets:
        values = values[:, order_like(steps.targets, names, "y_train")]
    codes, series = read_series(index, len(values))
    order = np.argsort(codes, kind="stable")
    check_order(index, codes, series, order)
    ends = np.cumsum(np.bincount(codes, minlength=len(series)))
    parts = np.split(values[order], ends[:-1])
    if None in (series[0], steps.series[0]):
        # One series is one series, whether or not its name is given.
        if len(series) == len(steps.series) == 1:
            return parts
        named, nameless = "y_true", "y_train"
        if steps.series[0] is None:
            named, nameless = nameless, named
        raise ValueError(
            f"{named} has several series, but the rows of {nameless} do not say theirs: give "
            "both a (series, time) MultiIndex."
        )
    by_name = dict(zip(series, parts, strict=True))
    unknown = [name for name in steps.series if name not in by_name]
    if unknown:
        raise ValueError(
            f"y_train has no rows of the series {quote(unknown[0])}, which y_true has."
        )
    return [by_name[name] for name in steps.series]


def check_order(index, codes, series, order):
    """Raise if the rows of a series do not go forward in time.

    `order` brings the rows of each series together.
    """
    if index is None:
        return
    stamps, owners = index.get_level_values(-1)[order], codes[order]
    backward = (owners[1:] == owners[:-1]) & ~(stamps[1:] > stamps[:-1])
    if backward.any():
        row = int(np.argmax(backward))
        name = series[owners[row]]
        of = "" if name is None else f" of the series {quote(name)}"
        raise ValueError(
            f"y_train{of} does not go forward in time: {show(stamps[row + 1])} comes after "
            f"{show(stamps[row])}. Sort it by its index."
        )
