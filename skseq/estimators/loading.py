"""Load estimators from files."""

from skseq.estimators.saving import restore_estimator
from skseq.persistence import file_errors, read_archive


def load(path):
    """Return the estimator that its method `save` wrote to a file.

    Predictions equal those of the saved estimator, bit for bit on the same machine, and
    further training continues as it would have. Loading runs no code and imports nothing:
    it makes estimators of skseq, and of subclasses that are already imported, and
    validates all that the file holds. Files from others are therefore safe to load.

    Parameters
    ----------
    path : str or path-like
        The file; `~` is your home.

    Returns
    -------
    estimator
        The fitted estimator, of the class that was saved.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If the file does not exist, or is a folder.
    skseq.exceptions.FileFormatError
        If the file is damaged, was not written by `save` or by a newer version of skseq,
        holds a class that is not imported, or would take far more memory than its size.

    Examples
    --------
    >>> import tempfile
    >>> import skseq
    >>> naive = skseq.SeasonalNaive(horizon=2).fit(None, [1.0, 3.0, 2.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     naive.save(f"{folder}/naive.safetensors")
    ...     skseq.load(f"{folder}/naive.safetensors").forecast(2)
    array([2., 2.])
    """
    content = read_archive(path, "estimator")
    with file_errors(path):
        return restore_estimator(path, content)
