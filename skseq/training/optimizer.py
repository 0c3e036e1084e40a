"""AdamW and gradient clipping with less overhead per call than torch.

An update of a small network takes a few hundred microseconds, and torch spends as much
time on hooks, profiling and sorting parameters by device. The arithmetic is torch's own
in the same order, so the results are equal bit for bit.
"""

import contextlib
import functools

import numpy as np
import torch
from torch.optim.adamw import adamw

from skseq.exceptions import DivergenceError
from skseq.training.sparse import stored_numbers, touched_rows
from skseq.training.state import TOUCHED

# A learning rate at which training rarely diverges: the default of the estimators.
USUAL_LR = 1e-3


class AdamW(torch.optim.AdamW):
    """AdamW with one call of torch's fused kernel for each group of parameters.

    Decoupled weight decay (Loshchilov and Hutter, 2019,
    https://arxiv.org/abs/1711.05101). Hooks of optimizer steps are not called. Where the
    fused kernel is not available, the update is that of :func:`torch.optim.adamw.adamw`.

    An update by a sparse gradient costs as much as its rows; see :class:`TouchedRows`.

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

    @property
    def trained(self):
        """The parameters of all groups."""
        return [p for group in self.param_groups for p in group["params"]]

    @torch.no_grad()
    def step(self, closure=None):
        """Make one update from the gradients that are set; sparse ones are merged."""
        update = find_fused_update() or update_publicly
        for group in self.param_groups:
            trained = [p for p in group["params"] if p.grad is not None]
            if trained:
                states = [self.state[p] or self._initialize(p) for p in trained]
                _update_group(update, group, trained, states)

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


def group_parameters(module, weight_decay):
    """Return the groups of the trained parameters: only matrices have weight decay."""
    parameters = [p for p in module.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _update_group(update, group, parameters, states):
    """Update weights and moments of a group; of a sparse gradient, only in its rows."""
    sparse, parts = [], []
    for parameter, state in zip(parameters, states, strict=True):
        if parameter.grad.is_sparse:
            touched = TouchedRows(parameter, state, group["betas"])
            sparse.append(touched)
            parts.append((parameter.grad.values(), *touched.parts))
        else:
            parts.append((parameter.grad, parameter, state["exp_avg"], state["exp_avg_sq"]))
    steps = [state["step"] for state in states]
    update(group, *zip(*parts, strict=True), steps)
    for touched in sparse:
        touched.store()


class TouchedRows:
    """The rows of a parameter that a sparse gradient touches, while they are updated.

    AdamW also changes the rows that a gradient does not touch, because their momentum
    decays slowly. These updates are made here in advance: a row that was not touched by the
    n updates before is expected to be left out of as many again. Their sum is the first of
    them, multiplied by 1 + r + ... + r ** n with r = beta1 / sqrt(beta2), because the
    moments decay by beta1 and beta2. Without this factor, which `torch.optim.SparseAdam`
    lacks, rare rows would be trained at a tenth of the learning rate. A row that all
    updates touch has the factor 1: it is updated as by AdamW.

    Moments decay with all updates, weights only in those that touch them.

    Parameters
    ----------
    parameter : torch.nn.Parameter
        With a sparse gradient, whose rows are merged.
    state : dict
        Its moments and the number of updates. Its entry `TOUCHED` has the number of the
        update that touched each row last, (n_rows,).
    betas : tuple of float
        Decay of the moments.

    Attributes
    ----------
    parts : list of Tensor
        Copies of the rows of the parameter and of both moments.
    """

    def __init__(self, parameter, state, betas):
        self.rows = touched_rows(parameter.grad)
        self.wholes = parameter, state["exp_avg"], state["exp_avg_sq"]
        self.parts = [whole.index_select(0, self.rows) for whole in self.wholes]
        self.before = self.parts[0].clone()
        self.state = state
        if TOUCHED not in state:
            state[TOUCHED] = parameter.new_zeros(len(parameter)) + state["step"]
        n_missed = state["step"] - state[TOUCHED].index_select(0, self.rows)
        shape = (-1, *[1] * (parameter.ndim - 1))
        for moment, beta in zip(self.parts[1:], betas, strict=True):
            moment.mul_((beta**n_missed).view(shape))
        ratio = betas[0] / betas[1] ** 0.5
        self.factors = ((1 - ratio ** (n_missed + 1)) / (1 - ratio)).view(shape)

    def store(self):
        """Set the rows of the parameter and of its moments to the updated parts."""
        after, *moments = self.parts
        # A factor of 1 leaves the weights as they are, bit for bit.
        changed = torch.lerp(self.before, after, self.factors)
        for whole, part in zip(self.wholes, (changed, *moments), strict=True):
            whole.index_copy_(0, self.rows, part)
        self.state[TOUCHED].index_fill_(0, self.rows, self.state["step"])


@functools.cache
def find_fused_update():
    """Return the update by torch's fused kernel, or None if it is absent or has changed.

    The kernel is a private function of torch, so its first update is compared with the
    formula. (The public optimizer would import a compiler first, which takes a second.)
    """
    before, gradient = torch.tensor([0.5, -2.0]), torch.tensor([0.1, 3.0])
    parameter, mean, square = before.clone(), torch.zeros(2), torch.zeros(2)
    group = {"lr": 0.1, "betas": (0.9, 0.999), "weight_decay": 0.01, "eps": 1e-8}
    tensors = [[part] for part in (gradient, parameter, mean, square, torch.zeros(()))]
    try:
        update_fused(group, *tensors)
    except (AttributeError, TypeError, RuntimeError):
        return None
    # Both moments, corrected for their bias, are those of the first gradient.
    expected = before * (1 - 0.1 * 0.01) - 0.1 * gradient / (gradient.abs() + 1e-8)
    return update_fused if torch.allclose(parameter, expected) else None


def update_fused(group, gradients, parameters, means, squares, steps):
    """Update parameters and their moments by one call of torch's fused kernel."""
    torch._foreach_add_(steps, 1)
    options = _read_options(group)
    torch._fused_adamw_(parameters, gradients, means, squares, [], steps, **options)


def update_publicly(group, gradients, parameters, means, squares, steps):
    """Update parameters and their moments by the public function of torch."""
    tensors = (list(part) for part in (parameters, gradients, means, squares, (), steps))
    adamw(*tensors, fused=True, **_read_options(group))


def _read_options(group):
    """Return the options of torch's functions for a group of parameters."""
    beta1, beta2 = group["betas"]
    options = {name: group[name] for name in ("lr", "weight_decay", "eps")}
    return options | {"beta1": beta1, "beta2": beta2, "amsgrad": False, "maximize": False}


@torch.no_grad()
def clip_gradients(parameters, limit):
    """Scale gradients down to a maximum total norm, unless it is None; return the norm
    before.

    As :func:`torch.nn.utils.clip_grad_norm_`. Parameters without a gradient are ignored.
    Sparse gradients must be merged.
    """
    gradients = [stored_numbers(p.grad) for p in parameters if p.grad is not None]
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


def raise_divergence(what, epoch, lr):
    """Raise DivergenceError because a number became infinite or NaN at a learning rate."""
    smaller = min(lr / 10, USUAL_LR)
    raise DivergenceError(
        f"training diverged: the {what} in epoch {epoch} at lr={lr}. "
        f"Try a smaller lr (for example {smaller:g}), a smaller max_grad_norm, or "
        "scale=True if it is False, and look for extreme values in the data."
    )
