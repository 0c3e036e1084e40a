"""Long-format tables in and out, pandas and polars alike."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq import Sequences

VISITS = {
    "patient": ["b", "a", "b", "a", "b"],
    "day": [3, 1, 1, 0, 2],
    "pulse": [72.0, 61.0, 70.0, 60.0, 71.0],
    "steps": [30, 11, 10, 1, 20],
    "ill": ["yes", "no", "yes", "no", "yes"],
}
BOTH = pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])


@BOTH
def test_rows_are_sorted_and_targets_follow(library):
    X, y = Sequences.from_frame(
        library(VISITS), sequence="patient", time="day", target="ill"
    )
    assert X.ids.tolist() == ["b", "a"]  # first appearance
    assert X.feature_names == ["pulse", "steps"]
    np.testing.assert_array_equal(X[0], [[70, 10], [71, 20], [72, 30]])
    np.testing.assert_array_equal(X[1], [[60, 1], [61, 11]])
    assert y.tolist() == ["yes", "no"]


@BOTH
def test_without_time_rows_stay_in_order(library):
    X = Sequences.from_frame(library(VISITS), sequence="patient", features=["pulse"])
    assert X[0].ravel().tolist() == [72.0, 70.0, 71.0]
    assert X[1].ravel().tolist() == [61.0, 60.0]
    assert X.feature_names == ["pulse"]


@BOTH
def test_several_targets_are_a_matrix(library):
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
def test_time_may_be_dates(library, unit):
    days = np.array([f"2024-01-0{day + 1}" for day in VISITS["day"]], f"datetime64[{unit}]")
    frame = library({**VISITS, "day": days})
    X = Sequences.from_frame(frame, sequence="patient", time="day", features=["pulse"])
    assert X[0].ravel().tolist() == [70.0, 71.0, 72.0]


def test_the_index_of_a_pandas_frame_does_not_matter():
    frame = pd.DataFrame(VISITS, index=[7, 7, 3, 1, 0])
    X, y = Sequences.from_frame(frame, sequence="patient", time="day", target="ill")
    assert X[0][:, 0].tolist() == [70.0, 71.0, 72.0]
    assert y.tolist() == ["yes", "no"]


def test_nullable_and_boolean_features_are_numbers():
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


def test_missing_polars_values_are_nan():
    frame = pl.DataFrame({"id": [1, 1], "x": [1, None], "z": [None, 0.5]})
    X = Sequences.from_frame(frame, sequence="id")
    np.testing.assert_array_equal(X[0], [[1, np.nan], [np.nan, 0.5]])


def test_the_frame_is_left_alone():
    frame = pd.DataFrame(VISITS)
    before = frame.copy()
    Sequences.from_frame(frame, sequence="patient", time="day", target="ill")
    pd.testing.assert_frame_equal(frame, before)


class TestComplaints:
    """What a table may not be."""

    @BOTH
    def test_duplicate_time_stamps(self, library):
        frame = library({**VISITS, "day": [3, 1, 3, 0, 2]})
        with pytest.raises(
            ValueError,
            match="sequence 'b' has two rows at day = 3; time stamps must be unique",
        ):
            Sequences.from_frame(frame, sequence="patient", time="day", target="ill")

    @BOTH
    def test_equal_time_stamps_in_different_sequences_are_fine(self, library):
        frame = library({"id": [1, 2, 1, 2], "t": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
        X = Sequences.from_frame(frame, sequence="id", time="t")
        assert [x.ravel().tolist() for x in X] == [[1, 3], [2, 4]]

    @BOTH
    def test_missing_ids(self, library):
        frame = library({**VISITS, "patient": ["b", "a", None, "a", "b"]})
        with pytest.raises(ValueError, match="column 'patient' has no value in row 2"):
            Sequences.from_frame(frame, sequence="patient", features=["pulse"])

    def test_missing_time_stamps(self):
        frame = pd.DataFrame({**VISITS, "day": [3, 1, np.nan, 0, 2]})
        with pytest.raises(ValueError, match="column 'day' has no value in row 2"):
            Sequences.from_frame(frame, sequence="patient", time="day", target="ill")

    @BOTH
    def test_a_target_that_changes(self, library):
        frame = library({**VISITS, "ill": ["yes", "no", "no", "no", "yes"]})
        with pytest.raises(
            ValueError, match="target 'ill' changes within sequence 'b': 'no' and 'yes'"
        ):
            Sequences.from_frame(frame, sequence="patient", time="day", target="ill")

    def test_numbers_are_quoted_as_the_user_wrote_them(self):
        frame = pd.DataFrame({"id": [1, 1], "x": [0.0, 1.0], "y": [2.5, 3.5]})
        with pytest.raises(ValueError, match=r"within sequence 1: 2\.5 and 3\.5"):
            Sequences.from_frame(frame, sequence="id", target="y")

    @BOTH
    @pytest.mark.parametrize(
        "column",
        [["low", "high", "low", "low", "high"], [None, "high", "low", "low", "high"]],
    )
    def test_text_features(self, library, column):
        with pytest.raises(
            ValueError,
            match=r"feature column 'mood' is not numeric \(it holds '.+'\): encode",
        ):
            Sequences.from_frame(
                library({**VISITS, "mood": column}), sequence="patient", target="ill"
            )

    @BOTH
    def test_dates_are_no_features(self, library):
        when = np.array(["2024-01-01"] * 5, dtype="datetime64[ns]")
        with pytest.raises(ValueError, match="feature column 'when' is not numeric"):
            Sequences.from_frame(
                library({**VISITS, "when": when}), sequence="patient", target="ill"
            )

    @BOTH
    @pytest.mark.parametrize("role", ["sequence", "time", "target"])
    def test_absent_columns(self, library, role):
        roles = {"sequence": "patient", "time": "day", "target": "ill", role: "oops"}
        with pytest.raises(
            ValueError, match=r"no column 'oops'; it has \['patient', 'day'"
        ):
            Sequences.from_frame(library(VISITS), **roles)

    def test_the_value_that_is_no_number_is_shown(self):
        frame = pd.DataFrame({"id": [1, 1, 1], "x": ["1.5", None, "high"]})
        with pytest.raises(ValueError, match="'x' is not numeric .it holds 'high'"):
            Sequences.from_frame(frame, sequence="id")

    def test_no_frame(self):
        with pytest.raises(TypeError, match="reads a DataFrame of .* got a list"):
            Sequences.from_frame([[1, 2.0]], sequence="id")

    def test_absent_features(self):
        with pytest.raises(ValueError, match="no column 'puls'"):
            Sequences.from_frame(
                pd.DataFrame(VISITS), sequence="patient", features=["puls"]
            )

    def test_no_features_left(self):
        frame = pd.DataFrame(VISITS)[["patient", "day"]]
        with pytest.raises(
            ValueError, match=r"no feature columns are left beside \['patient'"
        ):
            Sequences.from_frame(frame, sequence="patient", time="day")


class TestRoundTrip:
    """`to_frame` undoes `from_frame`."""

    @given(
        lengths=st.lists(st.integers(1, 5), min_size=1, max_size=6),
        n_features=st.integers(1, 3),
        seed=st.integers(0, 99),
    )
    def test_of_shuffled_rows(self, lengths, n_features, seed):
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

    def test_of_a_view_with_names(self):
        X = Sequences.from_list([[1.0], [2.0, 3.0], [4.0]], feature_names=["pulse"])
        frame = X[[2, 1]].to_frame(sequence="patient", time="day")
        assert frame.to_dict("list") == {
            "patient": [0, 1, 1],
            "day": [0, 0, 1],
            "pulse": [4.0, 2.0, 3.0],
        }

    def test_the_frame_is_a_copy(self):
        X = Sequences.from_list([[1.0], [2.0, 3.0]])
        frame = X.to_frame()
        frame["feature0"] = 0.0
        frame.iloc[0, 2] = 9.0
        assert X[0].item() == 1.0
