"""Read the data files of the package and return series in a common format."""

from importlib.resources import files

import pandas as pd
from sklearn.utils import Bunch


def open_data(name):
    """Open a file of the `data` folder in binary mode."""
    return (files("skseq.datasets") / "data" / name).open("rb")


def read_table(name, **options):
    """Read a CSV file of the `data` folder as a DataFrame."""
    with open_data(name) as file:
        return pd.read_csv(file, **options)


def make_series(column, index):
    """Return a column of a table in float64 as a Series with another index."""
    return pd.Series(column.to_numpy(dtype=float), index=index, name=column.name)


def read_description(name):
    """Return the text of the attribute `DESCR` of a data set."""
    return (files("skseq.datasets") / "data" / f"{name}.rst").read_text(encoding="utf-8")


def pack_series(y, *, name, return_X_y, **attributes):
    """Return a series as a Bunch or, if `return_X_y`, as the tuple `(X, y)`.

    X has the index of the series and no columns: only the time is known in advance.
    """
    # A copy, because before pandas 3 the frame would share its memory with the series.
    frame = y.copy().to_frame()
    if return_X_y:
        return frame[[]], y
    return Bunch(y=y, frame=frame, **attributes, DESCR=read_description(name))
