"""scikit-learn's meta-estimators, on every form of X that they accept."""

import pickle

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, TunedThresholdClassifierCV, cross_val_predict
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import (
    ClassifierChain,
    MultiOutputClassifier,
    MultiOutputRegressor,
    RegressorChain,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

import skseq
from skseq.preprocessing import PerStep

from .cases import (
    FORMS,
    TWO_CLASSIFIERS,
    TWO_REGRESSORS,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
)

every_form = pytest.mark.parametrize("form", FORMS)
two_classifiers = pytest.mark.parametrize("cls", TWO_CLASSIFIERS, ids=name_of)
two_regressors = pytest.mark.parametrize("cls", TWO_REGRESSORS, ids=name_of)
FOLDS = KFold(3, shuffle=True, random_state=0)


# Meta-estimators that accept every form of X -----------------------------------------


@pytest.mark.parametrize("voting", ["hard", "soft"])
@every_form
def test_voting_classifier(form, voting):
    X, y = make_X(form), make_y(TWO_CLASSIFIERS[0])
    members = [(cls.__name__, make(cls)) for cls in TWO_CLASSIFIERS]
    vote = VotingClassifier(members, voting=voting).fit(X, y)
    probas = [make(cls).fit(X, y).predict_proba(X) for cls in TWO_CLASSIFIERS]
    if voting == "soft":
        assert (vote.predict_proba(X) == np.mean(probas, axis=0)).all()
    else:
        # With two voters, the smaller label wins a tie.
        expected = np.min([proba.argmax(axis=1) for proba in probas], axis=0)
        assert (vote.predict(X) == expected).all()


def make_average(**params):
    """Return the average of three networks that differ in their seed only."""
    cls = TWO_CLASSIFIERS[0]
    members = [(f"seed{seed}", make(cls, random_state=seed)) for seed in range(3)]
    return VotingClassifier(members, voting="soft", **params)


@every_form
def test_average_of_seeds_with_weights(form):
    """docs/user_guide.md recommends it."""
    X, y = make_X(form), make_y(TWO_CLASSIFIERS[0])
    weights = 1.0 + (y == 2) * np.arange(24)
    average = make_average(n_jobs=2).fit(X, y, sample_weight=weights)
    probas = [
        make(TWO_CLASSIFIERS[0], random_state=seed)
        .fit(X, y, sample_weight=weights)
        .predict_proba(X)
        for seed in range(3)
    ]
    found = average.predict_proba(X)
    assert (found == np.mean(probas, axis=0)).all()
    assert not (probas[0] == probas[1]).all(), "the members are identical"
    assert not (found == make_average().fit(X, y).predict_proba(X)).all()
    again = pickle.loads(pickle.dumps(average))
    assert (again.predict_proba(X) == found).all()


@every_form
def test_average_of_seeds_and_pipelines(form):
    X, y = make_X(form), make_y(TWO_CLASSIFIERS[0])
    weights = 1.0 + (y == 2)
    scaled = make_pipeline(PerStep(StandardScaler()), make_average())
    scaled.fit(X, y, votingclassifier__sample_weight=weights)
    steps = PerStep(StandardScaler())
    expected = make_average().fit(steps.fit_transform(X), y, sample_weight=weights)
    found = scaled.predict_proba(X)
    assert (found == expected.predict_proba(steps.transform(X))).all()

    members = [
        (f"seed{seed}", make_pipeline(PerStep(StandardScaler()), member))
        for seed, (_, member) in enumerate(make_average().estimators)
    ]
    average = VotingClassifier(members, voting="soft").fit(X, y)
    inner = make_average().fit(steps.transform(X), y)
    assert (average.predict_proba(X) == inner.predict_proba(steps.transform(X))).all()


@every_form
def test_voting_regressor(form):
    X, y = make_X(form), make_y(TWO_REGRESSORS[0])
    vote = VotingRegressor([(cls.__name__, make(cls)) for cls in TWO_REGRESSORS]).fit(X, y)
    expected = np.mean([make(cls).fit(X, y).predict(X) for cls in TWO_REGRESSORS], axis=0)
    np.testing.assert_allclose(vote.predict(X), expected, rtol=1e-12)


@every_form
def test_stacking_classifier(form):
    X, y = make_X(form), make_y(TWO_CLASSIFIERS[0])
    members = [(cls.__name__, make(cls)) for cls in TWO_CLASSIFIERS]
    stack = StackingClassifier(members, LogisticRegression(), cv=FOLDS).fit(X, y)
    inner = [
        cross_val_predict(make(cls), X, y, cv=FOLDS, method="predict_proba")
        for cls in TWO_CLASSIFIERS
    ]
    final = LogisticRegression().fit(np.hstack(inner), y)
    outer = [make(cls).fit(X, y).predict_proba(X) for cls in TWO_CLASSIFIERS]
    assert (stack.predict_proba(X) == final.predict_proba(np.hstack(outer))).all()


@every_form
def test_stacking_regressor(form):
    X, y = make_X(form), make_y(TWO_REGRESSORS[0])
    members = [(cls.__name__, make(cls)) for cls in TWO_REGRESSORS]
    stack = StackingRegressor(members, Ridge(), cv=FOLDS).fit(X, y)
    inner = [cross_val_predict(make(cls), X, y, cv=FOLDS) for cls in TWO_REGRESSORS]
    outer = [make(cls).fit(X, y).predict(X) for cls in TWO_REGRESSORS]
    expected = Ridge().fit(np.stack(inner, axis=1), y).predict(np.stack(outer, axis=1))
    np.testing.assert_allclose(stack.predict(X), expected, rtol=1e-9)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
@every_form
@two_classifiers
def test_calibration(cls, form, method):
    X, y = make_X(form), make_y(cls)
    calibrated = CalibratedClassifierCV(make(cls), method=method, cv=3).fit(X, y)
    proba = calibrated.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert len(calibrated.calibrated_classifiers_) == 3


@every_form
@two_classifiers
def test_calibration_of_a_frozen_estimator(cls, form):
    estimator, X = fitted(cls, form)
    before = estimator.predict_proba(X)
    calibrated = CalibratedClassifierCV(FrozenEstimator(estimator)).fit(X, make_y(cls))
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    assert calibrated.estimator.estimator is estimator
    assert (estimator.predict_proba(X) == before).all()


@every_form
@two_classifiers
def test_tuned_threshold(cls, form):
    X, y = make_X(form), (make_y(cls) > 0).astype(int)
    tuned = TunedThresholdClassifierCV(make(cls), cv=3, scoring="balanced_accuracy").fit(
        X, y
    )
    above = make(cls).fit(X, y).predict_proba(X)[:, 1] >= tuned.best_threshold_
    assert (tuned.predict(X) == above).all()


@every_form
@two_classifiers
def test_one_vs_rest(cls, form):
    X, y = make_X(form), make_y(cls)
    found = OneVsRestClassifier(make(cls)).fit(X, y).predict_proba(X)
    each = [make(cls).fit(X, y == label).predict_proba(X)[:, 1] for label in range(3)]
    expected = np.stack(each, axis=1)
    np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True))


@every_form
@two_regressors
def test_multi_output_regressor(cls, form):
    X, y = make_X(form), make_y(cls)
    y = np.stack([y, -y], axis=1)
    found = MultiOutputRegressor(make(cls)).fit(X, y).predict(X)
    for k in range(2):
        assert (found[:, k] == make(cls).fit(X, y[:, k]).predict(X)).all()


@every_form
@two_classifiers
def test_multi_output_classifier(cls, form):
    X, y = make_X(form), make_y(cls)
    y = np.stack([y, (y + 1) % 3], axis=1)
    found = MultiOutputClassifier(make(cls)).fit(X, y).predict(X)
    for k in range(2):
        assert (found[:, k] == make(cls).fit(X, y[:, k]).predict(X)).all()


@every_form
@two_regressors
def test_transformed_target(cls, form):
    X, y = make_X(form), np.exp(make_y(cls))
    found = TransformedTargetRegressor(make(cls), func=np.log, inverse_func=np.exp).fit(
        X, y
    )
    logs = make(cls).fit(X, np.log(y)).predict(X)
    np.testing.assert_allclose(found.predict(X), np.exp(logs), rtol=1e-12)
    scaled = TransformedTargetRegressor(make(cls), transformer=StandardScaler()).fit(X, y)
    assert scaled.predict(X).shape == (24,)


# Meta-estimators that need Sequences -------------------------------------------------
# They require 2-D input; `Sequences` has the shape (n_sequences, 1).


def fit_sequences_only(make_tool, y):
    """Assert that a tool rejects lists and 3-D arrays; return it fitted on Sequences."""
    for form in ("cube", "ragged"):
        with pytest.raises((ValueError, TypeError)):
            make_tool().fit(make_X(form), y)
    return make_tool().fit(make_X("sequences"), y)


@two_classifiers
def test_bagging_classifier(cls):
    y = make_y(cls)
    bag = fit_sequences_only(
        lambda: BaggingClassifier(make(cls), n_estimators=3, random_state=0), y
    )
    X = make_X("sequences")
    votes = [member.predict_proba(X) for member in bag.estimators_]
    np.testing.assert_allclose(bag.predict_proba(X), np.mean(votes, axis=0))
    assert not (votes[0] == votes[1]).all(), "the members are identical"


@two_regressors
def test_bagging_regressor(cls):
    bag = fit_sequences_only(
        lambda: BaggingRegressor(make(cls), n_estimators=3, random_state=0), make_y(cls)
    )
    X = make_X("sequences")
    expected = np.mean([member.predict(X) for member in bag.estimators_], axis=0)
    np.testing.assert_allclose(bag.predict(X), expected)


@two_classifiers
def test_self_training(cls):
    y = make_y(cls)
    y[::4] = -1  # unlabeled
    trained = {"max_epochs": 40, "lr": 0.02}
    model = fit_sequences_only(lambda: SelfTrainingClassifier(make(cls, **trained)), y)
    assert (model.labeled_iter_ > 0).any(), "no sequence was labeled by the model"
    is_given = y != -1
    np.testing.assert_array_equal(model.transduction_[is_given], y[is_given])
    # The last training used the given labels and those of the model.
    assert (model.predict(make_X("sequences")) == model.transduction_).mean() > 0.9


@two_classifiers
def test_one_vs_one(cls):
    model = fit_sequences_only(lambda: OneVsOneClassifier(make(cls)), make_y(cls))
    assert len(model.estimators_) == 3
    assert model.decision_function(make_X("sequences")).shape == (24, 3)


@pytest.mark.parametrize("cls", [*TWO_CLASSIFIERS, *TWO_REGRESSORS], ids=name_of)
def test_permutation_importance(cls):
    """`Sequences` has a single column: the sequence as a whole."""
    estimator, X = fitted(cls, "sequences", max_epochs=30, lr=0.02)
    result = permutation_importance(estimator, X, make_y(cls), n_repeats=3, random_state=0)
    assert result.importances.shape == (1, 3)
    assert result.importances_mean[0] > 0.3
    for form in ("cube", "ragged"):
        with pytest.raises((ValueError, TypeError, AttributeError)):
            permutation_importance(estimator, make_X(form), make_y(cls), n_repeats=1)


# Meta-estimators that do not support sequences ---------------------------------------
# They convert X to a 2-D array of numbers. This is documented in docs/guarantees.md. When
# one of them starts to work, a test fails here and the documentation must be updated.

ERRORS = (ValueError, TypeError)


@pytest.mark.parametrize("form", ["ragged", "objects", "sequences"])
def test_boosting_rejects_variable_lengths(form):
    classifier, regressor = skseq.GRUClassifier, skseq.GRURegressor
    with pytest.raises(ERRORS, match="array|element"):
        AdaBoostClassifier(make(classifier)).fit(make_X(form), make_y(classifier))
    with pytest.raises(ERRORS, match="array|element"):
        AdaBoostRegressor(make(regressor)).fit(make_X(form), make_y(regressor))


def test_boosting_accepts_equal_lengths():
    """Unlike the other meta-estimators, AdaBoost accepts 3-D arrays."""
    X, trained = make_X("cube"), {"max_epochs": 10, "lr": 0.02}
    for cls, tool in (
        (skseq.GRUClassifier, AdaBoostClassifier),
        (skseq.GRURegressor, AdaBoostRegressor),
    ):
        model = tool(make(cls, **trained), n_estimators=2, random_state=0)
        assert model.fit(X, make_y(cls)).score(X, make_y(cls)) > 0.5


@every_form
def test_chains_reject_sequences(form):
    classifier, regressor = skseq.GRUClassifier, skseq.GRURegressor
    X, y = make_X(form), make_y(classifier)
    with pytest.raises(ERRORS, match="array|dim"):
        ClassifierChain(make(classifier)).fit(
            X, np.stack([y > 0, y > 1], axis=1).astype(int)
        )
    with pytest.raises(ERRORS, match="array|dim"):
        RegressorChain(make(regressor)).fit(X, np.stack([y, -y], axis=1))


@every_form
def test_stacking_with_passthrough_rejects_sequences(form):
    classifier, regressor = skseq.GRUClassifier, skseq.GRURegressor
    for stack, y in (
        (
            StackingClassifier([("net", make(classifier))], passthrough=True, cv=3),
            make_y(classifier),
        ),
        (
            StackingRegressor([("net", make(regressor))], passthrough=True, cv=3),
            make_y(regressor),
        ),
    ):
        with pytest.raises(ERRORS, match="array|dim|sequence"):
            stack.fit(make_X(form), y)
