"""load_japanese_vowels returns the values, labels and split of the source."""

from pathlib import Path

import numpy as np
import pytest

from skseq import Sequences
from skseq.datasets import load_japanese_vowels

SPEAKERS = [str(speaker) for speaker in range(1, 10)]
TEST_COUNTS = [31, 35, 88, 44, 29, 24, 40, 50, 29]


def count(labels):
    return [int((labels == speaker).sum()) for speaker in SPEAKERS]


def test_full_data_set_is_training_part_followed_by_test_part():
    X, y = load_japanese_vowels(return_X_y=True)
    parts = [
        load_japanese_vowels(split=split, return_X_y=True) for split in ("train", "test")
    ]
    assert [len(part) for part, _ in parts] == [270, 370]
    assert np.array_equal(X.values, np.concatenate([part.values for part, _ in parts]))
    assert np.array_equal(X.lengths, np.concatenate([part.lengths for part, _ in parts]))
    assert np.array_equal(y, np.concatenate([labels for _, labels in parts]))


def test_lengths_and_features_match_the_source():
    X, y = load_japanese_vowels(return_X_y=True)
    assert isinstance(X, Sequences)
    assert len(X) == len(y) == 640
    assert (X.lengths.min(), X.lengths.max(), X.lengths.sum()) == (7, 29, 9961)
    assert X.values.shape == (9961, 12)
    assert X.values.dtype == np.float64
    assert np.isfinite(X.values).all()
    assert X.feature_names == [f"lpc{i}" for i in range(1, 13)]


@pytest.mark.parametrize(
    ("split", "expected"), [("train", [30] * 9), ("test", TEST_COUNTS)]
)
def test_class_counts_match_the_source(split, expected):
    _, y = load_japanese_vowels(split=split, return_X_y=True)
    assert y.dtype.kind == "U"
    assert count(y) == expected
    assert sum(expected) == len(y)


@pytest.mark.parametrize("split", ["train", "test"])
def test_one_part_does_not_store_the_other(split):
    X, _ = load_japanese_vowels(split=split, return_X_y=True)
    assert len(X.values) == X.lengths.sum()


def test_bunch_matches_the_tuple():
    bunch = load_japanese_vowels()
    X, y = load_japanese_vowels(return_X_y=True)
    assert np.array_equal(bunch.data.values, X.values)
    assert np.array_equal(bunch.target, y)
    assert bunch.feature_names == X.feature_names
    assert bunch.target_names == SPEAKERS
    assert bunch.split.tolist() == ["train"] * 270 + ["test"] * 370
    assert "CC BY 4.0" in bunch.DESCR
    assert "10.24432/C5NS47" in bunch.DESCR


@pytest.mark.parametrize("split", ["train", "test"])
def test_bunch_of_one_part_has_its_split(split):
    bunch = load_japanese_vowels(split=split)
    assert set(bunch.split) == {split}
    assert len(bunch.split) == len(bunch.data) == len(bunch.target)


@pytest.mark.parametrize("split", ["train", "test"])
def test_values_match_aeon_exactly(split):
    aeon = pytest.importorskip("aeon")
    from aeon.datasets import load_from_ts_file

    folder = Path(aeon.__file__).parent / "datasets" / "data" / "JapaneseVowels"
    expected_X, expected_y = load_from_ts_file(
        str(folder / f"JapaneseVowels_{split.upper()}.ts")
    )
    X, y = load_japanese_vowels(split=split, return_X_y=True)
    assert y.tolist() == expected_y.tolist()
    assert len(X) == len(expected_X)
    for sequence, expected in zip(X, expected_X, strict=True):
        assert np.array_equal(sequence, expected.T)  # aeon uses (channels, time)


def test_invalid_parameters_raise():
    with pytest.raises(ValueError, match=r"'split' parameter of .*'train'.* Got 'dev'"):
        load_japanese_vowels(split="dev")
    with pytest.raises(ValueError, match=r"'return_X_y' parameter of .* Got 'yes'"):
        load_japanese_vowels(return_X_y="yes")
