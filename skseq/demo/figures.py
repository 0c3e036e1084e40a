"""The figures of the demonstration. The only module that needs the extra `plot`."""

import matplotlib

matplotlib.use("Agg")

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import ConfusionMatrixDisplay

from skseq.demo.report import best_result

COLOURS = ["#888888", "#1f77b4", "#d62728", "#2ca02c"]


def draw_all(vowels, weather, folder):
    """Write every figure into a folder; return their paths."""
    figures = {
        "confusion_matrix.png": draw_confusion(vowels),
        "learning_curves.png": draw_curves([vowels, weather]),
    }
    paths = [folder / name for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.savefig(path, dpi=120)
    return paths


def draw_confusion(study):
    """Draw who was taken for whom, by the model that cross-validation preferred."""
    best = best_result(study)
    X, y = study.test
    figure = Figure(figsize=(6, 5.6), layout="constrained")
    axes = figure.subplots()
    ConfusionMatrixDisplay.from_predictions(
        y, best.fitted.predict(X), ax=axes, cmap="Blues", colorbar=False
    )
    axes.set(
        title=f"{best.name}\ntest accuracy {best.test_score:.3f}",
        xlabel="predicted speaker",
        ylabel="speaker",
    )
    return figure


def draw_curves(studies):
    """Draw the loss of each model by epoch, in training and held out."""
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    for axes, study in zip(figure.subplots(1, len(studies)), studies, strict=True):
        drawn = [result for result in study.results if result.history is not None]
        for result, colour in zip(drawn, COLOURS, strict=True):
            history = result.history
            axes.plot(history["epoch"], history["train_loss"], ":", color=colour)
            axes.plot(
                history["epoch"], history["valid_loss"], color=colour, label=result.name
            )
        axes.set(
            title=study.title.partition(":")[0],
            xlabel="epoch",
            ylabel="loss (solid: held out, dotted: training)",
            yscale="log",
        )
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    return figure
