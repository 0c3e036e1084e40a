"""Equal random states give equal models; global random states are not changed."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from .cases import (
    ALL_ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_ESTIMATORS,
    make,
    make_X,
    make_y,
    name_of,
    predict,
    weights,
)
from .probes import global_state

every_estimator = pytest.mark.parametrize("cls", ALL_ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)

# Parameters that use every source of randomness: initial weights, dropout, batch order,
# and the validation split.
RANDOM_PARAMETERS = {
    "dropout": 0.3,
    "num_layers": 2,
    "early_stopping": True,
    "validation_fraction": 0.3,
}


@every_estimator_and_form
def test_fit_is_idempotent(cls, form):
    X, y = make_X(form), make_y(cls)
    estimator = make(cls, **RANDOM_PARAMETERS).fit(X, y)
    before = weights(estimator), predict(estimator, X)
    estimator.fit(X, y)
    assert (weights(estimator) == before[0]).all()
    assert (predict(estimator, X) == before[1]).all()


@two_estimators
def test_refit_does_not_depend_on_an_earlier_fit(cls):
    X, y = make_X("ragged"), make_y(cls)
    fresh = make(cls).fit(X, y)
    used = make(cls).fit(
        100 + np.zeros((9, 4, 1)) + np.arange(9)[:, None, None], make_y(cls, 9)
    )
    assert (predict(used.fit(X, y), X) == predict(fresh, X)).all()


@every_estimator
def test_model_does_not_depend_on_global_seeds(cls):
    X, y = make_X("ragged"), make_y(cls)
    found = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        found.append(weights(make(cls, **RANDOM_PARAMETERS).fit(X, y)))
    assert (found[0] == found[1]).all()


@two_estimators
def test_different_random_states_give_different_models(cls):
    X, y = make_X("ragged"), make_y(cls)
    first = weights(make(cls, random_state=0).fit(X, y))
    assert not (first == weights(make(cls, random_state=1).fit(X, y))).all()
    # With None, fits differ although the global seeds of numpy and torch are the same.
    found = []
    for _ in range(2):
        np.random.seed(0)  # noqa: NPY002
        torch.manual_seed(0)
        found.append(weights(make(cls, random_state=None).fit(X, y)))
    assert not (found[0] == found[1]).all()


@two_estimators
def test_random_state_instance_advances_with_each_fit(cls):
    X, y = make_X("ragged"), make_y(cls)

    def two_fits():
        shared = np.random.RandomState(0)
        return [weights(make(cls, random_state=shared).fit(X, y)) for _ in range(2)]

    first, again = two_fits(), two_fits()
    assert (first[0] == again[0]).all()
    assert (first[1] == again[1]).all()
    assert not (first[0] == first[1]).all()


@two_estimators
def test_dropout_changes_the_weights(cls):
    """The initial weights and the batch order are equal, so dropout is the only cause."""
    X, y = make_X("ragged"), make_y(cls)
    with_dropout = weights(make(cls, dropout=0.5).fit(X, y))
    assert not (with_dropout == weights(make(cls, dropout=0.0).fit(X, y))).all()


@every_estimator
def test_fits_in_parallel_threads_are_independent(cls):
    X, y = make_X("ragged"), make_y(cls)

    def fit(seed):
        return weights(
            make(cls, random_state=seed, max_epochs=3, **RANDOM_PARAMETERS).fit(X, y)
        )

    seeds = [0, 1, 0, 1]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, seeds))
    for seed, found in zip(seeds, together, strict=True):
        assert (found == fit(seed)).all()


@two_estimators
def test_predict_in_parallel_threads(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls).fit(X, y)
    expected = predict(estimator, X)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: predict(estimator, X), range(12)):
            assert (found == expected).all()


@pytest.mark.parametrize("random_state", [0, None])
@every_estimator
def test_global_state_is_unchanged(cls, random_state):
    X, y = make_X("ragged"), make_y(cls)
    before = global_state()
    estimator = make(cls, random_state=random_state, **RANDOM_PARAMETERS)
    estimator.fit(X, y)
    assert global_state() == before
    estimator.partial_fit(X, y)
    assert global_state() == before
    predict(estimator, X)
    estimator.transform(X)
    assert global_state() == before


@two_estimators
def test_global_state_is_unchanged_when_fit_fails(cls):
    before = global_state()
    with pytest.raises(ValueError, match="y has|inconsistent"):
        make(cls).fit(make_X("ragged"), [0, 1])
    with pytest.raises(ArithmeticError):
        make(cls, lr=1e38, max_grad_norm=None, lr_schedule="constant").fit(
            make_X("ragged"), make_y(cls)
        )
    assert global_state() == before
