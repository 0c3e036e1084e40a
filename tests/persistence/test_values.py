"""Values are read as they were written; values that cannot be written are named."""

import datetime
import json
import time
import tracemalloc
import zoneinfo

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, StandardScaler

from skseq.exceptions import FileFormatError
from skseq.persistence import (
    NotPlainError,
    digest_content,
    read_archive,
    write_archive,
)
from skseq.persistence.values import SPARE_BYTES
from skseq.saved import Saved, require

from .test_archive import rewrite

PARIS = zoneinfo.ZoneInfo("Europe/Paris")


def through_file(value, folder):
    write_archive(folder / "file", "thing", value)
    return read_archive(folder / "file", "thing")


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
        pd.Timestamp("2020-10-25 01:30", tz="UTC").tz_convert(PARIS),  # occurs twice
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
def test_value_is_read_as_written(value, tmp_path):
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
def test_array_is_read_as_written(array, tmp_path):
    back = through_file({"it": array}, tmp_path)["it"]
    np.testing.assert_array_equal(back, array)
    assert (back.dtype, back.shape) == (array.dtype.newbyteorder("="), array.shape)
    if array.dtype.kind == "f":  # also nan and -0.0
        assert back.tobytes() == array.tobytes()
    if array.size:
        back[...] = back.ravel()[0]  # it is writable


def test_array_of_equal_lists_keeps_its_shape(tmp_path):
    array = np.empty(2, dtype=object)
    array[0], array[1] = [1, 2], [3, 4]
    assert through_file(array, tmp_path).tolist() == [[1, 2], [3, 4]]
    assert through_file(array, tmp_path).shape == (2,)


def test_random_state_continues(tmp_path):
    random_state = np.random.RandomState(3)
    random_state.normal(size=3)  # an odd number leaves half of a pair
    back = through_file(random_state, tmp_path)
    np.testing.assert_array_equal(back.normal(size=4), random_state.normal(size=4))


def test_equal_arrays_are_stored_once(tmp_path):
    large = np.random.default_rng(0).normal(size=1000)
    first, second = through_file([large, large.copy()], tmp_path)
    assert (tmp_path / "file").stat().st_size < 1.5 * large.nbytes
    first[0] = 9  # they are separate arrays when read
    assert second[0] == large[0]


def test_written_files_stay_within_the_memory_limit(tmp_path, monkeypatch):
    """Also if an array occurs often."""
    monkeypatch.setattr("skseq.persistence.values.SPARE_BYTES", 0)
    large = np.random.default_rng(0).normal(size=10_000)
    back = through_file([large] * 50, tmp_path)
    assert (tmp_path / "file").stat().st_size < 10 * large.nbytes
    np.testing.assert_array_equal(back, [large] * 50)


class Pair(Saved):
    """A class that can be saved."""

    saved_name = "pair of a test"

    def __init__(self, first, second):
        self.first, self.second = first, second

    @classmethod
    def from_state(cls, first, second):
        require(first != "invalid", "first is invalid")
        return cls(first, second)


class OtherPair(Pair):
    """A subclass without a name of its own."""


def test_saved_object_is_read_as_written(tmp_path):
    back = through_file({"pair": Pair(1, Pair("a", np.arange(3)))}, tmp_path)["pair"]
    assert (type(back), back.first, back.second.first) == (Pair, 1, "a")
    np.testing.assert_array_equal(back.second.second, np.arange(3))
    with pytest.raises(FileFormatError, match="file is damaged: first is invalid"):
        through_file(Pair("invalid", 1), tmp_path)


def test_saved_name_is_unique():
    with pytest.raises(TypeError, match="'pair of a test' is already used by .*Pair"):
        type("Third", (Pair,), {"saved_name": Pair.saved_name})


def dict_of(tag, **fields):
    return {tag: {"dict": [[name, value] for name, value in fields.items()]}}


BOMBS = {
    "an array": [{"array": "0"}] * 3000,
    "an array as a tuple": {"tuple": {"array": "0"}},
    "lists": [[[[[]]]]] * 400_000,
    "empty dicts": [{"dict": []}] * 400_000,
    "a long offset": {"offset": "1" * 16_000},
    "a long offset of a period": dict_of("period", ordinal=1, freq="1" * 16_000),
    "keys of equal hash": {"dict": [[k * (2**61 - 1), 0] for k in range(20_000)]},
    "items of equal hash": {"set": [k * (2**61 - 1) for k in range(20_000)]},
}


@pytest.mark.parametrize("name", BOMBS)
def test_small_file_takes_little_memory_and_time(name, tmp_path):
    path = tmp_path / "file"
    write_archive(path, "thing", np.zeros(2000))  # an array of the name "0"
    rewrite(path, content=json.dumps(BOMBS[name]))
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(FileFormatError, match="damaged: (it would take far|an o|20)"):
        read_archive(path, "thing")
    assert time.perf_counter() - start < 2
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * SPARE_BYTES + 5 * path.stat().st_size


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
def test_transformer_is_read_as_written(transformer, tmp_path):
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
    """A subclass of str."""


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
        OtherPair(1, 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_value_raises_with_its_place(value, tmp_path):
    with pytest.raises(NotPlainError) as caught:
        write_archive(tmp_path / "file", "thing", {"a": [0, (value,)]})
    assert caught.value.place[:2] == ["a", "1"]
    assert not list(tmp_path.iterdir())


def test_digests_of_different_values_differ():
    values = [1, "1", [1], (1,), np.array([1]), np.array([[1]]), np.array([1.0]), True]
    digests = [digest_content(value) for value in values]
    assert len(set(digests)) == len(values)
    assert digest_content({"a": np.arange(3)}) == digest_content({"a": np.arange(3)})
    assert digest_content(np.array([0.0])) != digest_content(np.array([-0.0]))
