"""AdamW and the clipping of gradients, without what torch does around each call.

A small network's update is a few hundred microseconds of arithmetic, and torch spends
as many on hooks, profiling and the sorting of parameters by device. The arithmetic here
is torch's own, in the same order: the numbers are equal to the bit.
"""

import numpy as np
import torch


class AdamW(torch.optim.AdamW):
    """torch's AdamW, by one call of its fused kernel for each group of parameters.

    Decoupled weight decay (Loshchilov and Hutter, 2019,
    https://arxiv.org/abs/1711.05101). Hooks on steps are not called.

    Parameters
    ----------
    groups : list of dict
        Parameters with their weight decay, as torch takes them; those of a group are on
        one device and of one type.
    lr : float
        Learning rate.
    """

    def __init__(self, groups, lr):
        super().__init__(groups, lr=lr, fused=True)

    @torch.no_grad()
    def step(self, closure=None):
        """Make one update from the gradients that are there."""
        for group in self.param_groups:
            trained = [p for p in group["params"] if p.grad is not None]
            if not trained:
                continue
            moments = [self.state[p] or self._begin(p) for p in trained]
            steps = [moment["step"] for moment in moments]
            torch._foreach_add_(steps, 1)
            torch._fused_adamw_(
                trained,
                [p.grad for p in trained],
                [moment["exp_avg"] for moment in moments],
                [moment["exp_avg_sq"] for moment in moments],
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

    # torch wraps the steps of a class that does not say so.
    step.hooked = True  # type: ignore[attr-defined]

    def _begin(self, parameter):
        """Return the state of a parameter before its first update, under torch's names."""
        self.state[parameter] = {
            "step": torch.zeros((), dtype=torch.float32, device=parameter.device),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
        return self.state[parameter]


@torch.no_grad()
def clip_gradients(parameters, limit):
    """Scale gradients down where their common norm is above a limit; return the norm.

    As :func:`torch.nn.utils.clip_grad_norm_`.

    Parameters
    ----------
    parameters : list of torch.nn.Parameter
        Those without a gradient are passed over.
    limit : float or None
        The largest norm; None leaves the gradients as they are.

    Returns
    -------
    Tensor of shape ()
        The norm before.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    if limit is not None:
        factor = _find_factor(norm, limit)
        if factor is not None:
            torch._foreach_mul_(gradients, factor)
    return norm


def _find_factor(norm, limit):
    """Return by what to multiply for the limit, a number or a tensor; None is by 1."""
    if norm.device.type != "cpu":  # to ask a device would be to wait for it
        return (limit / (norm + 1e-6)).clamp_(max=1.0)
    # Four calls of torch on one number take longer than the norms of a small network.
    with np.errstate(all="ignore"):  # as torch, which has no warnings of this kind
        inverse = np.float32(1) / (np.float32(norm.item()) + np.float32(1e-6))
        factor = np.float32(limit) * inverse
    return None if factor >= 1 else float(factor)
