"""Japanese Vowels: classify the speaker of utterances of variable length."""

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions, validate_params

from skseq.datasets.loading import open_data, read_description
from skseq.sequences import Sequences


@validate_params(
    {"split": [StrOptions({"train", "test"}), None], "return_X_y": ["boolean"]},
    prefer_skip_nested_validation=True,
)
def load_japanese_vowels(*, split=None, return_X_y=False):
    """Load the Japanese Vowels data set (classification).

    The task is to identify which of nine male speakers uttered the two Japanese vowels /ae/
    in succession. Each of the 640 utterances is a sequence of 7 to 29 steps with 12 LPC
    cepstrum coefficients [1]_, [2]_.

    Parameters
    ----------
    split : {"train", "test"}, default=None
        Part of the official split to load: 270 utterances to train on, 30 per speaker, or
        370 to test on, recorded on other occasions, 24 to 88 per speaker. If None, load
        both, the training part first.
    return_X_y : bool, default=False
        If True, return `(data, target)` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the following attributes.

        data : Sequences
            The utterances in float64, with one feature per coefficient.
        target : ndarray of str of shape (n_sequences,)
            The speaker, "1" to "9".
        feature_names : list of str
            "lpc1" to "lpc12".
        target_names : list of str
            "1" to "9".
        split : ndarray of str of shape (n_sequences,)
            The part that each utterance belongs to, "train" or "test".
        DESCR : str
            The full description of the data set, with its license.

    (data, target) : tuple if `return_X_y` is True
        The utterances and their speakers.

    See Also
    --------
    load_seattle_weather : A real data set for regression.

    Notes
    -----
    Creative Commons Attribution 4.0 International (CC BY 4.0). The data come with the
    package; nothing is downloaded.

    References
    ----------
    .. [1] M. Kudo, J. Toyama and M. Shimbo, "Multidimensional curve classification using
       passing-through regions", Pattern Recognition Letters 20 (11-13), 1103-1111, 1999.
    .. [2] M. Kudo, J. Toyama and M. Shimbo, "Japanese Vowels", UCI Machine Learning
       Repository, 1999. https://doi.org/10.24432/C5NS47

    Examples
    --------
    >>> from skseq.datasets import load_japanese_vowels
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> X
    Sequences(270 sequences, 12 features, 7 to 26 steps, float64, ...)
    >>> X[0].shape, str(y[0])
    ((20, 12), '1')
    """
    with open_data("japanese_vowels.npz") as file, np.load(file) as stored:
        # Exact: the source has at most six decimals, which are stored as integers.
        values = stored["millionths"] / 1e6  # (steps of all utterances, 12)
        lengths = stored["lengths"].astype(np.int64)
        target = stored["speakers"].astype("U1")
    feature_names = [f"lpc{i}" for i in range(1, 13)]
    X = Sequences(values, lengths, feature_names=feature_names)
    splits = np.repeat(["train", "test"], [270, 370])
    if split is not None:
        rows = splits == split
        # Without compact(), `X.values` would still contain the other part.
        X, target, splits = X[rows].compact(), target[rows], splits[rows]
    if return_X_y:
        return X, target
    return Bunch(
        data=X,
        target=target,
        feature_names=feature_names,
        target_names=[str(speaker) for speaker in range(1, 10)],
        split=splits,
        DESCR=read_description("japanese_vowels"),
    )
