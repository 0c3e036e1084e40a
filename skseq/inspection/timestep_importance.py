"""Permutation importance of time steps and features."""

from collections.abc import Mapping
from functools import partial
from numbers import Integral

import numpy as np
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skseq.inspection.blocks import make_blocks, match_steps
from skseq.inspection.exchange import store_steps
from skseq.inspection.validation import make_generator, raise_if_forecaster

COUNT = Interval(Integral, 1, None, closed="left")
IMPORTANCE_CONSTRAINTS = {
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


@validate_params(IMPORTANCE_CONSTRAINTS, prefer_skip_nested_validation=True)
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
    """Permutation importance of blocks of time steps, for each feature.

    The importance is the decrease in the score if one feature in one block of time steps is
    exchanged at random between sequences [1]_. It works with any fitted estimator.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or regressor of sequences or steps, alone, in a Pipeline or in a
        search.
    X : array-like, list of arrays, DataFrame or Sequences
        Sequences, or rows that are steps, as for the estimator's `fit`, preferably not the
        training data. Static columns of a DataFrame, next to columns of arrays, and columns
        that identify the sequences of rows stay the same.
    y : array-like of shape (n_sequences,) or (n_sequences, n_outputs)
        Targets, as for the estimator's `fit`: of the sequences, of all their steps, or of
        the rows.
    scoring : str, callable, list, tuple or dict, default=None
        One or several scorers, as in :func:`sklearn.inspection.permutation_importance`. By
        default the estimator's own `score`.
    n_blocks : int or "auto", default="auto"
        Number of blocks, each an equal fraction of its sequence. `"auto"` is the smallest
        of 10, the length of the shortest sequence, and the number of sequences.
    block_length : int, default=None
        Number of time steps of a block, counted from the end of each sequence, instead of
        `n_blocks`. Sequences that are too short for a block stay the same in it.
    by_feature : bool, default=True
        Whether features are exchanged one by one. Exchanging all features of a block
        together preserves their correlation.
    n_repeats : int, default=5
        Number of random exchanges of each block and feature.
    n_jobs : int, default=None
        Number of processes, over blocks and features.
    random_state : int, RandomState instance or None, default=None
        Determines which sequences are exchanged: the same for all blocks and features.
    sample_weight : array-like of shape (n_sequences,) or (n_rows,), default=None
        Sample weights for the scorer.

    Returns
    -------
    Bunch
        An object with the attributes

        - `importances`: ndarray of shape (n_blocks, n_features, n_repeats), the decrease in
          the score; `n_features` is 1 with `by_feature=False`;
        - `importances_mean`, `importances_std`: ndarray of shape (n_blocks, n_features);
        - `edges`: ndarray of shape (n_blocks + 1,), boundaries of the blocks. In time
          steps if all sequences have the same length; otherwise in percent of the length,
          or, with `block_length`, in time steps relative to the end (negative);
        - `unit`: str, the unit of `edges`;
        - `feature_names`: list of str or None.

        With several scorers, a dict with one such object for each.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator has no `score` and `scoring` is None, or it is a forecaster.
    ValueError
        If X or y do not suit the estimator, a sequence has fewer steps than `n_blocks`, or
        there are fewer sequences than blocks.

    See Also
    --------
    ImportanceDisplay : Plot the result.
    integrated_gradients : Contribution of each step to one prediction.

    Notes
    -----
    If a block has different lengths in a sequence and its partner, each step takes the
    value of the partner's step at the nearest relative position. A combination of two
    sequences may be unlike any real one. If steps or features are correlated, the
    importance of each is underestimated. X is predicted `n_blocks * n_features * n_repeats`
    times.

    References
    ----------
    .. [1] L. Breiman, "Random Forests", Machine Learning 45 (1), 5-32, 2001.
       https://doi.org/10.1023/A:1010933404324

    Examples
    --------
    The label depends on the last steps of the first feature:

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
    raise_if_forecaster(estimator, "timestep_importance")
    check_is_fitted(estimator)
    stored = store_steps(estimator, X)
    check_consistent_length(stored, y, sample_weight)
    blocks = make_blocks(stored.lengths, n_blocks, block_length)
    keys = make_generator(random_state).uniform(size=(n_repeats, len(stored.lengths)))
    scorer = check_scoring(estimator, scoring=scoring)
    if sample_weight is not None:
        scorer = partial(scorer, sample_weight=sample_weight)
    before = scorer(estimator, X, y)
    features = list(range(stored.n_features)) if by_feature else [slice(None)]
    after = Parallel(n_jobs=n_jobs)(
        delayed(score_exchanged)(
            partial(scorer, estimator),
            stored,
            y,
            blocks.bounds[:, b : b + 2],
            feature,
            keys,
        )
        for b in range(len(blocks))
        for feature in features
    )
    shape = (len(blocks), len(features), n_repeats)
    names = stored.feature_names if by_feature else ["all features"]
    axes = {"edges": blocks.edges, "unit": blocks.unit, "feature_names": names}
    if not isinstance(before, Mapping):
        return summarize(before - np.reshape(after, shape), axes)
    return {
        name: summarize(
            score - np.reshape([[one[name] for one in some] for some in after], shape), axes
        )
        for name, score in before.items()
    }


def score_exchanged(score, stored, y, bounds, feature, keys):
    """Return the score with one feature of one block exchanged, for each repeat.

    `score` takes X and y. `bounds` (n_sequences, 2) has the start and the end of the block.
    The order of `keys` (n_repeats, n_sequences) sets the partners.
    """
    reached = np.flatnonzero(bounds[:, 1] > bounds[:, 0])
    first_steps = np.cumsum(stored.lengths) - stored.lengths
    starts = (first_steps + bounds[:, 0])[reached]
    sizes = (bounds[:, 1] - bounds[:, 0])[reached]
    scores = []
    for partners in keys[:, reached].argsort(axis=1):
        steps, sources = match_steps(starts, sizes, partners)
        scores.append(score(stored.exchange(steps, sources, feature), y))
    return scores


def summarize(importances, axes):
    """Return importances with their mean, standard deviation and description of axes."""
    return Bunch(
        importances=importances,
        importances_mean=importances.mean(axis=2),
        importances_std=importances.std(axis=2),
        **axes,
    )
