"""Parameters of the features of sequences."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skseq.exceptions import UnscaledInputWarning, warn
from skseq.inputs.base import Inputs
from skseq.inputs.categorical import CategoricalInput
from skseq.inputs.numeric import InputScaler

# Unscaled inputs of this size saturate gates and lead to large gradients.
LARGE_INPUT = 20.0


@dataclass(kw_only=True, eq=False, repr=False)
class NumericInputs(Inputs):
    """Parameters of the features of sequences, all of which are numeric."""

    scale: bool = True
    missing: str = "error"

    # Not a parameter: categorical features are rejected.
    categorical_features = None

    _parameter_constraints: ClassVar[dict] = {
        "scale": ["boolean"],
        "missing": [StrOptions({"error", "mask"})],
    }

    _parameter_docs: ClassVar[dict] = {
        "scale": """bool, default=True
Whether to standardize each numeric feature by its mean and standard deviation over all
steps of the training sequences.""",
        "missing": """{"error", "mask"}, default="error"
How to treat missing values in X. `"error"` raises an error. `"mask"` replaces missing
numbers by 0 after scaling and adds an indicator for each numeric feature, which is 1 where
the value is missing.""",
    }

    def _fit_scaler(self, sequences):
        """Return the input of training sequences; warn of large values without scaling."""
        if not self.scale:
            size = max(
                (np.abs(b).max(initial=0.0) for _, b in sequences.chunks()), default=0.0
            )
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


@dataclass(kw_only=True, eq=False, repr=False)
class CategoricalParameters:
    """Parameters of categorical features of sequences."""

    categorical_features: Any = "from_dtype"
    embedding_size: int | str = "auto"
    subwords: bool = True

    _parameter_constraints: ClassVar[dict] = {
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "embedding_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, 2**16, closed="both"),
        ],
        "subwords": ["boolean"],
    }

    _parameter_docs: ClassVar[dict] = {
        "missing": """{"error", "mask"}, default="error"
How to treat missing values in X. `"error"` raises an error. `"mask"` replaces missing
numbers by 0 after scaling and adds an indicator for each numeric feature, which is 1 where
the value is missing. Missing categories have their own embedding.""",
        "categorical_features": """"from_dtype", array-like or None, default="from_dtype"
Positions, names or a boolean mask of the categorical features of a step. The others are
numeric. With `"from_dtype"`, text and columns of dtype `category` are categorical. With
None, no feature is. Each category of the training sequences has an embedding, a vector
that is learned. Categories that do not occur in training share one embedding. To train it,
a random share of the rare categories is replaced by it in each epoch.""",
        "embedding_size": """int or "auto", default="auto"
Size of the embedding of each categorical feature. `"auto"` means `1.6 * n ** 0.56`,
rounded, for n categories, and at most 64, or 128 for words (see `subwords`).""",
        "subwords": """bool, default=True
Whether to add the embeddings of parts of a word to its embedding (as Bojanowski et al.,
2017, https://arxiv.org/abs/1607.04606). The parts are prefixes and suffixes of 1 to 4
characters, the word in lower case, and its shape: the pattern of capital letters, small
letters and digits. Unseen words thus have different embeddings. The parameter applies to
features whose categories are strings, at least one of them longer than one character.""",
    }


class StepInputs(CategoricalParameters, NumericInputs):
    """Parameters of the numeric and categorical features of sequences."""

    def _fit_scaler(self, sequences):
        """Return the input of training sequences; warn of large values without scaling."""
        numeric = super()._fit_scaler(sequences)
        if not sequences.n_categorical:
            return numeric
        return CategoricalInput.fit(
            sequences, numeric, size=self.embedding_size, subwords=self.subwords
        )
