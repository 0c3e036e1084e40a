"""Split texts into sequences of tokens."""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from skseq.quoting import quote
from skseq.sequences import (
    TOKEN_PATTERN,
    Sequences,
    convert_container,
    fill_cells,
    list_texts,
    read_texts,
)

UNKNOWN = "<unk>"


class Tokenizer(
    TransformerMixin,
    BaseEstimator,
    auto_wrap_output_keys=None,  # type: ignore[call-arg]
):
    r"""Split texts into sequences of tokens.

    The parameters have the same names and meanings as those of
    :class:`~sklearn.feature_extraction.text.CountVectorizer`. Estimators that are fitted on
    strings split them as a `Tokenizer` with default parameters does.

    Parameters
    ----------
    analyzer : {"word", "char"} or callable, default="word"
        Whether tokens are words or characters. A callable maps the unprocessed text to a
        list of tokens.
    lowercase : bool, default=False
        Whether to convert texts to lower case. By default, capital letters are kept:
        sequence estimators also learn embeddings of words in lower case (`subwords=True`).
    preprocessor : callable, default=None
        Function that maps a text to a text, instead of `lowercase`.
    tokenizer : callable or tokenizers.Tokenizer, default=None
        Function that maps a text to a list of tokens, instead of `token_pattern`; or a
        trained tokenizer of the package `tokenizers`, for example for byte-pair encoding.
        Only used if `analyzer="word"`.
    token_pattern : str, default=r"\\w+|[^\\w\\s]"
        Regular expression of a token, only used if `analyzer="word"`. By default, each word
        and each punctuation mark is a token. If the expression has a capturing group, the
        group is the token; at most one group is allowed.
    min_df : int or float, default=1
        Minimum number of texts, or share of texts if it is a float, in which a token of the
        vocabulary occurs. Other tokens become `"<unk>"`.
    max_features : int, default=None
        Maximum number of tokens of the vocabulary, which keeps the most frequent ones.
        Other tokens become `"<unk>"`. By default, there is no limit.
    vocabulary : mapping or iterable of str, default=None
        The vocabulary, instead of the tokens of the texts in `fit`. Other tokens become
        `"<unk>"`.
    max_length : int, default=None
        Maximum number of tokens of a text. Longer texts are cut at their end. By default,
        there is no limit.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Position of each token in the order of `get_feature_names_out`.
    is_limited_ : bool
        Whether `min_df`, `max_features` or `vocabulary` limits the vocabulary. If True,
        tokens that are not in the vocabulary become `"<unk>"`. If False, all tokens are
        kept, and the estimator learns its own vocabulary.

    See Also
    --------
    sklearn.feature_extraction.text.CountVectorizer : Count tokens, without their order.
    skseq.Sequences : The sequences that `transform` returns.

    Examples
    --------
    >>> from skseq.preprocessing import Tokenizer
    >>> texts = ["The cat sat.", "The dog ran, too."]
    >>> tokenizer = Tokenizer(lowercase=True).fit(texts)
    >>> X = tokenizer.transform(texts)
    >>> X
    Sequences(2 sequences, 1 categorical feature, 4 to 6 steps, 8 categories)
    >>> X[0].ravel().tolist()
    ['the', 'cat', 'sat', '.']
    >>> tokenizer.get_feature_names_out().tolist()
    [',', '.', 'cat', 'dog', 'ran', 'sat', 'the', 'too']
    >>> tokenizer.inverse_transform(X).tolist()
    ['the cat sat .', 'the dog ran , too .']
    >>> Tokenizer(analyzer="char", max_length=3).fit_transform(["word"])[0].ravel().tolist()
    ['w', 'o', 'r']
    """

    _parameter_constraints = {
        "analyzer": [StrOptions({"word", "char"}), callable],
        "lowercase": ["boolean"],
        "preprocessor": [callable, None],
        "tokenizer": [callable, HasMethods(["encode", "get_vocab"]), None],
        "token_pattern": [str],
        "min_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="both"),
        ],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "vocabulary": [Mapping, HasMethods("__iter__"), None],
        "max_length": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        *,
        analyzer="word",
        lowercase=False,
        preprocessor=None,
        tokenizer=None,
        token_pattern=TOKEN_PATTERN,
        min_df=1,
        max_features=None,
        vocabulary=None,
        max_length=None,
    ):
        self.analyzer = analyzer
        self.lowercase = lowercase
        self.preprocessor = preprocessor
        self.tokenizer = tokenizer
        self.token_pattern = token_pattern
        self.min_df = min_df
        self.max_features = max_features
        self.vocabulary = vocabulary
        self.max_length = max_length

    def fit(self, X, y=None):
        """Learn the vocabulary.

        Parameters
        ----------
        X : list, Series or array of str, or DataFrame with one column
            The texts.
        y : None
            Ignored.

        Returns
        -------
        Tokenizer
            The fitted transformer.

        Raises
        ------
        TypeError, ValueError
            If X does not contain texts, if a text has no tokens, or if no token fulfils
            `min_df`.
        """
        self._fit(X)
        return self

    def fit_transform(self, X, y=None):
        """Learn the vocabulary and return the tokens.

        Parameters
        ----------
        X : list, Series or array of str, or DataFrame with one column
            The texts.
        y : None
            Ignored.

        Returns
        -------
        Sequences
            The tokens.
        """
        return self._limit(self._fit(X))

    def transform(self, X):
        """Return the tokens of texts.

        Parameters
        ----------
        X : list, Series or array of str, or DataFrame with one column
            The texts.

        Returns
        -------
        Sequences
            The tokens, one categorical feature.

        Raises
        ------
        TypeError, ValueError
            If X does not contain texts, or if a text has no tokens.
        """
        check_is_fitted(self)
        return self._limit(self._split(X))

    def inverse_transform(self, X):
        """Join tokens to texts.

        Parameters
        ----------
        X : Sequences
            Tokens, as `transform` returns them.

        Returns
        -------
        ndarray of str objects of shape (n_texts,)
            The tokens of each text, joined by spaces if they are words. What is between the
            tokens of a text is lost.
        """
        check_is_fitted(self)
        if not isinstance(X, Sequences) or (X.n_numeric, X.n_categorical) != (0, 1):
            raise ValueError(
                f"Expected sequences of tokens, as transform returns them, got {quote(X)}."
            )
        space = "" if self.analyzer == "char" else " "
        return fill_cells([space.join(map(str, tokens.ravel())) for tokens in X])

    def get_feature_names_out(self, input_features=None):
        """Return the tokens of the vocabulary.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str objects of shape (n_tokens,)
            The tokens in the order of `vocabulary_`.
        """
        check_is_fitted(self)
        return fill_cells(sorted(self.vocabulary_, key=self.vocabulary_.get))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "vocabulary_")

    def __sklearn_tags__(self):
        """Declare that X contains strings."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _fit(self, X):
        """Set the fitted attributes; return all tokens of X."""
        self._validate_params()
        tokens = self._split(X)
        if self.vocabulary is not None:
            vocabulary = _number(self.vocabulary)
            is_limited = True
        else:
            kept = self._select(tokens)
            is_limited = len(kept) < len(tokens.categories[0])
            vocabulary = {token: i for i, token in enumerate(sorted(kept))}
        self.vocabulary_, self.is_limited_ = vocabulary, is_limited
        return tokens

    def _split(self, X):
        texts = list_texts(convert_container(X, "X"))
        if texts is None:
            raise ValueError(
                f"Tokenizer splits texts: X must be a list, a column or an array of str, got "
                f"{type(X).__name__} of other values. Lists of tokens need no Tokenizer: "
                "pass them to the estimator."
            )
        return read_texts(texts, self._make_analyzer())

    def _make_analyzer(self):
        """Return the function that maps a text to a list of tokens."""
        if callable(self.analyzer):
            split, prepare = _check_result(self.analyzer, "analyzer", list), None
        else:
            split = list if self.analyzer == "char" else self._make_tokenizer()
            prepare = str.lower if self.lowercase else None
        if self.preprocessor is not None and not callable(self.analyzer):
            prepare = _check_result(self.preprocessor, "preprocessor", str)
        end = self.max_length

        def analyze(text):
            tokens = split(text if prepare is None else prepare(text))
            return tokens[:end] if end is not None else tokens

        return analyze

    def _make_tokenizer(self):
        if self.tokenizer is None:
            return _compile(self.token_pattern)
        if callable(self.tokenizer):
            return _check_result(self.tokenizer, "tokenizer", list)
        encode = self.tokenizer.encode  # of a tokenizers.Tokenizer
        return lambda text: encode(text).tokens

    def _select(self, sequences):
        """Return the tokens that fulfill `min_df` and `max_features`."""
        tokens, codes = sequences.categories[0], sequences.codes[:, 0]
        if isinstance(self.min_df, Integral) and self.min_df == 1:
            is_kept = np.ones(len(tokens), dtype=bool)
        else:
            owners = np.repeat(np.arange(len(sequences)), sequences.lengths)
            pairs = np.unique(owners * len(tokens) + codes) % len(tokens)
            n_texts = np.bincount(pairs, minlength=len(tokens))
            is_count = isinstance(self.min_df, Integral)
            least = self.min_df if is_count else self.min_df * len(sequences)
            is_kept = n_texts >= least
        if not is_kept.any():
            raise ValueError(
                f"No token occurs in as many texts as min_df={self.min_df} demands. Use a "
                "smaller min_df."
            )
        kept = tokens[is_kept].tolist()
        if self.max_features is None or len(kept) <= self.max_features:
            return kept
        counts = np.bincount(codes, minlength=len(tokens))[is_kept]
        by_count = sorted(zip(-counts, kept, strict=True))
        return [token for _, token in by_count[: self.max_features]]

    def _limit(self, sequences):
        """Return sequences whose tokens outside the vocabulary are replaced."""
        if not self.is_limited_:
            return sequences
        known = self.get_feature_names_out().tolist()
        categories = known if UNKNOWN in self.vocabulary_ else [*known, UNKNOWN]
        positions = {token: i for i, token in enumerate(categories)}
        unknown = positions[UNKNOWN]
        found = [positions.get(token, unknown) for token in sequences.categories[0]]
        codes = np.array(found, dtype=np.int32)[sequences.codes]
        return Sequences(None, sequences.lengths, codes=codes, categories=[categories])


def _check_result(function, name, expected):
    """Return a function of the user that raises ValueError for results of other types."""

    def call(text):
        result = function(text)
        if expected is list and not isinstance(result, (str, bytes)):
            with suppress(TypeError):  # not iterable
                result = list(result)
        if not isinstance(result, expected):
            raise ValueError(
                f"{name} returned {quote(result)} for {quote(text)}. Expected a "
                f"{'list of tokens' if expected is list else 'string'}."
            )
        return result

    return call


def _compile(token_pattern):
    """Return the function that finds the matches of a regular expression."""
    try:
        pattern = re.compile(token_pattern)
    except re.error as error:
        raise ValueError(f"token_pattern is no regular expression: {error}.") from None
    if pattern.groups > 1:
        raise ValueError(
            f"token_pattern has {pattern.groups} capturing groups, but at most one can be "
            "the token. Write the others as (?:...)."
        )
    return pattern.findall


def _number(vocabulary):
    """Return a given vocabulary as a dict of tokens to positions."""
    if isinstance(vocabulary, Mapping):
        if sorted(vocabulary.values()) != list(range(len(vocabulary))):
            raise ValueError(
                f"The values of vocabulary must be 0 to {len(vocabulary) - 1}, each once."
            )
        return dict(vocabulary)
    tokens = list(vocabulary)
    if isinstance(vocabulary, set):
        tokens = sorted(tokens)
    repeated = [token for token, count in Counter(tokens).items() if count > 1]
    if repeated:
        raise ValueError(f"vocabulary contains {quote(repeated[0])} twice.")
    if not tokens:
        raise ValueError("vocabulary is empty.")
    return {token: i for i, token in enumerate(tokens)}
