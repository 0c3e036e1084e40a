"""Which time steps and features a model's score rests on."""

from collections.abc import Mapping
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skseq.inspection.blocks import choose_blocks, match_steps
from skseq.inspection.plotting import refuse_forecaster
from skseq.sequences import (
    Sequences,
    find_sequence_columns,
    read_sequences,
    write_like,
)

COUNT = Interval(Integral, 1, None, closed="left")
IMPORTANCE_PARAMETERS = {
    "estimator": "no_validation",
    "X": "no_validation",
    "y": ["array-like"],
    "scoring": [StrOptions(set(get_scorer_names())), callable, list, tuple, dict, None],
    "n_blocks": [COUNT, StrOptions({"auto"})],
    "block_length": [COUNT, None],
    "by_feature": ["boolean"],
    "n_repeats": [COUNT],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
    "sample_weight": ["array-like", None],
}


@validate_params(IMPORTANCE_PARAMETERS, prefer_skip_nested_validation=True)
def timestep_importance(
    estimator,
    X,
    y,
    *,
    scoring=None,
    n_blocks="auto",
    block_length=None,
    by_feature=True,
    n_repeats=5,
    n_jobs=None,
    random_state=None,
    sample_weight=None,
):
    """Measure by how much the score falls when a block of time steps is exchanged.

    Permutation importance [1]_ of time and features: one feature in one block of steps is
    exchanged between the sequences, at random, while all else stays, and the score is taken
    again. Only predictions are used, so any fitted estimator will do.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or regressor of sequences, alone, in a Pipeline or in a search.
    X : array-like, list of arrays, DataFrame or Sequences
        Sequences, as for the estimator's `fit`; better not those that it was trained on. The
        estimator is given the same form. Static columns of a DataFrame, beside columns
        of arrays, stay as they are.
    y : array-like of shape (n_sequences,) or (n_sequences, n_outputs)
        Their targets.
    scoring : str, callable, list, tuple or dict, default=None
        One or several scorers, as in :func:`sklearn.inspection.permutation_importance`. By
        default the estimator's own `score`.
    n_blocks : int or "auto", default="auto"
        Blocks of each sequence, which are shares of its own length: the third of four
        blocks goes from the middle to three quarters, however long it is. By default 10, or
        as many as the shortest sequence has steps or there are sequences.
    block_length : int, default=None
        Steps of a block instead, counted from the end of each sequence: the last block
        holds the last steps of all. Sequences too short for a block stay as they are in it.
    by_feature : bool, default=True
        Whether features are exchanged one by one. Otherwise all features of a block change
        places together, which keeps what they have in common.
    n_repeats : int, default=5
        How often to exchange.
    n_jobs : int, default=None
        Processes, over blocks and features.
    random_state : int, RandomState instance or None, default=None
        Determines who exchanges with whom: the same partners for all blocks and features.
    sample_weight : array-like of shape (n_sequences,), default=None
        Weights for the scorer.

    Returns
    -------
    Bunch
        An object with the attributes

        - `importances`: ndarray of shape (n_blocks, n_features, n_repeats), how much the
          score fell; `n_features` is 1 with `by_feature=False`;
        - `importances_mean`, `importances_std`: ndarray of shape (n_blocks, n_features);
        - `edges`: ndarray of shape (n_blocks + 1,), where the blocks begin and end: in steps,
          or in per cent of a sequence's length if lengths differ. Counted from the end, they
          are below 0;
        - `unit`: str, what the edges count;
        - `feature_names`: list of str or None.

        With several scorers, a dict with such an object for each.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If it has no `score` and no scorer is given, or is a forecaster, whose rows are time
        steps.
    ValueError
        If X or y do not fit, a sequence has fewer steps than there are blocks, or there are
        fewer sequences than blocks.

    See Also
    --------
    ImportanceDisplay : Draw it.
    integrated_gradients : What each step contributed to one prediction.
    sklearn.inspection.permutation_importance : The same for tables.

    Notes
    -----
    Lengths never change. Where a sequence and its partner have blocks of different length,
    each step takes the partner's at the same relative place, the nearest one. What is
    exchanged are true values, but sequences made of two may be unlike any real
    one; and where steps or features say the same, each seems to count for little.

    It takes `n_blocks * n_features * n_repeats` predictions of X.

    References
    ----------
    .. [1] L. Breiman, "Random Forests", Machine Learning 45 (1), 5-32, 2001.
       https://doi.org/10.1023/A:1010933404324

    Examples
    --------
    The last steps of the first feature decide:

    >>> import numpy as np
    >>> from skseq import GRUClassifier
    >>> from skseq.inspection import timestep_importance
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(6 + i % 5, 2)) for i in range(60)]
    >>> y = [bool(x[-3:, 0].mean() > 0) for x in X]
    >>> clf = GRUClassifier(max_epochs=8, lr=0.02, stem=0, random_state=0)
    >>> result = timestep_importance(clf.fit(X, y), X, y, n_blocks=2, random_state=0)
    >>> np.argwhere(result.importances_mean > 0.2)
    array([[1, 0]])
    """
    refuse_forecaster(estimator, "timestep_importance")
    check_is_fitted(estimator)
    columns = find_sequence_columns(X)
    part = X if columns is None else X[columns]
    sequences, form = read_sequences(part, allow_missing=True, estimator=estimator)
    check_consistent_length(sequences, y, sample_weight)
    sequences = sequences.compact()
    blocks = choose_blocks(sequences.lengths, n_blocks, block_length)
    keys = check_random_state(random_state).uniform(size=(n_repeats, len(sequences)))
    scorer = check_scoring(estimator, scoring=scoring)
    if sample_weight is not None:
        scorer = partial(scorer, sample_weight=sample_weight)
    score = partial(score_values, scorer, estimator, X, y, sequences.lengths, form)
    before = scorer(estimator, X, y)
    features = list(range(sequences.n_features)) if by_feature else [slice(None)]
    after = Parallel(n_jobs=n_jobs)(
        delayed(score_exchanged)(
            score, sequences, blocks.bounds[:, b : b + 2], feature, keys
        )
        for b in range(len(blocks))
        for feature in features
    )
    shape = (len(blocks), len(features), n_repeats)
    place = {"edges": blocks.edges, "unit": blocks.unit}
    place["feature_names"] = sequences.feature_names if by_feature else ["all features"]
    if not isinstance(before, Mapping):
        return sum_up(before - np.reshape(after, shape), place)
    return {
        name: sum_up(
            score - np.reshape([[one[name] for one in some] for some in after], shape),
            place,
        )
        for name, score in before.items()
    }


def score_values(scorer, estimator, X, y, lengths, form, values):
    """Return the score on X with the values of all its sequences replaced."""
    return scorer(estimator, write_like(X, Sequences(values, lengths), form), y)


def score_exchanged(score, sequences, bounds, feature, keys):
    """Return the scores with one feature of one block exchanged, one for each repeat.

    Parameters
    ----------
    score : callable
        Given the values of all sequences, it returns a score.
    sequences : Sequences
        Without gaps in their storage.
    bounds : ndarray of int of shape (n_sequences, 2)
        Where the block begins and ends in each sequence.
    feature : int or slice
        What is exchanged.
    keys : ndarray of shape (n_repeats, n_sequences)
        Their order is who exchanges with whom.
    """
    there = np.flatnonzero(bounds[:, 1] > bounds[:, 0])
    starts = (sequences.starts + bounds[:, 0])[there]
    sizes = (bounds[:, 1] - bounds[:, 0])[there]
    scores = []
    for order in keys[:, there].argsort(axis=1):
        rows, sources = match_steps(starts, sizes, order)
        values = sequences.values.copy()
        values[rows, feature] = sequences.values[sources, feature]
        scores.append(score(values))
    return scores


def sum_up(importances, place):
    """Return mean and deviation beside the single values."""
    return Bunch(
        importances=importances,
        importances_mean=importances.mean(axis=2),
        importances_std=importances.std(axis=2),
        **place,
    )
