"""Conversion between time stamps and integer ticks."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.series import Clock

FIXED = ["15min", "h", "6h", "D", "2D", "W-SUN", "W-WED"]
CALENDAR = ["B", "MS", "ME", "BMS", "QS", "QE-NOV", "YS", "YE", "YS-JUL", "2ME"]
UNITS = ["s", "ms", "us", "ns"]
PERIODS = ["M", "Q", "Q-NOV", "Y", "h", "D", "W-SUN", "15min", "2M"]
INTEGERS = [
    pd.RangeIndex(40),
    pd.RangeIndex(5, 125, 3),
    pd.Index(np.arange(7, 47)),
    pd.Index(np.arange(-20, 20) * 10),
    pd.Index(np.arange(100, 140, dtype=np.uint8)),
    pd.Index(pd.array(range(40), dtype="Int64")),
]


def infer(stamps, owners=None, names=(None,)):
    """Return the clock of stamps, by default of one series without a name."""
    owners = np.zeros(len(stamps), dtype=int) if owners is None else np.asarray(owners)
    return Clock.from_stamps(stamps, owners, list(names))


def dates(freq, n=40, start="2020-01-01", **options):
    return pd.date_range(start, periods=n, freq=freq, **options)


def check_round_trip(clock, stamps, low=-7, high=60):
    """Assert that ticks count up from 0, and that ticks and stamps are inverse."""
    assert clock.ticks(stamps).tolist() == list(range(len(stamps)))
    ticks = np.arange(low, high)
    index = clock.stamps(ticks)
    assert type(index) is type(stamps) or index.dtype.kind in "iu"
    assert (index[-low : -low + len(stamps)] == stamps).all()
    assert clock.ticks(index).tolist() == ticks.tolist()
    return index


class TestDates:
    """A DatetimeIndex with or without a frequency."""

    @pytest.mark.parametrize("freq", FIXED + CALENDAR)
    @pytest.mark.parametrize("has_freq", [True, False], ids=["freq", "no freq"])
    def test_common_frequencies(self, freq, has_freq):
        stamps = dates(freq)
        clock = infer(stamps[:30] if has_freq else pd.DatetimeIndex(stamps[:30], freq=None))
        index = check_round_trip(clock, stamps)
        assert index.dtype == stamps.dtype
        pd.testing.assert_index_equal(clock.stamps(np.arange(40)), stamps, exact="equiv")

    @pytest.mark.parametrize(
        "freq", ["SMS", "2B", pd.offsets.CDay(holidays=["2020-01-06"])]
    )
    def test_freq_of_the_index_is_used_if_pandas_cannot_infer_it(self, freq):
        check_round_trip(infer(dates(freq)[:30]), dates(freq))

    @pytest.mark.parametrize("unit", UNITS)
    @pytest.mark.parametrize("freq", ["h", "D", "MS", "B"])
    def test_unit_is_preserved(self, unit, freq):
        stamps = dates(freq, unit=unit)
        index = check_round_trip(infer(stamps[:30]), stamps)
        assert index.unit == unit

    @pytest.mark.parametrize("freq", ["h", "MS"])
    @pytest.mark.parametrize("other", UNITS)
    def test_stamps_of_another_unit_are_converted(self, freq, other):
        stamps = dates(freq, unit="us")
        ticks = infer(stamps).ticks(stamps[3:].as_unit(other))
        assert ticks.tolist() == list(range(3, 40))

    @pytest.mark.parametrize("start", ["2020-03-20", "2020-10-18"])
    @pytest.mark.parametrize("freq", ["15min", "h", "6h", "D", "W-SUN", "B", "MS"])
    @pytest.mark.parametrize("has_freq", [True, False], ids=["freq", "no freq"])
    def test_daylight_saving_time(self, start, freq, has_freq):
        """A calendar day may have 23 or 25 hours."""
        stamps = dates(freq, 2000, start, tz="Europe/Berlin")
        for n in (8, 30, 1990):  # the clock is inferred before the change, and across it
            head = stamps[:n] if has_freq else pd.DatetimeIndex(stamps[:n], freq=None)
            check_round_trip(infer(head), stamps, high=2100)

    def test_step_of_24_hours_is_not_a_calendar_day(self):
        stamps = dates("24h", 20, "2020-03-20", tz="Europe/Berlin")
        assert stamps[-1].hour == 1  # one hour later in local time
        for freq in (stamps.freq, None):
            check_round_trip(infer(pd.DatetimeIndex(stamps, freq=freq)), stamps)

    def test_stamps_of_another_time_zone_are_converted(self):
        stamps = dates("h", tz="UTC")
        ticks = infer(stamps).ticks(stamps[5:].tz_convert("Asia/Tokyo"))
        assert ticks.tolist() == list(range(5, 40))

    def test_distant_stamps_with_steps_of_varying_length(self):
        clock = infer(dates("MS", 10, "2000-01-01"))
        far = pd.DatetimeIndex(["1900-01-01", "2100-01-01"])
        assert clock.ticks(far).tolist() == [-1200, 1200]
        assert (clock.stamps([-1200, 1200]) == far).all()

    def test_range_beyond_int64_nanoseconds(self):
        stamps = dates("D", 40, "1500-01-01", unit="s")
        clock = infer(stamps)
        far = pd.DatetimeIndex(["2400-01-01"], dtype="datetime64[s]")
        days = (far[0] - stamps[0]).days
        assert clock.ticks(far).tolist() == [days]
        assert (clock.stamps([days]) == far).all()

    def test_two_days_define_a_step(self):
        check_round_trip(infer(pd.DatetimeIndex(["2020-01-01", "2020-01-02"])), dates("D"))

    def test_one_stamp_with_a_freq_defines_a_step(self):
        check_round_trip(infer(dates("D", 1)), dates("D"))

    def test_frequency_is_inferred_from_the_longest_series(self):
        stamps = dates("MS", 12).append([dates("MS", 2, "2020-07-01")])
        clock = infer(stamps, [0] * 12 + [1] * 2, ["a", "b"])
        assert clock.ticks(stamps).tolist() == [*range(12), 6, 7]

    def test_months_of_equal_length_are_inferred_as_months(self):
        """July, August and September start 31 days apart."""
        clock = infer(pd.DatetimeIndex(["2020-06-01", "2020-07-01", "2020-08-01"]))
        assert clock.stamps([3, 4]).tolist() == [
            pd.Timestamp("2020-09-01"),
            pd.Timestamp("2020-10-01"),
        ]


class TestPeriods:
    """A PeriodIndex."""

    @pytest.mark.parametrize("freq", PERIODS)
    @pytest.mark.parametrize("n", [1, 30])
    def test_common_frequencies(self, freq, n):
        stamps = pd.period_range("2020-01-01", periods=40, freq=freq)
        index = check_round_trip(infer(stamps[:n]), stamps)
        assert index.dtype == stamps.dtype

    def test_periods_are_converted_to_dates(self):
        clock = infer(dates("MS"))
        periods = pd.period_range("2020-03", periods=3, freq="M")
        assert clock.ticks(periods).tolist() == [2, 3, 4]


class TestIntegers:
    """A RangeIndex, or another index of integers."""

    @pytest.mark.parametrize(
        "stamps", INTEGERS, ids=lambda i: f"{type(i).__name__} {i.dtype}"
    )
    def test_any_step(self, stamps):
        check_round_trip(infer(stamps[:30]), stamps)

    def test_consecutive_ticks_give_a_range_index(self):
        clock = infer(pd.RangeIndex(5, 125, 3))
        expected = pd.RangeIndex(11, 20, 3)
        pd.testing.assert_index_equal(clock.stamps([2, 3, 4]), expected, exact=True)
        assert clock.stamps([2, 4]).tolist() == [11, 17]

    def test_unsigned_stamps_before_the_anchor(self):
        stamps = pd.Index(np.array([7, 8, 9], dtype=np.uint8))
        assert infer(stamps).ticks(stamps - np.uint8(5)).tolist() == [-5, -4, -3]

    def test_step_of_a_single_integer_is_one(self):
        assert infer(pd.RangeIndex(7, 8)).stamps([0, 1]).tolist() == [7, 8]


@st.composite
def grids(draw):
    """Draw an index of any type, and ticks."""
    n = draw(st.integers(3, 30))
    kind = draw(st.sampled_from(["date", "zone", "period", "integer"]))
    start = str(draw(st.dates(date(1950, 1, 1), date(2050, 1, 1))))
    if kind == "date":
        freq, unit = draw(st.sampled_from(FIXED + CALENDAR)), draw(st.sampled_from(UNITS))
        stamps = pd.date_range(start, periods=n, freq=freq, unit=unit)
    elif kind == "zone":
        zone = draw(st.sampled_from(["Europe/Berlin", "US/Eastern", "Australia/Lord_Howe"]))
        freq = draw(st.sampled_from(["15min", "h", "D", "W-SUN", "MS"]))
        stamps = pd.date_range(start, periods=n, freq=freq, tz=zone)
    elif kind == "period":
        freq = draw(st.sampled_from(PERIODS))
        stamps = pd.period_range(start, periods=n, freq=freq)
    else:
        first, step = draw(st.integers(-(10**6), 10**6)), draw(st.integers(1, 1000))
        stamps = pd.Index(first + step * np.arange(n))
    return stamps, draw(st.lists(st.integers(-300, 300), max_size=20))


@given(grids())
def test_ticks_and_stamps_are_inverse(grid):
    stamps, ticks = grid
    clock = infer(stamps)
    assert clock.ticks(clock.stamps(ticks)).tolist() == ticks
    assert (clock.stamps(np.arange(len(stamps))) == stamps).all()
    order = np.argsort(ticks, kind="stable")
    index = clock.stamps(np.asarray(ticks, dtype=int)[order])
    assert index.is_monotonic_increasing


@pytest.mark.parametrize(
    "stamps",
    [dates("D"), dates("MS"), pd.period_range("2020", periods=3, freq="M"), INTEGERS[0]],
)
def test_empty_stamps_and_ticks(stamps):
    clock = infer(stamps)
    assert clock.ticks(stamps[:0]).tolist() == []
    assert len(clock.stamps([])) == 0


@pytest.mark.parametrize(
    ("stamps", "near", "far"),
    [
        (dates("D"), [-(10**4), 0, 8 * 10**4], [10**9, 10**15, 2**70]),
        (dates("MS"), [-1000, 0, 1000], [10**7, 10**8, 2**70]),
        (dates("D").tz_localize("US/Eastern"), [-(10**4), 10**4], [10**7, 10**9]),
        (pd.period_range("2020", periods=3, freq="M"), [-9, 10**9], [2**63, 2**70]),
        (INTEGERS[0], [-(10**9), 0, 10**9], [2**63, -(2**70)]),
    ],
    ids=["days", "months", "zone", "periods", "integers"],
)
def test_can_represent(stamps, near, far):
    clock = infer(stamps)
    assert all(clock.can_represent(tick) for tick in near)
    assert not any(clock.can_represent(tick) for tick in far)


class TestErrors:
    """Errors for an invalid time index."""

    @pytest.mark.parametrize(
        "stamps",
        [
            pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-04"]),
            pd.DatetimeIndex(["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-01 03:30"]),
            pd.DatetimeIndex(["2020-01-01", "2020-02-01", "2020-03-01", "2020-05-01"]),
            dates("B").delete(7),
            dates("D", tz="Europe/Berlin", start="2020-03-20").delete(7),
            pd.PeriodIndex(["2020-01", "2020-02", "2020-04"], freq="M"),
            pd.Index([0, 1, 2, 4]),
            pd.Index([0, 2, 5]),
        ],
        ids=str,
    )
    def test_gap(self, stamps):
        with pytest.raises(
            ValueError,
            match=r"index is irregular: .* follows .*Fill the gaps .* (fill_gaps\(y|y\.re)",
        ):
            infer(stamps)

    def test_gap_message_has_stamps_and_series(self):
        stamps = dates("D", 5).append(pd.DatetimeIndex(["2020-01-09"]))
        with pytest.raises(
            ValueError,
            match="irregular: 2020-01-09 00:00:00 follows 2020-01-05 00:00:00, but the "
            "step is 1 days",
        ):
            infer(stamps)
        with pytest.raises(ValueError, match=r"irregular in series 'b': 9 follows 6, but"):
            infer(pd.Index([0, 1, 2, 5, 6, 9]), [0, 0, 0, 1, 1, 1], ["a", "b"])

    def test_difference_between_two_series_is_not_a_gap(self):
        clock = infer(pd.Index([0, 1, 7, 8]), [0, 0, 1, 1], ["a", "b"])
        assert clock.ticks(pd.Index([7])).tolist() == [7]

    def test_gap_in_later_stamps(self):
        clock = infer(dates("D"))
        with pytest.raises(ValueError, match="irregular: 2020-01-03 .* follows 2020-01-01"):
            clock.check(dates("2D", 3), np.zeros(3, dtype=int), [None])

    def test_duplicated_stamps(self):
        with pytest.raises(
            ValueError,
            match=r"stamp 2020-01-02 00:00:00 occurs twice\. Average .* MultiIndex",
        ):
            infer(pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-02"]))
        with pytest.raises(ValueError, match="stamp 5 occurs twice in series 'b'"):
            infer(pd.Index([0, 1, 5, 5]), [0, 0, 1, 1], ["a", "b"])

    def test_duplicated_stamps_of_rows_that_are_not_sorted(self):
        """Sorting would not help, so the message names the duplicate."""
        message = r"stamp 5 occurs twice in series 'b'\. Average or drop the duplicates\.$"
        with pytest.raises(ValueError, match=message):
            infer(pd.Index([5, 6, 5, 6, 5]), [0, 0, 1, 1, 1], ["a", "b"])

    @pytest.mark.parametrize(
        ("stamps", "pair"),
        [
            (dates("D", 3)[::-1], "2020-01-02 00:00:00 follows 2020-01-03 00:00:00"),
            (pd.Index([2, 3, 1]), "1 follows 3"),
            (pd.RangeIndex(5, 0, -1), "4 follows 5"),
            (pd.Index(np.array([3, 2], dtype=np.uint64)), "2 follows 3"),
            (pd.PeriodIndex(["2020-02", "2020-01"], freq="M"), "2020-01 follows 2020-02"),
        ],
    )
    def test_unsorted_stamps(self, stamps, pair):
        with pytest.raises(
            ValueError, match=rf"not sorted: {pair}\. Sort .* with sort_index\(\)"
        ):
            infer(stamps)

    def test_unsorted_stamps_of_a_series(self):
        with pytest.raises(ValueError, match=r"not sorted in series 'b': 4 follows 5"):
            infer(pd.Index([0, 1, 5, 4]), [0, 0, 1, 1], ["a", "b"])

    @pytest.mark.parametrize(
        "stamps",
        [dates("D"), dates("MS"), pd.period_range("2020", periods=3, freq="M")],
        ids=["days", "months", "periods"],
    )
    def test_missing_stamp(self, stamps):
        with pytest.raises(ValueError, match=r"a missing stamp \(NaT\)\. Drop these rows"):
            infer(stamps.insert(1, pd.NaT))
        with pytest.raises(ValueError, match=r"a missing stamp \(NaT\)\. Drop these rows"):
            infer(stamps).ticks(stamps.insert(1, pd.NaT))

    def test_single_stamp_without_a_freq(self):
        with pytest.raises(
            ValueError,
            match=r"single time stamp \(2020-01-01 00:00:00\)\. .* y\.asfreq\('D'\)",
        ):
            infer(pd.DatetimeIndex(["2020-01-01"]))

    @pytest.mark.parametrize(
        ("stamps", "between", "step"),
        [
            (dates("h"), pd.DatetimeIndex(["2020-01-01 02:30"]), "0 days 01:00:00"),
            (dates("MS"), pd.DatetimeIndex(["2020-01-15"]), "MS"),
            (dates("B"), pd.DatetimeIndex(["2020-01-04"]), "B"),
            (
                pd.period_range("2020-01", periods=9, freq="2M"),
                pd.PeriodIndex(["2020-02"], freq="2M"),
                "2ME",
            ),
            (pd.RangeIndex(0, 30, 3), pd.Index([4]), "3"),
        ],
    )
    def test_stamp_between_two_steps(self, stamps, between, step):
        clock = infer(stamps)
        with pytest.raises(
            ValueError,
            match=rf"{between[0]} is not on the time grid .*starts at {stamps[0]} with "
            rf"step {step}\. .*resample",
        ):
            clock.ticks(stamps.append(between))

    def test_series_that_starts_between_two_steps(self):
        stamps = dates("h", 3).append(dates("h", 2, "2020-01-01 00:30"))
        with pytest.raises(
            ValueError, match=r"2020-01-01 00:30:00 is not on the time grid"
        ):
            infer(stamps, [0, 0, 0, 1, 1], ["a", "b"])

    @pytest.mark.parametrize(
        ("stamps", "other", "message"),
        [
            (
                dates("MS"),
                pd.RangeIndex(3),
                "is a RangeIndex, but in fit it was a Datetime",
            ),
            (INTEGERS[0], dates("D"), "is a DatetimeIndex, but in fit it was a RangeIndex"),
            (
                pd.period_range("2020", periods=3, freq="M"),
                dates("MS"),
                "is a DatetimeIndex, but in fit it was a PeriodIndex. Use the same type",
            ),
            (
                pd.period_range("2020", periods=3, freq="M"),
                pd.period_range("2020", periods=3, freq="Q"),
                "has the frequency 'Q-DEC', but in fit it was 'M'",
            ),
            (dates("D"), dates("D", tz="UTC"), "time zone UTC, but in fit it had None"),
            (dates("MS", tz="UTC"), dates("MS"), "time zone None, but in fit it had UTC"),
        ],
    )
    def test_other_index_type_frequency_or_zone_than_in_fit(self, stamps, other, message):
        with pytest.raises(ValueError, match=message):
            infer(stamps).ticks(other)

    @pytest.mark.parametrize(
        ("stamps", "got"),
        [
            (pd.Index(["a", "b"]), r"Index of dtype str"),
            (pd.Index([0.0, 1.0]), r"Index of dtype float64"),
            (pd.to_timedelta([1, 2], unit="D"), "TimedeltaIndex of dtype timedelta64"),
        ],
    )
    def test_invalid_index_type(self, stamps, got):
        with pytest.raises(
            ValueError, match=f"must be a DatetimeIndex.* got {got}.* pass arrays"
        ):
            infer(stamps)
