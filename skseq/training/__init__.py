"""The training loop. The only package that imports skorch.

It knows no task and no architecture: it sees batches, a module and a loss.
"""

from skseq.training.batches import SequenceDataset
from skseq.training.net import SequenceNet
from skseq.training.parameters import Training
from skseq.training.randomness import draw_seed, seeded

__all__ = ["SequenceDataset", "SequenceNet", "Training", "draw_seed", "seeded"]
