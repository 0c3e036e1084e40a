"""Tests of weighted_quantile_loss and continuous_ranked_probability_score."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import mean_pinball_loss

from skseq.metrics import continuous_ranked_probability_score as crps
from skseq.metrics import weighted_quantile_loss as wql

NAN = np.nan


class TestWeightedQuantileLoss:
    def test_value(self):
        # For y = 10, the loss of 8 and 13 at level 0.1 is 0.2 and 2.7, of 9 at 0.5 it is 0.5.
        loss = wql([10.0, 10.0], [[8.0, 9.0], [13.0, 10.0]], quantiles=[0.1, 0.5])
        assert loss == pytest.approx(2 * ((0.2 + 2.7) + 0.5) / 2 / 20, rel=1e-14)

    def test_matches_pinball_loss_of_scikit_learn(self):
        rng = np.random.default_rng(0)
        y, levels = rng.normal(size=20), [0.05, 0.3, 0.8]
        forecasts = rng.normal(size=(20, 3))
        losses = [
            mean_pinball_loss(y, forecasts[:, k], alpha=level)
            for k, level in enumerate(levels)
        ]
        expected = 2 * np.mean(losses) / np.abs(y).mean()
        assert wql(y, forecasts, quantiles=levels) == pytest.approx(expected, rel=1e-12)

    def test_median_gives_the_weighted_absolute_percentage_error(self):
        y, forecast = np.array([3.0, -1.0, 2.0]), np.array([1.0, 1.0, 2.0])
        loss = wql(y, forecast[:, None], quantiles=[0.5])
        assert loss == pytest.approx(4 / 6, rel=1e-14)

    def test_missing_values_and_weights(self):
        y, forecasts = [10.0, NAN, 20.0], [[8.0], [1.0], [30.0]]
        loss = wql(y, forecasts, quantiles=[0.5], sample_weight=[3.0, 7.0, 1.0])
        assert loss == pytest.approx((3 * 2 + 10) / (3 * 10 + 20), rel=1e-14)

    def test_panel_sums_over_all_series(self):
        index = pd.MultiIndex.from_tuples([("a", 0), ("a", 1), ("b", 0)])
        y = pd.Series([1.0, 1.0, 98.0], index=index)
        forecasts = pd.DataFrame({0.5: [2.0, 1.0, 98.0]}, index=index)
        assert wql(y, forecasts) == pytest.approx(1 / 100, rel=1e-14)
        assert wql(y, forecasts.iloc[[2, 0, 1]]) == pytest.approx(1 / 100, rel=1e-14)

    def test_columns_of_a_frame_are_the_quantiles(self):
        y = pd.Series([10.0, 10.0])
        frame = pd.DataFrame({0.5: [9.0, 10.0], 0.1: [8.0, 13.0]})
        expected = wql(y, [[8.0, 9.0], [13.0, 10.0]], quantiles=[0.1, 0.5])
        assert wql(y, frame) == pytest.approx(expected, rel=1e-14)
        assert wql(y, frame, quantiles=[0.1, 0.5]) == pytest.approx(expected, rel=1e-14)
        with pytest.raises(
            ValueError,
            match=r"should have the columns \[0.2, 0.5\], but it has \[0.5, 0.1\]",
        ):
            wql(y, frame, quantiles=[0.2, 0.5])

    def test_several_targets(self):
        y = np.array([[10.0, 1.0], [10.0, 3.0]])
        forecasts = np.array([[[8.0, 9.0], [1.0, 2.0]], [[13.0, 10.0], [3.0, 3.0]]])
        raw = wql(y, forecasts, quantiles=[0.1, 0.5], multioutput="raw_values")
        expected = [2 * 3.4 / 2 / 20, 2 * 0.5 / 2 / 4]
        np.testing.assert_allclose(raw, expected, rtol=1e-14)
        columns = pd.MultiIndex.from_product([["p", "q"], [0.1, 0.5]])
        frame = pd.DataFrame(forecasts.reshape(2, 4), columns=columns)
        names = pd.DataFrame(y, columns=["p", "q"])
        by_name = wql(names, frame[[("q", 0.5), ("p", 0.1), ("q", 0.1), ("p", 0.5)]])
        assert by_name == pytest.approx(np.mean(expected), rel=1e-14)
        # Targets without names are in the order of the columns.
        assert wql(y, frame) == pytest.approx(np.mean(expected), rel=1e-14)

    @given(level=st.floats(0.05, 0.95), seed=st.integers(0, 100))
    def test_quantile_of_the_sample_is_the_best_constant(self, level, seed):
        rng = np.random.default_rng(seed)
        y = rng.normal(5, 1, size=31)

        def loss(value):
            return wql(y, np.full((31, 1), value), quantiles=[level])

        best = np.quantile(y, level, method="inverted_cdf")
        assert loss(best) <= min(loss(value) for value in y) + 1e-12

    def test_errors(self):
        with pytest.raises(ValueError, match="All observed values of y_true are 0"):
            wql([0.0, NAN], [[1.0], [1.0]], quantiles=[0.5])
        with pytest.raises(
            ValueError, match=r"y_quantiles is an array.* Set quantiles=\[...\]"
        ):
            wql([1.0], [[1.0]])
        with pytest.raises(
            ValueError, match=r"\(1, 1\) for 1 steps, 1 target\(s\) and .* shape \(1, 2\)"
        ):
            wql([1.0], [[1.0, 2.0]], quantiles=[0.5])
        with pytest.raises(ValueError, match=r"y_quantiles contains NaN in row 1"):
            wql([1.0, 2.0], [[1.0, 2.0], [1.0, NAN]], quantiles=[0.2, 0.5])

    @pytest.mark.parametrize(
        "quantiles", [[], [0.0], [0.5, 1.0], [0.5, 0.5], ["low"], [NAN]]
    )
    def test_invalid_quantiles_raise(self, quantiles):
        with pytest.raises(ValueError, match="distinct numbers between 0 and 1") as error:
            wql([1.0], [[1.0]], quantiles=quantiles)
        assert str(quantiles) in str(error.value)


class TestContinuousRankedProbabilityScore:
    def test_value(self):
        # The distances to 10 are 1, 3, 2; those between pairs are 4, 3, 1.
        score = crps([10.0], [[9.0], [13.0], [12.0]])
        assert score == pytest.approx(6 / 3 - 8 / (3 * 2), rel=1e-14)

    def test_matches_the_double_sum_over_pairs(self):
        rng = np.random.default_rng(0)
        y, samples = rng.normal(size=6), rng.normal(size=(9, 6))
        pairs = np.abs(samples[:, None] - samples[None]).sum(axis=(0, 1))
        expected = np.mean(np.abs(samples - y).mean(axis=0) - pairs / (2 * 9 * 8))
        assert crps(y, samples) == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize("n_samples", [2, 3, 20])
    def test_expectation_is_the_score_of_the_normal_distribution(self, n_samples):
        y = 0.7
        exact = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi)
        n_steps = 60_000
        samples = np.random.default_rng(1).normal(size=(n_samples, n_steps))
        # The biased estimator would be off by 0.56 / n_samples. The standard error of the
        # mean is below 0.003.
        assert crps(np.full(n_steps, y), samples) == pytest.approx(exact, abs=0.01)

    def test_identical_samples_give_the_absolute_error(self):
        y, forecast = np.array([3.0, -1.0]), np.array([1.0, 1.5])
        assert crps(y, np.stack([forecast] * 4)) == pytest.approx(2.25, rel=1e-14)

    def test_many_quantiles_approximate_the_score(self):
        levels = (np.arange(2000) + 0.5) / 2000
        y = np.array([0.3, -1.2])
        quantiles = np.tile(norm.ppf(levels), (2, 1))
        loss = wql(y, quantiles, quantiles=levels) * np.abs(y).mean()
        exact = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi)
        assert loss == pytest.approx(exact.mean(), abs=1e-3)

    def test_several_targets_missing_values_and_weights(self):
        y = np.array([[10.0, NAN], [25.0, 4.0]])
        samples = np.array([[[9.0, 0.0], [20.0, 3.0]], [[11.0, 0.0], [24.0, 5.0]]])
        raw = crps(y, samples, multioutput="raw_values")
        np.testing.assert_allclose(raw, [0.5, 0.0], atol=1e-14)
        weighted = crps(y, samples, multioutput="raw_values", sample_weight=[1.0, 3.0])
        np.testing.assert_allclose(weighted, [0.75, 0.0], atol=1e-14)

    def test_errors(self):
        with pytest.raises(ValueError, match="y_samples has 1 sample, but .* at least 2"):
            crps([1.0], [[1.0]])
        with pytest.raises(ValueError, match=r"\(n_samples, 1\) for 1 steps .*\(3, 2\)"):
            crps([1.0], np.ones((3, 2)))
        with pytest.raises(
            ValueError, match=r"\(n_samples, 1, 2\) for 1 steps and 2 target"
        ):
            crps([[1.0, 2.0]], np.ones((3, 1)))
        with pytest.raises(ValueError, match=r"y_samples contains NaN in row 1"):
            crps([1.0, 2.0], [[1.0, 2.0], [1.0, NAN]])
