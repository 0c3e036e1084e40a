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
    stack_steps,
    stack_tensors,
    threads_for_steps,
    unstack_gradients,
    write_products,
)
from skseq.networks.threads import sigmoid_


class RNNRecurrence(torch.autograd.Function):
    """h_t = activation(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), from h_0 = 0.

    Takes inputs (batch, time, features) and torch's weights, for each direction; returns
    the states (batch, time, hidden) of each.
    """

    @staticmethod
    @in_float32
    def forward(ctx, is_relu, *tensors):
        """Run over all steps."""
        x, inward, onward, b_ih, b_hh = stack_tensors(tensors)
        bias, hidden = b_ih + b_hh, onward.shape[-1]
        # BLAS takes another path where the inner size is no multiple of 4: fill it up.
        if missing := -hidden % 4:
            inward, bias = F.pad(inward, (0, missing)), F.pad(bias, (0, missing))
            onward = F.pad(onward, (0, missing, 0, missing))
        width = hidden + missing
        # tanh(a) as 2 sigmoid(2 a) - 1, which takes half the time.
        twice = 1 if is_relu else 2
        inward_twice, onward_twice, bias = inward * twice, onward * twice, bias * twice
        minus_one = x.new_full((), -1.0)
        # States from h_0 on, so that each step finds the one before.
        states = x.new_empty(x.shape[0], x.shape[1] + 1, x.shape[2], width)
        states[:, 0] = 0.0
        steps = states.unbind(1)
        for first, last in cut_steps(x, width):
            gates = x.new_empty(x.shape[0], last - first, x.shape[2], width)
            project(x[:, first:last], inward_twice, bias, gates)
            with threads_for_steps(states, width):
                for t, gate in enumerate(gates.unbind(1), start=first):
                    after = steps[t + 1]
                    torch.baddbmm(gate, steps[t], onward_twice, out=after)
                    if is_relu:
                        after.relu_()
                    else:
                        sigmoid_(after)
                        torch.add(minus_one, after, alpha=2, out=after)
        ctx.save_for_backward(x, inward, onward, states)
        ctx.is_relu, ctx.hidden, ctx.n_features = is_relu, hidden, tensors[0].shape[-1]
        return tuple(states[:, 1:, :, :hidden].transpose(1, 2).unbind(0))

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, *grad_states):
        """Return the gradients of inputs, weights and biases."""
        x, inward, onward, states = ctx.saved_tensors
        hidden = ctx.hidden
        arriving = stack_steps(grad_states, states.shape[-1])
        grad_x = torch.empty_like(x) if any(ctx.needs_input_grad[1 : 1 + len(x)]) else None
        grad_inward, grad_onward = torch.zeros_like(inward), torch.zeros_like(onward)
        grad_bias = onward.new_zeros(onward.shape[0], onward.shape[2])
        back, outward = onward.transpose(1, 2).contiguous(), inward.transpose(1, 2)
        grad = arriving[-1]
        for first, last in reversed(cut_steps(x, states.shape[-1])):
            after = states[:, first + 1 : last + 1]
            grads = (after > 0).to(after.dtype) if ctx.is_relu else 1 - after * after
            with threads_for_steps(states, states.shape[-1]):
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
                write_products(grad_x[:, first:last], rows, outward)
        grad_bias = grad_bias[:, :hidden]
        return None, *unstack_gradients(
            grad_x,
            grad_inward[..., :hidden],
            grad_onward[:, :hidden, :hidden],
            grad_bias,
            grad_bias,
            n_features=ctx.n_features,
        )
