"""The parameter of estimators whose sequences are changed while training."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sklearn.utils._param_validation import StrOptions

from skseq.augmentation.automatic import (
    MAX_OSCILLATION,
    MAX_ROUGHNESS,
    MIN_PERIODS,
    NOISE,
    SPEED,
    choose_automatically,
)
from skseq.augmentation.base import Augmentation, Layout
from skseq.augmentation.resampling import repeat_last
from skseq.quoting import quote
from skseq.training.augmenting import Augmenter


@dataclass(kw_only=True, eq=False, repr=False)
class AugmentationParameters:
    """Random changes of the sequences while training."""

    augmentation: Any = None

    # The fitted input, and what the task predicts.
    scaler_: ClassVar[Any]
    _predicts_numbers: ClassVar[bool]
    _predicts_steps: ClassVar[bool]

    _parameter_constraints: ClassVar[dict] = {
        "augmentation": [StrOptions({"auto"}), Augmentation, list, tuple, None],
    }

    _parameter_docs: ClassVar[dict] = {
        "augmentation": f"""None, "auto", augmentation or list of augmentations, default=None
Random changes of the training sequences, drawn anew in each epoch:
:class:`~skseq.preprocessing.TimeWarp`, :class:`~skseq.preprocessing.Scale`,
:class:`~skseq.preprocessing.Jitter`, :class:`~skseq.preprocessing.Crop` or
:class:`~skseq.preprocessing.Mixup`, or a list of them, which are applied in this order.
Batches are changed when they are made; no copies of the data are stored. The validation part and
predictions are never changed. The random numbers depend on `random_state` only. Choose
changes that do not change the targets. `"auto"` changes smooth sequences slightly, by
`[TimeWarp(speed={SPEED}), Jitter(noise={NOISE})]`, if X has numeric features only, no
missing values, and no validation part is held out. Sequences are smooth if the mean square
of the differences of steps from the mean of their neighbors is at most {MAX_ROUGHNESS:.0%} of the
variance. `"auto"` changes nothing if a feature oscillates: on average, more than {MAX_OSCILLATION:.0%}
of its variance in a sequence are at one frequency, with {MIN_PERIODS} periods or more. In
`partial_fit`, `"auto"` means None.""",
    }

    def _validate_params(self):
        """Validate the augmentations, too."""
        super()._validate_params()
        for augmentation in choose_augmentations(self.augmentation):
            if not isinstance(augmentation, Augmentation):
                raise TypeError(
                    f"The 'augmentation' parameter of {type(self).__name__} contains "
                    f"{quote(augmentation)}. Pass objects such as TimeWarp() from "
                    "skseq.preprocessing."
                )
            augmentation._validate_params()

    def _make_augmenter(self, sequences):
        """Return the :class:`Augmenter` for training sequences, or None.

        If `sequences` is None, `"auto"` means None.
        """
        numeric, n_columns = self.scaler_.numeric, self.scaler_.n_features
        augmentations = choose_augmentations(self.augmentation)
        if self.augmentation == "auto" and sequences is not None:
            augmentations = choose_automatically(sequences, n_columns)
        if not augmentations:
            return None
        layout = Layout(
            numeric.n_stored,
            numeric.allows_missing,
            n_columns - numeric.n_features,
            self._predicts_numbers,
            self._predicts_steps,
        )
        for augmentation in augmentations:
            augmentation._check_layout(layout, type(self).__name__)
        return AugmentationChain(augmentations, layout)


def choose_augmentations(augmentation):
    """Return the augmentations that a value of the parameter lists; none for "auto"."""
    if augmentation is None or augmentation == "auto":
        return []
    is_list = isinstance(augmentation, (list, tuple))
    return list(augmentation) if is_list else [augmentation]


class AugmentationChain(Augmenter):
    """Applies augmentations one after the other.

    Parameters
    ----------
    augmentations : list of Augmentation
        The augmentations, in order.
    layout : Layout
        The columns of the batches.
    """

    def __init__(self, augmentations, layout):
        self.augmentations = augmentations
        self.layout = layout

    def augment(self, batch, generator):
        """Return a changed batch, in which padding repeats the last step."""
        for augmentation in self.augmentations:
            batch = augmentation._augment(batch, self.layout, generator)
        if batch.lengths is None:
            return batch
        return replace(batch, x=repeat_last(batch.x, batch.lengths))

    def describe(self):
        """Return the name and the parameters of each augmentation."""
        return list(self.augmentations)
