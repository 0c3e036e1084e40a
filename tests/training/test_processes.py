"""Two processes of `accelerate launch` train the model that one would train."""

import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV

from skseq import GRUClassifier

from .parallel_script import collect_results, make_problems

SCRIPT = Path(__file__).with_name("parallel_script.py")
PROBLEMS = ["stem, weights, early stopping", "class weights", "regression", "forecast"]
PROBLEMS += ["sparse gradients"]
# One process computes its share of a batch in parts, the other one does not.
PROBLEMS += ["a long sequence"]
# Sums over rows have another order, which changes the last digits of float32.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}


@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    """Return the results of each of two processes, and the output."""
    folder = tmp_path_factory.mktemp("launched")
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"]
    launch += ["--num_processes", "2", "--num_machines", "1", "--mixed_precision", "no"]
    launch += ["--dynamo_backend", "no", "--main_process_port", "0"]
    done = subprocess.run(
        [*launch, str(SCRIPT), str(folder)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return [
        pickle.loads((folder / f"{rank}.pickle").read_bytes()) for rank in range(2)
    ], done.stderr


@pytest.fixture(scope="module")
def alone():
    """Return the results of one process."""
    problems = make_problems()
    return {
        name: collect_results(
            problems[name][0].fit(*problems[name][1:3], **problems[name][3])
        )
        for name in PROBLEMS
    }


@pytest.mark.parametrize("name", PROBLEMS)
def test_two_processes_give_the_model_of_one(name, launched, alone):
    weights, log = launched[0][0][name]
    expected, expected_log = alone[name]
    for key in expected:
        np.testing.assert_allclose(weights[key], expected[key], err_msg=key, **TOLERANCE)
    assert len(log) == len(expected_log)
    for column in set(expected_log) - {"seconds"}:
        np.testing.assert_allclose(
            log[column].astype(float), expected_log[column].astype(float), **TOLERANCE
        )


@pytest.mark.parametrize("name", [*PROBLEMS, "dropout", "augmentation"])
def test_all_processes_end_with_the_same_model(name, launched):
    (weights, log), (others, other_log) = (found[name] for found in launched[0])
    for key in weights:
        np.testing.assert_array_equal(weights[key], others[key])
    assert log.equals(other_log)


def test_only_the_main_process_shows_progress(launched):
    assert len(re.findall(r"LSTMRegressor: +0%", launched[1])) == 1


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("data", "requires the same X and y in all processes, but the 2 processes differ"),
        ("data as they are", "requires the same X and y in all processes"),
        ("labels", "requires the same X and y in all processes"),
        ("covariates", "requires the same X and y in all processes"),
        ("seed", "requires the same parameters .*, and an integer random_state"),
        ("batch", "2 processes cannot share batches of 1 sequences. Increase batch_size=1"),
    ],
)
def test_inconsistent_processes_raise(what, message, launched):
    for found in launched[0]:
        assert re.search(message, found["errors"][what])


def test_single_process_trains_as_usual(alone):
    model, X, y, more = make_problems()["regression"]
    weights, _ = collect_results(model.set_params(data_parallel=True).fit(X, y, **more))
    for key, expected in alone["regression"][0].items():
        np.testing.assert_array_equal(weights[key], expected)


def test_worker_of_a_search_raises(monkeypatch):
    _, X, y, _ = make_problems()["regression"]
    model = GRUClassifier(hidden_size=4, max_epochs=1, data_parallel=True)
    monkeypatch.setenv("WORLD_SIZE", "2")
    search = GridSearchCV(model, {}, cv=2, n_jobs=2, error_score="raise")
    with (
        parallel_config(backend="threading"),
        pytest.raises(ValueError, match="runs in a separate worker .*Set n_jobs=1"),
    ):
        search.fit(X, np.asarray(y) > 1)


def test_missing_accelerate_raises(monkeypatch):
    _, X, y, _ = make_problems()["regression"]
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(
        ImportError, match=r"data_parallel=True needs accelerate: .*skseq\[acc"
    ):
        GRUClassifier(data_parallel=True).fit(X, y > 1)
