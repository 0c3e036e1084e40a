"""Collect the data of an AnomalyDisplay from a detector and the rows of a series."""

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.forecast_data import rows_of_series, select
from skseq.inspection.forecast_display import to_dates
from skseq.metrics.outlier_labels import read_outliers
from skseq.metrics.outliers import check_order
from skseq.metrics.wrappers import get_row_index, get_series_column
from skseq.quoting import quote
from skseq.sequences import convert_container, is_frame


def read_detector(detector, X, y, series):
    """Return the arguments of a display of the scores for the rows of one series."""
    threshold = find_threshold(detector)
    table = read_table(X)
    n_rows = len(table)
    check_order(X, y)
    y_true = None if y is None else read_outliers(y, "y")
    if y_true is not None and len(y_true) != n_rows:
        raise ValueError(f"X has {n_rows} rows, but y has {len(y_true)}.")
    rows, name = select_rows(detector, table, series)
    times = table.index.get_level_values(-1)[rows]
    is_time = isinstance(times, (pd.DatetimeIndex, pd.PeriodIndex))
    if is_time or pd.api.types.is_numeric_dtype(times):
        order = np.argsort(times, kind="stable")
        rows, times = rows[order], times[order]
    features = select_features(table, get_series_column(detector))
    # The detector gets all rows, because those of one series could look like another panel.
    scores = np.asarray(detector.score_samples(X))
    if scores.shape != (n_rows,):
        raise ValueError(
            f"score_samples of the detector returned the shape {scores.shape} for {n_rows} "
            "rows of X. AnomalyDisplay needs one score for each row."
        )
    return {
        "x": features.to_numpy(dtype=float, na_value=np.nan)[rows],
        "scores": scores[rows].astype(float),
        "threshold": threshold,
        "y_pred": np.where(scores < threshold, -1, 1)[rows],
        "y_true": None if y_true is None else y_true[rows],
        "times": to_dates(times) if is_time else None,
        "feature_names": None if has_no_names(features) else list(features.columns),
        "title": None if name is None else str(name),
    }


def find_threshold(detector):
    """Return the threshold of the scores of a detector, alone or in a Pipeline or search."""
    inner = detector
    while not hasattr(inner, "offset_"):
        check_is_fitted(inner)
        if isinstance(inner, Pipeline):
            inner = inner.steps[-1][1]
        elif hasattr(inner, "best_estimator_"):
            inner = inner.best_estimator_
        else:
            break
    missing = [] if hasattr(detector, "score_samples") else ["score_samples"]
    missing += [] if hasattr(inner, "offset_") else ["offset_"]
    if missing:
        raise TypeError(
            f"{type(inner).__name__} has no attribute {missing[0]}: AnomalyDisplay needs a "
            "fitted detector of anomalies, such as GRUAnomalyDetector, IsolationForest or "
            "LocalOutlierFactor(novelty=True)."
        )
    return float(np.ravel(inner.offset_)[0])


def read_table(X):
    """Return rows of any container as a DataFrame; columns of arrays have no names."""
    X = convert_container(X, "X")
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, pd.Series):
        return X.to_frame() if X.name is not None else X.to_frame("value")
    if is_frame(X):
        return pd.DataFrame({name: X[name].to_numpy() for name in X.columns})
    try:
        values = np.asarray(X, dtype=float)
    except (TypeError, ValueError):  # sequences of different lengths
        values = np.empty(())
    if values.ndim not in (1, 2):
        of = f" of shape {values.shape}" if values.ndim else ""
        raise TypeError(
            f"AnomalyDisplay draws rows that are time steps, but X is {type(X).__name__}{of}. "
            "Pass an array of shape (n_timesteps, n_features) or a DataFrame."
        )
    return pd.DataFrame(values)


def has_no_names(features):
    """Return whether columns are numbered, as those of an array are."""
    return list(features.columns) == list(range(features.shape[1]))


def select_rows(detector, table, series):
    """Return the positions of the rows of a series, and its name if rows have one."""
    labels = get_row_index(detector, table)
    if labels.nlevels == 1:
        if series is not None:
            raise ValueError(
                f"series={quote(series)}, but the rows of X are one series: X has no (series, "
                "time) MultiIndex, and the detector has no column of series."
            )
        return np.arange(len(table)), None
    names = list(labels.droplevel(-1).unique())
    name = names[select(series, names, "series", "X")]
    return np.flatnonzero(rows_of_series(labels, name, len(table))), name


def select_features(table, series_column):
    """Return the numeric columns, without that of the series."""
    names = [] if series_column is None else [series_column]
    features = table.drop(columns=names, errors="ignore")
    features = features.select_dtypes(["number", "bool"])
    if not features.shape[1]:
        raise ValueError(
            f"X has no numeric columns to draw. Its columns are {quote(list(table.columns))}."
        )
    return features
