"""The data sets of the benchmarks, each with the split that the literature uses."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from skseq import Sequences, datasets

DATA_VARIABLE = "SKSEQ_BENCH_DATA"

# The usual cap in this field: far from failure, life cannot be told from the sensors.
CMAPSS_LONGEST_LIFE = 125
CMAPSS_WINDOW = 30
CMAPSS_COLUMNS = [
    "engine",
    "cycle",
    *(f"setting{i}" for i in range(1, 4)),
    *(f"sensor{i}" for i in range(1, 22)),
]

ADDING_TRAIN, ADDING_TEST = 2_000, 1_000


class MissingDataError(Exception):
    """A file or a package that a data set needs is not there."""


@dataclass(frozen=True)
class Problem:
    """What is trained on and what is tested on."""

    X_train: object
    y_train: np.ndarray
    X_test: object
    y_test: np.ndarray
    groups: np.ndarray | None = None

    def __post_init__(self):
        for X, y in ((self.X_train, self.y_train), (self.X_test, self.y_test)):
            if len(X) != len(y):
                raise ValueError(f"{len(X)} sequences, but {len(y)} targets.")


def default_folder():
    """Return the folder of data files that are too large for the package."""
    beside_repository = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get(DATA_VARIABLE, beside_repository))


# Two: a worker alternates between neighbours of the plan.
@lru_cache(maxsize=2)
def load_problem(name, folder):
    """Load a data set by name.

    Parameters
    ----------
    name : str
        A key of `LOADERS`.
    folder : str
        Where the files of C-MAPSS are.

    Returns
    -------
    Problem

    Raises
    ------
    MissingDataError
        If a file or a package is absent; the message names it.
    """
    return LOADERS[name](Path(folder))


def load_japanese_vowels(folder):
    """Official split: 270 utterances to train on, 370 to test on, 9 speakers."""
    return Problem(
        *datasets.load_japanese_vowels(split="train", return_X_y=True),
        *datasets.load_japanese_vowels(split="test", return_X_y=True),
    )


def archive_loader(name):
    """Return a loader for a data set of the UCR/UEA archive, as aeon ships it."""

    def load(folder):
        try:
            import aeon
            from aeon.datasets import load_from_ts_file
        except ImportError as error:
            raise MissingDataError(
                f"{name} comes with the package aeon, which cannot be imported "
                f"({error}): pip install 'skseq[bench]'."
            ) from error
        # Read from the package itself: aeon's own loaders download what is absent.
        files = Path(aeon.__file__).parent / "datasets" / "data" / name
        parts = []
        for part in ("TRAIN", "TEST"):
            path = files / f"{name}_{part}.ts"
            if not path.exists():
                raise MissingDataError(
                    f"aeon {aeon.__version__} does not ship {path.name}."
                )
            X, y = load_from_ts_file(str(path))
            # (n, channels, time) -> (n, time, channels)
            parts += [np.ascontiguousarray(X.transpose(0, 2, 1)), y]
        return Problem(*parts)

    return load


def load_cmapss(folder):
    """Turbofan engines: the cycles that are left, from 30 cycles of 24 measurements."""
    train = _read_table(folder / "cmapss" / "train_FD001.txt", CMAPSS_COLUMNS)
    test = _read_table(folder / "cmapss" / "test_FD001.txt", CMAPSS_COLUMNS)
    life = _read_table(folder / "cmapss" / "RUL_FD001.txt", ["life"])["life"].to_numpy()

    engines = Sequences.from_frame(train, sequence="engine", time="cycle")
    # Training engines run until they fail: nothing is left after their last cycle.
    left = [np.arange(n)[::-1].clip(max=CMAPSS_LONGEST_LIFE) for n in engines.lengths]
    X_train, y_train, groups = engines.windows(CMAPSS_WINDOW, y=left, partial=False)

    stopped = Sequences.from_frame(test, sequence="engine", time="cycle")
    X_test = Sequences.from_list(
        [steps[-CMAPSS_WINDOW:] for steps in stopped],
        ids=stopped.ids,
        feature_names=stopped.feature_names,
    )
    y_test = life.clip(max=CMAPSS_LONGEST_LIFE).astype(float)
    return Problem(X_train, y_train.astype(float), X_test, y_test, groups)


def adding_loader(length):
    """Return a loader for the adding problem at one length."""

    def load(folder):
        return Problem(
            *datasets.make_adding_problem(ADDING_TRAIN, length, random_state=0),
            *datasets.make_adding_problem(ADDING_TEST, length, random_state=1),
        )

    return load


def flatten(X):
    """Return sequences of equal length as a table (n_sequences, n_steps * n_features)."""
    return np.stack([np.ravel(sequence) for sequence in X])


def _read_table(path, columns):
    if not path.exists():
        raise MissingDataError(
            f"{path.parent.name}/{path.name} is not in the data folder: say where it is "
            f"with --data FOLDER or the environment variable {DATA_VARIABLE}."
        )
    return pd.read_csv(path, sep=r"\s+", header=None, names=columns)


LOADERS = {
    "japanese_vowels": load_japanese_vowels,
    "gunpoint": archive_loader("GunPoint"),
    "italy_power_demand": archive_loader("ItalyPowerDemand"),
    "basic_motions": archive_loader("BasicMotions"),
    "osu_leaf": archive_loader("OSULeaf"),
    "arrow_head": archive_loader("ArrowHead"),
    "acsf1": archive_loader("ACSF1"),
    "cmapss_fd001": load_cmapss,
    "adding_200": adding_loader(200),
    "adding_200_plain": adding_loader(200),
    "adding_400": adding_loader(400),
}
