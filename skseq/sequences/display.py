"""How sequences show themselves."""

from html import escape


def describe_lengths(lengths):
    """Say in words how long sequences are."""
    if not len(lengths):
        return "no steps"
    low, high = int(lengths.min()), int(lengths.max())
    if low == high:
        return f"{low} step{'s' * (low != 1)}"
    return f"{low} to {high} steps"


def write_html(sequences):
    """Return a small table for notebooks."""
    n = sequences.n_features
    names = sequences.feature_names or [f"feature {i}" for i in range(n)]
    shown = ", ".join(names[:8]) + (" ..." if n > 8 else "")
    rows = {
        "sequences": str(len(sequences)),
        "steps": describe_lengths(sequences.lengths),
        "features": f"{n}: {shown}",
        "stored as": str(sequences.values.dtype),
    }
    body = "".join(
        f"<tr><th style='text-align:left'>{name}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in rows.items()
    )
    return f"<table><caption>Sequences</caption>{body}</table>"
