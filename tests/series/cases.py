"""Tables whose rows are time steps, and panels of them."""

import numpy as np
import pandas as pd

from skseq.series import TableReader, build_panel, request_by_time

DAYS = pd.date_range("2020-01-01", periods=60)


def long_index(lengths, start=0):
    """Return a (series, time) MultiIndex of days."""
    pairs = [(name, DAYS[start + t]) for name, n in lengths.items() for t in range(n)]
    return pd.MultiIndex.from_tuples(pairs, names=["shop", "day"])


def frame(index, **columns):
    """Return a frame. A column is a number, or has one value for each row."""
    return pd.DataFrame(columns, index=index)


def read(X, allow_missing=False, **options):
    """Return a reader fitted on X, and the rows of X."""
    reader = TableReader(**options).fit(X)
    return reader, reader.read(X, allow_missing=allow_missing)


def panel_of(X, y=None, **options):
    """Return a fitted reader and the panel of X. By default, all targets are distinct."""
    reader, rows = read(X, **options)
    y = np.arange(float(len(rows))) if y is None else np.asarray(y)
    return reader, build_panel(rows, y.reshape(len(rows), -1), reader)


def find(X, reader, panel, allow_missing=False):
    return request_by_time(reader.read(X, allow_missing=allow_missing), panel, reader)
