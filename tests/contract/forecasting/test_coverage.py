"""Coverage of intervals and of sample paths, within and beyond the horizon."""

import numpy as np
import pandas as pd
import pytest

from skseq import Drift, GRUForecaster, SeasonalNaive, TransformerForecaster

from ..cases import name_of
from .cases import HORIZON, make

N_SERIES, N_TRAIN, N_BLOCKS = 40, 90, 4
STEPS = N_BLOCKS * HORIZON


def draw_panel(kind, seed):
    """Return independent series (n_series, n_steps): noise, or random walks."""
    noise = np.random.default_rng(seed).normal(size=(N_SERIES, N_TRAIN + STEPS))
    return {"noise": 10 + noise, "walks": noise.cumsum(axis=1)}[kind]


def measure_coverage(make_forecaster, kind, coverages, n_seeds):
    """Return the coverage (2, n_coverages, n_blocks) of intervals and of paths."""
    inside = []
    for seed in range(n_seeds):
        values = draw_panel(kind, seed)
        index = pd.MultiIndex.from_product([range(N_SERIES), range(N_TRAIN + STEPS)])
        y = pd.Series(values.ravel(), index)
        is_past = index.get_level_values(1) < N_TRAIN
        forecaster = make_forecaster().fit(None, y[is_past])
        rows, truth = pd.DataFrame(index=index[~is_past]), y[~is_past].to_numpy()
        paths = forecaster.sample(rows, n_samples=300, random_state=0)
        for coverage in coverages:
            bounds = np.asarray(forecaster.predict_interval(rows, coverage)).T
            ends = np.quantile(paths, [(1 - coverage) / 2, (1 + coverage) / 2], axis=0)
            for low, high in (bounds, ends):
                inside.append((low <= truth) & (truth <= high))
    shape = n_seeds, len(coverages), 2, N_SERIES, N_BLOCKS, HORIZON
    return np.array(inside).reshape(shape).mean(axis=(0, 3, 5)).transpose(1, 0, 2)


@pytest.mark.parametrize("kind", ["noise", "walks"])
@pytest.mark.parametrize(
    "make_forecaster",
    [
        lambda: make(SeasonalNaive),
        lambda: make(Drift),
        lambda: make(GRUForecaster, max_epochs=10, batch_size=256),
        lambda: make(TransformerForecaster, max_epochs=10, batch_size=256),
        lambda: make(GRUForecaster, max_epochs=10, batch_size=256, loss="student_t"),
    ],
    ids=["SeasonalNaive", "Drift", "GRUForecaster", "TransformerForecaster", "student_t"],
)
def test_coverage_in_each_block(make_forecaster, kind):
    coverages, n_seeds = np.array([0.5, 0.8, 0.9]), 2
    measured = measure_coverage(make_forecaster, kind, coverages, n_seeds)
    # The errors of a random walk are dependent within a block, so that each series counts
    # as one value. The errors that calibrate the intervals are as many as those of the test.
    n_values = n_seeds * N_SERIES * (HORIZON if kind == "noise" else 1)
    error = np.sqrt(2 * coverages * (1 - coverages) / n_values)
    assert (np.abs(measured - coverages[:, None]) < 3 * error[:, None]).all()


@pytest.mark.parametrize("cls", [SeasonalNaive, GRUForecaster], ids=name_of)
def test_interval_of_a_walk_contains_its_forecast(cls):
    """A band on one side of the forecast would need many errors of one sign."""
    steps = np.random.default_rng(0).normal(size=(10, 100))
    for walk in steps.cumsum(axis=1):
        forecaster = make(cls).fit(None, walk)
        rows = np.empty((STEPS, 0))
        point = forecaster.predict(rows)
        bounds = forecaster.predict_interval(rows, coverage=0.8)
        paths = forecaster.sample(rows, n_samples=300, random_state=0)
        ends = np.quantile(paths, [0.1, 0.9], axis=0)
        for low, high in (bounds.T, ends):
            assert (low <= point).all()
            assert (point <= high).all()
