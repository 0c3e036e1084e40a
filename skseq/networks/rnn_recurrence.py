"""The recurrence of the vanilla RNN, forward and backward."""

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
)


class RNNRecurrence(torch.autograd.Function):
    """h_t = activation(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), from h_0 = 0.

    Shapes: x (directions, time, batch, features); weights and biases as torch's, with the
    direction in front; returns the states (directions, time, batch, hidden).
    """

    @staticmethod
    @in_float32
    def forward(ctx, x, w_ih, w_hh, b_ih, b_hh, is_relu):
        """Run over all steps."""
        hidden = w_hh.shape[-1]
        # BLAS takes another path where the inner size is no multiple of 4: fill it up.
        missing = -hidden % 4
        inward = F.pad(w_ih.transpose(1, 2), (0, missing)).contiguous()
        onward = F.pad(w_hh.transpose(1, 2), (0, missing, 0, missing)).contiguous()
        bias = F.pad(b_ih + b_hh, (0, missing))[:, None]
        width = hidden + missing
        # States from h_0 on, so that each step finds the one before.
        states = x.new_empty(x.shape[0], x.shape[1] + 1, x.shape[2], width)
        states[:, 0] = 0.0
        steps = states.unbind(1)
        activate = torch.relu_ if is_relu else torch.tanh_
        chunks = cut_steps(x, width)
        scratch = x.new_empty(x.shape[0], chunks[0][1], x.shape[2], width)
        for first, last in chunks:
            gates = scratch[:, : last - first]
            if last - first < scratch.shape[1]:
                gates = gates.contiguous()
            project(x[:, first:last], inward, bias, gates)
            for t, gate in enumerate(gates.unbind(1), start=first):
                torch.baddbmm(gate, steps[t], onward, out=steps[t + 1])
                activate(steps[t + 1])
        ctx.save_for_backward(x, inward, onward, states)
        ctx.is_relu = is_relu
        return states[:, 1:, :, :hidden]

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, grad_states):
        """Return the gradients of input, weights and biases."""
        x, inward, onward, states = ctx.saved_tensors
        hidden = grad_states.shape[-1]
        grad_states = F.pad(grad_states, (0, states.shape[-1] - hidden))
        arriving = grad_states.unbind(1)
        grad_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        grad_inward, grad_onward = torch.zeros_like(inward), torch.zeros_like(onward)
        grad_bias = onward.new_zeros(onward.shape[0], onward.shape[2])
        back, outward = onward.transpose(1, 2).contiguous(), inward.transpose(1, 2)
        grad = arriving[-1]
        for first, last in reversed(cut_steps(x, states.shape[-1])):
            after = states[:, first + 1 : last + 1]
            grads = (after > 0).to(after.dtype) if ctx.is_relu else 1 - after * after
            for t, step in zip(
                range(last - 1, first - 1, -1), reversed(grads.unbind(1)), strict=True
            ):
                step.mul_(grad)
                if t > 0:
                    grad = torch.baddbmm(arriving[t - 1], step, back)
            add_products(grad_inward, x[:, first:last], grads)
            add_products(grad_onward, states[:, first:last], grads)
            rows = flatten_steps(grads)
            grad_bias += rows.sum(1)
            if grad_x is not None:
                part = torch.bmm(rows, outward)
                grad_x[:, first:last] = part.view_as(grad_x[:, first:last])
        grad_bias = grad_bias[:, :hidden]
        return (
            grad_x,
            grad_inward[..., :hidden].transpose(1, 2),
            grad_onward[:, :hidden, :hidden].transpose(1, 2),
            grad_bias,
            grad_bias,
            None,
        )
