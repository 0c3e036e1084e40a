"""What detectors of anomalies and outliers share: scores, thresholds and predictions."""

from skseq.detection.base import Detector, DetectorParameters
from skseq.detection.threshold import choose_offset

__all__ = ["Detector", "DetectorParameters", "choose_offset"]
