"""Taggers: a label for every word of sentences, compared with torch and CRFsuite.

The sentences are generated. Lengths and frequencies of words are like those of the Brown
corpus: 20 words on average, and a word of rank r occurs 1 / (r + 2.7) times as often as the
others (Zipf's and Mandelbrot's law).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

import skseq

from .workloads import LEARNING_RATE, MAX_GRAD_NORM, TRAINING

WIDTH, BATCH_SIZE = 64, 32
IGNORED = -1  # label of padding
CRF_UPDATES = 5  # iterations of CRFsuite; its speed of prediction does not depend on them


@dataclass(frozen=True)
class Sentences:
    """Numbers of sentences, distinct words and labels, and epochs of a training.

    With `uses_all_words`, each word occurs.
    """

    n_sentences: int = 2000
    n_words: int = 14_000
    n_labels: int = 82
    n_epochs: int = 2
    uses_all_words: bool = False

    def make(self):
        """Return lists of words, and arrays of labels."""
        random = np.random.default_rng(0)
        lengths = np.clip(random.lognormal(2.8, 0.65, self.n_sentences), 1, 120).astype(int)
        frequencies = 1 / (np.arange(self.n_words) + 2.7)
        size = int(lengths.sum())
        ids = random.choice(self.n_words, size, p=frequencies / frequencies.sum())
        if self.uses_all_words:
            ids[random.choice(size, self.n_words, replace=False)] = np.arange(self.n_words)
        # Most words have one label, the others have any.
        labels = np.where(
            random.random(size) < 0.9, ids, ids + random.integers(9, size=size)
        )
        labels %= self.n_labels
        words, ends = make_words(self.n_words), np.cumsum(lengths)[:-1]
        X = [[words[i] for i in part] for part in np.split(ids, ends)]
        return X, [np.array([f"L{k:03}" for k in part]) for part in np.split(labels, ends)]

    def make_estimator(self, **changes):
        """Return an estimator with the network and the training of the bare loop."""
        sizes = {"hidden_size": WIDTH, "embedding_size": WIDTH, "batch_size": BATCH_SIZE}
        settings = {**TRAINING, "device": "cpu", "num_layers": 1, "dropout": 0.0, **sizes}
        settings |= {"max_epochs": self.n_epochs, "subwords": False, **changes}
        return skseq.LSTMStepClassifier(**settings)


@lru_cache
def make_words(n):
    """Return n distinct words of syllables."""
    syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
    words, k = [], len(syllables)
    for i in range(n):
        word, rest = syllables[i % k], i // k
        while rest:
            word, rest = word + syllables[rest % k], rest // k
        words.append(word)
    return words


class BareTagger(nn.Module):
    """Embeddings, a bidirectional LSTM over packed sequences, and a linear layer."""

    def __init__(self, n_words, n_labels):
        super().__init__()
        self.table = nn.Embedding(n_words, WIDTH)
        self.layer = nn.LSTM(WIDTH, WIDTH, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * WIDTH, n_labels)

    def forward(self, ids, lengths):
        """Map ids (batch, time) to logits (batch, time, labels)."""
        packed = pack_padded_sequence(
            self.table(ids), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = pad_packed_sequence(self.layer(packed)[0], batch_first=True)
        return self.head(states)


def prepare_bare(sentences):
    """Return a function that trains a bare tagger on encoded sentences."""
    X, y = sentences.make()
    vocabulary = {word: i for i, word in enumerate(sorted({w for x in X for w in x}))}
    ids = [torch.tensor([vocabulary[word] for word in x]) for x in X]
    labels = [torch.tensor([int(label[1:]) for label in part]) for part in y]
    lengths = torch.tensor([len(x) for x in X])

    def train():
        module = BareTagger(len(vocabulary), sentences.n_labels)
        optimizer = torch.optim.AdamW(module.parameters(), lr=LEARNING_RATE)
        order = np.random.default_rng(0)
        for _ in range(sentences.n_epochs):
            for rows in np.array_split(order.permutation(len(X)), len(X) // BATCH_SIZE):
                optimizer.zero_grad()
                x = pad_sequence([ids[i] for i in rows], batch_first=True)
                targets = pad_sequence(
                    [labels[i] for i in rows], batch_first=True, padding_value=IGNORED
                )
                logits = module(x, lengths[rows]).flatten(0, 1)
                F.cross_entropy(logits, targets.flatten(), ignore_index=IGNORED).backward()
                nn.utils.clip_grad_norm_(module.parameters(), MAX_GRAD_NORM)
                optimizer.step()

    return train


def prepare_tagger(comparison):
    """Return functions that train a tagger, and a bare one or one with other settings.

    The settings of both are keys of the comparison; without settings of the other side, it
    is the bare tagger.
    """
    ours, theirs = (comparison.settings.get(side) for side in ("ours", "theirs"))
    fits = [_prepare_fit(ours)]
    fits.append(prepare_bare(Sentences()) if theirs is None else _prepare_fit(theirs))
    return fits


def _prepare_fit(settings):
    sizes = {k: v for k, v in settings.items() if k in Sentences.__dataclass_fields__}
    sentences = Sentences(**sizes)
    parameters = {k: v for k, v in settings.items() if k not in sizes}
    X, y = sentences.make()
    return lambda: sentences.make_estimator(**parameters).fit(X, y)


def prepare_tagger_prediction(comparison):
    """Return functions that label sentences, by a fitted estimator and by CRFsuite."""
    import sklearn_crfsuite

    settings = comparison.settings
    X, y = Sentences(settings["n_tagged"]).make()
    few, labels = X[:500], y[:500]
    estimator = Sentences(n_epochs=1).make_estimator(**settings["ours"]).fit(few, labels)
    crf = sklearn_crfsuite.CRF(algorithm="ap", max_iterations=CRF_UPDATES)
    crf.fit([find_features(x) for x in few], [part.tolist() for part in labels])
    if settings["extracts_features"]:
        return lambda: estimator.predict(X), lambda: crf.predict(map(find_features, X))
    features = [find_features(x) for x in X]
    return lambda: estimator.predict(X), lambda: crf.predict(features)


def find_features(sentence):
    """Return the features of each word that users of CRFsuite write themselves."""
    words = ["<s>", "<s>", *sentence, "</s>", "</s>"]
    features = []
    for i, word in enumerate(sentence, start=2):
        found = {f"word[{k}]": words[i + k].lower() for k in (-2, -1, 0, 1, 2)}
        found |= {f"prefix{k}": word[:k] for k in (1, 2, 3, 4)}
        found |= {f"suffix{k}": word[-k:] for k in (1, 2, 3, 4)}
        found |= {"title": word.istitle(), "upper": word.isupper(), "digit": word.isdigit()}
        features.append(found)
    return features
