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
    pad_state,
    project,
    stack_states,
    stack_tensors,
    threads_for_steps,
    to_hyperbolic_,
    unstack_gradients,
    write_products,
)
from skseq.networks.kernels.threads import run_alone


class GRURecurrence(torch.autograd.Function):
    r"""The recurrence of a GRU.

    With the parts :math:`i` of :math:`W_{ih} x_t + b_{ih}` and :math:`u` of
    :math:`W_{hh} h_{t-1} + b_{hh}`:

    .. math::
        r &= \sigma(i_r + u_r) \\
        z &= \sigma(i_z + u_z) \\
        a &= u_n \\
        n &= \tanh(i_n + r a) \\
        h_t &= n + z (h_{t-1} - n)

    With small states, a call of torch takes as long as its arithmetic, so a step has only
    five calls. As :math:`\tanh(a) = 2 \sigma(2a) - 1`, n and h are kept as
    :math:`g = (h + 1) / 2` until a chunk is complete. The last equation also holds for g,
    and :math:`W h = 2 W g - W 1`, of which the second term is added to the bias.

    Its arguments are: whether a backward pass follows; whether only the last state is
    needed; the initial states (directions, batch, hidden) or None for zeros; and for each
    direction the input (batch, time, features) and the weights of torch. It returns the
    states of each direction, (batch, time, hidden) or (batch, 1, hidden).
    """

    @staticmethod
    @in_float32
    def forward(ctx, keeps_gates, only_last, initial, *tensors):
        """Run over all steps."""
        x, weight_ih, weight_hh, b_ih, b_hh = stack_tensors(tensors)
        hidden = weight_hh.shape[1]
        twice_hh, b_hh = 2 * weight_hh, b_hh - weight_hh.sum(1, keepdim=True)
        b_rz = b_ih[..., : 2 * hidden] + b_hh[..., : 2 * hidden]
        b_a, twice_b_n = b_hh[..., 2 * hidden :], 2 * b_ih[..., 2 * hidden :]
        weight_rz, weight_n = weight_ih.split(2 * hidden, dim=-1)
        twice_n = 2 * weight_n
        # The initial state comes first, so that each step follows its predecessor.
        states = x.new_empty(x.shape[0], x.shape[1] + 1, x.shape[2], hidden)
        states[:, 0] = 0.5 if initial is None else (pad_state(initial) + 1) / 2
        chunks = cut_steps(x, 3 * hidden)
        # Without a backward pass the gates of one chunk at a time are in memory.
        n_kept = x.shape[1] if keeps_gates else chunks[0][1]
        gates = x.new_empty(x.shape[0], n_kept, x.shape[2], 3 * hidden)  # r, z and a
        inner = gates.new_empty(*gates.shape[:3], hidden)  # n
        size = states[:, 0].numel()
        sigmoid_, lerp = run_alone(torch.sigmoid_, 2 * size), run_alone(torch.lerp, size)
        for first, last in chunks:
            kept = slice(first, last) if keeps_gates else slice(last - first)
            rza, n = gates[:, kept], inner[:, kept]
            rz, a = rza.split(2 * hidden, dim=-1)
            project(x[:, first:last], weight_rz, b_rz, rz)
            a.copy_(b_a.unsqueeze(1))
            project(x[:, first:last], twice_n, twice_b_n, n)
            parts = (rza, rz, *rza.split(hidden, dim=-1), n)
            steps = states[:, first : last + 1].unbind(1)
            with threads_for_steps(states, 3 * hidden):
                for before, after, rza, rz, r, z, a, n in zip(
                    steps[:-1], steps[1:], *(part.unbind(1) for part in parts), strict=True
                ):
                    rza.baddbmm_(before, twice_hh)
                    sigmoid_(rz)
                    sigmoid_(n.addcmul_(r, a, value=2))
                    lerp(n, before, z, out=after)
            to_hyperbolic_(states[:, first:last])
        to_hyperbolic_(states[:, -1])
        ctx.save_for_backward(x, weight_ih, weight_hh, gates, inner, states)
        ctx.hidden, ctx.n_features = tensors[2 * len(x)].shape[-1], tensors[0].shape[-1]
        found = states[:, -1:] if only_last else states[:, 1:]
        return tuple(found[..., : ctx.hidden].transpose(1, 2).unbind(0))

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, *grad_states):
        """Return the gradients of initial states, inputs, weights and biases."""
        x, weight_ih, weight_hh, gates, inner, states = ctx.saved_tensors
        hidden = states.shape[-1]
        arriving = stack_states(grad_states)
        grad_x = torch.empty_like(x) if any(ctx.needs_input_grad[3 : 3 + len(x)]) else None
        # Gradients are in the order n, r, z, a. The first three belong to the input, the
        # last three to the state.
        order = torch.arange(3 * hidden).roll(hidden)
        ih_transposed = weight_ih[..., order].transpose(1, 2).contiguous()
        hh_transposed = weight_hh.transpose(1, 2).contiguous()
        grad_ih, grad_hh = torch.zeros_like(weight_ih), torch.zeros_like(weight_hh)
        grad_bias = x.new_zeros(x.shape[0], 4 * hidden)
        later = None  # of the step after: gradient of the state, z, gradients of r, z, a
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
                        grad.addcmul_(*later[:2]).baddbmm_(later[2], hh_transposed)
                    rows.mul_(grad.unsqueeze(-2))  # the slopes become gradients
                    later = grad, z, rza
            add_products(grad_ih, x[:, first:last], slopes[..., : 3 * hidden])
            add_products(grad_hh, before, slopes[..., hidden:])
            flat = flatten_steps(slopes)
            grad_bias += flat.sum(1)
            if grad_x is not None:
                write_products(
                    grad_x[:, first:last], flat[..., : 3 * hidden], ih_transposed
                )
        grad_initial = None
        if ctx.needs_input_grad[2]:
            grad, z, rza = later
            grad_initial = torch.baddbmm(grad * z, rza, hh_transposed)[..., : ctx.hidden]
        back = order.argsort()
        gradients = unstack_gradients(
            grad_x,
            grad_ih[..., back],
            grad_hh,
            grad_bias[:, back],
            grad_bias[:, hidden:],
            n_features=ctx.n_features,
            hidden=ctx.hidden,
        )
        return None, None, grad_initial, *gradients


def _find_slopes(gates, s, before):
    """Return the derivatives of a chunk's states by n, r, z and a, and z.

    `s` is (n + 1) / 2.
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
