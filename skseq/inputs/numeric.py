"""Numeric features of sequences: scaling and missing values."""

import numpy as np
import torch

from skseq.inputs.base import BatchInput, Input
from skseq.inputs.kinds import check_kinds
from skseq.inputs.stepwise import check_numbers, read_step
from skseq.saved import is_finite, is_flag, is_positive, require


class InputScaler(Input, BatchInput):
    """Standardize each feature by its mean and deviation over all training steps.

    Values are scaled in float64. So large offsets do not reduce the precision, and results
    do not depend on whether values are stored in float32 or float64.

    Parameters
    ----------
    mean, scale : ndarray of shape (n_features,)
        `mean` is subtracted from each feature, which is then divided by `scale`.
    mask_missing : bool
        Whether to set missing values to 0 after scaling, and to append an indicator for
        each feature, which is 1 where the value is missing.
    """

    saved_name = "input scaler"

    def __init__(self, mean, scale, mask_missing):
        self.mean = mean
        self.scale = scale
        self.mask_missing = mask_missing

    @classmethod
    def fit(cls, sequences, *, scale, mask_missing):
        """Measure the sequences; without `scale` values stay unchanged."""
        n = sequences.n_numeric
        if not scale:
            return cls(np.zeros(n), np.ones(n), mask_missing)
        mean, deviation = measure(
            lambda: (block for _, block in sequences.chunks()), n, sequences.values.dtype
        )
        return cls(mean, deviation, mask_missing)

    def __repr__(self):
        n = len(self.mean)
        return f"{type(self).__name__}({n} feature{'s' * (n != 1)})"

    @property
    def numeric(self):
        """This scaler."""
        return self

    @property
    def owners(self):
        """Feature of X to which each column belongs: (n_features,)."""
        return np.tile(np.arange(len(self.mean)), 2 if self.mask_missing else 1)

    @property
    def n_stored(self):
        """Number of features of X."""
        return len(self.mean)

    @property
    def coded(self):
        """Positions of the features that are integer codes: none."""
        return []

    @property
    def n_features(self):
        """Number of features that the network reads."""
        return len(self.mean) * (2 if self.mask_missing else 1)

    @property
    def allows_missing(self):
        """Whether stored values may be NaN."""
        return self.mask_missing

    def bind(self, sequences):
        """Return this scaler, which needs no codes."""
        check_kinds(sequences, np.zeros(len(self.mean), dtype=bool))
        return self

    def describe(self, sequences):
        """Return an iterator over the values of sequences."""
        return (block for _, block in sequences.chunks())

    def transform(self, values, codes=None):
        """Scale values (batch, time, features); return a float32 tensor."""
        # Scale rows of time * features: loops over a few features are slow.
        mean, scale = (
            given[None].repeat(values.shape[1], axis=0).reshape(-1)
            for given in (self.mean, self.scale)
        )
        x = values.reshape(len(values), -1) - mean
        x /= scale
        x = torch.from_numpy(x.reshape(values.shape)).float()
        if self.mask_missing:
            missing = torch.isnan(x)
            x = torch.cat([x.masked_fill_(missing, 0.0), missing.to(x.dtype)], dim=2)
        return x

    def make_baseline(self, values):
        """Return the input (1, 1, n_features) of a step with the given values."""
        return self.transform(np.array(values)[None, None])

    def transform_step(self, x_t, n_sequences):
        """Return one step of each sequence, scaled: a tensor (n_sequences, n_features)."""
        x = read_step(x_t, n_sequences, len(self.mean), np.float64)
        return self.scale_step(x, range(len(self.mean)))

    def scale_step(self, x, places):
        """Scale steps (n_sequences, n_numeric); `places` as for `check_numbers`.

        The result is that of `transform`, without loops for many steps.
        """
        check_numbers(x, self.mask_missing, places)
        x = torch.from_numpy((x - self.mean) / self.scale).float()
        if self.mask_missing:
            missing = torch.isnan(x)
            x = torch.cat([x.masked_fill_(missing, 0.0), missing.to(x.dtype)], dim=1)
        return x

    def export(self, graph):
        """Add the scaling to an ONNX graph; return the inputs and the scaled steps.

        It uses double precision, like `transform`.
        """
        x, shape = "values", ["batch", "time", len(self.mean)]
        missing = graph.add("IsNaN", x) if self.mask_missing else None
        x = graph.add(
            "Sub", graph.cast(x, np.float64), graph.constant(self.mean, np.float64)
        )
        x = graph.add("Div", x, graph.constant(self.scale, np.float64))
        x = graph.cast(x, np.float32)
        if missing is not None:
            x = graph.add("Where", missing, graph.constant(0.0), x)
            x = graph.add("Concat", x, graph.cast(missing, "float32"), axis=2)
        return {"values": (np.float32, shape)}, x

    @classmethod
    def from_state(cls, mean, scale, mask_missing):
        """Create the scaler from a state; raise ValueError if the state is invalid."""
        valid = is_finite(mean, None) and is_positive(scale, len(mean))
        require(valid and is_flag(mask_missing), "the scaler is invalid")
        return cls(mean, scale, mask_missing)


def measure(make_blocks, n_features, dtype):
    """Return mean and standard deviation of each feature over steps that are present.

    Two passes in float64 over blocks (n_steps, n_features), which `make_blocks` returns
    each time; `dtype` is the precision in which they are stored. A feature that is
    constant, or always missing, gets deviation 1, as in
    :class:`sklearn.preprocessing.StandardScaler`.
    """
    count, total = np.zeros(n_features), np.zeros(n_features)
    for block in make_blocks():
        present = ~np.isnan(block)
        count += present.sum(axis=0)
        total += np.where(present, block, 0).sum(axis=0, dtype=np.float64)
    mean = total / np.maximum(count, 1)
    squares = np.zeros(n_features)
    for block in make_blocks():
        squares += np.nansum((block - mean) ** 2, axis=0)
    deviation = np.sqrt(squares / np.maximum(count, 1))
    # A deviation below the rounding error of the mean is noise.
    noise = 10 * np.finfo(dtype).eps * np.abs(mean)
    deviation[deviation <= noise] = 1.0
    return mean, deviation
