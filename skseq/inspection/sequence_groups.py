"""Numeric features of groups of sequences, and their mean and spread at each step."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils.multiclass import type_of_target

from skseq.inspection.validation import (
    check_index,
    name_numeric_features,
    read_any_features,
)
from skseq.metrics.steps import find_unlabelled, read_part, simplify
from skseq.quoting import quote, quote_some

# Number of positions for sequences that are stretched to the same length.
N_POSITIONS = 100
# A mean is known where at least this part of the sequences of a group has a value.
MIN_SHARE = 0.5
UNITS = {
    "start": "time step",
    "end": "time step relative to the end",
    "relative": "position in the sequence (%)",
}


@dataclass(frozen=True)
class Signals:
    """Numeric features of sequences, stored one after the other."""

    values: np.ndarray  # (n_steps, n_features)
    lengths: np.ndarray  # (n_sequences,)
    names: list

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, i):
        start = self.lengths[:i].sum()
        return self.values[start : start + self.lengths[i]]

    def select(self, features):
        """Return some of the features, given by their positions."""
        names = [self.names[k] for k in features]
        return Signals(self.values[:, features], self.lengths, names)

    def stretch(self):
        """Return all sequences at the same positions, interpolated linearly."""
        grid = (np.arange(N_POSITIONS) + 0.5) / N_POSITIONS
        parts = []
        for part in np.split(self.values, np.cumsum(self.lengths)[:-1]):
            centers = (np.arange(len(part)) + 0.5) / len(part)
            parts += [np.column_stack([np.interp(grid, centers, x) for x in part.T])]
        lengths = np.full(len(self), N_POSITIONS)
        return Signals(np.concatenate(parts), lengths, self.names)


@dataclass(frozen=True)
class GroupStatistics:
    """Mean and standard deviation of each feature in each group of sequences.

    Both have the shape (n_groups, n_positions, n_features), with NaN where fewer than half
    of the sequences of a group have a value.
    """

    positions: np.ndarray  # (n_positions,)
    unit: str
    means: np.ndarray
    stds: np.ndarray


def read_numeric(X, name):
    """Return the Signals of X. `name` is that of the display, for error messages."""
    sequences = read_any_features(X, name).compact()
    remedy = f"{name} draws numbers, not text or categories."
    names = name_numeric_features(sequences, remedy)
    if names is None:
        only = sequences.n_numeric == 1
        names = ["x"] if only else [f"feature {k}" for k in range(sequences.n_numeric)]
    values = np.asarray(sequences.values, dtype=float)
    return Signals(values, np.asarray(sequences.lengths), [str(name) for name in names])


def find_feature(feature, names):
    """Return the position of a feature that is given by its name or position."""
    if isinstance(feature, Integral) and feature >= 0:
        check_index("feature", feature, len(names))
        return int(feature)
    if feature in names:
        return names.index(feature)
    known = quote_some(names)
    raise ValueError(f"The feature {quote(feature)} is not one of {known}.")


def read_row_targets(y, name, n_rows, rows="sequences"):
    """Return one label or number for each row of X, as an array of shape (n_rows,)."""
    values = np.asarray(read_part(y, name))
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            f"{name} should have one label or number for each of the {n_rows} {rows}, but "
            f"it has the shape {values.shape}. Pass one column."
        )
    if len(values) != n_rows:
        raise ValueError(f"X has {n_rows} {rows}, but {name} has {len(values)} values.")
    unlabeled = np.flatnonzero(find_unlabelled(values))
    if len(unlabeled):
        raise ValueError(
            f"{name}[{unlabeled[0]}] is {quote(values[unlabeled[0]])}. Leave out "
            f"{rows} without a label or number."
        )
    return simplify(values, name)


def is_continuous(y):
    """Return whether targets are numbers with fractions, and not labels."""
    return type_of_target(y) == "continuous"


def group_labels(y, labels, max_groups):
    """Return the labels to draw, and the number of the label of each sequence, or -1.

    By default these are the `max_groups` most frequent labels, sorted.
    """
    known, counts = np.unique(y, return_counts=True)
    if labels is None:
        frequent = np.argsort(-counts, kind="stable")[:max_groups]
        labels = known[np.sort(frequent)].tolist()
    names = known.tolist()
    for label in labels:
        if label not in names:
            shown = quote_some(names)
            raise ValueError(f"The label {quote(label)} is not in y, which has {shown}.")
    numbers = np.array([labels.index(name) if name in labels else -1 for name in names])
    return labels, numbers[np.searchsorted(known, y)]


def group_quantiles(y, n_quantiles):
    """Return the names of groups of numbers of about equal size, and their numbers."""
    edges = np.quantile(y, np.linspace(0, 1, n_quantiles + 1)[1:-1])
    numbers = np.searchsorted(np.unique(edges), y, side="right")
    _, numbers = np.unique(numbers, return_inverse=True)  # without empty groups
    groups = [y[numbers == k] for k in range(numbers.max() + 1)]
    return [f"{part.min():.3g} to {part.max():.3g}" for part in groups], numbers


def measure_groups(signals, numbers, n_groups, align="start"):
    """Return the GroupStatistics of sequences; `numbers` are their groups, -1 for none."""
    lengths = signals.lengths
    n_positions = int(lengths.max())
    numbers = np.asarray(numbers)
    starts = np.cumsum(lengths) - lengths
    if align == "end":
        starts = starts - (n_positions - lengths)
    steps = np.arange(len(signals.values)) - np.repeat(starts, lengths)
    cells = np.repeat(numbers, lengths) * n_positions + steps  # negative without a group
    shape = (n_groups, n_positions)
    sizes = np.bincount(numbers[numbers >= 0], minlength=n_groups)
    means = np.full((*shape, signals.values.shape[1]), np.nan)
    stds = means.copy()
    for k, values in enumerate(signals.values.T):
        used = np.isfinite(values) & np.repeat(numbers >= 0, lengths)
        total, where = n_groups * n_positions, cells[used]
        counts = np.bincount(where, minlength=total)
        divisors = np.maximum(counts, 1)
        mean = np.bincount(where, values[used], total) / divisors
        squares = (values[used] - mean[where]) ** 2
        std = np.sqrt(np.bincount(where, squares, total) / divisors)
        needed = np.maximum(MIN_SHARE * sizes[:, None], 1)
        is_known = counts.reshape(shape) >= needed
        means[:, :, k] = np.where(is_known, mean.reshape(shape), np.nan)
        stds[:, :, k] = np.where(is_known, std.reshape(shape), np.nan)
    positions = np.arange(n_positions, dtype=float)
    if align == "end":
        positions -= n_positions
    elif align == "relative":
        positions = 100 * (positions + 0.5) / n_positions
    return GroupStatistics(positions, UNITS[align], means, stds)


def draw_band(ax, positions, mean, std, *, color, fill):
    """Draw a mean and a band of one standard deviation around it; return both artists."""
    edges = (mean - std, mean + std)
    # Above the lines of single sequences, with an edge that is visible between them.
    look = {"facecolor": fill, "edgecolor": color, "linewidth": 0.7, "zorder": 2.1}
    band = ax.fill_between(positions, *edges, alpha=0.45, **look)
    marker = "o" if np.isfinite(mean).sum() == 1 else None
    style = {"color": color, "linewidth": 1.8, "marker": marker, "zorder": 2.2}
    (line,) = ax.plot(positions, mean, **style)
    return line, band
