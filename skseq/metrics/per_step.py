"""Metrics of scikit-learn over targets that have one value for each step."""

import functools

from skseq.metrics.steps import align_labels


def per_step(metric):
    """Turn a metric of scikit-learn into a metric over the steps of all sequences.

    The returned function concatenates the targets of all sequences and calls `metric`. It
    leaves out unlabeled steps: those whose true target is None, NaN or an empty string.

    Parameters
    ----------
    metric : callable
        A function `metric(y_true, y_pred, **kwargs)`, such as
        :func:`sklearn.metrics.f1_score` or :func:`sklearn.metrics.log_loss`.

    Returns
    -------
    step_metric : callable
        A function with the parameters, the name and the docstring of `metric`. It can be
        pickled if `metric` can. It accepts:

        - `y_true`: a list or object array with one array of shape (n_timesteps_i,) or
          (n_timesteps_i, n_outputs) for each sequence, an array of shape
          (n_sequences, n_timesteps), or flat targets of shape (n_rows,). A Series or a
          DataFrame with a (sequence, time) MultiIndex has one target, or one row of
          targets, for each row. Wrap other targets of shape (n_rows, n_outputs) in a list,
          as one sequence;
        - `y_pred`: predictions of the same form, or probabilities: an array of shape
          (n_timesteps_i, n_classes) for each sequence, or (n_rows, n_classes) if `y_true`
          is flat;
        - `sample_weight`: one weight for each step, in the form of `y_true`, or for each
          sequence;
        - all other arguments of `metric`, by keyword.

        It raises ValueError if the numbers of sequences or steps differ, and names the
        first sequence that differs.

    Raises
    ------
    TypeError
        If `metric` is not callable.

    See Also
    --------
    entity_f1_score : F1 score of entities that consist of several steps.

    Notes
    -----
    Every labeled step has the same weight, so long sequences count more than short ones.

    For scorers of probabilities, name all labels, which may not all occur in a fold:
    `make_scorer(per_step(log_loss), response_method="predict_proba",
    greater_is_better=False, labels=["rest", "walk"])`.

    For multilabel targets, metrics get the indicator matrix of all steps: `accuracy_score`
    is then the subset accuracy, and `f1_score` needs `average`.

    Examples
    --------
    >>> from sklearn.metrics import accuracy_score, f1_score, make_scorer
    >>> from skseq.metrics import per_step
    >>> y_true = [["rest", "walk", "walk"], ["rest", None]]
    >>> y_pred = [["rest", "rest", "walk"], ["rest", "walk"]]
    >>> per_step(accuracy_score)(y_true, y_pred)
    0.75
    >>> scorer = make_scorer(per_step(f1_score), average="macro")

    Several labels for each step:

    >>> y_true = [[[1, 0], [1, 1]], [[0, 1]]]
    >>> y_pred = [[[1, 0], [0, 1]], [[0, 1]]]
    >>> per_step(f1_score)(y_true, y_pred, average=None)
    array([0.66666667, 1.        ])
    """
    if not callable(metric):
        raise TypeError(
            f"metric should be a function such as sklearn.metrics.f1_score, got {metric!r}."
        )
    return StepMetric(metric)


class StepMetric:
    """A metric that is called with the concatenated steps of all sequences."""

    def __init__(self, metric):
        functools.update_wrapper(self, metric)
        self.metric = metric

    def __call__(self, y_true, y_pred, *, sample_weight=None, **kwargs):
        """Return the metric of the labeled steps."""
        y_true, y_pred, weights = align_labels(y_true, y_pred, sample_weight)
        if weights is not None:
            kwargs["sample_weight"] = weights
        return self.metric(y_true, y_pred, **kwargs)

    def __repr__(self):
        return f"per_step({getattr(self.metric, '__name__', self.metric)})"
