"""The forecasters, one class per architecture.

Their defaults differ from those of regressors. The most recent steps matter most, so the
last state is used and networks are unidirectional, which halves the time.
"""

from dataclasses import dataclass

from skseq.architectures import (
    CustomArchitecture,
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.estimators.network_forecaster import NetworkForecaster
from skseq.forecasting import ForecastTraining
from skseq.inputs import CovariateInputs
from skseq.tasks import Forecasting


@dataclass(kw_only=True, eq=False, repr=False)
class RNNForecaster(
    Forecasting, RNNArchitecture, ForecastTraining, CovariateInputs, NetworkForecaster
):
    """Forecast time series with a vanilla recurrent neural network (RNN).

    A hidden state is passed from token to token (Elman, 1990). Patches shorten the sequence
    of tokens, so that gradients vanish less.
    """

    stem: int = 0
    pooling: str = "last"
    bidirectional: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMForecaster(
    Forecasting, LSTMArchitecture, ForecastTraining, CovariateInputs, NetworkForecaster
):
    """Forecast time series with a long short-term memory (LSTM) network.

    Gates control what a cell stores, adds and outputs (Hochreiter & Schmidhuber, 1997).
    """

    stem: int = 0
    pooling: str = "last"
    bidirectional: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class GRUForecaster(
    Forecasting, GRUArchitecture, ForecastTraining, CovariateInputs, NetworkForecaster
):
    """Forecast time series with a gated recurrent unit (GRU) network.

    The network reads patches of a window and decodes all future segments at once, as SegRNN
    does (Lin et al., 2023, https://arxiv.org/abs/2308.11200).
    """

    stem: int = 0
    pooling: str = "last"
    bidirectional: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerForecaster(
    Forecasting,
    TransformerArchitecture,
    ForecastTraining,
    CovariateInputs,
    NetworkForecaster,
):
    """Forecast time series with a Transformer encoder.

    The network reads patches of one target at a time, as PatchTST does (Nie et al., 2023,
    https://arxiv.org/abs/2211.14730).
    """

    stem: int = 0
    pooling: str = "last"


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceForecaster(
    Forecasting, CustomArchitecture, ForecastTraining, CovariateInputs, NetworkForecaster
):
    """Forecast time series with a PyTorch network of your own."""

    stem: int = 0
    patch_size: int | str = 1
    pooling: str = "last"
