"""Distances to training sequences: standardization, weights, and the sequence itself."""

import numpy as np
import pytest

from skseq.detection import NeighborDistances
from skseq.detection.neighbors import GROUP_WEIGHTS


def make_groups(n=30, seed=0, scale=1.0):
    """Return groups of features as those of the embedding."""
    random = np.random.default_rng(seed)
    return [scale * random.normal(size=(n, width)) for width in (6, 4, 1, 1, 1)]


def measure(groups, others, n_neighbors=3):
    neighbors = NeighborDistances.fit(groups)
    return neighbors.measure(neighbors.transform(others), n_neighbors)


def test_each_group_contributes_its_weight():
    groups = make_groups(2000)
    points = NeighborDistances.fit(groups).points
    first = 0
    for group, weight in zip(groups, GROUP_WEIGHTS, strict=True):
        part = points[:, first : first + group.shape[1]]
        np.testing.assert_allclose((part**2).sum(axis=1).mean(), weight)
        first += group.shape[1]


def test_distances_equal_those_without_the_sequence():
    groups = make_groups()
    neighbors = NeighborDistances.fit(groups)
    found = neighbors.measure(neighbors.points, 3)
    for i in (0, 7, 29):
        others = np.delete(neighbors.points, i, axis=0)
        expected = np.sort(np.linalg.norm(others - neighbors.points[i], axis=1))[:3].mean()
        np.testing.assert_allclose(found[i], expected)


def test_a_new_sequence_has_all_neighbors():
    groups, new = make_groups(), make_groups(5, seed=1)
    neighbors = NeighborDistances.fit(groups)
    points = neighbors.transform(new)
    distances = np.linalg.norm(points[:, None] - neighbors.points[None], axis=2)
    expected = np.sort(distances, axis=1)[:, :3].mean(axis=1)
    np.testing.assert_allclose(neighbors.measure(points, 3), expected)


def test_rounding_errors_do_not_matter():
    groups = make_groups()
    shifted = [group + 1e-7 for group in groups]
    np.testing.assert_allclose(measure(groups, shifted), measure(groups, groups), atol=1e-5)


def test_only_one_equal_sequence_is_left_out():
    groups = [np.concatenate([group, group[:1], group[:1]]) for group in make_groups()]
    found = measure(groups, groups, n_neighbors=2)
    assert found[0] == found[30] == found[31] == 0
    assert (found[1:30] > 0).all()


def test_constant_features_do_not_divide_by_zero():
    groups = make_groups()
    groups[4] = np.zeros((30, 1))
    changed = [group.copy() for group in groups]
    changed[4] += 1.0
    usual, found = measure(groups, groups), measure(groups, changed)
    assert np.isfinite(found).all()
    assert (found > usual).all()


@pytest.mark.parametrize("scale", [2.0, 1e6])
def test_units_do_not_matter(scale):
    expected = measure(make_groups(), make_groups(4, seed=1))
    found = measure(make_groups(scale=scale), make_groups(4, seed=1, scale=scale))
    np.testing.assert_allclose(found, expected)


def test_fewer_sequences_than_neighbors():
    groups = make_groups(3)
    assert (measure(groups, groups, n_neighbors=2) == measure(groups, groups, 50)).all()
