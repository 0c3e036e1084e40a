"""What detectors of anomalies and outliers share: scores, thresholds and predictions."""

from skseq.detection.base import Detector, DetectorParameters
from skseq.detection.embedding import WINDOW, Moments, SequenceSummary, count_columns
from skseq.detection.forecast_errors import MAX_INPUT, ErrorScale, average_squares
from skseq.detection.neighbors import NeighborDistances
from skseq.detection.parameters import NeighborParameters, SeriesParameters
from skseq.detection.sample import SequenceSample
from skseq.detection.streams import ScoreStream
from skseq.detection.threshold import FENCE_OF_DISTANCES, FENCE_OF_ERRORS, choose_offset

__all__ = [
    "FENCE_OF_DISTANCES",
    "FENCE_OF_ERRORS",
    "MAX_INPUT",
    "WINDOW",
    "Detector",
    "DetectorParameters",
    "ErrorScale",
    "Moments",
    "NeighborDistances",
    "NeighborParameters",
    "ScoreStream",
    "SequenceSample",
    "SequenceSummary",
    "SeriesParameters",
    "average_squares",
    "choose_offset",
    "count_columns",
]
