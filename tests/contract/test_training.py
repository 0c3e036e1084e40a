"""Training: budget, history, incremental training, early stopping, precision."""

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
    """Return the extra arguments of the first call of partial_fit."""
    return {"classes": [0, 1, 2]} if hasattr(cls, "predict_proba") else {}


class TrainingRecorder(Callback):
    """Record the training and validation data, and the weights of each epoch."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Start with an empty list."""
        self.epochs_ = []

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Record one epoch."""
        self.training_, self.held_out_ = dataset_train, dataset_valid
        state = net.module_.state_dict()
        self.epochs_.append(np.concatenate([t.numpy().ravel() for t in state.values()]))


@every_estimator_and_form
def test_history_has_one_row_per_epoch(cls, form):
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
def test_learning_rate_schedule(cls):
    estimator, _ = fitted(cls, max_epochs=20, lr=0.01)
    rates = estimator.history_["lr"]
    assert rates.max() <= 0.01
    assert rates.max() > 0.0095
    assert rates.iloc[-1] < 0.0002
    constant, _ = fitted(cls, max_epochs=3, lr=0.01, lr_schedule="constant")
    assert (constant.history_["lr"] == 0.01).all()


class Budget:
    """A scikit-learn callback that records the number of epochs and stops training."""

    def setup(self, estimator, context):
        self.n_epochs = context.max_subtasks

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        return True

    def teardown(self, estimator, context):
        pass


@pytest.mark.parametrize(
    ("n", "batch_size", "n_epochs"), [(10, "auto", 200), (40, 2, 100), (280, 2, 15)]
)
@two_estimators
def test_default_budget_counts_updates(cls, n, batch_size, n_epochs):
    """The default is about 2,000 updates, in 10 to 200 epochs."""
    budget = Budget()
    estimator = make(cls, max_epochs="auto", batch_size=batch_size).set_callbacks(budget)
    estimator.fit(make_X("cube", n), make_y(cls, n))
    assert budget.n_epochs == n_epochs
    assert estimator.n_iter_ == 1


@two_estimators
def test_default_budget_ends_at_a_low_loss(cls):
    """Few sequences that are learned by heart do not take all epochs."""
    X, y = make_X("cube", 10), make_y(cls, 10)
    settings = {"lr": 0.01, "dropout": 0.0, "weight_decay": 0.0}
    estimator = make(cls, max_epochs="auto", **settings).fit(X, y)
    losses = estimator.history_["train_loss"]
    low = losses < estimator._loss_floor * losses[0]
    first = int(low.argmax()) + 1  # epochs until the loss was low
    assert low.any()
    assert estimator.n_iter_ == first + max(20, -(-first // 2)) < 200
    assert estimator.history_["lr"].iloc[-1] < 0.1 * estimator.history_["lr"][first - 1]
    assert make(cls, max_epochs=200, **settings).fit(X, y).n_iter_ == 200
    constant = make(cls, max_epochs="auto", lr_schedule="constant", **settings)
    assert constant.fit(X, y).n_iter_ == 200


@two_estimators
def test_gradient_clipping(cls):
    """AdamW is invariant to the scale of gradients, so only a tiny limit has an effect."""
    X, y = make_X("ragged"), make_y(cls)
    free = weights(make(cls, max_grad_norm=None).fit(X, y))
    assert (weights(make(cls, max_grad_norm=1e9).fit(X, y)) == free).all()
    assert not np.allclose(weights(make(cls, max_grad_norm=1e-9).fit(X, y)), free)


# Incremental training ----------------------------------------------------------------


@every_estimator
def test_warm_start_continues_training(cls):
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
    """With a learning rate near 0, a warm start must not change predictions."""
    X, y = make_X("ragged"), make_y(cls)
    # No stem: the statistics of its batch normalization change at any learning rate.
    estimator = make(cls, warm_start=True, stem=0).fit(X, y)
    before = predict(estimator, X)
    shifted = [10 + 5 * array for array in X]
    y_shifted = 100 + y if cls is TWO_ESTIMATORS[1] else y
    estimator.set_params(lr=1e-30, weight_decay=0, max_epochs=1).fit(shifted, y_shifted)
    assert (predict(estimator, X) == before).all()


@two_estimators
def test_refit_learns_the_scaling_again(cls):
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
def test_partial_fit_accepts_every_form(cls, form):
    X, y = make_X(form), make_y(cls)
    estimator = make(cls, dropout=0, batch_size=24).partial_fit(X, y, **all_labels(cls))
    other = make(cls, dropout=0, batch_size=24, lr_schedule="constant", max_epochs=1)
    other.fit(X, y)
    assert (weights(estimator) == weights(other)).all()


@two_estimators
def test_partial_fit_continues_after_fit(cls):
    estimator, X = fitted(cls, max_epochs=20, lr=0.01, lr_schedule="constant")
    before = estimator.history_["train_loss"]
    estimator.partial_fit(X, make_y(cls))
    assert estimator.n_iter_ == 21
    assert estimator.history_["train_loss"].iloc[-1] < 1.5 * before.iloc[-1]


@two_estimators
def test_partial_fit_uses_a_changed_learning_rate(cls):
    estimator, X = fitted(cls, stem=0)
    before = predict(estimator, X)
    estimator.set_params(lr=1e-30).partial_fit(X, make_y(cls))
    assert (predict(estimator, X) == before).all()
    assert estimator.history_["lr"].iloc[-1] == 1e-30


class BatchSums(Callback):
    """Record the sum of each batch."""

    def initialize(self):
        """Create the list in the first call only."""
        self.sums_ = getattr(self, "sums_", [])
        return self

    def on_batch_begin(self, net, batch=None, **kwargs):
        """Record one batch."""
        self.sums_.append(float(batch.x.double().sum()))


@two_estimators
def test_partial_fit_uses_a_new_batch_order_in_each_call(cls):
    """If each call started from the same seed, all epochs would have the same order."""
    X, y, sums = make_X("ragged"), make_y(cls), []

    class Order(Callback):
        def on_batch_begin(self, net, batch=None, **kwargs):
            sums.append(float(batch.x.sum()))

    estimator = make(cls, batch_size=4, callbacks=[Order()])
    estimator.partial_fit(X, y, **all_labels(cls)).partial_fit(X, y)
    assert len(sums) == 12
    assert sums[:6] != sums[6:]


@two_estimators
def test_partial_fit_calls_user_callbacks_in_each_call(cls):
    X, y, batches = make_X("ragged"), make_y(cls), BatchSums()
    estimator = make(cls, batch_size=24, callbacks=[batches])
    for _ in range(3):
        estimator.partial_fit(X, y, **all_labels(cls))
    assert len(batches.sums_) == 3
    later = BatchSums()
    estimator.set_params(callbacks=[later]).partial_fit(X, y)
    assert (len(batches.sums_), len(later.sums_)) == (3, 1)


@two_classifiers
def test_partial_fit_with_classes_that_occur_later(cls):
    X, y = make_X("ragged"), make_y(cls)
    only = np.flatnonzero(y < 2)
    estimator = make(cls).partial_fit([X[i] for i in only], y[only], classes=[2, 0, 1])
    assert estimator.classes_.tolist() == [0, 1, 2]
    assert estimator.predict_proba(X).shape == (24, 3)
    estimator.partial_fit(X[2:3], y[2:3])
    assert estimator.classes_.tolist() == [0, 1, 2]


# Early stopping --------------------------------------------------------------------


@every_estimator_and_form
def test_early_stopping_restores_the_best_weights(cls, form):
    recorder = TrainingRecorder()
    y = make_y(cls)
    # Random labels cannot be generalized, so the validation loss rises again.
    y = np.random.default_rng(3).permutation(y)
    estimator = make(
        cls, max_epochs=60, lr=0.05, n_iter_no_change=4, callbacks=[recorder], **HOLD_OUT
    )
    estimator.fit(make_X(form), y)
    losses = estimator.history_["valid_loss"]
    best = int(losses.argmin())
    assert estimator.n_iter_ == best + 1 + 4 < 60
    assert (weights(estimator) == recorder.epochs_[best]).all()
    assert not (weights(estimator) == recorder.epochs_[-1]).all()


@two_estimators
def test_n_iter_no_change_is_the_patience(cls):
    y = np.random.default_rng(3).permutation(make_y(cls))
    X = make_X("ragged")
    params = {"max_epochs": 60, "lr": 0.05, **HOLD_OUT}
    for patience in (1, 3):
        estimator = make(cls, n_iter_no_change=patience, **params).fit(X, y)
        losses = estimator.history_["valid_loss"]
        assert len(losses) - 1 - losses.argmin() == patience


@two_classifiers
def test_validation_split_is_stratified(cls):
    recorder = TrainingRecorder()
    y = np.repeat(["rare", "usual"], [8, 16])
    make(cls, callbacks=[recorder], **HOLD_OUT).fit(make_X("ragged"), y)
    held_out = recorder.held_out_.targets.values.ravel()
    assert sorted(held_out) == [0, 0, 1, 1, 1, 1]


@every_form
@two_estimators
def test_validation_split_keeps_groups_together(cls, form):
    recorder = TrainingRecorder()
    X, groups = make_X(form), np.arange(24) % 6
    # Identify each sequence by its first value.
    owner = {float(X[i][0, 0]): groups[i] for i in range(24)}
    make(cls, callbacks=[recorder], **HOLD_OUT).fit(X, make_y(cls), groups=groups)
    sides = [
        {owner[float(sequence[0, 0])] for sequence in part.sequences}
        for part in (recorder.training_, recorder.held_out_)
    ]
    assert sides[0] & sides[1] == set()
    assert sides[0] | sides[1] == set(range(6))
    assert len(recorder.training_) + len(recorder.held_out_) == 24


@two_estimators
def test_groups_have_no_effect_without_early_stopping(cls):
    X, y = make_X("ragged"), make_y(cls)
    plain = weights(make(cls).fit(X, y))
    assert (weights(make(cls).fit(X, y, groups=np.zeros(24))) == plain).all()


@two_estimators
def test_early_stopping_auto_depends_on_the_number_of_sequences(cls):
    enough = 500 if cls in TWO_REGRESSORS else 2000
    for n, stops in ((enough - 1, False), (enough, True)):
        X, y = np.zeros((n, 1, 1)), np.arange(n) % 2
        estimator = make(cls, early_stopping="auto", max_epochs=1, batch_size=1000)
        assert ("valid_loss" in estimator.fit(X, y).history_) == stops


@two_estimators
def test_early_stopping_auto_is_off_for_labels_of_text(cls):
    X, y = [["bad"], ["good"]] * 1000, [0, 1] * 1000
    estimator = make(cls, early_stopping="auto", max_epochs=1, batch_size=1000)
    stops = "valid_loss" in estimator.fit(X, y).history_
    assert stops == (cls in TWO_REGRESSORS)


# Precision -------------------------------------------------------------------------


@every_estimator_and_form
def test_bfloat16_predictions_are_close(cls, form):
    """With equal weights, predictions differ by the precision of bfloat16 (8 bits)."""
    # At this learning rate, both keep their initial weights.
    still = {"lr": 1e-30, "weight_decay": 0, "stem": 0}
    full, X = fitted(cls, form, **still)
    half, _ = fitted(cls, form, precision="bfloat16", **still)
    np.testing.assert_allclose(weights(half), weights(full), atol=1e-20)
    found, expected = predict(half, X), predict(full, X)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, atol=0.03)
    assert not (found == expected).all(), "the parameter has no effect"


@every_estimator
def test_bfloat16_training(cls):
    estimator, X = fitted(cls, precision="bfloat16", max_epochs=30, lr=0.02)
    assert estimator.score(X, make_y(cls)) > 0.9


@two_regressors
def test_bfloat16_does_not_round_predictions(cls):
    """Matrix products are rounded to bfloat16, the predictions are not."""
    X, y = make_X("cube", n=200), make_y(cls, 200)
    predicted = make(cls, precision="bfloat16").fit(X, y).predict(X)
    assert len(np.unique(predicted)) > 190
