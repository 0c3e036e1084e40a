"""The data sets of the table of labels: sequences with labels, of words or measurements."""

import gzip
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from skseq import datasets

from ..engine.files import find_file

N_FOLDS = 5
# Strings are made of the training parts this many times, in different orders.
N_PASSES = 10
# The last subjects are the test part, as their numbers carry no information.
TEST_SUBJECTS = (8, 9, 10)
# Sensors of 50 Hz are averaged to 10 Hz; a string has pieces of this many seconds.
SENSOR_RATE, RATE, PIECE_SECONDS = 50, 10, 10


class Problem(NamedTuple):
    """Training part and test part; `y` has one label a sequence, or one a step."""

    X_train: list
    y_train: object
    X_test: list
    y_test: object


@lru_cache(maxsize=2)
def load_problem(name, folder):
    """Load the problems of a row, one for each fold; raise FileNotFoundError if missing."""
    return LOADERS[name](Path(folder))


def load_brown(folder):
    """Load sentences with parts of speech; the test sentences are of other texts."""
    parts = []
    for part in ("train", "test"):
        # The last slash separates a word from its tag.
        sentences = [
            [token.rsplit("/", 1) for token in line.split()]
            for line in _read_lines(folder, f"brown/{part}.txt.gz")
            if line
        ]
        parts += _separate(sentences)
    return [Problem(*parts)]


def load_conll2000(folder):
    """Load sentences with chunks in IOB2, without the parts of speech."""
    parts = []
    for part in ("train", "test"):
        sentences = [[]]
        for line in _read_lines(folder, f"conll2000/{part}.txt.gz"):
            if line.strip():
                word, _, chunk = line.split()
                sentences[-1].append((word, chunk))
            elif sentences[-1]:
                sentences.append([])
        parts += _separate(filter(None, sentences))
    return [Problem(*parts)]


def load_trec(folder):
    """Load questions with one of six classes each."""
    parts = []
    for part in ("train", "test"):
        lines = [s.split(" ", 1) for s in _read_lines(folder, f"trec/{part}.txt") if s]
        parts += [
            [text.strip() for _, text in lines],
            np.array([label.split(":")[0] for label, _ in lines]),
        ]
    return [Problem(*parts)]


def load_vader(folder):
    """Load film sentences with their mean rating, in five folds."""
    path = find_file(folder, "vader/film_sentences.tsv")
    table = pd.read_csv(path, sep="\t", quoting=3)
    X, y = table["text"].to_numpy(object), table["rating"].to_numpy(float)
    folds = KFold(N_FOLDS, shuffle=True, random_state=0).split(X)
    return [Problem(list(X[i]), y[i], list(X[j]), y[j]) for i, j in folds]


def load_strung_vowels(folder):
    """String utterances of different speakers together, within the official parts."""
    parts = []
    for part, n_passes, seed in (("train", N_PASSES, 0), ("test", 1, 1)):
        X, y = datasets.load_japanese_vowels(split=part, return_X_y=True)
        parts += string_together(list(X), y, n_passes, seed)
    return [Problem(*parts)]


def load_watch(folder):
    """String pieces of exercises together, recorded by a watch; test subjects are others.

    Each string is of one arm of one subject.
    """
    from seglearn.datasets import load_watch

    data = load_watch()
    exercises = np.array(data["y_labels"])[data["y"]]
    subjects = np.asarray(data["subject"]).astype(int)
    is_test = np.isin(subjects, TEST_SUBJECTS)
    parts = []
    for part, n_passes in ((~is_test, 3), (is_test, 1)):
        X, y = [], []
        arms = pd.Series(range(len(exercises)))[part].groupby(
            [subjects[part], np.asarray(data["side"])[part]]
        )
        for seed, (_, rows) in enumerate(arms):
            pieces = [(p, exercises[i]) for i in rows for p in _cut(data["X"][i])]
            found = string_together(*zip(*pieces, strict=True), n_passes, seed)
            X, y = X + found[0], y + found[1]
        parts += [X, y]
    return [Problem(*parts)]


def string_together(pieces, labels, n_passes, seed):
    """Concatenate 3 to 6 pieces with different labels; return X and the labels of steps.

    A pass uses each piece once, until fewer than 3 labels are left.
    """
    rng = np.random.default_rng(seed)
    labels = np.asarray(labels)
    X, y = [], []
    for _ in range(n_passes):
        left = {
            k: list(rng.permutation(np.flatnonzero(labels == k))) for k in np.unique(labels)
        }
        while len(left) >= 3:
            # Labels with many pieces left come first, so that few pieces remain.
            counts = np.array([len(rows) for rows in left.values()], float)
            n = min(rng.integers(3, 7), len(left))
            drawn = rng.choice(list(left), n, replace=False, p=counts / counts.sum())
            rows = [left[k].pop() for k in drawn]
            left = {k: rest for k, rest in left.items() if rest}
            X.append(np.concatenate([pieces[i] for i in rows]))
            y.append(np.repeat(labels[rows], [len(pieces[i]) for i in rows]))
    return X, y


def _cut(recording):
    """Average a recording (n_steps, n_channels) to the lower rate; cut it into pieces."""
    n = SENSOR_RATE // RATE
    steps = recording[: len(recording) // n * n].reshape(-1, n, recording.shape[1])
    length = RATE * PIECE_SECONDS
    steps = steps.mean(axis=1)
    return [steps[i : i + length] for i in range(0, len(steps) - length + 1, length)]


def _separate(sentences):
    """Return the words and the labels of sentences of (word, label)."""
    words, labels = [], []
    for sentence in sentences:
        words.append([word for word, _ in sentence])
        labels.append(np.array([label for _, label in sentence]))
    return words, labels


def _read_lines(folder, name):
    path = find_file(folder, name)
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return content.decode().split("\n")


LOADERS = {
    "brown": load_brown,
    "conll2000": load_conll2000,
    "trec": load_trec,
    "vader": load_vader,
    "japanese_vowels_strung": load_strung_vowels,
    "watch_exercises": load_watch,
}
