"""Render labeled spans and weights of tokens as plain text and as HTML."""

from html import escape

import numpy as np
from sklearn.utils._param_validation import StrOptions, validate_params

from skseq.inspection.palette import PALETTE, blend, is_dark
from skseq.metrics.spans import read_spans
from skseq.metrics.steps import find_unlabelled, read_part, split_sequences
from skseq.quoting import quote

PARAGRAPH = "line-height:2;margin:.3em 0"
MARK = "color:#000;padding:.1em .3em;border-radius:.3em"
LABEL = "font-size:.7em;font-weight:bold;margin-left:.1em"
WRONG = "outline:2px dashed #c1121f"
SPLIT_HINT = "If tokens contains whole texts, split each of them into a list of tokens."
TITLES = {"labels": "true", "predicted": "predicted"}
NAME = "display:inline-block;width:6em;font-size:.8em;opacity:.7"


class TextRendering:
    """Text that notebooks show as HTML, and `print` as plain text."""

    def __init__(self, text, html):
        self.text = text
        self.html = html

    def __str__(self):
        return self.text

    __repr__ = __str__

    def _repr_html_(self):
        return self.html


@validate_params(
    {
        "labels": ["array-like"],
        "predicted": ["array-like", None],
        "scheme": [StrOptions({"conll", "iob2", "iobes"}), None],
    },
    prefer_skip_nested_validation=True,
)
def render_spans(tokens, labels, predicted=None, *, scheme=None):
    """Render tokens with their labels, or with the entities that the labels describe.

    Parameters
    ----------
    tokens : array-like of str of shape (n_timesteps,), or list of such
        Tokens of one sequence or of several sequences.
    labels : array-like of shape (n_timesteps,), or list of such
        Label of each token. Steps without a label (None, NaN or an empty string) are not
        marked.
    predicted : array-like of shape (n_timesteps,), or list of such, default=None
        Predicted labels, which are shown below `labels`. Spans that are only in one of both
        have a dashed outline.
    scheme : {"conll", "iob2", "iobes"}, default=None
        Meaning of IOB tags, as in :func:`skseq.metrics.entity_spans`. By default, each
        token has its own label.

    Returns
    -------
    rendering : object
        An object that notebooks show as HTML. `str(rendering)` is plain text, with
        `[PER Angela Merkel]` for entities and `visited/VERB` for single labels.

    Raises
    ------
    TypeError
        If `tokens` is a single string.
    ValueError
        If a sequence does not have one label for each token, or a tag does not follow the
        scheme.

    See Also
    --------
    render_weights : Render a number for each token, by color.
    skseq.metrics.entity_spans : Spans of the entities.

    Examples
    --------
    >>> from skseq.inspection import render_spans
    >>> tokens = ["Angela", "Merkel", "visited", "Paris"]
    >>> print(render_spans(tokens, ["B-PER", "I-PER", "O", "B-LOC"], scheme="iob2"))
    [PER Angela Merkel] visited [LOC Paris]
    >>> print(render_spans(["He", "reckons"], ["PRP", "VBZ"], ["PRP", "NN"]))
    true:      He/PRP reckons/VBZ
    predicted: He/PRP reckons/NN
    """
    sequences, is_single = read_tokens(tokens)
    given = {"labels": labels, "predicted": predicted}
    rows = {}
    for name, values in given.items():
        if values is not None:
            parts = read_labels(values, sequences, is_single, name)
            rows[name] = [
                find_labelled_spans(part, scheme, name if is_single else f"{name}[{i}]")
                for i, part in enumerate(parts)
            ]
    names = sorted({span[2] for parts in rows.values() for part in parts for span in part})
    colors = {name: PALETTE[k % len(PALETTE)] for k, name in enumerate(names)}
    texts, htmls = [], []
    for i, sequence in enumerate(sequences):
        spans = {TITLES[name]: parts[i] for name, parts in rows.items()}
        agreed = set.intersection(*map(set, spans.values()))
        lines = []
        for name, row in spans.items():
            text = write_spans(sequence, row, is_single=scheme is None)
            prefix = f"{name + ':':11}" if len(rows) > 1 else ""
            texts.append(prefix + text)
            title = f'<span style="{NAME}">{name}</span>' if len(rows) > 1 else ""
            lines.append(title + mark_spans(sequence, row, agreed, colors))
        htmls.append(f'<div style="{PARAGRAPH}">{"<br>".join(lines)}</div>')
    return TextRendering("\n".join(texts), "".join(htmls))


@validate_params({"weights": ["array-like"]}, prefer_skip_nested_validation=True)
def render_weights(tokens, weights):
    """Render tokens with a number for each, as a heat map of words.

    Red means positive, blue negative, and no color 0. All sequences have the same scale,
    whose end is the largest absolute weight.

    Parameters
    ----------
    tokens : array-like of str of shape (n_timesteps,), or list of such
        Tokens of one sequence or of several sequences.
    weights : array-like of shape (n_timesteps,) or (n_timesteps, n_features), or list of \
such
        Number of each token, such as the attributions of :func:`integrated_gradients`. The
        numbers of several features are added.

    Returns
    -------
    rendering : object
        An object that notebooks show as HTML. `str(rendering)` is plain text.

    Raises
    ------
    TypeError
        If `tokens` is a single string.
    ValueError
        If a sequence does not have one weight for each token, or a weight is not finite.

    See Also
    --------
    integrated_gradients : Contribution of each step to one prediction.
    render_spans : Render labels of tokens.

    Examples
    --------
    >>> from skseq.inspection import render_weights
    >>> print(render_weights(["not", "bad"], [0.75, -0.25]))
    not:+0.75 bad:-0.25
    """
    sequences, is_single = read_tokens(tokens)
    numbers = [
        np.asarray(part, dtype=float).reshape(len(part), -1).sum(axis=1)
        for part in read_values(weights, sequences, is_single, "weights")
    ]
    for i, part in enumerate(numbers):
        if not np.isfinite(part).all():
            step = int(np.argmin(np.isfinite(part)))
            raise ValueError(
                f"weights[{i}][{step}] is {part[step]}, but weights must be finite."
            )
    limit = max((np.abs(part).max(initial=0) for part in numbers), default=0) or 1.0
    texts, htmls = [], []
    for sequence, part in zip(sequences, numbers, strict=True):
        pairs = list(zip(sequence, part, strict=True))
        texts.append(" ".join(f"{token}:{weight:+.2g}" for token, weight in pairs))
        words = " ".join(color_word(token, weight, limit) for token, weight in pairs)
        htmls.append(f'<div style="{PARAGRAPH}">{words}</div>')
    return TextRendering("\n".join(texts), "".join(htmls))


def read_tokens(tokens):
    """Return the tokens of each sequence as lists of str, and whether there is only one."""
    if isinstance(tokens, (str, bytes)):
        raise TypeError(
            f"tokens is the {type(tokens).__name__} {quote(tokens)}. Pass a list of tokens, "
            "such as tokens.split()."
        )
    if isinstance(tokens, np.ndarray) and tokens.ndim == 2 and tokens.shape[1] == 1:
        tokens = tokens[:, 0]  # a sequence with one categorical feature
    parts = split_sequences(tokens, "tokens")
    is_single = parts is None
    parts = [tokens] if is_single else parts
    return [[str(token) for token in np.ravel(part)] for part in parts], is_single


def read_values(values, sequences, is_single, name):
    """Return the values of the tokens of each sequence as a list of arrays."""
    parts = [read_part(values, name)] if is_single else split_sequences(values, name)
    if parts is None:
        raise ValueError(
            f"tokens has {len(sequences)} sequences, but {name} has no array for each. "
            "Pass a list of arrays."
        )
    if len(parts) != len(sequences):
        raise ValueError(
            f"tokens has {len(sequences)} sequences, but {name} has {len(parts)}."
        )
    for i, (part, sequence) in enumerate(zip(parts, sequences, strict=True)):
        if len(part) != len(sequence):
            raise ValueError(
                f"sequence {i} has {len(sequence)} tokens, but {len(part)} values in "
                f"{name}. {SPLIT_HINT}"
            )
    return parts


def read_labels(labels, sequences, is_single, name):
    """Return the labels of the tokens of each sequence as a list of 1-D arrays."""
    parts = read_values(labels, sequences, is_single, name)
    for i, part in enumerate(parts):
        if part.ndim > 1 and part.shape[1] != 1:
            raise ValueError(
                f"sequence {i} has {part.shape[1]} labels for each token in {name}, but one "
                f"is needed. {SPLIT_HINT}"
            )
    return [np.ravel(part) for part in parts]


def find_labelled_spans(labels, scheme, name):
    """Return the spans of one sequence of labels: (start, stop, label)."""
    is_unlabelled = find_unlabelled(labels)
    labels = labels.tolist()
    if scheme is not None:
        filled = ["O" if gap else x for x, gap in zip(labels, is_unlabelled, strict=True)]
        return read_spans(filled, scheme, name)
    return [(i, i + 1, str(labels[i])) for i in np.flatnonzero(~is_unlabelled).tolist()]


def cut_spans(tokens, spans):
    """Yield the tokens of each span and the span, and single tokens and None between."""
    at = 0
    for span in [*spans, (len(tokens), len(tokens), None)]:
        for token in tokens[at : span[0]]:
            yield token, None
        if span[0] < span[1]:
            yield " ".join(tokens[span[0] : span[1]]), span
        at = span[1]


def write_spans(tokens, spans, *, is_single):
    """Return tokens and labels as plain text."""
    form = "{0}/{1}" if is_single else "[{1} {0}]"
    return " ".join(
        text if span is None else form.format(text, span[2])
        for text, span in cut_spans(tokens, spans)
    )


def mark_spans(tokens, spans, agreed, colors):
    """Return tokens as HTML, with marked spans."""
    parts = []
    for text, span in cut_spans(tokens, spans):
        if span is None:
            parts.append(escape(text))
            continue
        style = f"background:{colors[span[2]]};{MARK}"
        style += "" if span in agreed else f";{WRONG}"
        label = f' <span style="{LABEL}">{escape(span[2])}</span>'
        parts.append(f'<mark style="{style}">{escape(text)}{label}</mark>')
    return " ".join(parts)


def color_word(token, weight, limit):
    """Return a token as HTML, with the color of its weight."""
    color = blend(weight / limit)
    style = f"background:{color};{MARK}" + (";color:#fff" if is_dark(color) else "")
    return f'<mark style="{style}" title="{weight:+.3g}">{escape(token)}</mark>'
