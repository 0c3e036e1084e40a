"""SequencesByClassDisplay draws the sequences of each class with their mean and spread."""

import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from skseq import Sequences
from skseq.inspection import SequencesByClassDisplay

from . import cases

draw = SequencesByClassDisplay.from_sequences


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def make_ragged(n_features=2, n=12):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(3 + i % 4, n_features)) for i in range(n)]
    return X, np.array(["rest", "walk", "run"])[np.arange(n) % 3]


def drawn(line):
    return np.asarray(line.get_ydata(), dtype=float)


def test_mean_and_spread_of_each_class():
    X = np.random.default_rng(0).normal(size=(9, 5))
    y = np.array([2, 0, 1] * 3)
    display = draw(X, y)
    assert display.groups == [0, 1, 2]
    assert display.axes_.shape == (3,)
    for k, line in enumerate(display.lines_):
        np.testing.assert_allclose(drawn(line), X[y == k].mean(axis=0))
        np.testing.assert_allclose(display.stds[k, :, 0], X[y == k].std(axis=0))
        np.testing.assert_allclose(
            cases.edges(display.bands_[k]).T,
            X[y == k].mean(axis=0) + X[y == k].std(axis=0) * [[-1], [1]],
        )
        single = display.axes_[k].lines[:-1]  # the last one is the mean
        np.testing.assert_array_equal([drawn(line) for line in single], X[y == k])
    assert [ax.get_title() for ax in display.axes_] == [f"{k} (n=3)" for k in range(3)]


def test_a_row_of_panels_for_each_feature():
    X, y = make_ragged()
    display = draw(X, y)
    assert display.axes_.shape == (2, 3)
    assert [ax.get_ylabel() for ax in display.axes_[:, 0]] == ["feature 0", "feature 1"]
    first = np.mean([x[0] for x, label in zip(X, y, strict=True) if label == "run"], axis=0)
    starts = np.array([drawn(line)[0] for line in display.lines_]).reshape(2, 3)
    np.testing.assert_allclose(starts[:, display.groups.index("run")], first)


@pytest.mark.parametrize(
    ("align", "positions", "mean"),
    [
        ("start", [0, 1, 2, 3], [4 / 3, 7 / 3, 10 / 3, np.nan]),
        ("end", [-4, -3, -2, -1], [np.nan, 5 / 3, 8 / 3, 11 / 3]),
    ],
)
def test_aligns_sequences_at_the_start_or_the_end(align, positions, mean):
    """The mean is drawn where at least half of the sequences have a value."""
    X = [[1.0, 2, 3], [3.0, 4, 5], [0.0, 1, 2, 3]]
    display = draw(X, ["a"] * 3, align=align)
    np.testing.assert_array_equal(display.positions, positions)
    np.testing.assert_allclose(drawn(display.lines_[0]), mean)
    shortest = display.axes_[0].lines[0]
    expected = positions[:3] if align == "start" else positions[1:]
    np.testing.assert_array_equal(shortest.get_xdata(), expected)


def test_stretches_sequences_to_the_same_length():
    """Sequences with the same shape coincide."""
    X = [np.linspace(0, 1, n + 1)[1:] - 0.5 / n for n in (10, 20, 40)]
    display = draw(X, ["a"] * 3, align="relative")
    inside = slice(10, -10)
    assert display.stds[0, inside].max() < 1e-9
    np.testing.assert_allclose(
        100 * drawn(display.lines_[0])[inside], display.positions[inside]
    )


def test_quantile_groups_of_numbers():
    X = np.arange(20.0)[:, None] + np.arange(3)
    display = draw(X, np.arange(20) + 0.5)
    assert display.groups == ["0.5 to 4.5", "5.5 to 9.5", "10.5 to 14.5", "15.5 to 19.5"]
    assert display.sizes == [5] * 4
    assert drawn(display.lines_[0])[0] == 2
    assert draw(X, np.arange(20), n_quantiles=2).sizes == [10, 10]
    ties = draw(X, np.repeat([1, 2], [15, 5]), n_quantiles=4)
    assert ties.groups == ["1 to 1", "2 to 2"]


def test_selects_features_and_classes():
    X, y = make_ragged(6)
    X = Sequences.from_list(X, feature_names=[f"x{k}" for k in range(6)])
    display = draw(X, y)
    assert display.feature_names == ["x0", "x1", "x2", "x3"]
    assert display.note == "4 of 6 features"
    display = draw(X, y, features=["x5", 0], labels=["walk", "rest"])
    assert display.feature_names == ["x5", "x0"]
    assert display.groups == ["walk", "rest"]
    assert display.note is None
    first = np.mean([x[0, 5] for x, label in zip(X, y, strict=True) if label == "walk"])
    assert drawn(display.lines_[0])[0] == pytest.approx(first)


def test_draws_the_most_frequent_of_many_classes():
    y = np.repeat(np.arange(15), np.arange(15) + 1)
    display = draw(np.zeros((len(y), 3)), y, n_examples=2)
    assert display.groups == list(range(3, 15))
    assert display.note == "12 of 15 classes"
    assert len(display.axes_[-1].lines) == 2 + 1  # two examples and the mean


def test_missing_values_and_single_steps():
    display = draw([[np.nan, 1.0], [3.0, 2.0]], ["a", "a"])
    np.testing.assert_allclose(drawn(display.lines_[0]), [3, 1.5])
    assert draw([[1.0], [2.0]], ["a", "b"]).lines_[0].get_marker() == "o"


def test_draws_only_numeric_features():
    X = pd.DataFrame({"tone": [[1.0, 2], [2.0]], "word": [["a", "b"], ["b"]]})
    assert draw(X, ["a", "b"]).feature_names == ["tone"]


def test_draws_on_a_given_figure():
    display = draw([[1.0, 2], [2.0]], ["a", "b"])
    figure = pyplot.figure()
    assert display.plot(figure.subfigures(1, 2)[1]).axes_[0].get_figure(root=True) is figure


@pytest.mark.parametrize(
    ("X", "y", "options", "message"),
    [
        (["a b", "c"], ["u", "v"], {}, "X has no numeric features to draw"),
        ([[1.0], [2.0]], ["a"], {}, "X has 2 sequences, but y has 1 values"),
        ([[1.0], [2.0]], [[0, 1], [1, 1]], {}, r"y should .* shape \(2, 2\)"),
        ([[1.0], [2.0]], ["a", None], {}, r"y\[1\] is None"),
        ([[1.0], [2.0]], ["a", "b"], {"labels": ["c"]}, "'c' is not in y.*'a', 'b'"),
        ([[1.0], [2.0]], ["a", "b"], {"labels": []}, "labels is empty"),
        ([[1.0], [2.0]], ["a", "b"], {"features": ["c"]}, "'c' is not one of 'x'"),
        ([[1.0], [2.0]], ["a", "b"], {"features": [1]}, "feature=1, but"),
        ([[1.0], [2.0]], ["a", "b"], {"features": [-1]}, "-1 is not one of 'x'"),
        ([[1.0], [2.0]], ["a", "b"], {"n_quantiles": 2}, "labels such as 'a'"),
        ([[1.0], [2.0]], [0.5, 1.2], {"labels": [0.5]}, "labels selects classes"),
        ([[1.0], [2.0]], ["a", "b"], {"align": "middle"}, "'align' parameter"),
    ],
)
def test_invalid_arguments_raise(X, y, options, message):
    with pytest.raises(ValueError, match=message):
        draw(X, y, **options)


def test_missing_matplotlib_raises(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="SequencesByClassDisplay needs matplotlib"):
        draw([[1.0]], ["a"])
