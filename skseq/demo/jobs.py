"""Jobs of the demonstration, which run in parallel."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, ParameterGrid, cross_validate
from tqdm.std import tqdm


@dataclass
class Result:
    """Results of one model in one study: a line of the table."""

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
    """A function without arguments that returns values of a result as a dict."""

    result: Result
    description: str
    n_fits: int
    function: Callable


def plan(study):
    """Return the jobs of a study, and add an empty result for each model to it."""
    n_folds = study.cv.get_n_splits()
    n_candidates = len(ParameterGrid(study.grid))
    searched = Result(f"{_name(study.searched)}, searched")
    # The longest job comes first, so that it does not run alone at the end.
    n_fits = n_candidates * n_folds + 1
    jobs = [Job(searched, "grid search", n_fits, partial(search, study))]
    for model in study.models:
        result = Result(_name(model))
        study.results.append(result)
        jobs += [
            Job(result, "cross-validation", n_folds, partial(score_folds, study, model)),
            Job(result, "fit", 1, partial(fit_and_test, study, model)),
            Job(result, "learning curve", 1, partial(record_history, study, model)),
        ]
    study.results.append(searched)
    return jobs


def run_all(jobs, n_jobs):
    """Run jobs in parallel processes, show a progress bar, and store their results."""
    bar_format = "{percentage:3.0f}% |{bar:24}| {n}/{total} fits, {elapsed}  {desc}"
    total = sum(job.n_fits for job in jobs)
    tasks = (delayed(_run_numbered)(i, job.function) for i, job in enumerate(jobs))
    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered", pre_dispatch="all")
    with tqdm(total=total, bar_format=bar_format) as bar:
        for i, values in parallel(tasks):
            job = jobs[i]
            vars(job.result).update(values)
            bar.set_description_str(f"{job.result.name}: {job.description}", refresh=False)
            bar.update(job.n_fits)
        bar.set_description_str("done")


def search(study):
    """Search the grid by cross-validation and score the best model on the test set."""
    grid = GridSearchCV(study.searched, study.grid, scoring=study.scoring, cv=study.cv)
    grid.fit(*study.train)
    best = pd.DataFrame(grid.cv_results_).loc[grid.best_index_]
    return {
        "cv_scores": [float(best[f"split{i}_test_score"]) for i in range(grid.n_splits_)],
        "test_score": float(grid.score(*study.test)),
        "fit_seconds": grid.refit_time_,
        "n_parameters": count_parameters(grid.best_estimator_),
        "fitted": grid.best_estimator_,
        "best_params": grid.best_params_,
    }


def score_folds(study, model):
    """Score a model on each fold of cross-validation."""
    scores = cross_validate(model, *study.train, scoring=study.scoring, cv=study.cv)
    return {"cv_scores": scores["test_score"].tolist()}


def fit_and_test(study, model):
    """Fit a model on the training set and score it on the test set."""
    start = time.perf_counter()
    fitted = clone(model).fit(*study.train)
    return {
        "fit_seconds": time.perf_counter() - start,
        "test_score": float(get_scorer(study.scoring)(fitted, *study.test)),
        "n_parameters": count_parameters(fitted),
        "fitted": fitted,
    }


def record_history(study, model):
    """Fit a model with a validation set of 20 % and return its history."""
    step = model.steps[-1][0]
    fitted = clone(model).set_params(
        **{
            f"{step}__early_stopping": True,
            f"{step}__validation_fraction": 0.2,
            # Run all epochs, so that the learning curve is complete.
            f"{step}__n_iter_no_change": model[-1].max_epochs,
        }
    )
    fitted.fit(*study.train, **{f"{step}__groups": study.groups})
    return {"history": fitted[-1].history_}


def count_parameters(pipeline):
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in pipeline[-1].net_.module_.parameters())


def _run_numbered(number, function):
    return number, function()


def _name(pipeline):
    return type(pipeline[-1]).__name__
