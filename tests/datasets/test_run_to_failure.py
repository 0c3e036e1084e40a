"""Engines run until they fail, and their sensors show load and wear."""

# ruff: noqa: NPY002 - the tests set and read the global random state on purpose.

import numpy as np
import pandas as pd
import pytest

from skseq import Sequences
from skseq.datasets import make_run_to_failure

SENSORS = ["temperature", "pressure", "speed", "vibration"]


def test_rows_are_the_cycles_of_each_engine_until_its_failure():
    frame = make_run_to_failure(12, random_state=0)
    assert frame.columns.tolist() == ["engine", "cycle", "load", *SENSORS, "rul"]
    assert frame["engine"].unique().tolist() == list(range(1, 13))
    for _, engine in frame.groupby("engine"):
        n_cycles = len(engine)
        assert engine["cycle"].tolist() == list(range(1, n_cycles + 1))
        assert engine["rul"].tolist() == list(range(n_cycles))[::-1]


def test_engines_have_different_lives():
    lives = make_run_to_failure(100, random_state=0).groupby("engine").size()
    # With the mean growth, from 0.02 to 1 at the fastest and from 0.002 to 1 at the slowest.
    assert lives.min() > np.log(50) / 0.045 / 1.5
    assert lives.max() < np.log(500) / 0.02 * 1.5
    assert lives.std() > 30


def test_sensors_respond_to_load_and_wear():
    frame = make_run_to_failure(100, random_state=0)
    under_load = frame[frame["load"] > 0.8]
    new = under_load[under_load["cycle"] <= 20][SENSORS].mean()
    worn = under_load[under_load["rul"] <= 5][SENSORS].mean()
    idle = frame[(frame["load"] < 0.2) & (frame["cycle"] <= 20)][SENSORS].mean()
    assert np.sign(worn - new).tolist() == [1, -1, 1, 1]
    assert np.sign(new - idle).tolist() == [1, -1, 1, 1]
    idle_and_worn = frame[(frame["load"] < 0.1) & (frame["rul"] <= 5)][SENSORS].mean()
    assert ((idle_and_worn - idle).abs() < (worn - new).abs() / 2).all()


def test_the_table_is_read_as_sequences_with_a_target_for_each_cycle():
    frame = make_run_to_failure(5, random_state=1)
    shuffled = frame.sample(frac=1, random_state=0)
    X, y = Sequences.from_frame(shuffled, sequence="engine", time="cycle", target="rul")
    assert X.n_features == 5
    for engine, target in zip(X, y, strict=True):
        assert target.tolist() == list(range(len(engine)))[::-1]


def test_random_state_determines_the_table_without_global_state():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first = make_run_to_failure(3, random_state=4)
    np.random.seed(1)
    pd.testing.assert_frame_equal(first, make_run_to_failure(3, random_state=4))
    assert not first.equals(make_run_to_failure(3, random_state=5))
    np.random.seed(0)
    assert not make_run_to_failure(3).equals(make_run_to_failure(3))
    assert (np.random.get_state()[1] == before).all()


@pytest.mark.parametrize("n_engines", [0, 2.5, "10"])
def test_invalid_numbers_of_engines(n_engines):
    with pytest.raises(ValueError, match="n_engines"):
        make_run_to_failure(n_engines)
