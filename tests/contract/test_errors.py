"""Invalid input raises an error with a helpful message before training starts."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import NotFittedError

from skseq import Sequences
from skseq.exceptions import ChannelsFirstWarning, DivergenceError, UnscaledInputWarning

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_CLASSIFIERS,
    TWO_ESTIMATORS,
    TWO_REGRESSORS,
    as_form,
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

# Forms in which sequences may have different shapes.
ragged_form = pytest.mark.parametrize("form", ["ragged", "objects"])


def replace_sequence(form, i, bad):
    """Return sequences with one of them replaced."""
    arrays = [np.array(sequence) for sequence in make_X(form)]
    arrays[i] = bad
    return as_form(form, arrays)


# X ---------------------------------------------------------------------------------


@ragged_form
@two_estimators
def test_different_numbers_of_features(cls, form):
    X = replace_sequence(form, 5, np.ones((4, 2)))
    fit_raises(cls, X, make_y(cls), "sequence 5", "2 features", r"\(4, 2\)", "has 3")


@ragged_form
@two_estimators
def test_empty_sequence(cls, form):
    X = replace_sequence(form, 7, np.ones((0, 3)))
    fit_raises(cls, X, make_y(cls), "sequence 7 is empty", "at least 1 step", "Drop it")


@two_estimators
def test_empty_sequence_in_the_container(cls):
    with pytest.raises(ValueError, match="sequence 1 is empty"):
        Sequences(np.ones((5, 2)), [3, 0, 2])


@pytest.mark.parametrize(
    "X",
    [[], np.empty((0, 4, 3)), np.empty(0, dtype=object)],
    ids=["list", "cube", "objects"],
)
@two_estimators
def test_no_sequences(cls, X):
    fit_raises(cls, X, [], "0 sample|minimum of 1|[Nn]o sequences")


@two_estimators
def test_no_sequences_in_the_container(cls):
    fit_raises(cls, make_X("sequences")[:0], [], "0 sample", "no sequences")


@pytest.mark.parametrize("shape", [(4, 0, 3), (4, 5, 0)])
@two_estimators
def test_no_steps_or_no_features(cls, shape):
    fit_raises(cls, np.empty(shape), make_y(cls, 4), re.escape(str(shape)), "at least 1")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("missing", ["error", "mask"])
@every_form
@two_estimators
def test_infinite_values(cls, form, missing, value):
    bad = np.ones((6, 3))
    bad[4, 1] = value
    X = replace_sequence(form, 9, bad)
    where = ("infinity", "sequence 9", "step 4", "feature 1", str(value))
    fit_raises(cls, X, make_y(cls), *where, missing=missing)


@every_estimator_and_form
def test_missing_values(cls, form):
    bad = np.ones((6, 3))
    bad[4, 1] = np.nan
    X = replace_sequence(form, 9, bad)
    fit_raises(
        cls, X, make_y(cls), "NaN", "sequence 9", "step 4", "feature 1", "missing='mask'"
    )


@two_estimators
def test_missing_values_are_named_by_feature(cls):
    values = np.ones((48, 2))
    values[7, 1] = np.nan
    X = Sequences(values, np.full(24, 2), feature_names=["pulse", "pressure"])
    fit_raises(cls, X, make_y(cls), "sequence 3, step 1", "'pressure'")


@every_form
@two_estimators
def test_complex_values(cls, form):
    arrays = [array + 1j for array in make_X("cube")]
    if form == "sequences":
        X = np.stack(arrays)
        with pytest.raises((ValueError, TypeError), match="[Cc]omplex"):
            Sequences(X.reshape(-1, 3), np.full(24, 6))
    else:
        fit_raises(cls, as_form(form, arrays), make_y(cls), "Complex data not supported")


@two_estimators
def test_text(cls):
    words = np.array([["a", "b"], ["c", "d"]])
    wanted = ("sequence 0", "'a'", "Encode")
    fit_raises(
        cls, [words, words, words], make_y(cls, 3), *wanted, categorical_features=None
    )
    cells = np.array([[1.0, "high"]], dtype=object)
    good = np.array([[1.0, 2.0]])
    wanted = ("sequence 0, step 0, feature 1 is 2.0", "are text", "with str")
    fit_raises(cls, [good, cells, good], make_y(cls, 3), *wanted)
    cube = np.array([[["a"], ["b"]]] * 3)
    wanted = "convert|numeric|number"
    fit_raises(cls, cube, make_y(cls, 3), wanted, categorical_features=None)


@two_estimators
def test_times(cls):
    times = np.arange(24 * 4).reshape(24, 4).astype("datetime64[D]")
    for X in (times, times[:, :, None], list(times[:, :, None])):
        fit_raises(cls, X, make_y(cls), "1970-01-01", "a time, not a number", "days since")
    frame = pd.DataFrame({"value": 1.0, "day": times[:, 0]})
    fit_raises(cls, frame, make_y(cls), "Column 'day'", r"Sequences\.from_frame\(")


@two_estimators
def test_padding(cls):
    X = np.random.default_rng(0).normal(size=(24, 6, 3))
    X[9, 4:] = np.nan
    fit_raises(cls, X, make_y(cls), "sequence 9", "padding", r"Sequences\.from_padded\(X\)")
    make(cls, max_epochs=1).fit(Sequences.from_padded(X), make_y(cls))


@two_estimators
def test_long_table_with_a_multi_index(cls):
    table = pd.DataFrame({"id": [0, 0, 1], "day": [1, 0, 0], "x": [1.0, 2.0, 3.0]})
    X = table.set_index(["id", "day"])
    call = "Sequences.from_frame(X.reset_index(), sequence='id', time='day')"
    fit_raises(cls, X, make_y(cls, 3), re.escape(call))
    assert [x.ravel().tolist() for x in eval(call)] == [[2.0, 1.0], [3.0]]


@two_estimators
def test_long_table(cls):
    table = pd.DataFrame(
        {"id": ["a", "a", "b"], "time": [0, 1, 0], "value": [1.0, 2.0, 3.0]}
    )
    fit_raises(
        cls, table, ["x", "y"], "Column 'id' of X contains 'a'", r"Sequences\.from_frame\("
    )
    # A table of numbers only could also hold short sequences.
    fit_raises(
        cls, table[["time", "value"]], make_y(cls, 2), r"\[3, 2\]", r"from_frame\(df"
    )


NOT_SEQUENCES = [
    (
        None,
        r"X to contain sequences, got None. Use an array of shape \(n_sequences, n_times",
    ),
    (5, "Expected X to contain sequences, got 5"),
    ("walk", "Expected X to contain sequences, got 'walk'"),
    ({"a": [1.0]}, r"got <class 'dict'>.* for example list\(X.values\(\)\)"),
    ({1.0, 2.0}, r"got <class 'set'>.* for example list\(X\)"),
    (iter([[1.0]]), r"got <class 'list_iterator'>.* for example list\(X\)"),
    (
        [{"a": 1}, {"a": 2}],
        r"sequence 0 to be an array of shape \(n_time.* got <class 'dict",
    ),
]


@pytest.mark.parametrize(
    ("X", "message"), NOT_SEQUENCES, ids=lambda value: type(value).__name__
)
@two_estimators
def test_objects_that_are_not_sequences(cls, X, message):
    estimator, _ = fitted(cls)
    for call in (
        estimator.predict,
        estimator.trace,
        lambda X: make(cls).fit(X, make_y(cls)),
    ):
        with pytest.raises(TypeError, match=message):
            call(X)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
@two_estimators
def test_non_numeric_columns_in_a_list_of_frames(cls, kind):
    days = pd.date_range("2020-01-01", periods=3)
    good = kind({"day": [0.0, 1.0, 2.0], "value": [1.0, 2.0, 3.0]})
    X = [good, kind({"day": days, "value": [1.0, 2.0, 3.0]}), good]
    words = (
        "Column 'day' of sequence 1 contains 2020-01-01",
        "a time, not a number",
        "drop it",
    )
    fit_raises(cls, X, make_y(cls, 3), *words)
    X[1] = kind({"day": ["Mo", "Tu", "We"], "value": [1.0, 2.0, 3.0]})
    wanted = ("Column 'day' of sequence 1 contains 'Mo'", "Encode it")
    fit_raises(cls, X, make_y(cls, 3), *wanted, categorical_features=None)
    wanted = ("sequence 0, step 0, feature 0 .'day'. is 0.0", "other steps .* are text")
    fit_raises(cls, X, make_y(cls, 3), *wanted)


@two_estimators
def test_cells_that_hold_times(cls):
    times = list(np.ones((24, 3), dtype="datetime64[s]"))
    frame = pd.DataFrame({"value": list(np.ones((24, 3))), "when": times})
    fit_raises(
        cls, frame, make_y(cls), "sequence 0, column 'when', contains 1970-01-01", "a time"
    )


@two_estimators
def test_numpy_parameters_are_quoted_as_python_values(cls):
    X, y = make_X("ragged"), make_y(cls)
    for name, value, shown in (
        ("hidden_size", np.int64(-1), "-1"),
        ("dropout", np.float64(1.5), "1.5"),
        ("pooling", np.str_("middle"), "'middle'"),
    ):
        fit_raises(
            cls, X, y, rf"'{name}' parameter .* Got {shown} instead", **{name: value}
        )


@two_estimators
def test_missing_sequences(cls):
    X = make_X("ragged")
    X[5] = None
    fit_raises(
        cls, X, make_y(cls), r"sequence 5 is missing \(None\)", "Drop it from X and y"
    )
    fit_raises(cls, [None] * 24, make_y(cls), r"sequence 0 is missing \(None\)", "Drop it")


@two_estimators
def test_dimensions(cls):
    fit_raises(cls, np.ones((3, 2, 2, 2)), make_y(cls, 3), "dim 4", r"\(3, 2, 2, 2\)")
    fit_raises(
        cls,
        np.ones(3),
        make_y(cls, 3),
        "Expected 2D array",
        r"use \[X\]",
        "forecaster",
    )
    fit_raises(cls, [np.ones((2, 2, 2))] * 3, make_y(cls, 3), "sequence 0", r"\(2, 2, 2\)")


@two_estimators
def test_static_column_next_to_sequences(cls):
    frame = pd.DataFrame({"signal": pd.Series(make_X("ragged"), dtype=object), "age": 3.0})
    fit_raises(cls, frame, make_y(cls), "'age'", "'signal'", "ColumnTransformer")


@every_estimator_and_form
def test_channels_first(cls, form):
    arrays = [np.random.default_rng(i).normal(size=(2, 60)) for i in range(24)]
    with pytest.warns(ChannelsFirstWarning, match=r"60 features of 2 steps.*transpose"):
        make(cls, max_epochs=1).fit(as_form(form, arrays), make_y(cls))


@every_estimator_and_form
def test_predict_with_another_number_of_features(cls, form):
    estimator, _ = fitted(cls, form)
    wide = as_form(form, [np.ones((3, 4))] * 2)
    message = f"X has 4 features, but {cls.__name__} is expecting 3 features"
    for call in (estimator.predict, estimator.transform):
        with pytest.raises(ValueError, match=message):
            call(wide)
    with pytest.raises(ValueError, match=message):
        estimator.partial_fit(wide, make_y(cls, 2))


@two_estimators
def test_single_sequence_in_predict(cls):
    estimator, X = fitted(cls, "cube")
    for call in (estimator.predict, estimator.trace):
        with pytest.raises(ValueError, match=r"3 features.*use \[X\].*X\[None\]"):
            call(X[0])
    table = X[:, :, 0]
    estimator = make(cls).fit(table, make_y(cls))
    with pytest.raises(ValueError, match=r"X has 1 features.*expecting 6.*use \[X\]"):
        estimator.predict(table[0][:, None])


@two_estimators
def test_large_values_without_scaling(cls):
    X = [1000 * array for array in make_X("ragged")]
    with pytest.warns(UnscaledInputWarning, match="scale=True"):
        make(cls, scale=False).fit(X, make_y(cls))


# Warm starts, groups, devices --------------------------------------------------------


@two_estimators
def test_warm_start_with_other_features(cls):
    estimator, _ = fitted(cls, warm_start=True)
    with pytest.raises(ValueError, match="X has 2 features.*expecting 3"):
        estimator.fit([np.ones((4, 2))] * 24, make_y(cls))


@two_estimators
def test_warm_start_with_another_size(cls):
    estimator, X = fitted(cls, warm_start=True)
    with pytest.raises(ValueError, match="warm_start"):
        estimator.set_params(hidden_size=16).fit(X, make_y(cls))


@two_estimators
def test_groups_with_another_length(cls):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        make(cls).fit(make_X("ragged"), make_y(cls), groups=[1, 2])


@two_estimators
def test_early_stopping_with_one_group(cls):
    estimator = make(cls, early_stopping=True)
    with pytest.raises(ValueError, match=r"at least 2 groups.*got 1.*early_stopping=False"):
        estimator.fit(make_X("ragged"), make_y(cls), groups=np.zeros(24))


@pytest.mark.parametrize("n", [1, 2])
@two_regressors
def test_early_stopping_on_too_few_sequences(cls, n):
    """One sequence cannot be split; two leave one for training."""
    X, y = make_X("ragged")[:n], make_y(cls)[:n]
    estimator = make(cls, early_stopping=True)
    if n == 1:
        with pytest.raises(ValueError, match=r"early_stopping=False"):
            estimator.fit(X, y)
    else:
        assert np.isfinite(estimator.fit(X, y).predict(X)).all()


@pytest.mark.parametrize("device", ["cuda:77", "mps", "nonsense"])
@two_estimators
def test_unavailable_device(cls, device):
    fit_raises(
        cls, make_X("ragged"), make_y(cls), f"device='{device}'", "'cpu'", device=device
    )


@two_estimators
def test_hidden_size_not_divisible_by_num_heads(cls):
    if "num_heads" not in cls().get_params():
        pytest.skip("the architecture has no num_heads")
    words = ("hidden_size=10", "num_heads=4", "hidden_size=12")
    fit_raises(cls, make_X("ragged"), make_y(cls), *words, hidden_size=10)


@every_estimator
def test_unfitted_estimator(cls):
    X = make_X("ragged")
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        if hasattr(cls, method):
            with pytest.raises(
                NotFittedError, match=f"This {cls.__name__} instance is not fitted"
            ):
                getattr(cls(), method)(X)
    for call in (cls().transform, lambda X: cls().score(X, make_y(cls))):
        with pytest.raises(NotFittedError):
            call(X)


# Divergence ------------------------------------------------------------------------


@every_estimator_and_form
def test_divergence(cls, form):
    X, y = make_X(form), make_y(cls)
    explode = {"lr": 1e38, "max_grad_norm": None, "scale": False, "lr_schedule": "constant"}
    message = r"diverged: the loss became (nan|inf) in epoch \d+ at lr=1e\+38"
    estimator = make(cls, max_epochs=5, **explode)
    with pytest.raises(DivergenceError, match=message) as caught:
        estimator.fit(X, y)
    for remedy in ("smaller lr (for example 0.001)", "max_grad_norm", "scale=True"):
        assert remedy in str(caught.value)
    with pytest.raises(NotFittedError):
        predict(estimator, X)
