"""Sequences with categorical features."""

import numpy as np

from skseq import Sequences

WORDS = ["the", "cat", "walked", "Mr.", "on", "1999", "a"]


def make_words(lengths, seed=0, n_numeric=0, missing=0.0, words=WORDS):
    """Return sequences of words, and numbers beside them."""
    rng = np.random.default_rng(seed)
    n_steps = sum(lengths)
    codes = rng.integers(0, len(words), n_steps)
    codes[rng.random(n_steps) < missing] = -1
    values = rng.normal(5, 2, size=(n_steps, n_numeric)) if n_numeric else None
    return Sequences(values, lengths, codes=codes, categories=[words])
