"""Parts of words whose hashes represent words that training has not seen."""

import re
import zlib

import numpy as np

AFFIX_LENGTHS = (1, 2, 3, 4)
# Prefixes and suffixes, the word in lower case, and its shape.
N_PARTS = 2 * len(AFFIX_LENGTHS) + 2
# Number of rows of a table of parts: about that of distinct parts. The limit bounds the
# memory; collisions do not matter much, because a word has several parts.
MIN_BUCKETS, MAX_BUCKETS = 2**6, 2**15


def split_word(word):
    """Return the parts of a word: `N_PARTS` strings, which are empty if it is too short.

    Each part starts with a letter for its kind. The prefixes and suffixes have 1 to 4
    characters of the word in lower case. The shape replaces letters and digits by their
    kind, and shortens repetitions: "Mr." becomes "Xx." and "1999-01" becomes "d-d".
    """
    lower = word.lower()
    n = len(lower)
    parts = ["p" + lower[:k] if n >= k else "" for k in AFFIX_LENGTHS]
    parts += ["s" + lower[-k:] if n >= k else "" for k in AFFIX_LENGTHS]
    return [*parts, "w" + lower, "x" + find_shape(word)]


def find_shape(word):
    """Return the shape of a word, for example "Xx-d" for "Boeing-747"."""
    kinds = (
        "X" if c.isupper() else "x" if c.isalpha() else "d" if c.isdigit() else c
        for c in word
    )
    return re.sub(r"(.)\1+", r"\1", "".join(kinds), flags=re.DOTALL)


def choose_n_buckets(words):
    """Return the number of rows for the parts of some words: a power of 2."""
    n_distinct = len({part for word in words for part in split_word(word)})
    n_buckets = 2 ** int(np.ceil(np.log2(max(n_distinct, 1))))
    return int(np.clip(n_buckets, MIN_BUCKETS, MAX_BUCKETS))


def hash_words(words, n_buckets):
    """Return the bucket of each part of words, (n_words, N_PARTS); -1 for empty parts.

    CRC-32 has the same values in every process, in contrast to the hash of Python.
    """
    known = {"": -1}
    buckets = np.empty((len(words), N_PARTS), dtype=np.int64)
    for i, word in enumerate(words):
        for k, part in enumerate(split_word(word)):
            bucket = known.get(part)
            if bucket is None:
                code = zlib.crc32(part.encode("utf-8", "surrogatepass"))
                bucket = known[part] = code % n_buckets
            buckets[i, k] = bucket
    return buckets
