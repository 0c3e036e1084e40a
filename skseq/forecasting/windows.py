"""Windows of series as batches: drawn at random for training, listed for prediction."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from skseq.inputs import CovariateScaler
from skseq.networks import round_batch_size
from skseq.persistence import digest_blocks
from skseq.sequences import RowTargets
from skseq.series import Panel, WindowCoder, find_usable, gather_steps
from skseq.training import Batch, gather_batches

# Approximate number of steps in a prediction batch.
PREDICTION_STEPS = 131_072
# Features of a step of the series itself: change, level, and whether it is observed.
WINDOW_FEATURES = 3


@dataclass
class WindowDataset:
    """Dataset of the windows of a panel, for the training loop.

    A window is a series, a target and an origin: the number of steps before the first step
    to forecast. Windows are cut when a batch is made; they are not stored.
    """

    panel: Panel  # the series, after `target_transformer`
    coder: WindowCoder
    scaler: CovariateScaler
    spreads: np.ndarray  # (n_series, n_targets), typical change of each series
    # Windows of a list: (n_windows,).
    series: np.ndarray | None = None
    columns: np.ndarray | None = None
    origins: np.ndarray | None = None
    # First and last origin of each series, to draw windows from: (n_series,).
    first: np.ndarray | None = None
    last: np.ndarray | None = None
    # Values of each series from this step on are hidden: they are NaN.
    ends: np.ndarray | None = None
    max_windows: int | None = None  # in an epoch; each epoch draws new windows
    filled: Panel | None = None  # the past of windows, if it differs from `panel`
    observed: Panel | None = None  # the series before `target_transformer`, if it differs

    weights = augmenter = None

    def __len__(self):
        if self.origins is not None:
            return len(self.origins)
        n = self.n_windows
        return n if self.max_windows is None else min(n, self.max_windows)

    @cached_property
    def index(self):
        """The WindowIndex to draw from; None if no value is missing."""
        panel, ends = self.panel, self.ends
        if not any(np.isnan(panel.targets(i)[:end]).any() for i, end in enumerate(ends)):
            return None
        return WindowIndex(panel, self.first, self.last, ends, self.coder.horizon)

    @property
    def n_windows(self):
        """Number of windows to draw from."""
        if self.index is not None:
            return self.index.n_windows
        return int((self.last - self.first + 1).sum()) * self.panel.n_targets

    @property
    def n_features(self):
        """Number of features of a step."""
        return WINDOW_FEATURES + self.scaler.n_features

    def describe(self):
        """Return the given and the computed values that identify this dataset."""
        observed = self.panel if self.observed is None else self.observed
        panel, observed = (p.take(np.arange(p.n_series)) for p in (self.panel, observed))
        names = ("series", "columns", "origins", "first", "last", "ends", "max_windows")
        given = {
            "steps": digest_blocks([observed.values, observed.covariates]),
            "lengths": observed.lengths,
            "first_ticks": observed.first_ticks,
            "coder": dict(vars(self.coder)),
            "windows": [getattr(self, name) for name in names],
        }
        computed = {
            "steps": digest_blocks([panel.values]),
            "scaler": self.scaler.describe(),
            "spreads": self.spreads,
        }
        return {"given": given, "computed": computed}

    def training_batches(self, batch_size, generator, device, processes):
        """Return batches of windows drawn at random; see :class:`WindowBatches`."""
        return WindowBatches(self, batch_size, generator, device, processes)

    def prediction_batches(self, device):
        """Yield positions in the list and the batch of these windows."""
        width = self.coder.context_length + self.coder.horizon
        size = round_batch_size(PREDICTION_STEPS // width)
        for i in range(0, len(self), size):
            rows = np.arange(i, min(i + size, len(self)))
            batch, _ = self.make_batch(
                self.series[rows], self.columns[rows], self.origins[rows], device
            )
            yield rows, batch

    def draw(self, n, generator):
        """Draw n windows: series with equal probability, then origins of the series.

        Long series would otherwise dominate training. If there are at most n windows, each
        is drawn once.
        """
        if self.index is not None:
            return self.index.draw(n, generator)
        n_targets = self.panel.n_targets
        if n >= self.n_windows:
            counts = self.last - self.first + 1
            series = np.repeat(np.arange(len(counts)), counts)
            origins = np.concatenate(list(map(np.arange, self.first, self.last + 1)))
            columns = np.repeat(np.arange(n_targets), len(origins))
            order = generator.permutation(len(columns))
            windows = np.tile(series, n_targets), columns, np.tile(origins, n_targets)
            return tuple(values[order] for values in windows)
        usable = np.flatnonzero(self.last >= self.first)
        series = usable[generator.integers(0, len(usable), n)]
        columns = generator.integers(0, n_targets, n)
        origins = generator.integers(self.first[series], self.last[series] + 1)
        return series, columns, origins

    def drop_missing(self):
        """Return a list without the windows that `find_usable` excludes."""
        windows = self.series, self.columns, self.origins
        kept = find_usable(self.panel, *windows, self.coder.horizon)
        series, columns, origins = (values[kept] for values in windows)
        return replace(self, series=series, columns=columns, origins=origins)

    def encode(self, series, columns, origins):
        """Return the past of windows as EncodedWindows."""
        # Targets stay missing in gaps that are filled.
        panel = self.panel if self.filled is None else self.filled
        past = self._gather(panel, series, columns, origins, self.coder.before, 0)
        return self.coder.encode(past, self.spreads[series, columns])

    def make_batch(self, series, columns, origins, device):
        """Return the batch of windows, and their past as EncodedWindows."""
        coder = self.coder
        coded = self.encode(series, columns, origins)
        n, past = coded.changes.shape
        x = np.zeros((n, past + coder.horizon, self.n_features), np.float32)
        features = coded.changes, coded.levels
        # The network adds a linear map of the first feature to its outputs. If all windows
        # have one unit, levels predict better than changes.
        if coder.unit == "series" and not coder.only_changes:
            features = features[::-1]
        x[:, :past, 0], x[:, :past, 1] = features
        x[:, :past, 2] = coded.observed
        if self.scaler.n_features:
            steps = gather_steps(
                self.panel.covariates, self.panel, series, origins, past, coder.horizon
            )
            x[:, :, WINDOW_FEATURES:] = self.scaler.transform(steps, past)
        targets = self._encode_future(coded, series, columns, origins)
        targets = torch.from_numpy(targets).to(device)
        return Batch(torch.from_numpy(x).to(device), targets=targets), coded

    @property
    def targets(self):
        """Scaled targets of the listed windows, and units: (n_windows, horizon, 2)."""
        windows = self.series, self.columns, self.origins
        return RowTargets(self._encode_future(self.encode(*windows), *windows))

    def _encode_future(self, coded, series, columns, origins):
        """Return the scaled values of the steps to forecast, and their units."""
        windows = series, columns, origins
        future = self._gather(self.panel, *windows, 0, self.coder.horizon)
        future = coded.encode(future)
        units = np.broadcast_to(coded.scale, future.shape)
        return np.stack([future, units], axis=2).astype(np.float32)

    def _gather(self, panel, series, columns, origins, before, after):
        """Return values (n_windows, before + after) of one target per window."""
        steps = panel, series, origins, before, after
        return gather_steps(panel.values, *steps, columns=columns, ends=self.ends)


class WindowIndex:
    """Finds the windows to draw from in a panel with missing values.

    Forecasts start after an observed value. So the last value of a window is observed, and
    at least one of the steps to forecast is.

    Shapes: first, last, ends (n_series,), the first and the last origin of each series, and
    the step from which values are hidden.
    """

    def __init__(self, panel, first, last, ends, horizon):
        self.starts = panel.starts
        usable = np.zeros(panel.values.shape, dtype=bool)  # of the window before each row
        for i in np.flatnonzero(last >= first):
            observed = ~np.isnan(panel.targets(i)[: ends[i]])
            seen = np.cumsum(observed, axis=0)
            origins = np.arange(first[i], last[i] + 1)
            stops = np.minimum(origins + horizon, ends[i])
            has_target = seen[stops - 1] > seen[origins - 1]
            usable[self.starts[i] + origins - 1] = observed[origins - 1] & has_target
        # Number of usable windows up to each row, after a row of zeros.
        self.seen = np.zeros((len(usable) + 1, panel.n_targets), dtype=np.int64, order="F")
        np.cumsum(usable, axis=0, out=self.seen[1:])
        self.before = self.seen[self.starts]  # (n_series, n_targets)
        self.counts = self.seen[self.starts + panel.lengths] - self.before

    @property
    def n_windows(self):
        """Number of windows to draw from."""
        return int(self.counts.sum())

    def draw(self, n, generator):
        """Draw n windows, as `WindowDataset.draw` does."""
        if n >= self.n_windows:
            pairs = np.argwhere(self.counts > 0)
            counts = self.counts[tuple(pairs.T)]
            series, columns = np.repeat(pairs, counts, axis=0).T
            ranks = np.concatenate(list(map(np.arange, counts)))
            order = generator.permutation(len(ranks))
            series, columns, ranks = series[order], columns[order], ranks[order]
            return series, columns, self._find_origins(series, columns, ranks)
        usable = np.argwhere(self.counts > 0)
        series, columns = usable[generator.integers(0, len(usable), n)].T
        ranks = generator.integers(0, self.counts[series, columns])
        return series, columns, self._find_origins(series, columns, ranks)

    def _find_origins(self, series, columns, ranks):
        """Return the origins (n_windows,) of the usable windows with these ranks."""
        wanted = self.before[series, columns] + ranks + 1
        rows = np.empty_like(wanted)
        for column in np.unique(columns):
            own = columns == column
            rows[own] = np.searchsorted(self.seen[:, column], wanted[own])
        return rows - self.starts[series]


def cross_targets(series, origins, n_targets):
    """Return series, columns and origins of the windows of all targets.

    Origins are (n_windows,), or (n_windows, n_targets).
    """
    columns = np.tile(np.arange(n_targets), len(series))
    origins = (
        origins if origins.ndim == 2 else np.repeat(origins[:, None], n_targets, axis=1)
    )
    return np.repeat(series, n_targets), columns, origins.ravel()


class WindowBatches:
    """Batches of at most `batch_size` windows; each epoch draws new windows.

    The arguments are those of :class:`skseq.training.TrainingBatches`.
    """

    def __init__(self, dataset, batch_size, generator, device, processes):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator
        self.device = device
        self.processes = processes

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self):
        data = self.dataset
        windows = data.draw(len(data), self.generator)
        parts = np.array_split(np.arange(len(data)), len(self))

        def make_batch(rows):
            return data.make_batch(*(w[rows] for w in windows), self.device)[0]

        n_steps = data.coder.context_length + data.coder.horizon
        n_numbers = self.batch_size * n_steps * data.n_features
        return gather_batches(parts, make_batch, n_numbers, self.processes)
