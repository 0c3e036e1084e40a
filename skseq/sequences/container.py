"""Sequences of variable length, stored as one array of steps."""

from skseq.sequences import display, frames, layout, windows
from skseq.sequences.alignment import warn_of_index_order
from skseq.sequences.cells import is_frame
from skseq.sequences.features import stack_sequences
from skseq.sequences.stacking import get_feature_names, list_arrays
from skseq.sequences.storage import StepStorage


class Sequences(StepStorage):
    """Sequences of variable length, stored as one array of steps.

    All steps of all sequences are stored in one array, with a start and a length for each
    sequence. A selection of sequences is a view that shares the values, so cross-validation
    folds copy no values. `Sequences` can be passed as `X` to every estimator of skseq, and
    to the tools of scikit-learn that index rows.

    Parameters
    ----------
    values : array-like of shape (n_steps_total, n_numeric) or (n_steps_total,), or None
        The numeric features of the steps of all sequences. A memory-mapped array stays
        memory-mapped. None if all features are categorical.
    lengths : array-like of int of shape (n_sequences,)
        Number of steps of each sequence, at least 1.
    starts : array-like of int of shape (n_sequences,), default=None
        First row of each sequence in `values`. By default the sequences are stored one
        after the other.
    ids : array-like of shape (n_sequences,), default=None
        Name of each sequence.
    feature_names : sequence of str, default=None
        Name of each feature.
    codes : array-like of int of shape (n_steps_total, n_categorical), default=None
        The categorical features of the steps, as positions in `categories`; -1 if a value
        is missing. They are stored in 4 bytes.
    categories : list of array-like, default=None
        The distinct values of each categorical feature, usually `str`.
    is_categorical : array-like of bool of shape (n_features,), default=None
        Which features are categorical. By default they follow the numeric features.

    Attributes
    ----------
    values : ndarray of shape (n_steps_total, n_numeric)
        The numeric features, read-only.
    codes : ndarray of int32 of shape (n_steps_total, n_categorical) or None
        The categorical features, read-only. None if there are none.
    categories : list of ndarray of object
        The categories of each categorical feature; empty if there are none.
    is_categorical : ndarray of bool of shape (n_features,)
        Which features are categorical.
    starts, lengths, ids : ndarray of shape (n_sequences,)
        As the parameters. `ids` may be None.
    feature_names : list of str or None
        Name of each feature.
    n_features, n_numeric, n_categorical, ndim : int
        Number of features of each step, and of those of each kind; 2.
    shape : tuple
        `(n_sequences, 1)`, the shape of a table with one column of sequences.

    Raises
    ------
    ValueError
        If a length is below 1, if starts and lengths do not fit `values`, or if codes,
        categories and `is_categorical` do not fit each other.

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

    Sequences of words have one categorical feature:

    >>> words = Sequences(None, [2, 1], codes=[0, 1, 0], categories=[["go", "on"]])
    >>> words
    Sequences(2 sequences, 1 categorical feature, 1 to 2 steps, 2 categories)
    >>> words[0].ravel().tolist(), words.n_numeric, words.n_categorical
    (['go', 'on'], 0, 1)
    """

    @classmethod
    def from_list(cls, arrays, *, ids=None, feature_names=None):
        """Store a list of arrays, of DataFrames, or of lists of tokens.

        Parameters
        ----------
        arrays : list of array-like, each (n_timesteps_i, n_features) or (n_timesteps_i,)
            The sequences. Features that contain text, and columns of DataFrames of dtype
            `category`, are categorical.
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
        >>> Sequences.from_list([["to", "be"], ["be"]])
        Sequences(2 sequences, 1 categorical feature, 1 to 2 steps, 2 categories)
        """
        arrays = list_arrays(arrays)
        parts = stack_sequences(arrays)
        if feature_names is None:
            feature_names = get_feature_names(arrays)
        return cls(**parts, ids=ids, feature_names=feature_names)

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
    def from_frame(
        cls,
        frame,
        *,
        sequence,
        time=None,
        target=None,
        target_per="auto",
        features=None,
    ):
        """Read a long-format table with one row for each step of each sequence.

        Parameters
        ----------
        frame : pandas.DataFrame or polars.DataFrame
            The table.
        sequence : str or list of str
            Column that identifies the sequence of each row. Several columns together are
            one name: `ids` are tuples.
        time : str, default=None
            Column by which the rows of each sequence are sorted: numbers, times, or text in
            ISO 8601 format. By default, the order of the rows is kept.
        target : str or list of str, default=None
            Column(s) that contain the target.
        target_per : {"auto", "sequence", "step"}, default="auto"
            Whether `y` has one target for each sequence or for each step. If "auto", it has
            one for each step if a target changes within a sequence, and one for each
            sequence if all targets are constant within all sequences. Use "step" for step
            classifiers and regressors if the targets of a table may be constant by chance.
        features : list of str, default=None
            Columns that contain the features. By default all other columns. Columns of
            text and of categories (`category` and `string` of pandas, `Categorical`,
            `Enum` and `String` of polars) are categorical features.

        Returns
        -------
        X : Sequences
            The sequences in order of first appearance, with `ids` and `feature_names`.
        y : ndarray of shape (n_sequences,) or (n_sequences, n_targets)
            The targets in the same order, if `target` is given. With one target for each
            step, an object array of arrays of shape (n_timesteps_i,) or
            (n_timesteps_i, n_targets); missing targets are unlabeled steps.

        Raises
        ------
        ValueError
            If a column is missing, or neither numeric nor text, if `time` cannot be sorted or
            occurs twice in a sequence, or if a target changes within a sequence and
            `target_per="sequence"`. A value and a missing value are different targets.

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

        A target that changes within a sequence is one target for each step:

        >>> visits["state"] = ["rest", "walk", "walk", "walk", "rest"]
        >>> _, y = Sequences.from_frame(
        ...     visits, sequence="patient", time="day", target="state", features=["pulse"]
        ... )
        >>> [states.tolist() for states in y]
        [['walk', 'rest'], ['walk', 'rest', 'walk']]
        """
        parts, y = frames.read_frame(frame, sequence, time, target, target_per, features)
        X = cls(**parts)
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

    def windows(
        self,
        length,
        stride=1,
        *,
        y=None,
        partial=False,
        reduce=None,
        target_per="sequence",
    ):
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
        target_per : {"sequence", "step"}, default="sequence"
            Whether the returned `y` has one target for each window, or one for each step of
            each window, to train step classifiers and regressors on windows.

        Returns
        -------
        X : Sequences
            The windows, views of the same values.
        y : ndarray of shape (n_windows,)
            The targets of the windows. Only returned if `y` is given. An object array of
            arrays if `target_per="step"`. A window whose target is missing is included:
            remove it with `present = pandas.notna(y)`, `X[present]` and `y[present]`.
        groups : ndarray of shape (n_windows,)
            Number of the sequence of each window, for splitters by group: no recording
            should be on both sides of a split.

        Raises
        ------
        ValueError
            If an argument is invalid, or if all sequences are too short for a window.

        See Also
        --------
        skseq.model_selection.predict_long : Predict each step of long recordings.
        Sequences.tail : The last window of every sequence.

        Notes
        -----
        The windows keep the `ids` of their recordings. A window starts
        `X.starts - recordings.starts[groups]` steps after the start of its recording. If
        `from_frame` has read the recordings from a table that is sorted by sequence and
        time, the last steps of the windows are `table.iloc[X.starts + X.lengths - 1]`.

        Examples
        --------
        >>> from skseq import Sequences
        >>> recordings = Sequences.from_list([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0]])
        >>> X, y, groups = recordings.windows(3, y=["walk", "rest"])
        >>> len(X), y.tolist(), groups.tolist()
        (3, ['walk', 'walk', 'rest'], [0, 0, 1])
        >>> X.starts - recordings.starts[groups]
        array([0, 1, 0])

        The targets of the steps of each window:

        >>> y = [["walk", "walk", "rest", "rest"], ["rest", "walk", "walk"]]
        >>> X, y, groups = recordings.windows(3, y=y, target_per="step")
        >>> [targets.tolist() for targets in y]
        [['walk', 'walk', 'rest'], ['walk', 'rest', 'rest'], ['rest', 'walk', 'walk']]
        """
        starts, lengths, owners = windows.cut_windows(
            self.starts, self.lengths, length, stride, partial
        )
        X = self._view(starts, lengths, None if self.ids is None else self.ids[owners])
        if y is None:
            return X, owners
        warn_of_index_order(self, y=y)
        first_steps = starts - self.starts[owners]
        targets = windows.label_windows(
            y, self.lengths, first_steps, lengths, owners, reduce, target_per
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
        return display.describe(self)

    def _repr_html_(self):
        return display.format_html(self)
