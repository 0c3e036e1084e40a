"""Validate observed values and forecasts, and align their rows and columns."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils._param_validation import StrOptions, validate_params
from sklearn.utils.validation import _check_sample_weight

from skseq.quoting import quote
from skseq.series import encode_series

# Constraints of the parameters that all metrics have.
CONSTRAINTS = {
    "y_true": ["array-like"],
    "sample_weight": ["array-like", None],
    "multioutput": [StrOptions({"raw_values", "uniform_average"}), "array-like"],
}


def validate_metric(**constraints):
    """Return a decorator that validates the parameters of a metric."""
    return validate_params(CONSTRAINTS | constraints, prefer_skip_nested_validation=True)


@dataclass(frozen=True)
class AlignedForecasts:
    """Observed values, forecasts and weights of the same steps."""

    y_true: np.ndarray  # (n_steps, n_targets)
    # (n_steps, n_targets), (n_steps, n_targets, n_parts) or (n_samples, n_steps, n_targets)
    forecast: np.ndarray
    weights: np.ndarray  # (n_steps, n_targets), 0 where y_true is missing
    codes: np.ndarray  # (n_steps,), the number of the series of each step
    series: list  # names of the series; [None] for one series without a name
    targets: list | None  # names of the targets, if they have names
    multioutput: object  # as in scikit-learn's metrics

    def mean_by_series(self, values):
        """Average values over the steps of each series: (n_series, n_targets).

        The result is NaN for a series without observed steps.
        """
        totals = np.zeros((2, len(self.series), self.y_true.shape[1]))
        counted = np.where(self.weights > 0, values, 0.0)
        np.add.at(totals[0], self.codes, self.weights * counted)
        np.add.at(totals[1], self.codes, self.weights)
        with np.errstate(invalid="ignore"):
            return totals[0] / totals[1]

    def sum(self, values):
        """Sum over the steps of all series: (n_steps, n_targets) -> (n_targets,)."""
        return (self.weights * np.where(self.weights > 0, values, 0.0)).sum(axis=0)

    def mean(self, values):
        """Average over the steps of all series: (n_steps, n_targets) -> (n_targets,)."""
        return self.sum(values) / self.weights.sum(axis=0)

    def average_series(self, values):
        """Average over the series that have a value, then over the targets."""
        return self.average_targets(np.nanmean(values, axis=0))

    def average_targets(self, values):
        """Combine the values of the targets, of shape (n_targets,), by `multioutput`."""
        if isinstance(self.multioutput, str):
            return values if self.multioutput == "raw_values" else float(values.mean())
        weights = np.asarray(self.multioutput, dtype=float)
        if weights.shape != values.shape:
            raise ValueError(
                f"multioutput should have one weight per target ({values.size}), but it "
                f"has {weights.size}."
            )
        return float(np.average(values, weights=weights))


def align_points(y_true, y_pred, sample_weight, multioutput):
    """Validate and align observed values and point forecasts of the same shape."""
    truth, index, names = check_targets(y_true, "y_true")
    forecast, other_index, other_names = check_targets(y_pred, "y_pred")
    check_consistent_length(truth, forecast)
    if truth.shape != forecast.shape:
        raise ValueError(
            "y_true and y_pred should have the same number of targets, but they have "
            f"{truth.shape[1]} and {forecast.shape[1]}."
        )
    if names and other_names and names != other_names:
        forecast = forecast[:, find_columns(names, other_names, "y_pred")]
    forecast, index = align_rows(forecast, index, other_index, "y_pred")
    return make_aligned(truth, forecast, "y_pred", index, names, sample_weight, multioutput)


def align_parts(y_true, y_parts, name, parts, sample_weight, multioutput):
    """Validate and align observed values and several forecasts of each value.

    `parts` are the labels of these forecasts, such as the quantiles, in the order of the
    last axis of an array. The columns of a frame may have any order.
    """
    truth, index, names = check_targets(y_true, "y_true")
    other_index = None
    if isinstance(y_parts, pd.DataFrame):
        other_index = y_parts.index
        y_parts = order_columns(y_parts, name, parts, names, truth.shape[1])
    values = check_numeric(y_parts, name)
    check_consistent_length(truth, values)
    expected = (*truth.shape, len(parts))
    if values.ndim == 2 and truth.shape[1] == 1:
        values = values[:, None]  # (n_steps, 1, n_parts)
    if values.shape != expected:
        also = "" if truth.shape[1] > 1 else f" or ({expected[0]}, {expected[2]})"
        raise ValueError(
            f"{name} should have the shape {expected}{also} for {expected[0]} steps, "
            f"{expected[1]} target(s) and {list(parts)}, but it has the shape "
            f"{np.shape(y_parts)}."
        )
    values, index = align_rows(values, index, other_index, name)
    return make_aligned(truth, values, name, index, names, sample_weight, multioutput)


def align_samples(y_true, y_samples, sample_weight, multioutput):
    """Validate and align observed values and samples: (n_samples, n_steps, n_targets)."""
    truth, index, names = check_targets(y_true, "y_true")
    samples = check_numeric(y_samples, "y_samples")
    if samples.ndim == 2:
        samples = samples[:, :, None]
    if samples.shape[1:] != truth.shape:
        n_steps, n_targets = truth.shape
        axes = f"n_samples, {n_steps}" + (f", {n_targets}" if n_targets > 1 else "")
        raise ValueError(
            f"y_samples should have the shape ({axes}) for {n_steps} steps and {n_targets} "
            f"target(s), but it has the shape {np.shape(y_samples)}."
        )
    if len(samples) < 2:
        raise ValueError("y_samples has 1 sample, but the score needs at least 2.")
    return make_aligned(
        truth, samples, "y_samples", index, names, sample_weight, multioutput, axis=1
    )


def check_targets(y, name):
    """Return y of shape (n_steps, n_targets), its index and its column names, if any."""
    values = check_numeric(y, name)
    if values.ndim > 2:
        raise ValueError(
            f"{name} should have the shape (n_timesteps,) or (n_timesteps, n_targets), but "
            f"it has the shape {values.shape}."
        )
    # A RangeIndex is pandas' default, not names that the user chose.
    named = isinstance(y, pd.DataFrame) and not isinstance(y.columns, pd.RangeIndex)
    names = list(y.columns) if named else None
    index = y.index if isinstance(y, (pd.Series, pd.DataFrame)) else None
    return (values[:, None] if values.ndim == 1 else values), index, names


def check_numeric(values, name):
    """Return values as a float array of any shape. NaN is allowed, infinity is not."""
    return check_array(
        values,
        ensure_2d=False,
        allow_nd=True,
        dtype=np.float64,
        ensure_all_finite="allow-nan",
        input_name=name,
    )


def order_columns(frame, name, parts, targets, n_targets):
    """Return a frame of forecasts as an array, with its columns in the order of parts."""
    columns = list(frame.columns)
    if frame.columns.nlevels == 1:
        return frame.to_numpy()[:, find_columns(parts, columns, name)]
    targets = targets or list(dict.fromkeys(frame.columns.get_level_values(0)))
    expected = [(target, part) for target in targets for part in parts]
    order = find_columns(expected, columns, name)
    return frame.to_numpy()[:, order].reshape(len(frame), n_targets, -1)


def find_columns(expected, columns, name):
    """Return the positions of the expected columns. Raise if any differ."""
    if set(expected) - set(columns) or len(expected) != len(columns):
        raise ValueError(
            f"{name} should have the columns {list(expected)}, but it has {columns}. "
            "Rename them, or pass an array."
        )
    return [columns.index(column) for column in expected]


def align_rows(values, index, other_index, name):
    """Return forecasts in the order of the index of y_true, and the index of the rows."""
    if index is None or other_index is None or index.equals(other_index):
        return values, (other_index if index is None else index)
    for labels, owner in ((index, "y_true"), (other_index, name)):
        if not labels.is_unique:
            label = labels[labels.duplicated()][0]
            raise ValueError(
                f"{owner} has several rows with the label {format_label(label)}, and the "
                f"indices of y_true and {name} differ. Pass {name} as an array to align by "
                "position."
            )
    try:
        rows = other_index.get_indexer(index)
    except TypeError:  # incomparable labels, such as dates with and without a time zone
        rows = np.full(len(index), -1)
    if (rows < 0).any():
        label = index[int(np.argmax(rows < 0))]
        raise ValueError(
            f"{name} has no row with the label {format_label(label)}, but y_true does. "
            f"Give both the same index, or pass {name} as an array to align by position."
        )
    return values[rows], index


def make_aligned(
    truth, forecast, name, index, targets, sample_weight, multioutput, *, axis=0
):
    """Check missing values and weights. `axis` is the axis of the steps in `forecast`."""
    n_steps, n_targets = truth.shape
    weights = np.ones(n_steps)
    if sample_weight is not None:
        weights = _check_sample_weight(sample_weight, truth, ensure_non_negative=True)
    weights = np.where(np.isnan(truth), 0.0, weights[:, None])
    empty = weights.sum(axis=0) == 0
    if empty.any():
        target = name_target(targets, int(np.argmax(empty)))
        of = f" of target {target}" if n_targets > 1 else ""
        raise ValueError(
            f"y_true has no values{of} to compare with: each of its {n_steps} steps is "
            "missing (NaN) or has weight 0."
        )
    other_axes = tuple(i for i in range(forecast.ndim) if i not in (axis, axis + 1))
    missing = np.isnan(forecast).any(axis=other_axes) & (weights > 0)
    if missing.any():
        row = int(np.argmax(missing.any(axis=1)))
        label = f" ({format_label(index[row])})" if index is not None else ""
        raise ValueError(
            f"{name} contains NaN in row {row}{label}, where y_true has a value. Drop such "
            "rows from both."
        )
    codes, series = find_series(index, n_steps)
    return AlignedForecasts(truth, forecast, weights, codes, series, targets, multioutput)


def format_label(label):
    """Format the index label of a row for an error message."""
    if isinstance(label, tuple):
        *series, time = label
        return f"{quote(series[0] if len(series) == 1 else tuple(series))} at {time}"
    return str(label)


def name_target(names, number):
    """Return the name of a target for an error message, or its number."""
    return repr(names[number]) if names else str(number)


def find_series(index, n_rows):
    """Return the number of the series of each row, and the names of the series."""
    has_series = index is not None and index.nlevels > 1
    return encode_series(index.droplevel(-1) if has_series else None, n_rows)


def split_training(y_train, aligned):
    """Return the training values of each series of the forecasts: (n_steps, n_targets)."""
    values, index, names = check_targets(y_train, "y_train")
    if values.shape[1] != aligned.y_true.shape[1]:
        raise ValueError(
            "y_train and y_true should have the same number of targets, but they have "
            f"{values.shape[1]} and {aligned.y_true.shape[1]}."
        )
    if names and aligned.targets and names != aligned.targets:
        values = values[:, find_columns(aligned.targets, names, "y_train")]
    codes, series = find_series(index, len(values))
    order = np.argsort(codes, kind="stable")
    check_chronological(index, codes, series, order)
    ends = np.cumsum(np.bincount(codes, minlength=len(series)))
    parts = np.split(values[order], ends[:-1])
    if None in (series[0], aligned.series[0]):
        # A single series needs no name.
        if len(series) == len(aligned.series) == 1:
            return parts
        named, unnamed = "y_true", "y_train"
        if aligned.series[0] is None:
            named, unnamed = unnamed, named
        raise ValueError(
            f"{named} has several series, but {unnamed} does not name the series of its "
            "rows. Give both a (series, time) MultiIndex."
        )
    by_name = dict(zip(series, parts, strict=True))
    missing = [name for name in aligned.series if name not in by_name]
    if missing:
        raise ValueError(
            f"y_train has no rows of the series {quote(missing[0])} of y_true."
        )
    return [by_name[name] for name in aligned.series]


def check_chronological(index, codes, series, order):
    """Raise if the rows of a series are not in chronological order.

    `order` sorts the rows by series.
    """
    if index is None:
        return
    stamps, codes = index.get_level_values(-1)[order], codes[order]
    backward = (codes[1:] == codes[:-1]) & ~(stamps[1:] > stamps[:-1])
    if backward.any():
        row = int(np.argmax(backward))
        name = series[codes[row]]
        of = "" if name is None else f" of the series {quote(name)}"
        raise ValueError(
            f"y_train{of} is not in chronological order: {stamps[row + 1]} comes after "
            f"{stamps[row]}. Sort it by its index."
        )
