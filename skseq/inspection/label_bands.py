"""Draw the labels of the steps of a recording as colored bands."""

import numpy as np

from skseq.inspection.palette import UNLABELED

# Classes with a smaller probability at all steps are not in the legend.
MIN_PROBABILITY = 0.2
ERROR_COLOR = "#c1121f"
EDGE = {"edgecolor": "0.35", "linewidth": 0}
# Width of a letter and of the margins of a text, as parts of the axes.
LETTER_WIDTH, MARGIN = 0.0085, 0.01


def draw_bands(ax, times, true, pred, styles):
    """Draw bands of true and predicted labels, and of errors.

    Returns a dict with the collection of each label for each band. `true` may be empty.
    """
    rows = {"true": true, "predicted": pred} if true else {"predicted": pred}
    edges = find_edges(times)
    bands = {}
    for row, (name, labels) in enumerate(rows.items()):
        bands[name] = draw_band(ax, edges, labels, styles, bottom=-row)
    if true:
        errors = [
            "error" if t is not None and t != p else None
            for t, p in zip(true, pred, strict=True)
        ]
        runs = [(start, stop) for start, stop, label in find_runs(errors) if label]
        spans = [(edges[start], edges[stop] - edges[start]) for start, stop in runs]
        style = {"facecolors": ERROR_COLOR, "linewidth": 0}
        bands["errors"] = {"error": ax.broken_barh(spans, (-1.6, 0.35), **style)}
        rows["errors"] = errors
    heights = {"true": 0.425, "predicted": 0.425 - len(rows) // 2, "errors": -1.425}
    ax.set_yticks([heights[name] for name in rows], list(rows))
    ax.tick_params(axis="y", length=0)
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    return bands


def draw_band(ax, edges, labels, styles, bottom):
    """Draw one band with a collection for each label; return the collections."""
    spans = {}
    for start, stop, label in find_runs(labels):
        span = (edges[start], edges[stop] - edges[start])
        spans.setdefault(label, []).append(span)
        name = "" if label is None else str(label)
        share = span[1] / (edges[-1] - edges[0])
        if name and share > MARGIN + LETTER_WIDTH * len(name):
            place = {"ha": "center", "va": "center", "clip_on": True}
            box = {"facecolor": styles[label][0], "edgecolor": "none", "pad": 0.8}
            at = (span[0] + span[1] / 2, bottom + 0.425)
            ax.text(*at, name, fontsize="small", color="black", bbox=box, **place)
    band = {}
    for label, parts in spans.items():
        color, hatch = (UNLABELED, "") if label is None else styles[label]
        look = {"facecolors": color, "hatch": hatch, **EDGE}
        band[label] = ax.broken_barh(parts, (bottom, 0.85), **look)
    return band


def draw_probabilities(ax, times, proba, classes, styles):
    """Draw stacked probabilities; return the classes that are likely at some step."""
    colors = [styles[name][0] for name in classes]
    areas = ax.stackplot(times, proba.T, colors=colors, step="mid", **EDGE)
    for area, name in zip(areas, classes, strict=True):
        area.set_hatch(styles[name][1])
    ax.set_ylim(0, 1)
    ax.set_ylabel("probability")
    likely = proba.max(axis=0) >= MIN_PROBABILITY
    return [name for name, shown in zip(classes, likely, strict=True) if shown]


def make_patches(styles, *, has_gaps):
    """Return the patches of a legend of labels."""
    from matplotlib.patches import Patch

    patches = [
        Patch(facecolor=color, hatch=hatch, label=str(name), **EDGE)
        for name, (color, hatch) in styles.items()
    ]
    if has_gaps:
        patches.append(Patch(facecolor=UNLABELED, label="unlabeled", **EDGE))
    return patches


def draw_legend(figure, ax, handles):
    """Draw a legend below all panels, or beside one of them; return it."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
        place = {"loc": "outside lower center", "ncols": min(len(handles), 6)}
        return figure.legend(handles=handles, frameon=False, **place)
    return ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1))


def find_edges(times):
    """Return the boundaries of steps, halfway between their times: (n_timesteps + 1,)."""
    if len(times) == 1:
        return np.array([times[0] - 0.5, times[0] + 0.5])
    middles = (times[1:] + times[:-1]) / 2
    first, last = times[0] - (middles[0] - times[0]), times[-1] + (times[-1] - middles[-1])
    return np.concatenate([[first], middles, [last]])


def find_runs(labels):
    """Return the runs of equal labels: (start, stop, label)."""
    starts = [k for k in range(len(labels)) if k == 0 or labels[k] != labels[k - 1]]
    stops = [*starts[1:], len(labels)]
    return [(start, stop, labels[start]) for start, stop in zip(starts, stops, strict=True)]
