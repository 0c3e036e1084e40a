"""Load estimators from files."""

from skseq.estimators.saving import restore_estimator
from skseq.persistence import file_errors, read_archive
from skseq.quoting import quote


def load(path, networks=()):
    """Return the estimator that its method `save` wrote to a file.

    Predictions equal those of the saved estimator, bit for bit on the same machine, and
    training continues in the same way. Loading validates the content of the file. It runs
    no code from the file and imports nothing: only classes of skseq, and subclasses that
    are already imported, are created. So files from untrusted sources are safe to load.

    Parameters
    ----------
    path : str or path-like
        The file; ``~`` is the home directory.
    networks : sequence of classes or functions, default=()
        What was the parameter `network` of a :class:`skseq.SequenceClassifier`,
        :class:`skseq.SequenceRegressor` or :class:`skseq.SequenceForecaster`. The file
        contains its name, `network_params` and weights, but not its code. The file can
        choose among these classes, and the plain values that they are called with.

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
        contains a class that is not imported or a network that is not in `networks`, or
        requires far more memory than its size.
    TypeError, ValueError
        If `networks` contains an object without a name, or two with the same name.

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
    networks = _map_names(networks)
    content = read_archive(path, "estimator")
    with file_errors(path):
        return restore_estimator(path, content, networks)


def _map_names(networks):
    """Return classes and functions by name."""
    if not isinstance(networks, (list, tuple, set)):
        raise TypeError(
            f"networks must be a list of classes and functions. Got {quote(networks)}."
        )
    found = {}
    for network in networks:
        name = getattr(network, "__name__", None)
        if not callable(network) or not isinstance(name, str):
            raise TypeError(
                f"networks must contain classes and functions. Got {quote(network)}."
            )
        if name in found:
            raise ValueError(f"networks contains two objects with the name {name!r}.")
        found[name] = network
    return found
