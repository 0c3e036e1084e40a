"""What models have learned, to be looked at."""

from skseq.inspection.forecast_display import ForecastDisplay

__all__ = ["ForecastDisplay"]
