"""Parameters whose "auto" depends on the kind of X."""

import numpy as np
import pytest

import skseq

from .cases import ALL_ESTIMATORS, make, make_y, name_of, predict

AUTOMATIC = [cls for cls in ALL_ESTIMATORS if cls._auto_values]
every = pytest.mark.parametrize("cls", AUTOMATIC, ids=name_of)

TEXTS = [
    text.split()
    for n in range(10)
    for text in (f"a good film {n}", f"what a bad play {n} !", "rather dull")
]


def make_kind(kind):
    """Return sequences of numbers, or texts."""
    if kind == "text":
        return skseq.Sequences.from_list(TEXTS)
    return list(np.random.default_rng(0).normal(size=(len(TEXTS), 6, 2)))


@pytest.mark.parametrize("place", [0, 1], ids=["numbers", "text"])
@every
def test_automatic_values_are_those_of_the_kind_of_X(cls, place, tmp_path):
    X = make_kind("text" if place else "numbers")
    y = make_y(cls, len(X), X)
    values = {name: pair[place] for name, pair in cls._auto_values.items()}
    automatic = make(cls, **dict.fromkeys(values, "auto")).fit(X, y)
    explicit = make(cls, **values).fit(X, y)
    np.testing.assert_array_equal(predict(automatic, X), predict(explicit, X))
    assert automatic.get_params()["lr"] == "auto"
    assert automatic.net_.lr == values.get("lr", cls.lr)
    automatic.save(tmp_path / "model")
    restored = skseq.load(tmp_path / "model")
    np.testing.assert_array_equal(predict(restored, X), predict(automatic, X))


@every
def test_automatic_values_are_documented(cls):
    for name, pair in cls._auto_values.items():
        assert getattr(cls, name) == "auto"
        entry = cls.__doc__.partition(f"\n{name} : ")[2].partition("\n\n")[0]
        assert 'or "auto", default="auto"' in entry
        for value in pair:
            assert str(value) in entry


def test_texts_are_not_divided_into_patches():
    """Without a stem, sequences of numbers are: a patch averages the noise of its steps."""
    for kind, size in (("text", 1), ("numbers", 4)):
        X = make_kind(kind)
        model = make(skseq.GRURegressor, patch_size="auto", stem=0)
        assert model.fit(X, np.arange(len(X))).patch_size_ == size


def test_large_patches_follow_one_layer_of_the_stem_of_regressors():
    """The layer detects events of single steps, and the patches average the noise."""
    X = make_kind("numbers")
    for params, size, n_layers in (({}, 4, 1), ({"stem": 2}, 1, 2)):
        model = make(skseq.GRURegressor, **params).fit(X, np.arange(len(X)))
        assert model.patch_size_ == size
        assert len(model.net_.module_.inputs.stem.layers) == n_layers
    model = make(skseq.GRUClassifier, stem=1).fit(X, np.arange(len(X)) % 2)
    assert model.patch_size_ == 1
