"""The loss of forecasts of the next step."""

import numpy as np
import torch

from skseq.tasks.outlier_detection import NextStepLoss


def test_loss_is_a_sum_over_known_steps():
    random = np.random.default_rng(0)
    outputs, targets = random.normal(size=(2, 3, 5, 2))
    targets[0, 4] = targets[1, 2] = targets[1, 0, 1] = np.nan
    lengths = [5, 3, 2]
    expected = [
        0.5 * np.nansum((outputs[i, :n] - targets[i, :n]) ** 2) / 2
        for i, n in enumerate(lengths)
    ]
    tensors = torch.from_numpy(outputs), torch.from_numpy(targets), torch.tensor(lengths)
    np.testing.assert_allclose(NextStepLoss()(*tensors), expected)
    longer = torch.cat([tensors[0], torch.full((3, 2, 2), 9.0)], dim=1)
    np.testing.assert_allclose(NextStepLoss()(longer, *tensors[1:]), expected)


def test_gradients_of_unknown_targets_are_zero():
    outputs = torch.zeros(1, 3, 1, requires_grad=True)
    targets = torch.tensor([[[1.0], [float("nan")], [2.0]]])
    NextStepLoss()(outputs, targets, torch.tensor([2])).sum().backward()
    assert outputs.grad.flatten().tolist() == [-1, 0, 0]


def test_loss_without_known_targets_is_zero():
    targets = torch.full((2, 1, 3), float("nan"))
    assert NextStepLoss()(torch.ones(2, 1, 3), targets).tolist() == [0, 0]


def test_score_is_r2_over_known_values():
    targets = torch.tensor([[[1.0], [2.0], [float("nan")]], [[4.0], [9.0], [9.0]]])
    lengths = torch.tensor([3, 1])
    assert NextStepLoss().score(targets.nan_to_num(), targets, lengths) == 1
    assert NextStepLoss().score(torch.full((2, 3, 1), 7 / 3), targets, lengths) == 0
