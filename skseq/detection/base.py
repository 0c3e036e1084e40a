"""The contract of detectors, which follows that of scikit-learn's outlier detectors."""

from abc import abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils._param_validation import Interval, StrOptions

from skseq.detection.threshold import Fence, choose_offset
from skseq.saved import SavedAttributes


@dataclass(kw_only=True, eq=False, repr=False)
class DetectorParameters:
    """The expected fraction of outliers."""

    contamination: str | float = "auto"

    _parameter_constraints: ClassVar[dict] = {
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")]
    }

    _parameter_docs: ClassVar[dict] = {
        "contamination": """"auto" or float, default="auto"
Fraction of outliers in the training data, in (0, 0.5]. It determines `offset_`, the threshold
of `predict`, and does not change scores. `"auto"` sets the threshold where scores are far
outside the range that is usual in the training data: the root of the size of a score is more
than four interquartile ranges above the third quartile (Tukey, 1977), and the size is above
1, that of usual scores.""",
    }


class Detector(OutlierMixin, DetectorParameters, SavedAttributes):
    """Base class of detectors: predictions by scores and a threshold.

    A subclass implements `fit`, which sets `offset_`, and `score_samples`.
    """

    # The threshold with `contamination="auto"`.
    _fence: ClassVar[Fence]

    offset_: float

    _attribute_docs: ClassVar[dict] = {
        "offset_": """float
Threshold of scores: `decision_function` is `score_samples` minus `offset_`.""",
    }

    _attribute_checks: ClassVar[dict] = {
        "offset_": lambda value: type(value) is float and value <= 0
    }

    @abstractmethod
    def score_samples(self, X):
        """Return a score for each row or sequence of X, at most 0; low is abnormal."""

    def decision_function(self, X):
        """Return the scores minus the threshold.

        Parameters
        ----------
        X : array-like, DataFrame or Sequences
            The data, as for `score_samples`.

        Returns
        -------
        ndarray of shape (n,)
            Negative for outliers.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Predict whether data are outliers.

        Parameters
        ----------
        X : array-like, DataFrame or Sequences
            The data, as for `score_samples`.

        Returns
        -------
        ndarray of int of shape (n,)
            -1 for outliers, and 1 for inliers.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _check_contamination(self, n, unit):
        """Raise ValueError if the contamination is less than one of n training `unit`s."""
        if self.contamination != "auto" and self.contamination * n < 1:
            raise ValueError(
                f"contamination={self.contamination} of {n} {unit} is less than one of "
                f"them, so that nothing would be an outlier. Use at least {1 / n:.2g}, or "
                'contamination="auto".'
            )

    def _choose_offset(self, scores):
        """Return the threshold by the scores (n,) of the training data."""
        return choose_offset(scores, self.contamination, self._fence)
