"""Losses of forecasters, compared to the formulas of torch and scipy."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import mean_pinball_loss, r2_score
from torch.nn import functional as F

from skseq.tasks.forecast_losses import (
    MIN_POSITIVE,
    AbsoluteErrorLoss,
    HuberLoss,
    NegativeBinomialLikelihood,
    NormalLikelihood,
    QuantileLoss,
    SquaredErrorLoss,
    StudentTLikelihood,
)

N, HORIZON = 4, 3
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
LOSSES = [
    AbsoluteErrorLoss(),
    SquaredErrorLoss(),
    HuberLoss(),
    QuantileLoss(LEVELS),
    QuantileLoss([0.3]),
    NormalLikelihood(),
    StudentTLikelihood(),
    NegativeBinomialLikelihood(),
]
CONTINUOUS = [QuantileLoss(LEVELS), NormalLikelihood(), StudentTLikelihood()]
WITH_QUANTILES = [*CONTINUOUS, NegativeBinomialLikelihood()]


def name_of(loss):
    return f"{type(loss).__name__}{loss.n_outputs}"


ALL = pytest.mark.parametrize("loss", LOSSES, ids=name_of)
SEEDS = st.integers(0, 999)
SIZES = st.sampled_from([0.1, 1.0, 5.0])


def draw(loss, seed=0, size=1.0):
    """Return outputs (N, HORIZON * n_outputs) and targets with units."""
    generator = torch.Generator().manual_seed(seed)
    outputs = size * torch.randn(N, HORIZON * loss.n_outputs, generator=generator)
    units = 0.5 + torch.rand(N, 1, generator=generator).expand(N, HORIZON)
    if loss.is_count:
        counts = torch.randint(0, 6, (N, HORIZON), generator=generator)
        values = counts / units
    else:
        values = torch.randn(N, HORIZON, generator=generator)
    return outputs, torch.stack([values, units], dim=2)


def split(loss, outputs, targets):
    """Return outputs, values and units as arrays, as for forecasts."""
    outputs = outputs.reshape(N, HORIZON, loss.n_outputs).numpy()
    return outputs, targets[..., 0].numpy().astype(float), targets[:, :1, 1].numpy()


def parameters(loss, outputs):
    """Return the outputs of each kind: (N, HORIZON) each."""
    outputs = outputs.reshape(N, HORIZON, loss.n_outputs).double()
    return outputs.unbind(dim=2)


class TestFormulas:
    """The formula of each loss."""

    def test_absolute(self):
        outputs, targets = draw(loss := LOSSES[0])
        expected = F.l1_loss(outputs, targets[..., 0], reduction="none").mean(dim=1)
        torch.testing.assert_close(loss(outputs, targets), expected)

    def test_squared(self):
        outputs, targets = draw(loss := LOSSES[1])
        expected = 0.5 * F.mse_loss(outputs, targets[..., 0], reduction="none").mean(dim=1)
        torch.testing.assert_close(loss(outputs, targets), expected)

    def test_huber(self):
        outputs, targets = draw(loss := LOSSES[2], size=3)
        error = (outputs - targets[..., 0]).abs()
        expected = torch.where(error < 1, 0.5 * error**2, error - 0.5).mean(dim=1)
        torch.testing.assert_close(loss(outputs, targets), expected)

    def test_quantile(self):
        outputs, targets = draw(loss := LOSSES[3])
        quantiles = loss.stack(outputs.view(N, HORIZON, -1)).numpy()
        losses = loss(outputs, targets)
        for i in range(N):
            expected = np.mean(
                [
                    mean_pinball_loss(targets[i, :, 0], quantiles[i, :, k], alpha=level)
                    for k, level in enumerate(LEVELS)
                ]
            )
            assert losses[i].item() == pytest.approx(expected, rel=1e-5)

    def test_normal(self):
        outputs, targets = draw(loss := NormalLikelihood())
        location, spread = parameters(loss, outputs)
        density = stats.norm(location, F.softplus(spread) + MIN_POSITIVE)
        expected = -density.logpdf(targets[..., 0]).mean(axis=1)
        np.testing.assert_allclose(loss(outputs, targets), expected, rtol=1e-4)

    def test_student_t(self):
        outputs, targets = draw(loss := StudentTLikelihood())
        location, spread, freedom = parameters(loss, outputs)
        density = stats.t(
            2 + F.softplus(freedom) + MIN_POSITIVE,
            location,
            F.softplus(spread) + MIN_POSITIVE,
        )
        expected = -density.logpdf(targets[..., 0]).mean(axis=1)
        np.testing.assert_allclose(loss(outputs, targets), expected, rtol=1e-4)

    def test_negative_binomial(self):
        """The counts have the mean and the variance mean + spread * mean^2."""
        outputs, targets = draw(loss := NegativeBinomialLikelihood())
        units = targets[..., 1].double()
        mean, spread = parameters(loss, outputs)
        mean = F.softplus(mean + np.log(np.e - 1)) * units + MIN_POSITIVE
        spread = F.softplus(spread) + MIN_POSITIVE
        density = stats.nbinom(1 / spread, 1 / (1 + mean * spread))
        np.testing.assert_allclose(density.mean(), mean)
        np.testing.assert_allclose(density.var(), mean + spread * mean**2)
        counts = (targets[..., 0] * units).round()
        expected = -density.logpmf(counts).mean(axis=1)
        np.testing.assert_allclose(loss(outputs, targets), expected, rtol=1e-4)

    def test_point_forecast_of_counts_is_the_mean(self):
        loss = NegativeBinomialLikelihood()
        outputs, _, units = split(loss, *draw(loss))
        mean = loss.frozen(outputs, units).counts.mean() / units
        np.testing.assert_allclose(loss.point(outputs, units), mean, atol=2 * MIN_POSITIVE)
        # The first outputs of a network are about 0: a mean of one unit.
        np.testing.assert_allclose(loss.point(0 * outputs, units), 1.0, rtol=1e-6)


class TestMissing:
    """Steps without an observation."""

    @ALL
    @given(seed=SEEDS, hidden=st.sets(st.integers(0, HORIZON - 1), min_size=1))
    def test_loss_leaves_out_missing_steps(self, loss, seed, hidden):
        outputs, targets = draw(loss, seed)
        outputs.requires_grad_()
        hidden, kept = sorted(hidden), sorted(set(range(HORIZON)) - hidden)
        targets[:, hidden, 0] = float("nan")
        losses = loss(outputs, targets)
        assert losses.shape == (N,)
        losses.sum().backward()
        gradient = outputs.grad.view(N, HORIZON, -1)
        assert torch.isfinite(gradient).all()
        assert not gradient[:, hidden].any()
        if not kept:
            assert not losses.any()
            return
        whole = outputs.detach().view(N, HORIZON, -1)[:, kept].flatten(1)
        torch.testing.assert_close(losses.detach(), loss(whole, targets[:, kept]))

    @ALL
    def test_score_leaves_out_missing_steps(self, loss):
        outputs, targets = draw(loss)
        all_outputs, values, units = split(loss, outputs, targets)
        targets[1, 2, 0] = targets[3, 0, 0] = float("nan")
        present = ~torch.isnan(targets[..., 0]).numpy()
        point = loss.point(all_outputs, units)
        expected = r2_score(values[present], point[present])
        assert loss.score(outputs, targets) == pytest.approx(expected, rel=1e-4)

    @ALL
    def test_score_without_observations_is_nan(self, loss):
        outputs, targets = draw(loss)
        targets[..., 0] = float("nan")
        assert np.isnan(loss.score(outputs, targets))


@pytest.mark.parametrize("loss", LOSSES[:3], ids=name_of)
def test_point_forecasts_are_the_outputs(loss):
    outputs, targets = draw(loss)
    outputs, _, units = split(loss, outputs, targets)
    np.testing.assert_array_equal(loss.point(outputs, units), outputs[..., 0])
    assert not loss.has_quantiles


class TestQuantiles:
    """Quantiles and levels."""

    @pytest.mark.parametrize("loss", WITH_QUANTILES, ids=name_of)
    @given(
        seed=SEEDS,
        size=SIZES,
        levels=st.lists(st.floats(1e-4, 1 - 1e-4), min_size=2, max_size=8),
    )
    def test_quantiles_increase_with_the_level(self, loss, seed, size, levels):
        outputs, _, units = split(loss, *draw(loss, seed, size))
        quantiles = [loss.quantile(outputs, level, units) for level in sorted(levels)]
        assert all(q.shape == (N, HORIZON) for q in quantiles)
        assert np.isfinite(quantiles).all()
        assert (np.diff(quantiles, axis=0) >= -1e-6).all()

    @pytest.mark.parametrize("loss", CONTINUOUS, ids=name_of)
    def test_point_forecast_is_the_median(self, loss):
        outputs, _, units = split(loss, *draw(loss))
        np.testing.assert_array_equal(
            loss.point(outputs, units), loss.quantile(outputs, 0.5, units)
        )

    @pytest.mark.parametrize("loss", CONTINUOUS, ids=name_of)
    @given(seed=SEEDS, size=SIZES, level=st.floats(0.001, 0.999))
    def test_level_inverts_quantile(self, loss, seed, size, level):
        outputs, _, units = split(loss, *draw(loss, seed, size))
        if isinstance(loss, QuantileLoss):  # equal quantiles have no level
            assume(np.diff(loss.stack(torch.from_numpy(outputs)).numpy()).min() > 1e-3)
        quantile = loss.quantile(outputs, level, units)
        levels = loss.level(outputs, quantile, units)
        np.testing.assert_allclose(levels, np.full((N, HORIZON), level), atol=2e-3)

    @pytest.mark.parametrize("loss", CONTINUOUS, ids=name_of)
    def test_levels_may_differ_between_steps(self, loss):
        outputs, _, units = split(loss, *draw(loss))
        levels = np.random.default_rng(0).uniform(0.05, 0.95, (N, HORIZON))
        quantiles = loss.quantile(outputs, levels, units)
        for i in range(N):
            for h in range(HORIZON):
                alone = loss.quantile(outputs, levels[i, h], units)[i, h]
                assert quantiles[i, h] == alone

    @given(seed=SEEDS, size=SIZES)
    def test_level_of_a_count_is_within_its_jump(self, seed, size):
        loss = NegativeBinomialLikelihood()
        outputs, targets = draw(loss, seed, size)
        outputs, values, units = split(loss, outputs, targets)
        counts = np.round(values * units)
        density = loss.frozen(outputs, units).counts
        levels = loss.level(outputs, values, units)
        assert (levels >= density.cdf(counts - 1)).all()
        assert (levels <= density.cdf(counts)).all()
        likely = density.pmf(counts) > 1e-6
        back = loss.quantile(outputs, np.clip(levels, 1e-9, 1 - 1e-9), units)
        np.testing.assert_allclose(back[likely], values[likely], atol=1e-5)

    @pytest.mark.parametrize("mean", [1.0, 1e3, 1e6])
    def test_median_of_high_counts_is_accurate(self, mean):
        loss = NegativeBinomialLikelihood()
        outputs = np.array([[[mean, 0.5]]], dtype=np.float32)
        median = loss.quantile(outputs, 0.5, np.ones((1, 1)))
        spread = np.log1p(np.exp(0.5)) + MIN_POSITIVE
        mean = np.log1p(np.exp(-mean)) + mean + MIN_POSITIVE  # softplus
        expected = stats.nbinom(1 / spread, 1 / (1 + mean * spread)).median()
        np.testing.assert_allclose(median, expected, rtol=1e-5, atol=1)

    @pytest.mark.parametrize("loss", CONTINUOUS, ids=name_of)
    def test_levels_of_missing_values_are_nan(self, loss):
        outputs, values, units = split(loss, *draw(loss))
        values[0, 1] = np.nan
        levels = loss.level(outputs, values, units)
        assert np.isnan(levels).sum() == 1
        assert np.isnan(levels[0, 1])


class TestQuantileLoss:
    """Several quantiles of one step."""

    @given(seed=SEEDS, size=st.sampled_from([0.1, 1.0, 30.0]))
    def test_quantiles_do_not_cross(self, seed, size):
        loss = QuantileLoss(LEVELS)
        outputs, _ = draw(loss, seed, size)
        stacked = loss.stack(outputs.view(N, HORIZON, -1))
        assert (stacked.diff(dim=-1) >= 0).all()

    def test_learned_quantiles_are_returned_unchanged(self):
        loss = QuantileLoss(LEVELS)
        outputs, _, units = split(loss, *draw(loss))
        learned = loss.stack(torch.from_numpy(outputs)).numpy()
        for k, level in enumerate(LEVELS):
            quantile = loss.quantile(outputs, level, units)
            np.testing.assert_allclose(quantile, learned[..., k], atol=1e-5)

    def test_interpolation_is_exact_for_a_normal_distribution(self):
        """Quantiles are linear in normal scores."""
        loss = QuantileLoss((0.1, 0.5, 0.9))
        normal = stats.norm(3, 2)
        steps = np.diff(normal.ppf([0.1, 0.5, 0.9]))
        below, above = np.log(np.expm1(steps))
        outputs = np.array([[[below, normal.ppf(0.5), above]]], dtype=np.float32)
        for level in (0.001, 0.05, 0.3, 0.77, 0.95, 0.999):
            assert loss.quantile(outputs, level).item() == pytest.approx(
                normal.ppf(level), abs=1e-4
            )
            value = np.array([[normal.ppf(level)]])
            assert loss.level(outputs, value).item() == pytest.approx(level, abs=1e-4)

    def test_single_quantile(self):
        loss = QuantileLoss([0.3])
        outputs = np.array([[[2.0], [5.0]]], dtype=np.float32)
        assert loss.quantile(outputs, 0.8).tolist() == [[2, 5]]
        # The level is the middle of the range below or above the quantile.
        levels = loss.level(outputs, np.array([[1.0, 6.0]]))
        np.testing.assert_allclose(levels, [[0.15, 0.65]])
