"""Metrics and scorers of forecasts, of labels for each step, and of outlier detectors."""

from skseq.metrics.distributions import (
    continuous_ranked_probability_score,
    weighted_quantile_loss,
)
from skseq.metrics.entities import (
    entity_f1_score,
    entity_f1_scorer,
    entity_precision_recall_fscore_support,
)
from skseq.metrics.intervals import interval_coverage, interval_width, winkler_score
from skseq.metrics.outliers import (
    outlier_average_precision,
    outlier_average_precision_scorer,
    outlier_roc_auc,
    outlier_roc_auc_scorer,
)
from skseq.metrics.per_step import per_step
from skseq.metrics.point_errors import (
    mean_absolute_scaled_error,
    root_mean_squared_scaled_error,
    symmetric_mean_absolute_percentage_error,
)
from skseq.metrics.scorers import (
    make_interval_scorer,
    make_quantile_scorer,
    make_scaled_scorer,
    mase_scorer,
    rmsse_scorer,
    smape_scorer,
)
from skseq.metrics.spans import entity_spans

__all__ = [
    "continuous_ranked_probability_score",
    "entity_f1_score",
    "entity_f1_scorer",
    "entity_precision_recall_fscore_support",
    "entity_spans",
    "interval_coverage",
    "interval_width",
    "make_interval_scorer",
    "make_quantile_scorer",
    "make_scaled_scorer",
    "mase_scorer",
    "mean_absolute_scaled_error",
    "outlier_average_precision",
    "outlier_average_precision_scorer",
    "outlier_roc_auc",
    "outlier_roc_auc_scorer",
    "per_step",
    "rmsse_scorer",
    "root_mean_squared_scaled_error",
    "smape_scorer",
    "symmetric_mean_absolute_percentage_error",
    "weighted_quantile_loss",
    "winkler_score",
]
