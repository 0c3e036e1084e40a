"""Draw the pictures of the front page and of README.md: `python docs/pictures/draw.py`.

They show forecasts and labels of real data, with default parameters except for seasons and
horizons, by the displays of `skseq.inspection`. The script writes them next to itself.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot

from skseq import GRUForecaster, GRUStepClassifier
from skseq.datasets import load_airline, load_japanese_vowels
from skseq.inspection import ForecastDisplay, StepLabelDisplay

FOLDER = Path(__file__).parent


def draw_forecast():
    """Forecast the last two years of the airline passengers."""
    X, y = load_airline(return_X_y=True)
    forecaster = GRUForecaster(horizon=24, period=12, random_state=0).fit(X[:-24], y[:-24])
    display = ForecastDisplay.from_estimator(forecaster, X[-24:], y[-24:])
    display.ax_.set_title("GRUForecaster: monthly airline passengers, thousands")
    display.figure_.set_size_inches(7, 3)
    return display.figure_


def draw_labels():
    """Label the speaker at each step of concatenated utterances."""
    rng = np.random.default_rng(0)
    X, y = concatenate(*load_japanese_vowels(split="train", return_X_y=True), 200, rng)
    X_test, y_test = concatenate(
        *load_japanese_vowels(split="test", return_X_y=True), 1, rng
    )
    classifier = GRUStepClassifier(random_state=0).fit(X, y)
    display = StepLabelDisplay.from_estimator(classifier, X_test, y_test, sequence=0)
    display.figure_.suptitle("GRUStepClassifier: who speaks at each step of a recording")
    display.figure_.set_size_inches(7, 4.2)
    return display.figure_


def concatenate(utterances, speakers, n_recordings, rng):
    """Return recordings of five utterances each, and the speaker of each step."""
    X, y = [], []
    for _ in range(n_recordings):
        chosen = rng.choice(len(utterances), size=5, replace=False)
        X.append(np.concatenate([utterances[i] for i in chosen]))
        y.append(np.repeat(speakers[chosen], [len(utterances[i]) for i in chosen]))
    return X, y


def main():
    """Write both pictures."""
    with mpl.rc_context({"backend": "Agg"}):
        for name, draw in {"forecast": draw_forecast, "labels": draw_labels}.items():
            figure = draw()
            figure.savefig(FOLDER / f"{name}.png", dpi=110, bbox_inches="tight")
            pyplot.close(figure)


if __name__ == "__main__":
    main()
