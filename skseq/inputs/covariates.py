"""Scaling of the covariates of a panel."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions

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
steps.""",
        "missing": """{"error", "mask"}, default="error"
How to treat NaN in X. `"error"` raises. `"mask"` replaces missing values by 0 after
scaling and adds one feature for each covariate, which is 1 where the value is missing.""",
    }


@dataclass(repr=False)
class CovariateScaler(Saved):
    """Standardises covariates by training statistics; NaN becomes 0.

    Attributes
    ----------
    mean, scale : ndarray of shape (n_covariates,)
        What is subtracted, and divided by afterwards.
    n_past : int
        Covariates, the first ones, that are known up to now only.
    mask_missing : bool
        Whether a feature for each covariate says where it is missing.
    """

    saved_name = "covariate scaler"
    saved_attributes = ("mean", "scale", "n_past", "mask_missing")

    mean: np.ndarray
    scale: np.ndarray
    n_past: int
    mask_missing: bool

    @classmethod
    def fit(cls, panel, n_past, *, scale, mask_missing):
        """Measure the covariates of a panel; without `scale` they pass as they are."""
        n = panel.covariates.shape[1]
        mean, deviation = np.zeros(n), np.ones(n)
        if scale and n:
            rows = np.concatenate([panel.inputs(i) for i in range(panel.n_series)])
            present = ~np.isnan(rows)
            count = np.maximum(present.sum(axis=0), 1)
            mean = np.where(present, rows, 0).sum(axis=0) / count
            squares = np.where(present, (rows - mean) ** 2, 0).sum(axis=0)
            deviation = np.sqrt(squares / count)
            noise = 10 * np.finfo(np.float64).eps * np.abs(mean)
            deviation[deviation <= noise] = 1.0
        return cls(mean, deviation, n_past, mask_missing)

    def __repr__(self):
        n = len(self.mean)
        return f"{type(self).__name__}({n} covariate{'s' * (n != 1)})"

    @property
    def n_features(self):
        """Number of features that come out."""
        return len(self.mean) * (2 if self.mask_missing else 1)

    @property
    def n_known(self):
        """How many of them, the last ones, are known for future steps."""
        n = len(self.mean) - self.n_past
        return n * (2 if self.mask_missing else 1)

    def transform(self, steps, context_length):
        """Scale (n_windows, steps, covariates); past-only ones are 0 in the future."""
        scaled = (steps - self.mean) / self.scale
        missing = np.isnan(scaled)
        scaled = np.where(missing, 0.0, scaled)
        parts = []
        for part in (slice(None, self.n_past), slice(self.n_past, None)):
            parts.append(scaled[:, :, part])
            if self.mask_missing:
                parts.append(missing[:, :, part].astype(scaled.dtype))
        past = len(parts) // 2
        for part in parts[:past]:
            part[:, context_length:] = 0.0
        return np.concatenate(parts, axis=2)

    @classmethod
    def from_state(cls, mean, scale, n_past, mask_missing):
        """Return the scaler of a state; raise ValueError if the state is invalid."""
        valid = is_finite(mean, None) and is_positive(scale, len(mean))
        valid = valid and is_count(n_past) and n_past <= len(mean)
        require(valid and is_flag(mask_missing), "the scaler of covariates is invalid")
        return cls(mean, scale, n_past, mask_missing)
