"""The detectors of anomalies in series, one class per architecture.

Like forecasters, networks are unidirectional and use the last state.
"""

from dataclasses import dataclass

from skseq.architectures import (
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.estimators.forecasters import (
    GRUForecaster,
    LSTMForecaster,
    RNNForecaster,
    TransformerForecaster,
)
from skseq.estimators.network_detector import NetworkDetector
from skseq.forecasting import ForecastTraining
from skseq.tasks import AnomalyDetection


@dataclass(kw_only=True, eq=False, repr=False)
class RNNAnomalyDetector(
    AnomalyDetection, RNNArchitecture, ForecastTraining, NetworkDetector
):
    """Find anomalies in series with a vanilla recurrent neural network (RNN)."""

    _forecaster = RNNForecaster

    stem: int = 0
    bidirectional: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMAnomalyDetector(
    AnomalyDetection, LSTMArchitecture, ForecastTraining, NetworkDetector
):
    """Find anomalies in series with a long short-term memory (LSTM) network."""

    _forecaster = LSTMForecaster

    stem: int = 0
    bidirectional: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class GRUAnomalyDetector(
    AnomalyDetection, GRUArchitecture, ForecastTraining, NetworkDetector
):
    """Find anomalies in series with a gated recurrent unit (GRU) network."""

    _forecaster = GRUForecaster

    stem: int = 0
    bidirectional: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerAnomalyDetector(
    AnomalyDetection, TransformerArchitecture, ForecastTraining, NetworkDetector
):
    """Find anomalies in series with a Transformer encoder."""

    _forecaster = TransformerForecaster

    stem: int = 0
