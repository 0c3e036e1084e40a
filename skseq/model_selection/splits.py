"""Chronological splits of one or more series."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_consistent_length
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import _num_samples

from skseq.quoting import quote
from skseq.series import encode_series, set_time_index

COUNT = Interval(Integral, 1, None, closed="left")


class PanelTimeSeriesSplit(BaseCrossValidator):
    """Split the rows of one or more series at the same times.

    It extends :class:`~sklearn.model_selection.TimeSeriesSplit` to rows with a (series,
    time) MultiIndex. The sorted distinct time stamps of all series are split like the rows
    of a single series, and each row follows its time stamp, so that all training rows of a
    split are earlier than all its test rows.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits, at least 1.
    test_size : int, default=None
        Number of time stamps in each test part. By default `n_stamps // (n_splits + 1)`.
    gap : int, default=0
        Number of time stamps to exclude between the training part and the test part.
    max_train_size : int, default=None
        Maximum number of time stamps in a training part, the last ones; None for no limit.

    See Also
    --------
    sklearn.model_selection.TimeSeriesSplit : Split rows by position.
    backtest : Evaluate forecasts from several cutoffs.

    Notes
    -----
    The times are taken from `groups`, the pandas index of X, or that of y, whichever exists
    first, and otherwise from the position of the rows. Of a MultiIndex they are the last
    level.

    A series that starts late can have test rows without training rows before them. A
    forecaster does not know such a series, so these rows are dropped, unless that would
    leave the test part empty.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseq.model_selection import PanelTimeSeriesSplit
    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> rows = pd.MultiIndex.from_product([["north", "south"], days])
    >>> X = pd.DataFrame(index=rows)
    >>> cv = PanelTimeSeriesSplit(n_splits=2, test_size=1)
    >>> for train, test in cv.split(X):
    ...     print(train, test)
    [0 1 4 5] [2 6]
    [0 1 2 4 5 6] [3 7]
    >>> cv.get_n_splits()
    2
    """

    # With metadata routing enabled, `groups` is requested by default.
    __metadata_request__split = {"groups": True}

    @validate_params(
        {
            "n_splits": [COUNT],
            "test_size": [COUNT, None],
            "gap": [Interval(Integral, 0, None, closed="left")],
            "max_train_size": [COUNT, None],
        },
        prefer_skip_nested_validation=True,
    )
    def __init__(self, n_splits=5, *, test_size=None, gap=0, max_train_size=None):
        self.n_splits = n_splits
        self.test_size = test_size
        self.gap = gap
        self.max_train_size = max_train_size

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of splits.

        Parameters
        ----------
        X, y, groups : object, default=None
            Ignored.

        Returns
        -------
        int
            `n_splits`.
        """
        return self.n_splits

    def split(self, X, y=None, groups=None):
        """Yield the training and test rows of each split.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows. Their index contains the times if X is a pandas object; a DataFrame of
            polars has one column of dates.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Targets. Their index contains the times if X has no index.
        groups : array-like of shape (n_rows,), default=None
            The time of each row, which has precedence over the indices.

        Yields
        ------
        train, test : ndarray of int
            Ascending positions of the training rows, and of the test rows, all later.

        Raises
        ------
        ValueError
            If there are too few time stamps, or a row has none.
        """
        times, stamps = encode_times(X, y, groups)
        series, _ = find_series(X, y)
        n_stamps = len(stamps)
        test_size = self.test_size or n_stamps // (self.n_splits + 1)
        first = n_stamps - self.n_splits * test_size
        if test_size < 1 or first - self.gap < 1:
            raise ValueError(
                f"{n_stamps} time stamps are too few for n_splits={self.n_splits} with "
                f"test_size={self.test_size} and gap={self.gap}: no training rows are left."
            )
        for start in range(first, n_stamps, test_size):
            end = start - self.gap
            begin = max(0, end - (self.max_train_size or n_stamps))
            train = np.flatnonzero((begin <= times) & (times < end))
            test = np.flatnonzero((start <= times) & (times < start + test_size))
            if series is not None:
                known = test[np.isin(series[test], series[train])]
                test = known if len(known) else test
            yield train, test


def encode_times(X, y=None, groups=None):
    """Return the number of the time stamp of each row, and the sorted time stamps."""
    check_consistent_length(X, y, groups)
    index, source = find_index(X, y)
    if groups is not None:
        times, source = pd.Index(groups), "groups"
    elif index is None:
        n_rows = _num_samples(y if X is None else X)
        return np.arange(n_rows), pd.RangeIndex(n_rows)
    else:
        times = index.get_level_values(-1)
    is_time = isinstance(times, (pd.DatetimeIndex, pd.PeriodIndex))
    if not is_time and times.dtype.kind not in "iu":
        raise ValueError(
            f"{source} contains {quote(times[0])}, which is not a time. Use dates "
            "(pd.to_datetime), periods or integers."
        )
    codes, stamps = pd.factorize(times, sort=True)
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise ValueError(f"{source} has no time (NaT) in row {row}. Drop such rows.")
    return codes, stamps


def find_series(X, y=None):
    """Return the number of the series of each row, and the series names; or None, None."""
    index, _ = find_index(X, y)
    if index is None or index.nlevels == 1:
        return None, None
    return name_series(index.droplevel(-1))


def name_series(labels):
    """Return the number of the series of each row, and the names as an Index."""
    codes, names = encode_series(labels, len(labels))
    # A name may be a tuple, if the index has several levels for the series.
    return codes, pd.Index(names, tupleize_cols=False)


def find_index(X, y):
    """Return the index of X or else of y, and its description; None, None without any."""
    for rows, name in ((set_time_index(X), "X"), (y, "y")):
        if isinstance(rows, (pd.DataFrame, pd.Series)):
            return rows.index, f"the index of {name}"
    return None, None
