"""Budget of forecasters: epochs, batches of windows, early stopping."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from skseq.training import OptimizerParameters


@dataclass(kw_only=True, eq=False, repr=False)
class ForecastBudget:
    """Length of training of forecasters."""

    max_epochs: int | str = "auto"
    batch_size: int | str = "auto"
    early_stopping: bool | str = "auto"
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10

    _parameter_constraints: ClassVar[dict] = {
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    }

    _parameter_docs: ClassVar[dict] = {
        "max_epochs": """int or "auto", default="auto"
Maximum number of passes over the training windows.""",
        "batch_size": """int or "auto", default="auto"
Number of windows in a batch.""",
        "early_stopping": """bool or "auto", default="auto"
Whether to stop when the loss of the held-out steps has not improved for
`n_iter_no_change` epochs. `"auto"` is the same as True.""",
        "validation_fraction": """float, default=0.1
Fraction of the last steps of each series that is held out.""",
        "n_iter_no_change": """int, default=10
Number of epochs without a lower validation loss after which training stops.""",
    }


class ForecastTraining(OptimizerParameters, ForecastBudget):
    """Parameters of training of forecasters."""
