"""Parts that the reports of both benchmarks are made of."""


def group_records(records):
    """Return the records of each cell: (row, model) -> list."""
    cells = {}
    for record in records:
        cells.setdefault((record["row"], record["model"]), []).append(record)
    return cells


def list_scores(records):
    """Return the scores of fits that did not fail."""
    return [r["score"] for r in records if "error" not in r]


def warn_of_smoke_test(content):
    """Return a warning to put first, if epochs were not at their default."""
    if content["max_epochs"] is None:
        return ""
    return (
        f"**A smoke test with max_epochs={content['max_epochs']}: the figures mean "
        "nothing.**\n\n"
    )


def list_notes(content, absent):
    """Return what went wrong, and what was warned of."""
    lines = [f"- {name}: not measured. {reason}" for name, reason in absent.items()]
    warned = {}
    for record in content["records"]:
        fit = f"{record['row']}, {record['model']}, seed {record['seed']}"
        if "error" in record:
            lines.append(f"- {fit}: failed. {record['error']}")
        for message in record.get("warnings", []):
            warned.setdefault(message, []).append(fit)
    for message, fits in warned.items():
        lines.append(f"- {len(fits)} fits (first: {fits[0]}) warned: {message}")
    return "## Notes\n\n" + "\n".join(lines) if lines else ""


def describe_environment(content):
    """Return where, when and with what was measured."""
    versions = ", ".join(f"{n} {v}" for n, v in content["versions"].items() if v)
    devices = sorted({r["device"] for r in content["records"] if "device" in r})
    return (
        f"Measured on {content['date'][:10]} (commit {content['commit']}) with Python "
        f"{content['python']}, {versions}; {content['processor']}, {content['cores']} cores, "
        f"{content['system']}, device {' and '.join(devices) or 'none'}. The run took "
        f"{content['wall_seconds'] / 60:.1f} minutes."
    )


def write_count(n):
    """Return a number of weights in short."""
    return f"{n / 1000:.0f}k" if n >= 1000 else str(n)


def write_table(header, lines):
    """Return a table of texts."""
    all_lines = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in all_lines)
