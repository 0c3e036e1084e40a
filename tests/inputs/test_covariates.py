"""Standardization of covariates."""

import numpy as np
import pytest

from skseq.inputs import CovariateScaler
from skseq.inputs.vocabulary import MISSING, PADDING, UNKNOWN
from skseq.series import Panel

NAN = np.nan


def make_panel(lengths, n_targets=1, n_covariates=0, seed=0):
    rng = np.random.default_rng(seed)
    n = sum(lengths)
    return Panel(
        rng.normal(size=(n, n_targets)),
        rng.normal(size=(n, n_covariates)),
        lengths,
        [0] * len(lengths),
        range(len(lengths)),
    )


def test_covariates_are_standardized_over_all_series():
    panel = make_panel([30, 50], 1, 2)
    panel.covariates[:] = panel.covariates * [1, 100] + [0, -500]
    panel.covariates[7] = NAN
    scaler = CovariateScaler.fit(panel, 0, scale=True, mask_missing=False)
    steps = scaler.transform(panel.covariates[None], 80)
    kept = np.delete(steps[0], 7, axis=0)
    np.testing.assert_allclose(kept.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(kept.std(axis=0), 1)
    assert steps[0, 7].tolist() == [0, 0]


def test_unused_storage_is_ignored():
    panel = make_panel([30, 50], 1, 2)
    expected = CovariateScaler.fit(panel, 0, scale=True, mask_missing=False)
    other = panel.take([0])
    other.add_steps(0, np.zeros((1, 1)), np.full((1, 2), 1e9))
    other.lengths[0] -= 1  # the added step is unused storage now
    other.add_series(1, panel.targets(1), panel.inputs(1), 0)
    scaler = CovariateScaler.fit(other, 0, scale=True, mask_missing=False)
    np.testing.assert_allclose(scaler.mean, expected.mean)
    np.testing.assert_allclose(scaler.scale, expected.scale)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e12, NAN])
def test_constant_covariates_become_0(value):
    panel = make_panel([30], 1, 1)
    panel.covariates[:] = value
    scaler = CovariateScaler.fit(panel, 0, scale=True, mask_missing=False)
    assert np.abs(scaler.transform(panel.covariates[None], 30)).max() < 1e-3
    assert scaler.scale.tolist() == [1]


def test_no_scaling():
    panel = make_panel([5], 1, 2)
    scaler = CovariateScaler.fit(panel, 0, scale=False, mask_missing=False)
    steps = scaler.transform(panel.covariates[None], 5)
    np.testing.assert_array_equal(steps[0], panel.covariates)


def test_missing_values_are_marked():
    """The order is: past covariates, their indicators, known covariates, their indicators."""
    panel = make_panel([4], 1, 2)
    scaler = CovariateScaler.fit(panel, 1, scale=False, mask_missing=True)
    steps = np.array([[[1, 5], [NAN, 6], [3, NAN], [NAN, NAN]]])
    expected = [[1, 0, 5, 0], [0, 1, 6, 0], [0, 0, 0, 1], [0, 0, 0, 1]]
    assert scaler.transform(steps, 2)[0].tolist() == expected
    assert (scaler.n_features, scaler.n_known) == (4, 2)


def test_features_of_categories():
    """Ids are the last features; past categories are padding in future steps."""
    panel = make_panel([5], 1, 4)
    panel.covariates[:, 0] = [0, 1, 1, 1, 0]  # past category
    panel.covariates[:, 2] = [NAN, 2, 2, 0, 2]  # known category
    known = [["a", "b"], None, ["x", "unused", "y"], None]
    scaler = CovariateScaler.fit(
        panel, 2, scale=True, mask_missing=True, columns=list("abcd"), categories=known
    )
    assert (scaler.n_features, scaler.n_known) == (6, 2)
    assert [len(scaler.categories), len(scaler.known_categories)] == [2, 1]
    steps = panel.covariates.copy()
    steps[0, 0], steps[1, 0], steps[2, 2] = -1, NAN, 1  # unseen, absent, unused
    features = scaler.transform(steps[None], 4)[0]
    numbers = CovariateScaler.fit(
        make_numeric(panel), 1, scale=True, mask_missing=True
    ).transform(steps[None][:, :, [1, 3]], 4)[0]
    np.testing.assert_array_equal(features[:, :4], numbers)
    b, y = 3, 3  # the most frequent categories come first
    assert features[:, 4].tolist() == [UNKNOWN, PADDING, b, b, PADDING]
    assert features[:, 5].tolist() == [MISSING, y, UNKNOWN, 4, y]


def make_numeric(panel):
    other = panel.take([0])
    other.covariates = other.covariates[:, [1, 3]]
    return other


def test_categories_outside_of_training_steps_are_unknown():
    panel = make_panel([6], 1, 1)
    panel.covariates[:, 0] = [0, 0, 0, 0, 1, 1]
    part = panel.truncate([4])
    scaler = CovariateScaler.fit(
        part, 0, scale=True, mask_missing=False, columns=["a"], categories=[["a", "b"]]
    )
    assert (
        scaler.transform(panel.covariates[None], 6)[0, :, 0].tolist() == [3] * 4 + [1] * 2
    )
