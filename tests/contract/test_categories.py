"""Guarantees of all estimators for sequences with categorical features."""

import json
import pickle

import numpy as np
import onnx
import onnxruntime
import pytest
from sklearn.base import ClassifierMixin, clone

import skseq
from skseq import Sequences
from skseq.exceptions import UnknownCategoriesWarning
from skseq.inspection import gradient_flow

from .cases import ESTIMATORS, TWO_ESTIMATORS, make, make_words, make_y, name_of, predict

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)


def make_events(n=24, seed=0, missing=False):
    """Return sequences with a word, a number and an integer code in each step."""
    words = make_words(n, seed)
    random = np.random.default_rng(seed)
    n_steps = len(words.codes)
    values = random.normal(40, 9, size=(n_steps, 1))
    codes = np.column_stack([words.codes[:, 0], random.integers(0, 3, n_steps)])
    if missing:
        values[random.random(values.shape) < 0.2] = np.nan
        codes[random.random(codes.shape) < 0.2] = -1
    return Sequences(
        values,
        words.lengths,
        codes=codes,
        categories=[words.categories[0], [20, 10, 30]],
        is_categorical=[True, False, True],
    )


def fitted(cls, X=None, **params):
    X = make_events() if X is None else X
    return make(cls, **params).fit(X, make_y(cls, n=len(X)))


@every_estimator
def test_last_word_is_learned(cls):
    X, new = make_words(90), make_words(60, seed=1)
    small = {"stem": 0, "patch_size": 1, "pooling": "last", "dropout": 0.0}
    model = make(cls, max_epochs=12, lr=0.03, **small).fit(X, make_y(cls, n=90))
    assert model.score(new, np.arange(60) % 3) > 0.9


@every_estimator
def test_save_and_load(cls, tmp_path):
    model, X = fitted(cls), make_events(seed=1)
    model.save(tmp_path / "model.safetensors")
    loaded = skseq.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(predict(loaded, X), predict(model, X))
    for one, other in zip(
        loaded.scaler_.vocabularies, model.scaler_.vocabularies, strict=True
    ):
        assert one.categories == other.categories
    y = make_y(cls)
    further = [predict(m.partial_fit(X, y), X) for m in (model, loaded)]
    np.testing.assert_array_equal(*further)


@every_estimator
def test_predictions_do_not_depend_on_batch_mates(cls):
    model, X = fitted(cls), make_events(60, seed=1)
    whole = predict(model, X)
    rows = np.array([17, 3, 40])
    np.testing.assert_array_equal(predict(model, X[rows]), whole[rows])
    np.testing.assert_array_equal(predict(model, X[rows].compact()), whole[rows])


@two_estimators
def test_order_of_categories_does_not_matter(cls):
    X, order = make_events(), np.array([5, 0, 7, 2, 1, 6, 3, 4])
    codes = X.codes.copy()
    codes[:, 0] = np.argsort(order)[codes[:, 0]]
    other = Sequences(
        X.values,
        X.lengths,
        codes=codes,
        categories=[X.categories[0][order], X.categories[1]],
        is_categorical=X.is_categorical,
    )
    first, second = fitted(cls, X), fitted(cls, other)
    np.testing.assert_array_equal(predict(first, X), predict(second, other))
    np.testing.assert_array_equal(predict(first, X), predict(first, other))


@two_estimators
def test_fit_twice_is_fit_once(cls):
    X, y = make_events(), make_y(cls)
    once, twice = make(cls).fit(X, y), make(cls).fit(X, y).fit(X, y)
    np.testing.assert_array_equal(predict(once, X), predict(twice, X))
    np.testing.assert_array_equal(predict(clone(once).fit(X, y), X), predict(once, X))
    np.testing.assert_array_equal(
        predict(pickle.loads(pickle.dumps(once)), X), predict(once, X)
    )


@two_estimators
@pytest.mark.parametrize("method", ["partial_fit", "fit"])
def test_vocabulary_of_the_first_fit_stays(cls, method):
    X, y = make_words(), make_y(cls)
    model = make(cls, warm_start=True).fit(X, y)
    known = model.scaler_.vocabularies[0].categories
    words = ["walked", "jumped", *X.categories[0][2:]]
    other = Sequences(None, X.lengths, codes=X.codes, categories=[words])
    getattr(model, method)(other, y)
    assert model.scaler_.vocabularies[0].categories == known
    assert np.isfinite(predict(model, other)).all()


@two_estimators
def test_missing_categories(cls):
    X = make_events(missing=True)
    model = fitted(cls, X, missing="mask")
    assert np.isfinite(predict(model, X)).all()


@two_estimators
def test_trace_summary_and_gradient_flow(cls):
    model, X = fitted(cls, stem=0, patch_size=1), make_events()
    y = make_y(cls)
    trace = model.trace(X, y)
    assert [len(states) for states in trace.states] == X.lengths.tolist()
    assert all(np.isfinite(part).all() for part in trace.gradients)
    assert gradient_flow(model, X, y) is not None
    table = model.summary(5)
    assert table["kind"].tolist()[:2] == ["Embedding", "Embedding"]
    n_parameters = sum(p.numel() for p in model.net_.module_.parameters())
    assert table.loc["total", "parameters"] == n_parameters


@two_estimators
def test_checkpoint_of_the_same_data_resumes(cls, tmp_path):
    X, y = make_events(), make_y(cls)
    first = make(cls, checkpoint=tmp_path).fit(X, y)
    again = make(cls, checkpoint=tmp_path).fit(X.compact(), y)
    np.testing.assert_array_equal(predict(first, X), predict(again, X))
    assert len(list(tmp_path.rglob("*.safetensors"))) == 1
    codes = np.where(X.codes == 3, 4, X.codes[:, ::-1])
    codes[:, 1] %= 3
    changed = Sequences(
        X.values,
        X.lengths,
        codes=codes,
        categories=X.categories,
        is_categorical=X.is_categorical,
    )
    make(cls, checkpoint=tmp_path).fit(changed, y)
    assert len(list(tmp_path.rglob("*.safetensors"))) == 2


def pad_tokens(X, vocabularies, fill):
    """Return ids (batch, time, n_categorical), as a program without skseq makes them."""
    tokens = np.full((len(X), X.lengths.max(), X.n_categorical), fill)
    for row, steps in zip(tokens, X, strict=True):
        for j, (feature, known) in enumerate(
            zip(np.flatnonzero(X.is_categorical), vocabularies, strict=True)
        ):
            ids = {value: known["first"] + k for k, value in enumerate(known["categories"])}
            values = steps[:, feature]
            row[: len(steps), j] = [ids.get(value, known["unknown"]) for value in values]
    return tokens


@every_estimator
@pytest.mark.parametrize("fill", [0, -9, 10**6])
def test_to_onnx(cls, fill, tmp_path):
    model, X = fitted(cls), make_events(seed=1)
    path = tmp_path / "model.onnx"
    model.to_onnx(path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    tokens = pad_tokens(X, json.loads(metadata["vocabularies"]), fill)
    values = np.full((len(X), X.lengths.max(), 1), np.nan, dtype=np.float32)
    for row, steps in zip(values, X, strict=True):
        row[: len(steps), 0] = steps[:, 1]
    inputs = {"values": values, "tokens": tokens, "lengths": X.lengths}
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(None, inputs), strict=True))
    name = "probabilities" if issubclass(cls, ClassifierMixin) else "predictions"
    np.testing.assert_allclose(outputs[name], predict(model, X), rtol=1e-4, atol=1e-4)


def test_to_onnx_of_tokens_alone_has_no_values(tmp_path):
    model = fitted(skseq.GRUClassifier, make_words())
    model.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    assert {node.name for node in session.get_inputs()} == {"tokens", "lengths"}


class TestSubwords:
    """Unseen words with the suffix of known ones are predicted through their parts."""

    STEMS = ("walk", "talk", "jump", "look", "call", "play", "work", "want", "need", "help")
    NEW = ("paint", "kick", "laugh", "clean", "open")

    def make(self, stems, n):
        """Return sequences of two words; the suffix of the last word is the class."""
        words = [stem + suffix for stem in stems for suffix in ("ing", "ed")]
        random = np.random.default_rng(0)
        codes = random.integers(0, len(words), 2 * n)
        X = Sequences(None, np.full(n, 2), codes=codes, categories=[words])
        return X, codes[1::2] % 2

    @pytest.mark.parametrize(("subwords", "low", "high"), [(True, 0.9, 1), (False, 0, 0.8)])
    def test_unseen_words(self, subwords, low, high):
        X, y = self.make(self.STEMS, 200)
        new, truth = self.make(self.NEW, 60)
        model = make(skseq.GRUClassifier, max_epochs=8, lr=0.02, subwords=subwords, stem=0)
        model.fit(X, y)
        with pytest.warns(UnknownCategoriesWarning):
            assert low <= model.score(new, truth) <= high


class TestErrors:
    def test_numbers_at_predict(self):
        model = fitted(skseq.GRUClassifier, make_words())
        with pytest.raises(ValueError, match="Feature 0 of X is numeric"):
            model.predict(Sequences(np.zeros(3), [3]))

    def test_categories_at_predict(self):
        model = make(skseq.GRUClassifier).fit(np.zeros((6, 4, 1)), [0, 1] * 3)
        with pytest.raises(ValueError, match="Feature 0 of X is categorical"):
            model.predict(make_words())

    def test_failed_prediction_changes_nothing(self):
        model = fitted(skseq.GRUClassifier, make_words())
        before = predict(model, make_words())
        with pytest.raises(ValueError, match="numeric"):
            model.partial_fit(Sequences(np.zeros(3), [3]), [0])
        np.testing.assert_array_equal(predict(model, make_words()), before)

    @pytest.mark.parametrize("size", [0, -1, 2.5, "large", None])
    def test_embedding_size(self, size):
        with pytest.raises(ValueError, match="'embedding_size' parameter"):
            make(skseq.GRUClassifier, embedding_size=size).fit(make_words(), [0, 1, 2] * 8)
