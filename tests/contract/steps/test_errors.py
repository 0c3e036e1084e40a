"""Messages of errors in targets of steps."""

import re

import numpy as np
import pandas as pd
import pytest

import skseq

from ..cases import make, make_indicators, make_X, make_y

CLASSIFIER, REGRESSOR = skseq.GRUStepClassifier, skseq.GRUStepRegressor


def fit_raises(cls, X, y, *patterns, error=ValueError, **params):
    with pytest.raises(error) as caught:
        make(cls, **params).fit(X, y)
    for pattern in patterns:
        assert re.search(pattern, str(caught.value)), f"{pattern!r} not in {caught.value}"


@pytest.mark.parametrize("cls", [CLASSIFIER, REGRESSOR])
def test_targets_of_another_length_than_the_sequence(cls):
    X, y = make_X("ragged"), make_y(cls)
    y[2] = y[2][:-1]
    n = len(X[2])
    fit_raises(cls, X, y, rf"y\[2\] has {n - 1} ", rf"sequence 2 of X has {n} steps")


def test_another_number_of_label_sequences():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    fit_raises(CLASSIFIER, X, y[:-1], "23 sequences of labels", "24 sequences")


def test_one_label_for_each_sequence():
    X = make_X("ragged")
    fit_raises(CLASSIFIER, X, np.arange(24) % 2, r"y\[0\] is 0", "use a classifier")


@pytest.mark.parametrize("last", ["not to be", "not to be or"])
@pytest.mark.parametrize("form", [list, pd.Series, np.array])
def test_labels_in_one_string_for_each_sequence(form, last):
    texts = ["to be or", last]
    labels = form(["B O O", "O B O O"[: 2 * len(last.split()) - 1]])
    X = [text.split() for text in texts]
    patterns = (
        r"y\[0\], the labels of sequence 0, is the string 'B O O'",
        r"y\[0\].split\(\)",
    )
    forms = [X, texts, pd.Series(texts), pd.DataFrame({"text": texts})]
    if last == "not to be":  # sequences of equal length
        forms += [np.array(X), np.array(X, dtype=object)]
    for given in forms:
        fit_raises(CLASSIFIER, given, labels, *patterns, error=TypeError)
    make(CLASSIFIER, max_epochs=1).fit(X, [text.split() for text in labels])


def test_labels_with_spaces_of_rows_with_one_category():
    """Rows of a column of categories are steps, if their labels are not lists of labels."""
    X = pd.DataFrame({"place": ["at home", "at the office", "at home", "on the way"]})
    y = ["sitting down", "sitting", "standing up", "walking"]
    model = make(CLASSIFIER, max_epochs=1).fit(X, y)
    assert model.rows_are_steps_


def test_labels_of_mixed_types():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    y[1] = ["a"] * len(X[1])
    fit_raises(CLASSIFIER, X, y, "different types", "'a'", "sequence 1, step 0")


def test_numbers_are_no_labels():
    X, y = make_X("ragged"), make_y(REGRESSOR)
    fit_raises(CLASSIFIER, X, y, "continuous", "step regressor")


def test_labels_are_no_numbers():
    X = make_X("ragged")
    y = [["a"] * len(x) for x in X]
    fit_raises(REGRESSOR, X, y, "step classifiers")


def test_unlabelled_y():
    X = make_X("ragged")
    fit_raises(CLASSIFIER, X, [[None] * len(x) for x in X], "all steps are unlabeled")
    fit_raises(CLASSIFIER, X, [["a"] * len(x) for x in X], "at least 2 classes", "'a'")


def test_unknown_label_in_a_later_partial_fit():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    model = make(CLASSIFIER).partial_fit(X, y, classes=[0, 1, 2])
    y[4][1] = 7
    with pytest.raises(ValueError, match=r"label 7 \(sequence 4, step 1\).*classes"):
        model.partial_fit(X, y)
    model = make(CLASSIFIER).partial_fit(
        X[:3], [[0, 1] + [1] * (len(x) - 2) for x in X[:3]]
    )
    with pytest.raises(ValueError, match=r"label 2 .*classes"):
        model.partial_fit(X, make_y(CLASSIFIER))


def test_form_of_X_in_predict():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    rows = make(CLASSIFIER).fit(np.concatenate(X), np.concatenate(y))
    with pytest.raises(ValueError, match="rows of X were steps in fit .*one array of rows"):
        rows.predict(X)
    sequences = make(CLASSIFIER).fit(X, y)
    with pytest.raises(
        ValueError, match="1 feature, but GRUStepClassifier was fitted on 3"
    ):
        sequences.predict(X[0])


def test_score_of_labels_of_another_type():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    model = make(CLASSIFIER).fit(X, y)
    with pytest.raises(ValueError, match=r"such as '0'.*\[0, 1, 2\]"):
        model.score(X, [part.astype(str) for part in y])


def test_negative_counts():
    X = make_X("ragged")
    y = [np.arange(len(x)) - 1.0 for x in X]
    fit_raises(REGRESSOR, X, y, "loss='poisson' requires y >= 0", loss="poisson")


def test_transitions_need_weights_of_sequences():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    fit_raises(
        CLASSIFIER, X, y, "requires class_weight=None", transitions="crf", class_weight={}
    )
    fit_raises(CLASSIFIER, X, y, "requires patch_size=1", transitions="crf", patch_size=2)
    model = make(CLASSIFIER, transitions="crf")
    weight = [np.arange(len(x)) + 1.0 for x in X]
    with pytest.raises(ValueError, match=r"sequence 0, step \d+ has another one"):
        model.fit(X, y, sample_weight=weight)
    model.fit(X, y, sample_weight=np.arange(24) + 1.0)


def test_transitions_need_one_label_for_each_step():
    X = make_X("ragged")
    words = "needs one label for each step, but y has 2", "transitions=None", "each column"
    fit_raises(CLASSIFIER, X, make_indicators(X), *words, transitions="crf")
    model = make(CLASSIFIER, transitions="crf").fit(X, make_y(CLASSIFIER))
    with pytest.raises(ValueError, match="indicator matrix of 2 labels .* saw one label"):
        model.score(X, make_indicators(X))


@pytest.mark.parametrize("rows", [False, True])
def test_several_labels_that_are_no_indicators(rows):
    X = make_X("ragged")
    join = np.concatenate if rows else list
    where = f"row {len(X[0]) + 1}" if rows else "sequence 1, step 1"
    for value in (2, -1, "walk", 0.5):
        y = [part.astype(object) for part in make_indicators(X)]
        y[1][1, 0] = value
        remedy = (
            "a step regressor" if value == 0.5 else "one estimator for each column of y"
        )
        found = rf"contains {value!r} \({where}, label 0\)"
        fit_raises(CLASSIFIER, join(X), join(y), found, "indicator matrix", remedy)
    y = [part.astype(float) for part in make_indicators(X)]
    y[1][1, 1] = np.nan
    words = f"partly missing at {where}: label 1 is nan", "set all of them to NaN"
    fit_raises(CLASSIFIER, join(X), join(y), *words)


def test_other_numbers_of_labels():
    X = make_X("ragged")
    y = make_indicators(X)
    words = r"sequence 2, has the shape \(\d+, 1\), but y\[0\] has \(\d+, 2\)"
    fit_raises(CLASSIFIER, X, [*y[:2], y[2][:, :1], *y[3:]], words)
    single = [part[:, 0] for part in y]
    three = [np.column_stack([part, part[:, 0]]) for part in y]
    fit_raises(CLASSIFIER, X, [*y[:2], *single[2:]], r"sequence 2, has the shape \(\d+,\)")
    model = make(CLASSIFIER).fit(X, y)
    for other in (single, three):
        with pytest.raises(ValueError, match="the first fit saw an indicator matrix of 2"):
            model.score(X, other)
        with pytest.raises(ValueError, match="the first fit saw an indicator matrix of 2"):
            model.partial_fit(X, other)
    with pytest.raises(ValueError, match=r"classes=\[0, 1, 2\], .* indices \[0, 1\] of y"):
        make(CLASSIFIER).partial_fit(X, y, classes=[0, 1, 2])


def test_class_weight_of_another_form_than_y():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    words = "class_weight is a list of dicts", "one dict"
    fit_raises(CLASSIFIER, X, y, *words, class_weight=[{0: 2}])
    fit_raises(
        CLASSIFIER, X, make_indicators(X), "should be a list of dicts", class_weight={0: 2}
    )


def test_weights_and_groups():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    missing = [part.astype(object) for part in y]
    missing[0][:] = None
    with pytest.raises(ValueError, match="labeled steps have a weight of 0"):
        make(CLASSIFIER).fit(X, missing, sample_weight=np.arange(24) == 0)
    with pytest.raises(ValueError, match=r"groups has the shape \(3,\).*each sequence"):
        make(CLASSIFIER, early_stopping=True).fit(X, y, groups=[1, 2, 3])


def test_failure_leaves_the_estimator_as_it_was():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    model = make(CLASSIFIER)
    with pytest.raises(ValueError, match="steps"):
        model.fit(X, y[1:] + y[:1])
    assert not [name for name in vars(model) if name.endswith("_")]


def test_other_columns_in_predict():
    X, y = make_X("ragged"), make_y(CLASSIFIER)
    shops = np.repeat(np.arange(len(X)), [len(x) for x in X])
    rows = pd.DataFrame(np.concatenate(X), columns=list("abc")).assign(shop=shops)
    model = make(CLASSIFIER, sequence="shop").fit(rows, np.concatenate(y))
    with pytest.raises(ValueError, match=r"fitted on \['a', 'b', 'c'\]"):
        model.predict(rows.rename(columns={"a": "q"}))
    with pytest.raises(ValueError, match="no column 'shop'"):
        model.predict(rows.drop(columns="shop"))
