"""Tests of mean_absolute_scaled_error and root_mean_squared_scaled_error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.exceptions import UndefinedMetricWarning
from skseq.metrics import mean_absolute_scaled_error as mase
from skseq.metrics import root_mean_squared_scaled_error as rmsse

TRAIN = [1.0, 4.0, 2.0, 6.0, 5.0]
TRUE = [7.0, 1.0]
PRED = [5.0, 2.0]
NAN = np.nan


def panel(**series):
    """Return a Series with a (series, time) index from name=(first time, values)."""
    parts = {
        name: pd.Series(values, index=pd.RangeIndex(start, start + len(values)))
        for name, (start, values) in series.items()
    }
    return pd.concat(parts)


def test_value_of_mase():
    # The training differences 3, -2, 4, -1 have the mean size 2.5. The errors are 2 and 1.
    assert mase(TRUE, PRED, y_train=TRAIN) == pytest.approx(1.5 / 2.5, rel=1e-14)
    # The differences over two steps are 1, 2, 3.
    assert mase(TRUE, PRED, y_train=TRAIN, period=2) == pytest.approx(0.75, rel=1e-14)


def test_value_of_rmsse():
    # The squared differences 9, 4, 16, 1 have the mean 7.5, the squared errors 4, 1 have 2.5.
    expected = np.sqrt(2.5 / 7.5)
    assert rmsse(TRUE, PRED, y_train=TRAIN) == pytest.approx(expected, rel=1e-14)
    expected = np.sqrt(2.5 / ((1 + 4 + 9) / 3))
    assert rmsse(TRUE, PRED, y_train=TRAIN, period=2) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_naive_forecast_of_the_training_series_has_error_one(metric):
    rng = np.random.default_rng(0)
    series = rng.normal(size=30)
    period = 3
    naive, truth = series[:-period], series[period:]
    error = metric(truth, naive, y_train=series, period=period)
    assert error == pytest.approx(1.0, rel=1e-12)


def test_missing_values_are_ignored():
    # The complete training pairs are 4 -> 2 and 6 -> 5, with the differences 2 and 1.
    train = [1.0, NAN, 4.0, 2.0, NAN, 6.0, 5.0]
    error = mase([7.0, NAN, 1.0], [5.0, 9.0, 2.0], y_train=train)
    assert error == pytest.approx(1.5 / 1.5, rel=1e-14)


def test_forecast_may_be_missing_where_y_true_is_missing():
    assert mase([7.0, NAN], [5.0, NAN], y_train=TRAIN) == pytest.approx(2 / 2.5)


def test_panel_averages_over_its_series():
    y_train = panel(a=(0, TRAIN), b=(0, [0.0, 10.0, 0.0]))
    y_true, y_pred = panel(a=(5, TRUE), b=(3, [5.0])), panel(a=(5, PRED), b=(3, [35.0]))
    expected = (1.5 / 2.5 + 30 / 10) / 2
    assert mase(y_true, y_pred, y_train=y_train) == pytest.approx(expected, rel=1e-14)
    expected = (np.sqrt(2.5 / 7.5) + 3) / 2
    assert rmsse(y_true, y_pred, y_train=y_train) == pytest.approx(expected, rel=1e-14)


def test_panel_rows_are_aligned_by_index():
    y_train = panel(a=(0, TRAIN), b=(0, [0.0, 10.0, 0.0]))
    y_true, y_pred = panel(a=(5, TRUE), b=(3, [5.0])), panel(a=(5, PRED), b=(3, [35.0]))
    expected = mase(y_true, y_pred, y_train=y_train)
    shuffled = y_pred.iloc[[2, 1, 0]]
    assert mase(y_true, shuffled, y_train=y_train) == expected
    assert mase(y_true, y_pred.to_numpy(), y_train=y_train) == expected
    assert mase(y_true.to_numpy(), y_pred, y_train=y_train) == expected
    # Sorted by time first. Only the order within each series matters.
    by_time = y_train.sort_index(level=1, sort_remaining=False)
    assert not by_time.index.equals(y_train.index)
    assert mase(y_true, y_pred, y_train=by_time) == expected


def test_training_series_are_aligned_by_name():
    y_train = panel(c=(0, [0.0, 1.0]), b=(0, [0.0, 10.0, 0.0]), a=(0, TRAIN))
    y_true, y_pred = panel(a=(5, TRUE), b=(3, [5.0])), panel(a=(5, PRED), b=(3, [35.0]))
    expected = (1.5 / 2.5 + 30 / 10) / 2
    assert mase(y_true, y_pred, y_train=y_train) == pytest.approx(expected, rel=1e-14)


def test_series_without_observed_values_is_ignored():
    y_train = panel(a=(0, TRAIN), b=(0, [3.0, 3.0]))
    y_true, y_pred = panel(a=(5, TRUE), b=(2, [NAN])), panel(a=(5, PRED), b=(2, [1.0]))
    # Series b is constant, but none of its steps is compared.
    assert mase(y_true, y_pred, y_train=y_train) == pytest.approx(0.6, rel=1e-14)


def test_series_names_with_several_levels():
    def add_level(series):
        return pd.concat({"shop": series})

    y_train, y_true = (
        panel(a=(0, TRAIN), b=(0, [0.0, 10.0])),
        panel(a=(5, TRUE), b=(2, [1.0])),
    )
    expected = mase(y_true, y_true + 1, y_train=y_train)
    actual = mase(add_level(y_true), add_level(y_true) + 1, y_train=add_level(y_train))
    assert actual == expected
    constant = panel(a=(0, TRAIN), b=(0, [3.0, 3.0]))
    with pytest.warns(
        UndefinedMetricWarning, match=r"series \('shop', 'b'\) never changes"
    ):
        mase(add_level(y_true), add_level(y_true), y_train=add_level(constant))


def test_several_targets():
    y_true = np.column_stack([TRUE, [5.0, NAN]])
    y_pred = np.column_stack([PRED, [35.0, 0.0]])
    y_train = np.column_stack([TRAIN, [0.0, 10.0, 0.0, 10.0, 0.0]])
    raw = mase(y_true, y_pred, y_train=y_train, multioutput="raw_values")
    np.testing.assert_allclose(raw, [0.6, 3.0], rtol=1e-14)
    assert mase(y_true, y_pred, y_train=y_train) == pytest.approx(1.8, rel=1e-14)
    weighted = mase(y_true, y_pred, y_train=y_train, multioutput=[3, 1])
    assert weighted == pytest.approx((3 * 0.6 + 3.0) / 4, rel=1e-14)


def test_targets_are_aligned_by_name():
    y_true = pd.DataFrame({"p": TRUE, "q": [5.0, 6.0]})
    y_pred = pd.DataFrame({"p": PRED, "q": [35.0, 0.0]})
    y_train = pd.DataFrame({"p": TRAIN, "q": [0.0, 10.0, 0.0, 10.0, 0.0]})
    raw = mase(y_true, y_pred, y_train=y_train, multioutput="raw_values")
    swapped = mase(
        y_true, y_pred[["q", "p"]], y_train=y_train[["q", "p"]], multioutput="raw_values"
    )
    np.testing.assert_array_equal(raw, swapped)
    with pytest.raises(
        ValueError, match=r"y_pred should have the columns \['p', 'q'\].*\['p', 'r'\]"
    ):
        mase(y_true, y_pred.rename(columns={"q": "r"}), y_train=y_train)


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_sample_weight(metric):
    y_true, y_pred = [7.0, 1.0, 3.0], [5.0, 2.0, 0.0]
    twice = metric([7.0, 7.0, 1.0], [5.0, 5.0, 2.0], y_train=TRAIN)
    weighted = metric(y_true, y_pred, y_train=TRAIN, sample_weight=[2.0, 1.0, 0.0])
    assert weighted == pytest.approx(twice, rel=1e-14)


@pytest.mark.parametrize("metric", [mase, rmsse])
@given(
    scale=st.floats(1e-3, 1e3),
    shift=st.floats(-1e3, 1e3),
    seed=st.integers(0, 1000),
    period=st.integers(1, 5),
)
def test_metrics_are_invariant_to_scale_and_shift(metric, scale, shift, seed, period):
    rng = np.random.default_rng(seed)
    y_train, y_true, y_pred = rng.normal(size=12), rng.normal(size=4), rng.normal(size=4)
    error = metric(y_true, y_pred, y_train=y_train, period=period)
    other = metric(
        scale * y_true + shift,
        scale * y_pred + shift,
        y_train=scale * y_train + shift,
        period=period,
    )
    assert other == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("metric", [mase, rmsse])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.0, 0.0, 0.0], "'b' never changes over period=1 steps"),
        ([3.0, NAN, 3.0], "'b' has 3 values in y_train, but no two observed"),
        ([3.0], "'b' has 1 values in y_train, but no two observed"),
    ],
)
def test_series_without_a_scale_are_left_out(metric, values, message):
    y_train = panel(a=(0, TRAIN), b=(0, values), c=(0, TRAIN), d=(0, values))
    y_true = panel(a=(5, TRUE), b=(5, TRUE), c=(5, PRED), d=(5, TRUE))
    forecast = panel(a=(5, PRED), b=(5, PRED), c=(5, TRUE), d=(5, PRED))
    expected = metric(
        y_true.loc[["a", "c"]], forecast.loc[["a", "c"]], y_train=y_train.loc[["a", "c"]]
    )
    with pytest.warns(
        UndefinedMetricWarning, match=rf"2 of 4 series are .*{message}"
    ) as seen:
        assert metric(y_true, forecast, y_train=y_train) == expected
    assert [warning.filename for warning in seen] == [__file__]


@pytest.mark.parametrize("metric", [mase, rmsse])
def test_targets_of_a_series_are_left_out_separately(metric):
    y_train = pd.DataFrame({"p": panel(a=(0, TRAIN), b=(0, 5 * [0.0]))})
    y_train["q"] = panel(a=(0, TRAIN), b=(0, TRAIN))
    y_true = pd.DataFrame({name: panel(a=(5, TRUE), b=(5, TRUE)) for name in "pq"})
    with pytest.warns(UndefinedMetricWarning, match=r"'b' \(target 'p'\) never changes"):
        found = metric(y_true, y_true + 1, y_train=y_train, multioutput="raw_values")
    alone = metric(y_true["q"], y_true["q"] + 1, y_train=y_train["q"])
    np.testing.assert_allclose(found, [alone, alone])


@pytest.mark.parametrize("metric", [mase, rmsse])
class TestErrors:
    def test_constant_series(self, metric):
        with pytest.raises(
            ValueError, match="The training series never changes over period=1"
        ):
            metric(TRUE, PRED, y_train=[3.0, 3.0, 3.0])
        with pytest.raises(ValueError, match="never changes over period=2"):
            metric(TRUE, PRED, y_train=[3.0, 4.0, 3.0, 4.0], period=2)

    def test_only_constant_series_in_a_panel(self, metric):
        y_train = panel(a=(0, [0.0, 0.0]), b=(0, [3.0, 3.0]))
        y_true = panel(a=(5, TRUE), b=(2, [1.0]))
        with pytest.raises(ValueError, match="The series 'a' never changes"):
            metric(y_true, y_true, y_train=y_train)

    def test_constant_target(self, metric):
        y_train = pd.DataFrame({"p": TRAIN, "q": 1.0})
        y_true = pd.DataFrame({"p": TRUE, "q": TRUE})
        with pytest.raises(
            ValueError, match=r"training series \(target 'q'\) never changes"
        ):
            metric(y_true, y_true, y_train=y_train)
        with pytest.raises(ValueError, match=r"training series \(target 1\) never changes"):
            metric(y_true.to_numpy(), y_true, y_train=y_train.to_numpy())

    def test_too_short_series(self, metric):
        with pytest.raises(
            ValueError, match=r"has 5 values in y_train, .*period=5 steps apart"
        ):
            metric(TRUE, PRED, y_train=TRAIN, period=5)
        with pytest.raises(
            ValueError, match="has 3 values in y_train, but no two observed values"
        ):
            metric(TRUE, PRED, y_train=[1.0, NAN, 2.0])

    def test_no_observed_values(self, metric):
        with pytest.raises(
            ValueError, match=r"y_true has no values to compare with: each of its 2"
        ):
            metric([NAN, NAN], PRED, y_train=TRAIN)
        y_true = np.array([[1.0, NAN], [2.0, NAN]])
        with pytest.raises(ValueError, match="no values of target 1 to compare with"):
            metric(y_true, np.ones((2, 2)), y_train=np.ones((2, 2)))

    def test_missing_forecast(self, metric):
        with pytest.raises(ValueError, match=r"y_pred contains NaN in row 1, where"):
            metric(TRUE, [5.0, NAN], y_train=TRAIN)
        y_true = panel(a=(5, TRUE))
        with pytest.raises(ValueError, match=r"in row 1 \('a' at 6\)"):
            metric(y_true, [5.0, NAN], y_train=panel(a=(0, TRAIN)))

    def test_unknown_series(self, metric):
        y_true = panel(a=(5, TRUE), c=(5, TRUE))
        with pytest.raises(ValueError, match="y_train has no rows of the series 'c'"):
            metric(y_true, y_true, y_train=panel(a=(0, TRAIN), b=(0, TRAIN)))

    def test_unnamed_series_in_one_input(self, metric):
        y_true = panel(a=(5, TRUE), b=(5, TRUE))
        with pytest.raises(
            ValueError, match="y_true has several series, but y_train does not name"
        ):
            metric(y_true, y_true, y_train=TRAIN)
        with pytest.raises(
            ValueError, match="y_train has several series, but y_true does not name"
        ):
            metric(TRUE, PRED, y_train=y_true)

    def test_single_series_needs_no_name(self, metric):
        named = metric(panel(a=(5, TRUE)), PRED, y_train=panel(a=(0, TRAIN)))
        assert metric(panel(a=(5, TRUE)), PRED, y_train=TRAIN) == named
        assert metric(TRUE, PRED, y_train=panel(a=(0, TRAIN))) == named

    def test_training_series_out_of_order(self, metric):
        days = pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-02"])
        y_train = pd.Series([1.0, 2.0, 4.0], index=days)
        with pytest.raises(
            ValueError, match=r"y_train is not in chronological order.* 2024-01-02 .* after"
        ):
            metric(TRUE, PRED, y_train=y_train)
        y_train = pd.concat({"a": y_train})
        with pytest.raises(
            ValueError, match=r"y_train of the series 'a' is not in chronological order"
        ):
            metric(panel(a=(0, TRUE)), PRED, y_train=y_train)

    def test_rows_with_different_labels(self, metric):
        y_true = pd.Series(TRUE, index=[5, 6])
        with pytest.raises(
            ValueError, match="y_pred has no row with the label 6, but y_true does"
        ):
            metric(y_true, pd.Series(PRED, index=[4, 5]), y_train=TRAIN)
        doubled = pd.Series(PRED, index=[5, 5])
        with pytest.raises(ValueError, match="y_pred has several rows with the label 5"):
            metric(y_true, doubled, y_train=TRAIN)

    def test_series_without_a_name(self, metric):
        y_true = pd.Series(TRUE, index=pd.MultiIndex.from_arrays([["a", None], [5, 6]]))
        with pytest.raises(
            ValueError, match=r"name of the series is missing \(NaN\) in row 1"
        ):
            metric(y_true, y_true, y_train=TRAIN)

    def test_mismatched_shapes(self, metric):
        with pytest.raises(
            ValueError, match="y_true and y_pred should have the same .* they have 1 and 2"
        ):
            metric(TRUE, np.ones((2, 2)), y_train=TRAIN)
        with pytest.raises(
            ValueError, match="y_train and y_true should have the same .* they have 2 and 1"
        ):
            metric(TRUE, PRED, y_train=np.ones((4, 2)))
        with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[2, 3\]"):
            metric(TRUE, [1.0, 2.0, 3.0], y_train=TRAIN)
        with pytest.raises(
            ValueError, match=r"y_pred should have the shape .* has the shape \(2, 1, 1\)"
        ):
            metric(TRUE, np.ones((2, 1, 1)), y_train=TRAIN)
        with pytest.raises(ValueError, match=r"one weight per target \(1\), but it has 2"):
            metric(TRUE, PRED, y_train=TRAIN, multioutput=[1, 2])

    def test_infinity(self, metric):
        with pytest.raises(ValueError, match="y_pred contains infinity"):
            metric(TRUE, [np.inf, 1.0], y_train=TRAIN)

    @pytest.mark.parametrize("period", [0, -1, 1.5, "12", None])
    def test_invalid_period(self, metric, period):
        with pytest.raises(
            ValueError, match=rf"'period' parameter .* Got {period!r} instead"
        ):
            metric(TRUE, PRED, y_train=TRAIN, period=period)
