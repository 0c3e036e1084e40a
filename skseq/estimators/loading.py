"""Load estimators from files."""

from skseq.estimators.saving import restore_estimator
from skseq.persistence import file_errors, read_archive


def load(path):
    """Return the estimator that its method `save` wrote to a file.

    Predictions equal those of the saved estimator, bit for bit on the same machine, and
    training continues in the same way. Loading validates the content of the file. It runs
    no code from the file and imports nothing: only classes of skseq, and subclasses that
    are already imported, are created. So files from untrusted sources are safe to load.

    Parameters
    ----------
    path : str or path-like
        The file; `~` is the home directory.

    Returns
    -------
    estimator
        The fitted estimator, of the class that was saved.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If the file does not exist, or is a folder.
    skseq.exceptions.FileFormatError
        If the file is damaged, was not written by `save`, was written by a newer version,
        contains a class that is not imported, or requires far more memory than its size.

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
