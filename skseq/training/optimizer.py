"""AdamW and gradient clipping with less overhead per call than torch.

An update of a small network takes a few hundred microseconds, and torch spends as much
time on hooks, profiling and sorting parameters by device. The arithmetic is torch's own
in the same order, so the results are equal bit for bit.
"""

import contextlib
import functools

import numpy as np
import torch
from torch import nn


class AdamW(torch.optim.AdamW):
    """AdamW with one call of torch's fused kernel for each group of parameters.

    Decoupled weight decay (Loshchilov and Hutter, 2019,
    https://arxiv.org/abs/1711.05101). Hooks of optimizer steps are not called. Where the
    fused kernel is not available, the step is that of :class:`torch.optim.AdamW`.

    Parameters
    ----------
    groups : list of dict
        Groups of parameters with their weight decay. The parameters of a group share
        device and dtype.
    lr : float
        Learning rate.
    """

    def __init__(self, groups, lr):
        super().__init__(groups, lr=lr, fused=True)

    @torch.no_grad()
    def step(self, closure=None):
        """Make one update from the gradients that are set."""
        update = find_fused_update()
        if update is None:
            return super().step(closure)
        for group in self.param_groups:
            trained = [p for p in group["params"] if p.grad is not None]
            if trained:
                states = [self.state[p] or self._initialize(p) for p in trained]
                update(group, trained, states)
        return None

    # torch wraps `step` unless this attribute is set.
    step.hooked = True  # type: ignore[attr-defined]

    @contextlib.contextmanager
    def scaled(self, factor):
        """Multiply the updates within a block by a factor.

        The learning rate is multiplied, because AdamW cancels a factor of the gradients.
        The momentum moves by the same factor, at most 1, so that the gradients do not have
        a larger effect on later updates.
        """
        if factor == 1:
            yield
            return
        rates = [group["lr"] for group in self.param_groups]
        before = {p: state["exp_avg"].clone() for p, state in self.state.items()}
        for group in self.param_groups:
            group["lr"] *= factor
        yield
        for group, rate in zip(self.param_groups, rates, strict=True):
            group["lr"] = rate
        for parameter, state in self.state.items():
            momentum = state["exp_avg"]
            start = before.get(parameter, torch.zeros_like(momentum))
            momentum.copy_(torch.lerp(start, momentum, min(factor, 1.0)))

    def _initialize(self, parameter):
        """Return the state of a parameter before its first update, with torch's names."""
        self.state[parameter] = {
            "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
        return self.state[parameter]


@functools.cache
def find_fused_update():
    """Return the update by torch's fused kernel, or None if it is absent or has changed.

    The kernel is a private function of torch, so its first update is compared with the
    formula. (The public optimizer would import a compiler first, which takes a second.)
    """
    before, gradient = torch.tensor([0.5, -2.0]), torch.tensor([0.1, 3.0])
    parameter = nn.Parameter(before.clone())
    parameter.grad = gradient
    state = {name: torch.zeros(2) for name in ("exp_avg", "exp_avg_sq")}
    state["step"] = torch.zeros(())
    group = {"lr": 0.1, "betas": (0.9, 0.999), "weight_decay": 0.01, "eps": 1e-8}
    try:
        with torch.no_grad():
            update_fused(group, [parameter], [state])
    except (AttributeError, TypeError, RuntimeError):
        return None
    # Both moments, corrected for their bias, are those of the first gradient.
    expected = before * (1 - 0.1 * 0.01) - 0.1 * gradient / (gradient.abs() + 1e-8)
    return update_fused if torch.allclose(parameter, expected) else None


def update_fused(group, parameters, states):
    """Update the parameters of a group by one call of torch's fused kernel."""
    steps = [state["step"] for state in states]
    torch._foreach_add_(steps, 1)
    torch._fused_adamw_(
        parameters,
        [p.grad for p in parameters],
        [state["exp_avg"] for state in states],
        [state["exp_avg_sq"] for state in states],
        [],
        steps,
        lr=group["lr"],
        beta1=group["betas"][0],
        beta2=group["betas"][1],
        weight_decay=group["weight_decay"],
        eps=group["eps"],
        amsgrad=False,
        maximize=False,
    )


@torch.no_grad()
def clip_gradients(parameters, limit):
    """Scale gradients down to a maximum total norm, unless it is None; return the norm
    before.

    As :func:`torch.nn.utils.clip_grad_norm_`. Parameters without a gradient are ignored.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    if limit is not None:
        factor = _find_factor(norm, limit)
        if factor is not None:
            torch._foreach_mul_(gradients, factor)
    return norm


def _find_factor(norm, limit):
    """Return the factor that scales to the limit, as number or tensor; None for 1."""
    if norm.device.type != "cpu":  # reading the norm would synchronize the device
        return (limit / (norm + 1e-6)).clamp_(max=1.0)
    # numpy: four torch calls on one number take longer than the norms of a small network.
    with np.errstate(all="ignore"):  # torch does not warn either
        inverse = np.float32(1) / (np.float32(norm.item()) + np.float32(1e-6))
        factor = np.float32(limit) * inverse
    return None if factor >= 1 else float(factor)
