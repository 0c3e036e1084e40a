"""Use the installed package: `python tests/smoke.py`, with the required packages only."""

import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np

import skseq
from skseq.datasets import load_airline, load_japanese_vowels


def test_installed_package():
    assert files("skseq").joinpath("py.typed").is_file()
    X, y = load_japanese_vowels(split="train", return_X_y=True)
    clf = skseq.GRUClassifier(max_epochs=3, random_state=0).fit(X, y)
    assert clf.score(X, y) > 0.2
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        clf.save(path)
        loaded = skseq.load(path)
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    forecaster = skseq.GRUForecaster(horizon=12, period=12, max_epochs=2, random_state=0)
    assert np.isfinite(forecaster.fit(None, load_airline().y).forecast(12)).all()


if __name__ == "__main__":
    test_installed_package()
    print(f"skseq {skseq.__version__} in {Path(skseq.__file__).parent} works")
