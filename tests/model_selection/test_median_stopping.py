"""Tests of MedianStopping."""

import functools
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUClassifier, GRUForecaster, LSTMRegressor
from skseq.model_selection import MedianStopping
from skseq.preprocessing import PerStep

from .cases import make_small


class FakeNetwork(CallbackSupportMixin, BaseEstimator):
    """An estimator with given losses. Its score is the number of epochs."""

    def __init__(self, losses=(), column="train_loss"):
        self.losses = losses
        self.column = column

    @with_callbacks
    def fit(self, X, y=None):
        fit = self._init_callback_context(max_subtasks=len(self.losses))
        fit.call_on_fit_task_begin(estimator=self)
        self.n_iter_ = 0
        net = SimpleNamespace(history=[])
        for loss in self.losses:
            if loss is None:
                raise RuntimeError("failed")
            epoch = fit.subcontext(task_name="epoch")
            net.history.append({self.column: loss})
            attributes = {"net_": net}
            epoch.call_on_fit_task_begin(estimator=self)
            self.n_iter_ += 1
            if epoch.call_on_fit_task_end(
                estimator=self, reconstruction_attributes=attributes
            ):
                break
        fit.call_on_fit_task_end(estimator=self)
        return self

    def score(self, X, y=None):
        return self.n_iter_


def count_epochs(stopper, *curves, column="train_loss", cv=2):
    """Return the number of epochs of each loss curve: (n_candidates, n_splits)."""
    search = GridSearchCV(
        FakeNetwork(column=column), {"losses": curves}, cv=cv, refit=False
    )
    search.set_callbacks(stopper).fit(np.zeros((4, 1)))
    splits = [search.cv_results_[f"split{k}_test_score"] for k in range(cv)]
    return np.array(splits).T


class TestRule:
    """The best value so far is compared with the median of the means of the others."""

    def test_candidates_worse_than_the_median_are_stopped(self):
        good, bad = [4, 3, 2, 1], [9, 9, 9, 9]
        stopper = MedianStopping(min_candidates=3, min_epochs=2)
        ran = count_epochs(stopper, good, good, good, bad, good)
        np.testing.assert_array_equal(ran, [[4, 4], [4, 4], [4, 4], [2, 2], [4, 4]])
        expected = [[0, 3, 0, 2], [0, 3, 1, 2]]
        np.testing.assert_array_equal(stopper.stopped_, expected)
        assert list(stopper.stopped_) == ["iter", "candidate", "split", "epochs"]

    def test_best_value_is_compared_with_means(self):
        # The mean of the others is 3 after 2 epochs, and 2 after 3 epochs.
        others = [4, 2, 0]
        stopper = MedianStopping(min_candidates=1, min_epochs=2)
        assert count_epochs(stopper, others, [3, 9, 2])[1, 0] == 3
        assert count_epochs(stopper, others, [3.1, 9, 2])[1, 0] == 2
        assert count_epochs(stopper, others, [3, 9, 2.1, 0])[1, 0] == 3

    def test_first_candidates_are_not_stopped(self):
        curves = [[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4]]
        for n, expected in ((1, [3, 1, 1, 1]), (2, [3, 3, 1, 1]), (4, [3, 3, 3, 3])):
            ran = count_epochs(MedianStopping(min_candidates=n, min_epochs=1), *curves)
            assert ran[:, 0].tolist() == expected

    def test_shorter_fits_are_not_compared(self):
        stopper = MedianStopping(min_candidates=2, min_epochs=3)
        assert count_epochs(stopper, [1, 1], [1, 1, 1], [5, 5, 5, 5])[2, 0] == 4
        assert count_epochs(stopper, [1, 1, 1], [1, 1, 1], [5, 5, 5, 5])[2, 0] == 3

    def test_higher_scores_are_better(self):
        stopper = MedianStopping(min_candidates=1, min_epochs=1, monitor="valid_score")
        curves = [[0.5, 0.6], [0.1, 0.2], [0.7, 0.8]]
        ran = count_epochs(stopper, *curves, column="valid_score")
        assert ran[:, 0].tolist() == [2, 1, 2]

    def test_nan_values_are_ignored(self):
        stopper = MedianStopping(min_candidates=1, min_epochs=2)
        ran = count_epochs(stopper, [1, 1, 1], [np.nan] * 3, [np.nan, 1, 1])
        assert ran[:, 0].tolist() == [3, 2, 3]

    def test_fits_with_nan_only_are_stopped_and_not_compared(self):
        stopper = MedianStopping(min_candidates=2, min_epochs=1)
        none, good, bad = [np.nan] * 2, [1, 1], [5, 5]
        ran = count_epochs(stopper, none, good, bad, bad, none)
        # The third fit has one fit to compare with, the fourth has two.
        assert ran[:, 0].tolist() == [2, 2, 2, 1, 1]

    def test_infinite_values_are_ignored(self):
        stopper = MedianStopping(min_candidates=1, min_epochs=2)
        ran = count_epochs(stopper, [np.inf, 2, 2], [np.inf, 3, 3], [np.inf, 1, 1])
        assert ran[:, 0].tolist() == [3, 2, 3]

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
    @pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
    def test_state_of_a_completed_search_is_removed(self):
        stopper = MedianStopping(min_candidates=1, min_epochs=1)
        count_epochs(stopper, [1, 1], [1, None])
        assert (stopper._curves, stopper._n_splits, stopper._folders) == ({}, {}, {})


GRID = {"lr": [3e-3, 1e-2, 1e-6, 1e-7]}


@pytest.mark.parametrize("cls", [GRUClassifier, LSTMRegressor, GRUForecaster])
def test_scores_of_other_candidates_do_not_change(cls):
    estimator, X, y = make_small(cls, max_epochs=4)
    cv = TimeSeriesSplit(2, test_size=4)
    plain = GridSearchCV(estimator, GRID, cv=cv).fit(X, y)
    stopper = MedianStopping(min_candidates=2, min_epochs=2)
    search = GridSearchCV(estimator, GRID, cv=cv).set_callbacks(stopper).fit(X, y)
    stopped = set(stopper.stopped_["candidate"])
    assert stopped
    assert stopped <= {2, 3}
    for i in range(2):
        scores = [r.cv_results_[f"split{i}_test_score"][:2] for r in (search, plain)]
        np.testing.assert_array_equal(*scores)
    assert search.best_estimator_.n_iter_ == plain.best_estimator_.n_iter_


def test_several_processes_and_a_pipeline():
    classifier, X, y = make_small(GRUClassifier, max_epochs=4)
    model = make_pipeline(PerStep(StandardScaler()), classifier)
    # In any order of the fits, the last candidate is compared with enough others.
    grid = {"gruclassifier__lr": [1e-2] * 8 + [1e-7] * 2}
    stopper = MedianStopping(min_candidates=2, min_epochs=2)
    search = GridSearchCV(model, grid, cv=2, n_jobs=2)
    search.set_callbacks(stopper).fit(X, y)
    assert {9} <= set(stopper.stopped_["candidate"]) <= {8, 9}
    assert (stopper.stopped_["epochs"] == 2).all()


def test_final_fit_is_not_stopped():
    classifier, X, y = make_small(GRUClassifier, max_epochs=3)
    grid = {"lr": [1e-2, 1e-7]}
    stopper = MedianStopping(min_candidates=1, min_epochs=1)
    worst = GridSearchCV(classifier, grid, cv=2, refit=lambda results: 1)
    worst.set_callbacks(stopper).fit(X, y)
    assert set(stopper.stopped_["candidate"]) == {1}
    assert worst.best_estimator_.n_iter_ == 3


def test_halving_search_compares_within_an_iteration():
    classifier, X, y = make_small(GRUClassifier)
    search = HalvingGridSearchCV(
        classifier, {"lr": [1e-2, 1e-7]}, cv=2, resource="max_epochs",
        min_resources=2, max_resources=4, factor=2, aggressive_elimination=False,
    )  # fmt: skip
    stopper = MedianStopping(min_candidates=1, min_epochs=1)
    search.set_callbacks(stopper).fit(X, y)
    rows = stopper.stopped_[["iter", "candidate"]].drop_duplicates()
    assert rows.to_numpy().tolist() == [[0, 1]]


def test_nested_search():
    classifier, X, y = make_small(GRUClassifier)
    inner = GridSearchCV(classifier, {"lr": [1e-2, 1e-7]}, cv=2)
    outer = GridSearchCV(inner, {"estimator__num_layers": [1]}, cv=3)
    stopper = MedianStopping(min_candidates=1, min_epochs=1)
    outer.set_callbacks(stopper).fit(X, y)
    # On both inner splits of three outer splits and of the final fit.
    assert stopper.stopped_["candidate"].tolist() == [1] * 4 * 2
    assert outer.best_estimator_.best_estimator_.n_iter_ == 2


def test_auto_monitor_prefers_the_validation_loss():
    classifier, X, y = make_small(GRUClassifier, early_stopping=True, max_epochs=2)
    seen = []

    class Spy(MedianStopping):
        def _is_worse_than_median(self, curve, folder):
            seen.append(curve.monitor)
            return False

    for model in (classifier, clone(classifier).set_params(early_stopping=False)):
        GridSearchCV(model, {}, cv=2, refit=False).set_callbacks(Spy()).fit(X, y)
    assert seen == ["valid_loss"] * 4 + ["train_loss"] * 4


def test_no_effect_outside_a_search():
    classifier, X, y = make_small(GRUClassifier, max_epochs=6)
    stopper = MedianStopping(min_candidates=1, min_epochs=1)
    assert classifier.set_callbacks(stopper).fit(X, y).n_iter_ == 6
    assert len(stopper.stopped_) == 0


def test_files_are_removed(tmp_path):
    count_epochs(MedianStopping(directory=tmp_path / "shared"), [1, 2], [1, 2])
    assert list((tmp_path / "shared").iterdir()) == []


def test_workers_without_the_folder_are_not_stopped(tmp_path):
    classifier, X, y = make_small(GRUClassifier, max_epochs=3)

    class WithoutFolder(MedianStopping):
        def setup(self, estimator, context):
            super().setup(estimator, context)
            Path(self._folders[context.root_uuid]).rmdir()

    stopper = WithoutFolder(min_candidates=1, min_epochs=1)
    search = GridSearchCV(classifier, {"lr": [1e-2, 1e-7]}, cv=2)
    search.set_callbacks(stopper).fit(X, y)
    assert len(stopper.stopped_) == 0


def test_missing_monitor_raises():
    classifier, X, y = make_small(GRUClassifier)
    stopper = MedianStopping(monitor="valid_loss")
    search = GridSearchCV(classifier, {}, cv=2, error_score="raise")
    with pytest.raises(
        ValueError, match="monitor='valid_loss' needs held-out data, but GRUClassifier"
    ):
        search.set_callbacks(stopper).fit(X, y)


@pytest.mark.parametrize(
    ("name", "value"),
    [("min_candidates", 0), ("min_epochs", 0), ("monitor", "loss"), ("directory", 3)],
)
def test_invalid_parameters_raise(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter of MedianStopping"):
        MedianStopping(**{name: value})


@pytest.mark.parametrize("cls", [GRUClassifier, LSTMRegressor, GRUForecaster])
@pytest.mark.parametrize(
    "entry", [MedianStopping(), ("stop", MedianStopping()), MedianStopping]
)
def test_raises_among_the_callbacks_of_skorch(cls, entry):
    estimator, X, y = make_small(cls)
    message = (
        r"callbacks contains MedianStopping, a callback of scikit-learn.* to set_callbacks .*"
        rf"{cls.__name__}\(\.\.\.\)\.set_callbacks\(MedianStopping\(\.\.\.\)\)"
    )
    n_known = len(y) - 4
    fitted = clone(estimator).fit(X[:n_known], y[:n_known])
    for model in (estimator, fitted):
        model.set_params(callbacks=[entry])
    with pytest.raises(TypeError, match=message):
        estimator.fit(X, y)
    update = functools.partial(fitted.update, n_epochs=1) if cls is GRUForecaster else None
    with pytest.raises(TypeError, match=message):
        (update or fitted.partial_fit)(X[n_known:], y[n_known:])
