"""Step classifiers whose steps may have several labels: y has indicator matrices."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    log_loss,
    make_scorer,
    roc_auc_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.utils.class_weight import compute_sample_weight

import skseq
from skseq.architectures.recurrent import RecurrentArchitecture
from skseq.metrics import per_step
from skseq.model_selection import predict_long
from skseq.tasks import StepClassification

from ..cases import (
    FORMS,
    leaves_of,
    make,
    make_indicators,
    make_X,
    make_y,
    name_of,
    predict,
    weights,
)
from ..test_to_onnx import run

LEAVES = leaves_of(StepClassification)
RECURRENT = [cls for cls in LEAVES if issubclass(cls, RecurrentArchitecture)]
every_leaf = pytest.mark.parametrize("cls", LEAVES, ids=name_of)
every_recurrent = pytest.mark.parametrize("cls", RECURRENT, ids=name_of)
TWO = [skseq.GRUStepClassifier, skseq.TransformerStepClassifier]
two_leaves = pytest.mark.parametrize("cls", TWO, ids=name_of)
TRAINED = {"max_epochs": 40, "lr": 0.02, "dropout": 0.0, "hidden_size": 16}


def make_memory(n=100, seed=0):
    """Return sequences with two labels a step, which depend on the steps around it."""
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=(length, 1)) for length in rng.integers(4, 15, n)]
    sums = [np.convolve(x[:, 0], [1, 1, 1], mode="same") for x in X]
    changes = [np.diff(x[:, 0], prepend=0) for x in X]
    pairs = zip(sums, changes, strict=True)
    return X, [np.column_stack([s > 0, c > 0]).astype(int) for s, c in pairs]


def make_rows():
    """Return the data of `make_X` with an index, its labels, and those of sequences."""
    X = make_X("ragged")
    y = make_indicators(X)
    pairs = [(i, t) for i, x in enumerate(X) for t in range(len(x))]
    index = pd.MultiIndex.from_tuples(pairs, names=["sequence", "time"])
    return pd.DataFrame(np.concatenate(X), index=index), np.concatenate(y), X, y


@every_leaf
def test_learns_several_labels(cls):
    X, y = make_memory()
    model = make(cls, **TRAINED).fit(X[:70], y[:70])
    assert model.classes_.tolist() == [0, 1]
    assert model.multilabel_
    true, found = np.concatenate(y[70:]), np.concatenate(model.predict(X[70:]))
    assert ((found == true).mean(axis=0) > 0.85).all()


@pytest.mark.parametrize("form", FORMS)
@two_leaves
def test_shapes_of_predictions(cls, form):
    X = make_X(form)
    y = make_indicators(X)
    model = make(cls).fit(X, np.stack(y) if form == "cube" else y)
    labels, proba, logits = (
        model.predict(X),
        model.predict_proba(X),
        model.decision_function(X),
    )
    logs = model.predict_log_proba(X)
    for found in (labels, proba, logs, logits):
        assert [part.shape for part in found] == [part.shape for part in y]
        assert isinstance(found, np.ndarray)
        assert (found.dtype == object) == (form != "cube")
    for a, b, c, d in zip(labels, proba, logs, logits, strict=True):
        assert a.dtype == np.int64
        np.testing.assert_array_equal(a, b > 0.5)
        np.testing.assert_array_equal(a, d > 0)
        np.testing.assert_allclose(np.exp(c), b, atol=1e-6)


@two_leaves
def test_rows_equal_sequences(cls):
    rows, flat, X, y = make_rows()
    by_sequence = make(cls).fit(X, y)
    expected = predict(by_sequence, X)
    table = rows.reset_index("sequence").reset_index(drop=True)
    for data, params in ((rows, {}), (table, {"sequence": "sequence"})):
        data = data.rename(columns=str)
        for target in (flat, flat.astype(bool), pd.DataFrame(flat, index=data.index)):
            model = make(cls, **params).fit(data, target)
            np.testing.assert_allclose(model.predict_proba(data), expected, atol=1e-6)
        assert model.predict(data).shape == flat.shape
        assert model.score(data, flat) == pytest.approx(by_sequence.score(X, y))
    whole = make(cls).fit(rows.to_numpy(), flat)  # one sequence
    assert whole.rows_are_steps_
    one = make(cls).fit([rows.to_numpy()], [flat])
    np.testing.assert_allclose(
        whole.predict_proba(rows.to_numpy()), predict(one, [rows.to_numpy()]), atol=1e-6
    )


def test_rows_with_an_index_are_found_in_any_order():
    rows, flat, _, _ = make_rows()
    model = make(TWO[0]).fit(rows, flat)
    order = np.random.default_rng(0).permutation(len(rows))
    found = model.predict_proba(rows.iloc[order])
    np.testing.assert_allclose(found, model.predict_proba(rows)[order], atol=1e-5)
    shuffled = model.score(rows.iloc[order], flat[order])
    assert shuffled == pytest.approx(model.score(rows, flat))


def test_indicators_in_an_array_of_two_dimensions():
    """With X of the same shape, they are one label for each step."""
    X = np.random.default_rng(0).normal(size=(12, 7))
    y = (X > 0).astype(int)
    model = make(TWO[0]).fit(X, y)
    assert not model.multilabel_
    assert model.predict_proba(X).shape == (12, 7, 2)
    assert make(TWO[0]).fit(X, y[:, :3]).predict(X).shape == (12, 3)
    assert make(TWO[0]).fit([X], [y]).predict([X])[0].shape == (12, 7)


@pytest.mark.parametrize("rows", [False, True])
def test_single_columns_are_read_as_one_label(rows):
    X = make_X("ragged")
    y = make_indicators(X)
    join = np.concatenate if rows else list
    column = join([part[:, :1] for part in y])
    with pytest.warns(DataConversionWarning, match="1d array was expected"):
        model = make(TWO[0]).fit(join(X), column)
    expected = make(TWO[0]).fit(join(X), join([part[:, 0] for part in y]))
    assert not model.multilabel_
    np.testing.assert_array_equal(weights(model), weights(expected))


def test_loss_is_the_mean_over_labelled_steps_and_labels():
    X, y = make_memory(80)
    model = make(TWO[0], max_epochs=1, lr=1e-12, batch_size=8, dropout=0.0).fit(X, y)
    true, proba = np.concatenate(y), predict(model, X)
    expected = np.mean([log_loss(true[:, k], proba[:, k]) for k in (0, 1)])
    assert model.loss_ == pytest.approx(expected, rel=1e-5)


def test_unlabelled_steps_do_not_affect_a_fit():
    X, y = make_memory()
    rng = np.random.default_rng(2)
    hidden = [rng.random(len(x)) < 0.3 for x in X]
    hidden[3][:] = True
    missing = [
        np.where(h[:, None], np.nan, part) for h, part in zip(hidden, y, strict=True)
    ]
    empty = [part.astype(object) for part in missing]
    for part in empty:
        part[part != part] = None
    empty[3] = None
    other = [np.where(h[:, None], 1, part) for h, part in zip(hidden, y, strict=True)]
    first = make(TWO[0]).fit(X, missing)
    second = make(TWO[0]).fit(X, empty)
    third = make(TWO[0]).fit(X, other, [1.0 - h for h in hidden])
    np.testing.assert_array_equal(weights(first), weights(second))
    np.testing.assert_array_equal(weights(first), weights(third))
    assert not np.allclose(weights(first), weights(make(TWO[0]).fit(X, y)))
    seen = ~np.concatenate(hidden)
    true, found = np.concatenate(y)[seen], np.concatenate(first.predict(X))[seen]
    assert first.score(X, missing) == pytest.approx(accuracy_score(true, found))


def test_score_is_the_subset_accuracy():
    X, y = make_memory(40)
    model = make(TWO[0]).fit(X, y)
    true, found = np.concatenate(y), np.concatenate(model.predict(X))
    assert model.score(X, y) == pytest.approx(accuracy_score(true, found))
    assert model.score(X, y) < (true == found).mean()
    steps = np.random.default_rng(0).random(len(true))
    ragged = np.split(steps, np.cumsum([len(x) for x in X])[:-1])
    expected = accuracy_score(true, found, sample_weight=steps)
    assert model.score(X, y, ragged) == pytest.approx(expected)
    assert per_step(accuracy_score)(y, model.predict(X)) == pytest.approx(model.score(X, y))


def test_weights_of_sequences_and_classes():
    X, y = make_memory()
    lengths = [len(x) for x in X]
    of_sequences = np.random.default_rng(0).random(len(X))
    by_sequence = make(TWO[0]).fit(X, y, of_sequences)
    by_step = make(TWO[0]).fit(
        X, y, np.split(np.repeat(of_sequences, lengths), np.cumsum(lengths)[:-1])
    )
    np.testing.assert_allclose(weights(by_sequence), weights(by_step), atol=1e-6)
    flat = np.concatenate(y)
    expected = {
        "balanced": compute_sample_weight("balanced", flat),
        "list": np.where(flat[:, 0] == 1, 3.0, 1.0) * np.where(flat[:, 1] == 0, 0.5, 1.0),
    }
    given_weights = {"balanced": "balanced", "list": [{1: 3.0}, {0: 0.5}]}
    for name, of_steps in expected.items():
        by_class = make(TWO[0], class_weight=given_weights[name]).fit(X, y)
        by_step = make(TWO[0]).fit(X, y, np.split(of_steps, np.cumsum(lengths)[:-1]))
        np.testing.assert_allclose(weights(by_class), weights(by_step), atol=1e-6)


@two_leaves
def test_early_stopping_partial_fit_and_warm_start(cls):
    X = make_X("ragged")
    y = make_indicators(X)
    model = make(cls, early_stopping=True).fit(X, y)
    assert model.valid_loss_ > 0
    assert 0 <= model.history_["valid_score"].iloc[-1] <= 1
    flat = np.concatenate(y)
    recording = make(cls, early_stopping=True).fit(np.concatenate(X), flat)
    assert recording.valid_loss_ > 0
    model = make(cls).partial_fit(X, y, classes=[0, 1])
    before = weights(model)
    assert model.partial_fit(X[:5], y[:5]).n_iter_ == 2
    assert not np.allclose(before, weights(model))
    warm = make(cls, warm_start=True).fit(X, y)
    found = predict(warm, X)
    assert not np.allclose(predict(warm.fit(X, y), X), found)


def test_fit_of_one_label_after_several():
    """The attributes are those of the last fit."""
    X = make_X("ragged")
    model = make(TWO[0]).fit(X, make_indicators(X)).fit(X, make_y(TWO[0]))
    assert not model.multilabel_
    assert model.predict(X)[0].shape == (len(X[0]),)


@two_leaves
def test_copies_and_files(cls, tmp_path):
    X = make_X("ragged")
    y = make_indicators(X)
    model = make(cls).fit(X, y)
    model.save(tmp_path / "model")
    for other in (pickle.loads(pickle.dumps(model)), skseq.load(tmp_path / "model")):
        np.testing.assert_array_equal(predict(other, X), predict(model, X))
        assert other.multilabel_
        assert other.score(X, y) == model.score(X, y)
        assert other.partial_fit(X, y).n_iter_ == model.n_iter_ + 1


@every_leaf
def test_exported_model(cls, tmp_path):
    X = make_X("ragged")
    model = make(cls, **TRAINED).fit(X, make_indicators(X))
    outputs = run(model, tmp_path, X)
    labels, probabilities = model.predict(X), model.predict_proba(X)
    for i, x in enumerate(X):
        np.testing.assert_array_equal(outputs["label"][i, : len(x)], labels[i])
        found = outputs["probabilities"][i, : len(x)]
        np.testing.assert_allclose(found, probabilities[i], atol=1e-4)


@every_recurrent
def test_stream(cls):
    X = make_X("cube")
    model = make(cls, bidirectional=False, stem=0).fit(X, np.stack(make_indicators(X)))
    for method in ("predict", "predict_proba"):
        stream, expected = model.stream(len(X)), getattr(model, method)(X)
        for t in range(X.shape[1]):
            found = getattr(stream, method)(X[:, t])
            np.testing.assert_allclose(found, expected[:, t], atol=1e-5)


def test_long_sequences_are_divided_for_training():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 2)) for length in (10, 7, 3)]
    y = [(x > 0).astype(int) for x in X]
    cuts = [[5], [3], []]
    pieces = [p for x, cut in zip(X, cuts, strict=True) for p in np.split(x, cut)]
    labels = [p for part, cut in zip(y, cuts, strict=True) for p in np.split(part, cut)]
    shared = {"scale": False, "max_epochs": 3}
    divided = make(TWO[0], **shared, window_length=5).fit(X, y)
    expected = make(TWO[0], **shared, window_length=None).fit(pieces, labels)
    np.testing.assert_allclose(predict(divided, X), predict(expected, X), atol=1e-5)


def test_windows_and_long_tables():
    rows, flat, X, y = make_rows()
    recordings = skseq.Sequences.from_list(X)
    windows, labels, owners = recordings.windows(4, 2, y=y, target_per="step", partial=True)
    assert labels[-1].tolist() == y[owners[-1]][-len(labels[-1]) :].tolist()
    model = make(TWO[0]).fit(windows, labels)
    for method, dtype in (("predict", "i"), ("predict_proba", "f")):
        found = predict_long(model, recordings, 6, 2, method=method)
        assert [part.shape for part in found] == [part.shape for part in y]
        assert found[0].dtype.kind == dtype
    table = rows.assign(first=flat[:, 0], second=flat[:, 1]).reset_index()
    sequences, targets = skseq.Sequences.from_frame(
        table.rename(columns=str),
        sequence="sequence",
        time="time",
        target=["first", "second"],
    )
    assert [part.tolist() for part in targets] == [part.tolist() for part in y]
    by_table = make(TWO[0]).fit(sequences, targets)
    np.testing.assert_array_equal(weights(by_table), weights(make(TWO[0]).fit(X, y)))


def test_tools_of_scikit_learn_on_sequences():
    X = make_X("ragged")
    y = np.array(make_indicators(X), dtype=object)
    scorer = make_scorer(per_step(f1_score), average="macro", zero_division=0)
    assert np.isfinite(cross_val_score(make(TWO[0]), X, y, cv=3)).all()
    assert np.isfinite(cross_val_score(make(TWO[0]), X, y, cv=3, scoring=scorer)).all()
    search = GridSearchCV(make(TWO[0]), {"hidden_size": [4, 8]}, cv=2).fit(X, y)
    assert search.predict(X)[0].shape == y[0].shape
    found = cross_val_predict(make(TWO[0]), X, y, cv=3)
    assert [part.shape for part in found] == [part.shape for part in y]


def test_tools_of_scikit_learn_on_rows():
    rows, flat, _, _ = make_rows()
    owners = rows.index.get_level_values(0)
    proba = cross_val_predict(
        make(TWO[0]), rows, flat, groups=owners, cv=GroupKFold(3), method="predict_proba"
    )
    assert proba.shape == flat.shape
    splits = list(KFold(2).split(rows))
    shared = {"groups": owners, "cv": GroupKFold(2)}
    for scoring in (None, "accuracy", "f1_macro", "roc_auc"):
        scores = cross_val_score(make(TWO[0]), rows, flat, scoring=scoring, **shared)
        assert np.isfinite(scores).all()
    values, (train, test) = rows.to_numpy(), splits[0]
    model = make(TWO[0]).fit(values[train], flat[train])
    scores = cross_val_score(make(TWO[0]), values, flat, cv=splits, scoring="roc_auc")
    expected = roc_auc_score(flat[test], model.predict_proba(values[test]))
    assert scores[0] == pytest.approx(expected)
