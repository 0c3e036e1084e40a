"""Small data sets that the contract tests of outlier detectors share."""

import numpy as np
import pytest

import skseq
from skseq.architectures.recurrent import RecurrentArchitecture

from ..cases import OUTLIER_DETECTORS, as_form, make, name_of

every_detector = pytest.mark.parametrize("cls", OUTLIER_DETECTORS, ids=name_of)
RECURRENT = [cls for cls in OUTLIER_DETECTORS if issubclass(cls, RecurrentArchitecture)]
every_recurrent = pytest.mark.parametrize("cls", RECURRENT, ids=name_of)
TWO_DETECTORS = [skseq.GRUOutlierDetector, skseq.TransformerOutlierDetector]
two_detectors = pytest.mark.parametrize("cls", TWO_DETECTORS, ids=name_of)


def make_waves(n=40, seed=0, *, period=8.0, n_features=2, min_length=10, max_length=24):
    """Return noisy sine waves of random phase and length."""
    random = np.random.default_rng(seed)
    waves = []
    for _ in range(n):
        steps = np.arange(random.integers(min_length, max_length))
        phase = 2 * np.pi * (steps / period + random.uniform())
        columns = [np.sin(phase + k) for k in range(n_features)]
        waves.append(
            np.column_stack(columns) + random.normal(0, 0.1, (len(steps), n_features))
        )
    return waves


def fit_waves(cls, **params):
    """Return a small detector and the sequences on which it was fitted."""
    X = make_waves()
    return make(cls, **params).fit(X), X


def make_form(form, n=24, seed=0):
    """Return waves in one of the forms of X."""
    lengths = {"min_length": 12, "max_length": 13} if form == "cube" else {}
    return as_form(form, make_waves(n, seed, **lengths))
