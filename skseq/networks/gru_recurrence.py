"""The recurrence of a GRU, forward and backward."""

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from skseq.networks.chunks import (
    add_products,
    as_forward,
    cut_steps,
    flatten_steps,
    in_float32,
    project,
    stack_steps,
    stack_tensors,
    threads_for_steps,
    unstack_gradients,
    write_products,
)
from skseq.networks.threads import sigmoid_


class GRURecurrence(torch.autograd.Function):
    """The recurrence of a GRU, from h_0 = 0.

    With i the parts of W_ih x_t + b_ih and u those of W_hh h_{t-1} + b_hh:
    r = sigmoid(i_r + u_r), z = sigmoid(i_z + u_z), a = u_n, n = tanh(i_n + r a),
    h_t = n + z (h_{t-1} - n).

    Takes whether a backward pass follows, and for each direction inputs (batch, time,
    features) and torch's weights; returns the states (batch, time, hidden) of each.
    """

    @staticmethod
    @in_float32
    def forward(ctx, keeps_gates, *tensors):
        """Run over all steps."""
        x, inward, onward, b_ih, b_hh = stack_tensors(tensors)
        hidden = onward.shape[1]
        # r and z take both biases at once; the second one of n is inside a.
        b_n = b_hh[..., 2 * hidden :]
        bias = b_ih + F.pad(b_hh[..., : 2 * hidden], (0, hidden))
        # tanh(i + r a) as 2 sigmoid(2 i + 2 r a) - 1, which takes half the time.
        inward_twice = inward.clone()
        inward_twice[..., 2 * hidden :] *= 2
        bias[..., 2 * hidden :] *= 2
        minus_one = x.new_full((), -1.0)
        # States from h_0 on, so that each step finds the one before.
        states = x.new_empty(x.shape[0], x.shape[1] + 1, x.shape[2], hidden)
        states[:, 0] = 0.0
        update = x.new_empty(x.shape[0], x.shape[2], 3 * hidden)
        u_rz, u_n = update[..., : 2 * hidden], update[..., 2 * hidden :]
        # Without a backward pass gates are in memory for one chunk at a time.
        whole = [(0, x.shape[1])]
        for first, last in whole if keeps_gates else cut_steps(x, 3 * hidden):
            gates = x.new_empty(x.shape[0], last - first, x.shape[2], 3 * hidden)
            inner = gates.new_empty(*gates.shape[:3], hidden)
            project(x[:, first:last], inward_twice, bias, gates)
            parts = (gates[..., : 2 * hidden], *gates.split(hidden, dim=-1), inner)
            steps = states[:, first : last + 1].unbind(1)
            with threads_for_steps(states, 3 * hidden):
                for before, after, rz, r, z, n, a in zip(
                    steps[:-1], steps[1:], *(part.unbind(1) for part in parts), strict=True
                ):
                    torch.bmm(before, onward, out=update)
                    sigmoid_(rz.add_(u_rz))
                    torch.add(u_n, b_n, out=a)
                    sigmoid_(n.addcmul_(r, a, value=2))
                    torch.add(minus_one, n, alpha=2, out=n)
                    torch.lerp(n, before, z, out=after)
        ctx.save_for_backward(x, inward, onward, gates, inner, states)
        ctx.n_features = tensors[0].shape[-1]
        return tuple(states[:, 1:].transpose(1, 2).unbind(0))

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, *grad_states):
        """Return the gradients of inputs, weights and biases."""
        x, inward, onward, gates, inner, states = ctx.saved_tensors
        hidden = states.shape[-1]
        arriving = stack_steps(grad_states, hidden)
        grad_x = torch.empty_like(x) if any(ctx.needs_input_grad[1 : 1 + len(x)]) else None
        # Gradients are kept in the order n, r, z, a: the first three are those of the
        # input's part, the last three those of the state's.
        turn = torch.arange(3 * hidden).roll(hidden)
        outward = inward[..., turn].transpose(1, 2).contiguous()
        back = onward.transpose(1, 2).contiguous()
        grad_inward, grad_onward = torch.zeros_like(inward), torch.zeros_like(onward)
        grad_bias = x.new_zeros(x.shape[0], 4 * hidden)
        grad = arriving[-1]
        for first, last in reversed(cut_steps(x, 3 * hidden)):
            before = states[:, first:last]
            slopes, keep = _find_slopes(gates[:, first:last], inner[:, first:last], before)
            rows = slopes.unflatten(-1, (4, hidden)).unbind(1)
            columns = slopes[..., hidden:].unbind(1)
            keep = keep.unbind(1)
            with threads_for_steps(states, 3 * hidden):
                for k in range(last - first - 1, -1, -1):
                    rows[k].mul_(grad.unsqueeze(-2))  # the slopes become gradients
                    if first + k > 0:
                        grad = torch.addcmul(arriving[first + k - 1], grad, keep[k])
                        grad.baddbmm_(columns[k], back)
            add_products(grad_inward, x[:, first:last], slopes[..., : 3 * hidden])
            add_products(grad_onward, before, slopes[..., hidden:])
            flat = flatten_steps(slopes)
            grad_bias += flat.sum(1)
            if grad_x is not None:
                write_products(grad_x[:, first:last], flat[..., : 3 * hidden], outward)
        return None, *unstack_gradients(
            grad_x,
            grad_inward[..., turn.argsort()],
            grad_onward,
            grad_bias[:, turn.argsort()],
            grad_bias[:, hidden:],
            n_features=ctx.n_features,
        )


def _find_slopes(gates, a, before):
    """Return how n, r, z and a answer to the gradient of a chunk's states, and z."""
    hidden = before.shape[-1]
    r, z, n = gates.split(hidden, dim=-1)
    slopes = before.new_empty(*before.shape[:3], 4 * hidden)
    by_n, by_r, by_z, by_a = slopes.split(hidden, dim=-1)
    part = torch.addcmul(before.new_ones(()), n, n, value=-1)
    torch.addcmul(part, z, part, value=-1, out=by_n)  # (1 - z) (1 - n^2)
    torch.mul(by_n, r, out=by_a)
    torch.mul(by_a, a, out=part)
    torch.addcmul(part, part, r, value=-1, out=by_r)  # by_a a (1 - r)
    torch.addcmul(z, z, z, value=-1, out=part)
    torch.mul(part, before - n, out=by_z)  # z (1 - z) (h - n)
    return slopes, z
