"""Text, tokens and categories as X of sequence estimators."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUClassifier, GRUForecaster, GRURegressor, Sequences
from skseq.exceptions import CharactersWarning
from skseq.preprocessing import PerStep, Tokenizer

TEXTS = ["a good film", "bad", "the film was bad", "good, good"] * 3
TOKENS = [text.replace(",", " ,").split() for text in TEXTS]
Y = np.array([1, 0, 0, 1] * 3)
VOCABULARY = sorted({token for tokens in TOKENS for token in tokens})
CODES = [np.array([VOCABULARY.index(t) for t in tokens]) for tokens in TOKENS]


def make(cls=GRUClassifier, **parameters):
    return cls(
        **{"max_epochs": 2, "hidden_size": 4, "random_state": 0, "verbose": 0, **parameters}
    )


@pytest.mark.parametrize(
    "X",
    [
        np.array(TEXTS),
        pd.Series(TEXTS),
        pd.DataFrame({"text": TEXTS}),
        TOKENS,
        pd.Series(TOKENS),
        Sequences.from_list(TOKENS),
        Tokenizer().fit_transform(TEXTS),
    ],
)
def test_containers_give_the_same_predictions(X):
    expected = make().fit(TEXTS, Y)
    estimator = make().fit(X, Y)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected.predict_proba(TEXTS))
    np.testing.assert_array_equal(
        estimator.predict_proba(TOKENS), expected.predict_proba(TEXTS)
    )
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))


def test_named_codes_are_categories():
    estimator = make(subwords=False).fit(CODES[:4], Y[:4])
    named = make(categorical_features=[0], subwords=False).fit(CODES[:4], Y[:4])
    words = make(subwords=False).fit(TOKENS[:4], Y[:4])
    assert named.scaler_.n_features == 1
    assert named.predict_proba(CODES[:4]).shape == (4, 2)
    # Predictions use the fitted attributes.
    again = named.predict_proba(CODES[:4])
    named.set_params(categorical_features="from_dtype")
    np.testing.assert_array_equal(named.predict_proba(CODES[:4]), again)
    assert len(words.scaler_.vocabularies[0].categories) == len(
        named.scaler_.vocabularies[0].categories
    )
    assert estimator.scaler_.categories == ()


def test_pipelines_and_searches():
    X = pd.DataFrame({"text": TEXTS})
    columns = ColumnTransformer([("text", Tokenizer(), "text")])
    for model in (
        make_pipeline(Tokenizer(), make()),
        make_pipeline(columns, make()),
    ):
        assert cross_val_predict(model, X, Y, cv=2).shape == Y.shape
    search = GridSearchCV(
        make_pipeline(Tokenizer(), make()), {"tokenizer__analyzer": ["word", "char"]}, cv=2
    ).fit(TEXTS, Y)
    assert search.best_params_["tokenizer__analyzer"] in ("word", "char")


@pytest.mark.parametrize(
    ("fitted", "predicted", "message"),
    [
        (TOKENS, CODES, "Feature 0 of X is numeric, but it was categorical in fit"),
        (CODES, TOKENS, "Feature 0 of X is categorical, but it was numeric in fit"),
        (
            Sequences.from_list(TOKENS, feature_names=["token"]),
            Sequences.from_list(CODES, feature_names=["token"]),
            r"Feature 0 of X \('token'\) is numeric, but it was categorical in fit",
        ),
    ],
)
def test_other_kind_of_a_feature_in_predict(fitted, predicted, message):
    estimator = make().fit(fitted, Y)
    with pytest.raises(ValueError, match=message):
        estimator.predict(predicted)


def test_text_for_numeric_options():
    with pytest.raises(ValueError, match="X contains text, such as 'a good film', but"):
        make(categorical_features=None).fit(TEXTS, Y)
    for X in (TEXTS, TOKENS, Sequences.from_list(TOKENS)):
        with pytest.raises(
            ValueError, match="text|not a number|only numeric|transforms numeric"
        ):
            PerStep(StandardScaler()).fit(X)
    with pytest.raises(ValueError, match="text|number|numeric"):
        make(GRUForecaster).fit(np.array(TOKENS[0])[:, None], np.arange(3.0))


def test_missing_tokens():
    X = [*TOKENS[:3], ["good", None], *TOKENS[4:]]
    with pytest.raises(ValueError, match="sequence 3, step 1, feature 0 is missing"):
        make().fit(X, Y)
    assert make(missing="mask").fit(X, Y).predict(X).shape == Y.shape


def test_single_characters_raise_a_warning_in_fit():
    X = [list(text) for text in TEXTS]
    with pytest.warns(CharactersWarning, match="single characters"):
        estimator = make().fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.predict(X)
        make_pipeline(Tokenizer(analyzer="char"), make()).fit(TEXTS, Y)


def test_regressors_read_text():
    assert make(GRURegressor).fit(TEXTS, Y.astype(float)).predict(TEXTS).shape == Y.shape
