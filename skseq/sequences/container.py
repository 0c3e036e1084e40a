"""Sequences of variable length, stored as one array of steps."""

import numpy as np

from skseq.quoting import quote
from skseq.sequences import display, frames, layout, windows
from skseq.sequences.cells import fill_cells, is_frame
from skseq.sequences.stacking import get_feature_names, stack_arrays


class Sequences:
    """Sequences of variable length, stored as one array of steps.

    All steps of all sequences are stored in one array, with a start and a length for each
    sequence. A selection of sequences is a view that shares the values, so cross-validation
    folds copy no values. `Sequences` can be passed as `X` to every estimator of skseq, and
    to the tools of scikit-learn that index rows.

    Parameters
    ----------
    values : array-like of shape (n_steps_total, n_features) or (n_steps_total,)
        The steps of all sequences. A memory-mapped array stays memory-mapped.
    lengths : array-like of int of shape (n_sequences,)
        Number of steps of each sequence, at least 1.
    starts : array-like of int of shape (n_sequences,), default=None
        First row of each sequence in `values`. By default the sequences are stored one
        after the other.
    ids : array-like of shape (n_sequences,), default=None
        Name of each sequence.
    feature_names : sequence of str, default=None
        Name of each feature.

    Attributes
    ----------
    values : ndarray of shape (n_steps_total, n_features)
        The stored steps, read-only.
    starts, lengths, ids : ndarray of shape (n_sequences,)
        As the parameters. `ids` may be None.
    feature_names : list of str or None
        Name of each feature.
    n_features, ndim : int
        Number of features of each step; 2.
    shape : tuple
        `(n_sequences, 1)`, the shape of a table with one column of sequences.

    Raises
    ------
    ValueError
        If a length is below 1, or if starts and lengths do not fit `values`.

    See Also
    --------
    Sequences.from_frame : Read a long-format table.
    Sequences.windows : Cut long recordings into windows.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import Sequences
    >>> X = Sequences(np.arange(10.0).reshape(5, 2), lengths=[3, 2])
    >>> X
    Sequences(2 sequences, 2 features, 2 to 3 steps, float64)
    >>> X[1]
    array([[6., 7.],
           [8., 9.]])
    >>> X.shape, X.n_features
    ((2, 1), 2)
    """

    ndim = 2

    def __init__(self, values, lengths, *, starts=None, ids=None, feature_names=None):
        parts = layout.check_parts(values, lengths, starts, ids, feature_names)
        self.values, self.starts, self.lengths, self.ids, self.feature_names = parts

    def _view(self, starts, lengths, ids):
        """Return a view with other rows, without validation."""
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, starts=starts, lengths=lengths, ids=ids)
        return view

    @classmethod
    def from_list(cls, arrays, *, ids=None, feature_names=None):
        """Store a list of arrays.

        Parameters
        ----------
        arrays : list of array-like, each (n_timesteps_i, n_features) or (n_timesteps_i,)
            The sequences.
        ids : array-like of shape (n_sequences,), default=None
            Name of each sequence.
        feature_names : sequence of str, default=None
            Name of each feature. By default the column names if the arrays are DataFrames.

        Returns
        -------
        Sequences
            The same sequences.

        Examples
        --------
        >>> from skseq import Sequences
        >>> Sequences.from_list([[1.0, 2.0], [3.0, 4.0, 5.0]])
        Sequences(2 sequences, 1 feature, 2 to 3 steps, float64)
        """
        values, lengths = stack_arrays(arrays)
        if feature_names is None:
            feature_names = get_feature_names(arrays)
        return cls(values, lengths, ids=ids, feature_names=feature_names)

    @classmethod
    def from_padded(cls, X, *, ids=None, feature_names=None):
        """Store sequences without the NaN that pads them at the end.

        Parameters
        ----------
        X : array-like of shape (n_sequences, n_timesteps[, n_features]), or list of arrays
            The sequences. Steps at their end are removed if all features are NaN.
        ids, feature_names : array-like, default=None
            Name of each sequence, and of each feature.

        Returns
        -------
        Sequences
            The sequences without padding.

        Raises
        ------
        ValueError
            If all values of a sequence are NaN.

        Examples
        --------
        >>> import numpy as np
        >>> from skseq import Sequences
        >>> X = np.array([[1.0, 2.0, np.nan], [3.0, np.nan, 4.0]])
        >>> Sequences.from_padded(X)
        Sequences(2 sequences, 1 feature, 2 to 3 steps, float64)
        """
        X = X.to_numpy() if is_frame(X) else X
        padded = cls.from_list(X, ids=ids, feature_names=feature_names)
        return padded._view(padded.starts, layout.strip_padding(padded), padded.ids)

    @classmethod
    def from_frame(cls, frame, *, sequence, time=None, target=None, features=None):
        """Read a long-format table with one row for each step of each sequence.

        Parameters
        ----------
        frame : pandas.DataFrame or polars.DataFrame
            The table.
        sequence : str
            Column that identifies the sequence of each row.
        time : str, default=None
            Column by which the rows of each sequence are sorted: numbers, times, or text in
            ISO 8601 format. By default, the order of the rows is kept.
        target : str or list of str, default=None
            Column(s) that contain the target, which is constant within each sequence.
        features : list of str, default=None
            Columns that contain the features. By default all other columns.

        Returns
        -------
        X : Sequences
            The sequences in order of first appearance, with `ids` and `feature_names`.
        y : ndarray of shape (n_sequences,) or (n_sequences, n_targets)
            The targets in the same order, if `target` is given.

        Raises
        ------
        ValueError
            If a column is missing or not numeric, if `time` cannot be sorted or occurs
            twice in a sequence, or if a target changes within a sequence.

        Examples
        --------
        >>> import pandas as pd
        >>> from skseq import Sequences
        >>> visits = pd.DataFrame(
        ...     {
        ...         "patient": ["a", "b", "a", "b", "b"],
        ...         "day": [1, 1, 0, 3, 2],
        ...         "pulse": [61.0, 70.0, 60.0, 72.0, 71.0],
        ...         "ill": ["no", "yes", "no", "yes", "yes"],
        ...     }
        ... )
        >>> X, y = Sequences.from_frame(
        ...     visits, sequence="patient", time="day", target="ill"
        ... )
        >>> X[0].ravel(), y
        (array([60., 61.]), array(['no', 'yes'], dtype=object))
        """
        values, lengths, ids, names, y = frames.read_frame(
            frame, sequence, time, target, features
        )
        X = cls(values, lengths, ids=ids, feature_names=names)
        return X if target is None else (X, y)

    def to_frame(self, *, sequence="sequence", time="time"):
        """Return a long-format table with one row for each step.

        Parameters
        ----------
        sequence : str, default="sequence"
            Name of the column that contains the id (or the number) of the sequence.
        time : str, default="time"
            Name of the column that numbers the steps of each sequence from 0.

        Returns
        -------
        pandas.DataFrame
            These two columns, followed by one column for each feature.

        Examples
        --------
        >>> from skseq import Sequences
        >>> Sequences.from_list([[1.0], [2.0, 3.0]]).to_frame()
           sequence  time  feature0
        0         0     0       1.0
        1         1     0       2.0
        2         1     1       3.0
        """
        return frames.write_frame(self, sequence, time)

    def windows(self, length, stride=1, *, y=None, partial=False, reduce=None):
        """Cut every sequence into windows without copying values.

        Parameters
        ----------
        length : int
            Number of steps of a window.
        stride : int, default=1
            Number of steps between the starts of consecutive windows.
        y : array-like or list of array-like, default=None
            One target for each sequence, `(n_sequences,)`; or one for each step, as a list
            of arrays with as many targets as the sequence has steps.
        partial : bool, default=False
            Whether to include shorter windows that end before the first complete window.
            If False, a sequence shorter than `length` has no window.
        reduce : callable, default=None
            Function that maps the array of the targets of a window's steps to the target of
            the window. By default the target of the last step.

        Returns
        -------
        X : Sequences
            The windows, views of the same values.
        y : ndarray of shape (n_windows,)
            The targets of the windows. Only returned if `y` is given.
        groups : ndarray of shape (n_windows,)
            Number of the sequence of each window, for splitters by group: no recording
            should be on both sides of a split.

        Raises
        ------
        ValueError
            If an argument is invalid, or if all sequences are too short for a window.

        Examples
        --------
        >>> from skseq import Sequences
        >>> recordings = Sequences.from_list([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0]])
        >>> X, y, groups = recordings.windows(3, y=["walk", "rest"])
        >>> len(X), y.tolist(), groups.tolist()
        (3, ['walk', 'walk', 'rest'], [0, 0, 1])
        """
        starts, lengths, owners = windows.cut_windows(
            self.starts, self.lengths, length, stride, partial
        )
        X = self._view(starts, lengths, None if self.ids is None else self.ids[owners])
        if y is None:
            return X, owners
        first_steps = starts - self.starts[owners]
        targets = windows.label_windows(
            y, self.lengths, first_steps, lengths, owners, reduce
        )
        return X, targets, owners

    def to_list(self):
        """Return a list of arrays.

        Returns
        -------
        list of ndarray of shape (n_timesteps_i, n_features)
            The sequences, as read-only views.

        Examples
        --------
        >>> from skseq import Sequences
        >>> [s.shape for s in Sequences.from_list([[1.0], [2.0, 3.0]]).to_list()]
        [(1, 1), (2, 1)]
        """
        return list(self)

    def compact(self):
        """Return the same sequences, stored one after the other without gaps.

        Returns
        -------
        Sequences
            A copy if values must move; otherwise `self`, or a view.

        Examples
        --------
        >>> from skseq import Sequences
        >>> X = Sequences.from_list([[1.0], [2.0, 3.0]])
        >>> X[[1]].compact().values.ravel()
        array([2., 3.])
        """
        values, names, n_steps = self.values, self.feature_names, self.lengths.sum()
        if not layout.is_contiguous(self.starts, self.lengths):
            values = np.concatenate(list(self))
        elif n_steps == len(values):
            return self
        else:
            first = self.starts[0] if len(self) else 0
            values = values[first : first + n_steps]
        return type(self)(values, self.lengths, ids=self.ids, feature_names=names)

    def chunks(self, n_steps=layout.CHUNK_STEPS):
        """Iterate over the steps in chunks of bounded size.

        Parameters
        ----------
        n_steps : int, default=1_000_000
            Maximum number of steps of a chunk. A longer sequence is one chunk.

        Returns
        -------
        iterator of (int, ndarray)
            Number of the first sequence of the chunk, and the steps of consecutive
            sequences, `(n_steps_of_chunk, n_features)`.

        Examples
        --------
        >>> from skseq import Sequences
        >>> X = Sequences.from_list([[1.0], [2.0, 3.0]])
        >>> [(first, chunk.shape) for first, chunk in X.chunks(n_steps=2)]
        [(0, (1, 1)), (1, (2, 1))]
        """
        return layout.iterate_chunks(self, n_steps)

    @property
    def n_features(self):
        """Number of features of each step."""
        return self.values.shape[1]

    @property
    def shape(self):
        """`(n_sequences, 1)`: a table with one column of sequences."""
        return (len(self.lengths), 1)

    def __len__(self):
        return len(self.lengths)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key):
        # scikit-learn indexes arrays as `X[rows, ...]`.
        if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
            key = key[0]
        if isinstance(key, tuple):
            raise IndexError(
                f"Sequences are indexed by row: use X[rows], got {quote(key)}."
            )
        if isinstance(key, (int, np.integer)):
            start, length = self.starts[key], self.lengths[key]
            return self.values[start : start + length]
        if not isinstance(key, slice):
            key = layout.read_index(key)
        ids = None if self.ids is None else self.ids[key]
        return self._view(self.starts[key], self.lengths[key], ids)

    def __array__(self, dtype=None, copy=None):
        if dtype is not None and np.dtype(dtype) != np.dtype(object):
            raise TypeError(
                f"Sequences have no array of dtype {dtype}. Use to_list() or to_frame()."
            )
        return fill_cells(self.to_list())[:, None]

    def __deepcopy__(self, memo):
        # The values are read-only, so a copy may share them.
        return self._view(self.starts.copy(), self.lengths.copy(), self.ids)

    def __reduce__(self):
        # Pickle only the steps of these sequences, and steps of several windows once.
        values, starts = layout.select_used(self.values, self.starts, self.lengths)
        state = (values, self.lengths, starts, self.ids, self.feature_names)
        return _rebuild, (type(self), *state)

    def __repr__(self):
        return display.describe(self)

    def _repr_html_(self):
        return display.format_html(self)


def _rebuild(cls, values, lengths, starts, ids, feature_names):
    return cls(values, lengths, starts=starts, ids=ids, feature_names=feature_names)
