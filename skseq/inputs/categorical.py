"""Categorical features of sequences, next to numeric ones."""

import numpy as np
import torch

from skseq.exceptions import UnknownCategoriesWarning, warn
from skseq.inputs.base import BatchInput, Category, Input
from skseq.inputs.kinds import check_kinds, name_feature
from skseq.inputs.numeric import InputScaler
from skseq.inputs.stepwise import find_ids, read_step
from skseq.inputs.text_values import warn_of_text_values
from skseq.inputs.vocabulary import PADDING, UNKNOWN, Vocabulary
from skseq.quoting import quote
from skseq.saved import is_numbers, is_positive_count, require

# Largest sizes with embedding_size="auto".
MAX_CATEGORY_SIZE, MAX_WORD_SIZE = 64, 128


class CategoricalInput(Input):
    """Scales numeric features and translates categories to rows of their embeddings.

    A batch has the columns of the scaled numeric features, then the ids of each categorical
    feature: that of the category, and those of the parts of words. The ids are whole
    numbers in float32.

    Parameters
    ----------
    numeric : InputScaler
        Scaling of the numeric features.
    vocabularies : list of Vocabulary
        The categories of each categorical feature.
    sizes : list of int
        Size of the embedding of each categorical feature.
    is_categorical : ndarray of bool of shape (n_stored,)
        Which features of X are categorical.
    """

    saved_name = "categorical input"

    def __init__(self, numeric, vocabularies, sizes, is_categorical):
        self._numeric = numeric
        self.vocabularies = vocabularies
        self.sizes = sizes
        self.is_categorical = is_categorical

    @classmethod
    def fit(cls, sequences, numeric, *, size, subwords):
        """Learn the vocabularies of sequences whose numeric features are given."""
        codes = read_codes(sequences)
        places = np.flatnonzero(sequences.is_categorical)
        vocabularies = [
            Vocabulary.fit(
                categories,
                codes[:, j],
                subwords=subwords,
                name=name_feature(sequences, places[j]),
            )
            for j, categories in enumerate(sequences.categories)
        ]
        for vocabulary, place in zip(vocabularies, places, strict=True):
            warn_of_text_values(vocabulary.categories, name_feature(sequences, place))
        sizes = [choose_size(v) if size == "auto" else int(size) for v in vocabularies]
        is_categorical = np.array(sequences.is_categorical, dtype=bool)
        return cls(numeric, vocabularies, sizes, is_categorical)

    def __repr__(self):
        n, k = self.numeric.n_stored, len(self.vocabularies)
        return f"{type(self).__name__}({n} numeric, {k} categorical)"

    @property
    def categories(self):
        """The embeddings that the network needs."""
        return tuple(
            Category(v.n_rows, size, UNKNOWN, v.unknown_rates, v.n_parts, v.n_buckets + 1)
            for v, size in zip(self.vocabularies, self.sizes, strict=True)
        )

    @property
    def numeric(self):
        """The scaler of the numeric features."""
        return self._numeric

    @property
    def owners(self):
        """Feature of X to which each column belongs after the embedding: (width,)."""
        numeric = np.flatnonzero(~self.is_categorical)[self.numeric.owners]
        return np.append(numeric, np.flatnonzero(self.is_categorical).repeat(self.sizes))

    @property
    def mean(self):
        """The mean of each numeric feature."""
        return self.numeric.mean

    @property
    def scale(self):
        """The scale of each numeric feature."""
        return self.numeric.scale

    @property
    def n_stored(self):
        """Number of features of X."""
        return len(self.is_categorical)

    @property
    def coded(self):
        """Positions of the features whose categories in training were integers."""
        pairs = zip(np.flatnonzero(self.is_categorical), self.vocabularies, strict=True)
        return [int(place) for place, found in pairs if are_integers(found.categories)]

    @property
    def n_features(self):
        """Number of columns of a batch."""
        return self.numeric.n_features + sum(v.n_columns for v in self.vocabularies)

    @property
    def allows_missing(self):
        """Whether stored values may be NaN."""
        return self.numeric.allows_missing

    def bind(self, sequences):
        """Return a :class:`TranslatedInput` that reads the codes of these sequences.

        It warns if all categories of a feature are unknown.
        """
        check_kinds(sequences, self.is_categorical)
        codes, tables = read_codes(sequences), []
        for j, vocabulary in enumerate(self.vocabularies):
            categories = sequences.categories[j]
            used = np.bincount(codes[:, j] + 1, minlength=len(categories) + 1)[1:] > 0
            ids = vocabulary.find_ids(categories, used)
            if used.any() and (ids[:-1, 0][used] == UNKNOWN).all():
                name = name_feature(sequences, np.flatnonzero(self.is_categorical)[j])
                report_unknown(name, vocabulary, categories[int(used.argmax())])
            tables.append(ids.astype(np.float32))
        return TranslatedInput(self.numeric, tables)

    def transform_step(self, x_t, n_sequences):
        """Return scaled numbers and ids of one step: (n_sequences, n_features)."""
        x, allowed = read_step(x_t, n_sequences, self.n_stored, object), self.allows_missing
        parts, places = [], np.flatnonzero(~self.is_categorical)
        if places.size:
            numbers = read_step(x[:, places], n_sequences, len(places), np.float64)
            parts.append(self.numeric.scale_step(numbers, places))
        places = np.flatnonzero(self.is_categorical)
        for vocabulary, place in zip(self.vocabularies, places, strict=True):
            ids = find_ids(vocabulary, x[:, place].tolist(), place, allowed)
            parts.append(torch.from_numpy(ids))
        return torch.cat(parts, dim=1)

    def export(self, graph):
        """Add the conversion to an ONNX graph; return the inputs and the columns.

        Its input `tokens` has an id for each categorical feature. Other ids are unknown.
        """
        shape = ["batch", "time", len(self.vocabularies)]
        inputs, columns = {"tokens": (np.int64, shape)}, []
        if self.numeric.n_stored:
            found, x = self.numeric.export(graph)
            inputs, columns = {**found, **inputs}, [x]
        for j, vocabulary in enumerate(self.vocabularies):
            ids = graph.add("Gather", "tokens", graph.integer(j), axis=2)
            is_id = graph.add(
                "And",
                graph.add("GreaterOrEqual", ids, graph.integer(0)),
                graph.add("Less", ids, graph.integer(vocabulary.n_rows)),
            )
            ids = graph.add("Where", is_id, ids, graph.integer(UNKNOWN))
            table = graph.constant(vocabulary.tabulate_ids())
            columns.append(graph.add("Gather", table, ids, axis=0))
        return inputs, graph.add("Concat", *columns, axis=2)

    @classmethod
    def from_state(cls, numeric, vocabularies, sizes, is_categorical):
        """Create the input from a state; raise ValueError if the state is invalid."""
        valid = type(vocabularies) is list and type(sizes) is list
        valid = valid and all(isinstance(v, Vocabulary) for v in vocabularies)
        valid = valid and len(sizes) == len(vocabularies) > 0
        require(valid and all(map(is_positive_count, sizes)), "vocabularies are invalid")
        require(isinstance(numeric, InputScaler), "the scaler is invalid")
        valid = is_numbers(is_categorical, None, dtype=bool)
        valid = valid and is_categorical.sum() == len(vocabularies)
        valid = valid and (~is_categorical).sum() == numeric.n_stored
        require(valid, "is_categorical does not fit the features")
        return cls(numeric, vocabularies, sizes, is_categorical)


class TranslatedInput(BatchInput):
    """Converts batches of one data set, whose codes it translates by tables.

    Parameters
    ----------
    numeric : InputScaler
        Scaling of the numeric features.
    tables : list of ndarray of float32 of shape (n_categories + 1, n_columns)
        Ids of each code of each categorical feature; the last row is that of code -1.
    """

    def __init__(self, numeric, tables):
        self.numeric = numeric
        self.tables = tables

    def translate(self, codes):
        """Return the ids of codes (..., n_categorical) as a list of (..., n_columns)."""
        return [table.take(codes[..., j], axis=0) for j, table in enumerate(self.tables)]

    def transform(self, values, codes=None):
        """Return scaled values and ids as a float32 tensor (batch, time, n_features)."""
        ids = [torch.from_numpy(part) for part in self.translate(codes)]
        if self.numeric.n_stored:
            ids.insert(0, self.numeric.transform(values))
        return ids[0] if len(ids) == 1 else torch.cat(ids, dim=2)

    def make_baseline(self, values):
        """Return the input (1, 1, n_features) of a step with unknown categories."""
        ids = torch.full((1, 1, sum(t.shape[1] for t in self.tables)), float(PADDING))
        first = np.cumsum([0, *(table.shape[1] for table in self.tables[:-1])])
        ids[:, :, first] = float(UNKNOWN)
        if not self.numeric.n_stored:
            return ids
        return torch.cat([self.numeric.make_baseline(values), ids], dim=2)

    def describe(self, sequences):
        """Return an iterator over values and ids, which do not depend on the codes."""
        yield from self.numeric.describe(sequences)
        yield from self.translate(read_codes(sequences))


def read_codes(sequences):
    """Return the codes of all steps of sequences: (n_steps, n_categorical)."""
    starts, lengths = sequences.starts, sequences.lengths
    ends = starts + lengths
    if (starts[1:] == ends[:-1]).all():
        return sequences.codes[starts[0] : ends[-1]]
    rows = np.repeat(ends - np.cumsum(lengths), lengths) + np.arange(lengths.sum())
    return sequences.codes[rows]


def are_integers(categories):
    """Return whether all categories are integers."""
    return all(type(category) is int for category in categories)


def choose_size(vocabulary):
    """Return the size of an embedding for embedding_size="auto"."""
    largest = MAX_WORD_SIZE if vocabulary.n_parts else MAX_CATEGORY_SIZE
    return min(largest, max(1, round(1.6 * len(vocabulary.categories) ** 0.56)))


def report_unknown(name, vocabulary, example):
    """Raise or warn because no category of a feature was seen in training."""
    seen = ", ".join(quote(category) for category in vocabulary.categories[:3])
    found = f"No category of {name[0].lower()}{name[1:]} was seen in fit: "
    kind = "text" if isinstance(example, str) else "numbers"
    if vocabulary.kind != kind and vocabulary.kind != "mixed":
        raise ValueError(
            f"{found}X has {kind} such as {quote(example)}, but fit had {vocabulary.kind} "
            f"such as {seen}. Pass values of the same type."
        )
    warn(
        f"{found}X has categories such as {quote(example)}; the most frequent categories "
        f"in fit were {seen}. Check the language, the case, the tokenizer and the encoding "
        "of X.",
        UnknownCategoriesWarning,
    )
