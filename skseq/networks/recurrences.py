"""Hand-written recurrences of the vanilla RNN and the GRU, for the CPU.

torch runs its GRU and RNN on the CPU step by step through autograd. Here the forward
pass works in place, both directions at once, and the backward pass computes
everything that does not depend on the running gradient for all steps together: what
is left in its loop is one product of matrices and one or two elementwise operations.
The numbers are those of :class:`torch.nn.RNN` and :class:`torch.nn.GRU` up to rounding.

Input projections stay outside, with torch: one product for all steps.
"""

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from skseq.networks.products import fill_up

# Autocast would hand the loops bfloat16 states to accumulate in.
in_float32 = torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
as_forward = torch.amp.custom_bwd(device_type="cpu")


def can_recur(cell, device):
    """Return whether a torch cell has a faster recurrence here."""
    return device.type == "cpu" and isinstance(cell, (nn.RNN, nn.GRU))


def recur(cells, inputs):
    """Run one-layer cells of one kind side by side, each over its own input.

    Parameters
    ----------
    cells : list of torch.nn.RNN or of torch.nn.GRU
        One cell for each direction; their weights are used.
    inputs : list of Tensor of shape (batch, time, n_features)
        What each of them reads.

    Returns
    -------
    list of Tensor of shape (batch, time, hidden)
        The states of each.
    """
    is_gru = isinstance(cells[0], nn.GRU)
    hidden = cells[0].hidden_size
    gates = []
    for cell, x in zip(cells, inputs, strict=True):
        bias = cell.bias_hh_l0
        if is_gru:  # r, z: both biases add up; n: the second one is inside a
            bias = F.pad(bias[: 2 * hidden], (0, hidden))
        bias = cell.bias_ih_l0 + bias
        gates.append(F.linear(fill_up(x.transpose(0, 1)), fill_up(cell.weight_ih_l0), bias))
    gates = torch.stack(gates, dim=1)  # (time, directions, batch, gates)
    weight = torch.stack([cell.weight_hh_l0.t() for cell in cells])
    if is_gru:
        inner = torch.stack([cell.bias_hh_l0[2 * hidden :] for cell in cells])
        states = GRURecurrence.apply(gates, weight, inner)
    else:
        is_relu = cells[0].nonlinearity == "relu"
        missing = -hidden % 4
        gates = F.pad(gates, (0, missing))
        weight = F.pad(weight, (0, missing, 0, missing))
        states = RNNRecurrence.apply(gates, weight, is_relu)[..., :hidden]
    return [direction.transpose(0, 1) for direction in states.unbind(1)]


class RNNRecurrence(torch.autograd.Function):
    """h_t = activation(gates_t + h_{t-1} W), from h_0 = 0.

    Shapes: gates (time, directions, batch, hidden), W (directions, hidden, hidden);
    returns the states (time, directions, batch, hidden).
    """

    @staticmethod
    @in_float32
    def forward(ctx, gates, weight, is_relu):
        """Run over all steps."""
        states = torch.empty_like(gates)
        activate = torch.relu_ if is_relu else torch.tanh_
        activate(states[0].copy_(gates[0]))
        before = states[0]
        for gate, state in zip(gates[1:].unbind(0), states[1:].unbind(0), strict=True):
            activate(torch.baddbmm(gate, before, weight, out=state))
            before = state
        ctx.save_for_backward(states, weight)
        ctx.is_relu = is_relu
        return states

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, grad_states):
        """Return the gradients of the gates and of the weight."""
        states, weight = ctx.saved_tensors
        slope = (states > 0).to(states.dtype) if ctx.is_relu else 1 - states * states
        grad_gates = slope  # becomes the gradient in place, from the last step down
        back = weight.transpose(1, 2).contiguous()
        steps = grad_gates.unbind(0)
        arriving = grad_states.unbind(0)
        steps[-1].mul_(arriving[-1])
        for t in range(len(steps) - 2, -1, -1):
            steps[t].mul_(torch.baddbmm(arriving[t], steps[t + 1], back))
        return grad_gates, _grad_weight(states[:-1], grad_gates[1:]), None


class GRURecurrence(torch.autograd.Function):
    """The recurrence of a GRU, from h_0 = 0.

    With r, z, a the parts of h_{t-1} W plus `gates` (r, z) or `bias` (a):
    n = tanh(gates_n + sigmoid(r) a), h_t = n + sigmoid(z) (h_{t-1} - n).

    Shapes: gates (time, directions, batch, 3 hidden) in torch's order r, z, n;
    W (directions, hidden, 3 hidden), bias (directions, hidden) of a; returns the
    states (time, directions, batch, hidden).
    """

    @staticmethod
    @in_float32
    def forward(ctx, gates, weight, bias):
        """Run over all steps."""
        n_steps, directions, batch, triple = gates.shape
        hidden = triple // 3
        # What h_{t-1} W is added to: the gates of r and z, the bias of a.
        parts = gates.clone()
        parts[..., 2 * hidden :] = bias[:, None, :]
        states = gates.new_zeros(n_steps + 1, directions, batch, hidden)
        news = gates[..., 2 * hidden :].clone(memory_format=torch.contiguous_format)
        before = states[0]
        for part, new, state in zip(
            parts.unbind(0), news.unbind(0), states[1:].unbind(0), strict=True
        ):
            part.baddbmm_(before, weight)
            part[..., : 2 * hidden].sigmoid_()
            new.addcmul_(part[..., :hidden], part[..., 2 * hidden :]).tanh_()
            torch.lerp(new, before, part[..., hidden : 2 * hidden], out=state)
            before = state
        ctx.save_for_backward(parts, news, states, weight)
        return states[1:]

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, grad_states):
        """Return the gradients of gates, weight and bias."""
        parts, news, states, weight = ctx.saved_tensors
        r, z, a = parts.chunk(3, dim=-1)
        # The derivatives of n, r, z and a by the state's gradient, for all steps.
        slopes = parts.new_empty(*news.shape[:-1], 4, news.shape[-1])
        by_n, by_r, by_z, by_a = slopes.unbind(-2)
        torch.mul(1 - z, 1 - news * news, out=by_n)
        torch.mul(by_n, r, out=by_a)
        torch.mul(by_a * a, 1 - r, out=by_r)
        torch.mul((states[:-1] - news) * z, 1 - z, out=by_z)
        back = weight.transpose(1, 2).contiguous()
        grads = slopes.flatten(-2)  # becomes the gradient in place
        recurrent = grads[..., news.shape[-1] :]  # of r, z, a, as the weight's columns
        keep = z.contiguous().unbind(0)
        arriving = grad_states.unbind(0)
        grad = arriving[-1]
        rows, columns = slopes.unbind(0), recurrent.unbind(0)
        for t in range(len(rows) - 1, 0, -1):
            rows[t].mul_(grad.unsqueeze(-2))
            grad = torch.addcmul(arriving[t - 1], grad, keep[t])
            grad.baddbmm_(columns[t], back)
        rows[0].mul_(grad.unsqueeze(-2))
        grad_gates = torch.cat([by_r, by_z, by_n], dim=-1)
        grad_weight = _grad_weight(states[1:-1], recurrent[1:])
        return grad_gates, grad_weight, by_a.sum(dim=(0, 2))


def _grad_weight(states, grads):
    """Sum states^T grads over steps and batch: (directions, hidden, columns)."""
    n_steps, directions, batch, hidden = states.shape
    rows = states.transpose(0, 1).reshape(directions, n_steps * batch, hidden)
    columns = grads.transpose(0, 1).reshape(*rows.shape[:2], grads.shape[-1])
    return torch.bmm(rows.transpose(1, 2), columns)
