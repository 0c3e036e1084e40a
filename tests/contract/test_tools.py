"""scikit-learn's model selection and composition tools, on every form of X.

Each result is compared with the same computation done by hand.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import _safe_indexing
from skorch.callbacks import Callback

import skseq

from .cases import (
    FORMS,
    TWO_CLASSIFIERS,
    TWO_ESTIMATORS,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
    weights,
)

every_form = pytest.mark.parametrize("form", FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
two_classifiers = pytest.mark.parametrize("cls", TWO_CLASSIFIERS, ids=name_of)

FOLDS = KFold(3, shuffle=True, random_state=0)


def fit_folds(cls, X, y, **params):
    """Yield the fitted model and the test indices of each fold."""
    for train, test in FOLDS.split(np.empty(len(y))):
        yield make(cls, **params).fit(_safe_indexing(X, train), y[train]), test


def score_folds(cls, X, y, **params):
    """Return the test score of each fold."""
    return [
        model.score(_safe_indexing(X, test), y[test])
        for model, test in fit_folds(cls, X, y, **params)
    ]


# Composition -----------------------------------------------------------------------


@every_form
@two_estimators
def test_pipeline(cls, form):
    estimator, X = fitted(cls, form)
    pipeline = make_pipeline(FunctionTransformer(), make(cls)).fit(X, make_y(cls))
    assert (predict(pipeline, X) == predict(estimator, X)).all()
    assert (pipeline.transform(X) == estimator.transform(X)).all()
    assert pipeline.score(X, make_y(cls)) == estimator.score(X, make_y(cls))


@every_form
@two_estimators
def test_hidden_states_as_features_of_another_model(cls, form):
    estimator, X = fitted(cls, form)
    last = LogisticRegression() if cls is TWO_ESTIMATORS[0] else Ridge()
    pipeline = make_pipeline(make(cls), StandardScaler(), last).fit(X, make_y(cls))
    states = StandardScaler().fit_transform(estimator.transform(X))
    expected = clone(last).fit(states, make_y(cls)).predict(states)
    np.testing.assert_allclose(pipeline.predict(X), expected, rtol=1e-6)


@every_form
def test_feature_union_of_hidden_states(form):
    parts = [skseq.GRUClassifier, skseq.RNNClassifier]
    X, y = make_X(form), make_y(parts[0])
    union = FeatureUnion([(cls.__name__, make(cls)) for cls in parts])
    states = union.fit_transform(X, y)
    expected = np.hstack([make(cls).fit(X, y).transform(X) for cls in parts])
    assert (states == expected).all()
    assert len(union.get_feature_names_out()) == states.shape[1] == 32
    assert union.get_feature_names_out()[0] == "GRUClassifier__gruclassifier0"


@pytest.mark.parametrize("output", ["default", "pandas"])
@two_estimators
def test_column_of_sequences_next_to_static_columns(cls, output):
    estimator, X = fitted(cls, "ragged")
    y = make_y(cls)
    frame = pd.DataFrame(
        {
            "age": np.arange(24.0),
            "signal": pd.Series(X, dtype=object),
            "weight": np.arange(24.0)[::-1],
        }
    )
    columns = ColumnTransformer(
        [("states", make(cls), "signal"), ("static", StandardScaler(), ["age", "weight"])]
    ).set_output(transform=output)
    found = columns.fit_transform(frame, y)
    static = StandardScaler().fit_transform(frame[["age", "weight"]])
    expected = np.hstack([estimator.transform(X), static])
    np.testing.assert_array_equal(np.asarray(found), expected)
    names = columns.get_feature_names_out()
    assert names[0] == f"states__{cls.__name__.lower()}0"
    assert names[-1] == "static__weight"
    # A list with one column name is also accepted.
    columns.set_params(transformers=[("states", make(cls), ["signal"])])
    np.testing.assert_array_equal(
        np.asarray(columns.fit_transform(frame, y)), estimator.transform(X)
    )


@two_classifiers
def test_grid_search_with_a_column_of_sequences(cls):
    frame = pd.DataFrame({"signal": pd.Series(make_X("ragged"), dtype=object), "age": 1.0})
    columns = ColumnTransformer(
        [("net", make(cls), "signal"), ("age", "passthrough", ["age"])]
    )
    pipeline = make_pipeline(columns, LogisticRegression())
    grid = {"columntransformer__net__hidden_size": [8, 16]}
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(frame, make_y(cls))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(frame).shape == (24,)


@every_form
def test_feature_selection_from_hidden_states(form):
    cls = skseq.GRUClassifier
    X, y = make_X(form), make_y(cls)
    select = SelectFromModel(LogisticRegression(), max_features=5, threshold=-np.inf)
    pipeline = Pipeline([("net", make(cls)), ("select", select)])
    chosen = pipeline.fit_transform(X, y)
    assert chosen.shape == (24, 5)
    states = make(cls).fit(X, y).transform(X)
    assert (chosen == states[:, pipeline["select"].get_support()]).all()
    assert set(pipeline.get_feature_names_out()) <= set(
        pipeline["net"].get_feature_names_out()
    )


# Search ----------------------------------------------------------------------------


@every_form
@two_estimators
def test_grid_search(cls, form):
    X, y = make_X(form), make_y(cls)
    grid = {"hidden_size": [8, 16], "lr": [1e-3, 1e-2]}
    search = GridSearchCV(make(cls), grid, cv=FOLDS, error_score="raise").fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    expected = [
        np.mean(score_folds(cls, X, y, **params)) for params in search.cv_results_["params"]
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)
    assert (
        predict(search, X) == predict(make(cls, **search.best_params_).fit(X, y), X)
    ).all()
    assert (search.transform(X) == search.best_estimator_.transform(X)).all()
    assert search.n_features_in_ == 3


@every_form
@two_estimators
def test_randomized_search(cls, form):
    X, y = make_X(form), make_y(cls)
    rates = {"lr": loguniform(1e-3, 1e-1)}
    search = RandomizedSearchCV(
        make(cls), rates, n_iter=3, cv=FOLDS, random_state=0, error_score="raise"
    ).fit(X, y)
    assert search.best_score_ == pytest.approx(
        np.mean(score_folds(cls, X, y, **search.best_params_))
    )


HALVING = [(HalvingGridSearchCV, form) for form in FORMS] + [
    (HalvingRandomSearchCV, "ragged")
]


@pytest.mark.parametrize(("Search", "form"), HALVING)
@two_estimators
def test_halving_search_over_epochs(cls, form, Search):
    X, y = make_X(form), make_y(cls)
    search = Search(
        make(cls, stem=0),
        {"lr": [1e-3, 1e-2, 1e-1, 1.0]},
        resource="max_epochs",
        max_resources=4,
        min_resources=1,
        factor=2,
        cv=FOLDS,
        random_state=0,
        error_score="raise",
    ).fit(X, y)
    assert search.n_resources_ == [1, 2, 4]
    assert search.best_params_["max_epochs"] == search.best_estimator_.n_iter_ == 4


def test_search_in_several_processes():
    """Models are pickled to loky workers and back."""
    cls, X = TWO_ESTIMATORS[0], make_X("sequences")
    y = make_y(cls)
    grid = {"lr": [1e-3, 1e-2]}
    alone = GridSearchCV(make(cls), grid, cv=FOLDS).fit(X, y)
    together = GridSearchCV(make(cls), grid, cv=FOLDS, n_jobs=2).fit(X, y)
    expected = alone.cv_results_["mean_test_score"]
    assert (together.cv_results_["mean_test_score"] == expected).all()
    models = cross_validate(make(cls), X, y, cv=FOLDS, n_jobs=2, return_estimator=True)
    for found, (model, _) in zip(models["estimator"], fit_folds(cls, X, y), strict=True):
        assert (predict(found, X) == predict(model, X)).all()


# Validation ------------------------------------------------------------------------


@every_form
@two_estimators
def test_cross_validate(cls, form):
    X, y = make_X(form), make_y(cls)
    result = cross_validate(
        make(cls), X, y, cv=FOLDS, return_estimator=True, error_score="raise"
    )
    np.testing.assert_allclose(result["test_score"], score_folds(cls, X, y), rtol=1e-12)
    for found, (model, _) in zip(result["estimator"], fit_folds(cls, X, y), strict=True):
        assert (weights(found) == weights(model)).all()


@every_form
@two_estimators
def test_cross_val_predict(cls, form):
    X, y = make_X(form), make_y(cls)
    method = "predict_proba" if cls is TWO_ESTIMATORS[0] else "predict"
    found = cross_val_predict(make(cls), X, y, cv=FOLDS, method=method)
    for model, test in fit_folds(cls, X, y):
        assert (found[test] == predict(model, _safe_indexing(X, test))).all()


@every_form
@two_estimators
def test_learning_curve(cls, form):
    X, y = make_X(form), make_y(cls)
    sizes, train, test = learning_curve(
        make(cls), X, y, cv=FOLDS, train_sizes=[0.5, 1.0], error_score="raise"
    )
    assert sizes.tolist() == [8, 16]
    assert train.shape == test.shape == (2, 3)
    np.testing.assert_allclose(test[1], score_folds(cls, X, y), rtol=1e-12)


@every_form
@two_classifiers
def test_incremental_learning_curve(cls, form):
    X, y = make_X(form), make_y(cls)
    _, _, test = learning_curve(
        make(cls),
        X,
        y,
        cv=FOLDS,
        train_sizes=[0.5, 1.0],
        exploit_incremental_learning=True,
        error_score="raise",
    )
    assert np.isfinite(test).all()


@every_form
@two_estimators
def test_validation_curve(cls, form):
    X, y = make_X(form), make_y(cls)
    _, test = validation_curve(
        make(cls), X, y, param_name="hidden_size", param_range=[8, 16], cv=FOLDS
    )
    for row, size in zip(test, (8, 16), strict=True):
        np.testing.assert_allclose(row, score_folds(cls, X, y, hidden_size=size))


@every_form
@two_estimators
def test_permutation_test_score(cls, form):
    X, y = make_X(form), make_y(cls)
    score, by_chance, p_value = permutation_test_score(
        make(cls), X, y, cv=FOLDS, n_permutations=3, random_state=0
    )
    assert score == pytest.approx(np.mean(score_folds(cls, X, y)))
    assert by_chance.shape == (3,)
    assert 0 < p_value <= 1


# Metadata --------------------------------------------------------------------------


class RecordDatasets(Callback):
    """Record the data sets of each fit in a class attribute, which clones share."""

    seen = []

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        """Record the training and the validation data set."""
        RecordDatasets.seen.append((dataset_train, dataset_valid))


@pytest.fixture
def recorder():
    """Return a callback that records the data sets of clones, too."""
    RecordDatasets.seen = []
    return RecordDatasets()


@every_form
@two_estimators
def test_sample_weight_is_routed(cls, form, recorder):
    X, y = make_X(form), make_y(cls)
    weight = np.linspace(0.5, 2, 24)
    with config_context(enable_metadata_routing=True):
        estimator = make(cls).set_fit_request(sample_weight=True)
        estimator.set_score_request(sample_weight=True)
        pipeline = make_pipeline(FunctionTransformer(), estimator)
        found = cross_validate(
            pipeline, X, y, cv=FOLDS, params={"sample_weight": weight}, error_score="raise"
        )["test_score"]
    expected = []
    for train, test in FOLDS.split(np.empty(24)):
        model = make(cls).fit(
            _safe_indexing(X, train), y[train], sample_weight=weight[train]
        )
        expected.append(
            model.score(_safe_indexing(X, test), y[test], sample_weight=weight[test])
        )
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    unweighted = cross_validate(make(cls), X, y, cv=FOLDS)["test_score"]
    assert not np.allclose(found, unweighted)


@every_form
@two_estimators
def test_groups_are_routed_to_splitter_and_fit(cls, form, recorder):
    """The splitter keeps groups together, and so does early stopping in each fold."""
    X, y, groups = make_X(form), make_y(cls), np.arange(24) % 6
    owner = {float(X[i][0, 0]): groups[i] for i in range(24)}
    held = {"early_stopping": True, "validation_fraction": 0.25, "callbacks": [recorder]}
    with config_context(enable_metadata_routing=True):
        estimator = make(cls, max_epochs=1, **held).set_fit_request(groups=True)
        search = GridSearchCV(
            estimator, {"lr": [0.01, 0.02]}, cv=GroupKFold(3), error_score="raise"
        )
        search.fit(X, y, groups=groups)
    assert len(recorder.seen) == 2 * 3 + 1
    for fold, parts in enumerate(recorder.seen):
        train, valid = (
            {owner[float(sequence[0, 0])] for sequence in part.sequences} for part in parts
        )
        assert train & valid == set()
        assert len(train | valid) == (6 if fold == 6 else 4)
    assert len(search.best_estimator_.history_["valid_loss"]) == 1
