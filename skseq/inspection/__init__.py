"""What models have learned, to be looked at."""

from skseq.inspection.forecast_display import ForecastDisplay
from skseq.inspection.gradient_flow import gradient_flow
from skseq.inspection.gradient_flow_display import GradientFlowDisplay
from skseq.inspection.memory_horizon import memory_horizon
from skseq.inspection.training_display import TrainingDisplay

__all__ = [
    "ForecastDisplay",
    "GradientFlowDisplay",
    "TrainingDisplay",
    "gradient_flow",
    "memory_horizon",
]
