"""Displays and measures of what fitted estimators have learned."""

from skseq.inspection.anomaly_display import AnomalyDisplay
from skseq.inspection.attention_display import AttentionDisplay
from skseq.inspection.confusion_examples_display import ConfusionExamplesDisplay
from skseq.inspection.embedding_display import EmbeddingDisplay
from skseq.inspection.forecast_display import ForecastDisplay
from skseq.inspection.forecast_residual_display import ForecastResidualDisplay
from skseq.inspection.gradient_flow import gradient_flow
from skseq.inspection.gradient_flow_display import GradientFlowDisplay
from skseq.inspection.importance_display import ImportanceDisplay
from skseq.inspection.integrated_gradients import integrated_gradients
from skseq.inspection.memory_horizon import memory_horizon
from skseq.inspection.sequences_by_class_display import SequencesByClassDisplay
from skseq.inspection.step_confusion_display import StepConfusionDisplay
from skseq.inspection.step_label_display import StepLabelDisplay
from skseq.inspection.text_rendering import render_spans, render_weights
from skseq.inspection.timestep_importance import timestep_importance
from skseq.inspection.training_display import TrainingDisplay

__all__ = [
    "AnomalyDisplay",
    "AttentionDisplay",
    "ConfusionExamplesDisplay",
    "EmbeddingDisplay",
    "ForecastDisplay",
    "ForecastResidualDisplay",
    "GradientFlowDisplay",
    "ImportanceDisplay",
    "SequencesByClassDisplay",
    "StepConfusionDisplay",
    "StepLabelDisplay",
    "TrainingDisplay",
    "gradient_flow",
    "integrated_gradients",
    "memory_horizon",
    "render_spans",
    "render_weights",
    "timestep_importance",
]
