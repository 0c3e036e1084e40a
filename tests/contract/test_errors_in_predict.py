"""X of another kind or shape than in fit: the message names both, and the remedy."""

import re

import numpy as np
import pandas as pd
import pytest

from skseq import GRUClassifier

from .cases import make

Y = np.arange(24) % 2
CUBE = np.random.default_rng(0).normal(size=(24, 6, 3))
TEXTS = ["a good film", "bad"] * 12
TOKENS = [text.split() for text in TEXTS]


def fit(X):
    return make(GRUClassifier, max_epochs=1).fit(X, Y)


def predict_raises(model, X, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        model.predict(X)


@pytest.mark.parametrize(
    "X", [TEXTS, TOKENS, pd.Series(TEXTS)], ids=["texts", "tokens", "Series"]
)
def test_text_for_a_model_of_numbers(X):
    message = "X contains text or categories, such as 'a', but GRUClassifier was fitted on 3 numeric"
    predict_raises(fit(CUBE), X, message)


@pytest.mark.parametrize("X", [TEXTS, TOKENS], ids=["texts", "tokens"])
def test_numbers_for_a_model_of_text(X):
    message = (
        "X contains only numbers (3 numeric features), but GRUClassifier was fitted on "
        "text or categories, such as 'a'"
    )
    predict_raises(fit(X), CUBE, message)


def test_table_with_another_number_of_steps():
    table = CUBE[:, :, 0]
    model = fit(table)
    message = (
        "X has 4 features, but GRUClassifier is expecting 6 features as input: X was 2-D"
    )
    predict_raises(model, table[:, :4], f"{message} in fit, and its columns are steps. For")
    assert model.predict(table[:, :4][..., None]).shape == Y.shape  # the remedy
    frame = pd.DataFrame(table[:, :4])
    predict_raises(model, frame, "use X.to_numpy()[..., None].")
    assert model.predict(frame.to_numpy()[..., None]).shape == Y.shape


def test_names_of_steps_are_those_of_fit():
    model = fit(pd.DataFrame(CUBE[:, :, 0]).add_prefix("t"))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(pd.DataFrame(CUBE[:, :4, 0]).add_prefix("t"))
    with pytest.raises(ValueError, match=r"X has 4 features.*use X\[\.\.\., None\]"):
        model.predict(CUBE[:, :4, 0])
