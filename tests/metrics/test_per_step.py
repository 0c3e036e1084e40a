"""per_step turns metrics of scikit-learn into metrics of ragged targets."""

import pickle
from itertools import chain

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    make_scorer,
    mean_squared_error,
    r2_score,
)
from sklearn.model_selection import GridSearchCV, cross_val_score

from skseq.metrics import per_step

TRUE = [["rest", "walk", "walk"], ["rest", "run"], ["run"]]
PRED = [["rest", "rest", "walk"], ["run", "run"], ["walk"]]


def flatten(parts):
    return list(chain(*parts))


FLAT = (flatten(TRUE), flatten(PRED))


def as_objects(parts):
    cells = np.empty(len(parts), dtype=object)
    for i, part in enumerate(parts):
        cells[i] = np.array(part)
    return cells


FORMS = {
    "lists": lambda parts: parts,
    "arrays": lambda parts: [np.array(part) for part in parts],
    "objects": as_objects,
    "series": lambda parts: pd.Series([pd.Series(part) for part in parts]),
    "polars": lambda parts: pl.Series(parts),
    "tuples": lambda parts: tuple(tuple(part) for part in parts),
}


@pytest.mark.parametrize("pred", FORMS)
@pytest.mark.parametrize("true", FORMS)
def test_forms(true, pred):
    value = per_step(f1_score)(FORMS[true](TRUE), FORMS[pred](PRED), average="macro")
    assert value == f1_score(*FLAT, average="macro")


def test_arrays_of_equal_length():
    rng = np.random.default_rng(0)
    true, pred = rng.normal(size=(2, 4, 5))
    assert per_step(r2_score)(true, pred) == r2_score(true.ravel(), pred.ravel())
    frame = pd.DataFrame(true)
    assert per_step(r2_score)(frame, list(pred)) == r2_score(true.ravel(), pred.ravel())


def test_flat_targets():
    assert per_step(accuracy_score)(*FLAT) == accuracy_score(*FLAT)
    series = pd.Series(FLAT[0], index=list("abcdef"))
    assert per_step(accuracy_score)(series, FLAT[1]) == accuracy_score(*FLAT)


def test_several_outputs():
    rng = np.random.default_rng(0)
    true, pred = [[rng.normal(size=(n, 2)) for n in (3, 5)] for _ in range(2)]
    expected = mean_squared_error(
        np.concatenate(true), np.concatenate(pred), multioutput="raw_values"
    )
    value = per_step(mean_squared_error)(true, pred, multioutput="raw_values")
    np.testing.assert_array_equal(value, expected)
    lists = [part.tolist() for part in true]
    value = per_step(mean_squared_error)(lists, pred, multioutput="raw_values")
    np.testing.assert_array_equal(value, expected)


def test_sequences_without_labels_are_left_out():
    score = per_step(accuracy_score)
    assert score([None, ["a", "b"], None], [["a"], ["a", "a"], ["b", "b"]]) == 0.5
    ours = score([[[0, 1]], None], [[[0, 1]], [[1, 1], [0, 0]]])  # two labels a step
    assert ours == 1.0


@pytest.mark.parametrize("missing", [None, float("nan"), "", pd.NA])
def test_unlabelled_steps_are_left_out(missing):
    true = [[*TRUE[0], missing], [missing], *TRUE[1:]]
    pred = [[*PRED[0], "walk"], ["run"], *PRED[1:]]
    assert per_step(accuracy_score)(true, pred) == accuracy_score(*FLAT)
    flat = flatten(true), flatten(pred)
    assert per_step(accuracy_score)(*flat) == accuracy_score(*FLAT)


def test_unlabelled_steps_of_arrays_are_left_out():
    true = np.array([[0.0, np.nan], [1.0, 1.0]])  # float only because of NaN
    pred = np.array([[0, 1], [1, 0]])
    assert per_step(accuracy_score)(true, pred) == pytest.approx(2 / 3)
    texts = np.array([["a", ""], ["b", "b"]])
    assert per_step(accuracy_score)(texts, [["a", "b"], ["b", "a"]]) == pytest.approx(2 / 3)
    outputs = np.array([[[0.0, 5.0], [1.0, np.nan]]])
    value = per_step(mean_squared_error)(outputs, np.zeros((1, 2, 2)))
    assert value == 12.5


def test_without_labelled_steps_raises():
    with pytest.raises(ValueError, match="no labeled steps.*each of its 3 steps is None"):
        per_step(accuracy_score)([[None, ""], [None]], [["a", "a"], ["a"]])


def test_probabilities():
    rng = np.random.default_rng(0)
    proba = [rng.dirichlet(np.ones(3), size=len(part)) for part in TRUE]
    labels = ["rest", "run", "walk"]
    expected = log_loss(FLAT[0], np.concatenate(proba), labels=labels)
    assert per_step(log_loss)(TRUE, proba, labels=labels) == expected
    flat = np.concatenate(proba)
    assert per_step(log_loss)(FLAT[0], flat, labels=labels) == expected
    assert per_step(log_loss)(FLAT[0], flat.tolist(), labels=labels) == expected
    partly = [[None, *TRUE[0][1:]], *TRUE[1:]]
    expected = log_loss(FLAT[0][1:], flat[1:], labels=labels)
    assert per_step(log_loss)(partly, proba, labels=labels) == expected


def test_weights_of_steps_and_of_sequences():
    steps = [[1.0, 2.0, 3.0], [4.0, 5.0], [6.0]]
    expected = accuracy_score(*FLAT, sample_weight=flatten(steps))
    assert per_step(accuracy_score)(TRUE, PRED, sample_weight=steps) == expected
    assert per_step(accuracy_score)(*FLAT, sample_weight=flatten(steps)) == expected
    expected = accuracy_score(*FLAT, sample_weight=[1, 1, 1, 2, 2, 3])
    assert per_step(accuracy_score)(TRUE, PRED, sample_weight=[1, 2, 3]) == expected
    partly = [[None, *TRUE[0][1:]], *TRUE[1:]]
    expected = accuracy_score(FLAT[0][1:], FLAT[1][1:], sample_weight=[2, 3, 4, 5, 6])
    assert per_step(accuracy_score)(partly, PRED, sample_weight=steps) == expected


@given(st.lists(st.lists(st.tuples(*[st.sampled_from("abc")] * 2), min_size=1), min_size=1))
def test_equals_the_metric_of_the_concatenated_steps(sequences):
    true = [[t for t, _ in part] for part in sequences]
    pred = [[p for _, p in part] for part in sequences]
    found = per_step(confusion_matrix)(true, pred, labels=list("abc"))
    expected = confusion_matrix(flatten(true), flatten(pred), labels=list("abc"))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("true", "pred", "weight", "message"),
    [
        (TRUE, PRED[:2], None, "y_true has 3 sequences, but y_pred has 2"),
        (
            TRUE,
            [PRED[0], ["run"], []],
            None,
            "sequence 1 has 2 steps in y_true, but 1 in y_pred",
        ),
        (TRUE, FLAT[1], None, "y_true has an array for each sequence, but y_pred has one"),
        (FLAT[0], PRED + PRED, None, "y_pred has an array for each sequence"),
        (FLAT[0], FLAT[1][:4], None, "y_true has 6 rows, but y_pred has 4"),
        (TRUE, PRED, [1.0], "y_true has 3 sequences, but sample_weight has 1 weights"),
        (
            TRUE,
            PRED,
            [[1, 1, 1], [1], [1]],
            "sequence 1 has 2 steps in y_true, but 1 in sample",
        ),
        ([["a"], ["a"]], [["a"], None], None, "sequence 1 of y_pred is None"),
        ([["1", 1]], [["1", "1"]], None, "y_true has labels of mixed types.*'1'.* 1"),
        (
            [["1"], ["1"]],
            [np.array(["1"]), np.array([1])],
            None,
            "y_pred has labels of mix",
        ),
    ],
)
def test_invalid_input_raises(true, pred, weight, message):
    with pytest.raises(ValueError, match=message):
        per_step(accuracy_score)(true, pred, sample_weight=weight)


def test_keeps_name_docstring_and_can_be_pickled():
    metric = per_step(f1_score)
    assert metric.__name__ == "f1_score"
    assert metric.__doc__ == f1_score.__doc__
    assert repr(metric) == "per_step(f1_score)"
    copy = pickle.loads(pickle.dumps(metric))
    assert copy(TRUE, PRED, average="micro") == metric(TRUE, PRED, average="micro")
    with pytest.raises(TypeError, match="should be a function.*got 'accuracy'"):
        per_step("accuracy")


class Constant(BaseEstimator):
    """Predict the same label at every step; `estimator_type` is None."""

    def __init__(self, label="walk"):
        self.label = label

    def fit(self, X, y):
        """Learn nothing."""
        self.fitted_ = True
        return self

    def predict(self, X):
        """Return an object array of arrays."""
        return as_objects([[self.label] * len(x) for x in X])

    def predict_proba(self, X):
        """Return an object array of arrays (n_timesteps_i, 3)."""
        return as_objects([np.tile([0.5, 0.25, 0.25], (len(x), 1)) for x in X])


def test_scorer_in_searches():
    X, y = as_objects([np.zeros((len(part), 1)) for part in TRUE]), as_objects(TRUE)
    scorer = make_scorer(per_step(f1_score), average="micro")
    search = GridSearchCV(Constant(), {"label": ["run", "rest"]}, scoring=scorer, cv=3)
    search.fit(X, y)
    # Mean over three folds of one sequence each.
    expected = [(0 + 1 / 2 + 1) / 3, (1 / 3 + 1 / 2) / 3]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected)
    scores = cross_val_score(Constant(), list(X), TRUE, scoring=scorer, cv=3)
    np.testing.assert_allclose(scores, [2 / 3, 0, 0])


def test_scorer_of_probabilities():
    X = [np.zeros((len(part), 1)) for part in TRUE]
    scorer = make_scorer(
        per_step(log_loss),
        response_method="predict_proba",
        greater_is_better=False,
        labels=["rest", "run", "walk"],
    )
    scores = cross_val_score(Constant(), X, TRUE, scoring=scorer, cv=3)
    expected = [np.log([0.5, 0.25, 0.25]).mean(), np.log([0.5, 0.25]).mean(), np.log(0.25)]
    np.testing.assert_allclose(scores, expected)


SEVERAL_TRUE = [[[1, 0], [1, 1]], [[0, 1], [0, 0], [1, 1]]]
SEVERAL_PRED = [[[1, 0], [0, 1]], [[0, 1], [1, 0], [1, 1]]]


@pytest.mark.parametrize("form", FORMS)
def test_several_labels_for_each_step(form):
    true, pred = FORMS[form](SEVERAL_TRUE), FORMS[form](SEVERAL_PRED)
    flat = np.concatenate(SEVERAL_TRUE), np.concatenate(SEVERAL_PRED)
    assert per_step(accuracy_score)(true, pred) == accuracy_score(*flat) == 0.6
    expected = f1_score(*flat, average="macro")
    assert per_step(f1_score)(true, pred, average="macro") == expected


def test_rows_of_several_labels_with_an_index():
    index = pd.MultiIndex.from_tuples([("b", 1), ("b", 0), ("a", 2), ("a", 0), ("a", 1)])
    true, pred = np.concatenate(SEVERAL_TRUE).astype(float), np.concatenate(SEVERAL_PRED)
    frame = pd.DataFrame(true, index=index)
    assert per_step(accuracy_score)(frame, pred) == accuracy_score(true, pred)
    other = pd.DataFrame(pred, index=index)
    assert per_step(accuracy_score)(frame, other) == accuracy_score(true, pred)
    frame.iloc[1] = np.nan  # not labeled
    kept = np.arange(5) != 1
    assert per_step(accuracy_score)(frame, pred) == accuracy_score(true[kept], pred[kept])
    assert per_step(accuracy_score)([true], [pred]) == accuracy_score(true, pred)
