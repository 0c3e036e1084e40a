"""backtest raises before fitting if the result would be wrong."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold

from skseq.model_selection import backtest

from .cases import CALLS, Recorder, make_panel, make_series, make_splitter


@pytest.fixture(autouse=True)
def clear_calls():
    CALLS.clear()


def test_arrays_with_a_gap_raise():
    X, y = make_series()
    message = (
        r"Split 0 of cv has a gap of 3 rows between training row 12 and test row 16\. "
        r"A forecaster takes the rows of an array .*pd\.RangeIndex"
    )
    for given in [(X.to_numpy(), y.to_numpy()), (None, y.to_numpy())]:
        with pytest.raises(ValueError, match=message):
            backtest(Recorder(), *given, cv=make_splitter(2, gap=3))
    assert not CALLS
    numbered = pd.DataFrame(X.to_numpy(), index=pd.RangeIndex(20))
    assert (
        len(backtest(Recorder(), numbered, y.to_numpy(), cv=make_splitter(2, gap=3))) == 4
    )


def test_unordered_arrays_raise():
    X, y = make_series()
    X, y = X.to_numpy(), y.to_numpy()
    with pytest.raises(
        ValueError, match="Split 0 of cv has the training row 2 after row 0"
    ):
        backtest(Recorder(), X, y, cv=KFold(5, shuffle=True, random_state=0))
    with pytest.raises(ValueError, match="Split 0 of cv has the test row 10 after row 11"):
        backtest(Recorder(), X, y, cv=[(np.arange(10), [11, 10])])


@pytest.mark.parametrize(
    ("cv", "last"),
    [(KFold(4), "2021-08"), (KFold(4, shuffle=True, random_state=0), "2021-06")],
)
def test_training_rows_after_test_rows_raise(cv, last):
    message = rf"Split 0 of cv tests on 2020-0., but trains .* up to {last}\."
    with pytest.raises(ValueError, match=message):
        backtest(Recorder(), *make_series(), cv=cv)


def test_training_rows_of_another_series_after_test_rows_raise():
    X, y = make_panel([0, 0], n_steps=4)
    with pytest.raises(ValueError, match="tests on 2024-01-03 .* up to 2024-01-04"):
        backtest(Recorder(), X, y, cv=[([0, 1, 4, 5, 6, 7], [2, 3])])


def test_decreasing_cutoffs_raise_with_updates():
    X, y = make_series()
    cv = [(np.arange(12), [12]), (np.arange(10), [10])]
    message = (
        "cutoff 2020-10 of split 1 of cv is not later than the cutoff 2020-12 of split 0"
    )
    with pytest.raises(ValueError, match=message):
        backtest(Recorder(), X, y, cv=cv, refit=False)
    assert len(backtest(Recorder(), X, y, cv=cv)) == 2


def test_empty_splits_raise():
    X, y = make_series()
    with pytest.raises(ValueError, match="Split 0 of cv has no test rows"):
        backtest(Recorder(), X, y, cv=[(np.arange(5), [])])
    with pytest.raises(ValueError, match="Split 0 of cv has no training rows"):
        backtest(Recorder(), X, y, cv=[(np.zeros(20, dtype=bool), [3])])
    with pytest.raises(ValueError, match="cv has no splits"):
        backtest(Recorder(), X, y, cv=[])


def test_inconsistent_X_and_y_raise():
    X, y = make_series()
    with pytest.raises(ValueError, match="X and y have different indices"):
        backtest(Recorder(), X, y.iloc[::-1], cv=make_splitter())
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        backtest(Recorder(), X, y[:-1], cv=make_splitter())
    X, y = make_panel([0, 0])
    with pytest.raises(ValueError, match="y has a .series, time. index, but X is an array"):
        backtest(Recorder(), X.to_numpy(), y, cv=make_splitter())
    with pytest.raises(
        ValueError, match="the index of X contains 'a', which is not a time"
    ):
        backtest(Recorder(), X.droplevel(1), y.to_numpy(), cv=make_splitter())


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("refit", 0), ("refit", -2), ("refit", "yes"), ("cv", 0), ("metrics", "mae")],
)
def test_invalid_parameters_raise(parameter, value):
    X, y = make_series()
    settings = {"cv": 2, parameter: value}
    with pytest.raises(ValueError, match=rf"'{parameter}' parameter .* Got {value!r}"):
        backtest(Recorder(), X, y, **settings)


def test_invalid_quantiles_raise():
    with pytest.raises(ValueError, match=r"distinct numbers .* Got \[0.5, 90\] instead"):
        backtest(Recorder(), *make_series(), cv=make_splitter(), quantiles=[0.5, 90])
