"""Sequences in one array of steps: any selection of them is a view."""

import numpy as np

from skseq.sequences.layout import (
    CHUNK_STEPS,
    check_layout,
    check_values,
    is_contiguous,
    iterate_chunks,
)


class FlatStorage:
    """Holds the steps of all sequences, and which of them are whose.

    Rows are sequences: indexed, copied and pickled as tools for tables do it.
    """

    ndim = 2

    def __init__(self, values, lengths, *, starts=None, ids=None, feature_names=None):
        values = check_values(values)
        lengths = np.asarray(lengths, dtype=np.int64).reshape(-1)
        if starts is None:
            starts = np.cumsum(lengths) - lengths
            if lengths.sum() != len(values):
                raise ValueError(
                    f"lengths add up to {lengths.sum()} steps, but values has "
                    f"{len(values)}."
                )
        starts = np.asarray(starts, dtype=np.int64).reshape(-1)
        check_layout(starts, lengths, len(values))
        if ids is not None:
            ids = np.asarray(ids)
            if len(ids) != len(lengths):
                raise ValueError(f"{len(ids)} ids for {len(lengths)} sequences.")
        if feature_names is not None:
            feature_names = [str(name) for name in feature_names]
            if len(feature_names) != values.shape[1]:
                raise ValueError(
                    f"{len(feature_names)} feature_names for {values.shape[1]} features."
                )
        self._keep(_lock(values), starts, lengths, ids, feature_names)

    def _keep(self, values, starts, lengths, ids=None, feature_names=None):
        """Hold what was checked."""
        self.values = values
        self.starts, self.lengths, self.ids = starts, lengths, ids
        self.feature_names = feature_names
        return self

    @classmethod
    def _from_cube(cls, cube):
        """Store checked floats (n_sequences, n_timesteps, n_features)."""
        n, n_steps, n_features = cube.shape
        values = np.ascontiguousarray(cube).reshape(n * n_steps, n_features)
        lengths = np.full(n, n_steps, dtype=np.int64)
        return object.__new__(cls)._keep(_lock(values), np.arange(n) * n_steps, lengths)

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
                f"Sequences are indexed by row only, got {key!r}; use X[rows]."
            )
        if isinstance(key, (int, np.integer)):
            start, length = self.starts[key], self.lengths[key]
            return self.values[start : start + length]
        if isinstance(key, list):
            key = np.asarray(key, dtype=None if key else np.int64)
        if getattr(key, "ndim", 1) != 1:
            raise IndexError(f"rows are chosen by one list, got an array {key.shape}.")
        ids = None if self.ids is None else self.ids[key]
        return self._share(self.starts[key], self.lengths[key], ids)

    def __array__(self, dtype=None, copy=None):
        if dtype is not None and np.dtype(dtype) != np.dtype(object):
            raise TypeError(
                f"Sequences of different lengths have no array of dtype {dtype}; "
                "use to_list() or to_frame()."
            )
        cells = np.empty((len(self), 1), dtype=object)
        for i, sequence in enumerate(self):
            cells[i, 0] = sequence
        return cells

    def __deepcopy__(self, memo):
        # The values are read-only, so a copy may share them.
        return self._share(self.starts.copy(), self.lengths.copy(), self.ids)

    def __reduce__(self):
        # A view of few sequences must not carry the whole storage along.
        compact = self.compact()
        state = (compact.values.copy(), compact.lengths, self.ids, self.feature_names)
        return _rebuild, (type(self), *state)

    def compact(self):
        """Return the same sequences stored one after the other, without gaps.

        Returns
        -------
        Sequences
            Itself, or a slice of the values, if nothing needs to move; else a copy.

        Examples
        --------
        >>> from skseq import Sequences
        >>> X = Sequences.from_list([[1.0], [2.0, 3.0]])
        >>> X[[1]].compact().values.ravel()
        array([2., 3.])
        """
        contiguous = is_contiguous(self.starts, self.lengths)
        if contiguous and len(self.values) == self.lengths.sum():
            return self
        if contiguous:
            first = self.starts[0] if len(self) else 0
            values = self.values[first : first + self.lengths.sum()]
        else:
            values = np.concatenate(list(self))
        return type(self)(
            values, self.lengths, ids=self.ids, feature_names=self.feature_names
        )

    def chunks(self, n_steps=CHUNK_STEPS):
        """Visit the steps in blocks of bounded size.

        Parameters
        ----------
        n_steps : int, default=1_000_000
            About how many steps a block has; a longer sequence is a block alone.

        Returns
        -------
        iterator of (int, ndarray)
            Position of a block's first sequence, and the steps of some sequences in
            turn, `(n_steps_of_block, n_features)`.

        Examples
        --------
        >>> from skseq import Sequences
        >>> X = Sequences.from_list([[1.0], [2.0, 3.0]])
        >>> [(first, block.shape) for first, block in X.chunks(n_steps=2)]
        [(0, (1, 1)), (1, (2, 1))]
        """
        return iterate_chunks(self, n_steps)

    def _share(self, starts, lengths, ids):
        """Build a view with other rows, skipping the checks of `__init__`."""
        view = object.__new__(type(self))
        return view._keep(self.values, starts, lengths, ids, self.feature_names)


def _lock(values):
    """Return a read-only view."""
    values = values.view()
    values.flags.writeable = False
    return values


def _rebuild(cls, values, lengths, ids, feature_names):
    return cls(values, lengths, ids=ids, feature_names=feature_names)
