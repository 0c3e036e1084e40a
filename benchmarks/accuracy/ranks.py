"""Comparison over data sets: means, ranks, and their picture."""

import numpy as np
from scipy.stats import rankdata

from ..engine.rows import ARCHITECTURES
from ..engine.tables import Cells
from .models import AVERAGES

# Baselines that no user would choose.
NOT_COMPARED = ("constant", "ridge")
LABELS = {"1-NN": "1-NN Euclidean", "Inception": "Inception network"}
ALPHA = 0.05
BLUE = "#1f6fb4"


def compare(rows, cells):
    """Return the classification rows and the models compared, and their scores.

    Scores are an array (n_rows, n_models) of means over seeds; NaN where nothing is known.
    """
    rows = [row for row in rows if row.task == "Classifier" and cells.done(row)]
    means = [row.published | cells.means(row) for row in rows]
    models = [
        model
        for model in dict.fromkeys(m for row in rows for m in row.all_models)
        if model not in NOT_COMPARED and any(cells.done(row, model) for row in rows)
    ]
    scores = [[mean.get(model, np.nan) for model in models] for mean in means]
    return rows, models, np.array(scores).reshape(len(rows), len(models))


def find_ranks(scores):
    """Return the average ranks of models over the rows; NaN for a model that lacks a row."""
    is_complete = ~np.isnan(scores).any(axis=0)
    ranks = np.full(scores.shape[1], np.nan)
    ranks[is_complete] = rankdata(-scores[:, is_complete], axis=1).mean(axis=0)
    return ranks


def draw_ranks(rows, content, path):
    """Draw the average ranks of the models that have all rows; bars join equal ones."""
    rows, models, scores = compare(rows, Cells(content))
    is_complete = ~np.isnan(scores).any(axis=0)
    # The tests need several data sets and models.
    if len(rows) < 3 or is_complete.sum() < 3:
        return
    try:
        import matplotlib

        matplotlib.use("Agg")
        from aeon.visualisation import plot_critical_difference
    except ImportError:
        return
    models = np.array(models)[is_complete]
    figure, _ = plot_critical_difference(
        scores[:, is_complete],
        [LABELS.get(model, model) for model in models],
        highlight=dict.fromkeys((*ARCHITECTURES, *AVERAGES), BLUE),
        alpha=ALPHA,
        width=9,
        textspace=2.5,
    )
    figure.savefig(path, dpi=80, bbox_inches="tight")
