"""Splits in the order of time, for one series or many."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_consistent_length
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import _num_samples

from skseq.quoting import quote
from skseq.series import encode_series

COUNT = Interval(Integral, 1, None, closed="left")


class PanelTimeSeriesSplit(BaseCrossValidator):
    """Split the rows of one or many series in time, all series at the same times.

    :class:`~sklearn.model_selection.TimeSeriesSplit` for rows with a (series, time)
    MultiIndex: the distinct time stamps of all series, sorted, are split as it splits rows,
    and each row goes where its stamp goes. So no model sees one series' future while it is
    tested on another. For rows of a single series in the order of time it is
    the same as TimeSeriesSplit.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits, at least 1.
    test_size : int, default=None
        Time stamps of each test part. By default `n_stamps // (n_splits + 1)`.
    gap : int, default=0
        Time stamps left out between the training part and the test part.
    max_train_size : int, default=None
        At most so many time stamps, the last ones, are trained on. By default all.

    See Also
    --------
    sklearn.model_selection.TimeSeriesSplit : Split rows by position.
    backtest : Forecast from many cutoffs.

    Notes
    -----
    Times are looked for in this order: `groups`, the index of X, the index of y (its last
    level each, where it has several), and the position of rows. X and y count as having an
    index if they are pandas objects.

    A series that begins late can have rows in a test part and none in the training part
    before it. No forecaster knows it then, and its rows are left out of that test part,
    unless no others are in it.

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

    # With metadata routing enabled: splits are told the times without being asked.
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
        X : object, default=None
            Ignored.
        y : object, default=None
            Ignored.
        groups : object, default=None
            Ignored.

        Returns
        -------
        int
            `n_splits`.
        """
        return self.n_splits

    def split(self, X, y=None, groups=None):
        """Yield the rows to train on and those to test on.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows; their index holds the times if X is a pandas object.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Targets; their index holds the times if X has none.
        groups : array-like of shape (n_rows,), default=None
            The time of each row, for rows without an index.

        Yields
        ------
        train : ndarray of int
            Positions of the rows to train on, ascending.
        test : ndarray of int
            Positions of the rows to test on, ascending; all of them are later.

        Raises
        ------
        ValueError
            If there are too few time stamps, or a row has none.
        """
        codes, stamps = number_stamps(X, y, groups)
        owners, _ = number_series(X, y)
        n_stamps = len(stamps)
        test_size = self.test_size or n_stamps // (self.n_splits + 1)
        first = n_stamps - self.n_splits * test_size
        if test_size < 1 or first - self.gap < 1:
            raise ValueError(
                f"{n_stamps} time stamps are too few for n_splits={self.n_splits} with "
                f"test_size={self.test_size} and gap={self.gap}: nothing is left to train on."
            )
        for start in range(first, n_stamps, test_size):
            end = start - self.gap
            begin = max(0, end - (self.max_train_size or n_stamps))
            train = np.flatnonzero((begin <= codes) & (codes < end))
            test = np.flatnonzero((start <= codes) & (codes < start + test_size))
            yield train, leave_out_new(test, train, owners)


def leave_out_new(test, train, owners):
    """Return the rows to test on whose series is trained on, if there are any."""
    if owners is None:
        return test
    known = test[np.isin(owners[test], owners[train])]
    return known if len(known) else test


def number_stamps(X, y=None, groups=None):
    """Return the number of each row's time stamp, and the distinct stamps in order."""
    check_consistent_length(X, y, groups)
    index, whose = find_index(X, y)
    if groups is not None:
        times, whose = pd.Index(groups), "groups"
    elif index is None:
        n_rows = _num_samples(y if X is None else X)
        return np.arange(n_rows), pd.RangeIndex(n_rows)
    else:
        times = index.get_level_values(-1)
    if (
        not isinstance(times, (pd.DatetimeIndex, pd.PeriodIndex))
        and times.dtype.kind not in "iu"
    ):
        raise ValueError(
            f"{whose} holds {quote(times[0])}, which tells no time: give dates (pd.to_datetime), "
            "periods or whole numbers."
        )
    codes, stamps = pd.factorize(times, sort=True)
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise ValueError(f"{whose} has no time (NaT) in row {row}: leave such rows out.")
    return codes, stamps


def number_series(X, y=None):
    """Return the number of each row's series, and the series; None if rows have none."""
    index, _ = find_index(X, y)
    if index is None or index.nlevels == 1:
        return None, None
    codes, names = encode_series(index.droplevel(-1), len(index))
    return codes, pd.Index(names, tupleize_cols=False)


def find_index(X, y):
    """Return the index that tells the time of rows, and whose it is."""
    for rows, name in ((X, "X"), (y, "y")):
        if isinstance(rows, (pd.DataFrame, pd.Series)):
            return rows.index, f"the index of {name}"
    return None, None
