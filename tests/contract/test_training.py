"""Budget, history, going on, early stopping, precision."""

import numpy as np
import pandas as pd
import pytest
from skorch.callbacks import Callback

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_CLASSIFIERS,
    TWO_ESTIMATORS,
    TWO_REGRESSORS,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
    weights,
)

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
two_classifiers = pytest.mark.parametrize("cls", TWO_CLASSIFIERS, ids=name_of)
two_regressors = pytest.mark.parametrize("cls", TWO_REGRESSORS, ids=name_of)

HOLD_OUT = {"early_stopping": True, "validation_fraction": 0.25}


def all_labels(cls):
    """Return what the first call of partial_fit needs."""
    return {"classes": [0, 1, 2]} if hasattr(cls, "predict_proba") else {}


class Watch(Callback):
    """Remember what was trained on and held out, and the weights of each epoch."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Start anew."""
        self.epochs_ = []

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Look at one epoch."""
        self.training_, self.held_out_ = dataset_train, dataset_valid
        state = net.module_.state_dict()
        self.epochs_.append(np.concatenate([t.numpy().ravel() for t in state.values()]))


@every_estimator_and_form
def test_history_has_a_row_for_each_epoch(cls, form):
    X, y = make_X(form), make_y(cls)
    estimator = make(cls, max_epochs=3).fit(X, y)
    history = estimator.history_
    assert isinstance(history, pd.DataFrame)
    assert history["epoch"].tolist() == [1, 2, 3]
    assert estimator.n_iter_ == 3
    columns = {"epoch", "train_loss", "grad_norm", "lr", "seconds"}
    assert set(history.columns) == columns
    assert np.isfinite(history.to_numpy(dtype=float)).all()
    assert (history[["train_loss", "grad_norm", "seconds"]] > 0).all(axis=None)
    held = make(cls, max_epochs=3, **HOLD_OUT).fit(X, y).history_
    assert set(held.columns) == columns | {"valid_loss", "valid_score"}


@every_estimator
def test_training_lowers_the_loss(cls):
    estimator, X = fitted(cls, max_epochs=40, lr=0.02)
    losses = estimator.history_["train_loss"]
    assert losses.iloc[-1] < 0.3 * losses.iloc[0]
    assert estimator.score(X, make_y(cls)) > 0.9


@two_estimators
def test_learning_rate_warms_up_and_falls_to_nothing(cls):
    estimator, _ = fitted(cls, max_epochs=20, lr=0.01)
    rates = estimator.history_["lr"]
    assert rates.max() <= 0.01
    assert rates.max() > 0.0095
    assert rates.iloc[-1] < 0.0002
    constant, _ = fitted(cls, max_epochs=3, lr=0.01, lr_schedule="constant")
    assert (constant.history_["lr"] == 0.01).all()


class Budget:
    """A callback of scikit-learn's: note the number of epochs, stop after the first."""

    def setup(self, estimator, context):
        """Note."""
        self.n_epochs = context.max_subtasks

    def on_fit_task_begin(self, estimator, context):
        """Go ahead."""

    def on_fit_task_end(self, estimator, context):
        """Stop."""
        return True

    def teardown(self, estimator, context):
        """Nothing to close."""


@pytest.mark.parametrize(
    ("n", "batch_size", "n_epochs"), [(10, "auto", 200), (40, 2, 100), (280, 2, 15)]
)
@two_estimators
def test_default_budget_counts_updates(cls, n, batch_size, n_epochs):
    """About 2000 updates: few sequences are seen more often than many."""
    budget = Budget()
    estimator = make(cls, max_epochs="auto", batch_size=batch_size).set_callbacks(budget)
    estimator.fit(make_X("cube", n), make_y(cls, n))
    assert budget.n_epochs == n_epochs
    assert estimator.n_iter_ == 1


@two_estimators
def test_clipping_of_gradients(cls):
    """AdamW forgives scale, so the limit is seen where it lets nothing through."""
    X, y = make_X("ragged"), make_y(cls)
    free = weights(make(cls, max_grad_norm=None).fit(X, y))
    assert (weights(make(cls, max_grad_norm=1e9).fit(X, y)) == free).all()
    assert not np.allclose(weights(make(cls, max_grad_norm=1e-9).fit(X, y)), free)


# Going on --------------------------------------------------------------------------


@every_estimator
def test_warm_start_goes_on(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls, warm_start=True, max_epochs=20, lr=0.01).fit(X, y)
    first = estimator.history_["train_loss"]
    estimator.fit(X, y)
    second = estimator.history_["train_loss"]
    assert second.iloc[0] < 0.5 * first.iloc[0]
    assert second.iloc[-1] < first.iloc[-1]
    assert estimator.n_iter_ == 20


@two_estimators
def test_warm_start_keeps_the_scaling(cls):
    """The weights are tied to it: a step of no size must leave predictions alone."""
    X, y = make_X("ragged"), make_y(cls)
    # Without a stem: its batch normalisation follows the data at any rate.
    estimator = make(cls, warm_start=True, stem=0).fit(X, y)
    before = predict(estimator, X)
    shifted = [10 + 5 * array for array in X]
    y_shifted = 100 + y if cls is TWO_ESTIMATORS[1] else y
    estimator.set_params(lr=1e-30, weight_decay=0, max_epochs=1).fit(shifted, y_shifted)
    assert (predict(estimator, X) == before).all()


@two_estimators
def test_without_warm_start_scaling_is_learned_anew(cls):
    X, y = make_X("ragged"), make_y(cls)
    expected = predict(make(cls).fit(X, y), X)
    shifted = [10 + 8 * array for array in X]
    found = predict(make(cls).fit(X, y).fit(shifted, y), shifted)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@every_estimator
def test_partial_fit_learns(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls, lr=0.02)
    for _ in range(30):
        estimator.partial_fit(X, y, **all_labels(cls))
    losses = estimator.history_["train_loss"]
    assert estimator.n_iter_ == len(losses) == 30
    assert losses.iloc[-1] < 0.3 * losses.iloc[0]
    assert estimator.score(X, y) > 0.9


@every_form
@two_estimators
def test_partial_fit_takes_every_form(cls, form):
    X, y = make_X(form), make_y(cls)
    estimator = make(cls, dropout=0, batch_size=24).partial_fit(X, y, **all_labels(cls))
    twin = make(cls, dropout=0, batch_size=24, lr_schedule="constant", max_epochs=1)
    twin.fit(X, y)
    assert (weights(estimator) == weights(twin)).all()


@two_estimators
def test_partial_fit_goes_on_from_fit(cls):
    estimator, X = fitted(cls, max_epochs=20, lr=0.01, lr_schedule="constant")
    before = estimator.history_["train_loss"]
    estimator.partial_fit(X, make_y(cls))
    assert estimator.n_iter_ == 21
    assert estimator.history_["train_loss"].iloc[-1] < 1.5 * before.iloc[-1]


@two_estimators
def test_partial_fit_obeys_a_changed_rate(cls):
    estimator, X = fitted(cls, stem=0)
    before = predict(estimator, X)
    estimator.set_params(lr=1e-30).partial_fit(X, make_y(cls))
    assert (predict(estimator, X) == before).all()
    assert estimator.history_["lr"].iloc[-1] == 1e-30


class Batches(Callback):
    """Note what each batch holds."""

    def initialize(self):
        """Start with nothing, once."""
        self.sums_ = getattr(self, "sums_", [])
        return self

    def on_batch_begin(self, net, batch=None, **kwargs):
        """Note one batch."""
        self.sums_.append(float(batch.x.double().sum()))


@two_estimators
def test_repeated_partial_fit_draws_new_orders(cls):
    """Were each call to start from the same seed, all epochs would be alike."""
    X, y, sums = make_X("ragged"), make_y(cls), []

    class Order(Callback):
        def on_batch_begin(self, net, batch=None, **kwargs):
            sums.append(float(batch.x.sum()))

    estimator = make(cls, batch_size=4, callbacks=[Order()])
    estimator.partial_fit(X, y, **all_labels(cls)).partial_fit(X, y)
    assert len(sums) == 12
    assert sums[:6] != sums[6:]


@two_estimators
def test_partial_fit_calls_the_callbacks_of_the_user_each_time(cls):
    X, y, batches = make_X("ragged"), make_y(cls), Batches()
    estimator = make(cls, batch_size=24, callbacks=[batches])
    for _ in range(3):
        estimator.partial_fit(X, y, **all_labels(cls))
    assert len(batches.sums_) == 3
    later = Batches()
    estimator.set_params(callbacks=[later]).partial_fit(X, y)
    assert (len(batches.sums_), len(later.sums_)) == (3, 1)


@two_classifiers
def test_partial_fit_knows_classes_that_come_later(cls):
    X, y = make_X("ragged"), make_y(cls)
    only = np.flatnonzero(y < 2)
    estimator = make(cls).partial_fit([X[i] for i in only], y[only], classes=[2, 0, 1])
    assert estimator.classes_.tolist() == [0, 1, 2]
    assert estimator.predict_proba(X).shape == (24, 3)
    estimator.partial_fit(X[2:3], y[2:3])
    assert estimator.classes_.tolist() == [0, 1, 2]


# Early stopping --------------------------------------------------------------------


@every_estimator_and_form
def test_best_weights_are_put_back(cls, form):
    watch = Watch()
    y = make_y(cls)
    # Labels at random: what is held out cannot be learned, so the loss rises again.
    y = np.random.default_rng(3).permutation(y)
    estimator = make(
        cls, max_epochs=60, lr=0.05, n_iter_no_change=4, callbacks=[watch], **HOLD_OUT
    )
    estimator.fit(make_X(form), y)
    losses = estimator.history_["valid_loss"]
    best = int(losses.argmin())
    assert estimator.n_iter_ == best + 1 + 4 < 60
    assert (weights(estimator) == watch.epochs_[best]).all()
    assert not (weights(estimator) == watch.epochs_[-1]).all()


@two_estimators
def test_n_iter_no_change_is_patience(cls):
    y = np.random.default_rng(3).permutation(make_y(cls))
    X = make_X("ragged")
    params = {"max_epochs": 60, "lr": 0.05, **HOLD_OUT}
    for patience in (1, 3):
        estimator = make(cls, n_iter_no_change=patience, **params).fit(X, y)
        losses = estimator.history_["valid_loss"]
        assert len(losses) - 1 - losses.argmin() == patience


@two_classifiers
def test_held_out_part_respects_classes(cls):
    watch = Watch()
    y = np.repeat(["rare", "usual"], [8, 16])
    make(cls, callbacks=[watch], **HOLD_OUT).fit(make_X("ragged"), y)
    held_out = watch.held_out_.targets.numpy().ravel()
    assert sorted(held_out) == [0, 0, 1, 1, 1, 1]


@every_form
@two_estimators
def test_held_out_part_respects_groups(cls, form):
    watch = Watch()
    X, groups = make_X(form), np.arange(24) % 6
    # A name for each sequence: its first value.
    owner = {float(X[i][0, 0]): groups[i] for i in range(24)}
    make(cls, callbacks=[watch], **HOLD_OUT).fit(X, make_y(cls), groups=groups)
    sides = [
        {owner[float(sequence[0, 0])] for sequence in part.sequences}
        for part in (watch.training_, watch.held_out_)
    ]
    assert sides[0] & sides[1] == set()
    assert sides[0] | sides[1] == set(range(6))
    assert len(watch.training_) + len(watch.held_out_) == 24


@two_estimators
def test_groups_mean_nothing_without_early_stopping(cls):
    X, y = make_X("ragged"), make_y(cls)
    plain = weights(make(cls).fit(X, y))
    assert (weights(make(cls).fit(X, y, groups=np.zeros(24))) == plain).all()


@two_estimators
def test_auto_is_off_on_small_data_and_on_on_large(cls):
    enough = 500 if cls in TWO_REGRESSORS else 2000
    for n, stops in ((enough - 1, False), (enough, True)):
        X, y = np.zeros((n, 1, 1)), np.arange(n) % 2
        estimator = make(cls, early_stopping="auto", max_epochs=1, batch_size=1000)
        assert ("valid_loss" in estimator.fit(X, y).history_) == stops


# Precision -------------------------------------------------------------------------


@every_estimator_and_form
def test_bfloat16_stays_close(cls, form):
    """With the same weights, answers differ by the eight bits of a bfloat16."""
    # At this rate both keep their initial weights.
    still = {"lr": 1e-30, "weight_decay": 0, "stem": 0}
    full, X = fitted(cls, form, **still)
    half, _ = fitted(cls, form, precision="bfloat16", **still)
    np.testing.assert_allclose(weights(half), weights(full), atol=1e-20)
    found, expected = predict(half, X), predict(full, X)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, atol=0.03)
    assert not (found == expected).all(), "the parameter has no effect"


@every_estimator
def test_bfloat16_learns(cls):
    estimator, X = fitted(cls, precision="bfloat16", max_epochs=30, lr=0.02)
    assert estimator.score(X, make_y(cls)) > 0.9


@two_regressors
def test_bfloat16_does_not_round_predictions(cls):
    """Products of matrices are rounded; what comes out at the end is not."""
    X, y = make_X("cube", n=200), make_y(cls, 200)
    predicted = make(cls, precision="bfloat16").fit(X, y).predict(X)
    assert len(np.unique(predicted)) > 190
