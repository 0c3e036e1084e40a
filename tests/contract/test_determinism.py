"""The same random_state gives the same model; global random states are let alone."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from .cases import (
    ESTIMATORS,
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

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)

# Everything that draws: initial weights, dropout between layers, order, held-out part.
DRAWING = {
    "dropout": 0.3,
    "num_layers": 2,
    "early_stopping": True,
    "validation_fraction": 0.3,
}


@every_estimator_and_form
def test_fit_is_idempotent(cls, form):
    X, y = make_X(form), make_y(cls)
    estimator = make(cls, **DRAWING).fit(X, y)
    before = weights(estimator), predict(estimator, X)
    estimator.fit(X, y)
    assert (weights(estimator) == before[0]).all()
    assert (predict(estimator, X) == before[1]).all()


@two_estimators
def test_fit_forgets_an_earlier_fit_on_other_data(cls):
    X, y = make_X("ragged"), make_y(cls)
    fresh = make(cls).fit(X, y)
    used = make(cls).fit(
        100 + np.zeros((9, 4, 1)) + np.arange(9)[:, None, None], make_y(cls, 9)
    )
    assert (predict(used.fit(X, y), X) == predict(fresh, X)).all()


@every_estimator
def test_random_state_decides_alone(cls):
    X, y = make_X("ragged"), make_y(cls)
    found = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        found.append(weights(make(cls, **DRAWING).fit(X, y)))
    assert (found[0] == found[1]).all()


@two_estimators
def test_another_random_state_gives_another_model(cls):
    X, y = make_X("ragged"), make_y(cls)
    first = weights(make(cls, random_state=0).fit(X, y))
    assert not (first == weights(make(cls, random_state=1).fit(X, y))).all()
    # None is new at each call, though numpy's and torch's global seeds are not.
    found = []
    for _ in range(2):
        np.random.seed(0)  # noqa: NPY002
        torch.manual_seed(0)
        found.append(weights(make(cls, random_state=None).fit(X, y)))
    assert not (found[0] == found[1]).all()


@two_estimators
def test_random_state_instance_is_drawn_from(cls):
    X, y = make_X("ragged"), make_y(cls)

    def two_fits():
        shared = np.random.RandomState(0)
        return [weights(make(cls, random_state=shared).fit(X, y)) for _ in range(2)]

    first, again = two_fits(), two_fits()
    assert (first[0] == again[0]).all()
    assert (first[1] == again[1]).all()
    assert not (first[0] == first[1]).all()


@two_estimators
def test_dropout_and_order_are_drawn_from_the_seed(cls):
    """Same initial weights, so what differs comes from dropout."""
    X, y = make_X("ragged"), make_y(cls)
    wet = weights(make(cls, dropout=0.5).fit(X, y))
    assert not (wet == weights(make(cls, dropout=0.0).fit(X, y))).all()


@every_estimator
def test_threads_do_not_disturb_each_other(cls):
    X, y = make_X("ragged"), make_y(cls)

    def fit(seed):
        return weights(make(cls, random_state=seed, max_epochs=3, **DRAWING).fit(X, y))

    seeds = [0, 1, 0, 1]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(fit, seeds))
    for seed, found in zip(seeds, together, strict=True):
        assert (found == fit(seed)).all()


@two_estimators
def test_threads_may_share_a_fitted_estimator(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls).fit(X, y)
    expected = predict(estimator, X)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: predict(estimator, X), range(12)):
            assert (found == expected).all()


@pytest.mark.parametrize("random_state", [0, None])
@every_estimator
def test_global_state_is_as_before(cls, random_state):
    X, y = make_X("ragged"), make_y(cls)
    before = global_state()
    estimator = make(cls, random_state=random_state, **DRAWING)
    estimator.fit(X, y)
    assert global_state() == before
    estimator.partial_fit(X, y)
    assert global_state() == before
    predict(estimator, X)
    estimator.transform(X)
    assert global_state() == before


@two_estimators
def test_global_state_is_as_before_when_fit_fails(cls):
    before = global_state()
    with pytest.raises(ValueError, match="y has|inconsistent"):
        make(cls).fit(make_X("ragged"), [0, 1])
    with pytest.raises(ArithmeticError):
        make(cls, lr=1e38, max_grad_norm=None, lr_schedule="constant").fit(
            make_X("ragged"), make_y(cls)
        )
    assert global_state() == before
