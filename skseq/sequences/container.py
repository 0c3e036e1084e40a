"""The flat container in which variable-length sequences are stored."""

from skseq.sequences import frames, windows
from skseq.sequences.display import describe_lengths, write_html
from skseq.sequences.stacking import name_features, stack_arrays
from skseq.sequences.storage import FlatStorage


class Sequences(FlatStorage):
    """Sequences of any length, stored as one array of steps.

    All steps of all sequences lie in one two-dimensional array; a start and a
    length for each sequence say which rows are whose. Any selection of
    sequences is a view: it shares the values and has its own starts and lengths,
    so that cross-validation folds copy nothing. It can be handed to every
    estimator of skseq as `X`, and to the tools of scikit-learn that index rows.

    Parameters
    ----------
    values : array-like of shape (n_steps_total, n_features) or (n_steps_total,)
        The steps of all sequences. Read-only in the container. A memory-mapped
        array stays memory-mapped.
    lengths : array-like of int of shape (n_sequences,)
        Number of steps of each sequence, at least 1.
    starts : array-like of int of shape (n_sequences,), default=None
        First row of each sequence in `values`. By default the sequences follow
        each other.
    ids : array-like of shape (n_sequences,), default=None
        A name for each sequence.
    feature_names : sequence of str, default=None
        A name for each feature.

    Attributes
    ----------
    values : ndarray of shape (n_steps_total, n_features)
        The stored steps, read-only.
    starts, lengths : ndarray of shape (n_sequences,)
        Where each sequence lies in `values`.
    ids : ndarray of shape (n_sequences,) or None
        The name of each sequence.
    feature_names : list of str or None
        The name of each feature.
    n_features : int
        Number of features of each step.
    shape, ndim : tuple, int
        Always `(n_sequences, 1)` and 2: tools that ask for a table see one column of
        sequences.

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
    >>> len(X[[0]])
    1
    """

    @classmethod
    def from_list(cls, arrays, *, ids=None, feature_names=None):
        """Store a list of arrays.

        Parameters
        ----------
        arrays : list of array-like, each (n_timesteps_i, n_features) or (n_timesteps_i,)
            The sequences.
        ids : array-like of shape (n_sequences,), default=None
            A name for each sequence.
        feature_names : sequence of str, default=None
            A name for each feature. By default the columns of the arrays, if they are
            DataFrames.

        Returns
        -------
        Sequences
            The same sequences, stored flat.

        Examples
        --------
        >>> from skseq import Sequences
        >>> Sequences.from_list([[1.0, 2.0], [3.0, 4.0, 5.0]])
        Sequences(2 sequences, 1 feature, 2 to 3 steps, float64)
        """
        values, lengths = stack_arrays(arrays)
        if feature_names is None:
            feature_names = name_features(arrays)
        return cls(values, lengths, ids=ids, feature_names=feature_names)

    @classmethod
    def from_frame(cls, frame, *, sequence, time=None, target=None, features=None):
        """Read a long-format table: one row for each step of each sequence.

        Parameters
        ----------
        frame : pandas.DataFrame or polars.DataFrame
            The table. Its rows may come in any order if `time` is given.
        sequence : str
            Column that says which sequence a row belongs to.
        time : str, default=None
            Column that orders the rows of a sequence. Without it they are taken
            in the order in which they stand.
        target : str or list of str, default=None
            Column(s) that hold the target, constant within each sequence.
        features : list of str, default=None
            Columns to read as features. By default all others.

        Returns
        -------
        X : Sequences
            The sequences in order of first appearance, with `ids` and
            `feature_names`.
        y : ndarray of shape (n_sequences,) or (n_sequences, n_targets)
            The targets in the same order. Only if `target` is given.

        Raises
        ------
        ValueError
            If a column is absent or not numeric, a time stamp occurs twice in a
            sequence, or a target changes within a sequence.

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
        parts = frames.read_frame(frame, sequence, time, target, features)
        X = cls(
            parts.values,
            parts.lengths,
            ids=parts.ids,
            feature_names=parts.feature_names,
        )
        return X if target is None else (X, parts.targets)

    def to_frame(self, *, sequence="sequence", time="time"):
        """Write a long-format table.

        Parameters
        ----------
        sequence : str, default="sequence"
            Name of the column that holds the id (or the number) of the sequence.
        time : str, default="time"
            Name of the column that counts the steps of each sequence from 0.

        Returns
        -------
        pandas.DataFrame
            One row for each step, one column for each feature after the first two.

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
        """Cut every sequence into windows, without copying a value.

        Parameters
        ----------
        length : int
            Steps of a window.
        stride : int, default=1
            Steps from the start of a window to the start of the next one.
        y : array-like or list of array-like, default=None
            One target for each sequence, `(n_sequences,)`; or one for each step,
            as a list of arrays with as many entries as the sequence has steps.
        partial : bool, default=False
            Whether to keep the shorter windows as well that end before the first
            full one. Without it, a sequence shorter than `length` gives no window.
        reduce : callable, default=None
            How the targets of a window's steps become one: a function of an array.
            By default the target of the last step.

        Returns
        -------
        X : Sequences
            The windows, views of the same values.
        y : ndarray of shape (n_windows,)
            The targets of the windows. Only if `y` is given.
        groups : ndarray of shape (n_windows,)
            Which sequence each window was cut from: hand it to a grouped splitter,
            so that no recording is on both sides of a split.

        Raises
        ------
        ValueError
            If `length` or `stride` is below 1, if `y` does not fit, or if no
            sequence is long enough for one window.

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
        X = self._share(starts, lengths, None if self.ids is None else self.ids[owners])
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

    def __repr__(self):
        n, features = len(self), self.n_features
        text = f"Sequences({n} sequence{'s' * (n != 1)}, "
        text += f"{features} feature{'s' * (features != 1)}, "
        return text + f"{describe_lengths(self.lengths)}, {self.values.dtype})"

    def _repr_html_(self):
        return write_html(self)
