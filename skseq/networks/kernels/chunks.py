"""Parts of the hand-written recurrences: chunks of steps and products over them."""

import contextlib

import torch

from skseq.networks.kernels.padding import COLUMN_MULTIPLE, pad_features
from skseq.networks.kernels.threads import one_thread

# Numbers of the gates of one chunk: a megabyte in float32, which stays in the cache.
CHUNK_SIZE = 2**18

# Number of multiplications of a step above which several threads are faster than one.
MAX_PRODUCT_OF_ONE_THREAD = 2**20

# Autocast would accumulate the states in bfloat16.
in_float32 = torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
as_forward = torch.amp.custom_bwd(device_type="cpu")


def stack_tensors(tensors):
    """Stack inputs, weights and biases along a first axis of directions.

    `tensors` are the inputs (batch, time, features) of all directions, then their input
    weights, recurrent weights, and both biases. Features are padded to a multiple of 4 and
    the hidden size to a multiple of 16, so that rows do not depend on each other; padded
    states stay 0. Shapes of the results: x (directions, time, batch, features), weight_ih
    (directions, features, width), weight_hh (directions, hidden, width), biases
    (directions, 1, width).
    """
    n = len(tensors) // 5
    x, w_ih, w_hh, b_ih, b_hh = (
        tensors[k][None] if n == 1 else torch.stack(tensors[k : k + n])
        for k in range(0, 5 * n, n)
    )
    hidden = w_hh.shape[2]
    w_ih, w_hh = w_ih.transpose(1, 2), pad_state(w_hh).transpose(1, 2)
    return (
        pad_features(x.transpose(1, 2)).contiguous(),
        pad_features(_pad_gates(w_ih, hidden).transpose(1, 2)).transpose(1, 2).contiguous(),
        _pad_gates(w_hh, hidden).contiguous(),
        _pad_gates(b_ih[:, None], hidden),
        _pad_gates(b_hh[:, None], hidden),
    )


def pad_state(x):
    """Append zeros to the last axis of states (..., hidden)."""
    return pad_features(x, COLUMN_MULTIPLE)


def _pad_gates(x, hidden):
    """Append zeros to each gate of the last axis."""
    if hidden % COLUMN_MULTIPLE == 0:
        return x
    return pad_state(x.unflatten(-1, (-1, hidden))).flatten(-2)


def unstack_gradients(x, *others, n_features, hidden):
    """Return gradients in the order and with the shapes of the tensors of `stack_tensors`.

    The first is that of the input, or None if it is not needed.
    """
    n = len(others[0])
    gradients = [None] * n if x is None else [*x[..., :n_features].transpose(1, 2)]
    w_ih, w_hh, *biases = (_cut_gates(gradient, hidden) for gradient in others)
    gradients += [*w_ih[:, :n_features].transpose(1, 2), *w_hh[:, :hidden].transpose(1, 2)]
    return (*gradients, *(row for bias in biases for row in bias))


def _cut_gates(x, hidden):
    """Remove the padding of `_pad_gates`."""
    if hidden % COLUMN_MULTIPLE == 0:
        return x
    width = hidden + -hidden % COLUMN_MULTIPLE
    return x.unflatten(-1, (-1, width))[..., :hidden].flatten(-2)


def stack_states(gradients):
    """Return the gradient of the states: (directions, time, batch, width).

    Parameters
    ----------
    gradients : sequence of Tensor of shape (batch, time or 1, hidden)
        One for each direction.
    """
    stacked = gradients[0][None] if len(gradients) == 1 else torch.stack(gradients)
    return pad_state(stacked).transpose(1, 2)


def copy_steps(arriving, first, last, n_steps):
    """Return a copy of the incoming gradient of some steps, which may be modified.

    Shapes: arriving (directions, time or 1, batch, hidden), of all states or of the last
    one; the copy (directions, last - first, batch, hidden).
    """
    if arriving.shape[1] == n_steps:
        return arriving[:, first:last].clone(memory_format=torch.contiguous_format)
    directions, _, *sizes = arriving.shape
    steps = arriving.new_zeros(directions, last - first, *sizes)
    if last == n_steps:
        steps.select(1, -1).copy_(arriving.select(1, 0))
    return steps


def to_hyperbolic_(x):
    """Turn sigmoid(2 a) into tanh(a) in place, in half the time of tanh."""
    return torch.add(x.new_full((), -1.0), x, alpha=2, out=x)


def cut_steps(x, width):
    """Return the first and last step of each chunk of x (directions, time, batch,
    features).

    A chunk has `width` numbers for each row and step.
    """
    directions, n_steps, batch, _ = x.shape
    size = max(1, CHUNK_SIZE // (directions * batch * width))
    return [(first, min(first + size, n_steps)) for first in range(0, n_steps, size)]


def flatten_steps(x):
    """View (directions, time, batch, features) as (directions, time * batch, features)."""
    return x.reshape(x.shape[0], -1, x.shape[-1])


@contextlib.contextmanager
def threads_for_steps(states, width):
    """Run the steps in one thread if the product of a step is too small to share.

    Shapes: states (directions, time, batch, hidden); width, columns of the product.
    """
    directions, _, batch, hidden = states.shape
    is_shared = directions * batch * hidden * width > MAX_PRODUCT_OF_ONE_THREAD
    with contextlib.nullcontext() if is_shared else one_thread():
        yield


def project(x, weight, bias, out):
    """Write `x @ weight + bias`, for all steps of a chunk, into `out`.

    Shapes: x (directions, time, batch, features), weight (directions, features, width),
    bias (directions, 1, width), out (directions, time, batch, width).
    """
    rows = flatten_steps(x)
    torch.baddbmm(bias, rows, weight, out=out.view(*rows.shape[:2], -1))


def add_products(total, left, right):
    """Add `left.T @ right` of each direction to `total`: (directions, rows, columns)."""
    total.baddbmm_(flatten_steps(left).transpose(1, 2), flatten_steps(right))


def write_products(out, rows, weight):
    """Write `rows @ weight` into a chunk of (directions, time, batch, features).

    Shapes: rows (directions, time * batch, width), weight (directions, width, features).
    """
    out.copy_(torch.bmm(rows, weight).view_as(out))
