"""The work of the demonstration, cut into jobs that run side by side."""

import time
from dataclasses import dataclass
from typing import Any

import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, cross_validate
from tqdm.std import tqdm


@dataclass
class Result:
    """What is known of one model of one study: a line of the table."""

    name: str
    cv_scores: Any = None
    test_score: float = float("nan")
    fit_seconds: float = float("nan")
    n_parameters: int = 0
    fitted: Any = None
    history: pd.DataFrame | None = None
    best_params: dict | None = None


@dataclass
class Job:
    """A part of the work: what to call, and how many fits it takes."""

    result: Result
    doing: str
    n_fits: int
    function: Any
    arguments: tuple

    def run(self):
        """Do the work; return what to note in the result."""
        return self.function(*self.arguments)


def plan(study):
    """Return the jobs of a study, and prepare the lines of its table."""
    n_folds = study.cv.get_n_splits()
    n_candidates = 1
    for values in study.grid.values():
        n_candidates *= len(values)
    searched = Result(f"{_name(study.searched)}, searched")
    # The longest job first, so that none is left to run alone.
    n_fits = n_candidates * n_folds + 1
    jobs = [Job(searched, "grid search", n_fits, search, (study,))]
    for model in study.models:
        result = Result(_name(model))
        study.results.append(result)
        jobs += [
            Job(result, "cross-validation", n_folds, cross_validated, (study, model)),
            Job(result, "fit", 1, fit_and_test, (study, model)),
            Job(result, "learning curve", 1, learning_curve, (study, model)),
        ]
    study.results.append(searched)
    return jobs


def run_all(jobs, n_jobs):
    """Run jobs in processes of their own, with a bar, and note their results."""
    bar = tqdm(
        total=sum(job.n_fits for job in jobs),
        unit="fit",
        bar_format="{percentage:3.0f}% |{bar:24}| {n}/{total} fits, {elapsed}  {desc}",
    )
    tasks = (delayed(_run_numbered)(number, job) for number, job in enumerate(jobs))
    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered", pre_dispatch="all")
    with bar:
        for number, notes in parallel(tasks):
            job = jobs[number]
            vars(job.result).update(notes)
            bar.set_description_str(f"{job.result.name}: {job.doing}", refresh=False)
            bar.update(job.n_fits)
        bar.set_description_str("done")


def search(study):
    """Search the grid by cross-validation; test the best model."""
    grid = GridSearchCV(study.searched, study.grid, scoring=study.scoring, cv=study.cv)
    grid.fit(*study.train)
    folds = [f"split{i}_test_score" for i in range(grid.n_splits_)]
    return {
        "cv_scores": [float(grid.cv_results_[f][grid.best_index_]) for f in folds],
        "test_score": float(grid.score(*study.test)),
        "fit_seconds": grid.refit_time_,
        "n_parameters": count_parameters(grid.best_estimator_),
        "fitted": grid.best_estimator_,
        "best_params": grid.best_params_,
    }


def cross_validated(study, model):
    """Score a model on each fold."""
    scores = cross_validate(model, *study.train, scoring=study.scoring, cv=study.cv)
    return {"cv_scores": scores["test_score"].tolist()}


def fit_and_test(study, model):
    """Fit a model on the whole training part; score it on the test part."""
    start = time.perf_counter()
    fitted = clone(model).fit(*study.train)
    return {
        "fit_seconds": time.perf_counter() - start,
        "test_score": float(get_scorer(study.scoring)(fitted, *study.test)),
        "n_parameters": count_parameters(fitted),
        "fitted": fitted,
    }


def learning_curve(study, model):
    """Fit a model with a fifth of the training part held out; return its history."""
    step = model.steps[-1][0]
    watched = clone(model).set_params(
        **{
            f"{step}__early_stopping": True,
            f"{step}__validation_fraction": 0.2,
            # Never stop: the curve is to be seen to its end.
            f"{step}__n_iter_no_change": model[-1].max_epochs,
        }
    )
    watched.fit(*study.train, **{f"{step}__groups": study.groups})
    return {"history": watched[-1].history_}


def count_parameters(pipeline):
    """Return the number of trained weights."""
    return sum(p.numel() for p in pipeline[-1].net_.module_.parameters())


def _run_numbered(number, job):
    return number, job.run()


def _name(pipeline):
    return type(pipeline[-1]).__name__
