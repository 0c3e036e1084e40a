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


class RNNRecurrence(torch.autograd.Function):
    r"""The recurrence of a vanilla RNN.

    .. math::
        h_t = \operatorname{activation}(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    As :math:`\tanh(a) = 2 \sigma(2a) - 1`, which takes half the time, states are kept as
    :math:`g = (h + 1) / 2` until a chunk is complete. Then :math:`W h = 2 W g - W 1`, of
    which the second term is added to the bias.

    Its arguments are: whether the activation is relu, not tanh; whether only the last state
    is needed; the initial states (directions, batch, hidden) or None for zeros; and for
    each direction the input (batch, time, features) and the weights of torch. It returns
    the states of each direction, (batch, time, hidden) or (batch, 1, hidden).
    """

    @staticmethod
    @in_float32
    def forward(ctx, is_relu, only_last, initial, *tensors):
        """Run over all steps."""
        x, weight_ih, weight_hh, b_ih, b_hh = stack_tensors(tensors)
        bias, width = b_ih + b_hh, weight_hh.shape[-1]
        scaled_ih, scaled_hh = weight_ih, weight_hh
        if not is_relu:
            bias = 2 * (bias - weight_hh.sum(1, keepdim=True))
            scaled_ih, scaled_hh = 2 * weight_ih, 4 * weight_hh
        # The initial state comes first, so that each step follows its predecessor.
        states = x.new_empty(x.shape[0], x.shape[1] + 1, x.shape[2], width)
        states[:, 0] = 0.0 if is_relu else 0.5
        if initial is not None:
            initial = pad_state(initial)
            states[:, 0] = initial if is_relu else (initial + 1) / 2
        steps = states.unbind(1)
        activate_ = torch.relu_ if is_relu else run_alone(torch.sigmoid_, steps[0].numel())
        for first, last in cut_steps(x, width):
            project(x[:, first:last], scaled_ih, bias, states[:, first + 1 : last + 1])
            with threads_for_steps(states, width):
                for before, after in zip(
                    steps[first:last], steps[first + 1 : last + 1], strict=True
                ):
                    activate_(after.baddbmm_(before, scaled_hh))
            if not is_relu:
                to_hyperbolic_(states[:, first:last])
        if not is_relu:
            to_hyperbolic_(states[:, -1])
        ctx.save_for_backward(x, weight_ih, weight_hh, states)
        ctx.is_relu = is_relu
        ctx.hidden, ctx.n_features = tensors[2 * len(x)].shape[-1], tensors[0].shape[-1]
        kept = states[:, -1:] if only_last else states[:, 1:]
        return tuple(kept[..., : ctx.hidden].transpose(1, 2).unbind(0))

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, *grad_states):
        """Return the gradients of initial states, inputs, weights and biases."""
        x, weight_ih, weight_hh, states = ctx.saved_tensors
        arriving, width = stack_states(grad_states), states.shape[-1]
        grad_x = torch.empty_like(x) if any(ctx.needs_input_grad[3 : 3 + len(x)]) else None
        grad_ih, grad_hh = torch.zeros_like(weight_ih), torch.zeros_like(weight_hh)
        grad_bias = weight_hh.new_zeros(weight_hh.shape[0], weight_hh.shape[2])
        hh_transposed = weight_hh.transpose(1, 2).contiguous()
        ih_transposed = weight_ih.transpose(1, 2)
        later = None  # the gradient before the activation of the step after
        for first, last in reversed(cut_steps(x, width)):
            after = states[:, first + 1 : last + 1]
            grads = (after > 0).to(after.dtype) if ctx.is_relu else 1 - after * after
            steps = copy_steps(arriving, first, last, x.shape[1]).unbind(1)
            with threads_for_steps(states, width):
                for grad, step in zip(
                    reversed(steps), reversed(grads.unbind(1)), strict=True
                ):
                    if later is not None:
                        grad.baddbmm_(later, hh_transposed)
                    later = step.mul_(grad)  # the slopes become gradients
            add_products(grad_ih, x[:, first:last], grads)
            add_products(grad_hh, states[:, first:last], grads)
            rows = flatten_steps(grads)
            grad_bias += rows.sum(1)
            if grad_x is not None:
                write_products(grad_x[:, first:last], rows, ih_transposed)
        grad_initial = None
        if ctx.needs_input_grad[2]:
            grad_initial = torch.bmm(later, hh_transposed)[..., : ctx.hidden]
        gradients = unstack_gradients(
            grad_x,
            grad_ih,
            grad_hh,
            grad_bias,
            grad_bias.clone(),  # gradients that share memory would be clipped twice
            n_features=ctx.n_features,
            hidden=ctx.hidden,
        )
        return None, None, grad_initial, *gradients
