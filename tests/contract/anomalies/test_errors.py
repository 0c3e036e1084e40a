"""Invalid input of detectors raises an error with a remedy, before anything changes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.callback import ProgressBar

import skseq
from skseq.exceptions import DivergenceError

from ..probes import EXPLODE
from .cases import (
    CONTEXT,
    HORIZON,
    every_detector,
    every_net,
    fit_raises,
    make,
    make_frame,
    make_panel,
    make_X,
    one_of_each,
)

SEQUENCES = {
    "cube": np.zeros((5, 6, 2)),
    "list": [np.zeros((6, 2)), np.zeros((4, 2))],
    "equal list": [np.zeros((6, 2)), np.zeros((6, 2))],
    "nested lists": [[[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]],
    "ragged": [np.zeros(3), np.zeros(4)],
    "Sequences": skseq.Sequences.from_list([np.zeros((6, 2)), np.zeros((4, 2))]),
    "cells": pd.DataFrame({"a": [np.zeros(3), np.zeros(4)]}),
    "Series": pd.Series([np.zeros(3), np.zeros(4)]),
}


@pytest.mark.parametrize("X", SEQUENCES.values(), ids=SEQUENCES)
def test_sequences_name_the_other_detector(X):
    message = "one row per time step.*use LSTMOutlierDetector"
    fit_raises(skseq.LSTMAnomalyDetector, X, message)
    message = "use GRUOutlierDetector"
    fit_raises(skseq.LevelAnomalyDetector, X, message)
    fitted = make(skseq.LevelAnomalyDetector).fit(make_X())
    with pytest.raises(ValueError, match=message):
        fitted.score_samples(X)


@every_detector
def test_one_dimension(cls):
    fit_raises(cls, make_X()[:, 0], r"Expected 2D array, got 1D.*X.reshape\(-1, 1\)")
    fit_raises(cls, make_frame()["a"], r"Expected 2D array, got 1D.*X.to_frame\(\)")


@pytest.mark.parametrize("name", ["GRU", "Ridge"])
def test_too_few_rows_for_the_context(name):
    cls = getattr(skseq, f"{name}AnomalyDetector")
    n = CONTEXT + HORIZON - 1
    message = (
        f"context_length={CONTEXT} and horizon={HORIZON} require {n + 1} rows, but the "
        f"longest series has {n}"
    )
    fit_raises(cls, make_X(n), message)


@every_detector
def test_missing_and_infinite_values(cls):
    X = make_frame()
    X.iloc[7, 1] = np.nan
    message = "NaN: column 'b' in row 7. Impute it, or use missing='mask'"
    fit_raises(cls, X, message)
    X.iloc[7, 1] = np.inf
    for missing in ("error", "mask"):
        fit_raises(cls, X, "infinity: column 'b' in row 7", missing=missing)
    X.iloc[7, 1] = 1e300
    fit_raises(cls, X, "too large: column 'b' in row 7 is 1e\\+300")
    fit_raises(cls, X * np.nan, "NaN only", missing="mask")


@one_of_each
def test_contamination_that_flags_nothing(cls):
    fit_raises(cls, make_X(), "0.005 of 120 rows is less than one", contamination=0.005)


@one_of_each
def test_other_columns_in_predict(cls):
    X = make_frame()
    detector = make(cls).fit(X)
    with pytest.raises(ValueError, match="feature names"):
        detector.predict(X[["b", "a"]])
    with pytest.raises(ValueError, match="feature names"):
        detector.predict(X.rename(columns={"a": "other"}))
    with pytest.raises(ValueError, match="X has 1 features, but .* is expecting 2"):
        detector.predict(X.to_numpy()[:, :1])


@one_of_each
def test_text(cls):
    X = make_frame()
    X["b"] = "on"
    fit_raises(cls, X, "Column 'b' of X contains 'on', which is not a number")


@one_of_each
def test_names_of_series(cls):
    panel = make_panel()
    detector = make(cls).fit(panel)
    with pytest.raises(ValueError, match="rows of X have no series, but fit saw 3"):
        detector.predict(panel.droplevel(0).iloc[:30])
    fit_raises(cls, make_frame(), "series='shop' is not a column of X", series="shop")
    fit_raises(cls, make_X(), "series='shop' is a column, but X is of", series="shop")
    table = panel.reset_index()
    fit_raises(cls, panel.assign(shop=1.0), "Use only one of them", series="shop")
    fit_raises(cls, table[["machine"]], "no columns besides", series="machine")


@one_of_each
def test_names_of_another_type(cls):
    """They are mistakes, not new series."""
    panel = make_panel()
    numbered = panel.rename(index=lambda name: int(name[-1]), level=0)
    detector = make(cls).fit(numbered)
    expected = detector.score_samples(numbered)
    text = numbered.rename(index=str, level=0)
    for method in ("predict", "update"):
        with pytest.raises(
            ValueError, match="series '0' of X .* type str, but .* int, such as 0. Convert"
        ):
            getattr(detector, method)(text)
    real = numbered.rename(index=float, level=0)
    np.testing.assert_array_equal(detector.score_samples(real), expected)
    assert detector.predict(numbered.rename(index={2: 7}, level=0)).shape == (185,)
    with pytest.raises(ValueError, match=r"series 1 of X .* type int, but .* str"):
        make(cls).fit(panel).predict(numbered.loc[[1]])


@one_of_each
def test_times(cls):
    X = make_frame()
    fit_raises(cls, pd.concat([X, X[:1]]), "2024-01-01.* occurs twice")
    fit_raises(cls, X.set_index(X.index.astype(str)), "must be a DatetimeIndex")
    detector = make(cls).fit(X)
    before = detector.score_samples(X)
    with pytest.raises(ValueError, match="must be later than those before, which end at"):
        detector.update(X[-5:])
    np.testing.assert_array_equal(detector.score_samples(X), before)


@one_of_each
def test_streams(cls):
    detector = make(cls).fit(make_panel())
    with pytest.raises(ValueError, match="Pass the names of those to read, such as"):
        detector.stream()
    with pytest.raises(ValueError, match=r"\['other'\] of a stream must be series of fit"):
        detector.stream(["other"])
    with pytest.raises(ValueError, match=r"'machine 1' is a single name.*\['machine 1'\]"):
        detector.stream("machine 1")
    assert detector.stream(np.array(["machine 2", "machine 0"])).n_series == 2
    stream = detector.stream(["machine 2"])
    with pytest.raises(ValueError, match=r"shape \(3,\). Expected .* 2 channels: \(1, 2\)"):
        stream.score_samples([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="contains nan in channel 1 of series 0"):
        stream.score_samples([1.0, np.nan])
    named = make(cls).fit(make_frame()).stream()
    row = make_frame()[:1]
    named.score_samples(row)
    with pytest.raises(ValueError, match=r"x_t has the columns \['b', 'a'\]"):
        named.score_samples(row[["b", "a"]])


@every_detector
@pytest.mark.parametrize("n", [2, 3])
def test_too_few_rows(cls, n):
    message = f"at least 4 rows .*longest one has {n}"
    fit_raises(cls, make_X(n), message)


@every_detector
def test_missing_values_only(cls):
    X = make_X()
    fit_raises(cls, X * np.nan, "NaN only", missing="mask")
    detector = make(cls, missing="mask").fit(X)
    assert (detector.predict(X[:5] * np.nan) == 1).all()


@every_net
def test_messages_speak_of_the_detector(cls, capsys):
    """Not of the forecaster, which the user did not create."""
    X = np.full((60, 1), np.nan)
    X[[0, 30, 59]] = 1.0
    message = f"{cls.__name__} has no window to train on: the longest series has 60 steps"
    fit_raises(cls, X, message, missing="mask")
    X[1:] = np.nan
    fit_raises(cls, X, "require 11 rows, but the longest series has 1 up", missing="mask")
    make(cls, verbose=1).fit(make_X())
    shown = capsys.readouterr().err
    assert cls.__name__ in shown
    assert "Forecaster" not in shown
    with pytest.raises(TypeError, match=rf"else {cls.__name__}\(...\)\.set_callbacks"):
        make(cls, callbacks=[ProgressBar()]).fit(make_X())


@every_net
def test_update_uses_changed_parameters_of_training(cls):
    X = make_X()
    detector = make(cls).fit(X[:80])
    scores = detector.score_samples(X)
    detector.set_params(**EXPLODE)
    with pytest.raises(DivergenceError):
        detector.update(X[80:], n_epochs=2)
    np.testing.assert_array_equal(detector.score_samples(X), scores)
