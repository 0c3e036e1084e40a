"""Errors of rows whose series is missing or unknown."""

import numpy as np
import pandas as pd
import pytest

from .cases import (
    HORIZON,
    N_STEPS,
    every_forecaster,
    fit_raises,
    fitted,
    make,
    make_panel,
    make_X,
    one_of_each,
)

N_TRAIN = N_STEPS - 2 * HORIZON


@every_forecaster
def test_rows_without_series_for_a_panel(cls):
    X, y = make_panel(columns=1)
    forecaster = make(cls).fit(X, y)
    future = pd.date_range("2020-03-02", periods=3)
    with pytest.raises(ValueError, match="do not identify their series. .*MultiIndex"):
        forecaster.predict(make_X(future, 1))


@every_forecaster
def test_array_for_a_panel(cls):
    X, y = make_panel(columns=1)
    forecaster = make(cls).fit(X, y)
    with pytest.raises(ValueError, match="has no index .* but 3 series were fitted"):
        forecaster.predict(np.ones((3, 1)))


@every_forecaster
def test_array_without_columns_for_a_panel(cls):
    X, y = make_panel()
    forecaster = make(cls).fit(X, y)
    with pytest.raises(ValueError, match="has no index .* but 3 series were fitted"):
        forecaster.predict(np.empty((3, 0)))
    for X_new in (np.empty((3, 0)), None):
        with pytest.raises(ValueError, match="rows of an update must specify their series"):
            forecaster.update(X_new, np.ones(3))


@every_forecaster
def test_unknown_series(cls):
    X, y = make_panel()
    forecaster = make(cls).fit(X, y)
    rows = X.rename(index={"shop 1": "shop 9"}, level=0)
    message = "'shop 9' is unknown: .*history=.*Known series: 'shop 0', 'shop 1', 'shop 2'"
    with pytest.raises(ValueError, match=message):
        forecaster.predict(rows)


@one_of_each
def test_series_name_if_fit_had_none(cls):
    forecaster, X, y = fitted(cls)
    rows = X[N_TRAIN:]
    named = rows.set_axis(pd.MultiIndex.from_product([["shop"], rows.index]))
    with pytest.raises(ValueError, match="one series without a name"):
        forecaster.predict(named)
    with pytest.raises(ValueError, match="names the series 'shop', but fit saw one series"):
        forecaster.update(named, y[N_TRAIN:].set_axis(named.index))


@one_of_each
def test_missing_series_name(cls):
    X, y = make_panel()
    names = X.index.get_level_values("shop").where(np.arange(len(X)) != 60)
    index = pd.MultiIndex.from_arrays([names, X.index.get_level_values("day")])
    fit_raises(make(cls), None, y.set_axis(index), "name of the series is missing")
