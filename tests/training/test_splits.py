"""The validation split of early stopping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.training.splits import split_validation


def split(n, fraction=0.2, strata=None, groups=None, seed=0):
    return split_validation(n, fraction=fraction, strata=strata, groups=groups, seed=seed)


@given(st.integers(5, 60), st.floats(0.05, 0.6), st.integers(0, 9), st.integers(1, 4))
def test_each_row_is_in_one_part(n, fraction, seed, n_classes):
    labels = np.arange(n) % n_classes
    for strata in (None, labels):
        training, validation = split(n, fraction, strata, seed=seed)
        assert len(training)
        assert len(validation) == np.ceil(fraction * n)
        assert sorted([*training, *validation]) == list(range(n))
        assert (np.diff(training) > 0).all()
        assert (np.diff(validation) > 0).all()


@given(st.integers(0, 9), st.permutations(["a"] * 40 + ["b"] * 20))
def test_classes_keep_their_proportions(seed, labels):
    labels = np.array(labels)
    for rows in split(60, 0.1, labels, seed=seed):
        assert (labels[rows] == "a").sum() == 2 * (labels[rows] == "b").sum()


@pytest.mark.parametrize(
    "strata",
    [
        np.array([0] * 9 + [1]),  # one sequence only
        np.repeat([0, 1, 2, 3, 4], 2),  # more classes than validation rows
    ],
)
def test_classes_too_small_to_stratify_are_split_at_random(strata):
    training, validation = split(10, 0.1, strata)
    assert (len(training), len(validation)) == (9, 1)


@given(
    st.lists(st.integers(0, 6), min_size=4, max_size=40).filter(lambda g: len(set(g)) > 1),
    st.floats(0.05, 0.5),
    st.integers(0, 9),
)
def test_groups_are_not_split(groups, fraction, seed):
    groups = np.array([f"recording {g}" for g in groups])
    strata = np.arange(len(groups)) % 2
    training, validation = split(len(groups), fraction, strata, groups, seed)
    assert not set(groups[training]) & set(groups[validation])
    assert len(set(groups[validation])) == np.ceil(fraction * len(set(groups)))
    assert sorted([*training, *validation]) == list(range(len(groups)))


def test_single_group_raises():
    with pytest.raises(ValueError, match="at least 2 groups to hold one out, got 1. Set"):
        split(10, groups=np.zeros(10))


def test_split_depends_on_the_seed():
    assert all(np.array_equal(a, b) for a, b in zip(split(50), split(50), strict=True))
    assert not np.array_equal(split(50)[1], split(50, seed=1)[1])
