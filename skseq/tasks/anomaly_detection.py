"""Detection of anomalies in series by the errors of short-term forecasts."""

from dataclasses import dataclass
from numbers import Integral
from typing import ClassVar

from sklearn.utils._param_validation import Interval

# Default context, unless a quarter of the longest series is shorter.
DEFAULT_CONTEXT, MIN_CONTEXTS = 48, 4


@dataclass(kw_only=True, eq=False, repr=False)
class AnomalyDetection:
    """Parameters of the windows of forecasts."""

    context_length: int | None = None
    horizon: int = 12

    _parameter_constraints: ClassVar[dict] = {
        "context_length": [Interval(Integral, 1, None, closed="left"), None],
        "horizon": [Interval(Integral, 1, None, closed="left")],
    }

    _parameter_docs: ClassVar[dict] = {
        "early_stopping": """bool or "auto", default="auto"
Whether to stop when the loss of the held-out rows has not improved for `n_iter_no_change`
epochs, and to restore the best weights, which are averaged over the latest updates. `"auto"`
is the same as True. The last rows of each series are held out in any case, to measure usual
errors.""",
        "context_length": f"""int or None, default=None
Number of rows that a forecast depends on. None means {DEFAULT_CONTEXT}, but at most a
quarter of the longest series; see `context_length_`. Choose at least one period of the
series, if it has one.""",
        "horizon": """int, default=12
Number of rows that are forecast at once. The error of a row is the mean error of its
forecasts from 1 to `horizon` rows before it. Forecasts that were made several rows earlier
are not yet affected by an anomaly. The default is reduced for short series, see `horizon_`.""",
    }

    _notes: ClassVar[str] = """
A forecaster learns the next rows of the series from the rows before them, and anomalies are rows
with large errors of forecasts (Malhotra et al., 2015, with an LSTM). The error of a row
is divided by the usual error of held-out rows. The score of a row is minus the average of the
squared errors of the row and its neighbors. Rows whose score is below a threshold are
anomalies."""

    _see_also: ClassVar[tuple] = ("LevelAnomalyDetector", "RidgeAnomalyDetector")

    _example: ClassVar[str] = """
>>> import numpy as np
>>> from skseq import {name}
>>> random = np.random.default_rng(0)
>>> X = np.sin(np.arange(600) / 4)[:, None] + 0.1 * random.normal(size=(600, 1))
>>> X[500:520] = 0.0
>>> detector = {name}(context_length=24)"""

    def _choose_steps(self, lengths):
        """Return horizon and context length for training series of given lengths.

        Rows after the last value of a series do not count.
        """
        longest, horizon = int(lengths.max()), int(self.horizon)
        if self.horizon == type(self).horizon:
            horizon = min(horizon, max(longest // (2 * MIN_CONTEXTS), 1))
        context = self.context_length
        if context is None:
            context = max(min(DEFAULT_CONTEXT, longest // MIN_CONTEXTS), 1)
        if context + horizon > longest:
            raise ValueError(
                f"context_length={context} and horizon={horizon} require "
                f"{context + horizon} rows, but the longest series has {longest} up to its "
                "last value. Pass a longer series, or use smaller values."
            )
        return horizon, int(context)
