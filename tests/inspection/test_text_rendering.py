"""Labeled spans and weights of tokens, as plain text and as HTML."""

import re
from html import unescape

import numpy as np
import pandas as pd
import pytest

from skseq.inspection import render_spans, render_weights

TOKENS = ["Angela", "Merkel", "visited", "Paris"]
TAGS = ["B-PER", "I-PER", "O", "B-LOC"]


def read_marks(html):
    """Return the style and the visible text of each marked part of HTML."""
    marks = re.findall(r'<mark style="(.*?)".*?>(.*?)</mark>', html)
    return [
        (style, unescape(re.sub("<.*?>", "|", text)).strip("|").replace(" |", "|"))
        for style, text in marks
    ]


def backgrounds(html):
    return [
        re.search("background:(#[0-9a-f]{6})", style)[1] for style, _ in read_marks(html)
    ]


def test_entities():
    rendering = render_spans(TOKENS, TAGS, scheme="iob2")
    assert str(rendering) == "[PER Angela Merkel] visited [LOC Paris]"
    assert repr(rendering) == str(rendering)
    html = rendering._repr_html_()
    assert [text for _, text in read_marks(html)] == ["Angela Merkel|PER", "Paris|LOC"]
    assert len(set(backgrounds(html))) == 2  # one color for each type
    assert "outline" not in html


def test_single_labels():
    rendering = render_spans(["He", "reckons", "..."], ["PRP", "VBZ", None])
    assert str(rendering) == "He/PRP reckons/VBZ ..."
    marks = read_marks(rendering._repr_html_())
    assert [text for _, text in marks] == ["He|PRP", "reckons|VBZ"]
    numbers = render_spans(["a", "b"], np.array([1.0, np.nan]))
    assert str(numbers) == "a/1.0 b"


def test_predicted_spans_are_compared():
    predicted = ["B-PER", "O", "O", "B-LOC"]
    rendering = render_spans(TOKENS, TAGS, predicted, scheme="iob2")
    assert str(rendering).splitlines() == [
        "true:      [PER Angela Merkel] visited [LOC Paris]",
        "predicted: [PER Angela] Merkel visited [LOC Paris]",
    ]
    marks = read_marks(rendering._repr_html_())
    is_wrong = {text: "outline" in style for style, text in marks}
    assert is_wrong == {"Angela Merkel|PER": True, "Paris|LOC": False, "Angela|PER": True}


def test_several_sequences():
    tokens = [TOKENS, np.array([["Bonn"], ["am"]], dtype=object)]
    labels = pd.Series([TAGS, ["B-LOC", ""]])
    rendering = render_spans(tokens, labels, scheme="iob2")
    assert str(rendering).splitlines()[1] == "[LOC Bonn] am"
    assert rendering._repr_html_().count("<div") == 2
    # A type has the same color in all sequences.
    assert backgrounds(rendering._repr_html_())[1:] == [backgrounds(rendering.html)[1]] * 2


def test_unlabelled_steps_are_outside_of_entities():
    tags = np.array(["B-PER", None, "I-PER", "B-LOC"], dtype=object)
    rendering = render_spans(TOKENS, tags, scheme="conll")
    assert str(rendering) == "[PER Angela] Merkel [PER visited] [LOC Paris]"


def test_html_is_escaped():
    html = render_spans(["<b>", "&amp;"], ["<i>", "a"])._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert [text for _, text in read_marks(html)] == ["<b>|<i>", "&amp;|a"]
    html = render_weights(["<b>"], [1.0])._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_weights():
    rendering = render_weights(["not", "so", "bad"], [0.5, 0.0, -1.0])
    assert str(rendering) == "not:+0.5 so:+0 bad:-1"
    html = rendering._repr_html_()
    assert [text for _, text in read_marks(html)] == ["not", "so", "bad"]
    positive, zero, negative = backgrounds(html)
    assert zero == "#ffffff"
    assert negative == "#2166ac"  # the end of the scale: the largest absolute value
    red, _, blue = (int(positive[k : k + 2], 16) for k in (1, 3, 5))
    assert red > blue
    # White text on dark colors only.
    assert ["color:#fff" in style for style, _ in read_marks(html)] == [False, False, True]


def test_weights_of_several_features_and_sequences():
    rendering = render_weights(["a", "b"], np.array([[1.0, 2.0], [0.5, 0.25]]))
    assert str(rendering) == "a:+3 b:+0.75"
    parts = render_weights([["a", "b"], ["c"]], [np.array([[1.0], [2.0]]), [4.0]])
    assert str(parts).splitlines() == ["a:+1 b:+2", "c:+4"]
    # One scale for all sequences.
    assert backgrounds(parts._repr_html_())[2] == "#b2182b"
    assert "#b2182b" not in backgrounds(parts._repr_html_())[:2]
    assert backgrounds(render_weights(["a"], [0.0])._repr_html_()) == ["#ffffff"]


@pytest.mark.parametrize("render", [render_spans, render_weights])
def test_invalid_tokens_raise(render):
    with pytest.raises(TypeError, match=r"tokens is the str 'a b'.*tokens\.split\(\)"):
        render("a b", [1, 2])
    with pytest.raises(ValueError, match="sequence 0 has 2 tokens, but 3 values in"):
        render(["a", "b"], [1, 2, 3])
    with pytest.raises(ValueError, match="tokens has 2 sequences, but .* has 1"):
        render([["a"], ["b"]], [[1]])
    with pytest.raises(ValueError, match="has no array for each"):
        render([["a"]], [1])


def test_invalid_labels_and_weights_raise():
    with pytest.raises(
        ValueError, match="2 labels for each token.*whole texts, split each"
    ):
        render_spans(["Angela visited"], [["B-PER", "O"]])
    with pytest.raises(ValueError, match=r"labels\[0\] is 'PER', .*scheme='iob2'"):
        render_spans(["Angela"], ["PER"], scheme="iob2")
    with pytest.raises(ValueError, match=r"predicted\[1\]\[0\] is 'PER', .*'conll'"):
        render_spans([["a"], ["b"]], [["O"], ["O"]], [["O"], ["PER"]], scheme="conll")
    with pytest.raises(ValueError, match=r"weights\[1\]\[0\] is nan"):
        render_weights([["a"], ["b"]], [[1.0], [np.nan]])
