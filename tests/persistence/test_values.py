"""What may be written comes back as it was; the rest is refused by name."""

import datetime
import json
import zoneinfo

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, StandardScaler

from skseq.exceptions import FileFormatError
from skseq.persistence import (
    TIMES,
    TRANSFORMERS,
    NotPlainError,
    digest_content,
    read_archive,
    write_archive,
)

from .test_archive import rewrite

CODECS = (*TIMES, *TRANSFORMERS)
PARIS = zoneinfo.ZoneInfo("Europe/Paris")


def through_file(value, folder):
    write_archive(folder / "file", "thing", value, CODECS)
    return read_archive(folder / "file", "thing", CODECS)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        2**70,
        0.1,
        float("inf"),
        "a 'b' \u00e9 \U0001f600",
        [],
        [1, [2.5, None]],
        (1, ("a",)),
        {},
        {"a": 1, 2: (3,), (4, "b"): None, None: [5]},
        {"array": "0"},
        {1, 2},
        np.int64(3),
        np.float32(0.1),
        np.bool_(True),
        np.str_("a"),
        np.datetime64("2020-01-01", "D"),
        pd.Timestamp("2020-01-01 12:00:00.123456789"),
        pd.Timestamp("2020-10-25 01:30", tz="UTC").tz_convert(PARIS),  # told twice
        pd.Timestamp("2020-01-01", tz="UTC"),
        pd.Timestamp("2020-01-01", tz=datetime.timezone(datetime.timedelta(hours=-3))),
        pd.Timedelta(hours=3),
        pd.Period("2020-03", freq="Q-NOV"),
        pd.offsets.BusinessDay(2),
        pd.offsets.MonthEnd(),
        pd.offsets.Week(weekday=3),
        pd.DateOffset(months=2, days=1),
    ],
    ids=repr,
)
def test_a_value_comes_back(value, tmp_path):
    back = through_file(value, tmp_path)
    assert back == value
    assert type(back) is type(value)
    assert repr(back) == repr(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.array([0.1, np.nan, -0.0, np.inf]),
        np.array(5.0),
        np.empty((0, 3)),
        np.arange(6.0).reshape(2, 3).T,
        np.arange(6)[::-2],
        np.array([1, 2], dtype=">i4"),
        np.array([True, False]),
        np.array([1, 2], dtype=np.uint8),
        np.array([1, 2], dtype=np.float16),
        np.array(["a", "bcd"], dtype="<U7"),
        np.array([["a", "b" * 500], ["", "c\0d"]], dtype=">U900"),
        np.array("a", dtype="<U900"),
        np.array([], dtype="<U900"),
        np.array([["x", None], [1, (2, 3)]], dtype=object),
        np.array(["2020-01-01", "NaT"], dtype="M8[s]"),
    ],
    ids=lambda array: f"{array.dtype.str}{array.shape}",
)
def test_an_array_comes_back(array, tmp_path):
    back = through_file({"it": array}, tmp_path)["it"]
    np.testing.assert_array_equal(back, array)
    assert (back.dtype, back.shape) == (array.dtype.newbyteorder("="), array.shape)
    if array.dtype.kind == "f":  # nan and -0.0 too
        assert back.tobytes() == array.tobytes()
    if array.size:
        back[...] = back.ravel()[0]  # it may be written to


def test_an_array_of_equal_lists_stays_one_of_lists(tmp_path):
    array = np.empty(2, dtype=object)
    array[0], array[1] = [1, 2], [3, 4]
    assert through_file(array, tmp_path).tolist() == [[1, 2], [3, 4]]
    assert through_file(array, tmp_path).shape == (2,)


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020-01-31", periods=4, freq="ME", name="month"),
        pd.date_range("2020-10-24", periods=3, freq="D", tz=PARIS),
        pd.DatetimeIndex(["2020-01-01", "2020-01-05"]).as_unit("ms"),
        pd.period_range("2020Q1", periods=3, freq="Q", name="quarter"),
        pd.RangeIndex(3, 20, 2, name="step"),
        pd.Index([5, 7], dtype="int32", name=("a", 1)),
    ],
    ids=lambda index: type(index).__name__,
)
@pytest.mark.parametrize("rows", [slice(None), slice(0)], ids=["whole", "empty"])
def test_an_index_comes_back(index, rows, tmp_path):
    part = index[rows]
    back = through_file(part, tmp_path)
    pd.testing.assert_index_equal(back, part, exact=True)
    assert getattr(back, "freq", None) == getattr(part, "freq", None)


def test_a_random_state_goes_on_where_it_was(tmp_path):
    random_state = np.random.RandomState(3)
    random_state.normal(size=3)  # an odd number: half of a pair is kept
    back = through_file(random_state, tmp_path)
    np.testing.assert_array_equal(back.normal(size=4), random_state.normal(size=4))


def test_equal_arrays_are_stored_once(tmp_path):
    large = np.random.default_rng(0).normal(size=1000)
    first, second = through_file([large, large.copy()], tmp_path)
    assert (tmp_path / "file").stat().st_size < 1.5 * large.nbytes
    first[0] = 9  # and are two again when read
    assert second[0] == large[0]


def test_what_was_written_is_never_too_large_to_read(tmp_path, monkeypatch):
    """However often an array occurs, and however wide text is."""
    monkeypatch.setattr("skseq.persistence.values.SPARE_BYTES", 0)
    large = np.random.default_rng(0).normal(size=10_000)
    back = through_file([large] * 50, tmp_path)
    assert (tmp_path / "file").stat().st_size < 10 * large.nbytes
    np.testing.assert_array_equal(back, [large] * 50)
    names = np.array(["a", "b" * 70_000] + ["c"] * 20)
    np.testing.assert_array_equal(through_file(names, tmp_path), names)


def record_of(tag, **fields):
    return {tag: {"dict": [[name, value] for name, value in fields.items()]}}


BOMBS = {
    "an array": [{"array": "0"}] * 3000,
    "text": [record_of("text", width=60_000, shape=[1], items=["a"])] * 200,
    "wide text": record_of("text", width=60_000, shape=[200], items=["a"] * 200),
    "text that takes nothing": [record_of("text", width=-1, shape=[1], items=["a"])],
    "a range": record_of("range", start=0, stop=10**13, step=1, name=None),
    "a range as a tuple": {"tuple": record_of("range", start=0, stop=9, step=1, name=None)},
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_cannot_fill_the_memory(name, tmp_path):
    path = tmp_path / "file"
    write_archive(path, "thing", np.zeros(2000), CODECS)  # an array of the name "0"
    rewrite(path, content=json.dumps(BOMBS[name]))
    with pytest.raises(FileFormatError, match="damaged: (it asks for far|text|an ent)"):
        read_archive(path, "thing", CODECS)


@pytest.mark.parametrize(
    "transformer",
    [
        StandardScaler(),
        PowerTransformer(),
        PowerTransformer(method="box-cox", standardize=False),
        FunctionTransformer(np.log1p, np.expm1),
    ],
    ids=repr,
)
def test_a_transformer_comes_back(transformer, tmp_path):
    y = np.random.default_rng(0).gamma(2.0, size=(20, 2))
    transformer.fit(y)
    back = through_file(transformer, tmp_path)
    assert repr(back) == repr(transformer)
    coded = back.transform(y)
    np.testing.assert_array_equal(coded, transformer.transform(y))
    np.testing.assert_array_equal(
        back.inverse_transform(coded), transformer.inverse_transform(coded)
    )


class Text(str):
    """Not quite a str."""


@pytest.mark.parametrize(
    "value",
    [
        object(),
        len,
        StandardScaler,
        Text("a"),
        np.array([1j]),
        np.complex64(1),
        np.add,
        FunctionTransformer(lambda x: x),
        torch.zeros(2, dtype=torch.bfloat16),
        np.random.default_rng(0),
        pd.offsets.CustomBusinessDay(holidays=["2020-01-01"]),
        pd.Series([1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused_by_its_place(value, tmp_path):
    with pytest.raises(NotPlainError) as caught:
        write_archive(tmp_path / "file", "thing", {"a": [0, (value,)]}, CODECS)
    assert caught.value.place[:2] == ["a", "1"]
    assert not list(tmp_path.iterdir())


def test_digests_tell_values_apart():
    values = [1, "1", [1], (1,), np.array([1]), np.array([[1]]), np.array([1.0]), True]
    digests = [digest_content(value) for value in values]
    assert len(set(digests)) == len(values)
    assert digest_content({"a": np.arange(3)}) == digest_content({"a": np.arange(3)})
    assert digest_content(np.array([0.0])) != digest_content(np.array([-0.0]))
