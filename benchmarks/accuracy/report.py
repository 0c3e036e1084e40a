"""The table of accuracy in Markdown."""

import numpy as np

from ..engine import tables
from ..engine.rows import ARCHITECTURES


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
        "## Settings chosen by the fits, and time",
        "Epochs / steps of a token / convolutions in the stem; minutes of all fits of the row.",
        tables.write_table([["data", *ARCHITECTURES, "minutes"], *efforts]),
        tables.list_notes(content),
        tables.describe_environment(content),
    )


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
