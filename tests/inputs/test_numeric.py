"""Scaling of inputs, compared with StandardScaler on the stacked steps."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from skseq import Sequences
from skseq.inputs import InputScaler

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def draw(lengths, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    values = rng.normal([5.0, -1e3, 0.0], [2.0, 1e-2, 1e4], size=(sum(lengths), 3))
    values[rng.random(values.shape) < missing] = np.nan
    return Sequences(values, lengths)


def measure_of(X):
    """Return mean and deviation of the features."""
    scaler = InputScaler.fit(X, scale=True, mask_missing=True)
    return scaler.mean, scaler.scale


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    """Compute statistics from blocks of a few steps."""
    visit = Sequences.chunks
    monkeypatch.setattr(Sequences, "chunks", lambda self, n_steps=4: visit(self, n_steps))


@given(lengths=LENGTHS, seed=st.integers(0, 99), missing=st.sampled_from([0.0, 0.3]))
def test_statistics_equal_those_of_standard_scaler(lengths, seed, missing):
    X = draw(lengths, seed, missing)
    rows = np.arange(len(lengths))[::2]
    for part in (X, X[rows]):
        stacked = np.concatenate(part.to_list())
        seen = ~np.isnan(stacked).all(axis=0)
        theirs = StandardScaler().fit(stacked[:, seen])
        mean, deviation = measure_of(part)
        np.testing.assert_allclose(mean[seen], theirs.mean_, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(deviation[seen], theirs.scale_, rtol=1e-9)
        assert (deviation[~seen] == 1).all()
        assert (mean[~seen] == 0).all()


@given(lengths=LENGTHS, seed=st.integers(0, 99))
def test_transform_equals_that_of_standard_scaler(lengths, seed):
    X = draw(lengths, seed)
    scaler = InputScaler.fit(X, scale=True, mask_missing=False)
    batch = np.array(X.values)[None]
    scaled = scaler.transform(batch.copy())
    assert scaled.dtype == torch.float32
    expected = StandardScaler().fit_transform(X.values)
    np.testing.assert_allclose(scaled[0], expected, rtol=1e-5, atol=1e-5)


def test_statistics_are_over_steps_without_padding():
    """Statistics are over steps, so longer sequences weigh more."""
    X = Sequences.from_list([[0.0] * 9, [10.0]])
    mean, deviation = measure_of(X)
    assert mean.item() == pytest.approx(1.0)
    assert deviation.item() == pytest.approx(3.0)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e9 + 0.1, -1e-9])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_features_become_zero(value, dtype):
    X = Sequences(np.full((1001, 1), value, dtype=dtype), [1, 1000])
    scaler = InputScaler.fit(X, scale=True, mask_missing=False)
    assert scaler.scale.item() == 1.0
    scaled = scaler.transform(np.array(X.values)[None])
    tolerance = 1e-6 * max(1.0, abs(value)) if dtype == np.float32 else 1e-6
    assert scaled.abs().max() <= tolerance


def test_large_offsets_lose_no_digits():
    """Time stamps in seconds: differences of 1 around 1.7e9, in double precision."""
    steps = 1.7e9 + np.arange(1000.0)
    X = Sequences(steps, [400, 600])
    scaler = InputScaler.fit(X, scale=True, mask_missing=False)
    scaled = scaler.transform(X.values[None].copy())[0, :, 0]
    expected = (np.arange(1000.0) - 499.5) / np.sqrt((1000**2 - 1) / 12)
    np.testing.assert_allclose(scaled, expected, rtol=1e-6, atol=1e-7)


def test_missing_values_are_zero_with_an_indicator():
    X = Sequences(np.array([[1.0, np.nan], [3.0, 4.0], [np.nan, 6.0]]), [2, 1])
    scaler = InputScaler.fit(X, scale=True, mask_missing=True)
    assert scaler.n_features == 4
    scaled = scaler.transform(np.array(X.values)[None])
    expected = [[-1, 0, 0, 1], [1, -1, 0, 0], [0, 1, 1, 0]]
    np.testing.assert_allclose(scaled[0], expected, atol=1e-6)


def test_indicator_exists_without_missing_values():
    X = Sequences(np.array([[1.0], [3.0]]), [2])
    scaler = InputScaler.fit(X, scale=True, mask_missing=True)
    assert scaler.transform(np.array(X.values)[None]).tolist() == [[[-1, 0], [1, 0]]]


def test_feature_that_is_always_missing():
    X = Sequences(np.array([[1.0, np.nan], [3.0, np.nan]]), [2])
    scaler = InputScaler.fit(X, scale=True, mask_missing=True)
    assert scaler.transform(np.array(X.values)[None])[0].tolist() == [
        [-1, 0, 0, 1],
        [1, 0, 0, 1],
    ]
    # Values that appear later are not scaled.
    assert scaler.transform(np.array([[[2.0, 7.0]]])).tolist() == [[[0, 7, 0, 0]]]


def test_values_are_unchanged_without_scaling():
    X = draw([4, 3])
    scaler = InputScaler.fit(X, scale=False, mask_missing=False)
    scaled = scaler.transform(np.array(X.values)[None])
    np.testing.assert_array_equal(scaled[0], X.values.astype(np.float32))


def test_batch_is_not_modified():
    X = draw([4, 3], missing=0.3)
    batch = np.array(X.values)[None]
    before = batch.copy()
    for scale in (True, False):
        InputScaler.fit(X, scale=scale, mask_missing=True).transform(batch)
        np.testing.assert_array_equal(batch, before)
