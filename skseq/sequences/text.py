"""Text as sequences of tokens, by the rules of `skseq.preprocessing.Tokenizer`."""

import re

import numpy as np

from skseq.quoting import quote
from skseq.sequences.cells import first_present, get_cells, is_frame, is_missing, is_series

# Words, and punctuation marks one by one.
TOKEN_PATTERN = r"\w+|[^\w\s]"


# Maps a text to a list of tokens.
split_words = re.compile(TOKEN_PATTERN).findall


def list_texts(X):
    """Return texts as a list; None if X contains something else.

    X is a list, an array of shape (n_texts,) or (n_texts, 1), a column, or a table with one
    column. The first text that is not missing decides.
    """
    if isinstance(X, (str, bytes)):
        raise TypeError(
            f"Expected X to contain sequences, got {quote(X)}. If it is a single text, use "
            "[X]."
        )
    if is_frame(X):
        if X.shape[1] != 1:
            return None
        X = X[X.columns[0]]
    if is_series(X):
        X = get_cells(X)
    if isinstance(X, np.ndarray):
        if X.dtype.kind not in "OUTS" or (X.ndim != 1 and X.shape[1:] != (1,)):
            return None
        X = X.ravel().tolist()
    if not isinstance(X, (list, tuple)):
        return None
    first = first_present(X)
    if isinstance(first, bytes):
        raise_bytes("X contains", first)
    return list(X) if isinstance(first, str) else None


def check_text(text, i):
    """Raise if the text of sequence i is missing, or no string."""
    if isinstance(text, str):
        return
    if is_missing(text):
        raise ValueError(f"sequence {i} is missing ({text}). Drop it from X and y.")
    if isinstance(text, bytes):
        raise_bytes(f"sequence {i} is", text)
    raise ValueError(
        f"sequence {i} is {quote(text)}, but other sequences are texts. Pass only strings, "
        "or only lists of tokens."
    )


def raise_bytes(where, value):
    """Raise ValueError for bytes."""
    raise ValueError(
        f"{where} {quote(value)}, which is bytes, not text. Decode it first, for example "
        "with value.decode('utf-8')."
    )


def split_texts(texts, split):
    """Yield the tokens of each text; raise ValueError if a text has none."""
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            check_text(text, i)
        tokens = split(text)
        if not tokens:
            raise ValueError(
                f"sequence {i} is empty: its text {quote(text)} has no tokens, but every "
                "sequence needs at least 1. Drop it from X and y."
            )
        yield tokens
