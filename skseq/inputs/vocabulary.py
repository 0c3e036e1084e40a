"""Vocabularies of categorical features: the rows of their embedding."""

import numpy as np

from skseq.inputs.subwords import MAX_BUCKETS, N_PARTS, choose_n_buckets, hash_words
from skseq.saved import (
    Saved,
    check_keys,
    is_category,
    is_count,
    is_numbers,
    require,
)

# Rows of an embedding before those of the categories. Padding is a zero vector.
PADDING, UNKNOWN, MISSING, N_SPECIAL = 0, 1, 2, 3
# Ids are stored in float32, next to numeric features.
MAX_CATEGORIES = 2**23
# Weight of the unknown category in training: see `Vocabulary.unknown_rates`.
UNKNOWN_WEIGHT = 0.25


class Vocabulary(Saved):
    """Categories of a feature in training, and the rows of their embedding.

    An embedding has rows for padding, for unknown and for missing values, then one for each
    category. A second one has a row for padding, and `n_buckets` for hashed parts of words.

    Parameters
    ----------
    categories : list
        Distinct categories (str, int, float or bool), the most frequent one first.
    counts : ndarray of int64 of shape (n_categories,)
        Number of training steps of each category.
    n_missing : int
        Number of training steps without a value.
    n_buckets : int
        Number of rows for parts of words; 0 if categories have no parts.
    """

    saved_name = "vocabulary"

    def __init__(self, categories, counts, n_missing, n_buckets):
        self.categories = categories
        self.counts = counts
        self.n_missing = n_missing
        self.n_buckets = n_buckets
        self._rows = {c: N_SPECIAL + i for i, c in enumerate(categories)}

    @classmethod
    def fit(cls, categories, codes, *, subwords, name="the feature"):
        """Count the categories of codes (n_steps,), in which -1 is a missing value.

        `categories` are the values of the codes 0, 1, ... Only those that occur become part
        of the vocabulary. Raises ValueError if there are too many.
        """
        counts = np.bincount(codes + 1, minlength=len(categories) + 1)
        n_missing, counts = int(counts[0]), counts[1:]
        used = [to_plain(categories[i]) for i in np.flatnonzero(counts)]
        counts = counts[counts > 0].astype(np.int64)
        if len(used) > MAX_CATEGORIES:
            raise ValueError(
                f"{name} has {len(used)} categories, but at most {MAX_CATEGORIES} are "
                "supported. Is it a number or an identifier rather than a category?"
            )
        # The order depends on the values only, not on their codes.
        order = sorted(range(len(used)), key=lambda i: (-counts[i], *sort_key(used[i])))
        used = [used[i] for i in order]
        n_buckets = choose_n_buckets(used) if subwords and are_words(used) else 0
        return cls(used, counts[np.array(order, dtype=np.int64)], n_missing, n_buckets)

    def __repr__(self):
        n = len(self.categories)
        return f"{type(self).__name__}({n} categor{'y' if n == 1 else 'ies'})"

    @property
    def n_rows(self):
        """Number of rows of the embedding of categories."""
        return N_SPECIAL + len(self.categories)

    @property
    def n_parts(self):
        """Number of parts of a category, 0 if categories are not words."""
        return N_PARTS if self.n_buckets else 0

    @property
    def n_columns(self):
        """Number of ids of a step: that of its category, and those of its parts."""
        return 1 + self.n_parts

    @property
    def unknown_rates(self):
        """Probability with which training replaces each row by the unknown category.

        It is a / (a + count) with a = 0.25: frequent categories are hardly ever replaced,
        those that occur once in a fifth of the cases (Kiperwasser & Goldberg, 2016,
        https://arxiv.org/abs/1603.04351). So training sees the unknown category.
        """
        rates = UNKNOWN_WEIGHT / (UNKNOWN_WEIGHT + self.counts)
        return np.concatenate([np.zeros(N_SPECIAL), rates]).astype(np.float32)

    def find_ids(self, categories, used):
        """Return the ids of the categories of a data set: (n_categories + 1, n_columns).

        The last row is that of missing values, which the code -1 indexes. Only the rows of
        `used` categories, a bool array, are filled. The columns of parts are `PADDING` for
        parts that a word lacks.
        """
        ids = np.full((len(categories) + 1, self.n_columns), PADDING, dtype=np.int64)
        places = np.flatnonzero(used)
        values = [to_plain(categories[i]) for i in places]
        ids[places, 0] = [self._rows.get(value, UNKNOWN) for value in values]
        # Without missing values in training, the row of missing values is not trained.
        ids[-1, 0] = MISSING if self.n_missing else UNKNOWN
        if self.n_buckets:
            is_word = np.array([isinstance(value, str) for value in values], dtype=bool)
            words = [value for value in values if isinstance(value, str)]
            # The hash of a part that a word lacks is -1, which becomes PADDING.
            ids[places[is_word], 1:] = hash_words(words, self.n_buckets) + 1
        return ids

    def tabulate_ids(self):
        """Return the ids of the rows of special values and categories, as `find_ids`."""
        ids = np.full((self.n_rows, self.n_columns), PADDING)
        ids[:, 0] = np.arange(len(ids))
        used = np.ones(len(self.categories), dtype=bool)
        ids[N_SPECIAL:] = self.find_ids(self.categories, used)[:-1]
        return ids

    def describe(self):
        """Return the ids of categories and special values as plain values, for JSON."""
        return {
            "categories": self.categories,
            "first": N_SPECIAL,
            "unknown": UNKNOWN,
            "missing": MISSING if self.n_missing else UNKNOWN,
        }

    @property
    def kind(self):
        """ "text" if all categories are strings, "numbers" if none is, else "mixed"."""
        n_texts = sum(isinstance(category, str) for category in self.categories)
        return {0: "numbers", len(self.categories): "text"}.get(n_texts, "mixed")

    @classmethod
    def from_state(cls, categories, counts, n_missing, n_buckets):
        """Create the vocabulary from a state; raise ValueError if it is invalid."""
        valid = type(categories) is list and all(map(is_category, categories))
        require(valid and len(categories) <= MAX_CATEGORIES, "categories are invalid")
        check_keys(categories)
        require(len(set(categories)) == len(categories), "categories are not distinct")
        valid = (
            is_numbers(counts, len(categories), dtype=np.int64)
            and counts.min(initial=1) > 0
        )
        require(valid and is_count(n_missing), "counts of categories are invalid")
        valid = is_count(n_buckets) and n_buckets <= MAX_BUCKETS
        require(valid and type(n_buckets) is int, "n_buckets is invalid")
        return cls(categories, counts, n_missing, n_buckets)


def to_plain(category):
    """Return a category as a value of Python."""
    return category.item() if isinstance(category, np.generic) else category


def sort_key(category):
    """Return a key that orders categories of any type: numbers, then text."""
    if isinstance(category, str):
        return 1, category
    return (0, category) if isinstance(category, (int, float)) else (2, repr(category))


def are_words(categories):
    """Return whether categories are strings, some of them longer than one character."""
    is_text = all(isinstance(category, str) for category in categories)
    return is_text and any(len(category) > 1 for category in categories)
