"""The table of anomalies in Markdown."""

import numpy as np

from ..engine import tables
from ..engine.rows import ARCHITECTURES
from .models import BASELINES


def make_report(rows, content):
    """Return the report on the content of a result file."""
    cells = tables.Cells(content)
    rows = [row for row in rows if cells.all(row)]
    names = "rows or sequences, train / test", "baselines"
    results = tables.list_results(rows, cells, _label_others, _count, names)
    return tables.join_parts(
        "# Anomalies in series and outliers among sequences, with default parameters",
        tables.introduce(content, "Means over the series or folds of a row"),
        tables.write_table(results),
        "## All models, and time",
        "Mean ± standard deviation over seeds; other metrics; seconds of one fit and of the "
        "scores, for one series or fold, on one thread.",
        tables.write_table(
            [_HEADER, *(line for row in rows for line in _list_models(row, cells))]
        ),
        *(part for row in rows for part in _write_problems(row, cells)),
        tables.list_notes(content),
        tables.describe_environment(content),
    )


_HEADER = [
    *("data", "model", "metric", "score", "VUS-ROC", "average precision", "AUROC"),
    *("fit", "score", "epochs"),
]


def _label_others(row):
    return BASELINES


def _count(records):
    return f"{records[0]['n_train']:,} / {records[0]['n_test']:,}"


def _list_models(row, cells):
    """Return a line for each model of a row that was measured."""
    for model in row.all_models:
        records = cells.done(row, model)
        if records:
            figure = row.write_figure(cells.means(row)[model])
            yield [
                row.title,
                BASELINES.get(model, model),
                row.metric,
                figure + tables.write_spread(row, records),
                _write_mean(records, "vus_roc", ".3f"),
                _write_mean(records, "average_precision", ".3f"),
                _write_mean(records, "roc_auc", ".3f"),
                _write_mean(records, "fit_seconds", ".2f") + " s",
                _write_mean(records, "score_seconds", ".2f") + " s",
                _write_mean(records, "n_iter", ".0f"),
            ]


def _write_problems(row, cells):
    """Return a heading and a table with a line for each series or fold of a row."""
    models = [m for m in row.all_models if cells.done(row, m)]
    if not models:
        return []
    means = {
        model: {
            name: np.mean([r["problems"][name] for r in cells.done(row, model)])
            for name in cells.done(row, model)[0]["problems"]
        }
        for model in models
    }
    names = list(means[models[0]])
    if len(names) == 1:
        return []
    header = ["series or fold", *models]
    lines = [[name, *(f"{means[m][name]:.3f}" for m in models)] for name in names]
    mean = ["mean", *(f"{np.mean(list(means[m].values())):.3f}" for m in models)]
    ours = [m for m in models if m in ARCHITECTURES]
    note = "" if ours else " No network was measured."
    return [
        f"## {row.title}: {row.metric} by series or fold",
        f"Means over seeds.{note}",
        tables.write_table([header, *lines, mean]),
    ]


def _write_mean(records, key, form):
    return f"{np.mean([r[key] for r in records]):{form}}" if key in records[0] else ""
