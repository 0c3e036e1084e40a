"""Generators of synthetic problems that require long-term memory."""

import numpy as np
from sklearn.utils._param_validation import validate_params

from skseq.datasets.generation import at_least, make_generator
from skseq.sequences import Sequences


def _validate(**constraints):
    """Return a decorator that validates the parameters of a generator."""
    shared = {"n_sequences": at_least(1), "random_state": ["random_state"]}
    return validate_params(shared | constraints, prefer_skip_nested_validation=True)


@_validate(length=at_least(2))
def make_adding_problem(n_sequences=1000, length=100, *, random_state=None):
    """Generate the adding problem (regression).

    Each step has a number, drawn uniformly from [0, 1), and a marker. The marker is 1 at
    two steps, one in each half of the sequence, and 0 elsewhere. The target is the sum of
    the two marked numbers. Predicting the mean, 1, gives a mean squared error of 1/6
    (0.167); a network with this error has learned nothing.

    Parameters
    ----------
    n_sequences : int, default=1000
        Number of sequences.
    length : int, default=100
        Number of steps, at least 2. If it is odd, the second half is one step longer.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same sequences in each call. None draws a new seed.

    Returns
    -------
    X : ndarray of shape (n_sequences, length, 2)
        The numbers as first feature, the markers as second.
    y : ndarray of shape (n_sequences,)
        The sum of the two marked numbers.

    See Also
    --------
    make_delayed_recall : Classify sequences by their first symbol.
    make_temporal_parity : Classify sequences by the parity of their bits.

    Notes
    -----
    The problem was introduced by [1]_, with numbers from [-1, 1] and a scaled sum. This is
    the variant of [2]_ and [3]_, for which results are commonly reported.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation
       9 (8), 1735-1780, 1997. https://doi.org/10.1162/neco.1997.9.8.1735
    .. [2] Q. V. Le, N. Jaitly and G. E. Hinton, "A simple way to initialize recurrent
       networks of rectified linear units", 2015. https://arxiv.org/abs/1504.00941
    .. [3] M. Arjovsky, A. Shah and Y. Bengio, "Unitary evolution recurrent neural
       networks", ICML 2016. https://arxiv.org/abs/1511.06464

    Examples
    --------
    >>> from skseq.datasets import make_adding_problem
    >>> X, y = make_adding_problem(n_sequences=5, length=8, random_state=0)
    >>> X.shape, y.shape
    ((5, 8, 2), (5,))
    >>> values, markers = X[0].T
    >>> float(values @ markers) == float(y[0])
    True
    """
    generator = make_generator(random_state)
    rows, half = np.arange(n_sequences), length // 2
    X = np.zeros((n_sequences, length, 2))
    X[:, :, 0] = generator.uniform(size=(n_sequences, length))
    first = generator.randint(half, size=n_sequences)
    second = generator.randint(half, length, size=n_sequences)
    X[rows, first, 1] = X[rows, second, 1] = 1.0
    return X, X[rows, first, 0] + X[rows, second, 0]


@_validate(delay=at_least(0), n_symbols=at_least(2))
def make_delayed_recall(n_sequences=1000, delay=50, *, n_symbols=8, random_state=None):
    """Generate the delayed recall problem (classification).

    The label of a sequence is the symbol of its first step. Random symbols from the same
    alphabet follow as distractors, and a cue marks the last step. The later steps are
    independent of the label. Guessing has an accuracy of 1 / `n_symbols`.

    Parameters
    ----------
    n_sequences : int, default=1000
        Number of sequences.
    delay : int, default=50
        Number of steps between the symbol and the cue. A sequence has `delay + 2` steps.
    n_symbols : int, default=8
        Size of the alphabet, at least 2.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same sequences in each call. None draws a new seed.

    Returns
    -------
    X : ndarray of shape (n_sequences, delay + 2, n_symbols + 1)
        The one-hot encoded symbols and, as last feature, the cue (1 at the last step).
    y : ndarray of int of shape (n_sequences,)
        The first symbol, from 0 to `n_symbols - 1`.

    See Also
    --------
    make_adding_problem : Predict the sum of two marked numbers.
    make_temporal_parity : Classify sequences by the parity of their bits.

    Notes
    -----
    This is the copying memory problem of [1]_ in the variant of [2]_, with a delay and a
    cue, reduced to one symbol. The delay has distractors, as in the noisy problems of [1]_,
    instead of the blanks of [2]_, so that pooling over the steps cannot replace memory.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation
       9 (8), 1735-1780, 1997. https://doi.org/10.1162/neco.1997.9.8.1735
    .. [2] M. Arjovsky, A. Shah and Y. Bengio, "Unitary evolution recurrent neural
       networks", ICML 2016. https://arxiv.org/abs/1511.06464

    Examples
    --------
    >>> from skseq.datasets import make_delayed_recall
    >>> X, y = make_delayed_recall(n_sequences=5, delay=3, n_symbols=4, random_state=0)
    >>> X.shape
    (5, 5, 5)
    >>> bool((X[:, 0, :4].argmax(axis=1) == y).all())
    True
    """
    generator = make_generator(random_state)
    shown = generator.randint(n_symbols, size=(n_sequences, 1 + delay))
    X = np.zeros((n_sequences, delay + 2, n_symbols + 1))
    np.put_along_axis(X[:, :-1], shown[:, :, None], 1.0, axis=2)
    X[:, -1, n_symbols] = 1.0
    return X, shown[:, 0].copy()


@_validate(length=at_least(1), variable_length=["boolean"])
def make_temporal_parity(
    n_sequences=1000, length=20, *, variable_length=False, random_state=None
):
    """Generate the temporal parity problem (classification).

    Each step is one bit, 0 or 1 with equal probability. The label of a sequence is the
    parity of its bits. Every bit matters: a model that misses any one of them is no better
    than guessing, which has an accuracy of 0.5.

    Parameters
    ----------
    n_sequences : int, default=1000
        Number of sequences.
    length : int, default=20
        Number of steps in each sequence, at least 1.
    variable_length : bool, default=False
        If True, the length of each sequence is drawn uniformly from 1 to `length`. The
        short sequences make the problem much easier to learn.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same sequences in each call. None draws a new seed.

    Returns
    -------
    X : ndarray of shape (n_sequences, length, 1), or Sequences
        The bits, as Sequences if `variable_length` is True.
    y : ndarray of int of shape (n_sequences,)
        1 if the number of ones is odd, else 0.

    See Also
    --------
    make_adding_problem : Predict the sum of two marked numbers.
    make_delayed_recall : Classify sequences by their first symbol.

    Notes
    -----
    This is the parity problem of [1]_, with the bits 0 and 1 instead of -1 and 1.

    References
    ----------
    .. [1] Y. Bengio, P. Simard and P. Frasconi, "Learning long-term dependencies with
       gradient descent is difficult", IEEE Transactions on Neural Networks 5 (2),
       157-166, 1994. https://doi.org/10.1109/72.279181

    Examples
    --------
    >>> from skseq.datasets import make_temporal_parity
    >>> X, y = make_temporal_parity(n_sequences=4, length=6, random_state=0)
    >>> X.shape, bool((X.sum(axis=(1, 2)) % 2 == y).all())
    ((4, 6, 1), True)
    >>> X, y = make_temporal_parity(length=6, variable_length=True, random_state=0)
    >>> X
    Sequences(1000 sequences, 1 feature, 1 to 6 steps, float64)
    """
    generator = make_generator(random_state)
    if not variable_length:
        bits = generator.randint(2, size=(n_sequences, length))
        return bits[:, :, None].astype(np.float64), bits.sum(axis=1) % 2
    lengths = generator.randint(1, length + 1, size=n_sequences)
    bits = generator.randint(2, size=lengths.sum())
    starts = np.cumsum(lengths) - lengths
    return Sequences(bits.astype(np.float64), lengths), np.add.reduceat(bits, starts) % 2
