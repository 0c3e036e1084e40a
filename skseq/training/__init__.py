"""How anything is learned. The only room that imports skorch.

Knows no task and no architecture: it sees batches, a module and a criterion.
"""

from skseq.training.batches import SequenceDataset
from skseq.training.net import SequenceNet
from skseq.training.parameters import Training
from skseq.training.randomness import draw_seed, seeded
from skseq.training.scaling import InputScaler
from skseq.training.windows import CovariateScaler, WindowDataset

__all__ = [
    "CovariateScaler",
    "InputScaler",
    "SequenceDataset",
    "SequenceNet",
    "Training",
    "WindowDataset",
    "draw_seed",
    "seeded",
]
