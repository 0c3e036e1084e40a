"""The recurrence of a GRU, forward and backward."""

import torch
from torch.autograd.function import once_differentiable

from skseq.networks.kernels.chunks import (
    add_products,
    as_forward,
    copy_steps,
    cut_steps,
    flatten_steps,
    in_float32,
    project,
    stack_states,
    stack_tensors,
    threads_for_steps,
    to_hyperbolic_,
    unstack_gradients,
    write_products,
)
from skseq.networks.kernels.threads import alone


class GRURecurrence(torch.autograd.Function):
    """The recurrence of a GRU, from h_0 = 0.

    With i the parts of W_ih x_t + b_ih and u those of W_hh h_{t-1} + b_hh:
    r = sigmoid(i_r + u_r), z = sigmoid(i_z + u_z), a = u_n, n = tanh(i_n + r a),
    h_t = n + z (h_{t-1} - n).

    A call of torch costs as much as its arithmetic where states are small, so a step has
    five. As tanh(a) = 2 sigmoid(2 a) - 1, n and h are kept as g = (h + 1) / 2 until a
    chunk is done: the last formula holds for g too, and W h = 2 W g - W 1, of which the
    second part goes into the bias.

    Takes whether a backward pass follows, whether the last state is all that is wanted,
    and for each direction inputs (batch, time, features) and torch's weights; returns the
    states of each, (batch, time, hidden) or (batch, 1, hidden).
    """

    @staticmethod
    @in_float32
    def forward(ctx, keeps_gates, only_last, *tensors):
        """Run over all steps."""
        x, inward, onward, b_ih, b_hh = stack_tensors(tensors)
        hidden = onward.shape[1]
        onward_twice, b_hh = 2 * onward, b_hh - onward.sum(1, keepdim=True)
        b_rz = b_ih[..., : 2 * hidden] + b_hh[..., : 2 * hidden]
        b_a, twice_b_n = b_hh[..., 2 * hidden :], 2 * b_ih[..., 2 * hidden :]
        inward_rz, inward_n = inward.split(2 * hidden, dim=-1)
        inward_n = 2 * inward_n
        # States from h_0 on, so that each step finds the one before.
        states = x.new_empty(x.shape[0], x.shape[1] + 1, x.shape[2], hidden)
        states[:, 0] = 0.5
        chunks = cut_steps(x, 3 * hidden)
        # Without a backward pass gates are in memory for one chunk at a time.
        n_kept = x.shape[1] if keeps_gates else chunks[0][1]
        gates = x.new_empty(x.shape[0], n_kept, x.shape[2], 3 * hidden)  # r, z and a
        inner = gates.new_empty(*gates.shape[:3], hidden)  # n
        n_numbers = states[:, 0].numel()
        sigmoid_, lerp = alone(torch.sigmoid_, 2 * n_numbers), alone(torch.lerp, n_numbers)
        for first, last in chunks:
            kept = slice(first, last) if keeps_gates else slice(last - first)
            rza, n = gates[:, kept], inner[:, kept]
            rz, a = rza.split(2 * hidden, dim=-1)
            project(x[:, first:last], inward_rz, b_rz, rz)
            a.copy_(b_a.unsqueeze(1))
            project(x[:, first:last], inward_n, twice_b_n, n)
            parts = (rza, rz, *rza.split(hidden, dim=-1), n)
            steps = states[:, first : last + 1].unbind(1)
            with threads_for_steps(states, 3 * hidden):
                for before, after, rza, rz, r, z, a, n in zip(
                    steps[:-1], steps[1:], *(part.unbind(1) for part in parts), strict=True
                ):
                    rza.baddbmm_(before, onward_twice)
                    sigmoid_(rz)
                    sigmoid_(n.addcmul_(r, a, value=2))
                    lerp(n, before, z, out=after)
            to_hyperbolic_(states[:, first:last])
        to_hyperbolic_(states[:, -1])
        ctx.save_for_backward(x, inward, onward, gates, inner, states)
        ctx.hidden, ctx.n_features = tensors[2 * len(x)].shape[-1], tensors[0].shape[-1]
        found = states[:, -1:] if only_last else states[:, 1:]
        return tuple(found[..., : ctx.hidden].transpose(1, 2).unbind(0))

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, *grad_states):
        """Return the gradients of inputs, weights and biases."""
        x, inward, onward, gates, inner, states = ctx.saved_tensors
        hidden = states.shape[-1]
        arriving = stack_states(grad_states)
        grad_x = torch.empty_like(x) if any(ctx.needs_input_grad[2 : 2 + len(x)]) else None
        # Gradients are kept in the order n, r, z, a: the first three are those of the
        # input's part, the last three those of the state's.
        turn = torch.arange(3 * hidden).roll(hidden)
        outward = inward[..., turn].transpose(1, 2).contiguous()
        back = onward.transpose(1, 2).contiguous()
        grad_inward, grad_onward = torch.zeros_like(inward), torch.zeros_like(onward)
        grad_bias = x.new_zeros(x.shape[0], 4 * hidden)
        later = None
        for first, last in reversed(cut_steps(x, 3 * hidden)):
            before = states[:, first:last]
            slopes, keep = _find_slopes(gates[:, first:last], inner[:, first:last], before)
            steps = zip(
                copy_steps(arriving, first, last, x.shape[1]).unbind(1),
                slopes.unflatten(-1, (4, hidden)).unbind(1),
                slopes[..., hidden:].unbind(1),
                keep.unbind(1),
                strict=True,
            )
            with threads_for_steps(states, 3 * hidden):
                for grad, rows, rza, z in reversed(list(steps)):
                    if later is not None:
                        grad.addcmul_(*later[:2]).baddbmm_(later[2], back)
                    rows.mul_(grad.unsqueeze(-2))  # the slopes become gradients
                    later = grad, z, rza
            add_products(grad_inward, x[:, first:last], slopes[..., : 3 * hidden])
            add_products(grad_onward, before, slopes[..., hidden:])
            flat = flatten_steps(slopes)
            grad_bias += flat.sum(1)
            if grad_x is not None:
                write_products(grad_x[:, first:last], flat[..., : 3 * hidden], outward)
        found = unstack_gradients(
            grad_x,
            grad_inward[..., turn.argsort()],
            grad_onward,
            grad_bias[:, turn.argsort()],
            grad_bias[:, hidden:],
            n_features=ctx.n_features,
            hidden=ctx.hidden,
        )
        return None, None, *found


def _find_slopes(gates, s, before):
    """Return how n, r, z and a answer to the gradient of a chunk's states, and z.

    Of n there is s = (n + 1) / 2.
    """
    hidden = before.shape[-1]
    r, z, a = gates.split(hidden, dim=-1)
    slopes = before.new_empty(*before.shape[:3], 4 * hidden)
    by_n, by_r, by_z, by_a = slopes.split(hidden, dim=-1)
    part = 4 * s
    part.addcmul_(part, s, value=-1)  # 1 - n^2
    torch.addcmul(part, z, part, value=-1, out=by_n)  # (1 - z) (1 - n^2)
    torch.mul(by_n, r, out=by_a)
    torch.mul(by_a, a, out=part)
    torch.addcmul(part, part, r, value=-1, out=by_r)  # by_a a (1 - r)
    torch.addcmul(z, z, z, value=-1, out=part)
    torch.addcmul(part, part, torch.sub(before, s, alpha=2), out=by_z)  # z (1 - z) (h - n)
    return slopes, z
