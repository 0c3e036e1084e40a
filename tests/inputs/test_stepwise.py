"""Single steps are converted as batches of whole sequences are."""

import numpy as np
import pytest

from skseq import Sequences
from skseq.inputs import InputScaler
from skseq.inputs.categorical import CategoricalInput
from skseq.sequences.categories import encode

WORDS = ["a", "Bb", "cc", "dd", "Ee"]


def store(steps):
    """Return one sequence of steps, whose last feature is categorical."""
    codes, categories = encode(step[-1] for step in steps)
    numbers = np.array([step[:-1] for step in steps], dtype=float)
    n_numeric = numbers.shape[1]
    return Sequences(
        numbers if n_numeric else None,
        [len(steps)],
        codes=codes[:, None],
        categories=[categories],
        is_categorical=[False] * n_numeric + [True],
    )


def fit(categories, n_numeric=1, missing=False):
    """Return the input of steps with numbers and a category."""
    rng = np.random.default_rng(0)
    steps = [(*rng.normal(3, 2, n_numeric), c) for c in 4 * categories]
    if missing:
        steps.append((*[np.nan] * n_numeric, None))
    data = store(steps)
    numeric = InputScaler.fit(data, scale=True, mask_missing=missing)
    return CategoricalInput.fit(data, numeric, size="auto", subwords=True)


def transform(inputs, steps):
    """Return what a batch of one sequence becomes: (time, n_features)."""
    data = store(steps)
    codes = data.codes[None]
    return inputs.bind(data).transform(data.values[None], codes)[0]


@pytest.mark.parametrize("categories", [WORDS, [0, 1, 2], ["a", 1, 2]])
@pytest.mark.parametrize("n_numeric", [0, 1, 2])
def test_categories_beside_numbers(categories, n_numeric):
    inputs = fit(categories, n_numeric)
    # The second category is unknown.
    steps = [(*[0.5] * n_numeric, c) for c in (categories[1], categories[-1] * 2)]
    found = inputs.transform_step(steps, 2)
    assert found.equal(transform(inputs, steps))


def test_missing_values():
    inputs = fit(WORDS, missing=True)
    steps = [(np.nan, None), (1.0, np.nan)]
    assert inputs.transform_step(steps, 2).equal(transform(inputs, steps))


def test_axes_of_a_single_sequence_or_feature_may_be_omitted():
    inputs, words = fit(WORDS), fit(WORDS, n_numeric=0)
    whole = inputs.transform_step([[0.5, "cc"]], 1)
    assert inputs.transform_step([0.5, "cc"], 1).equal(whole)
    whole = words.transform_step([["cc"]], 1)
    assert words.transform_step("cc", 1).equal(whole)
    assert words.transform_step(["cc", "cc"], 2)[1:].equal(whole)


@pytest.mark.parametrize(
    ("x_t", "message"),
    [
        ([0.5, None], "contains a missing value: feature 1 of sequence 0"),
        ([np.nan, "cc"], "contains NaN: feature 0 of sequence 0"),
        ([np.inf, "cc"], "contains infinity: feature 0 of sequence 0 is inf"),
        ([1e39, "cc"], r"feature 0 of sequence 0 is 1e\+39"),
        ([0.5, 3], "x_t has 3 in feature 1, whose categories were text in fit"),
        (["cc", "cc"], "x_t must have numbers"),
        ([0.5], r"x_t has shape \(1,\), but it must have shape \(1, 2\)"),
    ],
)
def test_wrong_steps(x_t, message):
    with pytest.raises(ValueError, match=message):
        fit(WORDS).transform_step(x_t, 1)


def test_numbers_equal_a_batch():
    X = Sequences(np.random.default_rng(0).normal(7, 3, size=(9, 2)), [9])
    for missing in (False, True):
        inputs = InputScaler.fit(X, scale=True, mask_missing=missing)
        found = inputs.transform_step(X[0], 9)
        assert found.equal(inputs.transform(X[0][None])[0])
