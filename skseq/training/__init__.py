"""The training loop. The only package that imports skorch.

It depends on no task and no architecture, only on batches, a module and a loss.
"""

from skseq.training.base import SequenceBudgetBase, Training
from skseq.training.batches import Batch, SequenceDataset, gather_batches
from skseq.training.net import SequenceNet
from skseq.training.parameters import OptimizerParameters, SequenceBudget, SequenceTraining
from skseq.training.randomness import draw_seed, seeded

__all__ = [
    "Batch",
    "OptimizerParameters",
    "SequenceBudget",
    "SequenceBudgetBase",
    "SequenceDataset",
    "SequenceNet",
    "SequenceTraining",
    "Training",
    "draw_seed",
    "gather_batches",
    "seeded",
]
