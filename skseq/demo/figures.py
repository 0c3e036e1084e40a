"""Figures of the demonstration. Only this module requires the extra `plot`."""

import matplotlib

matplotlib.use("Agg")

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import ConfusionMatrixDisplay

from skseq.demo.report import best_result


def draw_all(vowels, weather, folder):
    """Write all figures to a folder and return their paths."""
    figures = {
        folder / "confusion_matrix.png": draw_confusion(vowels),
        folder / "learning_curves.png": draw_curves([vowels, weather]),
    }
    for path, figure in figures.items():
        figure.savefig(path, dpi=120)
    return list(figures)


def draw_confusion(study):
    """Draw the confusion matrix of the model with the best cross-validation score."""
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
        ylabel="true speaker",
    )
    return figure


def draw_curves(studies):
    """Draw the training and validation loss of each model by epoch."""
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    for axes, study in zip(figure.subplots(1, len(studies)), studies, strict=True):
        fitted = [result for result in study.results if result.history is not None]
        for k, result in enumerate(fitted):
            epochs, history = result.history["epoch"], result.history
            axes.plot(epochs, history["train_loss"], ":", color=f"C{k}")
            axes.plot(epochs, history["valid_loss"], color=f"C{k}", label=result.name)
        axes.set(
            title=study.title.partition(":")[0],
            xlabel="epoch",
            ylabel="loss (solid: validation, dotted: training)",
            yscale="log",
        )
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    return figure
