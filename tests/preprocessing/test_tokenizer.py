"""Tokenizer: analyzers, vocabularies, scikit-learn's tools."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.estimator_checks import check_estimator
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from skseq import Sequences
from skseq.preprocessing import Tokenizer
from skseq.sequences import read_sequences

TEXTS = ["The cat sat. The end!", "Don't sit on a cat", "é ß 42"]

WORDS = st.lists(st.sampled_from(["ab", "Ab", "cd", "e", "?"]), min_size=1, max_size=6)


def as_lists(X):
    return [x.ravel().tolist() for x in X]


def split(texts=TEXTS, **parameters):
    return as_lists(Tokenizer(**parameters).fit_transform(texts))


def test_scikit_learn_contract():
    check_estimator(Tokenizer())


@pytest.mark.parametrize(
    "X",
    [
        TEXTS,
        np.array(TEXTS),
        np.array(TEXTS, dtype=object)[:, None],
        pd.Series(TEXTS),
        pd.DataFrame({"text": TEXTS}),
        pl.Series(TEXTS),
    ],
)
def test_defaults_are_those_of_estimators(X):
    expected = as_lists(read_sequences(X, categorical_features="from_dtype")[0])
    assert split(X) == expected
    assert expected[:2] == [
        ["The", "cat", "sat", ".", "The", "end", "!"],
        ["Don", "'", "t", "sit", "on", "a", "cat"],
    ]


@pytest.mark.parametrize(
    "parameters",
    [
        {"lowercase": True},
        {"lowercase": False, "token_pattern": r"(?u)\b\w\w+\b"},
        {"preprocessor": lambda text: text.replace("cat", "dog")},
        {"tokenizer": str.split},
        {"analyzer": lambda text: text[::-1].split()},
        {"analyzer": "char", "lowercase": True},
        {"token_pattern": r"(\w)\w*"},
        {"min_df": 2},
        {"min_df": 0.5},
        {"max_features": 4},
        {"vocabulary": ["cat", "The"]},
        {"vocabulary": {"cat": 1, "The": 0}},
    ],
)
@pytest.mark.filterwarnings("ignore:The parameter 'token_pattern' will not be used")
def test_same_tokens_as_count_vectorizer(parameters):
    defaults = {"lowercase": False, "token_pattern": r"\w+|[^\w\s]"}
    counter = CountVectorizer(**{**defaults, **parameters}).fit(TEXTS)
    tokenizer = Tokenizer(**parameters)
    X = tokenizer.fit_transform(TEXTS)
    analyze = counter.build_analyzer()
    known = counter.vocabulary_
    if parameters.keys() & {"min_df", "max_features", "vocabulary"}:
        expected = [[t if t in known else "<unk>" for t in analyze(x)] for x in TEXTS]
    else:
        expected = [analyze(text) for text in TEXTS]
    assert as_lists(X) == expected
    assert as_lists(tokenizer.transform(TEXTS)) == expected
    if "max_features" not in parameters:  # which breaks ties in another order
        assert tokenizer.vocabulary_ == known
    assert tokenizer.get_feature_names_out().tolist() == sorted(
        tokenizer.vocabulary_, key=tokenizer.vocabulary_.get
    )


def test_most_frequent_tokens():
    tokenizer = Tokenizer(max_features=2).fit(["b b a c", "c c b"])
    assert tokenizer.vocabulary_ == {"b": 0, "c": 1}
    assert tokenizer.is_limited_
    assert not Tokenizer(max_features=3).fit(["b b a c", "c c b"]).is_limited_


def test_new_tokens_are_kept_if_the_vocabulary_is_not_limited():
    tokenizer = Tokenizer().fit(["a b"])
    assert as_lists(tokenizer.transform(["a new"])) == [["a", "new"]]
    assert as_lists(Tokenizer(max_features=1).fit(["a a b"]).transform(["a new"])) == [
        ["a", "<unk>"]
    ]


def test_max_length_keeps_the_start():
    assert split(["a b c", "d"], max_length=2) == [["a", "b"], ["d"]]


def test_inverse_transform():
    tokenizer = Tokenizer(analyzer="char").fit(TEXTS)
    assert tokenizer.inverse_transform(tokenizer.transform(TEXTS)).tolist() == TEXTS
    tokenizer = Tokenizer().fit(TEXTS)
    assert tokenizer.inverse_transform(tokenizer.transform(["a,b"])).tolist() == ["a , b"]
    with pytest.raises(ValueError, match="Expected sequences of tokens"):
        tokenizer.inverse_transform(Sequences(np.ones(3), [3]))


@given(st.lists(WORDS, min_size=1, max_size=6), st.booleans())
def test_round_trip(sentences, lowercase):
    texts = [" ".join(words) for words in sentences]
    tokenizer = Tokenizer(lowercase=lowercase).fit(texts)
    expected = [text.lower() for text in texts] if lowercase else texts
    assert tokenizer.inverse_transform(tokenizer.transform(texts)).tolist() == expected


def make_library_tokenizer():
    vocabulary = {"<unk>": 0, "the": 1, "cat": 2}
    found = tokenizers.Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    found.pre_tokenizer = Whitespace()
    return found


def test_tokenizer_of_the_package_tokenizers():
    tokenizer = clone(Tokenizer(tokenizer=make_library_tokenizer())).fit(["the cat"])
    for fitted in (tokenizer, pickle.loads(pickle.dumps(tokenizer))):
        X = fitted.transform(["the dog", "cat"])
        assert as_lists(X) == [["the", "<unk>"], ["cat"]]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([["a"], ["b"]], "X must be a list, a column or an array of str, got list.*Lists"),
        (np.ones((2, 2)), "X must be a list, a column or an array of str, got ndarray"),
        (["a", ""], "sequence 1 is empty: its text '' has no tokens"),
        (["a", None], "sequence 1 is missing"),
        ([b"a"], "bytes, not text"),
    ],
)
def test_errors(X, message):
    for call in (Tokenizer().fit, Tokenizer().fit(["a"]).transform):
        with pytest.raises(ValueError, match=message):
            call(X)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"min_df": 5}, "No token occurs in as many texts as min_df=5 demands"),
        ({"vocabulary": ["a", "a"]}, "vocabulary contains 'a' twice"),
        ({"vocabulary": {"a": 2}}, "values of vocabulary must be 0 to 0, each once"),
        ({"vocabulary": []}, "vocabulary is empty"),
        ({"analyzer": "wrod"}, "'analyzer' parameter"),
        ({"token_pattern": "("}, "token_pattern is no regular expression"),
        ({"tokenizer": lambda text: 3}, "tokenizer returned 3 for 'The cat"),
        ({"tokenizer": lambda text: "abc"}, "tokenizer returned 'abc' for 'The cat"),
        ({"analyzer": lambda text: [1]}, "A token of the texts is 1, but tokens are str"),
        ({"analyzer": lambda text: [None]}, "A token of the texts is None, but tokens"),
        ({"token_pattern": "(a)(b)"}, "token_pattern has 2 capturing groups"),
        ({"preprocessor": lambda text: None}, "preprocessor returned None for 'The cat"),
    ],
)
def test_errors_of_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer(**parameters).fit(TEXTS)


def test_unfitted_raises():
    for call in (Tokenizer().transform, Tokenizer().inverse_transform):
        with pytest.raises(NotFittedError):
            call(TEXTS)
