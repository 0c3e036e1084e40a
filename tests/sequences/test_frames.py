"""Conversion between sequences and long-format tables of pandas and polars."""

import datetime
import re
from decimal import Decimal
from typing import ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq import Sequences
from skseq.sequences import read_step_targets

VISITS = {
    "patient": ["b", "a", "b", "a", "b"],
    "day": [3, 1, 1, 0, 2],
    "pulse": [72.0, 61.0, 70.0, 60.0, 71.0],
    "steps": [30, 11, 10, 1, 20],
    "ill": ["yes", "no", "yes", "no", "yes"],
}
BOTH = pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])


@BOTH
def test_rows_are_sorted_by_time(library):
    X, y = Sequences.from_frame(
        library(VISITS), sequence="patient", time="day", target="ill"
    )
    assert X.ids.tolist() == ["b", "a"]  # in order of first appearance
    assert X.feature_names == ["pulse", "steps"]
    np.testing.assert_array_equal(X[0], [[70, 10], [71, 20], [72, 30]])
    np.testing.assert_array_equal(X[1], [[60, 1], [61, 11]])
    assert y.tolist() == ["yes", "no"]


@BOTH
def test_without_time_the_order_of_rows_is_kept(library):
    X = Sequences.from_frame(library(VISITS), sequence="patient", features=["pulse"])
    assert X[0].ravel().tolist() == [72.0, 70.0, 71.0]
    assert X[1].ravel().tolist() == [61.0, 60.0]
    assert X.feature_names == ["pulse"]


@BOTH
def test_several_targets_give_a_2d_array(library):
    frame = library({**VISITS, "age": [5, 4, 5, 4, 5], "size": [1.5, 1.0, 1.5, 1.0, 1.5]})
    _, y = Sequences.from_frame(
        frame, sequence="patient", time="day", target=["age", "size"], features=["pulse"]
    )
    assert y.tolist() == [[5, 1.5], [4, 1.0]]
    _, y = Sequences.from_frame(
        frame, sequence="patient", target=["age"], features=["pulse"]
    )
    assert y.tolist() == [[5], [4]]


@BOTH
@pytest.mark.parametrize("unit", ["ms", "ns"])
def test_datetime_column_as_time(library, unit):
    days = np.array([f"2024-01-0{day + 1}" for day in VISITS["day"]], f"datetime64[{unit}]")
    frame = library({**VISITS, "day": days})
    X = Sequences.from_frame(frame, sequence="patient", time="day", features=["pulse"])
    assert X[0].ravel().tolist() == [70.0, 71.0, 72.0]


@BOTH
def test_iso_8601_text_is_sorted_by_time(library):
    times = ["2024-01-02", "2024-01-01T10:00+00:00", "2024-01-01 09:30:00", "2023-12-31"]
    frame = library({"id": [1, 1, 1, 1], "t": times, "x": [4.0, 3.0, 2.0, 1.0]})
    X = Sequences.from_frame(frame, sequence="id", time="t")
    assert X[0].ravel().tolist() == [1, 2, 3, 4]


@BOTH
@pytest.mark.parametrize(
    ("times", "shown"),
    [
        (["31/12/2023", "02/01/2024"], "31/12/2023"),
        (["2024-01-02", "Jan 3 2024"], "Jan 3 2024"),
        (["10", "9"], "10"),
        (["2024-01-02", ""], ""),
        (["Monday", "Tuesday"], "Monday"),
    ],
)
def test_other_text_is_not_sorted(library, times, shown):
    frame = library({"id": [1, 1], "t": times, "x": [1.0, 2.0]})
    message = rf"Column 't' .* not an ISO 8601 time: '{shown}'\..* pd\.to_datetime\("
    with pytest.raises(ValueError, match=message):
        Sequences.from_frame(frame, sequence="id", time="t")


def test_duplicated_times_in_different_iso_8601_formats():
    frame = pd.DataFrame({"id": [1, 1], "t": ["2024-01-02", "2024-01-02T00:00"], "x": 1.0})
    with pytest.raises(ValueError, match="has two rows with t = 2024-01-02"):
        Sequences.from_frame(frame, sequence="id", time="t")


@pytest.mark.parametrize(
    "times",
    [
        [1 + 2j, 3 + 0j],
        [{1}, {2}],
        [(1,), (2,)],
        [1, "2024-01-01"],
        [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-01", tz="UTC")],
        pd.IntervalIndex.from_breaks([0, 1, 2]),
        pd.Categorical(["low", "high"]),
    ],
    ids=str,
)
def test_values_without_an_order_are_not_sorted(times):
    frame = pd.DataFrame({"id": [1, 1], "t": pd.Series(times), "x": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"Column 't' .*pd\.to_datetime"):
        Sequences.from_frame(frame, sequence="id", time="t")


@pytest.mark.parametrize(
    "times",
    [
        pd.Categorical(["low", "high"], ["low", "high"], ordered=True),
        pd.period_range("2024-01", periods=2, freq="M"),
        pd.date_range("2024-01-01", periods=2, tz="UTC"),
        pd.to_timedelta([1, 2], unit="h"),
        [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)],
        [datetime.time(9), datetime.time(10)],
        [Decimal(1), 2],
        [False, True],
    ],
    ids=str,
)
def test_types_of_times_that_are_sorted(times):
    frame = pd.DataFrame({"id": [1, 1], "t": times, "x": [1.0, 2.0]})
    X = Sequences.from_frame(frame[::-1], sequence="id", time="t")
    assert X[0].ravel().tolist() == [1, 2]


def test_index_of_a_pandas_frame_is_ignored():
    frame = pd.DataFrame(VISITS, index=[7, 7, 3, 1, 0])
    X, y = Sequences.from_frame(frame, sequence="patient", time="day", target="ill")
    assert X[0][:, 0].tolist() == [70.0, 71.0, 72.0]
    assert y.tolist() == ["yes", "no"]


def test_nullable_and_boolean_features():
    frame = pd.DataFrame(
        {
            "id": [1, 1],
            "count": pd.array([1, None], dtype="Int64"),
            "arrow": pd.array([None, 2], dtype="int64[pyarrow]"),
            "asleep": [True, False],
        }
    )
    X = Sequences.from_frame(frame, sequence="id")
    np.testing.assert_array_equal(X[0], [[1, np.nan, 1], [np.nan, 2, 0]])


def test_missing_polars_values():
    frame = pl.DataFrame({"id": [1, 1], "x": [1, None], "z": [None, 0.5]})
    X = Sequences.from_frame(frame, sequence="id")
    np.testing.assert_array_equal(X[0], [[1, np.nan], [np.nan, 0.5]])


def test_frame_is_not_modified():
    frame = pd.DataFrame(VISITS)
    before = frame.copy()
    Sequences.from_frame(frame, sequence="patient", time="day", target="ill")
    pd.testing.assert_frame_equal(frame, before)


@BOTH
def test_several_columns_are_one_id(library):
    frame = library({**VISITS, "trial": [1, 1, 2, 1, 1]})
    X, y = Sequences.from_frame(
        frame, sequence=["patient", "trial"], time="day", target="ill", features=["pulse"]
    )
    assert X.ids.tolist() == [("b", 1), ("a", 1), ("b", 2)]
    assert [x.ravel().tolist() for x in X] == [[71, 72], [60, 61], [70]]
    assert y.tolist() == ["yes", "no", "yes"]
    assert X[[0]].to_frame()["sequence"].tolist() == [("b", 1), ("b", 1)]


class TestTargetsPerStep:
    """A target for each step of each sequence."""

    OPTIONS: ClassVar = {"sequence": "patient", "time": "day", "features": ["pulse"]}

    def read(self, library, target="ill", target_per="auto", **columns):
        frame = library({**VISITS, **columns})
        options = {"target": target, "target_per": target_per, **self.OPTIONS}
        return Sequences.from_frame(frame, **options)[1]

    @BOTH
    def test_target_that_changes(self, library):
        y = self.read(library, ill=["yes", "no", "no", "no", "yes"])
        assert y.dtype == object
        assert [part.tolist() for part in y] == [["no", "yes", "yes"], ["no", "no"]]

    @BOTH
    def test_numbers(self, library):
        y = self.read(library, "age", age=[1.5, 2.0, 3.0, 4.0, 5.0])
        assert [part.tolist() for part in y] == [[3.0, 5.0, 1.5], [4.0, 2.0]]
        assert y[0].dtype == np.float64

    @BOTH
    def test_constant_target_on_request(self, library):
        y = self.read(library, target_per="step")
        assert [part.tolist() for part in y] == [["yes"] * 3, ["no"] * 2]
        assert self.read(library, target_per="sequence").tolist() == ["yes", "no"]
        assert self.read(library).tolist() == ["yes", "no"]

    @BOTH
    def test_several_targets(self, library):
        y = self.read(library, ["age", "pulse"], age=[1, 2, 3, 4, 5])
        assert [part.tolist() for part in y] == [
            [[3, 70], [5, 71], [1, 72]],
            [[4, 60], [2, 61]],
        ]

    @BOTH
    @pytest.mark.parametrize("order", [["yes", None], [None, "yes"]])
    def test_missing_and_present_targets_differ(self, library, order):
        ill = [order[1], "no", order[0], "no", order[1]]
        with pytest.raises(ValueError, match="'ill' changes within sequence 'b': "):
            self.read(library, target_per="sequence", ill=ill)
        y = self.read(library, ill=ill)
        targets = read_step_targets(y, [3, 2])
        assert targets.is_labelled.tolist() == [
            order[0] == "yes",
            *[order[1] == "yes"] * 2,
            True,
            True,
        ]

    @BOTH
    def test_sequence_without_a_target_is_constant(self, library):
        y = self.read(library, ill=[None, "no", None, "no", None])
        assert pd.isna(y[0])
        assert y[1] == "no"

    def test_targets_that_are_not_hashable(self):
        y = self.read(pd.DataFrame, ill=[[1], [2], [1], [2], [1]])
        assert y.tolist() == [[1], [2]]
        y = self.read(pd.DataFrame, ill=[[1], [2], [3], None, [1]])
        assert [part.tolist() for part in y] == [[[3], [1], [1]], [None, [2]]]

    @BOTH
    def test_windows_of_step_targets(self, library):
        frame = library({**VISITS, "ill": ["yes", "no", "no", "no", "yes"]})
        X, y = Sequences.from_frame(frame, target="ill", **self.OPTIONS)
        _, targets, _ = X.windows(2, y=y, target_per="step")
        assert [t.tolist() for t in targets] == [
            ["no", "yes"],
            ["yes", "yes"],
            ["no", "no"],
        ]
        assert X.windows(2, y=y)[1].tolist() == ["yes", "yes", "no"]

    @pytest.mark.parametrize("value", ["window", None, ["step"]])
    def test_invalid_target_per(self, value):
        with pytest.raises(ValueError, match="target_per must be 'auto', 'sequence' or"):
            self.read(pd.DataFrame, target_per=value)


class TestErrors:
    """Errors for invalid tables."""

    @BOTH
    def test_duplicated_times(self, library):
        frame = library({**VISITS, "day": [3, 1, 3, 0, 2]})
        with pytest.raises(
            ValueError,
            match="sequence 'b' has two rows with day = 3, but times must be unique",
        ):
            Sequences.from_frame(frame, sequence="patient", time="day", target="ill")

    @BOTH
    def test_equal_times_in_different_sequences_are_allowed(self, library):
        frame = library({"id": [1, 2, 1, 2], "t": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
        X = Sequences.from_frame(frame, sequence="id", time="t")
        assert [x.ravel().tolist() for x in X] == [[1, 3], [2, 4]]

    @BOTH
    def test_missing_ids(self, library):
        frame = library({**VISITS, "patient": ["b", "a", None, "a", "b"]})
        with pytest.raises(ValueError, match="Column 'patient' has no value in row 2"):
            Sequences.from_frame(frame, sequence="patient", features=["pulse"])

    def test_missing_times(self):
        frame = pd.DataFrame({**VISITS, "day": [3, 1, np.nan, 0, 2]})
        with pytest.raises(ValueError, match="Column 'day' has no value in row 2"):
            Sequences.from_frame(frame, sequence="patient", time="day", target="ill")

    @BOTH
    def test_target_changes_within_a_sequence(self, library):
        frame = library({**VISITS, "ill": ["yes", "no", "no", "no", "yes"]})
        with pytest.raises(
            ValueError, match="target 'ill' changes within sequence 'b': 'no' and 'yes'"
        ):
            Sequences.from_frame(
                frame, sequence="patient", time="day", target="ill", target_per="sequence"
            )

    @pytest.mark.parametrize("n", [2, 5, 6])
    def test_all_sequences_whose_target_changes_are_named(self, n):
        ids = np.repeat([f"M{i}" for i in range(n + 1)], 3)
        label = np.where(np.arange(len(ids)) % 3 == 1, "gear ", "gear")
        label[:3] = "gear"  # constant within M0
        frame = pd.DataFrame({"id": ids, "x": 0.0, "label": label})
        names = [f"'M{i}'" for i in range(2, min(n, 5) + 1)] + ["..."] * (n > 5)
        message = (
            "target 'label' changes within sequence 'M1': 'gear' and 'gear '. It also "
            f"changes within {n - 1} more: {', '.join(names)}. With target_per="
        )
        with pytest.raises(ValueError, match=re.escape(message)):
            Sequences.from_frame(
                frame, sequence="id", target="label", target_per="sequence"
            )

    def test_numbers_are_quoted_as_python_literals(self):
        frame = pd.DataFrame({"id": [1, 1], "x": [0.0, 1.0], "y": [2.5, 3.5]})
        with pytest.raises(ValueError, match=r"within sequence 1: 2\.5 and 3\.5"):
            Sequences.from_frame(frame, sequence="id", target="y", target_per="sequence")

    @BOTH
    def test_datetime_features(self, library):
        when = np.array(["2024-01-01"] * 5, dtype="datetime64[ns]")
        frame = library({**VISITS, "when": when})
        message = r"'when' is not numeric, .* exclude it with features=\[\.\.\.\]\."
        hint = " If it is the time of each row, use time='when'.$"
        with pytest.raises(ValueError, match=message + hint):
            Sequences.from_frame(frame, sequence="patient", target="ill")
        with pytest.raises(ValueError, match=f"{message}$"):
            Sequences.from_frame(frame, sequence="patient", time="day", target="ill")

    @pytest.mark.parametrize(
        "when",
        [
            pd.date_range("2024-01-01", periods=5, tz="Europe/Berlin"),
            pd.period_range("2024-01", periods=5, freq="M"),
            pd.to_timedelta(np.arange(5), "h"),
            [datetime.date(2024, 1, 1)] * 5,
            [None, *[pd.Timestamp("2024-01-01")] * 4],
        ],
        ids=["time zone", "periods", "durations", "dates", "missing"],
    )
    def test_features_that_are_times(self, when):
        frame = pd.DataFrame({**VISITS, "when": when})
        with pytest.raises(ValueError, match="the time of each row, use time='when'"):
            Sequences.from_frame(frame, sequence="patient", target="ill")

    @BOTH
    @pytest.mark.parametrize("role", ["sequence", "time", "target"])
    def test_missing_columns(self, library, role):
        roles = {"sequence": "patient", "time": "day", "target": "ill", role: "oops"}
        with pytest.raises(
            ValueError, match=r"no column 'oops'; it has \['patient', 'day'"
        ):
            Sequences.from_frame(library(VISITS), **roles)

    def test_message_quotes_the_value_that_is_not_a_number(self):
        frame = pd.DataFrame({"id": [1, 1, 1], "x": [1.5, None, "high"]})
        with pytest.raises(ValueError, match="'x' is not numeric, it contains 'high'"):
            Sequences.from_frame(frame, sequence="id")

    def test_message_quotes_the_value_that_is_not_text(self):
        frame = pd.DataFrame({"id": [1, 1, 1], "x": ["high", None, 1.5]})
        with pytest.raises(ValueError, match="'x' contains text and 1.5. Convert it to"):
            Sequences.from_frame(frame, sequence="id")

    def test_huge_integers(self):
        frame = pd.DataFrame({"id": [1, 1], "x": np.array([1, 10**400], dtype=object)})
        with pytest.raises(ValueError, match="too large: a value of column 'x' is an int"):
            Sequences.from_frame(frame, sequence="id")

    def test_not_a_frame(self):
        with pytest.raises(
            TypeError, match="expects a pandas or polars DataFrame, got list"
        ):
            Sequences.from_frame([[1, 2.0]], sequence="id")

    def test_missing_features(self):
        with pytest.raises(ValueError, match="no column 'puls'"):
            Sequences.from_frame(
                pd.DataFrame(VISITS), sequence="patient", features=["puls"]
            )

    def test_no_features_left(self):
        frame = pd.DataFrame(VISITS)[["patient", "day"]]
        with pytest.raises(ValueError, match=r"no feature columns besides \['patient'"):
            Sequences.from_frame(frame, sequence="patient", time="day")


class TestRoundTrip:
    """`from_frame` is the inverse of `to_frame`."""

    @given(
        lengths=st.lists(st.integers(1, 5), min_size=1, max_size=6),
        n_features=st.integers(1, 3),
        seed=st.integers(0, 99),
    )
    def test_shuffled_rows(self, lengths, n_features, seed):
        rng = np.random.default_rng(seed)
        X = Sequences.from_list(
            [rng.normal(size=(length, n_features)) for length in lengths],
            ids=[f"id{i}" for i in range(len(lengths))],
        )
        frame = X.to_frame()
        assert list(frame.columns) == [
            "sequence",
            "time",
            *(f"feature{i}" for i in range(n_features)),
        ]
        shuffled = frame.iloc[rng.permutation(len(frame))]
        for table in (shuffled, pl.from_pandas(shuffled)):
            again = Sequences.from_frame(table, sequence="sequence", time="time")
            assert sorted(again.ids) == sorted(X.ids)
            for name, sequence in zip(again.ids, again, strict=True):
                np.testing.assert_array_equal(sequence, X[X.ids.tolist().index(name)])

    def test_view_with_feature_names(self):
        X = Sequences.from_list([[1.0], [2.0, 3.0], [4.0]], feature_names=["pulse"])
        frame = X[[2, 1]].to_frame(sequence="patient", time="day")
        assert frame.to_dict("list") == {
            "patient": [0, 1, 1],
            "day": [0, 0, 1],
            "pulse": [4.0, 2.0, 3.0],
        }

    def test_to_frame_copies_the_values(self):
        X = Sequences.from_list([[1.0], [2.0, 3.0]])
        frame = X.to_frame()
        frame["feature0"] = 0.0
        frame.iloc[0, 2] = 9.0
        assert X[0].item() == 1.0


MOODS = ["low", "high", "low", None, "high"]


@pytest.mark.parametrize(
    ("library", "column"),
    [
        (pd.DataFrame, MOODS),
        (pd.DataFrame, pd.array(MOODS, dtype="string")),
        (pd.DataFrame, pd.Categorical(MOODS)),
        (pd.DataFrame, np.array(MOODS, dtype=object)),
        (pl.DataFrame, MOODS),
        (pl.DataFrame, pl.Series(MOODS, dtype=pl.Categorical)),
        (pl.DataFrame, pl.Series(MOODS, dtype=pl.Enum(["low", "high"]))),
    ],
)
def test_text_and_categories_are_categorical_features(library, column):
    frame = library({"id": ["b", "a", "b", "a", "b"], "u": np.arange(5.0), "mood": column})
    X = Sequences.from_frame(frame, sequence="id")
    assert X.is_categorical.tolist() == [False, True]
    assert [x.tolist() for x in X] == [
        [[0.0, "low"], [2.0, "low"], [4.0, "high"]],
        [[1.0, "high"], [3.0, None]],
    ]
    again = Sequences.from_frame(X.to_frame(), sequence="sequence", time="time")
    assert [x.tolist() for x in again] == [x.tolist() for x in X]


def test_categories_that_are_numbers():
    frame = pd.DataFrame({"id": [1, 1, 1], "x": pd.Categorical([7, 5, 7])})
    X = Sequences.from_frame(frame, sequence="id")
    assert X[0].tolist() == [[7], [5], [7]]
    assert X.n_numeric == 0
