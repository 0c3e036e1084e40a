"""Vocabularies learn the categories of training and translate the codes of other data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.inputs import Vocabulary
from skseq.inputs.vocabulary import MISSING, N_SPECIAL, PADDING, UNKNOWN

CODES = st.lists(st.integers(-1, 4), min_size=1, max_size=30).map(np.array)
WORDS = np.array(["b", "a", "dd", "c", "e"], dtype=object)


def fit(categories, codes, subwords=False):
    return Vocabulary.fit(categories, np.asarray(codes), subwords=subwords)


@given(CODES, st.permutations(range(5)))
def test_vocabulary_does_not_depend_on_the_order_of_categories(codes, order):
    order = np.array(order)
    renumbered = np.append(np.argsort(order), -1)[codes]
    first, second = fit(WORDS, codes), fit(WORDS[order], renumbered)
    assert first.categories == second.categories
    assert first.counts.tolist() == second.counts.tolist()


@given(CODES)
def test_frequent_categories_come_first(codes):
    vocabulary = fit(WORDS, codes)
    assert (np.diff(vocabulary.counts) <= 0).all()
    for category, count in zip(vocabulary.categories, vocabulary.counts, strict=True):
        assert count == (codes == WORDS.tolist().index(category)).sum() > 0
    assert vocabulary.n_missing == (codes == -1).sum()


def test_ids_of_another_data_set():
    vocabulary = fit(WORDS, [0, 0, 1])
    ids = vocabulary.find_ids(np.array(["x", "a", "b"], dtype=object), np.ones(3, bool))
    assert ids[:3, 0].tolist() == [UNKNOWN, N_SPECIAL + 1, N_SPECIAL]


def test_missing_values_are_unknown_unless_training_has_some():
    used = np.ones(5, bool)
    assert fit(WORDS, [0, 1]).find_ids(WORDS, used)[-1, 0] == UNKNOWN
    assert fit(WORDS, [0, -1]).find_ids(WORDS, used)[-1, 0] == MISSING


def test_numbers_are_found_by_value():
    vocabulary = fit(np.array([3, 7], dtype=object), [0, 1])
    other = np.array([7.0, np.int64(3), 5], dtype=object)
    ids = vocabulary.find_ids(other, np.ones(3, bool))[:-1, 0]
    assert ids.tolist() == [N_SPECIAL + 1, N_SPECIAL, UNKNOWN]


def test_words_have_parts():
    vocabulary = fit(np.array(["walked", "the"], dtype=object), [0, 1], subwords=True)
    other = np.array(["jumped"], dtype=object)
    ids = vocabulary.find_ids(other, np.ones(1, bool))
    known = vocabulary.find_ids(np.array(["walked"], dtype=object), np.ones(1, bool))
    assert ids[0, 0] == UNKNOWN
    assert (ids[0] == known[0])[5:7].all()  # the suffixes -d and -ed
    assert ids[:, 0].max() < vocabulary.n_rows
    assert ids[:, 1:].max() <= vocabulary.n_buckets
    assert (ids[-1, 1:] == PADDING).all()


@pytest.mark.parametrize("words", [["a", "b"], [1, 2], ["long", 2]])
def test_only_words_have_parts(words):
    vocabulary = fit(np.array(words, dtype=object), [0, 1], subwords=True)
    assert vocabulary.n_columns == 1
    assert vocabulary.n_buckets == 0


def test_rare_categories_are_replaced_more_often():
    rates = fit(WORDS, [0] * 99 + [1]).unknown_rates
    assert (rates[:N_SPECIAL] == 0).all()
    np.testing.assert_allclose(rates[N_SPECIAL:], [0.25 / 99.25, 0.25 / 1.25])


STATE = {
    "categories": ["a", "b"],
    "counts": np.array([2, 1]),
    "n_missing": 0,
    "n_buckets": 64,
}


def test_state():
    vocabulary = Vocabulary.from_state(**STATE)
    assert vocabulary.to_state() == STATE


@pytest.mark.parametrize(
    "change",
    [
        {"categories": ("a", "b")},
        {"categories": ["a", "a"]},
        {"categories": ["a", None]},
        {"categories": ["a", float("nan")]},
        {"categories": ["a"]},
        {"counts": np.array([2, 0])},
        {"counts": np.array([2.0, 1.0])},
        {"n_missing": -1},
        {"n_buckets": 2**30},
        {"n_buckets": True},
    ],
    ids=str,
)
def test_invalid_state(change):
    with pytest.raises(ValueError, match="invalid|distinct"):
        Vocabulary.from_state(**{**STATE, **change})
