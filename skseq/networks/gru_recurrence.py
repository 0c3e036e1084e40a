"""The recurrence of a GRU, forward and backward."""

import torch
from torch.autograd.function import once_differentiable

from skseq.networks.chunks import (
    add_products,
    as_forward,
    cut_steps,
    flatten_steps,
    in_float32,
    project,
    stack_steps,
    stack_tensors,
    unstack_gradients,
)


class GRURecurrence(torch.autograd.Function):
    """The recurrence of a GRU, from h_0 = 0.

    With i the parts of W_ih x_t + b_ih and u those of W_hh h_{t-1} + b_hh:
    r = sigmoid(i_r + u_r), z = sigmoid(i_z + u_z), n = tanh(i_n + r u_n),
    h_t = n + z (h_{t-1} - n).

    Takes inputs (batch, time, features) and torch's weights, for each direction; returns
    the states (batch, time, hidden) of each.
    """

    @staticmethod
    @in_float32
    def forward(ctx, *tensors):
        """Run over all steps."""
        x, inward, onward, b_ih, b_hh = stack_tensors(tensors)
        hidden = onward.shape[1]
        # States from h_0 on, so that each step finds the one before.
        states = x.new_empty(x.shape[0], x.shape[1] + 1, x.shape[2], hidden)
        states[:, 0] = 0.0
        steps = states.unbind(1)
        chunks = cut_steps(x, 3 * hidden)
        update = x.new_empty(x.shape[0], x.shape[2], 3 * hidden)
        u_rz, u_n = update[..., : 2 * hidden], update[..., 2 * hidden :]
        start = b_hh.expand_as(update).contiguous()
        size = None
        for first, last in chunks:
            if last - first != size:  # the last chunk may be shorter
                size = last - first
                gates = x.new_empty(x.shape[0], size, x.shape[2], 3 * hidden)
                parts = [
                    (gate[..., : 2 * hidden], *gate.split(hidden, dim=-1))
                    for gate in gates.unbind(1)
                ]
            project(x[:, first:last], inward, b_ih, gates)
            for t, (rz, r, z, n) in enumerate(parts, start=first):
                torch.baddbmm(start, steps[t], onward, out=update)
                rz.add_(u_rz).sigmoid_()
                n.addcmul_(r, u_n).tanh_()
                torch.lerp(n, steps[t], z, out=steps[t + 1])
        ctx.save_for_backward(x, inward, onward, b_ih, b_hh, states)
        ctx.n_features = tensors[0].shape[-1]
        return tuple(states[:, 1:].transpose(1, 2).unbind(0))

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, *grad_states):
        """Return the gradients of inputs, weights and biases."""
        x, inward, onward, b_ih, b_hh, states = ctx.saved_tensors
        hidden = states.shape[-1]
        arriving = stack_steps(grad_states, hidden)
        grad_x = torch.empty_like(x) if any(ctx.needs_input_grad[: len(x)]) else None
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
            slopes, keep = _find_slopes(
                x[:, first:last], before, inward, onward, b_ih, b_hh
            )
            rows = slopes.unflatten(-1, (4, hidden)).unbind(1)
            columns = slopes[..., hidden:].unbind(1)
            keep = keep.unbind(1)
            for k in range(last - first - 1, -1, -1):
                rows[k].mul_(grad.unsqueeze(-2))  # the slopes become gradients
                if first + k > 0:
                    grad = torch.addcmul(arriving[first + k - 1], grad, keep[k])
                    grad.baddbmm_(columns[k], back)
            add_products(grad_inward, x[:, first:last], slopes[..., : 3 * hidden])
            add_products(grad_onward, before, slopes[..., hidden:])
            grad_bias += flatten_steps(slopes).sum(1)
            if grad_x is not None:
                part = torch.bmm(flatten_steps(slopes)[..., : 3 * hidden], outward)
                grad_x[:, first:last] = part.view_as(grad_x[:, first:last])
        return unstack_gradients(
            grad_x,
            grad_inward[..., turn.argsort()],
            grad_onward,
            grad_bias[:, turn.argsort()],
            grad_bias[:, hidden:],
            n_features=ctx.n_features,
        )


def _find_slopes(x, before, inward, onward, b_ih, b_hh):
    """Return how n, r, z and a answer to the gradient of a chunk's states, and z.

    a stands for u_n, the part of the state that r multiplies.
    """
    hidden = before.shape[-1]
    gates = x.new_empty(*x.shape[:3], 3 * hidden)
    update = torch.empty_like(gates)
    project(x, inward, b_ih, gates)
    project(before, onward, b_hh, update)
    rz = gates[..., : 2 * hidden].add_(update[..., : 2 * hidden]).sigmoid_()
    r, z = rz.split(hidden, dim=-1)
    a = update[..., 2 * hidden :]
    n = gates[..., 2 * hidden :].addcmul_(r, a).tanh_()
    slopes = x.new_empty(*x.shape[:3], 4 * hidden)
    by_n, by_r, by_z, by_a = slopes.split(hidden, dim=-1)
    torch.mul(1 - z, 1 - n * n, out=by_n)
    torch.mul(by_n, r, out=by_a)
    torch.mul(by_a * a, 1 - r, out=by_r)
    torch.mul((before - n) * z, 1 - z, out=by_z)
    return slopes, z
