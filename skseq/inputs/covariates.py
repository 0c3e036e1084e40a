"""Covariates of series: scaling, missing values and categories."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions

from skseq.inputs.base import Category
from skseq.inputs.categorical import choose_size
from skseq.inputs.numeric import measure
from skseq.inputs.text_values import warn_of_text_values
from skseq.inputs.vocabulary import PADDING, UNKNOWN, Vocabulary
from skseq.saved import (
    Saved,
    is_count,
    is_finite,
    is_flag,
    is_numbers,
    is_positive,
    require,
)


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
Whether to standardize each numeric covariate by its mean and standard deviation over the training
steps. It does not affect y, whose windows are scaled according to `unit`.""",
        "missing": """{"error", "mask"}, default="error"
How to treat missing values in X. `"error"` raises an error. `"mask"` replaces missing
numbers by 0 after scaling and adds an indicator for each numeric covariate, which is 1
where the value is missing; a missing category has an embedding of its own. NaN is always allowed in y and in future values of `past_columns`.""",
    }


@dataclass(repr=False)
class CovariateScaler(Saved):
    """Converts covariates of windows to features.

    Numbers are standardized by their statistics in training; NaN becomes 0. The codes of
    categories become ids of their embeddings.
    """

    saved_name = "covariate scaler"

    mean: np.ndarray  # (n_covariates,); 0 for categories
    scale: np.ndarray  # (n_covariates,); 1 for categories
    n_past: int  # number of covariates, the first ones, that are known only for the past
    mask_missing: bool  # whether to append one feature per number: 1 where it is missing
    encoders: list  # the :class:`CategoryEncoder` of each covariate; None for numbers

    @classmethod
    def fit(cls, panel, n_past, *, scale, mask_missing, columns=(), categories=None):
        """Measure the covariates of a panel; without `scale` numbers stay unchanged.

        `categories` has a list of the categories of each column, or None for numbers.
        """
        n = panel.covariates.shape[1]
        categories = categories or [None] * n
        mean, deviation, encoders = np.zeros(n), np.ones(n), [None] * n
        numeric = [k for k in range(n) if categories[k] is None]
        if n and (scale or len(numeric) < n):
            steps = np.concatenate([panel.inputs(i) for i in range(panel.n_series)])
            for k, known in enumerate(categories):
                if known is not None:
                    encoders[k] = CategoryEncoder.fit(known, steps[:, k], columns[k])
            if scale and numeric:
                measured = measure(lambda: [steps[:, numeric]], len(numeric), steps.dtype)
                mean[numeric], deviation[numeric] = measured
        return cls(mean, deviation, n_past, mask_missing, encoders)

    def __repr__(self):
        n = len(self.mean)
        return f"{type(self).__name__}({n} covariate{'s' * (n != 1)})"

    @property
    def n_features(self):
        """Number of features that the network reads."""
        n_ids = len(self.categories)
        return (len(self.mean) - n_ids) * (2 if self.mask_missing else 1) + n_ids

    @property
    def n_known(self):
        """Number of features that are known for future steps, the last ones before ids."""
        n = len(self._find(is_past=False, is_categorical=False))
        return n * (2 if self.mask_missing else 1)

    @property
    def categories(self):
        """The embeddings of the ids, which are the last features."""
        return tuple(e.category for e in self.encoders if e is not None)

    @property
    def known_categories(self):
        """The embeddings of the last ids, which are known for future steps."""
        return tuple(e.category for e in self.encoders[self.n_past :] if e is not None)

    def transform(self, steps, context_length):
        """Convert covariates (n_windows, n_steps, n_covariates) of windows.

        The features are past numbers, which are 0 in future steps, their missing
        indicators, known numbers, and their missing indicators; then the ids of past
        categories, which are those of padding in future steps, and of known categories.
        """
        parts, ids = [], []
        for is_past in (True, False):
            numeric = self._find(is_past, is_categorical=False)
            scaled = (steps[:, :, numeric] - self.mean[numeric]) / self.scale[numeric]
            missing = np.isnan(scaled)
            found = [np.where(missing, 0.0, scaled)]
            if self.mask_missing:
                found.append(missing.astype(scaled.dtype))
            coded = [
                self.encoders[k].find_ids(steps[:, :, k])[:, :, None]
                for k in self._find(is_past, is_categorical=True)
            ]
            if is_past:
                for part in (*found, *coded):
                    part[:, context_length:] = 0.0  # the id of padding, too
            parts += found
            ids += coded
        return np.concatenate([*parts, *ids], axis=2)

    def describe(self):
        """Return plain values that identify the content."""
        encoders = [None if e is None else e.ids for e in self.encoders]
        return {**vars(self), "encoders": encoders}

    def _find(self, is_past, is_categorical):
        """Return the positions of past or known covariates of one kind."""
        n, n_past = len(self.mean), self.n_past
        places = range(n_past) if is_past else range(n_past, n)
        return [k for k in places if (self.encoders[k] is not None) == is_categorical]

    @classmethod
    def from_state(cls, mean, scale, n_past, mask_missing, encoders):
        """Create the scaler from a state; raise ValueError if the state is invalid."""
        valid = is_finite(mean, None) and is_positive(scale, len(mean))
        valid = valid and is_count(n_past) and n_past <= len(mean)
        valid = valid and type(encoders) is list and len(encoders) == len(mean)
        valid = valid and all(e is None or isinstance(e, CategoryEncoder) for e in encoders)
        require(valid and is_flag(mask_missing), "the scaler of covariates is invalid")
        return cls(mean, scale, n_past, mask_missing, encoders)


class CategoryEncoder(Saved):
    """Translates the codes of a categorical covariate to ids of its embedding.

    Parameters
    ----------
    vocabulary : Vocabulary
        The categories of the training steps.
    ids : ndarray of int64 of shape (n_categories + 2,)
        The id of each code, then that of missing values, then that of the code -1, which
        is a category that did not occur in fit.
    """

    saved_name = "category encoder"

    def __init__(self, vocabulary, ids):
        self.vocabulary = vocabulary
        self.ids = ids

    @classmethod
    def fit(cls, categories, codes, name):
        """Learn the vocabulary of codes (n_steps,), in which NaN is a missing value.

        `categories` are the values of the codes 0, 1, ... Those that do not occur become
        unknown ones.
        """
        codes = np.where(np.isnan(codes), -1, codes).astype(np.int64)
        name = f"Column {name!r} of X"
        vocabulary = Vocabulary.fit(categories, codes, subwords=False, name=name)
        warn_of_text_values(vocabulary.categories, name)
        used = np.ones(len(categories), dtype=bool)
        ids = vocabulary.find_ids(categories, used)[:, 0]
        if not vocabulary.n_missing:
            # Then NaN stands for steps outside of a series, which are in many windows.
            ids[-1] = PADDING
        return cls(vocabulary, np.append(ids, UNKNOWN))

    @property
    def category(self):
        """What the embedding requires."""
        vocabulary = self.vocabulary
        rates, size = vocabulary.unknown_rates, choose_size(vocabulary)
        return Category(vocabulary.n_rows, size, UNKNOWN, rates)

    def find_ids(self, codes):
        """Return the ids of codes of any shape, as floats."""
        missing = len(self.ids) - 2
        places = np.where(np.isnan(codes), missing, codes).astype(np.int64)
        return self.ids[places].astype(codes.dtype)

    @classmethod
    def from_state(cls, vocabulary, ids):
        """Create the encoder from a state; raise ValueError if the state is invalid."""
        require(isinstance(vocabulary, Vocabulary), "the vocabulary is invalid")
        valid = vocabulary.n_buckets == 0 and is_numbers(ids, None, dtype=np.int64)
        valid = valid and len(ids) >= 2 and (ids >= 0).all()
        require(valid and (ids < vocabulary.n_rows).all(), "the ids are invalid")
        return cls(vocabulary, ids)
