"""The tables of forecasts in Markdown."""

import numpy as np

from ..engine import tables
from ..engine.rows import ARCHITECTURES
from .models import (
    BASELINES,
    CLASSICAL_PEERS,
    LEVELS,
    NETWORK_PEERS,
    NETWORKS,
    PATTERN,
    SINGLE_SERIES,
)

# Largest difference between measured and nominal coverage that is shown in bold.
COVERAGE_POINTS = 3
OTHERS = {model: model for model in (*BASELINES, *CLASSICAL_PEERS)}


def make_report(rows, content):
    """Return the report on the content of a result file."""
    cells = tables.Cells(content)
    rows = [row for row in rows if cells.all(row)]
    singles = [row for row in rows if row.name in SINGLE_SERIES and cells.done(row)]
    names = "windows", "baselines and others"
    lines = tables.list_results(rows, cells, lambda row: OTHERS, _count_windows, names)
    if len(singles) == len(SINGLE_SERIES):
        lines.insert(1 + len(singles), _average(singles, cells))
    return tables.join_parts(
        "# Forecasts with default parameters",
        tables.introduce(content, "Test errors"),
        tables.write_table(lines),
        *_compare_peers(rows, cells),
        *_show_coverage(rows, singles, cells),
        *_show_details(rows, cells),
        tables.list_notes(content),
        tables.describe_environment(content),
    )


def _count_windows(records):
    return f"{max(r['n_windows'] for r in records):,}"


def _average(singles, cells):
    """Return the line of means over the single series, of models measured on all."""
    by_row = [cells.means(row) for row in singles]
    models = [m for m in by_row[0] if all(m in means for means in by_row)]
    means = {m: float(np.mean([found[m] for found in by_row])) for m in models}
    figures = {m: singles[0].write_figure(mean) for m, mean in means.items()}
    others = ", ".join(f"{m} {figures[m]}" for m in OTHERS if m in means)
    for model in ARCHITECTURES:
        if model in means and means[model] <= means.get("AutoETS", -np.inf):
            figures[model] = f"**{figures[model]}**"
    texts = [figures.get(model, "") for model in ARCHITECTURES]
    return ["mean of the three", "", "MASE", *texts, others, "", "each ≤ AutoETS"]


def _compare_peers(rows, cells):
    """Return the comparison with networks of other packages, if there is one."""
    lines = []
    for row in rows:
        means, cpu = cells.means(row), cells.means(row, "fit_cpu_seconds")
        has_peer = any(cells.done(row, peer) for peer in NETWORK_PEERS)
        for model in (PATTERN, *NETWORK_PEERS):
            records = cells.done(row, model)
            if not has_peer or not records:
                continue
            figure = row.write_figure(means[model]) + tables.write_spread(row, records)
            seconds = f"{cpu[model]:.1f}"
            if model != PATTERN and PATTERN in means:
                figure = f"**{figure}**" if means[PATTERN] <= means[model] else figure
                seconds = f"**{seconds}**" if cpu[PATTERN] < cpu[model] else seconds
            clock = np.mean([r["fit_seconds"] for r in records])
            updates, first = np.mean([r["n_updates"] for r in records]), records[0]
            line = [row.title, row.metric, model, figure, seconds, f"{clock:.1f}"]
            line += [f"{updates:,.0f} of {first['batch_size']}", str(first["past_steps"])]
            lines.append([*line, tables.write_count(first["n_parameters"])])
    if not lines:
        return []
    header = ["data", "error", "model", "test error", "fit, CPU s", "fit, wall s"]
    header += ["updates of windows", "past", "parameters"]
    return [
        "## Networks of other packages at equal size",
        "The same hidden size, layers, context, horizon, loss, number of updates and windows "
        f"per update as skseq's {PATTERN}. Bold: the error of {PATTERN} is not larger, or its "
        "fit takes less time.",
        tables.write_table([header, *lines]),
    ]


def _show_coverage(rows, singles, cells):
    """Return how often values were within their intervals."""
    groups = [("single series, pooled", singles)] if singles else []
    groups += [(row.title, [row]) for row in rows if row not in singles]
    lines = []
    for title, model in ((title, model) for title, _ in groups for model in NETWORKS):
        records = [r for row in dict(groups)[title] for r in cells.done(row, model)]
        n_values = sum(r["n_values"] for r in records)
        if not n_values:
            continue
        n_once = n_values // len({r["seed"] for r in records})
        source = "held-out errors" if model in ARCHITECTURES else "the network"
        line = [title, model, source]
        for level in LEVELS:
            covered = 100 * sum(r[f"covered_{level}"] for r in records) / n_values
            error = np.sqrt(level * (100 - level) / n_once)
            mark = "**" if abs(covered - level) <= COVERAGE_POINTS else ""
            line.append(f"{mark}{covered:.1f}{mark} ± {error:.1f}")
        lines.append([*line, f"{n_once:,}"])
    if not lines:
        return []
    header = ["data", "model", "intervals", *(f"{level} %" for level in LEVELS), "values"]
    return [
        "## Coverage of intervals",
        "Percentage of test values within their interval, over all seeds; ± the binomial "
        "standard error of one seed. It assumes independent values, but the values of a window "
        f"are dependent. Bold: within {COVERAGE_POINTS} points of the nominal coverage.",
        tables.write_table([header, *lines]),
    ]


def _show_details(rows, cells):
    """Return all errors, the settings that fits chose, and their time."""
    lines = []
    for row, model in ((r, m) for r in rows for m in r.all_models):
        records = cells.done(row, model)
        if not records:
            continue
        errors, last, chosen, updates = [], records[-1], "", ""
        for name in (row.metric, *row.other_errors):
            mean = np.mean([r["figures"][name] for r in records])
            errors.append(f"{name} {row.write_figure(mean)}")
        if "patch_size" in last:
            chosen = f"{last['context_length']} / {last['patch_size']}"
        if "n_updates" in last:
            updates = f"{np.mean([r['n_updates'] for r in records]):,.0f}"
        seconds = sum(r["fit_seconds"] + r["predict_seconds"] for r in records)
        minutes = f"{seconds * last['n_fits'] / 60:.1f}"
        lines.append([row.title, model, ", ".join(errors), chosen, updates, minutes])
    header = ["data", "model", "errors", "context / patch", "updates", "minutes"]
    return [
        "## All errors, settings chosen by the fits, and time",
        "Minutes of all fits of the cell.",
        tables.write_table([header, *lines]),
    ]
