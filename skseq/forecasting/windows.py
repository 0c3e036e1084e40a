"""Windows of series as batches: drawn at random for training, in order for prediction."""

from dataclasses import dataclass

import numpy as np
import torch

from skseq.inputs import CovariateScaler
from skseq.networks import round_batch_size
from skseq.persistence import digest_blocks
from skseq.sequences import RowTargets
from skseq.series import gather_steps
from skseq.training import Batch, gather_batches

# A prediction batch holds about this many steps.
PREDICTION_STEPS = 131_072
# What a window itself gives for each step: change, level, and whether it was observed.
WINDOW_FEATURES = 3


@dataclass
class WindowDataset:
    """All windows of a panel that end within given steps of each series.

    A window is a series, a target and an origin: how many steps lie before what is
    forecast. Windows are gathered when a batch asks for them; nothing is stored.

    Attributes
    ----------
    panel : Panel
        The series, on the scale on which they are forecast.
    coder : WindowCoder
        How windows are measured.
    scaler : CovariateScaler
        Scales covariates.
    spreads : ndarray of shape (n_series, n_targets)
        The typical step of each series.
    series, columns, origins : ndarray of int of shape (n_windows,) or None
        Series, target and origin of each window, where they are listed.
    first, last : ndarray of int of shape (n_series,) or None
        First and last origin of each series, where they are not.
    ends : ndarray of int of shape (n_series,) or None
        Values from this step on are not seen, as if they were missing.
    most : int or None
        Windows of one pass, at most; every pass draws others.
    observed : Panel or None
        The series as they were given; None if they are forecast on that scale.
    """

    panel: object
    coder: object
    scaler: CovariateScaler
    spreads: np.ndarray
    series: np.ndarray | None = None
    columns: np.ndarray | None = None
    origins: np.ndarray | None = None
    first: np.ndarray | None = None
    last: np.ndarray | None = None
    ends: np.ndarray | None = None
    most: int | None = None
    observed: object = None

    weights = None

    def __len__(self):
        if self.origins is not None:
            return len(self.origins)
        return self.n_windows if self.most is None else min(self.n_windows, self.most)

    @property
    def n_windows(self):
        """Number of windows that may be drawn."""
        return int((self.last - self.first + 1).sum()) * self.panel.n_targets

    @property
    def n_features(self):
        """Features of each step of a window."""
        return WINDOW_FEATURES + self.scaler.n_features

    def describe(self):
        """Return all that tells this dataset from others: what was given, and computed."""
        whole = self.panel if self.observed is None else self.observed
        panel, observed = (p.take(np.arange(p.n_series)) for p in (self.panel, whole))
        given = {
            "steps": digest_blocks([observed.values, observed.covariates]),
            "lengths": observed.lengths,
            "first_ticks": observed.first_ticks,
            "coder": dict(vars(self.coder)),
            "which": [
                self.series,
                self.columns,
                self.origins,
                self.first,
                self.last,
                self.ends,
                self.most,
            ],
        }
        computed = {
            "steps": digest_blocks([panel.values]),
            "scaler": dict(vars(self.scaler)),
            "spreads": self.spreads,
        }
        return {"given": given, "computed": computed}

    def training_batches(self, batch_size, generator, device, processes):
        """Return batches of windows drawn at random; every pass draws anew."""
        return WindowBatches(self, batch_size, generator, device, processes)

    def prediction_batches(self, device):
        """Yield the places of listed windows, and their batch."""
        width = self.coder.context_length + self.coder.horizon
        size = round_batch_size(PREDICTION_STEPS // width)
        for i in range(0, len(self), size):
            places = np.arange(i, min(i + size, len(self)))
            batch, _ = self.make_batch(
                self.series[places], self.columns[places], self.origins[places], device
            )
            yield places, batch

    def draw(self, n, generator):
        """Draw windows: each series as often as any other, then any of its origins.

        With one window for each step, a few long series would be most of what is seen.
        """
        if n >= self.n_windows:  # few enough to see each once
            counts = self.last - self.first + 1
            series = np.repeat(np.arange(len(counts)), counts)
            origins = np.concatenate(
                [np.arange(a, b + 1) for a, b in zip(self.first, self.last, strict=True)]
            )
            series = np.tile(series, self.panel.n_targets)
            targets = np.repeat(np.arange(self.panel.n_targets), len(origins))
            order = generator.permutation(len(series))
            return (
                series[order],
                targets[order],
                np.tile(origins, self.panel.n_targets)[order],
            )
        usable = np.flatnonzero(self.last >= self.first)
        series = usable[generator.integers(0, len(usable), n)]
        columns = generator.integers(0, self.panel.n_targets, n)
        origins = generator.integers(self.first[series], self.last[series] + 1)
        return series, columns, origins

    def code(self, series, columns, origins):
        """Return the coded past of windows."""
        past = self._gather(series, columns, origins, self.coder.before, 0)
        return self.coder.encode(past, self.spreads[series, columns])

    def make_batch(self, series, columns, origins, device):
        """Return a batch of windows, and how they are coded."""
        coder = self.coder
        coded = self.code(series, columns, origins)
        n, past = coded.changes.shape
        x = np.zeros((n, past + coder.horizon, self.n_features), np.float32)
        features = coded.changes, coded.levels
        # In one unit for all windows levels tell more than changes: they come first.
        if coder.unit == "series" and not coder.only_changes:
            features = features[::-1]
        x[:, :past, 0], x[:, :past, 1] = features
        x[:, :past, 2] = coded.observed
        if self.scaler.n_features:
            steps = gather_steps(
                self.panel.covariates, self.panel, series, origins, past, coder.horizon
            )
            x[:, :, WINDOW_FEATURES:] = self.scaler.transform(steps, past)
        answers = self._code_future(coded, series, columns, origins)
        batch = Batch(torch.from_numpy(x).to(device), targets=answers.to(device))
        return batch, coded

    @property
    def targets(self):
        """What the network should answer for listed windows: (n_windows, horizon, 2)."""
        windows = self.series, self.columns, self.origins
        return RowTargets(self._code_future(self.code(*windows), *windows).numpy())

    def _code_future(self, coded, series, columns, origins):
        """Return coded values of the steps to forecast, and their unit."""
        future = coded.encode(self.gather(series, columns, origins))
        units = np.broadcast_to(coded.scale, future.shape)
        return torch.from_numpy(np.stack([future, units], axis=2).astype(np.float32))

    def gather(self, series, columns, origins):
        """Return the steps (n_windows, horizon) that windows are to forecast."""
        return self._gather(series, columns, origins, 0, self.coder.horizon)

    def _gather(self, series, columns, origins, before, after):
        """Return values (n_windows, before + after) of one target each."""
        panel = self.panel
        places = origins[:, None] + np.arange(-before, after)
        ends = panel.lengths if self.ends is None else self.ends
        inside = (places >= 0) & (places < ends[series][:, None])
        rows = np.where(inside, panel.starts[series][:, None] + places, 0)
        steps = panel.values[rows, columns[:, None]]
        steps[~inside] = np.nan
        return steps


class WindowBatches:
    """Batches of windows, drawn anew for every pass.

    Parameters
    ----------
    dataset : WindowDataset
        What to draw from.
    batch_size : int
        Windows a batch, at most.
    generator : numpy.random.Generator
        Source of the draws.
    device : torch.device
        Where the batches go.
    processes : SingleProcess or Processes
        Processes that share every batch.
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
