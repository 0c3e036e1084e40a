"""Names of files as users write them."""

import os
from pathlib import Path


def find_path(path):
    """Return the path of a file; `~` is the user's home.

    Parameters
    ----------
    path : str, bytes or path-like
        The file, which need not be there.

    Raises
    ------
    TypeError, ValueError
        If it is no name.
    IsADirectoryError
        If it is a folder.
    """
    try:
        name = os.path.expanduser(os.fsdecode(path))
    except TypeError:
        raise TypeError(
            "path must be the name of a file, for example 'model.safetensors', got "
            f"{path!r}."
        ) from None
    if not name:
        raise ValueError(
            f"path={path!r} is empty; give the name of a file, for example "
            "'model.safetensors'."
        )
    if os.path.isdir(name):
        raise IsADirectoryError(f"{name} is a folder; give the name of a file in it.")
    return Path(name)
