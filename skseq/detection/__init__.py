"""What detectors of anomalies and outliers share: scores, thresholds and predictions."""

from skseq.detection.base import Detector, DetectorParameters
from skseq.detection.embedding import WINDOW, Moments, SequenceSummary, count_columns
from skseq.detection.forecast_errors import ErrorScale, average_squares
from skseq.detection.neighbors import NeighborDistances
from skseq.detection.parameters import SeriesParameters
from skseq.detection.threshold import choose_offset

__all__ = [
    "WINDOW",
    "Detector",
    "DetectorParameters",
    "ErrorScale",
    "Moments",
    "NeighborDistances",
    "SequenceSummary",
    "SeriesParameters",
    "average_squares",
    "choose_offset",
    "count_columns",
]
