"""A backtest refuses what would silently be wrong, before anything is fitted."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold

from skseq.model_selection import backtest

from .cases import DIARY, Recorder, cut, make_panel, make_series


@pytest.fixture(autouse=True)
def _clear():
    DIARY.clear()


def test_bare_arrays_with_a_gap():
    X, y = make_series()
    message = (
        r"split 0 of cv leaves a gap of 3 rows between training row 12 and test row 16\. "
        r"A bare array goes by position.*pd\.RangeIndex"
    )
    for given in [(X.to_numpy(), y.to_numpy()), (None, y.to_numpy())]:
        with pytest.raises(ValueError, match=message):
            backtest(Recorder(), *given, cv=cut(2, gap=3))
    assert not DIARY
    numbered = pd.DataFrame(X.to_numpy(), index=pd.RangeIndex(20))
    assert len(backtest(Recorder(), numbered, y.to_numpy(), cv=cut(2, gap=3))) == 4


def test_bare_arrays_out_of_order():
    X, y = make_series()
    X, y = X.to_numpy(), y.to_numpy()
    with pytest.raises(ValueError, match="split 0 of cv would train on row 2 after row 0"):
        backtest(Recorder(), X, y, cv=KFold(5, shuffle=True, random_state=0))
    with pytest.raises(ValueError, match="split 0 of cv would test on row 10 after row 11"):
        backtest(Recorder(), X, y, cv=[(np.arange(10), [11, 10])])


@pytest.mark.parametrize(
    ("cv", "last"),
    [(KFold(4), "2021-08"), (KFold(4, shuffle=True, random_state=0), "2021-06")],
)
def test_looking_ahead(cv, last):
    message = rf"split 0 of cv looks ahead: it tests on 2020-0. .* up to {last}\."
    with pytest.raises(ValueError, match=message):
        backtest(Recorder(), *make_series(), cv=cv)


def test_looking_ahead_in_another_series():
    X, y = make_panel([0, 0], n_steps=4)
    with pytest.raises(ValueError, match="tests on 2024-01-03 .* up to 2024-01-04"):
        backtest(Recorder(), X, y, cv=[([0, 1, 4, 5, 6, 7], [2, 3])])


def test_splits_that_go_back_in_time():
    X, y = make_series()
    cv = [(np.arange(12), [12]), (np.arange(10), [10])]
    message = "split 1 of cv is cut at 2020-10, not after split 0 at 2020-12"
    with pytest.raises(ValueError, match=message):
        backtest(Recorder(), X, y, cv=cv, refit=False)
    assert len(backtest(Recorder(), X, y, cv=cv)) == 2


def test_empty_splits():
    X, y = make_series()
    with pytest.raises(ValueError, match="split 0 of cv has no rows to test on"):
        backtest(Recorder(), X, y, cv=[(np.arange(5), [])])
    with pytest.raises(ValueError, match="split 0 of cv has no rows to train on"):
        backtest(Recorder(), X, y, cv=[(np.zeros(20, dtype=bool), [3])])
    with pytest.raises(ValueError, match="cv gives no split"):
        backtest(Recorder(), X, y, cv=[])


def test_tables_that_do_not_fit():
    X, y = make_series()
    with pytest.raises(ValueError, match="X and y have different indices"):
        backtest(Recorder(), X, y.iloc[::-1], cv=cut())
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        backtest(Recorder(), X, y[:-1], cv=cut())
    X, y = make_panel([0, 0])
    with pytest.raises(ValueError, match="y has a .series, time. index, but X is a bare"):
        backtest(Recorder(), X.to_numpy(), y, cv=cut())
    with pytest.raises(ValueError, match="the index of X holds 'a', which tells no time"):
        backtest(Recorder(), X.droplevel(1), y.to_numpy(), cv=cut())


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("refit", 0), ("refit", -2), ("refit", "yes"), ("cv", 0), ("metrics", "mae")],
)
def test_parameters(parameter, value):
    X, y = make_series()
    settings = {"cv": 2, parameter: value}
    with pytest.raises(ValueError, match=rf"'{parameter}' parameter .* Got {value!r}"):
        backtest(Recorder(), X, y, **settings)


def test_quantiles():
    with pytest.raises(ValueError, match=r"distinct numbers .* Got \[0.5, 90\] instead"):
        backtest(Recorder(), *make_series(), cv=cut(), quantiles=[0.5, 90])
