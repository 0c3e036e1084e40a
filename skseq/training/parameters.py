"""The parameters of training, and the numbers they stand for."""

import os
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

# The default budget, in updates: what small data need to converge, bounded by epochs
# so that large data are not seen too rarely and tiny data not too often.
TARGET_UPDATES = 2000
FEWEST_EPOCHS, MOST_EPOCHS = 10, 200
# The default batch: an eighth of small data, and of long sequences fewer, so that an
# update costs about the same everywhere.
SMALLEST_BATCH, LARGEST_BATCH, BATCH_STEPS = 8, 64, 4096


@dataclass(kw_only=True, eq=False, repr=False)
class Training:
    """How an estimator is trained."""

    max_epochs: int | str = "auto"
    lr: float = 1e-3
    batch_size: int | str = "auto"
    weight_decay: float = 1e-2
    max_grad_norm: float | None = 1.0
    lr_schedule: str = "cosine"
    scale: bool = True
    missing: str = "error"
    early_stopping: bool | str = "auto"
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    callbacks: Any = None
    checkpoint: Any = None
    warm_start: bool = False
    device: str = "auto"
    data_parallel: bool = False
    precision: str = "float32"
    random_state: Any = None
    verbose: int = 0

    # Early stopping gives away a tenth of the data: with fewer sequences it costs more
    # than it saves. A task may say otherwise.
    _early_stopping_from: ClassVar[int] = 2000

    _parameter_constraints: ClassVar[dict] = {
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "lr_schedule": [StrOptions({"cosine", "constant"})],
        "scale": ["boolean"],
        "missing": [StrOptions({"error", "mask"})],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "callbacks": [list, tuple, None],
        "checkpoint": [str, os.PathLike, None],
        "warm_start": ["boolean"],
        "device": [str],
        "data_parallel": ["boolean"],
        "precision": [StrOptions({"float32", "bfloat16"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    _parameter_docs: ClassVar[dict] = {
        "max_epochs": """int or "auto", default="auto"
How many times each training sequence is seen, at most. `"auto"` counts
updates: about 2,000 of them, in 10 to 200 epochs.""",
        "lr": """float, default=1e-3
Highest learning rate of AdamW (Loshchilov & Hutter, 2019).""",
        "batch_size": """int or "auto", default="auto"
Sequences an update, at most. `"auto"` takes an eighth of the data, but not
more than 64 or about 4,096 steps, and at least 8.""",
        "weight_decay": """float, default=1e-2
Decay of the weight matrices, as AdamW applies it.""",
        "max_grad_norm": """float or None, default=1.0
Gradients of a larger norm are scaled down to it (Pascanu et al., 2013), which
is what keeps recurrent networks from exploding. None leaves them alone.""",
        "lr_schedule": """{"cosine", "constant"}, default="cosine"
`"cosine"` raises the rate over the first tenth of the updates and lowers it
to zero along half a cosine.""",
        "scale": """bool, default=True
Whether to standardise each feature by its mean and standard deviation over
the real steps of the training sequences. Regressors scale `y` likewise,
except under the Poisson loss, and scale predictions back.""",
        "missing": """{"error", "mask"}, default="error"
What to do about NaN in X. `"mask"` shows the network value 0 after scaling
and one more feature for each feature, which is 1 where it is missing.""",
        "early_stopping": """bool or "auto", default="auto"
Whether to hold out part of the data, to stop when its loss has not fallen for
`n_iter_no_change` epochs and to put the best weights back. Weights are then
averaged over the latest updates, both to predict the part and to be kept. The part
respects classes and `groups`. `"auto"` does so from 2,000 sequences on, in
regressors from 500.""",
        "validation_fraction": """float, default=0.1
Share of the sequences (or of the groups) that early stopping holds out.""",
        "n_iter_no_change": """int, default=10
Epochs without a lower held-out loss after which training stops.""",
        "callbacks": """list of skorch callbacks, default=None
Called while training, after the ones of skseq.""",
        "checkpoint": """str or path-like, default=None
Folder where `fit` leaves its state after each epoch, in a subfolder named by data,
parameters, versions and machine. The same `fit`, once more, goes on from there,
and ends with the same weights to the last bit (on the CPU); one that had finished is
read. So a search that was killed goes on where it was. Needs an int as
`random_state` and no `callbacks`; `partial_fit` and `update` leave no state. `save` does
not keep this parameter: what is loaded has None.""",
        "warm_start": """bool, default=False
Whether `fit` goes on from the weights of the last fit. The scaling of inputs
and targets stays that of the first fit (the weights are tied to it); the
learning rate schedule and the optimiser start anew.""",
        "device": """str, default="auto"
Where to compute: `"cpu"`, `"cuda"`, `"cuda:1"`, `"mps"`, ...; `"auto"` takes a
GPU if there is one.""",
        "data_parallel": """bool, default=False
Whether the processes that `accelerate launch` has started train one model: each
runs the same script, and computes its share of every batch. Alone, a process
trains as ever. Needs `pip install 'skseq[accelerate]'` and an integer
`random_state`.""",
        "precision": """{"float32", "bfloat16"}, default="float32"
Precision of matrix products. `"bfloat16"` is faster on hardware that has it. On the
CPU, recurrences stay in float32.""",
        "random_state": """int, RandomState instance or None, default=None
Determines initial weights, order of batches, dropout and the held-out part.
An int gives the same model at every call, whatever ran before.""",
        "verbose": """int, default=0
1 shows a progress bar over the epochs.""",
    }

    def _check_checkpoint(self):
        """Raise if a fit could not go on from its checkpoint."""
        if self.checkpoint is None:
            return
        if not isinstance(self.random_state, Integral):
            raise ValueError(
                f"checkpoint={self.checkpoint!r} needs random_state to be an integer, for "
                f"example random_state=0, got {self.random_state!r}: with None, or a generator "
                "that moves on, every fit is another one, and none could go on from what a "
                "former one left."
            )
        if self.callbacks:
            raise ValueError(
                f"checkpoint={self.checkpoint!r} cannot keep the state of "
                f"callbacks={self.callbacks!r}: leave one of them out."
            )
        if self.data_parallel:
            raise ValueError(
                f"checkpoint={self.checkpoint!r} keeps the state of one process, but "
                "data_parallel=True shares a fit among several: leave one of them out."
            )
        folder = os.path.expanduser(self.checkpoint)
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise ValueError(
                f"checkpoint={self.checkpoint!r} is a file; give the name of a folder."
            )

    def _choose_batch_size(self, lengths):
        """Return the number of sequences an update."""
        if self.batch_size != "auto":
            return min(int(self.batch_size), len(lengths))
        most = min(LARGEST_BATCH, BATCH_STEPS // int(np.median(lengths)))
        return max(min(len(lengths) // 8, most), SMALLEST_BATCH)

    def _choose_epochs(self, n, batch_size):
        """Return the number of epochs."""
        if self.max_epochs != "auto":
            return int(self.max_epochs)
        n_updates = -(-n // batch_size)
        wanted = -(-TARGET_UPDATES // n_updates)
        return int(np.clip(wanted, FEWEST_EPOCHS, MOST_EPOCHS))

    def _stops_early(self, n):
        """Return whether to hold out a validation part."""
        if self.early_stopping == "auto":
            return n >= self._early_stopping_from
        return bool(self.early_stopping)
