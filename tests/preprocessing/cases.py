"""Sequences for the tests of PerStep, and its expected result."""

import numpy as np
from sklearn.base import BaseEstimator

from skseq import Sequences

LENGTHS = [3, 1, 5, 4, 2, 6, 3, 4, 2, 5, 3, 4]
NAMES = ["height", "weight"]


def make_ragged(dtype=np.float64):
    rng = np.random.default_rng(0)
    scale, shift = np.array([1.0, 50.0]), np.array([2.0, 100.0])
    return [(rng.normal(size=(n, 2)) * scale + shift).astype(dtype) for n in LENGTHS]


def make_labels():
    return np.arange(len(LENGTHS)) % 2


def make_sequences():
    ids = [f"patient {i}" for i in range(len(LENGTHS))]
    return Sequences.from_list(make_ragged(), ids=ids, feature_names=NAMES)


def make_cube():
    return np.random.default_rng(1).normal(3.0, 2.0, size=(12, 5, 2))


def transform_stacked(transformer, arrays, y=None):
    """Fit and transform the stacked steps, and split them into a list of arrays again."""
    rows = transformer.fit_transform(np.concatenate(arrays), y)
    return np.split(rows, np.cumsum([len(a) for a in arrays])[:-1])


def assert_same(actual, expected):
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(one, other)


class OnlyFitAndTransform(BaseEstimator):
    """A transformer with no other methods than fit and transform."""

    def fit(self, X, y=None):
        self.low_ = X.min(axis=0)
        return self

    def transform(self, X):
        return X - self.low_
