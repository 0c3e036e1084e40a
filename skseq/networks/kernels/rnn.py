"""The recurrence of the vanilla RNN, forward and backward."""

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


class RNNRecurrence(torch.autograd.Function):
    """h_t = activation(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), from h_0 = 0.

    As tanh(a) = 2 sigmoid(2 a) - 1, which takes half the time, its states are kept as
    g = (h + 1) / 2 until a chunk is done: W h = 2 W g - W 1, of which the second part
    goes into the bias.

    Takes inputs (batch, time, features) and torch's weights, for each direction; returns
    the states of each, (batch, time, hidden) or of the last step (batch, 1, hidden).
    """

    @staticmethod
    @in_float32
    def forward(ctx, is_relu, only_last, *tensors):
        """Run over all steps."""
        x, inward, onward, b_ih, b_hh = stack_tensors(tensors)
        bias, width = b_ih + b_hh, onward.shape[-1]
        inward_scaled, onward_scaled = inward, onward
        if not is_relu:
            bias = 2 * (bias - onward.sum(1, keepdim=True))
            inward_scaled, onward_scaled = 2 * inward, 4 * onward
        # States from h_0 on, so that each step finds the one before.
        states = x.new_empty(x.shape[0], x.shape[1] + 1, x.shape[2], width)
        states[:, 0] = 0.0 if is_relu else 0.5
        steps = states.unbind(1)
        squash_ = torch.relu_ if is_relu else alone(torch.sigmoid_, steps[0].numel())
        for first, last in cut_steps(x, width):
            project(x[:, first:last], inward_scaled, bias, states[:, first + 1 : last + 1])
            with threads_for_steps(states, width):
                for before, after in zip(
                    steps[first:last], steps[first + 1 : last + 1], strict=True
                ):
                    squash_(after.baddbmm_(before, onward_scaled))
            if not is_relu:
                to_hyperbolic_(states[:, first:last])
        if not is_relu:
            to_hyperbolic_(states[:, -1])
        ctx.save_for_backward(x, inward, onward, states)
        ctx.is_relu = is_relu
        ctx.hidden, ctx.n_features = tensors[2 * len(x)].shape[-1], tensors[0].shape[-1]
        found = states[:, -1:] if only_last else states[:, 1:]
        return tuple(found[..., : ctx.hidden].transpose(1, 2).unbind(0))

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, *grad_states):
        """Return the gradients of inputs, weights and biases."""
        x, inward, onward, states = ctx.saved_tensors
        arriving, width = stack_states(grad_states), states.shape[-1]
        grad_x = torch.empty_like(x) if any(ctx.needs_input_grad[2 : 2 + len(x)]) else None
        grad_inward, grad_onward = torch.zeros_like(inward), torch.zeros_like(onward)
        grad_bias = onward.new_zeros(onward.shape[0], onward.shape[2])
        back, outward = onward.transpose(1, 2).contiguous(), inward.transpose(1, 2)
        later = None
        for first, last in reversed(cut_steps(x, width)):
            after = states[:, first + 1 : last + 1]
            grads = (after > 0).to(after.dtype) if ctx.is_relu else 1 - after * after
            steps = copy_steps(arriving, first, last, x.shape[1]).unbind(1)
            with threads_for_steps(states, width):
                for grad, step in zip(
                    reversed(steps), reversed(grads.unbind(1)), strict=True
                ):
                    if later is not None:
                        grad.baddbmm_(later, back)
                    later = step.mul_(grad)  # the slopes become gradients
            add_products(grad_inward, x[:, first:last], grads)
            add_products(grad_onward, states[:, first:last], grads)
            rows = flatten_steps(grads)
            grad_bias += rows.sum(1)
            if grad_x is not None:
                write_products(grad_x[:, first:last], rows, outward)
        found = unstack_gradients(
            grad_x,
            grad_inward,
            grad_onward,
            grad_bias,
            grad_bias,
            n_features=ctx.n_features,
            hidden=ctx.hidden,
        )
        return None, None, *found
