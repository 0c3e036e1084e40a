"""What the hand-written recurrences share: chunks of steps, and products over them."""

import contextlib

import torch

from skseq.networks.kernels.padding import COLUMN_MULTIPLE, pad_features
from skseq.networks.kernels.threads import one_thread

# Numbers of one chunk's gates: a megabyte in float32, which stays in the cache.
CHUNK_SIZE = 2**18

# Multiplications of a step from which on threads gain more than they wait for each other.
SHARED_PRODUCT = 2**20

# Autocast would hand the loops bfloat16 states to accumulate in.
in_float32 = torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
as_forward = torch.amp.custom_bwd(device_type="cpu")


def stack_tensors(tensors):
    """Return inputs, weights and biases with the direction in front.

    Features are filled up to a multiple of 4, and the hidden size to one of 16: BLAS then
    answers a row alike wherever it stands. States that are filled in stay 0.

    Parameters
    ----------
    tensors : sequence of Tensor
        For each direction the input (batch, time, features); then, in the same way,
        input weights, recurrent weights, and the biases of both.

    Returns
    -------
    tuple of Tensor
        The input (directions, time, batch, features), the weights transposed, (directions,
        features or hidden, width), and the biases (directions, 1, width).
    """
    n = len(tensors) // 5
    x, w_ih, w_hh, b_ih, b_hh = (
        tensors[k][None] if n == 1 else torch.stack(tensors[k : k + n])
        for k in range(0, 5 * n, n)
    )
    hidden = w_hh.shape[2]
    w_ih, w_hh = w_ih.transpose(1, 2), pad_features(w_hh, COLUMN_MULTIPLE).transpose(1, 2)
    return (
        pad_features(x.transpose(1, 2)).contiguous(),
        pad_features(_fill_gates(w_ih, hidden).transpose(1, 2))
        .transpose(1, 2)
        .contiguous(),
        _fill_gates(w_hh, hidden).contiguous(),
        _fill_gates(b_ih[:, None], hidden),
        _fill_gates(b_hh[:, None], hidden),
    )


def _fill_gates(x, hidden):
    """Append zeros to each gate's part of the last axis."""
    if hidden % COLUMN_MULTIPLE == 0:
        return x
    return pad_features(x.unflatten(-1, (-1, hidden)), COLUMN_MULTIPLE).flatten(-2)


def unstack_gradients(x, *others, n_features, hidden):
    """Return gradients in the order and shapes of what `stack_tensors` was given.

    The first is that of the input, or None if nobody needs it.
    """
    n = len(others[0])
    found = [None] * n if x is None else [*x[..., :n_features].transpose(1, 2)]
    w_ih, w_hh, *biases = (_cut_gates(gradient, hidden) for gradient in others)
    found += [*w_ih[:, :n_features].transpose(1, 2), *w_hh[:, :hidden].transpose(1, 2)]
    return (*found, *(row for bias in biases for row in bias))


def _cut_gates(x, hidden):
    """Take away what `_fill_gates` appended."""
    if hidden % COLUMN_MULTIPLE == 0:
        return x
    width = hidden + -hidden % COLUMN_MULTIPLE
    return x.unflatten(-1, (-1, width))[..., :hidden].flatten(-2)


def stack_states(gradients):
    """Return the gradient of all directions' states: (directions, time, batch, width).

    Parameters
    ----------
    gradients : sequence of Tensor of shape (batch, time or 1, hidden)
        One for each direction.
    """
    stacked = gradients[0][None] if len(gradients) == 1 else torch.stack(gradients)
    return pad_features(stacked, COLUMN_MULTIPLE).transpose(1, 2)


def copy_steps(arriving, first, last, n_steps):
    """Return the gradient that arrives at some steps, as a copy to add to.

    Shapes: arriving (directions, time or 1, batch, hidden), of all states or of the last;
    the copy (directions, last - first, batch, hidden).
    """
    if arriving.shape[1] == n_steps:
        return arriving[:, first:last].clone(memory_format=torch.contiguous_format)
    directions, _, *sizes = arriving.shape
    steps = arriving.new_zeros(directions, last - first, *sizes)
    if last == n_steps:
        steps.select(1, -1).copy_(arriving.select(1, 0))
    return steps


def to_hyperbolic_(x):
    """Turn sigmoid(2 a) into tanh(a), in place; to take it so needs half the time."""
    return torch.add(x.new_full((), -1.0), x, alpha=2, out=x)


def cut_steps(x, width):
    """Return the first and last step of each chunk.

    Parameters
    ----------
    x : Tensor of shape (directions, time, batch, features)
        What is read.
    width : int
        Numbers that a chunk holds for each row and step.
    """
    directions, n_steps, batch, _ = x.shape
    size = max(1, CHUNK_SIZE // (directions * batch * width))
    return [(first, min(first + size, n_steps)) for first in range(0, n_steps, size)]


def flatten_steps(x):
    """View (directions, time, batch, features) as (directions, time * batch, features)."""
    return x.reshape(x.shape[0], -1, x.shape[-1])


@contextlib.contextmanager
def threads_for_steps(states, width):
    """Let one thread run the steps where a step's product is too small to share.

    Shapes: states (directions, time, batch, hidden); width, what a step's product has.
    """
    directions, _, batch, hidden = states.shape
    is_shared = directions * batch * hidden * width > SHARED_PRODUCT
    with contextlib.nullcontext() if is_shared else one_thread():
        yield


def project(x, weight, bias, out):
    """Write x weight + bias, for all steps of a chunk, into `out`.

    Shapes: x (directions, time, batch, features), weight (directions, features, width),
    bias (directions, 1, width), out (directions, time, batch, width).
    """
    rows = flatten_steps(x)
    torch.baddbmm(bias, rows, weight, out=out.view(*rows.shape[:2], -1))


def add_products(total, left, right):
    """Add left^T right, summed over steps and batch, to (directions, rows, columns)."""
    total.baddbmm_(flatten_steps(left).transpose(1, 2), flatten_steps(right))


def write_products(out, rows, weight):
    """Write rows weight into a chunk of (directions, time, batch, features).

    Shapes: rows (directions, time * batch, width), weight (directions, width, features).
    """
    out.copy_(torch.bmm(rows, weight).view_as(out))
