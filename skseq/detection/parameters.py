"""Parameters of detectors of anomalies in series, and of outliers among sequences."""

from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

from sklearn.utils._param_validation import Interval, StrOptions


@dataclass(kw_only=True, eq=False, repr=False)
class SeriesParameters:
    """How detectors read rows, and how they smooth errors."""

    smoothing: int | str = "auto"
    center: bool = True
    series: str | None = None
    missing: str = "error"

    _parameter_constraints: ClassVar[dict] = {
        "smoothing": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "center": ["boolean"],
        "series": [str, None],
        "missing": [StrOptions({"error", "mask"})],
    }

    _parameter_docs: ClassVar[dict] = {
        "smoothing": """int or "auto", default="auto"
Distance, in rows, at which the weight of a neighbor in the average of errors reaches 0. Weights
decrease linearly. The distance is at most the length of the longest series. With 1, scores are the errors
of single rows. Use small values if anomalies are short. `"auto"` is `context_length_`. Detectors without a context use 48, but
at most a quarter of the longest series. See `smoothing_`.""",
        "center": """bool, default=True
Whether the average of a row also includes the rows after it, as in `rolling` of pandas.
Anomalies are then found more accurately. With False, scores depend only on earlier rows and
equal those of `stream`.""",
        "series": """str, default=None
Column of X that identifies the series of each row. None means that there is one series, or
that the index is a (series, time) MultiIndex.""",
        "missing": """{"error", "mask"}, default="error"
How to treat missing values in X. `"error"` raises an error. With `"mask"`, they have no
error, and the last observed value replaces them in the past of later rows. The score of a row
without values is the average of its neighbors, or 0 if all of them are missing.""",
    }


@dataclass(kw_only=True, eq=False, repr=False)
class NeighborParameters:
    """Parameters of the comparison of a sequence with the training sequences."""

    n_neighbors: int = 3

    _parameter_constraints: ClassVar[dict] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")]
    }

    _parameter_docs: ClassVar[dict] = {
        "n_neighbors": """int, default=3
Number of the most similar training sequences with which a sequence is compared. Use a
number larger than the number of outliers of the same kind in the training data.""",
    }
