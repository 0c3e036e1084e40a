"""The running average of the weights."""

import numpy as np
import pytest
import torch
from torch import nn

from skseq.training.averaging import WeightAverage


def average_of(values):
    """Return the average of a weight that has the given values, one per update."""
    module = nn.Linear(1, 1, bias=False)
    average = WeightAverage(module)
    for value in values:
        with average.record():
            nn.init.constant_(module.weight, value)
    return average.weights["weight"].item()


def test_average_starts_with_the_first_update():
    assert average_of([5.0]) == 5.0


def test_average_of_three_updates():
    # Shares of the newest weights: 9/9, 9/10, 9/11.
    assert average_of([1.0, 2.0, 4.0]) == pytest.approx((1.9 * 2 + 4.0 * 9) / 11)


@pytest.mark.parametrize("n", [100, 1000])
def test_window_grows_with_training(n):
    """For weights that equal the update number, the average lags a tenth behind."""
    lag = n - average_of(np.arange(1.0, n + 1))
    assert lag == pytest.approx(n / 10, rel=0.02)


def test_running_statistics_are_averaged_and_counts_are_not():
    module = nn.BatchNorm1d(2)
    average = WeightAverage(module)
    with average.record():
        module(torch.randn(8, 2) + 5)
    torch.testing.assert_close(average.weights["running_mean"], module.running_mean)
    assert average.weights["num_batches_tracked"].item() == 0


def test_module_has_the_average_within_the_block_only():
    module = nn.Linear(1, 1, bias=False)
    average = WeightAverage(module)
    for value in (1.0, 2.0):
        with average.record():
            nn.init.constant_(module.weight, value)
    with average.in_place():
        assert module.weight.item() == pytest.approx(1.9)
    assert module.weight.item() == 2.0


def test_trained_weights_are_restored_after_an_error():
    module = nn.Linear(1, 1, bias=False)
    average = WeightAverage(module)
    nn.init.constant_(module.weight, 2.0)
    with pytest.raises(KeyboardInterrupt), average.in_place():
        raise KeyboardInterrupt
    assert module.weight.item() == 2.0


def test_average_does_not_share_memory_with_the_module():
    module = nn.Linear(1, 1, bias=False)
    average = WeightAverage(module)
    with average.record():
        nn.init.constant_(module.weight, 1.0)
    with average.in_place():
        pass
    nn.init.constant_(module.weight, 7.0)
    assert average.weights["weight"].item() == 1.0
