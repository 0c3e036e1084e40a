"""Parameters of training, and their "auto" values."""

import os
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skseq.quoting import quote
from skseq.training.base import SequenceBudgetBase, Training
from skseq.training.callbacks import MIN_LAST_EPOCHS

# Default number of updates, with which training on small data sets converges. The bounds
# ensure enough epochs on large data sets, and not too many on tiny ones.
TARGET_UPDATES = 2000
MIN_EPOCHS, MAX_EPOCHS = 10, 200
# Default batch size: a fraction of small data sets, and fewer sequences if they are long,
# so that the cost of an update is bounded.
BATCHES_PER_EPOCH = 8
MIN_BATCH_SIZE, MAX_BATCH_SIZE, MAX_BATCH_STEPS = 8, 64, 4096


@dataclass(kw_only=True, eq=False, repr=False)
class OptimizerParameters(Training):
    """Parameters of the optimizer, the hardware and the reports of a fit."""

    lr: float | str = 1e-3
    weight_decay: float | str = 1e-2
    max_grad_norm: float | None = 1.0
    lr_schedule: str = "cosine"
    callbacks: Any = None
    checkpoint: Any = None
    device: str = "auto"
    data_parallel: bool = False
    precision: str = "float32"
    random_state: Any = None
    verbose: int = 0

    _parameter_constraints: ClassVar[dict] = {
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "max_grad_norm": [Interval(Real, 0, None, closed="neither"), None],
        "lr_schedule": [StrOptions({"cosine", "constant"})],
        "callbacks": [list, tuple, None],
        "checkpoint": [str, os.PathLike, None],
        "device": [str],
        "data_parallel": ["boolean"],
        "precision": [StrOptions({"float32", "bfloat16"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    _parameter_docs: ClassVar[dict] = {
        "lr": """float, default=1e-3
Maximum learning rate of AdamW (Loshchilov & Hutter, 2019).""",
        "weight_decay": """float, default=1e-2
Decoupled weight decay of AdamW. It applies to weight matrices, not to biases and
normalization layers.""",
        "max_grad_norm": """float or None, default=1.0
Gradients with a larger norm are scaled down to this norm (Pascanu et al., 2013), which
keeps the gradients of recurrent networks from exploding. None disables clipping.""",
        "lr_schedule": """{"cosine", "constant"}, default="cosine"
Schedule of the learning rate. `"cosine"` raises the rate linearly over the first tenth
of the updates, then lowers it to zero along half a cosine.""",
        "callbacks": """list of skorch callbacks, default=None
Callbacks of skorch, called during training after those of skseq. Pass callbacks of
scikit-learn to `set_callbacks` instead.""",
        "checkpoint": """str or path-like, default=None
Folder in which `fit` saves its state after each epoch, in a subfolder named after data,
parameters, versions and machine. The same call of `fit` resumes from there and ends with
the same weights, bit for bit on the CPU. A finished fit is read from its file, so a search
that was killed resumes where it stopped. Requires an int as `random_state`
and no `callbacks`. `partial_fit` and `update` save no state. `save` does not store this
parameter; it is None after loading.""",
        "device": """str, default="auto"
Device to compute on: `"cpu"`, `"cuda"`, `"cuda:1"`, `"mps"`, ... `"auto"` uses a GPU if
one is available.""",
        "data_parallel": """bool, default=False
Whether the processes started by `accelerate launch` train one model together. Each
process runs the same script and computes its share of every batch. A single process
trains as usual. Requires `pip install 'skseq[accelerate]'` and an int as
`random_state`.""",
        "precision": """{"float32", "bfloat16"}, default="float32"
Precision of matrix products. `"bfloat16"` is faster on hardware that supports it. On the
CPU, recurrences always use float32.""",
        "random_state": """int, RandomState instance or None, default=None
Determines initial weights, batch order, dropout and the validation part. Pass an int for
reproducible results across calls.""",
        "verbose": """int, default=0
Set to 1 to show a progress bar over the epochs.""",
    }

    def _check_callbacks(self):
        """Raise if `callbacks` contains other objects than callbacks of skorch."""
        for entry in self.callbacks or ():
            is_pair = isinstance(entry, (list, tuple)) and len(entry) == 2
            callback = entry[1] if is_pair else entry
            if hasattr(callback, "on_fit_task_end"):
                name = getattr(callback, "__name__", type(callback).__name__)
                raise TypeError(
                    f"callbacks contains {name}, a callback of scikit-learn, but expects "
                    "callbacks of skorch. Pass it to set_callbacks before fit: "
                    f"GridSearchCV(...).set_callbacks({name}(...)) for a search, else "
                    f"{type(self).__name__}(...).set_callbacks({name}(...))."
                )
            if not hasattr(callback, "on_train_begin"):
                raise TypeError(
                    f"callbacks contains {quote(entry)}, which is neither a callback of "
                    "skorch nor a pair of a name and a callback."
                )

    def _check_checkpoint(self):
        """Raise if a fit could not resume from its checkpoint."""
        if self.checkpoint is None:
            return
        if not isinstance(self.random_state, Integral):
            raise ValueError(
                f"checkpoint={self.checkpoint!r} requires random_state to be an integer, "
                f"for example random_state=0, got {self.random_state!r}. With None or a "
                "generator every fit is different, so none could resume from another."
            )
        if self.callbacks:
            raise ValueError(
                f"checkpoint={self.checkpoint!r} cannot save the state of "
                f"callbacks={self.callbacks!r}. Set one of them to None."
            )
        if self.data_parallel:
            raise ValueError(
                f"checkpoint={self.checkpoint!r} saves the state of one process, but "
                "data_parallel=True uses several. Use only one of them."
            )
        folder = os.path.expanduser(self.checkpoint)
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise ValueError(
                f"checkpoint={self.checkpoint!r} is a file. Pass the name of a folder."
            )


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceBudget(SequenceBudgetBase):
    """Length of training of classifiers and regressors: epochs, batches, early stopping."""

    max_epochs: int | str = "auto"
    batch_size: int | str = "auto"
    early_stopping: bool | str = "auto"
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    warm_start: bool = False

    # The number of updates of max_epochs="auto". A task may override it.
    _target_updates: ClassVar[int] = TARGET_UPDATES
    # The number for X with numeric and categorical features, such as event logs. By default,
    # it is the same. A task may override it.
    _target_updates_of_logs: ClassVar[int | None] = None
    # Early stopping holds out a tenth of the data. With fewer sequences than this, the loss
    # of data outweighs the gain. A task may override the number.
    _min_early_stopping: ClassVar[int] = 2000
    # Without a validation part, max_epochs="auto" ends training once its loss is below this
    # fraction of that of the first epoch. A task may override it.
    _loss_floor: ClassVar[float] = 0.03
    # Whether "auto" also holds out texts. A task may override it.
    _stops_early_on_text: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict] = {
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean", StrOptions({"auto"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
    }

    _parameter_docs: ClassVar[dict] = {
        "max_epochs": f"""int or "auto", default="auto"
Maximum number of passes over the training sequences. `"auto"` aims at about
<_target_updates> updates, in {MIN_EPOCHS} to {MAX_EPOCHS} epochs. Without a validation part,
training ends sooner if its loss falls below <_loss_floor> times that of the first epoch: the
learning rate then decreases to zero within half as many epochs as before, at least
{MIN_LAST_EPOCHS}. An int disables this rule.""",
        "batch_size": f"""int or "auto", default="auto"
Maximum number of sequences in a batch. `"auto"` is 1/{BATCHES_PER_EPOCH} of the data, at
most {MAX_BATCH_SIZE} sequences or about {MAX_BATCH_STEPS:,} steps, and at least
{MIN_BATCH_SIZE} sequences.""",
        "early_stopping": """bool or "auto", default="auto"
Whether to hold out a validation part, to stop when its loss has not improved for
`n_iter_no_change` epochs, and to restore the best weights. Weights are then averaged over
the latest updates, both to predict the validation part and as the result. The split keeps
`groups` together; classifiers stratify it by class. `"auto"` enables early stopping for at
least <_min_early_stopping> sequences. For labels, X must also have numeric features.""",
        "validation_fraction": """float, default=0.1
Fraction of the sequences (or of the groups) that early stopping holds out.""",
        "n_iter_no_change": """int, default=10
Number of epochs without a lower validation loss after which training stops.""",
        "warm_start": """bool, default=False
Whether `fit` starts from the weights of the previous fit. The scaling of inputs and
targets stays that of the first fit, because the weights depend on it. The learning rate
schedule and the optimizer start from scratch.""",
    }

    def _choose_batch_size(self, lengths):
        """Return the number of sequences in a batch."""
        if self.batch_size != "auto":
            return min(int(self.batch_size), len(lengths))
        largest = min(MAX_BATCH_SIZE, MAX_BATCH_STEPS // int(np.median(lengths)))
        return max(min(len(lengths) // BATCHES_PER_EPOCH, largest), MIN_BATCH_SIZE)

    def _choose_epochs(self, n, batch_size, *, is_log=False):
        """Return the number of epochs for n sequences."""
        if self.max_epochs != "auto":
            return int(self.max_epochs)
        target = self._target_updates
        if is_log and self._target_updates_of_logs is not None:
            target = self._target_updates_of_logs
        n_updates = -(-n // batch_size)
        return int(np.clip(-(-target // n_updates), MIN_EPOCHS, MAX_EPOCHS))

    def _choose_floor(self, *, validates):
        """Return the fraction of the first training loss at which training begins to end."""
        return None if validates or self.max_epochs != "auto" else self._loss_floor

    def _stops_early(self, n, is_text):
        """Return whether to hold out a validation part of n sequences."""
        if self.early_stopping == "auto":
            allowed = self._stops_early_on_text or not is_text
            return n >= self._min_early_stopping and allowed
        return bool(self.early_stopping)


class SequenceTraining(OptimizerParameters, SequenceBudget):
    """Parameters of training of classifiers and regressors."""
