"""Parts of words and their hashes."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.inputs.subwords import (
    MAX_BUCKETS,
    MIN_BUCKETS,
    N_PARTS,
    choose_n_buckets,
    find_shape,
    hash_words,
    split_word,
)


def test_parts_of_a_word():
    parts = split_word("Walked")
    assert parts[:4] == ["pw", "pwa", "pwal", "pwalk"]
    assert parts[4:8] == ["sd", "sed", "sked", "slked"]
    assert parts[8:] == ["wwalked", "xXx"]


def test_short_words_have_fewer_affixes():
    assert split_word("at") == ["pa", "pat", "", "", "st", "sat", "", "", "wat", "xx"]


@pytest.mark.parametrize(
    ("word", "shape"),
    [("Boeing-747", "Xx-d"), ("USA", "X"), ("e.g.", "x.x."), ("...", "."), ("", "")],
)
def test_shape(word, shape):
    assert find_shape(word) == shape


@given(st.lists(st.text(max_size=8), max_size=5), st.sampled_from([64, 1024]))
def test_hashes_are_buckets(words, n_buckets):
    buckets = hash_words(words, n_buckets)
    assert buckets.shape == (len(words), N_PARTS)
    assert buckets.min(initial=0) >= -1
    assert buckets.max(initial=0) < n_buckets
    for word, row in zip(words, buckets, strict=True):
        assert [part == "" for part in split_word(word)] == (row == -1).tolist()


def test_common_affixes_have_the_same_bucket():
    walked, jumped = hash_words(["walked", "jumped"], 2**17)
    assert (walked == jumped).tolist() == [False] * 4 + [True, True, False, False] + [
        False,
        True,
    ]


def test_hashes_do_not_depend_on_the_process():
    code = (
        "from skseq.inputs.subwords import hash_words; "
        "print(hash_words(['Walked', 'na\\xefve'], 4096).ravel().tolist())"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert found.strip() == str(hash_words(["Walked", "naïve"], 4096).ravel().tolist())


def test_number_of_buckets_grows_with_the_words():
    few = choose_n_buckets(["a"])
    many = choose_n_buckets([f"word{i}" for i in range(3000)])
    assert few == MIN_BUCKETS
    assert few < many <= MAX_BUCKETS
    assert np.log2(many) % 1 == 0
