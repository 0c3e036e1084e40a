"""Rows of X as steps of sequences."""

import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold

from skseq import Sequences
from skseq.exceptions import LostIndexWarning, TornSequencesWarning
from skseq.series import RowForm, read_rows

START = pd.Timestamp("2024-01-01")


def make_panel(lengths, index="MultiIndex"):
    """Return rows of sequences "b", "a", "d", ...: the value of a step is its number."""
    names = ["b", "a", "d", "c", "e"][: len(lengths)]
    rows = [(name, t) for name, n in zip(names, lengths, strict=True) for t in range(n)]
    panel = pd.DataFrame(rows, columns=["name", "t"])
    panel["x"] = np.arange(float(len(panel)))
    panel["t"] = START + panel["t"] * pd.Timedelta("1h")
    if index == "MultiIndex":
        return panel.set_index(["name", "t"])
    return panel.set_index("t") if index == "time" else panel.drop(columns="t")


def steps(rows):
    """Return the id and the values of the first feature of each sequence."""
    ids = rows.sequences.ids
    ids = [None] * len(rows.sequences) if ids is None else ids
    pairs = zip(ids, rows.sequences, strict=True)
    return [(name, sequence[:, 0].tolist()) for name, sequence in pairs]


LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=5)


class TestProperties:
    """Order of rows, and panels of several sequences."""

    @given(LENGTHS, st.sampled_from(["MultiIndex", "time", "rows"]), st.integers(0, 99))
    def test_rows_in_any_order_give_the_same_sequences(self, lengths, index, seed):
        panel = make_panel(lengths, index)
        sequence = None if index == "MultiIndex" else "name"
        shuffled = panel.sample(frac=1, random_state=seed)
        rows, others = read_rows(panel, sequence), read_rows(shuffled, sequence)
        assert sorted(steps(rows)) == sorted(steps(others))
        assert others.restore(others.sequences.values)[:, 0].tolist() == list(shuffled["x"])
        assert steps(rows)[0][0] == "b"  # in order of first appearance

    @given(LENGTHS, st.sampled_from(["MultiIndex", "time", "rows"]))
    def test_panel_equals_sequences_read_alone(self, lengths, index):
        panel = make_panel(lengths, index)
        sequence = None if index == "MultiIndex" else "name"
        groups = panel.groupby("name", sort=False)
        alone = [steps(read_rows(part, sequence)) for _, part in groups]
        assert [pair for part in alone for pair in part] == steps(
            read_rows(panel, sequence)
        )

    @given(LENGTHS, st.integers(0, 99), st.integers(1, 3))
    def test_restore_is_the_inverse_of_order(self, lengths, seed, n_columns):
        panel = make_panel(lengths).sample(frac=1, random_state=seed)
        rows = read_rows(panel)
        flat = np.arange(len(panel) * n_columns).reshape(len(panel), n_columns)
        np.testing.assert_array_equal(rows.restore(flat)[rows.order], flat)
        np.testing.assert_array_equal(rows.restore(flat[rows.order]), flat)


class TestForms:
    """What identifies sequences and times."""

    @pytest.mark.parametrize(
        "convert", [np.asarray, np.ndarray.tolist, pd.DataFrame, pl.DataFrame]
    )
    def test_table_without_names_is_one_sequence(self, convert):
        values = np.arange(6.0).reshape(3, 2)
        rows = read_rows(convert(values))
        np.testing.assert_array_equal(rows.sequences[0], values)
        assert len(rows.sequences) == 1
        assert rows.sequences.ids is None
        assert rows.order.tolist() == [0, 1, 2]

    @pytest.mark.parametrize("convert", [lambda frame: frame, pl.from_pandas])
    def test_column_of_names(self, convert):
        frame = pd.DataFrame({"name": ["b", "a", "b"], "x": [1, 2, 3], "z": 0.5})
        rows = read_rows(convert(frame), "name")
        assert steps(rows) == [("b", [1, 3]), ("a", [2])]
        assert rows.sequences.feature_names == ["x", "z"]
        assert rows.order.tolist() == [0, 2, 1]

    @pytest.mark.parametrize("convert", [lambda frame: frame, pl.from_pandas])
    def test_several_columns_are_one_name(self, convert):
        frame = pd.DataFrame({"subject": ["b", "a", "b"], "trial": [1, 1, 2], "x": 0.5})
        rows = read_rows(convert(frame), ["subject", "trial"])
        assert rows.sequences.ids.tolist() == [("b", 1), ("a", 1), ("b", 2)]

    def test_array_after_a_fit_on_an_index_is_one_sequence(self):
        panel = make_panel([3, 2])
        form = read_rows(panel).form
        for lost in (panel.to_numpy(), panel.reset_index(drop=True), pl.DataFrame(panel)):
            with pytest.warns(LostIndexWarning, match="5 rows .* one sequence. .*set_out"):
                assert len(read_rows(lost, form=form).sequences) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_rows(panel.loc["b"], form=form)  # one sequence, with its times
            read_rows(panel, form=form)

    def test_several_levels_are_one_name(self):
        index = pd.MultiIndex.from_product([["b", "a"], [1, 2], range(3)])
        rows = read_rows(pd.DataFrame({"x": np.arange(12.0)}, index))
        assert rows.sequences.ids.tolist() == [("b", 1), ("b", 2), ("a", 1), ("a", 2)]

    @pytest.mark.parametrize(
        "times",
        [
            pd.date_range(START, periods=4, freq="D"),
            pd.date_range(START, periods=4, freq="MS", tz="Europe/Berlin"),
            pd.period_range(START, periods=4, freq="M"),
            pd.timedelta_range("1s", periods=4, freq="s"),
            pd.Index([10, 20, 30, 40]),
            pd.Index([0.0, 0.1, 0.2, 0.3]),
        ],
        ids=str,
    )
    def test_types_of_times(self, times):
        frame = pd.DataFrame({"x": np.arange(4.0)}, times)
        assert steps(read_rows(frame[::-1])) == [(None, [0, 1, 2, 3])]
        with pytest.warns(TornSequencesWarning):
            rows = read_rows(frame.iloc[[0, 1, 3]], form=read_rows(frame).form)
        assert steps(rows) == [(None, [0, 1]), (None, [3])]

    def test_text_index_has_no_times(self):
        frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, ["c", "b", "a"])
        assert steps(read_rows(frame)) == [(None, [1, 2, 3])]

    @pytest.mark.parametrize("convert", [lambda frame: frame, pl.from_pandas])
    def test_columns_of_text_and_categories(self, convert):
        frame = pd.DataFrame(
            {
                "name": ["b", "a", "b"],
                "x": [1.0, 2.0, 3.0],
                "event": ["call", None, "mail"],
                "level": pd.Categorical(["low", "high", "low"]),
            }
        )
        sequences = read_rows(convert(frame), "name").sequences
        assert sequences.feature_names == ["x", "event", "level"]
        assert sequences.is_categorical.tolist() == [False, True, True]
        assert sequences[0].tolist() == [[1.0, "call", "low"], [3.0, "mail", "low"]]
        assert sequences[1].tolist() == [[2.0, None, "high"]]

    def test_state(self):
        form = read_rows(make_panel([3, 2])).form
        assert RowForm.from_state(**form.to_state()) == form


class TestTorn:
    """Sequences with missing times are read in pieces."""

    @pytest.mark.parametrize(
        ("index", "groups"),
        [
            ("MultiIndex", "X.index.droplevel(-1)"),
            ("time", "X['name']"),
            ("rows", "X['name']"),
        ],
    )
    def test_warning_names_sequences_and_group_k_fold(self, index, groups):
        panel = make_panel([4, 5, 3], index).drop(index=[], errors="ignore")
        kept = panel.iloc[[0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11]]
        message = (
            r"1 of 3 sequences are torn: 'a'\. In sequence 'a', \S+ ?\S* follows .*Group"
            rf"KFold with groups={re.escape(groups)}\."
        )
        with pytest.warns(TornSequencesWarning, match=message):
            rows = read_rows(kept, None if index == "MultiIndex" else "name")
        expected = [("b", [0, 1, 2, 3]), ("a", [4, 5]), ("a", [7, 8]), ("d", [9, 10, 11])]
        assert steps(rows) == expected

    @pytest.mark.parametrize("index", ["MultiIndex", "time", "rows"])
    def test_folds(self, index):
        panel = make_panel([8, 8, 8, 8], index)
        names = panel.reset_index()["name"]
        sequence = None if index == "MultiIndex" else "name"
        for train, _ in KFold(3, shuffle=True, random_state=0).split(panel):
            with pytest.warns(TornSequencesWarning):
                read_rows(panel.iloc[train], sequence)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for train, test in GroupKFold(2).split(panel, groups=names):
                assert len(read_rows(panel.iloc[train], sequence).sequences) == 2
                assert len(read_rows(panel.iloc[test], sequence).sequences) == 2

    @pytest.mark.parametrize("seed", range(5))
    def test_a_random_half_of_the_rows_is_torn(self, seed):
        panel = make_panel([30, 30, 30])
        for part in next(KFold(2, shuffle=True, random_state=seed).split(panel)):
            with pytest.warns(TornSequencesWarning):
                rows = read_rows(panel.iloc[part])
            hour = pd.Timedelta("1h") / pd.Timedelta("1ns")
            assert rows.form.step == hour
            for sequence in rows.sequences:
                assert (np.diff(sequence[:, 0]) == 1).all()

    @pytest.mark.parametrize("sequence", [None, "name"])
    def test_scattered_rows_of_a_table(self, sequence):
        panel = make_panel([8, 8], "rows")[["name", "x"] if sequence else ["x"]]
        test = panel.iloc[[1, 4, 6, 9, 13]]
        with pytest.warns(TornSequencesWarning):
            assert len(read_rows(test, sequence).sequences) == 5

    @pytest.mark.parametrize("sequence", [None, "name"])
    def test_every_third_row_of_a_table(self, sequence):
        panel = make_panel([9, 9], "rows")[["name", "x"] if sequence else ["x"]]
        rows = read_rows(panel.iloc[::3], sequence)
        assert rows.sequences.lengths.tolist() == ([3, 3] if sequence else [6])
        with pytest.warns(TornSequencesWarning):
            rows = read_rows(panel.iloc[[0, 3, 9, 15]], sequence, rows.form)
        assert rows.sequences.lengths.tolist() == [2, 1, 1]

    def test_named_integers_are_times(self):
        frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, pd.Index([1, 5, 6], name="day"))
        assert len(read_rows(frame).sequences) == 1  # irregular

    def test_the_usual_step_is_that_of_fit(self):
        panel = make_panel([9])
        form = read_rows(panel).form
        with pytest.warns(TornSequencesWarning, match="is torn|are torn"):
            rows = read_rows(panel.iloc[[0, 3, 6]], form=form)
        assert len(rows.sequences) == 3

    @pytest.mark.parametrize("freq", ["B", "MS", "QE"])
    def test_steps_of_varying_length(self, freq):
        times = pd.date_range(START, periods=30, freq=freq)
        frame = pd.DataFrame({"x": np.arange(30.0)}, times)
        rows = read_rows(frame)
        assert len(rows.sequences) == 1
        assert RowForm.from_state(**rows.form.to_state()).kind == "time"
        for form in (None, rows.form):
            with pytest.warns(TornSequencesWarning, match="X is torn into 2 pieces"):
                torn = read_rows(frame.drop(index=times[12]), form=form)
            assert torn.sequences.lengths.tolist() == [12, 17]

    def test_irregular_times_are_not_torn(self):
        rng = np.random.default_rng(0)
        times = START + pd.to_timedelta(np.cumsum(rng.exponential(size=200)), "h")
        rows = read_rows(pd.DataFrame({"x": np.arange(200.0)}, times))
        assert len(rows.sequences) == 1
        assert rows.form.step is None

    def test_times_that_jitter_are_regular(self):
        times = np.arange(50.0) + np.random.default_rng(0).uniform(-0.02, 0.02, 50)
        frame = pd.DataFrame({"x": np.arange(50.0)}, times)
        assert len(read_rows(frame).sequences) == 1
        with pytest.warns(TornSequencesWarning, match="X is torn into 2 pieces"):
            assert len(read_rows(frame.drop(index=times[20])).sequences) == 2

    def test_rows_of_other_sequences_in_between(self):
        """Rows 2 to 4 of sequence "a" are between those of "b"."""
        frame = pd.DataFrame({"name": list("bbaaabb"), "x": np.arange(7.0)})
        frame.index += 1  # not the default index
        assert len(read_rows(frame, "name").sequences) == 2


def test_columns_of_text_are_categorical():
    frame = pd.DataFrame({"mood": ["low", "high"], "x": [1.0, 2.0]}, index=[1, 0])
    X = read_rows(frame).sequences
    assert X.is_categorical.tolist() == [True, False]
    assert X[0].tolist() == [["high", 2.0], ["low", 1.0]]


class TestErrors:
    """Messages name the sequence and the remedy."""

    def check(self, X, message, sequence=None):
        with pytest.raises(ValueError, match=re.escape(message)):
            read_rows(X, sequence)

    def test_duplicated_times(self):
        panel = make_panel([2, 3])
        double = pd.concat([panel, panel.iloc[[3]]])
        message = "The time stamp 2024-01-01 01:00:00 occurs twice in sequence 'a'. Average"
        self.check(double, message)
        self.check(double.reset_index("name"), message, "name")
        self.check(pd.DataFrame({"x": 1.0}, [0, 1, 1]), "The time stamp 1 occurs twice. Av")

    def test_missing_times_and_names(self):
        panel = make_panel([3]).reset_index()
        panel.loc[1, "t"] = pd.NaT
        self.check(panel.set_index(["name", "t"]), "time index has no time in row 1")
        panel.loc[2, "name"] = None
        self.check(panel, "Column 'name' has no value in row 2", "name")
        self.check(panel.set_index(["name", "t"]), "is missing (NaN) in row 2")

    def test_text_as_times(self):
        index = pd.MultiIndex.from_tuples([("a", "2024-01-01"), ("a", "2024-01-02")])
        self.check(pd.DataFrame({"x": 1.0}, index), "The time index must be a Datetime")

    @pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
    def test_times_in_a_column(self, library):
        panel = make_panel([3, 2]).reset_index()
        frame = library(panel.to_dict("list"))
        message = "'t' is not numeric, .* Encode it, or drop the column\\."
        hint = (
            r" If it is the time of each row, make it the index with X\.set_index\('t'\)\."
        )
        hint = hint if library is pd.DataFrame else ""
        with pytest.raises(ValueError, match=f"{message}{hint}$"):
            read_rows(frame, "name")
        assert len(read_rows(panel.set_index("t"), "name").sequences) == 2
        with pytest.raises(ValueError, match=f"{message}$"):
            read_rows(panel.set_axis([3, 4, 5, 7, 8]), "name")  # the index has times

    def test_columns(self):
        panel = make_panel([2, 3], "rows")
        self.check(panel, "no column 'nam'; it has ['name', 'x']", "nam")
        self.check(panel[["name"]], "no feature columns besides ['name']", "name")
        times = panel.assign(name=pd.Timestamp("2024-01-01"))
        self.check(times, "feature column 'name' is not numeric, it contains")
        self.check(panel.to_numpy(), "sequence='name' is a column, but X is of", "name")
        self.check(panel.iloc[:0], "Found array with 0 sample(s)", "name")

    def test_sequences(self):
        with pytest.raises(
            TypeError, match=r"a table whose rows are steps, as in fit, got "
        ):
            read_rows(Sequences(np.arange(5.0), [2, 3]))

    def test_two_names(self):
        panel = make_panel([2, 3]).assign(name=1)
        self.check(panel, "Both sequence='name' and a (sequence, time) MultiIndex", "name")
