"""Reports: tables of scores in Markdown, and notes on failures, warnings and the machine."""

import numpy as np

from .rows import ARCHITECTURES


class Cells:
    """The records of a run, by row and model."""

    def __init__(self, content):
        self._cells = {}
        for record in content["records"]:
            self._cells.setdefault((record["row"], record["model"]), []).append(record)

    def all(self, row, *models):
        """Return the records of some models, by default of all, on a row."""
        models = models or row.all_models
        return [r for model in models for r in self._cells.get((row.name, model), [])]

    def done(self, row, *models):
        """Return the records with a score."""
        return [r for r in self.all(row, *models) if "score" in r]

    def means(self, row, key="score"):
        """Return the mean over seeds of each model that has one."""
        found = {model: self.done(row, model) for model in row.all_models}
        return {m: float(np.mean([r[key] for r in rs])) for m, rs in found.items() if rs}

    def write(self, row, model, means):
        """Return a cell of the main table."""
        done = self.done(row, model)
        n_failed = sum("error" in r for r in self.all(row, model))
        if not done:
            return f"failed ({n_failed})" if n_failed else ""
        figure = row.write_figure(means[model])
        if row.reaches_goals(model, means):
            figure = f"**{figure}**"
        seconds = np.mean([r["fit_seconds"] for r in done])
        size = write_count(done[0]["n_parameters"])
        failures = f" ({n_failed} failed)" if n_failed else ""
        return f"{figure}{write_spread(row, done)}, {seconds:.1f} s, {size}{failures}"


def write_spread(row, records):
    """Return the standard deviation over seeds, if there are several."""
    scores = [r["score"] for r in records]
    return f" ± {row.write_figure(np.std(scores, ddof=1))}" if len(scores) > 1 else ""


def introduce(content, what):
    """Return what the main table shows."""
    n = content["max_epochs"]
    warning = f"**A smoke test with max_epochs={n}: the figures mean nothing.**\n\n"
    networks = [r for r in content["records"] if r["model"].split("-")[0] in ARCHITECTURES]
    seeds = {}
    for record in networks:
        seeds.setdefault(record["row"], set()).add(record["seed"])
    numbers = sorted({len(found) for found in seeds.values()})
    n_seeds = " or ".join(map(str, numbers or [0]))
    return (
        f"{warning if n else ''}{what}: mean ± standard deviation over {n_seeds} seeds; seconds of one "
        "fit on one thread; number of network parameters. Bold: the goal is reached. "
        "Nothing was chosen on test data. Protocols and sources: "
        "[benchmarks/README.md](../README.md)."
    )


def list_results(rows, cells, labels, write_size, names):
    """Return the lines of the main table, the header first.

    `labels(row)` maps other models than the architectures to their labels;
    `write_size(records)` describes the data; `names` are headers of size and other models.
    """
    lines = [["data", names[0], "metric", *ARCHITECTURES, names[1], "known", "goal"]]
    for row in rows:
        means, records = cells.means(row), cells.done(row)
        figures = {model: row.write_figure(mean) for model, mean in means.items()}
        others = [f"{name} {figures[m]}" for m, name in labels(row).items() if m in means]
        line = [row.title, write_size(records) if records else "", row.metric]
        line += [cells.write(row, model, means) for model in ARCHITECTURES]
        is_absent = all("absent" in r for r in cells.all(row))
        line.append("not measured" if is_absent else ", ".join(others))
        lines.append([*line, row.known, row.write_goals(means)])
    return lines


def list_notes(content):
    """Return what was absent, what failed, and what was warned of."""
    notes = {}
    for record in content["records"]:
        fit = f"{record['row']}, {record['model']}, seed {record['seed']}"
        found = [f"were not measured. {record['absent']}"] if "absent" in record else []
        found += [f"failed. {record['error']}"] if "error" in record else []
        for text in (*found, *(f"warned: {w}" for w in record.get("warnings", []))):
            notes.setdefault(text, []).append(fit)
    lines = [f"- {len(fits)} fits (first: {fits[0]}) {t}" for t, fits in notes.items()]
    return "## Notes\n\n" + "\n".join(lines) if lines else ""


def describe_environment(content):
    """Return the date, versions and hardware of a run."""
    versions = ", ".join(f"{n} {v}" for n, v in content["versions"].items() if v)
    devices = sorted({r["device"] for r in content["records"] if "device" in r})
    return (
        f"Measured on {content['date'][:10]} (commit {content['commit']}) with Python "
        f"{content['python']}, {versions}; {content['processor']}, {content['cores']} cores, "
        f"{content['system']}, device {' and '.join(devices) or 'none'}. The run took "
        f"{content['wall_seconds'] / 60:.1f} minutes."
    )


def join_parts(*parts):
    """Return the parts of a report that are not empty, separated by blank lines."""
    return "\n\n".join(part for part in parts if part) + "\n"


def write_count(n):
    """Return a number of parameters in short."""
    return f"{n / 1000:.0f}k" if n >= 1000 else str(n)


def write_table(lines):
    """Return lines of texts, the header first, as a Markdown table."""
    header, *body = lines
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
