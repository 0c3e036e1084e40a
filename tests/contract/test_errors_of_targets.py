"""Invalid targets raise an error with a helpful message before training starts."""

import re

import numpy as np
import pandas as pd
import pytest

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_CLASSIFIERS,
    TWO_ESTIMATORS,
    TWO_REGRESSORS,
    fit_raises,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
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
    with pytest.raises(TypeError, match="y"):
        make(cls).fit(X)


@every_form
@two_classifiers
def test_single_class(cls, form):
    fit_raises(cls, make_X(form), ["sit"] * 24, "at least 2 classes", "one class", "'sit'")


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
