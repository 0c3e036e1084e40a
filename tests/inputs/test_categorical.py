"""Batches of categorical features: ids next to scaled numbers."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq import Sequences
from skseq.exceptions import NumericTextWarning, UnknownCategoriesWarning
from skseq.inputs import CategoricalInput, InputScaler, StepInputs
from skseq.inputs.covariates import CategoryEncoder
from skseq.inputs.vocabulary import MISSING, UNKNOWN

from .cases import WORDS, make_words

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=6)


class Inputs(StepInputs):
    """Inputs with default parameters."""


def fit(X, **params):
    inputs = Inputs()
    vars(inputs).update(params)
    return inputs._fit_scaler(X)


def read(fitted, X):
    """Return all steps of sequences as one batch."""
    steps = np.concatenate([np.arange(s, s + n) for s, n in zip(X.starts, X.lengths)])
    codes = None if X.codes is None else X.codes[steps][None]
    return fitted.bind(X).transform(X.values[steps][None], codes)[0].numpy()


def test_numeric_features_alone_have_a_scaler():
    X = Sequences(np.arange(8.0).reshape(4, 2), [3, 1])
    assert type(fit(X)) is InputScaler
    np.testing.assert_allclose(read(fit(X), X).std(axis=0), 1)


@given(LENGTHS, st.integers(0, 9), st.sampled_from([0, 2]))
def test_ids_are_those_of_the_vocabulary(lengths, seed, n_numeric):
    X = make_words(lengths, seed, n_numeric, missing=0.2)
    fitted = fit(X)
    batch = read(fitted, X)
    assert batch.dtype == np.float32
    assert batch.shape == (sum(lengths), fitted.n_features)
    (vocabulary,) = fitted.vocabularies
    for step, code in zip(batch, X.codes[:, 0], strict=True):
        word = MISSING if code == -1 else 3 + vocabulary.categories.index(WORDS[code])
        assert step[n_numeric] == word
    if n_numeric:
        expected = InputScaler.fit(X, scale=True, mask_missing=False).transform(
            X.values[None]
        )
        np.testing.assert_array_equal(batch[:, :n_numeric], expected[0])


@given(LENGTHS, st.integers(0, 9), st.permutations(range(len(WORDS))))
def test_batches_do_not_depend_on_the_order_of_categories(lengths, seed, order):
    X = make_words(lengths, seed)
    codes = np.argsort(order)[X.codes]
    other = Sequences(
        None, lengths, codes=codes, categories=[np.array(WORDS, dtype=object)[order]]
    )
    np.testing.assert_array_equal(read(fit(X), X), read(fit(other), X))
    np.testing.assert_array_equal(read(fit(X), X), read(fit(X), other))


def test_folds_learn_only_their_own_categories():
    X = Sequences(None, [1, 1, 1], codes=[0, 1, 2], categories=[["a", "b", "c"]])
    fitted = fit(X[[2, 0]])
    assert sorted(fitted.vocabularies[0].categories) == ["a", "c"]
    with pytest.warns(UnknownCategoriesWarning):
        assert read(fitted, X[[1]])[0, 0] == UNKNOWN


def test_several_features_keep_their_order():
    X = Sequences(
        [[1.0], [2.0]],
        [2],
        codes=[[0, 0], [0, 1]],
        categories=[["x"], ["y", "z"]],
        is_categorical=[True, False, True],
    )
    fitted = fit(X, embedding_size=2)
    assert fitted.owners.tolist() == [1, 0, 0, 2, 2]
    assert fitted.n_stored == 3
    assert read(fitted, X).shape == (2, 3)


def test_missing_numbers_have_indicators():
    X = make_words([3], n_numeric=1)
    values = X.values.copy()
    values[1] = np.nan
    X = Sequences(values, [3], codes=X.codes, categories=X.categories)
    fitted = fit(X, missing="mask", embedding_size=1)
    assert fitted.allows_missing
    assert read(fitted, X)[:, 1].tolist() == [0, 1, 0]
    assert fitted.owners.tolist() == [0, 0, 1]


@pytest.mark.parametrize(("n", "size"), [(2, 2), (50, 14), (5000, 64)])
def test_auto_size_grows_with_the_number_of_categories(n, size):
    X = Sequences(None, [n], codes=np.arange(n), categories=[np.arange(n)])
    assert fit(X).sizes == [size]
    assert fit(X, embedding_size=7).sizes == [7]


def test_words_have_larger_embeddings():
    words = [f"word{i}" for i in range(5000)]
    X = Sequences(None, [5000], codes=np.arange(5000), categories=[words])
    assert fit(X).sizes == [128]
    assert fit(X, subwords=False).sizes == [64]


def make_texts(texts):
    """Return one sequence of categories."""
    return Sequences.from_list([[text] for text in texts])


class TestNumericText:
    """Decimal numbers that are stored as text."""

    @pytest.mark.parametrize(
        "texts",
        [["1.5", "-0.25", "3e4", "7.0e-3"], ["1.5", " 2.5 ", ".5", "n/a"], ["1.0", "2."]],
    )
    def test_warns(self, texts):
        with pytest.warns(NumericTextWarning) as found:
            fit(make_texts(texts))
        message = str(found[0].message)
        assert "numbers such as" in message
        assert "pandas.to_numeric" in message
        assert ("others such as 'n/a'" in message) == ("n/a" in texts)

    @pytest.mark.parametrize(
        "texts", [["0,53", "-1,25", ",5", "1,0"], ["0.5", "0,53"], ["1,5", " 2,5e3", "n/a"]]
    )
    def test_decimal_commas(self, texts):
        """The remedy reads them, also those with a decimal point."""
        with pytest.warns(NumericTextWarning) as found:
            fit(make_texts(texts))
        message = str(found[0].message)
        example = re.search("its categories are numbers such as '(.*?)'[,.]", message)[1]
        assert example in texts
        assert "," in example
        assert 'pandas.read_csv(..., decimal=",")' in message
        remedy = 'pandas.to_numeric(column.str.replace(",", "."), errors="coerce")'
        assert remedy in message
        numbers = pd.to_numeric(pd.Series(texts).str.replace(",", "."), errors="coerce")
        assert numbers.isna().tolist() == [text == "n/a" for text in texts]

    @pytest.mark.parametrize("texts", [["1.5", "2.5"], ["1,5", "2,5"]])
    def test_covariates(self, texts):
        with pytest.warns(NumericTextWarning, match="Column 'load' of X has text, but"):
            CategoryEncoder.fit(texts, np.array([0.0, 1.0, np.nan]), "load")

    @pytest.mark.parametrize(
        "texts",
        [
            ["10115", "20095", "01067"],
            ["1.5", "a", "b", "c"],
            ["a.b", "v1.5", "1.5.2", "1,5,2"],
        ],
    )
    def test_is_quiet(self, texts):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit(make_texts(texts))


class TestErrors:
    def test_numbers_instead_of_categories(self):
        fitted = fit(make_words([4]))
        with pytest.raises(ValueError, match=r"Feature 0 of X is numeric, .* categorical"):
            fitted.bind(Sequences(np.zeros(4), [4]))

    def test_categories_instead_of_numbers(self):
        fitted = fit(Sequences(np.arange(4.0), [4], feature_names=["pulse"]))
        with pytest.raises(ValueError, match=r"'pulse'|Feature 0 of X is categorical"):
            fitted.bind(make_words([4]))

    def test_no_known_category(self):
        fitted = fit(make_words([9]))
        X = make_words([9], words=["der", "Hund"])
        with pytest.warns(UnknownCategoriesWarning, match="'der'.*Check the language"):
            fitted.bind(X)

    def test_one_known_category_is_enough(self, recwarn):
        fit(make_words([30])).bind(make_words([30], words=["der", "the"]))
        assert not recwarn

    @pytest.mark.parametrize("words", [[1, 2], [True, False]])
    def test_numbers_instead_of_text(self, words):
        fitted = fit(make_words([9]))
        with pytest.raises(ValueError, match="X has numbers such as .* fit had text"):
            fitted.bind(make_words([9], words=words))


def test_state():
    fitted = fit(make_words([5, 3], n_numeric=2))
    again = CategoricalInput.from_state(**fitted.to_state())
    X = make_words([4], seed=1, n_numeric=2)
    np.testing.assert_array_equal(read(fitted, X), read(again, X))


@pytest.mark.parametrize(
    "change",
    [
        {"numeric": None},
        {"vocabularies": []},
        {"vocabularies": ["a"]},
        {"sizes": [0]},
        {"sizes": [1, 2]},
        {"is_categorical": np.array([True])},
        {"is_categorical": np.array([0, 0, 1])},
        {"is_categorical": np.array([True, False, True])},
    ],
    ids=str,
)
def test_invalid_state(change):
    state = fit(make_words([5, 3], n_numeric=2)).to_state()
    with pytest.raises(ValueError, match="invalid|fit"):
        CategoricalInput.from_state(**{**state, **change})
