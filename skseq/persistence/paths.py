"""Paths of files as users write them."""

import os
from pathlib import Path


def find_path(path):
    """Return the path of a file, with `~` replaced by the user's home.

    Raises TypeError or ValueError if it is no path, IsADirectoryError if it is a folder.
    """
    try:
        name = os.path.expanduser(os.fsdecode(path))
    except TypeError:
        raise TypeError(
            "path must be the path of a file, for example 'model.safetensors', got "
            f"{path!r}."
        ) from None
    if not name:
        raise ValueError(
            f"path={path!r} is empty; give the path of a file, for example "
            "'model.safetensors'."
        )
    if os.path.isdir(name):
        raise IsADirectoryError(
            f"{name} is a folder; give the path of a file, for example "
            f"{os.path.join(name, 'model.safetensors')!r}."
        )
    return Path(name)
