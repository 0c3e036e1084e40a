"""Covariates of series: scaling and missing values."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions

from skseq.inputs.numeric import measure
from skseq.saved import Saved, is_count, is_finite, is_flag, is_positive, require


@dataclass(kw_only=True, eq=False, repr=False)
class CovariateInputs:
    """Parameters of the covariates of forecasters."""

    scale: bool = True
    missing: str = "error"

    _parameter_constraints: ClassVar[dict] = {
        "scale": ["boolean"],
        "missing": [StrOptions({"error", "mask"})],
    }

    _parameter_docs: ClassVar[dict] = {
        "scale": """bool, default=True
Whether to standardize each covariate by its mean and standard deviation over the training
steps. It does not affect y, whose windows are scaled according to `unit`.""",
        "missing": """{"error", "mask"}, default="error"
How to treat NaN in X. `"error"` raises an error. `"mask"` replaces missing values by 0
after scaling and adds an indicator for each covariate, which is 1 where the value is
missing. NaN is always allowed in y and in future values of `past_columns`.""",
    }


@dataclass(repr=False)
class CovariateScaler(Saved):
    """Standardizes covariates by their statistics in training; NaN becomes 0."""

    saved_name = "covariate scaler"

    mean: np.ndarray  # (n_covariates,)
    scale: np.ndarray  # (n_covariates,)
    n_past: int  # number of covariates, the first ones, that are known only for the past
    mask_missing: bool  # whether to append one feature per covariate: 1 where it is missing

    @classmethod
    def fit(cls, panel, n_past, *, scale, mask_missing):
        """Measure the covariates of a panel; without `scale` values stay unchanged."""
        n = panel.covariates.shape[1]
        mean, deviation = np.zeros(n), np.ones(n)
        if scale and n:
            steps = np.concatenate([panel.inputs(i) for i in range(panel.n_series)])
            mean, deviation = measure(lambda: [steps], n, steps.dtype)
        return cls(mean, deviation, n_past, mask_missing)

    def __repr__(self):
        n = len(self.mean)
        return f"{type(self).__name__}({n} covariate{'s' * (n != 1)})"

    @property
    def n_features(self):
        """Number of features that the network reads."""
        return len(self.mean) * (2 if self.mask_missing else 1)

    @property
    def n_known(self):
        """Number of features, the last ones, that are known for future steps."""
        n = len(self.mean) - self.n_past
        return n * (2 if self.mask_missing else 1)

    def transform(self, steps, context_length):
        """Scale covariates (n_windows, n_steps, n_covariates) of windows.

        The features are the past covariates, which are 0 in future steps, their missing
        indicators, the known covariates, and their missing indicators.
        """
        scaled = (steps - self.mean) / self.scale
        missing = np.isnan(scaled)
        scaled = np.where(missing, 0.0, scaled)
        parts = []
        for part in (slice(None, self.n_past), slice(self.n_past, None)):
            parts.append(scaled[:, :, part])
            if self.mask_missing:
                parts.append(missing[:, :, part].astype(scaled.dtype))
        for part in parts[: len(parts) // 2]:
            part[:, context_length:] = 0.0
        return np.concatenate(parts, axis=2)

    @classmethod
    def from_state(cls, mean, scale, n_past, mask_missing):
        """Create the scaler from a state; raise ValueError if the state is invalid."""
        valid = is_finite(mean, None) and is_positive(scale, len(mean))
        valid = valid and is_count(n_past) and n_past <= len(mean)
        require(valid and is_flag(mask_missing), "the scaler of covariates is invalid")
        return cls(mean, scale, n_past, mask_missing)
