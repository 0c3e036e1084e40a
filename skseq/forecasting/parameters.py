"""Budget of forecasters: epochs, batches of windows, held-out steps."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skseq.training import OptimizerParameters

# Default batch size: a fraction of the windows, within bounds.
BATCHES_PER_PASS = 8
MIN_BATCH_SIZE, MAX_BATCH_SIZE = 8, 256
# Maximum number of batches in an epoch. It limits the number of updates if there are many
# windows.
MAX_BATCHES = 100
# Default number of updates, within bounds of epochs.
TARGET_UPDATES = 1500
MIN_EPOCHS, MAX_EPOCHS = 10, 100
# Bounds of the held-out steps of a series: at least this many horizons, but at most this
# fraction of the series.
MIN_HELD_OUT_HORIZONS, MAX_HELD_OUT_SHARE = 2, 3
# Maximum number of held-out windows, for early stopping and calibration.
MAX_HELD_OUT = 4096
# With fewer windows than this, the network is refitted on all steps once the number of
# epochs is known, because the latest steps are informative.
REFIT_BELOW = 20_000


class WindowBudget(ABC):
    """Budget of forecasters, as their template uses it."""

    early_stopping: bool | str

    @abstractmethod
    def _choose_batch_size(self, n_windows):
        """Return the number of windows in a batch."""

    @abstractmethod
    def _choose_epochs(self, n_windows, batch_size):
        """Return the number of epochs for windows that are drawn in each epoch."""

    @abstractmethod
    def _count_held_out(self, lengths, horizon):
        """Return the number of held-out steps of series of given lengths."""


@dataclass(kw_only=True, eq=False, repr=False)
class ForecastBudget(WindowBudget):
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
        "max_epochs": f"""int or "auto", default="auto"
Maximum number of epochs. An epoch is a pass over the training windows, or over at most
{MAX_BATCHES} batches of windows that are drawn anew in each epoch. `"auto"` aims at about
{TARGET_UPDATES:,} updates, in {MIN_EPOCHS} to {MAX_EPOCHS} epochs.""",
        "batch_size": f"""int or "auto", default="auto"
Maximum number of windows in a batch. `"auto"` uses 1/{BATCHES_PER_PASS} of the training
windows, at least {MIN_BATCH_SIZE} and at most {MAX_BATCH_SIZE}.""",
        "early_stopping": f"""bool or "auto", default="auto"
Whether to stop when the loss of the held-out steps has not improved for
`n_iter_no_change` epochs, and to restore the best weights, which are averaged over the
latest updates. `"auto"` is the same as True. The last steps of each series are held out in
any case, to calibrate intervals. With fewer than {REFIT_BELOW:,} training windows, a new
network is then trained on all steps, for the best number of epochs, or for `max_epochs`
without early stopping.""",
        "validation_fraction": f"""float, default=0.1
Fraction of the steps of each series that is held out at its end; at least
{MIN_HELD_OUT_HORIZONS} horizons, and at most 1/{MAX_HELD_OUT_SHARE} of the series.""",
        "n_iter_no_change": """int, default=10
Number of epochs without a lower validation loss after which training stops.""",
    }

    def _choose_batch_size(self, n_windows):
        if self.batch_size != "auto":
            return int(self.batch_size)
        size = n_windows // BATCHES_PER_PASS
        return int(np.clip(size, MIN_BATCH_SIZE, MAX_BATCH_SIZE))

    def _choose_epochs(self, n_windows, batch_size):
        if self.max_epochs != "auto":
            return int(self.max_epochs)
        n_updates = -(-n_windows // batch_size)
        return int(np.clip(-(-TARGET_UPDATES // n_updates), MIN_EPOCHS, MAX_EPOCHS))

    def _count_held_out(self, lengths, horizon):
        fewest = MIN_HELD_OUT_HORIZONS * horizon
        held_out = np.maximum(self.validation_fraction * lengths, fewest)
        return np.minimum(held_out, lengths // MAX_HELD_OUT_SHARE).astype(np.int64)


class ForecastTraining(OptimizerParameters, ForecastBudget):
    """Parameters of training of forecasters."""
