"""Sequences with categorical features: storage, views, copies, tables, texts."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq import Sequences

KINDS = ["login", "buy", "quit"]
CODES = [0, 1, 1, -1, 2]


def make_events(**options):
    """Return two sequences: an amount, a kind of event and minutes."""
    values = np.arange(10.0).reshape(5, 2)
    return Sequences(
        values,
        [3, 2],
        codes=CODES,
        categories=[KINDS],
        is_categorical=[False, True, False],
        feature_names=["amount", "kind", "minutes"],
        ids=["u", "v"],
        **options,
    )


def make_words(sentences):
    """Return sequences of words."""
    words = sorted({word for sentence in sentences for word in sentence})
    codes = [words.index(word) for sentence in sentences for word in sentence]
    return Sequences(None, [len(s) for s in sentences], codes=codes, categories=[words])


def read_words(X):
    """Return the words of sequences of one feature."""
    return [sequence.ravel().tolist() for sequence in X]


SENTENCES = st.lists(
    st.lists(st.sampled_from(["a", "bc", "d", "é"]), min_size=1, max_size=5),
    min_size=1,
    max_size=6,
)


class TestStorage:
    """Codes and categories, and the order of features."""

    def test_attributes(self):
        X = make_events()
        assert X.codes.dtype == np.int32
        assert X.codes.ravel().tolist() == CODES
        assert [c.tolist() for c in X.categories] == [KINDS]
        assert X.categories[0].dtype == object
        assert (X.n_features, X.n_numeric, X.n_categorical) == (3, 2, 1)
        assert X.is_categorical.tolist() == [False, True, False]

    def test_numeric_sequences_have_no_codes(self):
        X = Sequences(np.ones((3, 2)), [3])
        assert X.codes is None
        assert X.categories == []
        assert X.is_categorical.tolist() == [False, False]
        assert (X.n_numeric, X.n_categorical) == (2, 0)

    def test_sequences_are_arrays_of_objects(self):
        assert make_events()[1].tolist() == [[6.0, None, 7.0], [8.0, "quit", 9.0]]

    def test_categorical_features_follow_the_numeric_ones_by_default(self):
        X = Sequences(np.ones((2, 1)), [2], codes=[1, 0], categories=[["a", "b"]])
        assert X[0].tolist() == [[1.0, "b"], [1.0, "a"]]

    def test_codes_are_read_only_and_shared(self):
        codes = np.array([[0], [1], [0]], dtype=np.int32)
        X = Sequences(None, [1, 2], codes=codes, categories=[["a", "b"]])
        for view in (X, X[[1]], X[::-1], copy.deepcopy(X), X.windows(1)[0]):
            assert np.shares_memory(view.codes, codes)
            with pytest.raises(ValueError, match="read-only"):
                view.codes[0] = 0

    def test_only_missing_values(self):
        X = Sequences(None, [2], codes=[-1, -1], categories=[[]])
        assert X[0].tolist() == [[None], [None]]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"codes": [0, 3]}, "Column 0 of codes contains 3, but it has 2 categories"),
            ({"codes": [0, -2]}, "Column 0 of codes contains -2.*-1 for a missing value"),
            ({"codes": [0, 1, 0]}, r"codes of shape \(2, n_categorical\), got .*\(3, 1\)"),
            ({"codes": [0.5, 1]}, "codes contains 0.5, which is not an integer"),
            ({"codes": [0, 2**31]}, r"codes contains 2147483648: codes are below 2\*\*31"),
            (
                {"categories": None},
                "one list of categories for each of the 1 col.*got None",
            ),
            ({"categories": [["a", "a"]]}, r"categories\[0\] contains a value twice"),
            ({"categories": [["a", None]]}, r"categories\[0\] contains a missing value"),
            ({"codes": None}, "categories need codes"),
            ({"is_categorical": [True]}, "2 booleans, one for each feature, got"),
            ({"is_categorical": [True, True]}, "True for 2 features, but codes has 1 col"),
        ],
    )
    def test_invalid_codes(self, options, message):
        given = {"codes": [0, 1], "categories": [["a", "b"]], **options}
        with pytest.raises(ValueError, match=message):
            Sequences(np.ones((2, 1)), [2], **given)

    @pytest.mark.parametrize("categories", ["ab", [["a"], "b"], 3])
    def test_categories_of_other_types(self, categories):
        with pytest.raises(TypeError, match=r"categories\[0\] must be a list|not hashable"):
            Sequences(None, [2], codes=[0, 1], categories=[categories])


class TestViews:
    """Views, copies and pickles of categorical features."""

    @given(SENTENCES, st.data())
    def test_rows(self, sentences, data):
        X = make_words(sentences)
        rows = data.draw(st.lists(st.integers(0, len(sentences) - 1)))
        expected = [sentences[i] for i in rows]
        assert read_words(X[rows]) == expected
        assert read_words(X[rows].compact()) == expected
        assert len(X[rows].compact().codes) == sum(map(len, expected))
        pickled = pickle.loads(pickle.dumps(X[rows]))
        assert read_words(pickled) == expected
        assert len(pickled.codes) == sum(len(sentences[i]) for i in set(rows))
        assert pickled.categories[0].tolist() == X.categories[0].tolist()

    @given(SENTENCES, st.randoms(use_true_random=False))
    def test_order_of_categories_is_irrelevant(self, sentences, random):
        X = make_words(sentences)
        categories = X.categories[0].tolist()
        shuffled = random.sample(categories, len(categories))
        codes = [shuffled.index(categories[code]) for code in X.codes[:, 0]]
        other = Sequences(None, X.lengths, codes=codes, categories=[shuffled])
        assert read_words(other) == read_words(X)
        assert (
            other.to_frame()
            .astype({"feature0": str})
            .equals(X.to_frame().astype({"feature0": str}))
        )

    def test_pickle_keeps_the_order_of_features(self):
        X = pickle.loads(pickle.dumps(make_events()[[1]]))
        assert X[0].tolist() == make_events()[1].tolist()
        assert X.feature_names == ["amount", "kind", "minutes"]
        assert X.ids.tolist() == ["v"]

    def test_chunks_contain_the_numeric_features(self):
        chunks = [chunk.tolist() for _, chunk in make_events()[::-1].chunks()]
        assert chunks == [[[6.0, 7.0], [8.0, 9.0], [0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]]

    def test_windows(self):
        X, y, _ = make_events().windows(2, y=["x", "y"])
        assert [w[:, 1].tolist() for w in X] == [
            ["login", "buy"],
            ["buy", "buy"],
            [None, "quit"],
        ]
        assert y.tolist() == ["x", "x", "y"]


class TestRepresentations:
    """Tables and texts."""

    def test_to_frame_has_categories(self):
        frame = make_events().to_frame()
        assert list(frame) == ["sequence", "time", "amount", "kind", "minutes"]
        assert isinstance(frame["kind"].dtype, pd.CategoricalDtype)
        assert frame["kind"].cat.categories.tolist() == KINDS
        assert frame["kind"][:3].tolist() == ["login", "buy", "buy"]
        assert frame["kind"].isna().tolist() == [False, False, False, True, False]
        assert frame["minutes"].tolist() == [1.0, 3.0, 5.0, 7.0, 9.0]

    @pytest.mark.parametrize(
        ("X", "text"),
        [
            (
                make_events(),
                "Sequences(2 sequences, 2 numeric features, 1 categorical, 2 to 3 steps, "
                "float64, 3 categories, feature_names=['amount', 'kind', 'minutes'])",
            ),
            (
                make_words([["a"]]),
                "Sequences(1 sequence, 1 categorical feature, 1 step, 1 category)",
            ),
        ],
    )
    def test_repr(self, X, text):
        assert repr(X) == text

    def test_html(self):
        html = make_events()._repr_html_()
        assert "2 numeric features, 1 categorical" in html
        assert "kind: 3" in html
        assert "dtype" not in make_words([["a"]])._repr_html_()
