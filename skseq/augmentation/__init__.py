"""Random changes of the sequences of a batch while training.

:class:`Augmentation` is the base class. `skseq.preprocessing` has the public names.
"""

from skseq.augmentation.base import Augmentation, Layout
from skseq.augmentation.mixup import Mixup
from skseq.augmentation.parameters import AugmentationParameters
from skseq.augmentation.timing import Crop, TimeWarp
from skseq.augmentation.values import Jitter, Scale

__all__ = [
    "Augmentation",
    "AugmentationParameters",
    "Crop",
    "Jitter",
    "Layout",
    "Mixup",
    "Scale",
    "TimeWarp",
]
