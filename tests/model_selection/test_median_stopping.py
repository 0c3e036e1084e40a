"""MedianStopping: who is stopped, when, and that nobody else notices."""

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


class Actor(CallbackSupportMixin, BaseEstimator):
    """Plays a fit whose losses are given."""

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
                raise RuntimeError("cannot go on")
            epoch = fit.subcontext(task_name="epoch")
            net.history.append({self.column: loss})
            known = {"net_": net}
            epoch.call_on_fit_task_begin(estimator=self)
            self.n_iter_ += 1
            if epoch.call_on_fit_task_end(estimator=self, reconstruction_attributes=known):
                break
        fit.call_on_fit_task_end(estimator=self)
        return self

    def score(self, X, y=None):
        return self.n_iter_


def play(stopper, *curves, column="train_loss", cv=2):
    """Return for how many epochs each curve runs (rows: candidates, columns: splits)."""
    search = GridSearchCV(Actor(column=column), {"losses": curves}, cv=cv, refit=False)
    search.set_callbacks(stopper).fit(np.zeros((4, 1)))
    splits = [search.cv_results_[f"split{k}_test_score"] for k in range(cv)]
    return np.array(splits).T


class TestRule:
    """Best so far against the median of the others' means so far."""

    def test_worse_than_the_median_is_stopped(self):
        good, bad = [4, 3, 2, 1], [9, 9, 9, 9]
        stopper = MedianStopping(min_candidates=3, min_epochs=2)
        ran = play(stopper, good, good, good, bad, good)
        np.testing.assert_array_equal(ran, [[4, 4], [4, 4], [4, 4], [2, 2], [4, 4]])
        expected = [[0, 3, 0, 2], [0, 3, 1, 2]]
        np.testing.assert_array_equal(stopper.stopped_, expected)
        assert list(stopper.stopped_) == ["iter", "candidate", "split", "epochs"]

    def test_the_best_counts_against_means(self):
        # The mean of the others is 3 after 2 epochs, 2 after 3.
        others = [4, 2, 0]
        stopper = MedianStopping(min_candidates=1, min_epochs=2)
        assert play(stopper, others, [3, 9, 2])[1, 0] == 3
        assert play(stopper, others, [3.1, 9, 2])[1, 0] == 2
        assert play(stopper, others, [3, 9, 2.1, 0])[1, 0] == 3

    def test_the_first_ones_run_to_the_end(self):
        curves = [[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4]]
        for n, expected in ((1, [3, 1, 1, 1]), (2, [3, 3, 1, 1]), (4, [3, 3, 3, 3])):
            ran = play(MedianStopping(min_candidates=n, min_epochs=1), *curves)
            assert ran[:, 0].tolist() == expected

    def test_those_that_did_not_get_so_far_do_not_count(self):
        stopper = MedianStopping(min_candidates=2, min_epochs=3)
        assert play(stopper, [1, 1], [1, 1, 1], [5, 5, 5, 5])[2, 0] == 4
        assert play(stopper, [1, 1, 1], [1, 1, 1], [5, 5, 5, 5])[2, 0] == 3

    def test_a_higher_score_is_better(self):
        stopper = MedianStopping(min_candidates=1, min_epochs=1, monitor="valid_score")
        curves = [[0.5, 0.6], [0.1, 0.2], [0.7, 0.8]]
        ran = play(stopper, *curves, column="valid_score")
        assert ran[:, 0].tolist() == [2, 1, 2]

    def test_nan(self):
        stopper = MedianStopping(min_candidates=1, min_epochs=2)
        ran = play(stopper, [1, 1, 1], [np.nan] * 3, [np.nan, 1, 1])
        assert ran[:, 0].tolist() == [3, 2, 3]

    def test_who_has_nan_only_is_stopped_and_counts_for_nobody(self):
        stopper = MedianStopping(min_candidates=2, min_epochs=1)
        none, good, bad = [np.nan] * 2, [1, 1], [5, 5]
        ran = play(stopper, none, good, bad, bad, none)
        # The third finds one to compare with, the fourth two.
        assert ran[:, 0].tolist() == [2, 2, 2, 1, 1]

    def test_a_loss_that_was_infinite_for_a_while(self):
        stopper = MedianStopping(min_candidates=1, min_epochs=2)
        ran = play(stopper, [np.inf, 2, 2], [np.inf, 3, 3], [np.inf, 1, 1])
        assert ran[:, 0].tolist() == [3, 2, 3]

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
    @pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
    def test_nothing_is_kept_of_a_search_that_has_ended(self):
        stopper = MedianStopping(min_candidates=1, min_epochs=1)
        play(stopper, [1, 1], [1, None])
        assert (stopper._curves, stopper._n_splits, stopper._folders) == ({}, {}, {})


CURVES = {"lr": [3e-3, 1e-2, 1e-6, 1e-7]}


@pytest.mark.parametrize("cls", [GRUClassifier, LSTMRegressor, GRUForecaster])
def test_others_get_the_score_that_they_would_have_got(cls):
    estimator, X, y = make_small(cls, max_epochs=4)
    cv = TimeSeriesSplit(2, test_size=4)
    plain = GridSearchCV(estimator, CURVES, cv=cv).fit(X, y)
    stopper = MedianStopping(min_candidates=2, min_epochs=2)
    search = GridSearchCV(estimator, CURVES, cv=cv).set_callbacks(stopper).fit(X, y)
    stopped = set(stopper.stopped_["candidate"])
    assert stopped
    assert stopped <= {2, 3}
    for i in range(2):
        scores = [r.cv_results_[f"split{i}_test_score"][:2] for r in (search, plain)]
        np.testing.assert_array_equal(*scores)
    assert search.best_estimator_.n_iter_ == plain.best_estimator_.n_iter_


def test_in_several_processes_and_a_pipeline():
    classifier, X, y = make_small(GRUClassifier, max_epochs=4)
    model = make_pipeline(PerStep(StandardScaler()), classifier)
    # However the fits are shared out, the last ones find some that have ended.
    grid = {"gruclassifier__lr": [1e-2] * 8 + [1e-7] * 2}
    stopper = MedianStopping(min_candidates=2, min_epochs=2)
    search = GridSearchCV(model, grid, cv=2, n_jobs=2)
    search.set_callbacks(stopper).fit(X, y)
    assert {9} <= set(stopper.stopped_["candidate"]) <= {8, 9}
    assert (stopper.stopped_["epochs"] == 2).all()


def test_the_last_fit_is_not_stopped():
    classifier, X, y = make_small(GRUClassifier, max_epochs=3)
    grid = {"lr": [1e-2, 1e-7]}
    stopper = MedianStopping(min_candidates=1, min_epochs=1)
    worst = GridSearchCV(classifier, grid, cv=2, refit=lambda results: 1)
    worst.set_callbacks(stopper).fit(X, y)
    assert set(stopper.stopped_["candidate"]) == {1}
    assert worst.best_estimator_.n_iter_ == 3


def test_a_halving_search_compares_within_an_iteration():
    classifier, X, y = make_small(GRUClassifier)
    search = HalvingGridSearchCV(
        classifier, {"lr": [1e-2, 1e-7]}, cv=2, resource="max_epochs",
        min_resources=2, max_resources=4, factor=2, aggressive_elimination=False,
    )  # fmt: skip
    stopper = MedianStopping(min_candidates=1, min_epochs=1)
    search.set_callbacks(stopper).fit(X, y)
    rows = stopper.stopped_[["iter", "candidate"]].drop_duplicates()
    assert rows.to_numpy().tolist() == [[0, 1]]


def test_a_search_within_a_search():
    classifier, X, y = make_small(GRUClassifier)
    inner = GridSearchCV(classifier, {"lr": [1e-2, 1e-7]}, cv=2)
    outer = GridSearchCV(inner, {"estimator__num_layers": [1]}, cv=3)
    stopper = MedianStopping(min_candidates=1, min_epochs=1)
    outer.set_callbacks(stopper).fit(X, y)
    # In each of three outer splits and in the last fit, on both inner splits.
    assert stopper.stopped_["candidate"].tolist() == [1] * 4 * 2
    assert outer.best_estimator_.best_estimator_.n_iter_ == 2


def test_what_is_held_out_decides_if_something_is():
    classifier, X, y = make_small(GRUClassifier, early_stopping=True, max_epochs=2)
    seen = []

    class Spy(MedianStopping):
        def _is_hopeless(self, curve, folder):
            seen.append(curve.monitor)
            return False

    for model in (classifier, clone(classifier).set_params(early_stopping=False)):
        GridSearchCV(model, {}, cv=2, refit=False).set_callbacks(Spy()).fit(X, y)
    assert seen == ["valid_loss"] * 4 + ["train_loss"] * 4


def test_outside_a_search_nothing_happens():
    classifier, X, y = make_small(GRUClassifier, max_epochs=6)
    stopper = MedianStopping(min_candidates=1, min_epochs=1)
    assert classifier.set_callbacks(stopper).fit(X, y).n_iter_ == 6
    assert len(stopper.stopped_) == 0


def test_it_leaves_no_files(tmp_path):
    play(MedianStopping(directory=tmp_path / "shared"), [1, 2], [1, 2])
    assert list((tmp_path / "shared").iterdir()) == []


def test_a_worker_that_does_not_see_the_folder_goes_on(tmp_path):
    classifier, X, y = make_small(GRUClassifier, max_epochs=3)

    class Elsewhere(MedianStopping):
        def setup(self, estimator, context):
            super().setup(estimator, context)
            Path(self._folders[context.root_uuid]).rmdir()

    stopper = Elsewhere(min_candidates=1, min_epochs=1)
    search = GridSearchCV(classifier, {"lr": [1e-2, 1e-7]}, cv=2)
    search.set_callbacks(stopper).fit(X, y)
    assert len(stopper.stopped_) == 0


def test_a_monitor_that_is_not_there():
    classifier, X, y = make_small(GRUClassifier)
    stopper = MedianStopping(monitor="valid_loss")
    search = GridSearchCV(classifier, {}, cv=2, error_score="raise")
    with pytest.raises(ValueError, match="monitor='valid_loss', but GRUClassifier holds"):
        search.set_callbacks(stopper).fit(X, y)


@pytest.mark.parametrize(
    ("name", "value"),
    [("min_candidates", 0), ("min_epochs", 0), ("monitor", "loss"), ("directory", 3)],
)
def test_parameters(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter of MedianStopping"):
        MedianStopping(**{name: value})


@pytest.mark.parametrize("cls", [GRUClassifier, LSTMRegressor, GRUForecaster])
@pytest.mark.parametrize(
    "entry", [MedianStopping(), ("stop", MedianStopping()), MedianStopping]
)
def test_among_the_callbacks_of_skorch_it_is_refused(cls, entry):
    estimator, X, y = make_small(cls)
    message = (
        r"callbacks holds MedianStopping, a callback of scikit-learn.* to set_callbacks .*"
        rf"{cls.__name__}\(\.\.\.\)\.set_callbacks\(MedianStopping\(\.\.\.\)\)"
    )
    n_known = len(y) - 4
    fitted = clone(estimator).fit(X[:n_known], y[:n_known])
    for model in (estimator, fitted):
        model.set_params(callbacks=[entry])
    with pytest.raises(TypeError, match=message):
        estimator.fit(X, y)
    go_on = functools.partial(fitted.update, n_epochs=1) if cls is GRUForecaster else None
    with pytest.raises(TypeError, match=message):
        (go_on or fitted.partial_fit)(X[n_known:], y[n_known:])
