"""The generators implement the problems of their papers and use no global random state."""

# ruff: noqa: NPY002 - the tests set and read the global random state on purpose.

import numpy as np
import pytest

from skseq import Sequences
from skseq.datasets import make_adding_problem, make_delayed_recall, make_temporal_parity


def make_ragged_parity(n_sequences=1000, length=20, *, random_state=None):
    return make_temporal_parity(
        n_sequences, length, variable_length=True, random_state=random_state
    )


GENERATORS = [
    make_adding_problem,
    make_delayed_recall,
    make_temporal_parity,
    make_ragged_parity,
]
every_generator = pytest.mark.parametrize("make", GENERATORS)


def read_values(X):
    return X.values if isinstance(X, Sequences) else X


def same(a, b):
    return np.array_equal(read_values(a[0]), read_values(b[0])) and np.array_equal(
        a[1], b[1]
    )


# The adding problem


@pytest.mark.parametrize("length", [2, 3, 10, 101])
def test_one_step_of_each_half_is_marked(length):
    X, y = make_adding_problem(n_sequences=500, length=length, random_state=0)
    assert X.shape == (500, length, 2)
    assert y.shape == (500,)
    markers = X[:, :, 1]
    assert set(np.unique(markers)) <= {0.0, 1.0}
    assert (markers[:, : length // 2].sum(axis=1) == 1).all()
    assert (markers[:, length // 2 :].sum(axis=1) == 1).all()


def test_markers_are_uniform_over_the_steps():
    X, _ = make_adding_problem(n_sequences=2000, length=11, random_state=0)
    share = X[:, :, 1].mean(axis=0)
    # The halves have 5 and 6 steps. The tolerance is six standard errors.
    assert np.abs(share[:5] - 1 / 5).max() < 6 * np.sqrt(0.2 * 0.8 / 2000)
    assert np.abs(share[5:] - 1 / 6).max() < 6 * np.sqrt(5 / 36 / 2000)


def test_target_is_the_sum_of_the_marked_values():
    X, y = make_adding_problem(n_sequences=300, length=30, random_state=1)
    values, markers = X[:, :, 0], X[:, :, 1]
    for i in range(len(y)):
        first, second = np.flatnonzero(markers[i])
        assert y[i] == values[i, first] + values[i, second]


def test_values_are_uniform():
    values = make_adding_problem(n_sequences=1000, length=100, random_state=2)[0][:, :, 0]
    assert values.min() >= 0
    assert values.max() < 1
    n = values.size
    shares = np.histogram(values, bins=10, range=(0, 1))[0] / n
    assert np.abs(shares - 0.1).max() < 6 * np.sqrt(0.1 * 0.9 / n)


def test_predicting_the_mean_has_error_one_sixth():
    n = 50_000
    _, y = make_adding_problem(n_sequences=n, length=2, random_state=3)
    errors = (y - 1) ** 2
    # The tolerance is six standard errors.
    assert abs(errors.mean() - 1 / 6) < 6 * errors.std() / np.sqrt(n)
    assert abs(y.mean() - 1) < 6 * y.std() / np.sqrt(n)


# Delayed recall


@pytest.mark.parametrize(("delay", "n_symbols"), [(0, 2), (1, 3), (50, 8)])
def test_label_is_the_first_symbol(delay, n_symbols):
    X, y = make_delayed_recall(400, delay, n_symbols=n_symbols, random_state=0)
    assert X.shape == (400, delay + 2, n_symbols + 1)
    assert np.array_equal(X[:, 0], np.eye(n_symbols + 1)[y])
    assert y.dtype.kind == "i"
    assert set(y) == set(range(n_symbols))


def test_cue_marks_only_the_last_step():
    X, _ = make_delayed_recall(50, 6, n_symbols=4, random_state=0)
    assert (X[:, :-1, 4] == 0).all()
    assert np.array_equal(X[:, -1], np.tile([0, 0, 0, 0, 1], (50, 1)))


def test_distractors_are_independent_of_the_label():
    n, k = 20_000, 4
    X, y = make_delayed_recall(n, 3, n_symbols=k, random_state=0)
    distractors = X[:, 1:-1, :k]
    assert (distractors.sum(axis=2) == 1).all()
    assert set(np.unique(distractors)) == {0.0, 1.0}
    shown = distractors.argmax(axis=2)
    for step in range(3):
        joint = np.zeros((k, k))
        np.add.at(joint, (y, shown[:, step]), 1 / n)
        # Every pair has probability 1/16. The tolerance is six standard errors.
        assert np.abs(joint - 1 / k**2).max() < 6 * np.sqrt(1 / 16 * 15 / 16 / n)


# Temporal parity


@pytest.mark.parametrize("length", [1, 2, 20])
def test_label_is_the_parity_of_the_bits(length):
    X, y = make_temporal_parity(300, length, random_state=0)
    assert X.shape == (300, length, 1)
    assert X.dtype == np.float64
    assert set(np.unique(X)) == {0.0, 1.0}
    state = np.zeros(300, dtype=int)
    for step in range(length):
        state ^= X[:, step, 0].astype(int)
    assert y.tolist() == state.tolist()
    assert set(y) == {0, 1}


def test_parity_with_variable_length():
    X, y = make_temporal_parity(1000, 9, variable_length=True, random_state=0)
    assert isinstance(X, Sequences)
    assert len(X) == len(y) == 1000
    assert X.n_features == 1
    assert set(X.lengths) == set(range(1, 10))
    assert set(np.unique(X.values)) == {0.0, 1.0}
    for sequence, label in zip(X, y, strict=True):
        assert label == int(sum(sequence.ravel().tolist())) % 2


@pytest.mark.parametrize("variable_length", [False, True])
def test_parity_classes_are_balanced(variable_length):
    n = 20_000
    _, y = make_temporal_parity(n, 7, variable_length=variable_length, random_state=0)
    assert abs(y.mean() - 0.5) < 6 * 0.5 / np.sqrt(n)


# Random state


@every_generator
def test_same_random_state_gives_same_sequences(make):
    assert same(make(20, random_state=7), make(20, random_state=7))
    assert same(make(20, random_state=np.int64(7)), make(20, random_state=7))
    assert same(make(20, random_state=np.random.RandomState(7)), make(20, random_state=7))


@every_generator
def test_different_random_states_give_different_sequences(make):
    assert not same(make(20, random_state=7), make(20, random_state=8))
    assert not same(make(20), make(20))


@every_generator
def test_random_state_instance_advances(make):
    generator = np.random.RandomState(7)
    assert not same(make(20, random_state=generator), make(20, random_state=generator))


@every_generator
@pytest.mark.parametrize("random_state", [None, 7])
def test_global_random_state_is_neither_read_nor_changed(make, random_state):
    saved = np.random.get_state()
    try:
        results = []
        for _ in range(2):
            np.random.seed(123)
            before = np.random.get_state()
            results.append(make(20, random_state=random_state))
            after = np.random.get_state()
            assert before[2:] == after[2:]
            assert np.array_equal(before[1], after[1])
        # With None the same global seed must not lead to the same sequences.
        assert same(*results) == (random_state is not None)
    finally:
        np.random.set_state(saved)


# Errors


@every_generator
@pytest.mark.parametrize("n_sequences", [0, -1, 2.5])
def test_invalid_n_sequences_raises(make, n_sequences):
    with pytest.raises(ValueError, match=rf"'n_sequences' .* Got {n_sequences} instead"):
        make(n_sequences)


@pytest.mark.parametrize(
    ("make", "parameter", "value"),
    [
        (make_adding_problem, "length", 1),
        (make_adding_problem, "length", "100"),
        (make_adding_problem, "random_state", -1),
        (make_delayed_recall, "delay", -1),
        (make_delayed_recall, "n_symbols", 1),
        (make_delayed_recall, "random_state", "seed"),
        (make_temporal_parity, "length", 0),
        (make_temporal_parity, "variable_length", "no"),
        (make_temporal_parity, "random_state", 0.5),
    ],
)
def test_invalid_parameter_raises_with_its_value(make, parameter, value):
    with pytest.raises(
        ValueError,
        match=rf"'{parameter}' parameter of {make.__name__} .* Got {value!r} instead",
    ):
        make(**{parameter: value})


def test_options_are_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        make_adding_problem(10, 10, 0)
