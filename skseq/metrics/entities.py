"""Precision, recall and F1 score of entities that consist of several steps."""

from collections import Counter
from itertools import pairwise
from numbers import Real

import numpy as np
from sklearn.metrics import make_scorer
from sklearn.utils._param_validation import Interval, Options, StrOptions, validate_params

from skseq.exceptions import UndefinedMetricWarning, warn
from skseq.metrics.spans import PREFIXES, find_spans, parse_tag, raise_invalid_tag
from skseq.metrics.steps import align_steps

OPTIONS = {
    "scheme": [StrOptions(set(PREFIXES))],
    "average": [StrOptions({"micro", "macro", "weighted"}), None],
    "labels": ["array-like", None],
    "zero_division": [
        Interval(Real, 0, 1, closed="both"),
        Options(Real, {np.nan}),
        StrOptions({"warn"}),
    ],
}
CONSTRAINTS = {"y_true": ["array-like"], "y_pred": ["array-like"], **OPTIONS}
# Numerator and denominator of each ratio, from the numbers of predicted, true and correct
# entities.
RATIOS = {
    "precision": lambda predicted, true, correct: (correct, predicted),
    "recall": lambda predicted, true, correct: (correct, true),
    "F1 score": lambda predicted, true, correct: (2 * correct, predicted + true),
}
MISSING = {"precision": "predicted", "recall": "true", "F1 score": "true or predicted"}


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)
def entity_precision_recall_fscore_support(
    y_true, y_pred, *, scheme, average=None, labels=None, zero_division="warn"
):
    """Precision, recall, F1 score and number of entities.

    A predicted entity is correct if its first step, its last step and its type are those
    of a true entity.

    Parameters
    ----------
    y_true : list or object array of arrays of shape (n_timesteps_i,)
        True tags of each sequence, or flat tags of one sequence of shape (n_rows,). Steps
        without a tag (None, NaN or an empty string) are left out, in `y_pred` too.
    y_pred : list or object array of arrays of shape (n_timesteps_i,)
        Predicted tags, in the same form.
    scheme : {"conll", "iob2", "iobes"}
        Meaning of the tags, as in :func:`entity_spans`.
    average : {"micro", "macro", "weighted"} or None, default=None
        Values of each type of entity, those of all entities, the means over types, or the
        means weighted by the numbers of true entities.
    labels : array-like of str of shape (n_types,), default=None
        Types of entities to include, without prefix. By default all types in `y_true` and
        `y_pred`, sorted.
    zero_division : {"warn"} or float, default="warn"
        Value of an undefined ratio. "warn" means 0, and issues a warning.

    Returns
    -------
    precision, recall, fscore : float or ndarray of shape (n_types,)
        Share of the predicted entities that are correct, share of the true entities that
        are found, and their harmonic mean. With `average=None`, arrays in the order of
        `labels`, by default in the sorted order of the types in `y_true` and `y_pred`.
    support : int or ndarray of shape (n_types,)
        Number of true entities.

    Raises
    ------
    ValueError
        If the numbers of sequences or steps differ, or a tag does not follow the scheme.
        The message names the sequence, the step and the tag.

    Warns
    -----
    skseq.exceptions.UndefinedMetricWarning
        If a ratio is undefined and `zero_division="warn"`.

    See Also
    --------
    entity_f1_score : The F1 score alone.
    per_step : Metrics of single steps.

    Examples
    --------
    >>> from skseq.metrics import entity_precision_recall_fscore_support
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-PER"]]
    >>> y_pred = [["B-PER", "I-PER", "O", "B-PER"], ["O", "B-PER"]]
    >>> entity_precision_recall_fscore_support(
    ...     y_true, y_pred, scheme="iob2", average="micro"
    ... )
    (0.666..., 0.666..., 0.666..., 3)
    """
    counts = count_entities(y_true, y_pred, scheme, labels)
    values = measure(counts, average, zero_division, RATIOS)
    support = counts[1]
    return (*values, support if average is None else int(support.sum()))


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)
def entity_f1_score(
    y_true, y_pred, *, scheme, average="micro", labels=None, zero_division="warn"
):
    """F1 score of entities: the measure of the CoNLL shared tasks.

    A predicted entity is correct if its first step, its last step and its type are those
    of a true entity. The score is the harmonic mean of precision and recall. The values
    are those of seqeval [1]_. `scheme="conll"` corresponds to its default mode, the other
    schemes to its strict mode.

    Parameters
    ----------
    y_true : list or object array of arrays of shape (n_timesteps_i,)
        True tags of each sequence, such as `B-PER`, or flat tags of shape (n_rows,). Flat
        tags are one sequence, unless they are a Series with a (sequence, time) MultiIndex.
        Steps without a tag (None, NaN or an empty string) are left out, in `y_pred` too.
    y_pred : list or object array of arrays of shape (n_timesteps_i,)
        Predicted tags, in the same form.
    scheme : {"conll", "iob2", "iobes"}
        Meaning of the tags, as in :func:`entity_spans`. It is not guessed, because the same
        tags have different scores under different schemes.
    average : {"micro", "macro", "weighted"} or None, default="micro"
        Score of all entities, the mean of the scores of each type of entity, this mean
        weighted by the numbers of true entities, or, for None, an array with the scores of
        the types.
    labels : array-like of str of shape (n_types,), default=None
        Types of entities to include, without prefix. By default all types in `y_true` and
        `y_pred`, sorted.
    zero_division : {"warn"} or float, default="warn"
        Score if there are neither true nor predicted entities. "warn" means 0, and issues a
        warning.

    Returns
    -------
    score : float or ndarray of shape (n_types,)
        The score, from 0 to 1 (best). With `average=None`, an array in the order of
        `labels`, by default in the sorted order of the types in `y_true` and `y_pred`. Pass
        `labels` to know the type of each score.

    Raises
    ------
    ValueError
        If the numbers of sequences or steps differ, or a tag does not follow the scheme.
        The message names the sequence, the step and the tag.

    Warns
    -----
    skseq.exceptions.UndefinedMetricWarning
        If there are no entities and `zero_division="warn"`.

    See Also
    --------
    entity_f1_scorer : Make a scorer for the `scoring` parameter of scikit-learn.
    entity_precision_recall_fscore_support : Precision, recall and F1 score.
    per_step : Metrics of single steps.

    References
    ----------
    .. [1] H. Nakayama, "seqeval: A Python framework for sequence labeling evaluation",
           2018. https://github.com/chakki-works/seqeval

    Examples
    --------
    >>> from skseq.metrics import entity_f1_score
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-PER"]]
    >>> y_pred = [["B-PER", "I-PER", "O", "B-PER"], ["O", "B-PER"]]
    >>> entity_f1_score(y_true, y_pred, scheme="iob2")
    0.666...

    The scores of the types, in the order of `labels`:

    >>> labels = ["PER", "LOC"]
    >>> entity_f1_score(y_true, y_pred, scheme="iob2", average=None, labels=labels)
    array([0.8, 0. ])
    """
    counts = count_entities(y_true, y_pred, scheme, labels)
    (score,) = measure(counts, average, zero_division, ["F1 score"])
    return score


@validate_params(OPTIONS, prefer_skip_nested_validation=True)
def entity_f1_scorer(scheme, *, average="micro", labels=None, zero_division="warn"):
    """Make a scorer of the F1 score of entities.

    Parameters
    ----------
    scheme : {"conll", "iob2", "iobes"}
        Meaning of the tags, as in :func:`entity_spans`.
    average : {"micro", "macro", "weighted"}, default="micro"
        Average over the types of entities, as in :func:`entity_f1_score`.
    labels : array-like of str of shape (n_types,), default=None
        Types of entities to include, without prefix. By default all.
    zero_division : {"warn"} or float, default="warn"
        Score if there are neither true nor predicted entities. "warn" means 0, and issues a
        warning.

    Returns
    -------
    scorer : callable
        `scorer(estimator, X, y)` for the parameter `scoring` of scikit-learn.

    Raises
    ------
    ValueError
        If `average` is None: a scorer returns one number.

    See Also
    --------
    entity_f1_score : The metric.

    Examples
    --------
    >>> from skseq.metrics import entity_f1_scorer
    >>> scorer = entity_f1_scorer("iob2")
    """
    if average is None:
        raise ValueError(
            "average=None, but a scorer returns one number. Use average='micro', 'macro' or "
            "'weighted', or labels=[...] with a single type."
        )
    return make_scorer(
        entity_f1_score,
        scheme=scheme,
        average=average,
        labels=labels,
        zero_division=zero_division,
    )


def count_entities(y_true, y_pred, scheme, labels):
    """Return the numbers of predicted, true and correct entities: (3, n_types)."""
    pairs = align_steps(y_true, y_pred)
    ends = np.flatnonzero(np.diff(pairs.sequences)) + 1
    predicted, true, correct = Counter(), Counter(), Counter()
    parsed_true = parse_tags(pairs.y_true, pairs, "y_true", scheme)
    parsed_pred = parse_tags(pairs.y_pred, pairs, "y_pred", scheme)
    bounds = [0, *ends.tolist(), len(pairs.sequences)]
    for start, end in pairwise(bounds):
        true_spans = find_spans(parsed_true[start:end], scheme)
        pred_spans = find_spans(parsed_pred[start:end], scheme)
        true.update(kind for *_, kind in true_spans)
        predicted.update(kind for *_, kind in pred_spans)
        correct.update(kind for *_, kind in set(true_spans) & set(pred_spans))
    types = sorted(true | predicted) if labels is None else [str(kind) for kind in labels]
    counts = [[counter[kind] for kind in types] for counter in (predicted, true, correct)]
    return np.array(counts, dtype=int).reshape(3, len(types))


def parse_tags(tags, pairs, name, scheme):
    """Return the prefix and type of each tag; raise for the first tag that does not parse."""
    if tags.ndim > 1:
        raise ValueError(
            f"{name} has {tags.shape[1]} targets for each step, but the score needs one tag. "
            "Pass one of the outputs."
        )
    known = {}
    for i, tag in enumerate(tags.tolist()):
        if tag not in known:
            known[tag] = parse_tag(tag, scheme)
            if known[tag] is None:
                where = f"{name}[{pairs.sequences[i]}][{pairs.steps[i]}]"
                raise_invalid_tag(where, tag, scheme)
    return [known[tag] for tag in tags.tolist()]


def measure(counts, average, zero_division, names):
    """Return ratios of counts (3, n_types): a number or an array for each name."""
    counted = {"macro": counts, "weighted": counts[1]}.get(average)
    if counted is not None and not counted.any():
        average = "micro"  # there is no type to average over
    if average == "micro":
        counts = counts.sum(axis=1, keepdims=True)
    values = [divide(*RATIOS[name](*counts), name, zero_division) for name in names]
    if average is None:
        return values
    weights = counts[1] if average == "weighted" else np.ones(counts.shape[1])
    return [average_defined(value, weights) for value in values]


def divide(numerators, denominators, name, zero_division):
    """Return ratios, with `zero_division` for denominators of 0."""
    undefined = denominators == 0
    if undefined.any() and zero_division == "warn":
        warn(
            f"The {name} is undefined and set to 0, because there are no "
            f"{MISSING[name]} entities. Set zero_division to another value, or to 0 "
            "to accept this one.",
            UndefinedMetricWarning,
        )
    value = 0.0 if zero_division == "warn" else float(zero_division)
    return np.where(undefined, value, numerators / np.maximum(denominators, 1))


def average_defined(values, weights):
    """Return the weighted mean of the values that are not NaN, or NaN without any."""
    is_defined = ~np.isnan(values)
    if not weights[is_defined].any():
        return float("nan")
    return float(np.average(values[is_defined], weights=weights[is_defined]))
