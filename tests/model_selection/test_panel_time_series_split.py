"""Tests of PanelTimeSeriesSplit."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_validate

from skseq.model_selection import PanelTimeSeriesSplit

from .cases import make_panel, make_series


def as_lists(splits):
    return [(list(train), list(test)) for train, test in splits]


PARAMETERS = st.fixed_dictionaries(
    {
        "n_splits": st.integers(2, 5),
        "test_size": st.none() | st.integers(1, 4),
        "gap": st.integers(0, 3),
        "max_train_size": st.none() | st.integers(1, 6),
    }
)


@given(parameters=PARAMETERS, n_rows=st.integers(2, 30))
def test_single_series_matches_time_series_split(parameters, n_rows):
    days = pd.date_range("2024-01-01", periods=n_rows)
    frame = pd.DataFrame({"price": np.zeros(n_rows)}, index=days)
    forms = {
        "frame": (frame, None, None),
        "y": (frame.to_numpy(), frame["price"], None),
        "array": (frame.to_numpy(), None, None),
        "groups": (frame.to_numpy(), None, days.to_numpy()),
        "rows alone": (None, frame["price"], None),
    }
    try:
        expected = as_lists(TimeSeriesSplit(**parameters).split(frame))
    except ValueError:
        expected = None
    splitter = PanelTimeSeriesSplit(**parameters)
    for name, form in forms.items():
        if expected is None:
            with pytest.raises(ValueError, match=f"{n_rows} time stamps are too few"):
                list(splitter.split(*form))
        else:
            assert as_lists(splitter.split(*form)) == expected, name


@given(
    parameters=PARAMETERS,
    starts=st.lists(st.integers(0, 15), min_size=1, max_size=5),
    seed=st.integers(0, 100),
)
def test_all_series_are_split_at_the_same_times(parameters, starts, seed):
    X, _ = make_panel([0, *starts], n_steps=20)
    X = X.sample(frac=1.0, random_state=seed)
    times, owners = X.index.get_level_values(1), X.index.get_level_values(0)
    try:
        expected = list(TimeSeriesSplit(**parameters).split(times.unique()))
    except ValueError:
        assume(False)
    stamps = np.sort(times.unique())
    splits = list(PanelTimeSeriesSplit(**parameters).split(X))
    assert len(splits) == parameters["n_splits"]
    for (train, test), (old, new) in zip(splits, expected, strict=True):
        # All rows of the training times, and the rows of known series of the test times.
        assert set(train) == set(np.flatnonzero(times.isin(stamps[old])))
        known = owners.isin(owners[train])
        assert set(test) == set(np.flatnonzero(times.isin(stamps[new]) & known))
        assert times[train].max() < times[test].min()
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()


def test_values():
    X, _ = make_panel([0, 2], n_steps=5)
    # Series a has the rows 0 to 4. Series b starts on the third day and has the rows 5 to 7.
    splits = as_lists(PanelTimeSeriesSplit(2, test_size=1).split(X))
    assert splits == [([0, 1, 2, 5], [3, 6]), ([0, 1, 2, 3, 5, 6], [4, 7])]
    splits = as_lists(PanelTimeSeriesSplit(2, test_size=1, gap=1).split(X))
    assert splits == [([0, 1], [3]), ([0, 1, 2, 5], [4, 7])]
    splits = as_lists(PanelTimeSeriesSplit(1, test_size=2, max_train_size=1).split(X))
    assert splits == [([2, 5], [3, 4, 6, 7])]


def test_new_series_are_kept_if_there_are_no_others():
    first, second = (make_panel([0], n_steps=n)[0] for n in (2, 4))
    late = second.iloc[2:].rename(index={"a": "b"})
    X = pd.concat([first, late])
    splits = as_lists(PanelTimeSeriesSplit(1, test_size=2).split(X))
    assert splits == [([0, 1], [2, 3])]


def test_groups_are_the_times_of_array_rows():
    X, _ = make_panel([0, 0], n_steps=5)
    times = X.index.get_level_values(1).to_numpy()
    splitter = PanelTimeSeriesSplit(2)
    expected = as_lists(splitter.split(X))
    assert as_lists(splitter.split(X.to_numpy(), groups=times)) == expected
    whole = (times - times[0]) // np.timedelta64(1, "D")
    assert as_lists(splitter.split(X.to_numpy(), groups=whole.astype(int))) == expected


def test_series_names_with_several_levels():
    X, _ = make_panel([0, 2], n_steps=5)
    expected = as_lists(PanelTimeSeriesSplit(2, test_size=1, gap=1).split(X))
    deep = pd.concat({"shop": X})
    assert as_lists(PanelTimeSeriesSplit(2, test_size=1, gap=1).split(deep)) == expected


def test_cross_validate_and_grid_search():
    X, y = make_panel([0, 0])
    cv = PanelTimeSeriesSplit(3)
    scores = cross_validate(LinearRegression(), X, y, cv=cv)["test_score"]
    assert len(scores) == 3
    times = X.index.get_level_values(1)
    by_groups = cross_validate(
        LinearRegression(), X.to_numpy(), y.to_numpy(), cv=cv, groups=times
    )
    np.testing.assert_array_equal(by_groups["test_score"], scores)
    search = GridSearchCV(LinearRegression(), {"fit_intercept": [True, False]}, cv=cv)
    assert search.fit(X, y).n_splits_ == 3
    with sklearn.config_context(enable_metadata_routing=True):
        routed = cross_validate(
            LinearRegression(), X.to_numpy(), y.to_numpy(), cv=cv, params={"groups": times}
        )
    np.testing.assert_array_equal(routed["test_score"], scores)


def test_get_n_splits_and_repr():
    cv = PanelTimeSeriesSplit(3, gap=2)
    assert cv.get_n_splits() == 3
    expected = (
        "PanelTimeSeriesSplit(gap=2, max_train_size=None, n_splits=3, test_size=None)"
    )
    assert repr(cv) == expected
    assert repr(clone(cv, safe=False)) == expected


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("n_splits", 0),
        ("n_splits", 2.5),
        ("test_size", 0),
        ("gap", -1),
        ("max_train_size", 0),
    ],
)
def test_invalid_parameters_raise(parameter, value):
    message = rf"'{parameter}' parameter of PanelTimeSeriesSplit.* Got {value!r} instead"
    with pytest.raises(ValueError, match=message):
        PanelTimeSeriesSplit(**{parameter: value})


def test_too_few_time_stamps_raise():
    X, _ = make_panel([0, 0], n_steps=6)
    message = "6 time stamps are too few for n_splits=2 with test_size=2 and gap=2"
    with pytest.raises(ValueError, match=message):
        list(PanelTimeSeriesSplit(2, test_size=2, gap=2).split(X))
    assert len(list(PanelTimeSeriesSplit(2, test_size=2, gap=1).split(X))) == 2


def test_invalid_times_raise():
    X, y = make_series(4)
    names = X.set_axis(list("abcd"))
    with pytest.raises(
        ValueError, match="the index of X contains 'a', which is not a time"
    ):
        list(PanelTimeSeriesSplit(2).split(names))
    with pytest.raises(
        ValueError, match="the index of y contains 'a', which is not a time"
    ):
        list(PanelTimeSeriesSplit(2).split(X.to_numpy(), y.set_axis(list("abcd"))))
    with pytest.raises(ValueError, match="groups contains 'a', which is not a time"):
        list(PanelTimeSeriesSplit(2).split(X, groups=list("abcd")))
    missing = X.set_axis(pd.DatetimeIndex(["2024-01-01", None, "2024-01-02", "2024-01-03"]))
    with pytest.raises(ValueError, match=r"the index of X has no time \(NaT\) in row 1"):
        list(PanelTimeSeriesSplit(2).split(missing))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        list(PanelTimeSeriesSplit(2).split(X, groups=[1, 2]))
    nameless = make_panel([0], n_steps=3)[0].rename(index={"a": None})
    with pytest.raises(ValueError, match=r"name of the series is missing \(NaN\) in row 0"):
        list(PanelTimeSeriesSplit(2).split(nameless))
