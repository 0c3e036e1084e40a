"""Result tables of the demonstration."""

import numpy as np

NAME_WIDTH = 31


def write_table(study):
    """Return the result table of a study as text."""
    better = "higher is better" if study.sign > 0 else "lower is better"
    heading = f"{study.metric}, {better}"
    lines = [
        study.title,
        study.summary,
        "",
        f"  {heading:{NAME_WIDTH}}{'CV score':>14}{'test score':>12}"
        f"{'parameters':>12}{'fit time':>9}",
        "  " + "-" * (NAME_WIDTH + 47),
    ]
    if study.baseline:
        name, on_train, on_test = study.baseline
        lines.append(f"  {name:{NAME_WIDTH}}{on_train:>6.3f}{'':8}{on_test:>12.3f}")
    lines += [_write_line(study, result) for result in study.results]
    for params in filter(None, [result.best_params for result in study.results]):
        values = [f"{name.split('__')[-1]}={value:g}" for name, value in params.items()]
        lines.append(f"    best parameters: {', '.join(values)}")
    return "\n".join(lines)


def write_duration(seconds):
    """Return a duration in minutes and seconds as text."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def best_result(study):
    """Return the result with the best mean cross-validation score."""
    return max(study.results, key=lambda result: np.mean(result.cv_scores))


def _write_line(study, result):
    scores = study.sign * np.asarray(result.cv_scores)
    return (
        f"  {result.name:{NAME_WIDTH}}{scores.mean():>6.3f} ± {scores.std():.3f}"
        f"{study.sign * result.test_score:>12.3f}{result.n_parameters:>12,}"
        f"{result.fit_seconds:>7.1f} s"
    )
