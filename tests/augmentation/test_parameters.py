"""Parameters of augmentations, as scikit-learn reads them."""

import pickle

import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from skseq import GRUClassifier
from skseq.augmentation.parameters import choose_augmentations
from skseq.preprocessing import Crop, Jitter, Mixup, Scale, TimeWarp

INVALID = [
    TimeWarp(speed=0.8),
    TimeWarp(n_segments=0),
    Scale(spread=1),
    Scale(spread=-0.1),
    Jitter(noise=-1),
    Crop(fraction=0),
    Crop(fraction=1.1),
    Mixup(alpha=-1),
]
X, Y = [[1.0, 2.0], [3.0, 1.0, 2.0]] * 4, [0, 1] * 4


@pytest.mark.parametrize("augmentation", INVALID, ids=repr)
@pytest.mark.parametrize("in_list", [False, True])
def test_invalid_parameter(augmentation, in_list):
    model = GRUClassifier(augmentation=[augmentation] if in_list else augmentation)
    name = type(augmentation).__name__
    with pytest.raises(InvalidParameterError, match=f"parameter of {name} must be"):
        model.fit(X, Y)
    assert not hasattr(model, "net_")


@pytest.mark.parametrize("other", ["TimeWarp", TimeWarp, None, 0.1])
def test_list_with_another_object(other):
    with pytest.raises(
        TypeError, match=r"contains .*TimeWarp\(\) from skseq.prep|None|0.1"
    ):
        GRUClassifier(augmentation=[Scale(), other]).fit(X, Y)


def test_parameters_of_one_augmentation_are_parameters_of_the_estimator():
    model = GRUClassifier(augmentation=TimeWarp(speed=1.5))
    assert model.get_params()["augmentation__speed"] == 1.5
    copy = clone(model).set_params(augmentation__speed=2)
    assert copy.augmentation.speed == 2
    assert model.augmentation.speed == 1.5


def test_clone_pickle_and_repr():
    model = GRUClassifier(augmentation=[TimeWarp(speed=1.5), Jitter()])
    for copy in (clone(model), pickle.loads(pickle.dumps(model))):
        assert copy.augmentation is not model.augmentation
        assert repr(copy) == repr(model)
    assert "TimeWarp(speed=1.5), Jitter()" in repr(model)


def test_choice():
    warp = TimeWarp()
    assert choose_augmentations(None) == []
    assert choose_augmentations(warp) == [warp]
    assert choose_augmentations((warp, warp)) == [warp, warp]
