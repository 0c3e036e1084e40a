"""Parameters whose "auto" depends on the kind of X."""

import numpy as np
import pytest

import skseq

from .cases import ALL_ESTIMATORS, make, make_y, name_of, predict

KINDS = ["numbers", "text", "both"]
AUTOMATIC = [cls for cls in ALL_ESTIMATORS if cls._auto_values]
every = pytest.mark.parametrize("cls", AUTOMATIC, ids=name_of)

TEXTS = [
    text.split()
    for n in range(10)
    for text in (f"a good film {n}", f"what a bad play {n} !", "rather dull")
]


def make_kind(kind):
    """Return sequences of numbers, texts, or words with a number each."""
    texts = skseq.Sequences.from_list(TEXTS)
    if kind == "text":
        return texts
    if kind == "both":
        values = np.random.default_rng(0).normal(size=(len(texts.codes), 1))
        return skseq.Sequences(
            values, texts.lengths, codes=texts.codes, categories=texts.categories
        )
    return list(np.random.default_rng(0).normal(size=(len(TEXTS), 6, 2)))


@pytest.mark.parametrize("place", range(len(KINDS)), ids=KINDS)
@every
def test_automatic_values_are_those_of_the_kind_of_X(cls, place, tmp_path):
    X = make_kind(KINDS[place])
    y = make_y(cls, len(X), X)
    values = {
        name: choices[place] if place < len(choices) else choices[0]
        for name, choices in cls._auto_values.items()
    }
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


def test_classifiers_train_for_fewer_updates_on_event_logs():
    """Longer training memorizes the labels. An int as `max_epochs` disables the rule."""
    given = {}
    for kind in KINDS:
        X = make_kind(kind)
        model = make(skseq.GRUClassifier, max_epochs="auto", dropout=0.9, hidden_size=2)
        given[kind] = model.fit(X, make_y(skseq.GRUClassifier, len(X), X)).n_iter_
    assert given == {"numbers": 200, "text": 200, "both": 100}  # four updates an epoch
    X = make_kind("both")
    model = make(skseq.GRUClassifier, max_epochs=120, dropout=0.9, hidden_size=2)
    assert model.fit(X, make_y(skseq.GRUClassifier, len(X), X)).n_iter_ == 120


def test_patches_of_event_logs():
    """Classifiers read each event; regressors average them as they do numbers."""
    X = make_kind("both")
    for cls, size in ((skseq.GRUClassifier, 1), (skseq.GRURegressor, 2)):
        model = make(cls, patch_size="auto").fit(X, make_y(cls, len(X), X))
        assert model.patch_size_ == size
