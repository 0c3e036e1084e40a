"""The data sets of the table of anomalies: series with labels, and sequences of speakers."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from skseq import datasets

from ..engine.files import find_file

NAB = (
    "001_train1007_ec2_request_latency_system_failure",
    "005_train594_occupancy_6005",
    "006_train2579_nyc_taxi",
    "008_train1007_art_load_balancer_spikes",
    "009_train500_TravelTime_451",
    "014_train500_exchange-3_cpm_results",
    "017_train1007_art_increase_spike_density",
    "018_train500_rogue_agent_key_hold",
    "023_train4512_cpu_utilization_asg_misconfiguration",
    "026_train624_speed_6005",
)
UCR = "135_UCR_Anomaly_InternalBleeding16"


class Problem(NamedTuple):
    """What a detector is fitted to, what it scores, and which of that is abnormal."""

    name: str
    X_train: object
    X_test: object
    is_outlier: np.ndarray


@lru_cache(maxsize=2)
def load_problem(name, folder):
    """Load the problems of a row, over which scores are averaged."""
    return LOADERS[name](Path(folder))


def load_nab(folder):
    """Load ten series: the first rows are for training, and all rows are scored."""
    problems = []
    for name in NAB:
        table = pd.read_csv(find_file(folder, f"nab/{name}.csv"))
        number, n_train, title = name.split("_", 2)
        X = table[["value"]].to_numpy(float)
        n_train = int(n_train.removeprefix("train"))
        is_outlier = table["label"].to_numpy(bool)
        problems.append(Problem(f"{number} {title}", X[:n_train], X, is_outlier))
    return problems


def load_ucr(folder):
    """Load the series of the UCR anomaly archive that the package aeon contains."""
    import aeon

    # Read the files directly, because aeon may download absent ones.
    files = Path(aeon.__file__).parent / "datasets" / "data" / "KDD-TSAD_135"
    # The columns are time, value and label.
    train, test = (
        pd.read_csv(find_file(files, f"{UCR}_{part}.csv")).to_numpy(float)
        for part in ("TRAIN", "TEST")
    )
    return [Problem(UCR, train[:, 1:2], test[:, 1:2], test[:, 2].astype(bool))]


def load_vowels(folder):
    """Hold out each speaker: train on the training part of the eight others.

    The test part of all nine is scored, and the utterances of the held-out one are outliers.
    """
    X_train, y_train = datasets.load_japanese_vowels(split="train", return_X_y=True)
    X_test, y_test = datasets.load_japanese_vowels(split="test", return_X_y=True)
    return [
        Problem(
            f"speaker {speaker}",
            [x for x, y in zip(X_train, y_train, strict=True) if y != speaker],
            list(X_test),
            np.asarray(y_test) == speaker,
        )
        for speaker in np.unique(y_train)
    ]


LOADERS = {"nab": load_nab, "ucr24": load_ucr, "japanese_vowels": load_vowels}
