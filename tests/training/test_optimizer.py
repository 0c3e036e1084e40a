"""The optimizer equals that of torch, bit for bit."""

import copy

import pytest
import torch
from torch import nn
from torch.optim.adamw import adamw

from skseq.training import optimizer as optimizer_module
from skseq.training.optimizer import AdamW, clip_gradients, find_fused_update


def make_module():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 3))


def group_parameters(module, weight_decay=0.1):
    parameters = list(module.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ]


def give_gradients(*modules, seed):
    generator = torch.Generator().manual_seed(seed)
    for parameters in zip(*(module.parameters() for module in modules), strict=True):
        gradient = torch.randn(parameters[0].shape, generator=generator)
        for parameter in parameters:
            parameter.grad = gradient.clone()


def hide(*arguments, **options):
    raise AttributeError("module 'torch' has no attribute '_fused_adamw_'")


def change_signature(parameters, gradients):
    """Stand for a kernel with other arguments."""


def change_result(parameters, *arguments, **options):
    parameters[0].zero_()


class TestFallback:
    """Updates without the private kernel of torch are those of the public function."""

    @pytest.mark.parametrize("kernel", [None, hide, change_signature, change_result])
    def test_updates_equal_those_of_torch(self, monkeypatch, kernel):
        if kernel is None:
            monkeypatch.delattr(torch, "_fused_adamw_")
        else:
            monkeypatch.setattr(torch, "_fused_adamw_", kernel)
        find_fused_update.cache_clear()
        try:
            assert find_fused_update() is None
            monkeypatch.undo()  # the public function needs the kernel as well
            calls = []
            monkeypatch.setattr(
                optimizer_module, "adamw", lambda *a, **k: calls.append(adamw(*a, **k))
            )
            ours = make_module()
            optimizer = AdamW(group_parameters(ours), 0.01)
            for seed in range(3):
                give_gradients(ours, seed=seed)
                optimizer.step()
            assert len(calls) == 6  # groups and updates
        finally:
            find_fused_update.cache_clear()
        theirs = make_module()
        fast = AdamW(group_parameters(theirs), 0.01)
        assert find_fused_update() is not None
        for seed in range(3):
            give_gradients(theirs, seed=seed)
            fast.step()
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(a, b)


class TestAdamW:
    """Updates by the fused kernel."""

    def test_updates_equal_those_of_torch_bit_for_bit(self):
        ours, theirs = make_module(), make_module()
        found = AdamW(group_parameters(ours), 0.01)
        expected = torch.optim.AdamW(group_parameters(theirs), lr=0.01, fused=True)
        for seed in range(5):
            give_gradients(ours, theirs, seed=seed)
            for optimizer in (found, expected):
                optimizer.param_groups[0]["lr"] = 0.01 / (1 + seed)
                optimizer.step()
            for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
                assert torch.equal(a, b)

    def test_state_is_interchangeable_with_torch(self):
        ours, theirs = make_module(), make_module()
        found = AdamW(group_parameters(ours), 0.01)
        expected = torch.optim.AdamW(group_parameters(theirs), lr=0.01, fused=True)
        for optimizer in (found, expected):
            give_gradients(ours, theirs, seed=0)
            optimizer.step()
        states = [copy.deepcopy(optimizer.state_dict()) for optimizer in (found, expected)]
        found.load_state_dict(states[1])
        expected.load_state_dict(states[0])
        give_gradients(ours, theirs, seed=1)
        found.step()
        expected.step()
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(a, b)

    def test_parameters_without_gradient_are_unchanged(self):
        module = make_module()
        before = copy.deepcopy(module.state_dict())
        optimizer = AdamW(group_parameters(module), 0.01)
        module[0].weight.grad = torch.ones_like(module[0].weight)
        optimizer.step()
        for name, value in module.state_dict().items():
            assert torch.equal(value, before[name]) == (name != "0.weight")


class TestClipGradients:
    """Clipping of the total norm of the gradients."""

    @pytest.mark.parametrize("limit", [0.1, 1.0, 1000.0, 1e38])
    def test_gradients_and_norm_equal_those_of_torch(self, limit):
        ours, theirs = make_module(), make_module()
        give_gradients(ours, theirs, seed=0)
        for parameter in [*ours.parameters(), *theirs.parameters()]:
            parameter.grad *= 1e-3 if limit > 1000 else 1
        ours[1].bias.grad = theirs[1].bias.grad = None
        norm = clip_gradients(list(ours.parameters()), limit)
        assert torch.equal(norm, nn.utils.clip_grad_norm_(theirs.parameters(), limit))
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert (a.grad is None and b.grad is None) or torch.equal(a.grad, b.grad)

    @pytest.mark.parametrize("value", [float("inf"), float("nan")])
    def test_non_finite_norm_is_returned(self, value):
        ours, theirs = make_module(), make_module()
        give_gradients(ours, theirs, seed=0)
        for module in (ours, theirs):
            module[0].weight.grad[0, 0] = value
        norm = clip_gradients(list(ours.parameters()), 1.0)
        expected = nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        assert torch.equal(norm.isnan(), expected.isnan())
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(a.grad.nan_to_num(7), b.grad.nan_to_num(7))

    def test_gradients_are_unchanged_without_a_limit(self):
        module, same = make_module(), make_module()
        give_gradients(module, same, seed=0)
        norm = clip_gradients(list(module.parameters()), None)
        squares = sum(float((p.grad**2).sum()) for p in same.parameters())
        assert float(norm) == pytest.approx(squares**0.5, rel=1e-6)
        for a, b in zip(module.parameters(), same.parameters(), strict=True):
            assert torch.equal(a.grad, b.grad)
