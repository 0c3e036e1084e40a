"""From files to estimators."""

from skseq.estimators.baselines import Drift, SeasonalNaive
from skseq.estimators.classifiers import (
    GRUClassifier,
    LSTMClassifier,
    RNNClassifier,
    TransformerClassifier,
)
from skseq.estimators.forecasters import (
    GRUForecaster,
    LSTMForecaster,
    RNNForecaster,
    TransformerForecaster,
)
from skseq.estimators.regressors import (
    GRURegressor,
    LSTMRegressor,
    RNNRegressor,
    TransformerRegressor,
)
from skseq.estimators.saving import load_estimator

# A file names one of these; nothing else is ever made from one.
CLASSES = {
    cls.__name__: cls
    for cls in (
        Drift,
        GRUClassifier,
        GRUForecaster,
        GRURegressor,
        LSTMClassifier,
        LSTMForecaster,
        LSTMRegressor,
        RNNClassifier,
        RNNForecaster,
        RNNRegressor,
        SeasonalNaive,
        TransformerClassifier,
        TransformerForecaster,
        TransformerRegressor,
    )
}


def load(path):
    """Return the estimator that its method `save` wrote to a file.

    Predictions are those of the estimator that was saved, bit for bit on one machine, and it
    goes on learning as that one would. Reading runs no code and looks nothing up by name
    but the estimators of skseq, so a file may come from strangers: what it holds is checked.

    Parameters
    ----------
    path : str or path-like
        The file; `~` is your home.

    Returns
    -------
    estimator
        Fitted, of the class that was saved.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file, or it is a folder.
    skseq.exceptions.FileFormatError
        If the file is damaged, was not written by `save`, or by a newer skseq; or if it
        asks for far more memory than it has content.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import skseq
    >>> naive = skseq.SeasonalNaive(horizon=2).fit(None, np.array([1.0, 3.0, 2.0]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "naive.safetensors"
    ...     naive.save(path)
    ...     skseq.load(path).forecast(2)
    array([2., 2.])
    """
    return load_estimator(path, CLASSES)
