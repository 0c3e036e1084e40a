"""Scores of entities equal those of seqeval."""

from itertools import chain

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import sequence_labeling as seqeval_lenient
from seqeval.metrics import v1 as seqeval_strict
from seqeval.scheme import IOB2, IOBES, Entities
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV

from skseq.exceptions import UndefinedMetricWarning
from skseq.metrics import (
    entity_f1_score,
    entity_f1_scorer,
    entity_precision_recall_fscore_support,
    entity_spans,
)

STRICT = {"iob2": IOB2, "iobes": IOBES}
PREFIXES = {"conll": "BIES", "iob2": "BI", "iobes": "BIES"}
all_schemes = pytest.mark.parametrize("scheme", PREFIXES)


def tags_of(scheme):
    """Return all tags of a scheme with two types of entities and one without a type."""
    names = [
        f"{prefix}{kind}" for prefix in PREFIXES[scheme] for kind in ("-X", "-Y-Z", "")
    ]
    return st.sampled_from(["O", *names])


def pairs_of(scheme):
    """Return sequences of (true, predicted) tags; half of the predictions are correct."""
    tag = tags_of(scheme)
    pair = st.one_of(st.tuples(tag, tag), tag.map(lambda name: (name, name)))
    return st.lists(st.lists(pair, min_size=1, max_size=12), min_size=1, max_size=4)


def unzip(sequences):
    return [[[pair[k] for pair in part] for part in sequences] for k in (0, 1)]


def flatten(parts):
    return list(chain(*parts))


def measure_with_seqeval(true, pred, scheme, average):
    options = {"average": average, "zero_division": 0}
    if scheme == "conll":
        return seqeval_lenient.precision_recall_fscore_support(true, pred, **options)
    options["scheme"] = STRICT[scheme]
    return seqeval_strict.precision_recall_fscore_support(true, pred, **options)


@all_schemes
@settings(max_examples=100)
@given(data=st.data())
def test_scores_equal_those_of_seqeval(scheme, data):
    true, pred = unzip(data.draw(pairs_of(scheme)))
    has_entities = any(entity_spans(part, scheme=scheme) for part in true + pred)
    # Without entities, seqeval divides by 0.
    for average in ("micro", None, *(("macro", "weighted") if has_entities else ())):
        expected = measure_with_seqeval(true, pred, scheme, average)
        found = entity_precision_recall_fscore_support(
            true, pred, scheme=scheme, average=average, zero_division=0
        )
        for value, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(value, other, rtol=1e-12)
        score = entity_f1_score(true, pred, scheme=scheme, average=average, zero_division=0)
        np.testing.assert_array_equal(score, found[2])


@all_schemes
@settings(max_examples=100)
@given(data=st.data())
def test_spans_equal_those_of_seqeval(scheme, data):
    tags = data.draw(st.lists(tags_of(scheme), max_size=12))
    if scheme == "conll":
        found = seqeval_lenient.get_entities(tags)
        expected = [(start, end + 1, kind) for kind, start, end in found]
    else:
        (entities,) = Entities([tags], STRICT[scheme]).entities
        expected = [(entity.start, entity.end, entity.tag) for entity in entities]
    assert entity_spans(tags, scheme=scheme) == expected


def test_the_same_tags_have_other_scores_under_other_schemes():
    true, pred = [["B-PER", "I-PER"]], [["I-PER", "I-PER"]]
    assert entity_f1_score(true, pred, scheme="conll") == 1
    assert entity_f1_score(true, pred, scheme="iob2") == 0


def test_forms():
    true = [["B-PER", "I-PER", "O"], ["B-LOC"]]
    pred = [["B-PER", "I-PER", "B-LOC"], ["B-LOC"]]
    expected = 2 * 2 / 5
    assert entity_f1_score(true, pred, scheme="iob2") == pytest.approx(expected)
    arrays = pd.Series([np.array(part) for part in pred])
    assert entity_f1_score(true, arrays, scheme="iob2") == pytest.approx(expected)
    assert entity_f1_score(flatten(true), flatten(pred), scheme="iob2") == expected


def test_rows_with_an_index_are_sequences():
    # As one sequence, the two predicted tags of type LOC would be a single entity.
    index = pd.MultiIndex.from_tuples([("a", 0), ("a", 1), ("b", 0)])
    true, pred = pd.Series(["O", "I-LOC", "I-LOC"], index=index), ["O", "I-LOC", "I-LOC"]
    *_, support = entity_precision_recall_fscore_support(
        true, pred, scheme="conll", average="micro"
    )
    assert support == 2
    # The order of the rows has no effect.
    order, flipped = [2, 1, 0], ["I-LOC", "B-LOC", "O"]
    assert entity_f1_score(true.iloc[order], flipped, scheme="conll") == 1
    *_, support = entity_precision_recall_fscore_support(
        true.to_numpy(), pred, scheme="conll", average="micro"
    )
    assert support == 1


def test_unlabelled_steps_are_left_out():
    true = [["B-PER", None, "I-PER", "O"], ["", "B-LOC"]]
    pred = [["B-PER", "O", "I-PER", "O"], ["X", "B-LOC"]]
    assert entity_f1_score(true, pred, scheme="iob2") == 1


def test_labels_select_types():
    true = [["B-PER", "B-LOC", "B-ORG"]]
    pred = [["B-PER", "B-PER", "B-ORG"]]
    scores = entity_f1_score(true, pred, scheme="iob2", labels=["PER", "LOC"], average=None)
    np.testing.assert_allclose(scores, [2 / 3, 0])
    by_default = entity_f1_score(true, pred, scheme="iob2", average=None)
    np.testing.assert_allclose(by_default, [0, 1, 2 / 3])  # sorted: LOC, ORG, PER
    micro = entity_f1_score(true, pred, scheme="iob2", labels=["PER", "LOC"])
    assert micro == pytest.approx(2 * 1 / (2 + 2))


def test_undefined_scores_warn():
    outside = [["O", "O"]]
    with pytest.warns(UndefinedMetricWarning, match="no true or predicted entities"):
        assert entity_f1_score(outside, outside, scheme="iob2") == 0
    assert entity_f1_score(outside, outside, scheme="iob2", zero_division=1) == 1
    for average in ("macro", "weighted"):
        options = {"scheme": "iob2", "average": average, "zero_division": np.nan}
        assert np.isnan(entity_f1_score(outside, outside, **options))
    # A type without predictions does not enter the mean of the precisions.
    precision, *_ = entity_precision_recall_fscore_support(
        [["B-X", "B-Y"]],
        [["B-X", "O"]],
        scheme="iob2",
        average="macro",
        zero_division=np.nan,
    )
    assert precision == 1
    with pytest.warns(UndefinedMetricWarning, match="precision.*no predicted entities"):
        entity_precision_recall_fscore_support(
            [["B-X"]], [["O"]], scheme="iob2", average="micro"
        )


@pytest.mark.parametrize(
    ("tag", "scheme"),
    [
        *[
            (tag, scheme)
            for tag in ("PER", "X-PER", "I_PER", "B-", "")
            for scheme in PREFIXES
        ],
        *[(tag, "iob2") for tag in ("S-PER", "E-PER", "b-PER", "O-PER", "o")],
        (3, "conll"),
        (None, "iobes"),
    ],
)
def test_tags_that_do_not_parse_raise(tag, scheme):
    true = [["O"], ["O", None, "O"]]
    pred = [["O"], ["O", "O", tag]]
    message = rf"y_pred\[1\]\[2\] is {tag!r}, which is not a tag of scheme='{scheme}'"
    with pytest.raises(ValueError, match=message):
        entity_f1_score(true, pred, scheme=scheme)
    with pytest.raises(ValueError, match=rf"tags\[1\] is {tag!r}"):
        entity_spans(["O", tag], scheme=scheme)
    if tag not in ("", None):
        message = message.replace("y_pred", "y_true")
        with pytest.raises(ValueError, match=message):
            entity_f1_score(pred, pred, scheme=scheme)


def test_invalid_arguments_raise():
    true = [["B-PER"], ["O", "O"]]
    with pytest.raises(TypeError, match="scheme"):
        entity_f1_score(true, true)
    with pytest.raises(ValueError, match="'scheme' parameter.*'bilou'"):
        entity_f1_score(true, true, scheme="bilou")
    with pytest.raises(ValueError, match="sequence 1 has 2 steps in y_true, but 1"):
        entity_f1_score(true, [["O"], ["O"]], scheme="iob2")
    with pytest.raises(ValueError, match="y_true has 2 targets for each step"):
        entity_f1_score(*[[[["O", "O"]]]] * 2, scheme="iob2")
    with pytest.raises(ValueError, match="average=None, but a scorer returns one number"):
        entity_f1_scorer("iob2", average=None)


class Tagger(BaseEstimator):
    """Tag every step with its feature, or with O; `estimator_type` is None."""

    def __init__(self, is_silent=False):
        self.is_silent = is_silent

    def fit(self, X, y):
        """Learn nothing."""
        self.fitted_ = True
        return self

    def predict(self, X):
        """Return an object array of arrays."""
        tags = np.empty(len(X), dtype=object)
        tags[:] = [np.array(["O"] * len(x) if self.is_silent else x) for x in X]
        return tags


def test_scorer_in_searches():
    y = np.empty(4, dtype=object)
    y[:] = [np.array(part) for part in (["B-X", "I-X"], ["O", "B-Y", "O"])] * 2
    grid = {"is_silent": [True, False]}
    search = GridSearchCV(Tagger(), grid, scoring=entity_f1_scorer("iob2"), cv=2)
    search.fit(y, y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], [0, 1])
    assert search.best_params_ == {"is_silent": False}
