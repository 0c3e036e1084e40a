"""Validation of the sequences that users pass to outlier detectors."""

import pandas as pd

from skseq.estimators.step_validation import find_table_shape
from skseq.estimators.validation import name_leaf
from skseq.sequences import LONG_TABLE_HINT

TIME_INDEXES = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)


def check_not_rows(detector, X):
    """Raise ValueError if X is a table whose index says that its rows are time steps."""
    index = getattr(X, "index", None)
    has_levels = isinstance(index, pd.MultiIndex)
    if not (has_levels or isinstance(index, TIME_INDEXES)) or find_table_shape(X) is None:
        return
    what = f"a MultiIndex with the levels {list(index.names)}" if has_levels else "times"
    raise ValueError(
        f"the rows of X have {what} as index, as time steps. {suggest_rows(detector)} If "
        "each row of X is a whole sequence, use X.reset_index(drop=True). "
        f"{LONG_TABLE_HINT}"
    )


def check_several(detector, sequences):
    """Raise ValueError if there is only one sequence."""
    if len(sequences) < 2:
        raise ValueError(
            f"Found array with 1 sample(s) (X is read as {sequences!r}) while a minimum of "
            f"2 is required by {type(detector).__name__}, which compares sequences with "
            f"each other. {suggest_rows(detector)}"
        )


def suggest_rows(detector):
    """Return sentences that name the detector of anomalous rows."""
    return (
        "This estimator compares whole sequences. To find the anomalous times of one or "
        "several long series, whose rows are time steps, use an anomaly detector such as "
        f"{name_leaf(detector, 'AnomalyDetector')}."
    )
