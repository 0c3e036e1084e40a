"""The table of speed in Markdown, and a plot of the ratios."""

import textwrap
from pathlib import Path

from ..engine.tables import describe_environment, write_table

TEMPLATE = Path(__file__).with_name("report.md")
# Largest memory of a fit relative to its data; of start-up relative to the libraries;
# largest slope of log time over log size; and largest CPU time of fits that run at once.
MEMORY_LIMIT, IMPORT_LIMIT, GROWTH_LIMIT, TOGETHER_LIMIT = 1.2, 1.05, 1.05, 1.3


def make_report(content):
    """Return the report."""
    return TEMPLATE.read_text().format(
        threads=content["threads"],
        ratios=_write_ratios(content["records"]),
        others="\n\n".join(_write_others(content)),
        environment=describe_environment(content),
    )


def _write_ratios(records):
    lines = []
    for r in records:
        figures = [r.get("absent") or r.get("error"), "", "", str(r["limit"]), "", ""]
        if "ratio" in r:
            limit = str(r["limit"]) + ("" if r["ratio"] <= r["limit"] else " (missed)")
            figures = [f"{r[side]:.3f}" for side in ("ours", "theirs")]
            figures += [f"**{r['ratio']:.2f}**", limit]
            figures.append(f"{r['floor']:.2f}" if "floor" in r else "")
            figures.append(f"{r['difference']:.0e}" if "difference" in r else "")
        lines.append([r["path"], r["name"], r["against"], *figures])
    header = ["path", "what", "against", "ours, s", "theirs, s", "ratio", "at most"]
    return write_table([[*header, "floor", "difference"], *lines])


def _write_others(content):
    if "import" in content:
        ours, theirs, floor = content["import"].values()
        _, libraries, more = content["import"]
        yield (
            f"`import skseq` takes {ours:.2f} s, `import {libraries}` {theirs:.2f} s: ratio "
            f"{ours / theirs:.2f} (at most {IMPORT_LIMIT}). `import {more}`, whose classes "
            f"the estimators inherit from, takes {floor:.2f} s: floor {floor / theirs:.2f}."
        )
    if "memory" in content:
        m, d = content["memory"], content["disk"]
        yield (
            f"Memory that a fit adds to 100,000 x 100 x 8 numbers in memory "
            f"({m['data'] / 1e6:.0f} MB): {m['above'] / m['data']:.2f} of the data "
            f"(at most {MEMORY_LIMIT}). For a million sequences of 50 steps in a "
            f"memory-mapped file ({d['data'] / 1e6:.0f} MB): {d['above'] / 1e6:.0f} MB in "
            f"fit, {d['predict_above'] / 1e6:.0f} MB in predict; an epoch took "
            f"{d['seconds']:.0f} s."
        )
    if "together" in content:
        t = content["together"]
        yield (
            f"CPU time of {t['n_fits']} small fits in processes that run at once, relative "
            f"to one after the other: {t['together'] / t['alone']:.2f} (at most "
            f"{TOGETHER_LIMIT})."
        )
    if "growth" in content:
        lines = [["growing", "network", "number", "seconds per epoch"]]
        lines += [[w, a, f"{n:,}", f"{s:.3f}"] for w, a, n, s in content["growth"]]
        slopes = "; ".join(f"{a}, {w}: {s:.2f}" for w, a, s in content["slopes"])
        yield f"## Growth\n\n{write_table(lines)}"
        yield f"Slopes of log time over log size (at most {GROWTH_LIMIT}): {slopes}."


def draw_ratios(content, path):
    """Draw each ratio as a bar, and its limit as a mark, with one panel for each path."""
    from matplotlib.figure import Figure

    records = [r for r in content["records"] if "ratio" in r]
    if not records:
        return
    paths = list(dict.fromkeys(r["path"] for r in records))
    parts = [[r for r in records if r["path"] == path] for path in paths]
    sizes = [len(part) for part in parts]
    size = 9, 1 + 0.5 * len(parts) + 0.34 * len(records)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(parts), sharex=True, squeeze=False, height_ratios=sizes)
    for ax, title, part in zip(axes[:, 0], paths, parts, strict=True):
        names = [textwrap.fill(f"{r['name']}, against {r['against']}", 52) for r in part]
        colors = ["C0" if r["ratio"] <= r["limit"] else "C1" for r in part]
        ax.barh(names, [r["ratio"] for r in part], color=colors)
        ax.plot([r["limit"] for r in part], names, "k|", ms=9, mew=2, label="limit")
        ax.axvline(1, color="gray", lw=0.8)
        ax.invert_yaxis()
        ax.tick_params(axis="y", labelsize=8)
        ax.set_title(title, loc="left", fontsize=10)
    axes[-1, 0].set_xlabel("time, ours / theirs")
    axes[0, 0].legend(loc="lower right")
    figure.savefig(path, dpi=110)
