"""The tables of forecasts, as Markdown."""

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
from series_errors import LEVELS
from series_rows import (
    ARCHITECTURES,
    BASELINES,
    CLASSICAL_PEERS,
    MODELS,
    NETWORK_PEERS,
    NETWORKS,
    PATTERN,
    ROWS,
    SINGLE_SERIES,
)

# How far coverage may be from what is claimed.
COVERAGE_POINTS = 3


def write_report(content, absent):
    """Return the report.

    Parameters
    ----------
    content : dict
        What a store wrote.
    absent : dict of str
        Row or model -> why it could not be measured.

    Returns
    -------
    str
    """
    cells = group_records(content["records"])
    rows = [row for row in ROWS if any(name == row.name for name, _ in cells)]
    measured = [row for row in ROWS if row in rows or row.name in absent]
    seeds = {r["seed"] for r in content["records"] if r["model"] in NETWORKS}
    lines = [_result_line(row, cells, absent) for row in measured]
    if all(any(row.name == name for row in rows) for name in SINGLE_SERIES):
        lines.insert(len(SINGLE_SERIES), _average_line(cells))
    header = [
        "data",
        "windows",
        "error",
        *ARCHITECTURES,
        "rules and others",
        "known",
        "goal",
    ]
    parts = [
        "# Forecasts with default parameters",
        _introduction(content, len(seeds)),
        write_table(header, lines),
        *_peer_part(rows, cells),
        *_coverage_part(rows, cells),
        *_detail_part(rows, cells),
        list_notes(content, absent),
        describe_environment(content),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(content, n_seeds):
    return warn_of_smoke_test(content) + (
        f"Test errors: mean ± standard deviation over {n_seeds} seeds; seconds of one fit on "
        "one thread; parameters of the network. Bold: the goal is reached. Nothing was "
        "chosen on test data. Protocols and sources: "
        "[benchmarks/README.md](../README.md)."
    )


def _result_line(row, cells, absent):
    if row.name in absent:
        return [row.title, "", row.metric, *[""] * 4, "not measured", row.known, ""]
    means = _means(row, cells, row.all_models)
    others = [
        f"{model} {_figure(means[model])}"
        for model in (*BASELINES, *CLASSICAL_PEERS)
        if model in means
    ]
    windows = [r["n_windows"] for r in _done(row, cells, row.all_models)]
    return [
        row.title,
        f"{max(windows, default=0):,}",
        row.metric,
        *(_cell(row, model, cells, means) for model in ARCHITECTURES),
        ", ".join(others),
        row.known,
        _write_goal(row, means),
    ]


def _cell(row, model, cells, means):
    records = cells.get((row.name, model), [])
    failed = sum("error" in r for r in records)
    scores = list_scores(records)
    if not scores:
        return f"failed ({failed})" if failed else ""
    figure = _figure(means[model])
    goals = _goals_of_each(row, means)
    if goals and all(
        means[model] < g if strict else means[model] <= g for g, strict in goals
    ):
        figure = f"**{figure}**"
    done = [r for r in records if "error" not in r]
    seconds = np.mean([r["fit_seconds"] for r in done])
    text = f"{figure}{_spread(scores)}, {seconds:.1f} s, {write_count(done[0]['n_parameters'])}"
    return text + (f" ({failed} failed)" if failed else "")


def _goals_of_each(row, means):
    """Return what each architecture should reach: (figure, whether to be below it)."""
    goals = [] if row.goal is None else [(row.goal, False)]
    if row.to_beat in means:
        goals.append((means[row.to_beat], True))
    return goals


def _write_goal(row, means):
    parts = []
    if row.goal is not None:
        parts.append(f"each ≤ {row.goal:g}")
    if row.to_beat is not None:
        parts.append(f"each < {row.to_beat}")
    if row.goal_of_best is not None:
        best = min((means[m] for m in ARCHITECTURES if m in means), default=np.inf)
        text = f"best ≤ {row.goal_of_best:g}"
        parts.append(f"**{text}**" if best <= row.goal_of_best else text)
    return "; ".join(parts)


def _average_line(cells):
    """Return the line of means over the single series; a model needs all of them."""
    singles = [row for row in ROWS if row.name in SINGLE_SERIES]
    by_row = [_means(row, cells, MODELS) for row in singles]
    means = {
        model: float(np.mean([m[model] for m in by_row]))
        for model in MODELS
        if all(model in m for m in by_row)
    }
    texts = []
    for model in ARCHITECTURES:
        text = _figure(means[model]) if model in means else ""
        reached = model in means and means[model] <= means.get("AutoETS", -np.inf)
        texts.append(f"**{text}**" if reached else text)
    others = [
        f"{m} {_figure(means[m])}" for m in (*BASELINES, *CLASSICAL_PEERS) if m in means
    ]
    return [
        "mean of the three",
        "",
        "MASE",
        *texts,
        ", ".join(others),
        "",
        "each ≤ AutoETS",
    ]


def _peer_part(rows, cells):
    """Return the comparison with networks of other packages, if there is one."""
    lines = []
    for row in rows:
        if not any((row.name, peer) in cells for peer in NETWORK_PEERS):
            continue
        means = _means(row, cells, row.models)
        seconds = _means(row, cells, row.models, "fit_cpu_seconds")
        for model in (PATTERN, *NETWORK_PEERS):
            records = _done(row, cells, [model])
            if not records:
                continue
            figure = f"{_figure(means[model])}{_spread([r['score'] for r in records])}"
            time = f"{seconds[model]:.1f}"
            if model != PATTERN and PATTERN in means:
                # Bold where ours is: what it is compared with is beaten.
                figure = f"**{figure}**" if means[PATTERN] <= means[model] else figure
                time = f"**{time}**" if seconds[PATTERN] < seconds[model] else time
            clock = np.mean([r["fit_seconds"] for r in records])
            updates = np.mean([r["n_updates"] for r in records])
            lines.append(
                [
                    row.title,
                    row.metric,
                    model,
                    figure,
                    time,
                    f"{clock:.1f}",
                    f"{updates:,.0f} of {records[0]['batch_size']}",
                    str(records[0]["past_steps"]),
                    write_count(records[0]["n_parameters"]),
                ]
            )
    if not lines:
        return []
    header = [
        "data",
        "error",
        "model",
        "test error",
        "fit, CPU s",
        "by the clock",
        "updates of windows",
        "past",
        "parameters",
    ]
    return [
        "## Networks of other packages at equal size",
        "The same hidden size, layers, steps of the past, horizon, loss, number of updates and windows "
        f"an update as skseq's {PATTERN}. Bold: {PATTERN} errs no more, or takes less time.",
        write_table(header, lines),
    ]


def _coverage_part(rows, cells):
    """Return how often intervals held what they claim."""
    single = [row for row in rows if row.name in SINGLE_SERIES]
    groups = [("single series, pooled", single)] if single else []
    groups += [(row.title, [row]) for row in rows if row not in single]
    lines = []
    for title, members in groups:
        for model in NETWORKS:
            records = [r for row in members for r in _done(row, cells, [model])]
            n_values = sum(r["n_values"] for r in records)
            if not n_values:
                continue
            n_seeds = len({r["seed"] for r in records})
            n_once = n_values // n_seeds
            texts = []
            for level in LEVELS:
                covered = 100 * sum(r[f"covered_{level}"] for r in records) / n_values
                error = np.sqrt(level * (100 - level) / n_once)
                text = f"{covered:.1f}"
                if abs(covered - level) <= COVERAGE_POINTS:
                    text = f"**{text}**"
                texts.append(f"{text} ± {error:.1f}")
            own = "held-out errors" if model in ARCHITECTURES else "the network's own"
            lines.append([title, model, own, *texts, f"{n_once:,}"])
    if not lines:
        return []
    header = ["data", "model", "intervals", *(f"{level} %" for level in LEVELS), "values"]
    return [
        "## Coverage of intervals",
        "Share of test values within their interval, in per cent, over all seeds; ± the "
        "binomial standard error if the values of one seed were independent, which they are "
        f"not: within a window they hang together. Bold: within {COVERAGE_POINTS} points.",
        write_table(header, lines),
    ]


def _detail_part(rows, cells):
    """Return all errors, and what was chosen and taken."""
    lines = []
    for row in rows:
        for model in row.all_models:
            records = _done(row, cells, [model])
            if not records:
                continue
            last = records[-1]
            figures = [
                f"{name} {_figure(np.mean([r['figures'][name] for r in records]))}"
                for name in (row.metric, *row.other_errors)
            ]
            chosen = ""
            if "patch_size" in last:
                chosen = f"{last['context_length']} / {last['patch_size']}"
            updates = [r["n_updates"] for r in records if "n_updates" in r]
            seconds = [r["fit_seconds"] + r["predict_seconds"] for r in records]
            minutes = sum(seconds) * last["n_fits"] / 60
            lines.append(
                [
                    row.title,
                    model,
                    ", ".join(figures),
                    chosen,
                    f"{np.mean(updates):,.0f}" if updates else "",
                    f"{minutes:.1f}",
                ]
            )
    header = [
        "data",
        "model",
        "errors",
        "context / patch",
        "updates",
        "minutes",
    ]
    return [
        "## All errors, what the fits chose, and what they took",
        "Minutes of all fits of the cell.",
        write_table(header, lines),
    ]


def _done(row, cells, models):
    """Return the records of fits that did not fail."""
    return [r for m in models for r in cells.get((row.name, m), []) if "error" not in r]


def _means(row, cells, models, key="score"):
    """Return the mean over seeds of each model that has one."""
    means = {}
    for model in models:
        records = _done(row, cells, [model])
        if records:
            means[model] = float(np.mean([r[key] for r in records]))
    return means


def _spread(scores):
    return f" ± {_figure(np.std(scores, ddof=1))}" if len(scores) > 1 else ""


def _figure(value):
    if not np.isfinite(value):
        return ""
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.0f}"
