"""The roughness and oscillation of sequences, which decide what `augmentation="auto"` means."""

import numpy as np
import pytest

from skseq import Sequences
from skseq.augmentation.automatic import (
    MAX_OSCILLATION,
    measure_oscillation,
    measure_roughness,
)


def test_white_noise_has_a_roughness_of_1_5():
    X = np.random.default_rng(0).normal(size=(200, 50, 2))
    assert measure_roughness(Sequences.from_list(list(X))) == pytest.approx(1.5, abs=0.05)


def test_roughness_does_not_depend_on_units():
    X = np.random.default_rng(0).normal(size=(5, 20, 1)).cumsum(axis=1)
    roughness = measure_roughness(Sequences.from_list(list(X)))
    scaled = measure_roughness(Sequences.from_list(list(5.0 - 1e4 * X)))
    assert scaled == pytest.approx(roughness)


def test_roughness_compares_steps_within_sequences():
    # Jumps between sequences are no roughness; lines have none.
    lines = [start + np.arange(n) * slope for start, n, slope in [(0, 5, 1), (90, 3, -2)]]
    assert measure_roughness(Sequences.from_list(lines)) == pytest.approx(0, abs=1e-20)
    x = np.array([0.0, 1.0, 0.0, 5.0, 5.0])
    X = Sequences.from_list([x[:3], x[3:]])
    assert measure_roughness(X) == pytest.approx(1.0 / x.var())


def test_roughness_is_the_mean_over_features_and_chunks(monkeypatch):
    random = np.random.default_rng(0)
    X = [random.normal(size=(n, 2)).cumsum(axis=0) for n in (4, 9, 1, 6)]
    whole = measure_roughness(Sequences.from_list(X))
    columns = [measure_roughness(Sequences.from_list([x[:, k] for x in X])) for k in (0, 1)]
    assert whole == pytest.approx(np.mean(columns))
    monkeypatch.setattr(Sequences, "chunks", lambda X: split_chunks(X))
    assert measure_roughness(Sequences.from_list(X)) == pytest.approx(whole)


def split_chunks(X):
    """Return each sequence as a chunk."""
    return ((i, np.asarray(x)) for i, x in enumerate(X))


def test_short_sequences_have_no_roughness():
    assert np.isnan(measure_roughness(Sequences.from_list([[1.0, 2.0], [3.0]])))


def oscillate(n_periods, n_steps=100):
    """Return a sine wave (n_steps, 1)."""
    return np.sin(2 * np.pi * n_periods * np.arange(n_steps) / n_steps)[:, None]


@pytest.mark.parametrize("n_periods", [3, 8, 8.5, 40])
def test_oscillation_of_sine_waves(n_periods):
    X = Sequences.from_list([7 + 5 * oscillate(n_periods), oscillate(n_periods)])
    assert MAX_OSCILLATION < measure_oscillation(X) <= 1


@pytest.mark.parametrize(
    "x",
    [oscillate(2), np.zeros((100, 1)), np.arange(100.0)[:, None], [[1.0]], [[1.0], [2.0]]],
)
def test_no_oscillation(x):
    assert measure_oscillation(Sequences.from_list([x])) == [0]


def test_oscillation_is_that_of_each_feature():
    """The power of three frequencies of equal amplitude is divided equally."""
    mixture = oscillate(5) + oscillate(10) + oscillate(15)
    x = np.hstack([oscillate(10), mixture])
    assert measure_oscillation(Sequences.from_list([x])) == pytest.approx([1, 1 / 3])
    both = Sequences.from_list([x, np.hstack([oscillate(1)] * 2)])
    assert measure_oscillation(both) == pytest.approx([1 / 2, 1 / 6])
