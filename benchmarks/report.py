"""The table of results, as Markdown."""

import numpy as np
from report_parts import (
    describe_environment,
    group_records,
    list_notes,
    list_scores,
    warn_of_smoke_test,
    write_count,
    write_table,
)
from rows import ARCHITECTURES, BASELINES, ROWS

BASELINE_NAMES = {
    ("constant", "Classifier"): "majority",
    ("constant", "Regressor"): "mean",
    ("1-NN", "Classifier"): "1-NN Euclidean",
    ("ridge", "Regressor"): "ridge",
}


def write_report(content, absent):
    """Return the report.

    Parameters
    ----------
    content : dict
        What a store wrote.
    absent : dict of str
        Row -> why it could not be measured.

    Returns
    -------
    str
    """
    cells = group_records(content["records"])
    rows = [
        row
        for row in ROWS
        if row.name in absent or any(name == row.name for name, _ in cells)
    ]
    seeds = sorted({r["seed"] for r in content["records"] if r["model"] in ARCHITECTURES})
    parts = [
        "# Accuracy with default parameters",
        _introduction(content, seeds),
        write_table(
            [
                "data",
                "train / test",
                "metric",
                *ARCHITECTURES,
                "baselines",
                "known",
                "goal",
            ],
            [_result_line(row, cells, absent) for row in rows],
        ),
        "## What the fits chose, and what they took",
        "Epochs / steps of a token / convolutions in front; minutes of all fits of the row.",
        write_table(
            ["data", *ARCHITECTURES, "minutes"],
            [_effort_line(row, cells) for row in rows if row.name not in absent],
        ),
        list_notes(content, absent),
        describe_environment(content),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(content, seeds):
    text = (
        f"Test figures: mean ± standard deviation over {len(seeds)} seeds; seconds of one "
        "fit on one thread; parameters of the network. Bold: the goal is reached. "
        "Nothing was chosen on test data. Protocols and sources: "
        "[benchmarks/README.md](../README.md)."
    )
    return warn_of_smoke_test(content) + text


def _result_line(row, cells, absent):
    if row.name in absent:
        empty = [""] * len(ARCHITECTURES)
        return [row.title, "", row.metric, *empty, "not measured", row.known, ""]
    means = {}
    texts = []
    for model in ARCHITECTURES:
        text, means[model] = _cell(row, model, cells.get((row.name, model), []))
        texts.append(text)
    baselines = []
    for model in BASELINES:
        scores = list_scores(cells.get((row.name, model), []))
        if scores:
            name = BASELINE_NAMES[model, row.task]
            baselines.append(f"{name} {_figure(row, np.mean(scores))}")
    return [
        row.title,
        _sizes(row, cells),
        row.metric,
        *texts,
        ", ".join(baselines),
        row.known,
        _goal(row, means),
    ]


def _cell(row, model, records):
    """Return the text of a cell and the mean behind it (None without a result)."""
    failed = sum("error" in r for r in records)
    scores = list_scores(records)
    if not scores:
        return (f"failed ({failed})" if failed else ""), None
    mean = float(np.mean(scores))
    figure = _figure(row, mean)
    if model in row.goals and row.reaches(mean, row.goals[model]):
        figure = f"**{figure}**"
    done = [r for r in records if "error" not in r]
    spread = f" ± {_figure(row, np.std(scores, ddof=1))}" if len(scores) > 1 else ""
    seconds = np.mean([r["fit_seconds"] for r in done])
    text = f"{figure}{spread}, {seconds:.1f} s, {write_count(done[0]['n_parameters'])}"
    return text + (f" ({failed} failed)" if failed else ""), mean


def _sizes(row, cells):
    for (name, _), records in cells.items():
        for record in records:
            if name == row.name and "error" not in record:
                return f"{record['n_train']:,} / {record['n_test']:,}"
    return ""


def _goal(row, means):
    sign = {(True, False): "≥", (True, True): ">", (False, False): "≤"}[
        row.higher_is_better, row.surpass
    ]
    by_goal = {}
    for model, goal in row.goals.items():
        by_goal.setdefault(goal, []).append(model)
    parts = [f"{', '.join(m)} {sign} {g:g}" for g, m in by_goal.items()]
    if row.goal_of_best is not None:
        text = f"best {sign} {row.goal_of_best:g}"
        known = [mean for mean in means.values() if mean is not None]
        if known:
            best = max(known) if row.higher_is_better else min(known)
            reached = row.reaches(best, row.goal_of_best)
            text = f"**{text}**" if reached else text
        parts.append(text)
    return "; ".join(parts)


def _effort_line(row, cells):
    texts = []
    seconds = 0.0
    for model in (*ARCHITECTURES, *BASELINES):
        records = [r for r in cells.get((row.name, model), []) if "error" not in r]
        seconds += sum(r["fit_seconds"] + r["predict_seconds"] for r in records)
        if model in ARCHITECTURES and records:
            epochs = np.mean([r["n_iter"] for r in records])
            last = records[-1]
            texts.append(f"{epochs:.0f} / {last['patch_size']} / {last['stem']}")
        elif model in ARCHITECTURES:
            texts.append("")
    return [row.title, *texts, f"{seconds / 60:.1f}"]


def _figure(row, value):
    return f"{value:.2f}" if row.metric == "RMSE" else f"{value:.4f}"
