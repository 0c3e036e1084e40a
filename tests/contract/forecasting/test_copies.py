"""Copies and saved forecasters predict, update and train exactly as the original."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from ..probes import COPY_METHODS
from .cases import (
    HORIZON,
    N_STEPS,
    every_forecaster,
    fitted,
    make,
    make_panel,
    one_of_each,
    predict_all,
    two_nets,
)

N_TRAIN = N_STEPS - 2 * HORIZON
every_copy_method = pytest.mark.parametrize("copy_method", COPY_METHODS)


@every_copy_method
@every_forecaster
def test_copy_predicts_the_same(cls, copy_method):
    forecaster, X, _ = fitted(cls, columns=1)
    twin = COPY_METHODS[copy_method](forecaster)
    np.testing.assert_array_equal(predict_all(twin, X), predict_all(forecaster, X))
    assert twin.get_params() == forecaster.get_params()
    assert twin.predict(X[-8:]).index.equals(X.index[-8:])


@every_copy_method
@one_of_each
def test_copy_updates_the_same(cls, copy_method):
    """With new observations and more epochs."""
    forecaster, X, y = fitted(cls)
    twin = COPY_METHODS[copy_method](forecaster)
    new = slice(N_TRAIN, N_TRAIN + HORIZON)
    for f in (forecaster, twin):
        f.update(X[new], y[new], n_epochs=1)
    np.testing.assert_array_equal(predict_all(twin, X), predict_all(forecaster, X))


@every_copy_method
@one_of_each
def test_copy_is_independent(cls, copy_method):
    forecaster, X, y = fitted(cls)
    before = predict_all(forecaster, X)
    COPY_METHODS[copy_method](forecaster).update(X[N_TRAIN:], y[N_TRAIN:], n_epochs=1)
    np.testing.assert_array_equal(predict_all(forecaster, X), before)


@every_copy_method
@two_nets
def test_copy_after_updates(cls, copy_method):
    """Updates move series in the storage of the panel."""
    X, y = make_panel()
    day = X.index.get_level_values("day")
    shop = X.index.get_level_values("shop")
    train = (day < "2020-02-20") & (shop != "shop 2")
    forecaster = make(cls).fit(X[train], y[train])
    for rows in ((day == "2020-02-20") & (shop != "shop 2"), (shop == "shop 2")):
        forecaster.update(X[rows & (day <= "2020-02-20")], y[rows & (day <= "2020-02-20")])
    rest = X[day > "2020-02-20"]
    twin = COPY_METHODS[copy_method](forecaster)
    np.testing.assert_array_equal(predict_all(twin, rest), predict_all(forecaster, rest))
    for k in range(3):
        pd.testing.assert_index_equal(
            twin.observed_.stamps(k), forecaster.observed_.stamps(k)
        )
    for f in (forecaster, twin):
        f.update(X[day == "2020-02-21"], y[day == "2020-02-21"])
    np.testing.assert_array_equal(predict_all(twin, rest), predict_all(forecaster, rest))


@every_forecaster
def test_clone_fits_the_same_model(cls):
    forecaster, X, y = fitted(cls)
    twin = clone(forecaster).fit(X[:N_TRAIN], y[:N_TRAIN])
    np.testing.assert_array_equal(predict_all(twin, X), predict_all(forecaster, X))


@two_nets
def test_pickle_holds_no_reserved_storage(cls):
    """The observations are pickled, but not the storage that is reserved for more."""
    forecaster, X, y = fitted(cls, n_train=40)
    for i in range(40, N_STEPS):
        forecaster.update(X[i : i + 1], y[i : i + 1])
    at_once, _, _ = fitted(cls, n_train=40)
    at_once.update(X[40:], y[40:])
    assert len(forecaster.observed_.values) > N_STEPS
    size, wanted = len(pickle.dumps(forecaster)), len(pickle.dumps(at_once))
    assert abs(size - wanted) < 16 * 8
    assert len(pickle.loads(pickle.dumps(forecaster)).observed_.values) == N_STEPS
