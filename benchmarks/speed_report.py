"""The report on speed: a table, and a picture of the ratios."""

from report_parts import describe_environment, write_table
from speed_rows import GROWTH_LIMIT

# What the memory of a fit may be, in sizes of its data; and start-up, in the libraries'.
MEMORY_LIMIT, IMPORT_LIMIT = 1.2, 1.05


def write_report(content):
    """Return the report as Markdown."""
    parts = [
        "# Speed",
        "Seconds of both sides, medians of runs in turn in one process with "
        f"{content['threads']} threads; the ratio is ours / theirs. Sizes are (steps, hidden "
        "size, batch); 8 features. `floor` is what no ratio can be below: the time over "
        "theirs of the kernels of torch that our side calls, run alone; of the answer to "
        "one sequence, that of our network alone. `difference` is by how much outputs differ "
        "after equal training from equal weights. With dropout torch's encoder drops weights "
        "of attention too, for which it has no fused kernel; ours drops what a block adds.",
        _write_ratios(content["records"]),
        *_write_others(content),
        "## Where and with what",
        describe_environment(content),
    ]
    return "\n\n".join(parts) + "\n"


def _write_ratios(records):
    lines = []
    for r in records:
        if "ratio" not in r:
            said = r.get("absent") or r.get("error")
            figures = [said, "", "", str(r["limit"]), "", ""]
        else:
            figures = [
                f"{r['ours']:.3f}",
                f"{r['theirs']:.3f}",
                f"**{r['ratio']:.2f}**",
                str(r["limit"]) + ("" if r["ratio"] <= r["limit"] else " (missed)"),
                f"{r['floor']:.2f}" if "floor" in r else "",
                f"{r['difference']:.0e}" if "difference" in r else "",
            ]
        lines.append([r["path"], r["name"], r["against"], *figures])
    header = ["path", "what", "against", "ours, s", "theirs, s", "ratio", "at most"]
    return write_table([*header, "floor", "difference"], lines)


def _write_others(content):
    if "import" in content:
        ours, theirs, floor = content["import"].values()
        _, libraries, more = content["import"]
        yield (
            f"`import skseq` takes {ours:.2f} s, `import {libraries}` {theirs:.2f} s: ratio "
            f"{ours / theirs:.2f} (at most {IMPORT_LIMIT}). `import {more}`, of which our "
            f"estimators inherit, takes {floor:.2f} s: floor {floor / theirs:.2f}."
        )
    if "memory" in content:
        m, d = content["memory"], content["disk"]
        yield (
            f"Memory of a fit above 100,000 x 100 x 8 numbers in memory "
            f"({m['data'] / 1e6:.0f} MB): {m['above'] / m['data']:.2f} of the data "
            f"(at most {MEMORY_LIMIT}). A million sequences of 50 steps in a "
            f"memory-mapped file ({d['data'] / 1e6:.0f} MB): {d['above'] / 1e6:.0f} MB to "
            f"fit, {d['predict_above'] / 1e6:.0f} MB to predict; an epoch took "
            f"{d['seconds']:.0f} s."
        )
    if "growth" in content:
        lines = [[w, a, f"{n:,}", f"{s:.3f}"] for w, a, n, s in content["growth"]]
        slopes = "; ".join(f"{a}, {w}: {s:.2f}" for w, a, s in content["slopes"])
        yield "## Growth"
        yield write_table(["with", "network", "how many", "seconds an epoch"], lines)
        yield f"Slopes of log time over log size (at most {GROWTH_LIMIT}): {slopes}."


def draw_ratios(content, path):
    """Draw each ratio as a bar, and the limit as a mark."""
    from matplotlib.figure import Figure

    records = [r for r in content["records"] if "ratio" in r][::-1]
    if not records:
        return
    figure = Figure(figsize=(9, 1 + 0.26 * len(records)), layout="constrained")
    ax = figure.subplots()
    places = range(len(records))
    colors = ["C0" if r["ratio"] <= r["limit"] else "C1" for r in records]
    ax.barh(places, [r["ratio"] for r in records], color=colors)
    ax.plot([r["limit"] for r in records], places, "k|", ms=9, mew=2, label="to reach")
    ax.axvline(1, color="gray", lw=0.8)
    names = [f"{r['path']}: {r['name']}\nagainst {r['against']}" for r in records]
    ax.set_yticks(places, names, fontsize=5)
    ax.set_xlabel("time, ours / theirs")
    ax.legend(loc="lower right")
    figure.savefig(path, dpi=110)
