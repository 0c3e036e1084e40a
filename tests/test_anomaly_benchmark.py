"""The metric, the baselines and the command line of the benchmark of anomalies."""

import json

import numpy as np
import pandas as pd
import pytest

# The benchmarks are not in the source distribution.
volumes = pytest.importorskip("benchmarks.anomalies.volumes")

from benchmarks.anomalies import ablation  # noqa: E402
from benchmarks.anomalies.__main__ import GRID  # noqa: E402
from benchmarks.anomalies.data import NAB, load_problem  # noqa: E402
from benchmarks.anomalies.models import BASELINES  # noqa: E402
from benchmarks.engine.grid import run_grid  # noqa: E402


def make_case(case):
    """Return labels and scores of 400 steps, without random numbers."""
    steps = np.arange(400)
    is_anomaly = np.zeros(400, dtype=bool)
    is_anomaly[60:75] = is_anomaly[80:82] = is_anomaly[300] = True
    if case == "ends":
        is_anomaly[:3] = is_anomaly[-4:] = True
    scores = np.sin(steps / 7) + np.sin(steps * steps) + 1.5 * is_anomaly
    return is_anomaly, np.round(scores) if case == "ties" else scores


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        # Computed with generate_curve(labels, scores, 24) of TSB-AD 1.5.
        ("plain", (0.23984278385338226, 0.7857971354369466)),
        ("ends", (0.37593156404339445, 0.8384434544617736)),
        ("ties", (0.1676189038566941, 0.7448335796169756)),
    ],
)
def test_volumes_are_those_of_tsb_ad(case, expected):
    found = volumes.measure_volumes(*make_case(case), 24)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_volumes_of_good_scores():
    is_anomaly, _ = make_case("plain")
    exact = volumes.measure_volumes(is_anomaly, is_anomaly.astype(float), 0)
    assert exact[1] == 1.0
    late = np.roll(is_anomaly, 3).astype(float)
    without, with_buffer = (
        volumes.measure_volumes(is_anomaly, late, n)[0] for n in (0, 24)
    )
    assert with_buffer > without + 0.05  # steps near an anomaly count


def test_length():
    steps = np.arange(2_000)
    assert volumes.find_length(np.sin(2 * np.pi * steps / 50)) == 50
    assert volumes.find_length(steps.astype(float)) == volumes.DEFAULT_LENGTH
    assert volumes.find_length(np.arange(5.0)) == volumes.DEFAULT_LENGTH
    # 310 steps are beyond the limit.
    assert volumes.find_length(np.sin(2 * np.pi * steps / 310)) == volumes.DEFAULT_LENGTH


def write_series(folder):
    """Write series with an anomaly in the form of the benchmark."""
    (folder / "nab").mkdir()
    for name in NAB:
        values = np.sin(np.arange(5_000) / 5)
        label = np.arange(5_000) // 10 == 480
        values[label] = 3.0
        table = pd.DataFrame({"timestamp": 0, "value": values, "label": label.astype(int)})
        table.to_csv(folder / "nab" / f"{name}.csv", index=False)


def test_ablation(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.anomalies.data.NAB", NAB[:2])
    load_problem.cache_clear()
    write_series(tmp_path)
    ablation.main(["--rows", "nab", "--models", "Ridge", "--data", str(tmp_path)])
    lines = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    header, figures = lines[-3], lines[-1]
    assert header[2:] == ["default", *ablation.CHANGES, "horizon=1"]
    assert figures[:2] == ["NAB, ten series", "Ridge"]
    assert len(set(figures[2:])) > 2
    load_problem.cache_clear()


def test_baselines_are_always_measured(tmp_path):
    output = tmp_path / "out.json"
    write_series(tmp_path)
    options = [
        "--rows",
        "nab",
        "ucr24",
        "--models",
        "random",
        "--seeds",
        "1",
        "--jobs",
        "1",
    ]
    run_grid(GRID, [*options, "--data", str(tmp_path), "--output", str(output)])
    records = json.loads(output.read_text())["records"]
    measured = {r["model"] for r in records if r["row"] == "nab" and "score" in r}
    assert measured == set(BASELINES) - {"3-NN"}
    for record in records:
        if record["row"] == "nab":
            assert 0 <= record["score"] <= 1
            assert len(record["problems"]) == len(NAB)
            assert "006 nyc_taxi" in record["problems"]
    report = output.with_suffix(".md").read_text()
    for label in ("random scores", "LevelAnomalyDetector", "RidgeAnomalyDetector"):
        assert label in report


def test_missing_data_are_reported(tmp_path):
    output = tmp_path / "out.json"
    options = ["--rows", "nab", "--models", "random", "--seeds", "1", "--jobs", "1"]
    status = run_grid(GRID, [*options, "--data", str(tmp_path), "--output", str(output)])
    assert status == 0
    records = json.loads(output.read_text())["records"]
    assert all("nab/001_train1007" in record["absent"] for record in records)
    assert "is not in the data folder" in output.with_suffix(".md").read_text()
