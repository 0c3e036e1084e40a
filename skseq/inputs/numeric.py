"""Numeric features of sequences: scaling and missing values."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import StrOptions

from skseq.exceptions import UnscaledInputWarning, warn
from skseq.inputs.base import Input, Inputs
from skseq.saved import is_finite, is_flag, is_positive, require

# Unscaled inputs of this size saturate gates and lead to large gradients.
LARGE_INPUT = 20.0


@dataclass(kw_only=True, eq=False, repr=False)
class NumericInputs(Inputs):
    """Parameters of the numeric features of sequences."""

    scale: bool = True
    missing: str = "error"

    _parameter_constraints: ClassVar[dict] = {
        "scale": ["boolean"],
        "missing": [StrOptions({"error", "mask"})],
    }

    _parameter_docs: ClassVar[dict] = {
        "scale": """bool, default=True
Whether to standardize each feature by its mean and standard deviation over all steps of
the training sequences.""",
        "missing": """{"error", "mask"}, default="error"
How to treat NaN in X. `"error"` raises an error. `"mask"` replaces missing values by 0
after scaling and adds an indicator for each feature, which is 1 where the value is
missing.""",
    }

    def _fit_scaler(self, sequences):
        """Return the scaler of training sequences; warn of large values without one."""
        if not self.scale:
            size = max((np.abs(b).max() for _, b in sequences.chunks()), default=0.0)
            if size > LARGE_INPUT:
                warn(
                    f"X has values up to {size:g}, and scale=False. Networks train poorly "
                    "on inputs far from unit scale. Use scale=True, or "
                    "PerStep(StandardScaler()) in a pipeline.",
                    UnscaledInputWarning,
                )
        return InputScaler.fit(
            sequences, scale=self.scale, mask_missing=self.missing == "mask"
        )


class InputScaler(Input):
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
        n = sequences.n_features
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
    def n_features(self):
        """Number of features that the network reads."""
        return len(self.mean) * (2 if self.mask_missing else 1)

    @property
    def allows_missing(self):
        """Whether stored values may be NaN."""
        return self.mask_missing

    def transform(self, batch):
        """Scale (batch, time, features); return a float32 tensor."""
        # Scale rows of time * features: loops over a few features are slow.
        mean, scale = (
            given[None].repeat(batch.shape[1], axis=0).reshape(-1)
            for given in (self.mean, self.scale)
        )
        x = batch.reshape(len(batch), -1) - mean
        x /= scale
        x = torch.from_numpy(x.reshape(batch.shape)).float()
        if self.mask_missing:
            missing = torch.isnan(x)
            x = torch.cat([x.masked_fill_(missing, 0.0), missing.to(x.dtype)], dim=2)
        return x

    def export(self, graph, x):
        """Add the scaling to an ONNX graph; return the name of the scaled steps.

        It uses double precision, like `transform`.
        """
        missing = graph.add("IsNaN", x) if self.mask_missing else None
        x = graph.add(
            "Sub", graph.cast(x, np.float64), graph.constant(self.mean, np.float64)
        )
        x = graph.add("Div", x, graph.constant(self.scale, np.float64))
        x = graph.cast(x, np.float32)
        if missing is not None:
            x = graph.add("Where", missing, graph.constant(0.0), x)
            x = graph.add("Concat", x, graph.cast(missing, "float32"), axis=2)
        return x

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
