"""Entities as spans of steps, read from IOB tags."""

from sklearn.utils._param_validation import StrOptions, validate_params

from skseq.quoting import quote

# Prefixes of each scheme. The lenient rules of conlleval know those of IOBES, too.
PREFIXES = {"conll": "BIES", "iob2": "BI", "iobes": "BIES"}
OUTSIDE = ("O", None)


@validate_params(
    {"tags": ["array-like"], "scheme": [StrOptions(set(PREFIXES))]},
    prefer_skip_nested_validation=True,
)
def entity_spans(tags, *, scheme):
    """Return the entities of one sequence of IOB tags.

    A tag is `O` (outside of entities), or a prefix, a hyphen and the type of the entity,
    such as `B-PER`. A prefix alone stands for the type `_`.

    Parameters
    ----------
    tags : array-like of str of shape (n_timesteps,)
        The tags of one sequence.
    scheme : {"conll", "iob2", "iobes"}
        Meaning of the prefixes:

        - "iob2": an entity begins with `B` and continues with `I` of the same type. An `I`
          without a beginning belongs to no entity.
        - "iobes": an entity is a single `S`, or begins with `B`, continues with `I`, and
          ends with `E`, all of the same type. Other steps belong to no entity.
        - "conll": the lenient rules of the CoNLL evaluation script [1]_, with the prefixes
          of "iobes". An `I` or `E` without a beginning begins an entity.

    Returns
    -------
    spans : list of (int, int, str)
        First step, step after the last one, and type of each entity, in order.

    Raises
    ------
    ValueError
        If a tag does not follow the scheme.

    See Also
    --------
    entity_f1_score : F1 score of entities.
    skseq.inspection.render_spans : Render the entities of a text.

    References
    ----------
    .. [1] E. F. Tjong Kim Sang and S. Buchholz, "Introduction to the CoNLL-2000 shared
           task: chunking", CoNLL 2000. https://aclanthology.org/W00-0726

    Examples
    --------
    >>> from skseq.metrics import entity_spans
    >>> entity_spans(["B-PER", "I-PER", "O", "I-LOC"], scheme="iob2")
    [(0, 2, 'PER')]
    >>> entity_spans(["B-PER", "I-PER", "O", "I-LOC"], scheme="conll")
    [(0, 2, 'PER'), (3, 4, 'LOC')]
    """
    return read_spans(tags, scheme, "tags")


def read_spans(tags, scheme, name):
    """Return the entities of one sequence of tags; messages call the tags `name`."""
    parsed = []
    for step, tag in enumerate(tags):
        pair = parse_tag(tag, scheme)
        if pair is None:
            raise_invalid_tag(f"{name}[{step}]", tag, scheme)
        parsed.append(pair)
    return find_spans(parsed, scheme)


def parse_tag(tag, scheme):
    """Return the prefix and the type of a tag, or None if the scheme has no such tag."""
    if not isinstance(tag, str) or not tag:
        return None
    if tag == "O":
        return OUTSIDE
    prefix, hyphen, kind = tag[0], tag[1:2], tag[2:]
    if prefix not in PREFIXES[scheme] or hyphen not in ("", "-") or (hyphen and not kind):
        return None
    return prefix, kind or "_"


def raise_invalid_tag(where, tag, scheme):
    """Raise ValueError for a tag that does not parse."""
    forms = ", ".join(f"{prefix}-<type>" for prefix in PREFIXES[scheme])
    raise ValueError(
        f"{where} is {quote(tag)}, which is not a tag of scheme={scheme!r}. Its tags are O, "
        f"{forms}. Convert the labels, or use sklearn.metrics.f1_score with "
        "skseq.metrics.per_step to score single steps."
    )


def find_spans(parsed, scheme):
    """Return the spans of pairs of prefix and type."""
    spans, start, previous = [], None, OUTSIDE
    for step, tag in enumerate([*parsed, OUTSIDE]):
        prefix, kind = tag
        continues = prefix in "IE" and previous[0] in "BI" and previous[1] == kind
        if start is not None and not continues:
            # Under "iobes", an entity is complete only with its last tag.
            if scheme != "iobes" or previous[0] in "ES":
                spans.append((start, step, previous[1]))
            start = None
        is_lenient = scheme == "conll" and prefix in "IE" and not continues
        if prefix in "BS" or is_lenient:
            start = step
        previous = tag
    return spans
