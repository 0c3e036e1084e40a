"""What the tasks of single steps share: targets with weights, and the row form."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skseq.networks import StepHead
from skseq.sequences import SequenceTargets, StepTargets
from skseq.tasks.base import SequenceTask

# Training divides the sequences of small numbers of long recordings into windows of this
# many steps. A batch of a single long sequence would be slow, and one update an epoch.
WINDOW_LENGTH = 256
MANY_SEQUENCES = 64


@dataclass
class WeightedSteps:
    """The targets of all steps with their weights.

    Attributes
    ----------
    targets : StepTargets
        The targets of the steps, in the order of the sequences.
    weights : ndarray of shape (n_steps_total,)
        Weight of each step in the loss; 0 for unlabeled steps.
    """

    targets: StepTargets
    weights: np.ndarray

    def __len__(self):
        return len(self.targets.lengths)

    @property
    def starts(self):
        """First step of each sequence: (n_sequences,)."""
        return np.cumsum(self.targets.lengths) - self.targets.lengths

    @property
    def is_counted(self):
        """Whether each step is part of the loss: (n_steps_total,)."""
        return self.weights > 0

    @property
    def counted(self):
        """The targets of the steps that are part of the loss: (n_counted, ...)."""
        return self.targets.values[self.is_counted]

    def add_up(self):
        """Return the total weight of the steps of each sequence: (n_sequences,)."""
        return np.add.reduceat(self.weights, self.starts)

    def take(self, kept):
        """Return the targets and weights of some sequences, given by a mask."""
        targets = self.targets
        steps = np.repeat(kept, targets.lengths)
        ids, rows = targets.ids, targets.rows
        targets = replace(
            targets,
            values=targets.values[steps],
            is_labelled=targets.is_labelled[steps],
            lengths=targets.lengths[kept],
            ids=None if ids is None else ids[kept],
            rows=None if rows is None else rows[steps],
        )
        return WeightedSteps(targets, self.weights[steps])

    def encode(self, columns):
        """Return targets for a :class:`StepLoss`, given encoded targets (n_steps_total, n).

        Those of steps that are not part of the loss are replaced by 0.
        """
        columns = np.where(self.is_counted[:, None], columns, 0)
        values = np.column_stack([self.weights, columns]).astype(np.float32)
        return SequenceTargets(values, self.starts, self.targets.lengths)


@dataclass(kw_only=True, eq=False, repr=False)
class StepParameters:
    """How sequences are found if the rows of X are steps, and cut for training."""

    sequence: Any = None
    window_length: int | str | None = "auto"

    _parameter_constraints: ClassVar[dict] = {
        "sequence": [str, None],
        "window_length": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
            None,
        ],
    }

    _parameter_docs: ClassVar[dict] = {
        "sequence": """str or None, default=None
Column of X that identifies the sequence of each row, if the rows of X are steps. The column
is not a feature. With None, all levels of a MultiIndex but the last, which is the time,
identify the sequences. Without a MultiIndex, all rows are one sequence.""",
        "window_length": f"""int, "auto" or None, default="auto"
Maximum number of steps of a training sequence. Longer sequences are divided into windows
for training, which makes updates faster and more frequent. The hidden state is not carried
from one window to the next. Predictions always use whole sequences. `"auto"` means
{WINDOW_LENGTH} for fewer than {MANY_SEQUENCES} training sequences, and None otherwise. None
does not divide sequences.""",
    }


class StepTask(StepParameters, SequenceTask):
    """A task that predicts something for every step.

    Its validated targets are :class:`WeightedSteps`. The template implements the methods
    that read X and y.
    """

    @abstractmethod
    def _map_steps(self, X, function, method="forward"):
        """Apply a function to what the network computes for all steps.

        `function` maps an array (n_steps_total, ...) in double precision to one entry for
        each step; `method` is an argument of :meth:`SequenceNet.outputs`. The result has
        the form of y: one array for each sequence, or one entry for each row of X.
        """

    @abstractmethod
    def _predict_labelled(self, X, y, sample_weight, function, method="forward"):
        """Return targets, predictions and weights of the labeled steps, for a score.

        `function` and `method` make the predictions, as for `_map_steps`.
        """

    def _choose_window_length(self, lengths):
        """Return the maximum length of training windows, given that of all sequences."""
        longest = int(lengths.max())
        if self.window_length == "auto":
            return WINDOW_LENGTH if len(lengths) < MANY_SEQUENCES else longest
        return longest if self.window_length is None else int(self.window_length)

    def _weigh_sequences(self, y):
        """Return weights of sequences that the encoded targets lack: (n_sequences,)."""
        return np.ones(len(y))

    @abstractmethod
    def _count_outputs(self):
        """Return the number of outputs of the network for a step."""

    def _make_head(self, encoder, token_steps):
        """Return a linear map of every state."""
        return StepHead(encoder.width, self._count_outputs(), token_steps, self.dropout)

    def _export_outputs(self, graph, outputs):
        """Add the predictions to an ONNX graph; they have an axis for the steps."""
        exported = super()._export_outputs(graph, outputs)
        return {
            name: (dtype, [shape[0], "steps", *shape[1:]])
            for name, (dtype, shape) in exported.items()
        }
