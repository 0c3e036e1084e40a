"""The demonstration trains all estimators, prints its results and writes its figures."""

import importlib.util

import pandas as pd
import pytest

import skseq
from skseq.__main__ import main
from skseq.demo import jobs, report, studies


def test_demo_prints_tables_and_writes_figures(tmp_path, capsys):
    assert main(["--quick", "--jobs", "1", "--output", str(tmp_path / "new")]) == 0
    captured = capsys.readouterr()
    for name in skseq.__all__:
        if (
            name.endswith(("Classifier", "Regressor"))
            and not name.startswith("Sequence")
            and "Step" not in name
        ):
            assert name in captured.out
    assert "persistence" in captured.out
    assert "GRUOutlierDetector" in captured.out
    assert "42/42 fits" in captured.err
    for name in ("confusion_matrix.png", "learning_curves.png"):
        path = tmp_path / "new" / name
        assert path.read_bytes().startswith(b"\x89PNG")
        assert str(path) in captured.out


def test_demo_without_matplotlib_writes_no_figures(tmp_path, capsys, monkeypatch):
    _skip_training(monkeypatch)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["--quick", "--output", str(tmp_path)]) == 0
    assert "pip install 'skseq[plot]'" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_interrupt_returns_status_130(tmp_path, capsys, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "run_all", interrupt)
    assert main(["--quick", "--output", str(tmp_path)]) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_plan_counts_every_fit():
    study = studies.study_vowels(quick=False)
    plan = jobs.plan(study)
    # Four models: three folds, one fit, one learning curve; 2 x 2 candidates and a refit.
    assert sum(job.n_fits for job in plan) == 4 * (3 + 1 + 1) + 4 * 3 + 1
    assert len(study.results) == 5


def test_table_shows_positive_errors():
    study = studies.study_weather(quick=True)
    study.results = [
        jobs.Result("Model", [-3.0, -2.0], -2.25, 1.5, 1234),
        jobs.Result("Other", [-3.5, -3.5], -2.0, 1.5, 10),
    ]
    table = report.write_table(study)
    assert "Model                           2.500 ± 0.500       2.250       1,234" in table
    assert report.best_result(study).name == "Model"


def test_weather_groups_are_months():
    study = studies.study_weather(quick=True)
    assert len(study.groups) == len(study.train[1])
    assert pd.Series(study.groups).value_counts().max() <= 31


@pytest.mark.parametrize(("seconds", "text"), [(59.6, "1 min 0 s"), (12.2, "12 s")])
def test_write_duration(seconds, text):
    assert report.write_duration(seconds) == text


def _skip_training(monkeypatch):
    def fill_scores(planned, n_jobs):
        for job in planned:
            job.result.cv_scores = [0.5, 0.5]

    monkeypatch.setattr(jobs, "run_all", fill_scores)
