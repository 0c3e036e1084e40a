"""Text and HTML representations of sequences."""

from html import escape

import numpy as np

# Maximum number of feature names in the HTML representation.
MAX_NAMES = 8

# Maximum number of feature names in the repr, which is a part of messages.
MAX_REPR_NAMES = 4


def describe(sequences):
    """Return the repr of sequences."""
    parts = [
        count(len(sequences), "sequence"),
        describe_features(sequences),
        describe_lengths(sequences.lengths),
    ]
    if sequences.n_numeric:
        parts.append(str(sequences.values.dtype))
    if sequences.n_categorical == 1:
        parts.append(_count_categories(sequences.categories[0]))
    if sequences.feature_names:
        parts.append(_list_names(sequences.feature_names))
    return f"Sequences({', '.join(parts)})"


def describe_features(sequences):
    """Return a phrase such as "2 numeric features, 1 categorical"."""
    n_numeric, n_categorical = sequences.n_numeric, sequences.n_categorical
    if not n_categorical:
        return count(n_numeric, "feature")
    if not n_numeric:
        return count(n_categorical, "categorical feature")
    return f"{count(n_numeric, 'numeric feature')}, {n_categorical} categorical"


def _list_names(names):
    """Return the first names of features as a phrase such as "feature_names=['age']"."""
    shown = [*map(repr, names[:MAX_REPR_NAMES]), *["..."] * (len(names) > MAX_REPR_NAMES)]
    return f"feature_names=[{', '.join(shown)}]"


def count(n, noun):
    """Return a phrase such as "2 features"."""
    return f"{n} {noun}{'s' * (n != 1)}"


def _count_categories(categories):
    n = len(categories)
    return "1 category" if n == 1 else f"{n} categories"


def describe_lengths(lengths):
    """Return a phrase such as "2 to 5 steps"."""
    if not len(lengths):
        return "no steps"
    low, high = int(lengths.min()), int(lengths.max())
    return count(low, "step") if low == high else f"{low} to {high} steps"


def format_html(sequences):
    """Return a small HTML table for notebooks."""
    n = sequences.n_features
    names = sequences.feature_names or [f"feature {i}" for i in range(n)]
    shown = ", ".join(names[:MAX_NAMES]) + (" ..." if n > MAX_NAMES else "")
    rows = {
        "sequences": str(len(sequences)),
        "steps": describe_lengths(sequences.lengths),
        "features": f"{n}: {shown}",
    }
    if sequences.n_categorical:
        rows["kinds"] = describe_features(sequences)
        positions = np.flatnonzero(sequences.is_categorical)[:MAX_NAMES]
        pairs = zip(positions, sequences.categories, strict=False)
        rows["categories"] = ", ".join(f"{names[i]}: {len(found)}" for i, found in pairs)
    if sequences.n_numeric:
        rows["dtype"] = str(sequences.values.dtype)
    body = "".join(
        f"<tr><th style='text-align:left'>{name}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in rows.items()
    )
    return f"<table><caption>Sequences</caption>{body}</table>"
