"""Flat storage of sequences: views, copies, and the protocols of a container."""

import numpy as np

from skseq.sequences import layout
from skseq.sequences.categories import check_codes, check_positions, join_features
from skseq.sequences.cells import fill_cells


class StepStorage:
    """Steps of all sequences in one array, with the positions of the sequences.

    :class:`skseq.Sequences` adds the conversions from and to other containers, and
    describes the parameters and attributes.
    """

    ndim = 2

    def __init__(
        self,
        values,
        lengths,
        *,
        starts=None,
        ids=None,
        feature_names=None,
        codes=None,
        categories=None,
        is_categorical=None,
    ):
        self.values = layout.check_values(values, codes)
        self.codes, self.categories = check_codes(codes, categories, len(self.values))
        self.is_categorical = check_positions(
            is_categorical, self.n_numeric, self.n_categorical
        )
        parts = (self.values, self.n_features, lengths, starts, ids, feature_names)
        self.starts, self.lengths, self.ids, self.feature_names = layout.check_parts(*parts)

    def _view(self, starts, lengths, ids):
        """Return a view with other rows, without validation."""
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, starts=starts, lengths=lengths, ids=ids)
        return view

    def _move(self, blocks, starts):
        """Return the same sequences in a storage of blocks of rows, without validation."""
        moved = self._view(starts, self.lengths, self.ids)
        moved.values = layout.take_blocks(self.values, blocks)
        moved.codes = layout.take_blocks(self.codes, blocks)
        return moved

    def head(self, n):
        """Return the first steps of every sequence, without copying values.

        Parameters
        ----------
        n : int
            Number of steps, at least 1. Shorter sequences stay whole.

        Returns
        -------
        Sequences
            Views of the same values, with the same `ids`.

        Raises
        ------
        ValueError
            If `n` is not an integer of at least 1.

        Examples
        --------
        >>> from skseq import Sequences
        >>> X = Sequences.from_list([[1.0], [2.0, 3.0, 4.0]]).head(2)
        >>> [x.ravel().tolist() for x in X]
        [[1.0], [2.0, 3.0]]
        """
        lengths = layout.limit_lengths(self.lengths, n)
        return self._view(self.starts, lengths, self.ids)

    def tail(self, n):
        """Return the last steps of every sequence, without copying values.

        Parameters
        ----------
        n : int
            Number of steps, at least 1. Shorter sequences stay whole.

        Returns
        -------
        Sequences
            Views of the same values, with the same `ids`.

        Raises
        ------
        ValueError
            If `n` is not an integer of at least 1.

        See Also
        --------
        Sequences.windows : All windows of every sequence.

        Examples
        --------
        >>> from skseq import Sequences
        >>> X = Sequences.from_list([[1.0], [2.0, 3.0, 4.0]]).tail(2)
        >>> [x.ravel().tolist() for x in X]
        [[1.0], [3.0, 4.0]]
        """
        lengths = layout.limit_lengths(self.lengths, n)
        return self._view(self.starts + self.lengths - lengths, lengths, self.ids)

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
        blocks = layout.find_all(self.starts, self.lengths)
        if blocks == [(0, len(self.values))]:
            return self
        return self._move(blocks, np.cumsum(self.lengths) - self.lengths)

    def chunks(self, n_steps=layout.CHUNK_STEPS):
        """Iterate over the steps in chunks of bounded size.

        Parameters
        ----------
        n_steps : int, default=1_000_000
            Maximum number of steps of a chunk. A longer sequence is one chunk.

        Returns
        -------
        iterator of (int, ndarray)
            Number of the first sequence of the chunk, and the numeric features of the
            steps of consecutive sequences, `(n_steps_of_chunk, n_numeric)`.

        Examples
        --------
        >>> from skseq import Sequences
        >>> X = Sequences.from_list([[1.0], [2.0, 3.0]])
        >>> [(first, chunk.shape) for first, chunk in X.chunks(n_steps=2)]
        [(0, (1, 1)), (1, (2, 1))]
        """
        return layout.iterate_chunks(self.values, self.starts, self.lengths, n_steps)

    @property
    def n_features(self):
        """Number of features of each step."""
        return self.n_numeric + self.n_categorical

    @property
    def n_numeric(self):
        """Number of numeric features of each step."""
        return self.values.shape[1]

    @property
    def n_categorical(self):
        """Number of categorical features of each step."""
        return 0 if self.codes is None else self.codes.shape[1]

    @property
    def shape(self):
        """`(n_sequences, 1)`: a table with one column of sequences."""
        return (len(self.lengths), 1)

    def __len__(self):
        return len(self.lengths)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key):
        key = layout.read_index(key)
        if isinstance(key, (int, np.integer)):
            rows = slice(self.starts[key], self.starts[key] + self.lengths[key])
            if self.codes is None:
                return self.values[rows]
            parts = self.values[rows], self.codes[rows]
            return join_features(*parts, self.categories, self.is_categorical)
        ids = None if self.ids is None else self.ids[key]
        return self._view(self.starts[key], self.lengths[key], ids)

    def __array__(self, dtype=None, copy=None):
        if dtype is not None and np.dtype(dtype) != np.dtype(object):
            raise TypeError(
                f"Sequences have no array of dtype {dtype}. Use to_list() or to_frame(). To "
                "apply a transformer of scikit-learn to the steps, use "
                "skseq.preprocessing.PerStep(transformer)."
            )
        return fill_cells(list(self))[:, None]

    def __deepcopy__(self, memo):
        # The values are read-only, so a copy may share them.
        return self._view(self.starts.copy(), self.lengths.copy(), self.ids)

    def __reduce__(self):
        # Pickle only the steps of these sequences, and steps of several windows once.
        is_mapped = isinstance(self.values, np.memmap)
        used = layout.find_used(self.starts, self.lengths, is_mapped=is_mapped)
        return _rebuild, (type(self), vars(self._move(*used)))


def _rebuild(cls, parts):
    return cls(**parts)
