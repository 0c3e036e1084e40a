"""Covariates that are text or categories."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

import skseq
from skseq import GRUForecaster
from skseq.exceptions import LostIndexWarning

from .cases import (
    HORIZON,
    N_STEPS,
    every_forecaster,
    make,
    make_index,
    make_y,
    predict_array,
    two_nets,
    weights,
)

N_FIT = 44
KINDS = {"past_columns": ["sky"], "static_columns": ["region"]}
EFFECTS = {"none": 0.0, "sale": 3.0, "show": -3.0}


def make_X(n=N_STEPS, seed=0):
    """Return a past-only, a static and a known categorical column, and a number."""
    random = np.random.default_rng(seed)
    columns = {
        "sky": random.choice(["sun", "rain", "snow"], n),
        "promotion": random.choice(list(EFFECTS), n),
        "price": random.normal(size=n),
    }
    return pd.DataFrame({**columns, "region": "north"}, index=make_index(n))


def fitted(cls, **params):
    X, y = make_X(), make_y()
    return make(cls, **{**KINDS, **params}).fit(X[:N_FIT], y[:N_FIT]), X, y


# What networks learn ---------------------------------------------------------------


def make_promotions(n_series=6, n=80):
    """Return X and y of a panel in which kinds of promotions change the level."""
    random = np.random.default_rng(0)
    names = [f"shop {i}" for i in range(n_series)]
    index = pd.MultiIndex.from_product([names, range(n)], names=["shop", "step"])
    kinds = random.choice(list(EFFECTS), len(index))
    effects = np.array([EFFECTS[kind] for kind in kinds])
    y = pd.Series(10 + effects + random.normal(scale=0.3, size=len(index)), index=index)
    return pd.DataFrame({"promotion": kinds}, index=index), y


def make_regions(n_series=8, n=50):
    """Return X and y of a panel in which the region determines whether series grow."""
    random = np.random.default_rng(0)
    names = [f"shop {i}" for i in range(n_series)]
    index = pd.MultiIndex.from_product([names, range(n)], names=["shop", "step"])
    signs = np.repeat(np.where(np.arange(n_series) % 2, 1.0, -1.0), n)
    values = 0.8 * signs * np.tile(np.arange(n), n_series)
    y = pd.Series(values + random.normal(scale=1.5, size=len(index)), index=index)
    return pd.DataFrame({"region": np.where(signs > 0, "north", "south")}, index=index), y


def find_error(X, y, **params):
    """Return the root mean squared error of forecasts of the last 8 steps."""
    steps = y.index.get_level_values(-1)
    past = steps <= steps.max() - 8
    settings = {"max_epochs": 6, "lr": 0.01, "batch_size": 16, "early_stopping": False}
    forecaster = make(GRUForecaster, **settings, **params)
    forecasts = forecaster.fit(X[past], y[past]).predict(X[~past])
    return np.sqrt(np.mean((forecasts - y[~past]) ** 2))


def test_known_categories_are_used():
    X, y = make_promotions()
    error = find_error(X, y)
    assert error < 0.7 * y.std()
    assert error < 0.7 * find_error(X[[]], y)


def test_static_categories_are_used():
    """Two noisy steps, the past of a window, hardly tell whether a series grows."""
    X, y = make_regions()
    error = find_error(X, y, static_columns=["region"], context_length=2)
    assert error < 0.8 * find_error(X[[]], y, context_length=2)


def test_a_new_series_with_a_known_category():
    X, y = make_promotions(2, 60)
    forecaster = make(GRUForecaster, max_epochs=1, early_stopping=False).fit(X, y)
    past = X.loc[["shop 0"]].rename({"shop 0": "new"})
    history = past[:50], y.loc[["shop 0"]].rename({"shop 0": "new"})[:50]
    forecasts = forecaster.predict(past[50:54], history=history)
    assert np.isfinite(forecasts).all()


# Forms of X ------------------------------------------------------------------------


@two_nets
@pytest.mark.parametrize("form", ["category", "string", "polars", "polars category"])
def test_all_types_of_columns_give_the_same_forecasts(cls, form):
    forecaster, X, y = fitted(cls)
    wanted = predict_array(forecaster, X[N_FIT:])
    text = ["sky", "promotion", "region"]
    if form.startswith("polars"):
        dtype = pl.Categorical if form.endswith("category") else pl.String
        other = pl.from_pandas(X).with_columns(pl.col(text).cast(dtype))
        other = other[:N_FIT], other[N_FIT:]
        forecaster = make(cls, **KINDS).fit(other[0], y[:N_FIT].to_numpy())
    else:
        other = X[:N_FIT].astype(dict.fromkeys(text, form)), X[N_FIT:]
        forecaster = make(cls, **KINDS).fit(other[0], y[:N_FIT])
    np.testing.assert_array_equal(predict_array(forecaster, other[1]), wanted)


@every_forecaster
def test_every_forecaster_reads_categories(cls):
    X, y = make_X(), make_y()
    forecaster = make(cls).fit(X[:N_FIT], y[:N_FIT])
    assert np.isfinite(predict_array(forecaster, X[N_FIT:])).all()


def test_polars_series_column():
    X, y = make_promotions(n=20)
    table = pl.DataFrame({"shop": X.index.get_level_values(0), "promotion": X["promotion"]})
    with pytest.warns(skseq.exceptions.LostIndexWarning):
        forecaster = make(GRUForecaster, series="shop").fit(table, y.to_numpy())
    assert forecaster.reader_.table.columns == ["promotion"]
    assert len(forecaster.predict(table[:3])) == 3


# Unknown and missing categories ----------------------------------------------------


@two_nets
def test_unseen_categories_are_alike(cls):
    forecaster, X, _ = fitted(cls)
    forecasts = []
    for kind in ("opening", "closing", "sale"):
        rows = X[N_FIT : N_FIT + HORIZON].copy()
        rows.loc[rows.index[1], "promotion"] = kind
        forecasts.append(predict_array(forecaster, rows))
    np.testing.assert_array_equal(forecasts[0], forecasts[1])
    assert (forecasts[0] != forecasts[2]).any()


@two_nets
def test_missing_categories(cls):
    X, y = make_X(), make_y()
    X.iloc[[3, 9, N_FIT + 1], X.columns.get_loc("promotion")] = None
    with pytest.raises(ValueError, match="NaN: column 'promotion' at .*2020-01-04"):
        make(cls, **KINDS).fit(X[:N_FIT], y[:N_FIT])
    forecaster = make(cls, missing="mask", **KINDS).fit(X[:N_FIT], y[:N_FIT])
    missing = predict_array(forecaster, X[N_FIT:])
    unknown = predict_array(forecaster, X[N_FIT:].fillna({"promotion": "other"}))
    assert np.isfinite(missing).all()
    assert (missing != unknown).any()


@two_nets
def test_future_values_of_past_and_static_columns_may_be_missing(cls):
    forecaster, X, _ = fitted(cls)
    wanted = predict_array(forecaster, X[N_FIT:])
    for empty in (None, np.nan):
        rows = X[N_FIT:].assign(sky=empty, region=empty)
        np.testing.assert_array_equal(predict_array(forecaster, rows), wanted)


# Time ------------------------------------------------------------------------------


@two_nets
def test_past_categories_do_not_leak_the_future(cls):
    X, y = make_X(), make_y()
    other = X.copy()
    other.iloc[N_FIT + HORIZON :, 0] = "hail"
    other.iloc[N_FIT + HORIZON :, 1] = "none"
    forecasts = []
    for known in (X, other):
        updated = make(cls, **KINDS).fit(X[:N_FIT], y[:N_FIT])
        updated.update(known[N_FIT:], y[N_FIT:])
        forecasts.append(predict_array(updated, known))
    end = N_FIT + HORIZON
    assert np.isfinite(forecasts[0][end - HORIZON : end]).all()
    np.testing.assert_array_equal(forecasts[0][:end], forecasts[1][:end])
    assert (forecasts[0][end:] != forecasts[1][end:]).any()


@two_nets
def test_past_categories_are_read(cls):
    X, y = make_X(), make_y()
    other = X.assign(sky="sun")
    found = [
        predict_array(
            make(cls, **KINDS).fit(X[:N_FIT], y[:N_FIT]).update(new, y[N_FIT:]), new
        )
        for new in (X[N_FIT:], other[N_FIT:])
    ]
    assert (found[0][-HORIZON:] != found[1][-HORIZON:]).any()


@two_nets
def test_update_and_history_with_new_categories(cls):
    forecaster, X, y = fitted(cls)
    new = X[N_FIT:].copy()
    new["sky"] = "hail"
    part = new[:8], y[N_FIT : N_FIT + 8]
    by_history = forecaster.predict(new[8:], history=part)
    forecaster.update(*part)
    np.testing.assert_array_equal(forecaster.predict(new[8:]), by_history)
    forecaster.update(new[8:12], y[N_FIT + 8 : N_FIT + 12], n_epochs=1)
    assert np.isfinite(predict_array(forecaster, new[12:])).all()


# Files, and the state of the network -----------------------------------------------


@two_nets
def test_save(cls, tmp_path):
    forecaster, X, y = fitted(cls)
    forecaster.save(tmp_path / "forecaster")
    loaded = skseq.load(tmp_path / "forecaster")
    wanted = forecaster.predict(X[N_FIT:])
    pd.testing.assert_series_equal(loaded.predict(X[N_FIT:]), wanted)
    for model in (forecaster, loaded):
        model.update(X[N_FIT:], y[N_FIT:], n_epochs=1)
    np.testing.assert_array_equal(weights(forecaster), weights(loaded))


def break_codes(forecaster):
    forecaster.coded_.covariates[0, 0] = 99.0


def break_ids(forecaster):
    encoder = next(e for e in forecaster.scaler_.encoders if e is not None)
    encoder.ids[0] = 99


def break_categories(forecaster):
    forecaster.reader_.table.categories[0].append("hail")


def break_kinds(forecaster):
    forecaster.reader_.table.categories[0] = None


@pytest.mark.parametrize("damage", [break_codes, break_ids, break_categories, break_kinds])
def test_damaged_files(damage, tmp_path):
    forecaster, _, _ = fitted(GRUForecaster)
    damage(forecaster)
    forecaster.save(tmp_path / "forecaster")
    with pytest.raises(ValueError, match="codes|ids|covariates|series"):
        skseq.load(tmp_path / "forecaster")


@two_nets
def test_summary_counts_all_parameters(cls):
    forecaster, _, _ = fitted(cls)
    n_parameters = sum(p.numel() for p in forecaster.net_.module_.parameters())
    table = forecaster.summary()
    assert table.loc["total", "parameters"] == n_parameters
    assert table.index.is_unique
    assert "future_embedding.0" in table.index


def test_a_checkpoint_is_resumed(tmp_path):
    """The categories are part of what identifies the data."""
    wanted, _, _ = fitted(GRUForecaster)
    for _ in range(2):
        resumed, _, _ = fitted(GRUForecaster, checkpoint=tmp_path / "run")
        np.testing.assert_array_equal(weights(resumed), weights(wanted))


# Errors ----------------------------------------------------------------------------


@two_nets
def test_other_kind_than_in_fit(cls):
    forecaster, X, y = fitted(cls)
    for column, value, message in (
        ("promotion", 1, "'promotion' of X is numeric, but it was categorical in fit"),
        ("price", "high", "'price' of X is categorical, but it was numeric in fit"),
    ):
        rows = X[N_FIT:].assign(**{column: value})
        with pytest.raises(ValueError, match=message):
            forecaster.predict(rows)
        with pytest.raises(ValueError, match=message):
            forecaster.update(rows, y[N_FIT:])


def test_static_categories_that_change():
    X, y = make_X(), make_y()
    X.iloc[5:, X.columns.get_loc("region")] = "south"
    with pytest.raises(ValueError, match="'region' changes from 'north' to 'south'"):
        make(GRUForecaster, **KINDS).fit(X, y)
    forecaster, X, y = fitted(GRUForecaster)
    with pytest.raises(ValueError, match="'region' was 'north' and is now a category that"):
        forecaster.update(X[N_FIT:].assign(region="west"), y[N_FIT:])


def test_column_that_looks_like_names_of_series():
    y = make_y(40).to_numpy()
    X = pd.DataFrame({"shop": ["a"] * 20 + ["b"] * 20})
    with pytest.warns(LostIndexWarning, match="'shop' .* 2 values, .*use series='shop'"):
        make(GRUForecaster).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(GRUForecaster).fit(X.sample(frac=1, random_state=0, ignore_index=True), y)
        make(GRUForecaster).fit(X.set_index(make_index(40)), y)
