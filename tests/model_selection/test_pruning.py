"""Tests of OptunaPruning."""

from types import SimpleNamespace

import optuna
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUClassifier, GRUForecaster, LSTMRegressor
from skseq.model_selection import OptunaPruning
from skseq.preprocessing import PerStep

from .cases import make_small

optuna.logging.set_verbosity(optuna.logging.WARNING)


class AfterEpoch(optuna.pruners.BasePruner):
    """Prune every trial after a given epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def prune(self, study, trial):
        return trial.last_step + 1 >= self.epoch


def make_trial(epoch=99, direction="minimize"):
    return optuna.create_study(direction=direction, pruner=AfterEpoch(epoch)).ask()


def reports(trial):
    """Return the values reported to a trial, by epoch."""
    values = trial.study.trials[trial.number].intermediate_values
    assert list(values) == list(range(len(values)))
    return list(values.values())


@pytest.mark.parametrize("cls", [GRUClassifier, LSTMRegressor, GRUForecaster])
def test_every_epoch_is_reported(cls):
    estimator, X, y = make_small(cls, max_epochs=3)
    log = clone(estimator).fit(X, y).history_
    trial = make_trial()
    estimator.set_callbacks(OptunaPruning(trial)).fit(X, y)
    name = "valid_loss" if "valid_loss" in log else "train_loss"
    assert reports(trial) == pytest.approx(log[name].tolist(), rel=1e-12)
    assert estimator.history_["train_loss"].equals(log["train_loss"])


def test_sign_follows_the_direction_of_the_study():
    classifier, X, y = make_small(GRUClassifier, early_stopping=True)
    for direction, sign in (("minimize", 1), ("maximize", -1)):
        for monitor in ("auto", "valid_loss", "train_loss", "valid_score"):
            trial = make_trial(direction=direction)
            callback = OptunaPruning(trial, monitor=monitor)
            log = clone(classifier).set_callbacks(callback).fit(X, y).history_
            name = "valid_loss" if monitor == "auto" else monitor
            turned = -sign if monitor == "valid_score" else sign
            assert reports(trial) == pytest.approx((turned * log[name]).tolist())


@pytest.mark.parametrize("cls", [GRUClassifier, LSTMRegressor, GRUForecaster])
def test_pruning_leaves_the_estimator_unchanged(cls):
    estimator, X, y = make_small(cls, max_epochs=3)
    trial = make_trial(epoch=2)
    before = dict(vars(estimator.set_callbacks(OptunaPruning(trial))))
    with pytest.raises(optuna.TrialPruned, match="pruned after epoch 2 at .*_loss"):
        estimator.fit(X, y)
    assert len(reports(trial)) == 2
    assert vars(estimator) == before
    with pytest.raises(NotFittedError):
        estimator.predict(X)
    # A fitted estimator stays fitted, and can be fitted again.
    net = estimator.set_callbacks().fit(X, y).net_
    with pytest.raises(optuna.TrialPruned):
        estimator.set_callbacks(OptunaPruning(make_trial(epoch=1))).fit(X, y)
    assert estimator.net_ is net
    assert estimator.n_iter_ == estimator.set_callbacks().fit(X, y).n_iter_


def test_pipeline_in_a_study():
    classifier, X, y = make_small(GRUClassifier)
    model = make_pipeline(PerStep(StandardScaler()), classifier)

    def objective(trial):
        lr = trial.suggest_categorical("lr", [1e-2, 1e-7])
        model.set_params(gruclassifier__lr=lr).set_callbacks(OptunaPruning(trial))
        return model.fit(X, y).score(X, y)

    pruner = optuna.pruners.MedianPruner(n_startup_trials=1)
    study = optuna.create_study(direction="maximize", pruner=pruner)
    for lr in (1e-2, 1e-7, 1e-2):
        study.enqueue_trial({"lr": lr})
    study.optimize(objective, n_trials=3)
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE", "PRUNED", "COMPLETE"]


def test_first_split_decides_about_pruning():
    classifier, X, y = make_small(GRUClassifier)
    trial = make_trial()
    classifier.set_callbacks(OptunaPruning(trial))
    cross_val_score(classifier, X, y, cv=3, error_score="raise")
    assert len(reports(trial)) == 2
    classifier.set_callbacks(OptunaPruning(make_trial(epoch=1)))
    with pytest.raises(optuna.TrialPruned):
        cross_val_score(classifier, X, y, cv=3, error_score="raise")


class RecordingTrial(SimpleNamespace):
    """A trial that records its reports."""

    def report(self, value, step):
        self.reported.append((step, value))

    def should_prune(self):
        return False


def test_first_fit_of_a_search_reports():
    classifier, X, y = make_small(GRUClassifier)
    trial = RecordingTrial(reported=[], study=make_trial().study)
    search = GridSearchCV(classifier, {"lr": [1e-3, 1e-2]}, cv=2)
    search.set_callbacks(OptunaPruning(trial)).fit(X, y)
    (fold, _), *_ = StratifiedKFold(2).split(X, y)
    first = clone(classifier).fit([X[i] for i in fold], y[fold]).history_
    assert trial.reported == list(enumerate(first["train_loss"]))


def test_trial_without_a_study_is_never_pruned():
    classifier, X, y = make_small(GRUClassifier)
    expected = clone(classifier).fit(X, y).history_["train_loss"]
    trial = optuna.trial.FixedTrial({"lr": 1e-3})
    fitted = classifier.set_callbacks(OptunaPruning(trial)).fit(X, y)
    assert fitted.history_["train_loss"].equals(expected)


@pytest.mark.parametrize(("name", "value"), [("trial", 3), ("monitor", "loss")])
def test_invalid_parameters_raise(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter of OptunaPruning"):
        OptunaPruning(**{"trial": make_trial(), name: value})
