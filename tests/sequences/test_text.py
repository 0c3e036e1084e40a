"""Reading of text, tokens, categories and named integer codes."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq import Sequences
from skseq.exceptions import CharactersWarning
from skseq.sequences import read_sequences, warn_if_characters

from .cases import as_cells

TEXTS = ["The cat sat.", "Don't!"]
TOKENS = [["The", "cat", "sat", "."], ["Don", "'", "t", "!"]]
RAGGED = [["a", "b", "c"], ["b"]]
MIXED = [
    np.array([[1.0, "a"], [2.0, "b"]], dtype=object),
    np.array([[3.0, "a"]], dtype=object),
]


def read(X, categorical_features="from_dtype", **options):
    return read_sequences(X, categorical_features=categorical_features, **options)[0]


def as_lists(X):
    """Return the steps of sequences as lists; steps of one feature are not nested."""
    return [x.ravel().tolist() if X.n_features == 1 else x.tolist() for x in X]


@pytest.mark.parametrize(
    "X",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        np.array(TEXTS, dtype=np.dtypes.StringDType()),
        np.array(TEXTS)[:, None],
        pd.Series(TEXTS),
        pd.Series(TEXTS, index=[5, 5]),
        pd.Series(TEXTS, dtype=object),
        pd.Series(TEXTS, dtype="category"),
        pl.Series(TEXTS),
        pd.DataFrame({"text": TEXTS}),
        pl.DataFrame({"text": TEXTS}),
    ],
)
def test_texts_are_split_into_words_and_punctuation(X):
    sequences, form = read_sequences(X, categorical_features="from_dtype")
    assert as_lists(sequences) == TOKENS
    assert form.is_text
    assert not form.is_table
    assert sequences.feature_names == (["text"] if hasattr(X, "columns") else None)


@pytest.mark.parametrize(
    "X",
    [
        RAGGED,
        tuple(map(tuple, RAGGED)),
        [np.array(tokens) for tokens in RAGGED],
        [np.array(tokens, dtype=object) for tokens in RAGGED],
        [pd.Series(tokens) for tokens in RAGGED],
        [pd.DataFrame({"token": tokens}) for tokens in RAGGED],
        [pl.Series(tokens) for tokens in RAGGED],
        [[[token] for token in tokens] for tokens in RAGGED],
        as_cells(RAGGED),
        pd.Series(RAGGED),
        pl.Series(RAGGED),
        pd.DataFrame({"tokens": RAGGED}),
        pl.DataFrame({"tokens": RAGGED}),
        Sequences.from_list(RAGGED),
        np.asarray(Sequences.from_list(RAGGED)),  # as in a ColumnTransformer
    ],
)
def test_tokens(X):
    sequences, form = read_sequences(X, categorical_features="from_dtype")
    assert as_lists(sequences) == RAGGED
    assert not form.is_text
    assert sequences.codes.dtype == np.int32


@pytest.mark.parametrize(
    "X",
    [
        [["1", "2"], ["3", "4"]],
        np.array([["1", "2"], ["3", "4"]]),
        np.array([["1", "2"], ["3", "4"]], dtype=object),
    ],
)
def test_tokens_of_equal_length_may_look_like_numbers(X):
    assert as_lists(read(X)) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    "X",
    [
        MIXED,
        [[[1.0, "a"], [2.0, "b"]], [[3.0, "a"]]],
        [pd.DataFrame(x) for x in MIXED],
        [pl.DataFrame(x.tolist(), orient="row") for x in MIXED],
        pd.DataFrame(
            {
                "x": as_cells([np.array([1.0, 2.0]), np.array([3.0])]),
                "kind": [["a", "b"], ["a"]],
            }
        ),
        pl.DataFrame({"x": [[1.0, 2.0], [3.0]], "kind": [["a", "b"], ["a"]]}),
        pd.DataFrame(
            {"x": as_cells([np.array([1.0, 2.0]), np.array([3.0])]), "kind": ["a b", "a"]}
        ),
    ],
)
def test_numeric_and_categorical_features(X):
    sequences = read(X)
    assert sequences.is_categorical.tolist() == [False, True]
    assert as_lists(sequences) == [[[1.0, "a"], [2.0, "b"]], [[3.0, "a"]]]
    assert sequences.values.dtype == np.float64


def test_columns_of_categories_in_a_list_of_frames():
    frames = [
        pd.DataFrame({"n": [1], "kind": pd.Categorical([7])}),
        pd.DataFrame({"n": [2], "kind": pd.Categorical([5])}),
    ]
    for X in (read(frames), Sequences.from_list(frames)):
        assert X.feature_names == ["n", "kind"]
        assert as_lists(X) == [[[1.0, 7]], [[2.0, 5]]]


class TestNamedCodes:
    """Integer codes that `categorical_features` names."""

    X = [np.array([[3.0, 0.5], [1.0, 1.5]]), np.array([[3.0, 2.5]])]

    @pytest.mark.parametrize("named", [[0], np.array([0]), [True, False], ["kind"]])
    def test_names_positions_and_masks(self, named):
        X = Sequences.from_list(self.X, feature_names=["kind", "x"])
        sequences = read(X, named)
        assert sequences.is_categorical.tolist() == [True, False]
        assert as_lists(sequences) == [[[3, 0.5], [1, 1.5]], [[3, 2.5]]]
        assert sequences.categories[0].tolist() == [1, 3]
        assert sequences.feature_names == ["kind", "x"]
        assert as_lists(read(X[[1]], named)) == [[[3, 2.5]]]

    def test_beside_text(self):
        X = [np.array([["a", 2], ["b", 1]], dtype=object)]
        sequences = read(X, [1])
        assert as_lists(sequences) == [[["a", 2], ["b", 1]]]
        assert sequences.is_categorical.all()
        X = [np.array([[2, "a"], [1, "b"]], dtype=object)]
        assert as_lists(read(X, [0])) == [[[2, "a"], [1, "b"]]]

    def test_two_dimensional_codes(self):
        assert as_lists(read(np.array([[4, 2], [2, 2]]), [0])) == [[4, 2], [2, 2]]

    @pytest.mark.parametrize("missing", [-1.0, np.nan])
    def test_negative_and_missing_codes_are_missing(self, missing):
        X = [np.array([4.0, missing])]
        assert as_lists(read(X, [0], allow_missing=True)) == [[4, None]]
        with pytest.raises(ValueError, match="sequence 0, step 1, feature 0 is missing"):
            read(X, [0])

    @pytest.mark.parametrize(
        ("named", "message"),
        [
            ([2], r"categorical_features contains 2, but X has 2 features"),
            ([0.5], r"categorical_features contains 0.5, but X has 2 features"),
            ([True], "mask of 1 features, but X has 2"),
            (["kind"], r"contains the name 'kind', but the features of X have no names"),
            ([[0]], "must be 'from_dtype', a list of features or a boolean mask"),
            ([1], "feature 1 is in categorical_features, but its value 0.5 is not an int"),
        ],
    )
    def test_errors(self, named, message):
        with pytest.raises(ValueError, match=message):
            read(self.X, named)

    def test_unknown_name(self):
        X = Sequences.from_list(self.X, feature_names=["kind", "x"])
        with pytest.raises(
            ValueError, match=r"'age', but X has the features \['kind', 'x'"
        ):
            read(X, ["age"])

    def test_large_codes(self):
        with pytest.raises(ValueError, match=r"value 3000000000 is too large: codes are b"):
            read([np.array([3e9])], [0])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([["a"], []], r"sequence 1 is empty \(0 steps\).*Drop it"),
        (["a", ""], "sequence 1 is empty: its text '' has no tokens.*Drop it"),
        (["a", " \n"], r"sequence 1 is empty: its text ' \\n' has no tokens"),
        (["a", None], r"sequence 1 is missing \(None\)"),
        (["a", np.nan], r"sequence 1 is missing \(nan\)"),
        (["a", 1], "sequence 1 is 1, but other sequences are texts"),
        (["a", ["b"]], r"sequence 1 is \['b'\], but other sequences are texts"),
        ([["b"], "a b"], "sequence 1 is the string 'a b', but other sequences are lists"),
        ([["b"], None], r"sequence 1 is missing \(None\)"),
        ([b"a"], "X contains b'a', which is bytes, not text. Decode it"),
        (np.array([b"a"]), "X contains b'a', which is bytes, not text. Decode it"),
        (["a", b"a"], "sequence 1 is b'a', which is bytes, not text"),
        ([["a"], ["b", b"a"]], "sequence 1, step 1, feature 0 is b'a', which is bytes"),
        (
            [["a"], ["b", 2.0]],
            "sequence 1, step 1, feature 0 is 2.0, but other steps .* text, such as 'b'",
        ),
        ([["a"], [1.0, 2.0]], "sequence 1, step 0, feature 0 is 1.0, but other steps"),
        ([["a", ["b"]]], r"sequence 0, step 1, feature 0 is \['b'\], but other steps"),
        ([[["a", 1.0]], [["a"]]], "sequence 1 has 1 features, but sequence 0 has 2"),
        ([[["a", 1.0], ["a"]]], "sequence 0 is ragged"),
        (["a", None], "sequence 1 is missing"),
        ([["a", None]], "sequence 0, step 1, feature 0 is missing"),
        (
            pd.DataFrame({"a": [["a", "b"]], "b": ["one two three"]}),
            r"sequence 0 has \[2, 3\] steps in its columns",
        ),
        (
            pd.DataFrame({"id": ["a", "b"], "x": [1.0, 2.0]}),
            r"Column 'id' of X contains 'a'.*Sequences\.from_frame\(",
        ),
        (
            [pd.DataFrame({"a": ["x"]}), pd.DataFrame({"a": [2]})],
            r"sequence 1, step 0, feature 0 \('a'\) is 2, but other steps",
        ),
        (
            [pd.DataFrame({"a": ["x"]}), pd.DataFrame({"b": ["y"]})],
            r"sequence 1 has the columns \['b'\], but sequence 0 has \['a'\]",
        ),
    ],
)
def test_errors(X, message):
    with pytest.raises(ValueError, match=message):
        read(X)


@pytest.mark.parametrize("X", ["the cat", b"the cat"])
def test_one_text(X):
    with pytest.raises(
        TypeError, match=r"contain sequences, got b?'the cat'. If .* use \[X\]"
    ):
        read(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (TEXTS, "X contains text, such as 'The cat sat.', but only numbers"),
        (RAGGED, "sequence 0 contains 'a', which is not a number"),
        (
            Sequences.from_list(RAGGED),
            "feature 0 of X is categorical, but skseq reads only",
        ),
    ],
)
def test_only_numbers(X, message):
    with pytest.raises(ValueError, match=message):
        read_sequences(X)


@pytest.mark.parametrize("texts", [TEXTS, pd.Series(TEXTS)])
def test_from_list_of_texts(texts):
    with pytest.raises(ValueError, match=r"sequence 0 is the string .*Tokenizer\(\)"):
        Sequences.from_list(texts)


@pytest.mark.parametrize("X", [[list("word")], np.array([list("word")])])
def test_lists_of_single_characters_raise_a_warning(X):
    sequences, form = read_sequences(X, categorical_features="from_dtype")
    with pytest.warns(CharactersWarning, match=r"\['w', 'o', 'r', 'd'\].*as strings"):
        warn_if_characters(X, sequences, form)


@pytest.mark.parametrize(
    "X", [["a"], [["a", "bc"]], Sequences.from_list([["a"]]), [["a", ""]], [[1.0]], MIXED]
)
def test_other_tokens_raise_no_warning(X):
    sequences, form = read_sequences(X, categorical_features="from_dtype")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_characters(X, sequences, form)


WORDS = st.text(min_size=0, max_size=3)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_round_trip_of_tokens(X):
    sequences = Sequences.from_list(X)
    assert as_lists(sequences) == X
    assert as_lists(read(X)) == X
    assert as_lists(Sequences.from_list(sequences.to_list())) == X
    frame = sequences.to_frame()
    again = Sequences.from_frame(frame, sequence="sequence", time="time")
    assert as_lists(again) == X
    assert sorted(again.categories[0]) == sorted({t for tokens in X for t in tokens})


@given(
    st.lists(
        st.lists(st.tuples(NUMBERS, WORDS, NUMBERS), min_size=1, max_size=4),
        min_size=1,
        max_size=5,
    )
)
def test_round_trip_of_mixed_features(X):
    X = [[list(step) for step in steps] for steps in X]
    sequences = Sequences.from_list(X)
    assert sequences.is_categorical.tolist() == [False, True, False]
    assert as_lists(sequences) == X
    assert as_lists(Sequences.from_list(sequences.to_list())) == X
    again = Sequences.from_frame(sequences.to_frame(), sequence="sequence", time="time")
    assert as_lists(again) == X


def test_padding_of_tokens_is_removed():
    X = Sequences.from_padded([["a", "b"], ["c", None]])
    assert as_lists(X) == [["a", "b"], ["c"]]


def test_tokens_beside_a_static_column():
    X = np.empty((2, 2), dtype=object)  # as a ColumnTransformer returns it
    X[:, 0] = [np.array(["a", "b"], dtype=object), np.array(["b"], dtype=object)]
    X[:, 1] = [0.5, 1.5]
    with pytest.raises(ValueError, match="sequence 0 has the single value 0.5 in a column"):
        read_sequences(
            X, allow_missing=True, estimator="E", categorical_features="from_dtype"
        )
