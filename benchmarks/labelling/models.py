"""The models of the table: networks of skseq, and baselines of other packages."""

import re
from collections import Counter

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

import skseq

from ..engine.rows import ARCHITECTURES

# The same network with another value of one parameter.
VARIANTS = {
    "LSTM-CRF": ("LSTM", {"transitions": "crf"}),
    "LSTM-words": ("LSTM", {"subwords": False}),
}
NETWORKS = (*ARCHITECTURES, *VARIANTS)
BASELINES = {
    "most frequent": "most frequent label",
    "logistic regression": "logistic regression on steps",
    "random forest": "random forest on windows",
    "tf-idf": "tf-idf and a linear model",
    "CRFsuite": "CRFsuite",
}
# Passes of CRFsuite's averaged perceptron over the training part.
CRF_PASSES = 30
AFFIX_LENGTHS = (1, 2, 3, 4)
# Steps before and after a step that the random forest's window includes.
HALF_WINDOW = 10


def make_model(row, model, seed, max_epochs):
    """Return an unfitted model of a row."""
    if model in NETWORKS:
        architecture, more = VARIANTS.get(model, (model, {}))
        budget = {} if max_epochs is None else {"max_epochs": max_epochs}
        cls = getattr(skseq, architecture + row.task)
        return cls(random_state=seed, **{**row.parameters, **more, **budget})
    if model == "tf-idf":
        is_regressor = row.task == "Regressor"
        return make_tfidf(
            Ridge() if is_regressor else LogisticRegression(C=100, max_iter=1000)
        )
    if model == "CRFsuite":
        return CRFsuiteTagger()
    if model == "most frequent":
        return MostFrequentLabel() if row.task == "StepClassifier" else DummyClassifier()
    if model == "logistic regression":
        classifier = LogisticRegression(max_iter=1000)
        return OnSteps(make_pipeline(StandardScaler(), classifier), 0)
    return OnSteps(RandomForestClassifier(random_state=0), HALF_WINDOW)


def make_tfidf(model):
    """Return a linear model of words, pairs of words and groups of 2 to 4 characters."""
    # Words of one letter count; this and `C` are the best on parts of TREC's training data.
    pattern = r"(?u)\b\w+\b"
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=pattern, sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), sublinear_tf=True)
    return make_pipeline(make_union(words, characters), model)


class CRFsuiteTagger(BaseEstimator):
    """CRFsuite's averaged perceptron with affixes, shape and two neighbors of a word."""

    def fit(self, X, y):
        """Fit to lists of words and arrays of labels."""
        from sklearn_crfsuite import CRF

        self.crf_ = CRF(algorithm="ap", max_iterations=CRF_PASSES)
        self.crf_.fit([list_features(words) for words in X], [list(t) for t in y])
        return self

    def predict(self, X):
        """Return arrays of labels."""
        found = self.crf_.predict([list_features(words) for words in X])
        return [np.array(labels) for labels in found]


def list_features(words):
    """Return the features of each word of a sentence, as sets of names."""
    own = [describe_word(word) for word in words]
    features = []
    for i, found in enumerate(own):
        near = [
            f"near{k}={words[i + k]}" for k in (-2, -1, 1, 2) if 0 <= i + k < len(words)
        ]
        edges = ["first"] * (i == 0) + ["last"] * (i == len(words) - 1)
        features.append([*found, *near, *edges])
    return features


def describe_word(word):
    """Return a word, its lower case, prefixes, suffixes and shape as features."""
    lower = word.lower()
    shape = re.sub("[a-z]+", "x", re.sub("[A-Z]+", "X", re.sub("[0-9]+", "d", word)))
    affixes = [f"prefix={lower[:n]}" for n in AFFIX_LENGTHS]
    affixes += [f"suffix={lower[-n:]}" for n in AFFIX_LENGTHS]
    return [f"word={word}", f"lower={lower}", *affixes, f"shape={shape}"]


class MostFrequentLabel(BaseEstimator):
    """The most frequent label of each word, of all words where a word is new.

    Measurements have no words: all steps get the most frequent label.
    """

    def fit(self, X, y):
        """Fit to sequences of words or of arrays, and arrays of labels."""
        self.default_ = Counter(np.concatenate(y)).most_common(1)[0][0]
        counts = {}
        if isinstance(X[0], list):
            for words, labels in zip(X, y, strict=True):
                for word, label in zip(words, labels, strict=True):
                    counts.setdefault(word, Counter())[label] += 1
        self.labels_ = {word: found.most_common(1)[0][0] for word, found in counts.items()}
        return self

    def predict(self, X):
        """Return arrays of labels."""
        if not self.labels_:
            return [np.repeat(self.default_, len(x)) for x in X]
        return [np.array([self.labels_.get(w, self.default_) for w in x]) for x in X]


class OnSteps(BaseEstimator):
    """A classifier of single steps, which reads the window around each step.

    Parameters
    ----------
    classifier : estimator
        Classifies rows.
    half_window : int
        With 0, a row is the features of a step; else mean, deviation, minimum and maximum
        of each feature over this many steps before and after it are appended.
    """

    def __init__(self, classifier, half_window):
        self.classifier = classifier
        self.half_window = half_window

    def fit(self, X, y):
        """Fit to arrays (n_steps, n_features) and arrays of labels."""
        rows = np.concatenate([self._describe(x) for x in X])
        self.classifier.fit(rows, np.concatenate(y))
        return self

    def predict(self, X):
        """Return arrays of labels."""
        return [self.classifier.predict(self._describe(x)) for x in X]

    def _describe(self, x):
        if not self.half_window:
            return x
        n = self.half_window
        padded = np.pad(x, ((n, n), (0, 0)), mode="edge")
        # (n_steps, n_features, window)
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * n + 1, axis=0)
        summaries = [f(windows, axis=2) for f in (np.mean, np.std, np.min, np.max)]
        return np.concatenate([x, *summaries], axis=1)
