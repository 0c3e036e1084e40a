"""Metrics and scorers of detectors of anomalies and outliers."""

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils._param_validation import validate_params

from skseq.exceptions import UndefinedMetricWarning, warn
from skseq.metrics.outlier_labels import read_outliers
from skseq.metrics.validation import align_rows, format_label
from skseq.sequences import find_other_order

CONSTRAINTS = {"y_true": ["array-like"], "scores": ["array-like"]}


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)
def outlier_average_precision(y_true, scores):
    """Average precision of the scores of an outlier detector.

    Outliers are the positive class, and low scores are abnormal, as `score_samples` and
    `decision_function` return them. :func:`sklearn.metrics.average_precision_score` would
    take 1 (inliers) as the positive class.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        -1 for outliers and 1 for inliers; or 1 for outliers and 0 for inliers; or True for
        outliers and False for inliers.
    scores : array-like of shape (n,)
        Scores, from `score_samples` or `decision_function`. If `y_true` and `scores` are
        both Series, they are aligned by index, otherwise by position.

    Returns
    -------
    score : float
        1 if every outlier has a lower score than every inlier. The fraction of outliers is
        the expected value of random scores. NaN, with an UndefinedMetricWarning, if
        `y_true` has only outliers or only inliers.

    Raises
    ------
    ValueError
        If `y_true` has other values, or only the value 1, which is "outlier" in one
        convention and "inlier" in the other; if `scores` contains NaN or infinity; if the
        lengths or indices differ.

    See Also
    --------
    outlier_average_precision_scorer : The scorer for the `scoring` parameter.
    outlier_roc_auc : Area under the ROC curve.

    Examples
    --------
    >>> from skseq.metrics import outlier_average_precision
    >>> scores = [-0.2, -0.9, -0.5, -0.1]
    >>> outlier_average_precision([1, -1, 1, 1], scores)
    1.0
    >>> outlier_average_precision([0, 0, 1, 0], scores)
    0.5
    """
    return measure(average_precision_score, "average precision", y_true, scores)


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)
def outlier_roc_auc(y_true, scores):
    """Area under the ROC curve of the scores of an outlier detector.

    It is the probability that an outlier has a lower score than an inlier. Low scores are
    abnormal, as `score_samples` and `decision_function` return them.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        -1 for outliers and 1 for inliers; or 1 for outliers and 0 for inliers; or True for
        outliers and False for inliers.
    scores : array-like of shape (n,)
        Scores, from `score_samples` or `decision_function`. If `y_true` and `scores` are
        both Series, they are aligned by index, otherwise by position.

    Returns
    -------
    score : float
        1 if every outlier has a lower score than every inlier, and 0.5 on average for
        random scores. NaN, with an UndefinedMetricWarning, if `y_true` has only outliers or
        only inliers.

    Raises
    ------
    ValueError
        Under the same conditions as :func:`outlier_average_precision`.

    See Also
    --------
    outlier_roc_auc_scorer : The scorer for the `scoring` parameter.
    outlier_average_precision : More informative if outliers are rare.

    Examples
    --------
    >>> from skseq.metrics import outlier_roc_auc
    >>> outlier_roc_auc([1, -1, 1, 1], [-0.2, -0.5, -0.9, -0.1])
    0.66...
    """
    return measure(roc_auc_score, "area under the ROC curve", y_true, scores)


def outlier_average_precision_scorer(estimator, X, y):
    """Score an outlier detector by its average precision.

    Use it as `scoring=outlier_average_precision_scorer` in a search or cross-validation.
    Outliers are the positive class. The scorers of scikit-learn called
    "average_precision" and "roc_auc" take 1 as the positive class: with y of -1 and 1 this
    is the inliers, and with y of 0 and 1 a perfect detector gets the worst score.

    Parameters
    ----------
    estimator : estimator
        A fitted detector with the method `score_samples`, of skseq or of scikit-learn,
        alone or in a Pipeline or a search.
    X : array-like, DataFrame or Sequences
        The data, as for `score_samples`.
    y : array-like of shape (n,)
        One label for each row or sequence of X: -1 for outliers and 1 for inliers; or 1 for
        outliers and 0 for inliers; or True for outliers and False for inliers. Labels belong to
        rows by position, as everywhere in scikit-learn.

    Returns
    -------
    score : float
        1 at best. NaN, with an UndefinedMetricWarning, if y has only outliers or only
        inliers.

    Raises
    ------
    TypeError
        If the estimator has no method `score_samples`.
    ValueError
        Under the same conditions as :func:`outlier_average_precision`; and if y and X have
        the same index in different orders.

    See Also
    --------
    outlier_average_precision : The metric.
    outlier_roc_auc_scorer : Area under the ROC curve.

    Notes
    -----
    The mean over folds is NaN if a fold has no outliers: use fewer folds, such that each of
    them has outliers. If y is -1 and 1, a fold without outliers has only the value 1, which
    is an error. It makes the score of the fold NaN as well, unless `error_score="raise"`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import IsolationForest
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from skseq.metrics import outlier_average_precision_scorer
    >>> X = np.random.default_rng(0).normal(size=(80, 2))
    >>> y = np.arange(80) % 20 == 19
    >>> X[y] += 50
    >>> cv = TimeSeriesSplit(3)
    >>> detector = IsolationForest(random_state=0)
    >>> cross_val_score(detector, X, y, cv=cv, scoring=outlier_average_precision_scorer)
    array([1., 1., 1.])
    """
    return outlier_average_precision(*score_rows(estimator, X, y))


def outlier_roc_auc_scorer(estimator, X, y):
    """Score an outlier detector by the area under the ROC curve.

    Use it as `scoring=outlier_roc_auc_scorer` in a search or cross-validation.

    Parameters
    ----------
    estimator : estimator
        A fitted detector with the method `score_samples`, as for
        :func:`outlier_average_precision_scorer`.
    X : array-like, DataFrame or Sequences
        The data, as for `score_samples`.
    y : array-like of shape (n,)
        One label for each row or sequence of X, as for
        :func:`outlier_average_precision_scorer`.

    Returns
    -------
    score : float
        1 at best. NaN, with an UndefinedMetricWarning, if y has only outliers or only
        inliers.

    Raises
    ------
    TypeError, ValueError
        Under the same conditions as :func:`outlier_average_precision_scorer`.

    See Also
    --------
    outlier_roc_auc : The metric.
    outlier_average_precision_scorer : More informative if outliers are rare.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import LocalOutlierFactor
    >>> from skseq.metrics import outlier_roc_auc_scorer
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> detector = LocalOutlierFactor(novelty=True).fit(X[:40])
    >>> X[40:45] += 50
    >>> outlier_roc_auc_scorer(detector, X[40:], [-1] * 5 + [1] * 15)
    1.0
    """
    return outlier_roc_auc(*score_rows(estimator, X, y))


def measure(metric, name, y_true, scores):
    """Return a metric of scikit-learn with outliers as the positive class."""
    is_outlier = read_outliers(y_true, "y_true")
    values = check_array(scores, ensure_2d=False, dtype=np.float64, ensure_all_finite=False)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(
            f"scores should have the shape (n,), but they have the shape {values.shape}."
        )
    check_consistent_length(is_outlier, values)
    index = getattr(y_true, "index", None) if is_pandas(y_true) else None
    other = scores.index if is_pandas(scores) else None
    values, index = align_rows(values, index, other, "scores")
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        label = "" if index is None else f" ({format_label(index[row])})"
        raise ValueError(
            f"scores contains {values[row]} in row {row}{label}. Leave such rows out of y_true "
            "and scores."
        )
    if is_outlier.all() or not is_outlier.any():
        kind = "outliers" if is_outlier.all() else "inliers"
        warn(
            f"The {name} is undefined and set to NaN, because all {len(values)} labels are "
            f"{kind}. In a cross-validation, use fewer folds, such that each has outliers.",
            UndefinedMetricWarning,
        )
        return float("nan")
    return float(metric(is_outlier, -values))


def score_rows(estimator, X, y):
    """Return y and the scores of the rows or sequences of X, by position."""
    if not hasattr(estimator, "score_samples"):
        raise TypeError(
            f"{type(estimator).__name__} has no method score_samples. Use an outlier "
            "detector, such as GRUAnomalyDetector or IsolationForest."
        )
    check_order(X, y)
    scores = estimator.score_samples(X)
    check_consistent_length(y, scores)
    return y, np.asarray(scores)  # an array, which is aligned by position


def check_order(X, y):
    """Raise ValueError if X and y have the same index in different orders."""
    if not (is_pandas(X) and is_pandas(y)):
        return
    row = find_other_order(X.index, y.index)
    if row is not None:
        raise ValueError(
            "X and y have the same index in different orders, but labels belong to rows by "
            f"position: row {row} is {format_label(X.index[row])} in X and "
            f"{format_label(y.index[row])} in y. Pass y.loc[X.index]."
        )


def is_pandas(values):
    """Return whether values have an index of pandas."""
    return isinstance(values, (pd.DataFrame, pd.Series))
