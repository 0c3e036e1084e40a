"""Invalid targets raise an error with a helpful message before training starts."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.multioutput import MultiOutputClassifier

from skseq import (
    GRUClassifier,
    GRURegressor,
    GRUStepClassifier,
    LSTMClassifier,
    LSTMStepRegressor,
    Sequences,
    TransformerRegressor,
)

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_CLASSIFIERS,
    TWO_ESTIMATORS,
    TWO_REGRESSORS,
    as_cells,
    fit_raises,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
)

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
two_classifiers = pytest.mark.parametrize("cls", TWO_CLASSIFIERS, ids=name_of)
two_regressors = pytest.mark.parametrize("cls", TWO_REGRESSORS, ids=name_of)


@every_estimator_and_form
def test_y_with_another_length(cls, form):
    fit_raises(
        cls, make_X(form), make_y(cls)[:-1], "inconsistent numbers of samples", "24", "23"
    )


@pytest.mark.parametrize("cls", [*TWO_ESTIMATORS, GRUStepClassifier, LSTMStepRegressor])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("arguments", [(), (None,)], ids=["left out", "None"])
def test_missing_y(cls, method, arguments):
    message = rf"^{cls.__name__} requires y to be passed, but the target y is None\.$"
    has_classes = method == "partial_fit" and hasattr(cls, "predict_proba")
    options = {"classes": [0, 1]} if has_classes else {}
    for form in ("ragged", "cube"):
        with pytest.raises(ValueError, match=message):
            getattr(make(cls), method)(make_X(form), *arguments, **options)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
@two_estimators
def test_missing_targets(cls, missing):
    X, y = make_X("ragged"), list(make_y(cls))
    y[3] = missing
    words = ("y contains NaN", "target of sequence 3 is missing", "Remove such sequences")
    for form in (y, np.array(y, dtype=object), pd.Series(y, dtype=object, name="y")):
        fit_raises(cls, X, form, *words)
    if missing is not pd.NA:  # numpy would convert NaN next to text to the text "nan"
        fit_raises(cls, X, ["sit", "walk", "sit", *y[3:]], *words)


@two_regressors
def test_datetime_targets(cls):
    y = np.arange(24).astype("datetime64[D]")
    fit_raises(cls, make_X("ragged"), y, "y contains 1970-01-01, which is a time", "number")


@every_estimator
def test_y_is_required(cls):
    X = make_X("ragged")
    fit_raises(cls, X, None, "requires y to be passed, but the target y is None")


@every_form
@two_classifiers
def test_single_class(cls, form):
    fit_raises(cls, make_X(form), ["sit"] * 24, "at least 2 classes", "one class", "'sit'")


@pytest.mark.parametrize(
    "kind", [list, as_cells, pd.Series, tuple], ids=lambda kind: kind.__name__
)
@two_classifiers
def test_lists_of_labels_raise(cls, kind):
    X = make_X("ragged")
    words = "one label for each sequence", r"MultiLabelBinarizer\(\)\.fit_transform\(y\)"
    lists = kind([["sit"], ["sit", "walk"], []] * 8)
    found = r"y\[0\] is \['sit'\] and y\[1\] is \['sit', 'walk'\], but"
    fit_raises(cls, X, lists, found, cls.__name__, *words)
    fit_raises(cls, X, kind([{"sit"}, {"walk"}] * 12), r"y\[0\] is {'sit'}, but", *words)
    steps = kind([np.zeros(len(x)) for x in X])  # one label for each step
    fit_raises(cls, X, steps, r"y\[0\] is an array|y\[0\] is \[0", *words)
    fit_raises(cls, X, kind(["sit", ["walk"]] * 12), r"and y\[1\] is \['walk'\]", *words)


class SingleLabelClassifier(GRUClassifier):
    """A classifier without multilabel targets."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = False
        return tags


def test_lists_of_labels_raise_without_multilabel_support():
    lists = [["sit"], ["sit", "walk"]] * 12
    message = (
        r"one label for each sequence: y has the shape \(n_sequences,\)\. If y has one"
    )
    fit_raises(SingleLabelClassifier, make_X("ragged"), lists, message, "GRUStepClassifier")


@pytest.mark.parametrize(
    "cls", [GRUClassifier, GRURegressor, LSTMClassifier, TransformerRegressor]
)
@pytest.mark.parametrize("n_steps", [(3, 3), (3, 4)])
def test_targets_of_steps_raise(cls, n_steps):
    X = [np.zeros((n, 1)) for n in n_steps] * 6
    y = as_cells([np.arange(n) % 2 for n in n_steps] * 6)
    found = r"y\[0\] is \[0, 1, 0\]"
    step = re.sub("(Classifier|Regressor)", r"Step\1", f"such as {cls.__name__}")
    fit_raises(cls, X, y, found, "y has one (label|number) for each step, use a step", step)


def test_missing_target_of_a_sequence_with_an_id():
    ids = [f"M{i}" for i in range(6)]
    X = Sequences(np.zeros(12), [2] * 6, ids=ids)
    y = ["gear", None, "bearing"] * 2
    fit_raises(GRUClassifier, X, y, r"the target of sequence 1 \('M1'\) is missing \(None")
    fit_raises(GRUClassifier, X, y * 2, "the target of sequence 1 is missing")


@pytest.mark.parametrize("stray", ["gear ", None], ids=repr)
def test_label_that_varies_within_a_sequence(stray):
    """The error tells how to find the sequences if each should have one label."""
    frame = pd.DataFrame({"id": np.repeat(np.arange(8), 3), "x": np.arange(24.0)})
    frame["label"] = frame["id"].map(lambda i: "gear" if i % 2 else "bearing")
    frame.loc[4, "label"] = stray
    X, y = Sequences.from_frame(frame, sequence="id", target="label")
    hint = r"one target, Sequences\.from_frame\(\.\.\., target_per='sequence'\) names the"
    fit_raises(GRUClassifier, X, y, "such as GRUStepClassifier. If each", hint)
    fit_raises(GRUClassifier, X, [["gear"], ["gear", "dry"]] * 4, r"GRUStepClassifier\.$")
    frame["label"] = frame["x"]
    X, y = Sequences.from_frame(frame, sequence="id", target="label")
    fit_raises(GRURegressor, X, y, "such as GRUStepRegressor. If each", hint)


@two_regressors
def test_lists_of_different_lengths_raise(cls):
    y = [[1.0, 2.0], [3.0]] * 12
    words = (
        r"y\[0\] is \[1.0, 2.0\] and y\[1\] is \[3.0\], but each sequence needs the same"
    )
    fit_raises(cls, make_X("ragged"), y, words, r"\(n_sequences, n_outputs\)")


@pytest.mark.parametrize(
    "y", [np.arange(48).reshape(24, 2) % 3, [["sit", "red"], ["walk", "blue"]] * 12]
)
@two_classifiers
def test_several_labels_for_each_sequence_need_a_multioutput_classifier(cls, y):
    words = (
        *(r"y has shape \(24, 2\)", "one label for each sequence", "MultiLabelBinarizer"),
        "label for each step, use a step classifier",
    )
    remedy = rf"sklearn\.multioutput\.MultiOutputClassifier\({cls.__name__}\(\)\)"
    fit_raises(cls, make_X("ragged"), y, *words, remedy)
    y = np.asarray(y)
    model = MultiOutputClassifier(make(cls)).fit(make_X("ragged"), y)
    assert model.predict(make_X("ragged")).shape == y.shape


@two_estimators
def test_targets_of_other_libraries(cls):
    X, y = make_X("ragged"), make_y(cls)
    expected = predict(make(cls).fit(X, y, sample_weight=y + 1), X)
    weight = torch.tensor(y + 1, requires_grad=y.dtype.kind == "f")
    for form in (pa.array(y), pa.chunked_array([y]), pl.Series(y), torch.tensor(y)):
        actual = predict(make(cls).fit(X, form, sample_weight=weight), X)
        np.testing.assert_array_equal(actual, expected)
    with pytest.raises(TypeError, match=r"Expected y .*LazyFrame.*y\.collect\(\)"):
        make(cls).fit(X, pl.LazyFrame({"y": y}))
    with pytest.raises(TypeError, match=r"y is a Tensor .*to_dense\(\)"):
        make(cls).fit(X, torch.tensor(y).to_sparse())


@two_estimators
def test_targets_that_contain_themselves_raise(cls):
    y = [[1.0]]
    y.append(y)
    fit_raises(cls, make_X("ragged"), [y] * 24, "y is ragged|y must have|Unknown label")


@two_estimators
def test_structured_targets_raise(cls):
    y = np.zeros(24, dtype=[("a", float)])
    fit_raises(cls, make_X("ragged"), y, r"y is a structured array with the fields \['a'\]")


@two_estimators
def test_targets_and_weights_of_score(cls):
    estimator, X = fitted(cls)
    y = make_y(cls)
    expected = estimator.score(X, y, sample_weight=np.ones(24))
    tensor = torch.tensor(y, requires_grad=y.dtype.kind == "f")
    assert estimator.score(X, tensor, sample_weight=torch.ones(24).bfloat16()) == expected
    with pytest.raises(TypeError, match=r"Expected y .*LazyFrame.*y\.collect\(\)"):
        estimator.score(X, pl.LazyFrame({"y": y}))
    with pytest.raises(ValueError, match="sample_weight contains 'a', which is not a num"):
        estimator.score(X, y, sample_weight=["a"] * 24)
    with pytest.raises(ValueError, match="y contains .*a time|cannot be compared with"):
        estimator.score(X, np.arange(24).astype("datetime64[D]"))


@two_classifiers
def test_classes_of_other_types(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls).partial_fit(X, y, classes=torch.tensor([0, 1, 2]).bfloat16())
    with pytest.raises(ValueError, match="classes=.* are neither numbers nor strings"):
        estimator.partial_fit(X, y, classes=[{"a": 1}, {"a": 2}])
    with pytest.raises(ValueError, match="y has the label .* not among the classes"):
        estimator.trace(X, np.arange(24).astype("datetime64[D]") - y)


@two_estimators
def test_invalid_weights_raise(cls):
    for weight, message in (
        (["a"] * 24, "sample_weight contains 'a', which is not a number"),
        ([10**400] * 24, "sample_weight contains a value too large"),
        ([[1.0], [1.0, 2.0]] * 12, "sample_weight is ragged"),
        (np.nan, "nan"),
        (np.ones(24) * 1j, "sample_weight is complex"),
    ):
        with pytest.raises(ValueError, match=message):
            make(cls).fit(make_X("ragged"), make_y(cls), sample_weight=weight)


@two_classifiers
def test_continuous_labels(cls):
    fit_raises(
        cls, make_X("ragged"), np.linspace(0, 1, 24), "continuous|Unknown label type"
    )


@two_regressors
def test_non_numeric_targets(cls):
    words = "y contains 'fast', which is not a number. For labels, use a classifier"
    fit_raises(cls, make_X("ragged"), ["fast"] * 24, words)
    y = np.arange(24.0)
    y[3] = np.nan
    fit_raises(cls, make_X("ragged"), y, "y contains NaN")
    fit_raises(cls, make_X("ragged"), np.ones((24, 2, 2)), r"dim 3|\(24, 2, 2\)")


@two_regressors
def test_poisson_with_negative_targets(cls):
    y = np.arange(24.0) - 2
    fit_raises(cls, make_X("ragged"), y, "y >= 0", "-2", "squared_error", loss="poisson")


@two_classifiers
def test_partial_fit_without_classes(cls):
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        make(cls).partial_fit(make_X("ragged"), make_y(cls))


@two_classifiers
def test_partial_fit_with_unknown_labels(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls)
    with pytest.raises(ValueError, match=r"label .*2.*not among the classes \[0, 1\]"):
        estimator.partial_fit(X, y, classes=[0, 1])
    estimator.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"label .*7.*not among the classes \[0, 1, 2\]"):
        estimator.partial_fit(X[:2], [0, 7])


@two_classifiers
def test_partial_fit_with_other_classes(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls).partial_fit(X, y, classes=[0, 1, 2])
    estimator.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="classes"):
        estimator.partial_fit(X, y, classes=[0, 1, 2, 3])


@pytest.mark.parametrize("y", [3, "walk", {"walk": 1}], ids=str)
@two_estimators
def test_scalar_target(cls, y):
    message = re.escape(f"y must have one target for each sequence, got {y!r}")
    fit_raises(cls, make_X("ragged"), y, message)


@two_estimators
def test_number_of_targets_differs_from_the_rows_of_a_table(cls):
    """A single 2-D sequence is read as one sequence per row: the message explains it."""
    table = np.ones((6, 3))
    words = (
        r"\[6, 1\]",
        "6 sequences, 1 feature, 3 steps",
        "1 target. Expected one target for each sequence",
    )
    fit_raises(cls, table, make_y(cls, 1), *words, r"use \[X\], or X\[None\]")


@two_estimators
def test_invalid_targets_in_trace(cls):
    estimator, X = fitted(cls)
    y = list(make_y(cls))
    with pytest.raises(ValueError, match=r"\[24, 3\]. X is read as .* y has 3 targets"):
        estimator.trace(X, y[:3])
    with pytest.raises(ValueError, match=r"target of sequence 0 is missing \(None\)"):
        estimator.trace(X, [None, *y[1:]])


@two_classifiers
def test_warm_start_with_other_classes(cls):
    estimator, X = fitted(cls, warm_start=True)
    with pytest.raises(ValueError, match=r"not among the classes.*warm_start=False"):
        estimator.fit(X, make_y(cls) + 1)


@two_regressors
def test_warm_start_with_another_number_of_targets(cls):
    estimator, X = fitted(cls, warm_start=True)
    with pytest.raises(ValueError, match="2 targets.*saw 1"):
        estimator.fit(X, np.ones((24, 2)))


@two_classifiers
def test_matrices_of_other_integers_are_no_indicators(cls):
    y = np.tile([[1, 2], [2, 1]], (12, 1))  # an indicator matrix for scikit-learn
    fit_raises(cls, make_X("ragged"), y, "2 for label 1 of sequence 0", "MultiOutputCl")
