"""Searches on two worker processes of Dask and Ray, also if a worker dies."""

import logging
import os
import signal
from itertools import chain
from pathlib import Path

import distributed
import numpy as np
import pytest
import ray
from joblib import parallel_config
from ray.util.joblib import register_ray
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from skseq import GRUClassifier


def make_search(marker=os.devnull):
    """Return a search, X and y. A fit kills its process unless the file `marker` exists."""

    main_pid = os.getpid()

    # A local class, so that it is pickled by value.
    class KillsProcess(GRUClassifier):
        def fit(self, X, y):
            if self.num_layers == 2 and not Path(marker).exists():
                assert os.getpid() != main_pid, "the search does not run in the workers"
                Path(marker).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().fit(X, y)

    random = np.random.default_rng(0)
    y = np.arange(300) % 3  # enough that split indices are sent as data
    X = random.normal(size=(300, 5, 2)) + y[:, None, None]
    splits = list(StratifiedKFold(2).split(X, y))
    model = KillsProcess(hidden_size=4, stem=0, max_epochs=1, batch_size=50, random_state=0)
    grid = {"lr": [1e-2, 1e-3], "num_layers": [1, 2]}
    return GridSearchCV(model, grid, cv=splits, n_jobs=2, error_score="raise"), X, y


@pytest.fixture(scope="module")
def expected():
    """Scores of the search in this process."""
    search, X, y = make_search()
    return scores(search.set_params(n_jobs=1).fit(X, y))


def scores(search):
    names = ["split0_test_score", "split1_test_score", "mean_test_score"]
    return np.array([search.cv_results_[name] for name in names])


@pytest.fixture(scope="module")
def dask():
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster),
    ):
        yield


@pytest.mark.usefixtures("dask")
class TestDask:
    """The backend of joblib for Dask."""

    def test_same_results(self, expected):
        search, X, y = make_search()
        with parallel_config(backend="dask"):
            search.fit(X, y)
        np.testing.assert_array_equal(scores(search), expected)

    def test_search_survives_the_death_of_a_worker(self, expected, tmp_path):
        search, X, y = make_search(tmp_path / "marker")
        # Every worker gets a copy of the data; see docs/hyperparameter_search.md.
        shared = [X, y, *chain.from_iterable(search.cv)]
        with parallel_config(backend="dask", scatter=shared):
            search.fit(X, y)
        assert (tmp_path / "marker").exists()
        np.testing.assert_array_equal(scores(search), expected)


@pytest.fixture(scope="module")
def ray_workers():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            configure_logging=False,
            object_store_memory=80 * 2**20,
            _node_ip_address="127.0.0.1",
        )
        register_ray()
        yield
        ray.shutdown()


@pytest.mark.usefixtures("ray_workers")
class TestRay:
    """The backend of joblib for Ray."""

    def test_same_results(self, expected):
        search, X, y = make_search()
        with parallel_config(backend="ray", n_jobs=2):
            search.fit(X, y)
        np.testing.assert_array_equal(scores(search), expected)

    def test_restarted_worker_completes_the_search(self, expected, tmp_path):
        search, X, y = make_search(tmp_path / "marker")
        restarts = {"max_restarts": 3, "max_task_retries": 3}
        with parallel_config(backend="ray", n_jobs=2, ray_remote_args=restarts):
            search.fit(X, y)
        assert (tmp_path / "marker").exists()
        np.testing.assert_array_equal(scores(search), expected)
