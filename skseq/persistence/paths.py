"""Paths of files as users write them."""

import os
from pathlib import Path

from skseq.quoting import quote


def find_path(path, example="model.safetensors"):
    """Return the path of a file, with `~` replaced by the user's home.

    Raises TypeError or ValueError if it is no path, IsADirectoryError if it is a folder.
    Their messages suggest the name of the example.
    """
    try:
        name = os.path.expanduser(os.fsdecode(path))
    except TypeError:
        raise TypeError(
            f"path must be the path of a file, for example {example!r}, got {quote(path)}."
        ) from None
    if not name:
        raise ValueError(
            f"path={path!r} is empty; give the path of a file, for example {example!r}."
        )
    if "\0" in name:
        raise ValueError(f"path={quote(path)} contains a null character; remove it.")
    if os.path.isdir(name):
        raise IsADirectoryError(
            f"{name} is a folder; give the path of a file, for example "
            f"{os.path.join(name, example)!r}."
        )
    return Path(name)
