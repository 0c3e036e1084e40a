"""The table of labels in Markdown."""

import numpy as np

from ..engine import tables
from .models import BASELINES, VARIANTS


def make_report(rows, content):
    """Return the report on the content of a result file."""
    cells = tables.Cells(content)
    rows = [row for row in rows if cells.all(row)]
    names = "train / test", "other models"
    results = tables.list_results(rows, cells, _label_others, _count, names)
    return tables.join_parts(
        "# Labels of steps and of texts, with default parameters",
        tables.introduce(content, "Test figures"),
        tables.write_table(results),
        "## All models, and time",
        "Mean ± standard deviation over seeds; seconds of one fit and of the prediction of "
        "the test part on one thread; epochs; accuracy on test words that the training part "
        "has at most three times, and on those that it does not have.",
        tables.write_table(
            [_HEADER, *(line for row in rows for line in _list_models(row, cells))]
        ),
        tables.list_notes(content),
        tables.describe_environment(content),
    )


_HEADER = ["data", "model", "score", "fit", "predict", "epochs", "rare", "unseen"]


def _label_others(row):
    return {**{name: name for name in VARIANTS}, **BASELINES}


def _count(records):
    return f"{records[0]['n_train']:,} / {records[0]['n_test']:,}"


def _list_models(row, cells):
    """Return a line for each model of a row that was measured."""
    for model in row.all_models:
        records = cells.done(row, model)
        if not records:
            continue
        means = {
            key: np.mean([r[key] for r in records])
            for key in ("score", "fit_seconds", "predict_seconds")
        }
        figure = row.write_figure(means["score"]) + tables.write_spread(row, records)
        yield [
            row.title,
            BASELINES.get(model, model),
            figure,
            f"{means['fit_seconds']:.1f} s",
            f"{means['predict_seconds']:.2f} s",
            *(
                _write_mean(records, key)
                for key in ("n_iter", "rare_accuracy", "unseen_accuracy")
            ),
        ]


def _write_mean(records, key):
    if key not in records[0]:
        return ""
    mean = np.mean([r[key] for r in records])
    return f"{mean:.0f}" if key == "n_iter" else f"{mean:.3f}"
