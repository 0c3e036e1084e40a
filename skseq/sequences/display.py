"""Text and HTML representations of sequences."""

from html import escape

# Maximum number of feature names in the HTML representation.
MAX_NAMES = 8


def describe(sequences):
    """Return the repr of sequences."""
    n, n_features = len(sequences), sequences.n_features
    text = f"Sequences({n} sequence{'s' * (n != 1)}, "
    text += f"{n_features} feature{'s' * (n_features != 1)}, "
    return text + f"{describe_lengths(sequences.lengths)}, {sequences.values.dtype})"


def describe_lengths(lengths):
    """Return a phrase such as "2 to 5 steps"."""
    if not len(lengths):
        return "no steps"
    low, high = int(lengths.min()), int(lengths.max())
    return f"{low} step{'s' * (low != 1)}" if low == high else f"{low} to {high} steps"


def format_html(sequences):
    """Return a small HTML table for notebooks."""
    n = sequences.n_features
    names = sequences.feature_names or [f"feature {i}" for i in range(n)]
    shown = ", ".join(names[:MAX_NAMES]) + (" ..." if n > MAX_NAMES else "")
    rows = {
        "sequences": str(len(sequences)),
        "steps": describe_lengths(sequences.lengths),
        "features": f"{n}: {shown}",
        "dtype": str(sequences.values.dtype),
    }
    body = "".join(
        f"<tr><th style='text-align:left'>{name}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in rows.items()
    )
    return f"<table><caption>Sequences</caption>{body}</table>"
