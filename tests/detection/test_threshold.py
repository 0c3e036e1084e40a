"""The threshold between scores of normal data and of outliers."""

import numpy as np
import pytest

from skseq.detection import FENCE_OF_DISTANCES, FENCE_OF_ERRORS, choose_offset


@pytest.mark.parametrize("contamination", [0.01, 0.1, 0.25, 0.5])
@pytest.mark.parametrize("n", [100, 300])
def test_contamination_is_the_exact_fraction_of_training_data(contamination, n):
    scores = -np.random.default_rng(0).exponential(size=n)
    offset = choose_offset(scores, contamination, FENCE_OF_ERRORS)
    assert (scores < offset).sum() == round(contamination * n)


def test_auto_is_a_fence_of_the_roots():
    roots = np.linspace(0, 4, 9)  # quartiles 1 and 3
    assert choose_offset(-(roots**2), "auto", FENCE_OF_ERRORS) == pytest.approx(
        -((3 + 4 * 2) ** 2)
    )


def test_auto_is_at_least_the_size_of_usual_scores():
    assert choose_offset(np.full(9, -1e-9), "auto", FENCE_OF_ERRORS) == -1


def test_auto_for_distances_is_a_fence_of_the_distances():
    distances = np.linspace(0, 4, 9)
    offset = choose_offset(-distances, "auto", FENCE_OF_DISTANCES)
    assert offset == pytest.approx(-(3 + 2.5 * 2))
    assert choose_offset(np.full(9, -1e-9), "auto", FENCE_OF_DISTANCES) == -1e-9


def test_auto_for_errors_of_single_rows():
    """The squares of normal errors have many small values."""
    squares = np.random.default_rng(0).normal(size=100_000) ** 2
    for scores in (-squares, np.where(np.arange(100_000) % 3, -squares, 0.0)):
        offset = choose_offset(scores, "auto", FENCE_OF_ERRORS)
        assert -50 < offset < -10
        assert (scores < offset).mean() < 1e-3


def test_auto_separates_outliers_from_noise():
    random = np.random.default_rng(0)
    noise = -np.abs(random.normal(size=2000)) - 0.5
    offset = choose_offset(noise, "auto", FENCE_OF_ERRORS)
    assert (noise < offset).mean() < 0.01
    assert offset > -50


def test_auto_accepts_scores_of_zero():
    for fence in (FENCE_OF_ERRORS, FENCE_OF_DISTANCES):
        assert choose_offset(np.zeros(10), "auto", fence) <= 0
