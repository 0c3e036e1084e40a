"""The forecasters: one leaf for each architecture.

They differ from the regressors in two defaults. A window ends where the forecast begins, so
networks read forward and answer from the last state; one direction does with half the time.
"""

from dataclasses import dataclass

from skseq.architectures import (
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
    """Forecast series with a vanilla recurrent network.

    The simplest memory: a hidden state carried from token to token (Elman, 1990). Patches
    keep the way through a window short, so that it forgets less than it is known for.
    """

    stem: int = 0
    pooling: str = "last"
    bidirectional: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMForecaster(
    Forecasting, LSTMArchitecture, ForecastTraining, CovariateInputs, NetworkForecaster
):
    """Forecast series with a long short-term memory network.

    Gates decide what a cell keeps, takes in and shows (Hochreiter & Schmidhuber, 1997).
    """

    stem: int = 0
    pooling: str = "last"
    bidirectional: bool = False


@dataclass(kw_only=True, eq=False, repr=False)
class GRUForecaster(
    Forecasting, GRUArchitecture, ForecastTraining, CovariateInputs, NetworkForecaster
):
    """Forecast series with a network of gated recurrent units.

    Over segments of a window and with all future segments decoded at once, as in SegRNN
    (Lin et al., 2023, https://arxiv.org/abs/2308.11200).
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
    """Forecast series with a Transformer encoder.

    Over patches of a window and with one channel at a time, as in PatchTST (Nie et al.,
    2023, https://arxiv.org/abs/2211.14730).
    """

    stem: int = 0
    pooling: str = "last"
