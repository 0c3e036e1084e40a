"""The table of accuracy in Markdown."""

import numpy as np

from ..engine import tables
from ..engine.rows import ARCHITECTURES
from .models import N_MEMBERS
from .ranks import LABELS, compare, find_ranks

_NOTES = (
    f"`x{N_MEMBERS}`: the average of the probabilities of {N_MEMBERS} networks. Inception network: "
    "a single network of InceptionTime, in our own torch version, with fewer epochs. "
    "†: published by its authors, not measured. Bold: the architecture with the best mean."
)
# The rows whose mean is a goal.
SEVEN = (
    *("japanese_vowels", "gunpoint", "italy_power_demand", "basic_motions"),
    *("osu_leaf", "arrow_head", "acsf1"),
)


def make_report(rows, content):
    """Return the report on the content of a result file."""
    cells = tables.Cells(content)
    rows = [row for row in rows if cells.all(row)]
    names = "train / test", "baselines"
    results = tables.list_results(rows, cells, _label_baselines, _count, names)
    efforts = [_list_efforts(row, cells) for row in rows if cells.done(row)]
    return tables.join_parts(
        "# Accuracy with default parameters",
        tables.introduce(content, "Test figures"),
        tables.write_table(results),
        *_write_comparison(rows, cells),
        "## Settings chosen by the fits, and time",
        "Epochs / steps of a token / convolutions in the stem; minutes of all fits of the row.",
        tables.write_table([["data", *ARCHITECTURES, "minutes"], *efforts]),
        tables.list_notes(content),
        tables.describe_environment(content),
    )


def _write_comparison(rows, cells):
    """Return a heading and the table of classifiers beside each other."""
    rows, models, scores = compare(rows, cells)
    if not rows:
        return []
    lines = [["data", *(LABELS.get(model, model) for model in models)]]
    for row in rows:
        means = row.published | cells.means(row)
        figures = [_write_figure(row, model, means, cells) for model in models]
        lines.append([row.title, *figures])
    is_seven = np.array([row.name in SEVEN for row in rows])
    if is_seven.sum() == len(SEVEN):
        lines.append(["mean of the first seven", *_write_means(scores[is_seven], models)])
    if len(rows) > len(SEVEN):
        lines.append([f"mean of all {len(rows)}", *_write_means(scores, models)])
    if len(rows) > 1:
        ranks = [f"{rank:.2f}" if rank > 0 else "" for rank in find_ranks(scores)]
        lines.append(["average rank", *ranks])
    return [
        "## Beside other classifiers",
        f"Accuracy; seconds of one fit and of the predictions of the test part. {_NOTES}",
        tables.write_table(lines),
    ]


def _write_figure(row, model, means, cells):
    """Return score and seconds of a model, or the published score."""
    records = cells.done(row, model)
    if not records:
        return f"{row.write_figure(means[model])}†" if model in means else ""
    seconds = np.mean([r["fit_seconds"] + r["predict_seconds"] for r in records])
    return f"{row.write_figure(means[model])}, {seconds:.1f} s"


def _write_means(scores, models):
    """Return means over rows, empty for models that lack a row; the best network in bold."""
    means = scores.mean(axis=0)
    networks = [m for m, name in zip(means, models, strict=True) if name in ARCHITECTURES]
    best = np.nanmax(networks) if np.isfinite(networks).any() else np.nan
    texts = ["" if np.isnan(mean) else f"{mean:.4f}" for mean in means]
    return [
        f"**{text}**" if name in ARCHITECTURES and mean == best else text
        for text, name, mean in zip(texts, models, means, strict=True)
    ]


def _label_baselines(row):
    constant = "majority" if row.task == "Classifier" else "mean"
    return {"constant": constant, "1-NN": "1-NN Euclidean", "ridge": "ridge"}


def _count(records):
    return f"{records[0]['n_train']:,} / {records[0]['n_test']:,}"


def _list_efforts(row, cells):
    texts = []
    for model in ARCHITECTURES:
        text, records = "", cells.done(row, model)
        if records:
            epochs, last = np.mean([r["n_iter"] for r in records]), records[-1]
            text = f"{epochs:.0f} / {last['patch_size']} / {last['stem']}"
        texts.append(text)
    done = cells.done(row)
    seconds = sum(r["fit_seconds"] + r["predict_seconds"] for r in done)
    return [row.title, *texts, f"{seconds / 60:.1f}"]
