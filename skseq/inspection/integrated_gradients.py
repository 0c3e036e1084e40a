"""What each step and feature of a sequence contributed to its prediction."""

import contextlib
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import is_classifier
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.extras import import_extra
from skseq.inspection.plotting import check_has, refuse_forecaster
from skseq.quoting import quote
from skseq.sequences import read_sequences

# Steps of time, over all points of a path, that are computed at once.
STEPS_AT_ONCE = 65_536
ANSWERS = {"predict_proba": "probability", "decision_function": "decision function"}


@validate_params(
    {
        "estimator": "no_validation",
        "X": "no_validation",
        "target": "no_validation",
        "baseline": [Real, "array-like", None],
        "response_method": [StrOptions(set(ANSWERS))],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def integrated_gradients(
    estimator,
    X,
    *,
    target=None,
    baseline=None,
    response_method="predict_proba",
    n_steps=50,
):
    """Share out each prediction among the steps and features of its sequence.

    The gradient of the prediction, gathered on the straight way from a baseline to the
    sequence [1]_. What all steps and features contributed adds up to the difference
    between the prediction of the sequence and that of the baseline.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or regressor of skseq.
    X : array-like, list of arrays, DataFrame or Sequences
        Sequences, as for the estimator's `fit`.
    target : label, array-like of labels of shape (n_sequences,) or int, default=None
        What is explained. Of a classifier a class, the same for all sequences or one for
        each; by default the one that is predicted. With several labels or targets the
        number of one of them, which has to be given.
    baseline : float or array-like of shape (n_features,), default=None
        A step that says nothing, in the units of X; the baseline of a sequence repeats it.
        By default the mean of the training steps (0 with `scale=False`).
    response_method : {"predict_proba", "decision_function"}, default="predict_proba"
        Which answer of a classifier is shared out: probabilities, which saturate, or
        the network's outputs before them. Of a regressor it is `predict`.
    n_steps : int, default=50
        Points on the way, at which gradients are taken. More are more exact.

    Returns
    -------
    Bunch
        An object with the attributes

        - `attributions`: list of ndarray of shape (n_timesteps_i, n_features), in the order
          of X and in the units of the prediction; a missing value contributes by being
          missing;
        - `outputs`, `baseline_outputs`: ndarray of shape (n_sequences,), the answers for the
          sequences and for their baselines. The sum of a sequence's attributions is their
          difference, up to the error of `n_steps` points;
        - `targets`: ndarray of shape (n_sequences,), the classes that are explained; None
          for several labels and for regressors;
        - `explained`: str, what is shared out;
        - `feature_names`: list of str or None.

    Raises
    ------
    ImportError
        If captum is not there; `pip install 'skseq[captum]'` brings it.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is no classifier or regressor of skseq; a forecaster's rows are time steps.
    ValueError
        If X does not fit, or there is no such target.

    See Also
    --------
    ImportanceDisplay : Draw it.
    timestep_importance : What a score rests on, for any estimator.

    Notes
    -----
    Each sequence is computed for itself, without padding: what it is given does not depend
    on the others. It takes `n_steps` predictions of X, with gradients. Attributions explain
    the network, not the world, and they depend on the baseline.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks",
       ICML 2017. https://arxiv.org/abs/1703.01365

    Examples
    --------
    >>> from skseq import LSTMRegressor
    >>> from skseq.datasets import make_adding_problem
    >>> from skseq.inspection import integrated_gradients
    >>> X, y = make_adding_problem(n_sequences=50, length=10, random_state=0)
    >>> reg = LSTMRegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> result = integrated_gradients(reg, X[:3])
    >>> len(result.attributions), result.attributions[0].shape
    (3, (10, 2))
    >>> change = result.outputs[0] - result.baseline_outputs[0]
    >>> bool(abs(result.attributions[0].sum() - change) < 1e-3)
    True
    """
    check_has(estimator, "trace", "integrated_gradients")
    check_is_fitted(estimator)
    refuse_forecaster(estimator, "integrated_gradients")
    attr = import_extra("captum.attr", "captum", "integrated_gradients")
    predicted = estimator.predict(X)  # which checks X as always
    scaler, device = estimator.scaler_, torch.device(estimator.net_.device)
    sequences, _ = read_sequences(X, allow_missing=True, estimator=estimator)
    columns, labels, answer = choose_columns(estimator, target, predicted)
    baseline = check_baseline(baseline, scaler.mean)
    found, outputs, before = [], [], []
    with differentiable(device):
        for sequence, column in zip(sequences, columns, strict=True):
            response = make_response(estimator, int(column), response_method)
            x = scaler.transform(sequence[None].copy()).to(device)  # (1, time, features)
            level = np.broadcast_to(baseline, sequence.shape)[None].astype(sequence.dtype)
            start = scaler.transform(level).to(device)
            found.append(
                attr.IntegratedGradients(response).attribute(
                    x,
                    start,
                    n_steps=int(n_steps),
                    internal_batch_size=max(STEPS_AT_ONCE // len(sequence), 1),
                )
            )
            with torch.no_grad():
                outputs.append(response(x).item())
                before.append(response(start).item())
    return Bunch(
        attributions=[fold(part[0].cpu().numpy(), sequences.n_features) for part in found],
        outputs=np.array(outputs),
        baseline_outputs=np.array(before),
        explained=answer.format(ANSWERS[response_method]),
        targets=labels,
        feature_names=sequences.feature_names,
    )


@contextlib.contextmanager
def differentiable(device):
    """Let gradients flow, whatever mode the caller is in."""
    # cuDNN has gradients of recurrent layers in training only.
    flags = contextlib.nullcontext()
    if device.type == "cuda":
        flags = torch.backends.cudnn.flags(enabled=False)
    with torch.inference_mode(False), torch.enable_grad(), flags:
        yield


def fold(attributions, n_features):
    """Add what a value's absence contributed: (time, features or twice as many)."""
    return attributions.reshape(len(attributions), -1, n_features).sum(axis=1)


def check_baseline(baseline, mean):
    """Return a step of the baseline, (n_features,)."""
    if baseline is None:
        return mean
    level = np.asarray(baseline, dtype=float)
    if level.shape not in ((), mean.shape) or not np.isfinite(level).all():
        raise ValueError(
            f"baseline should be a finite number, or one for each of the {len(mean)} "
            f"features. Got {quote(baseline)} instead."
        )
    return np.broadcast_to(level, mean.shape)


def choose_columns(estimator, target, predicted):
    """Return what is explained of each sequence.

    Returns
    -------
    columns : ndarray of int of shape (n_sequences,)
        Which output of the estimator.
    labels : ndarray of shape (n_sequences,) or None
        The classes, of a classifier of one label.
    answer : str
        What to call it; `{}` stands for a method.
    """
    n_sequences = len(predicted)
    if not is_classifier(estimator) or estimator.multilabel_:
        kind = "label" if is_classifier(estimator) else "target"
        n_outputs = len(estimator.classes_) if kind == "label" else estimator.n_outputs_
        target = 0 if target is None and n_outputs == 1 else target
        if not isinstance(target, Integral) or not 0 <= target < n_outputs:
            raise ValueError(
                f"target should be the number of one of the {n_outputs} {kind}s that "
                f"{type(estimator).__name__} predicts, from 0 on. Got {quote(target)} instead."
            )
        answer = "prediction" if n_outputs == 1 else f"prediction of target {target}"
        answer = f"{{}} of label {target}" if kind == "label" else answer
        return np.full(n_sequences, target), None, answer
    classes = estimator.classes_
    labels = predicted if target is None else np.asarray(target)
    if labels.ndim and labels.shape != (n_sequences,):
        raise ValueError(
            f"target has shape {labels.shape} for {n_sequences} sequences; give one label "
            "for each, or one for all."
        )
    labels = np.broadcast_to(labels, n_sequences)
    known = np.isin(labels, classes)
    if not known.all():
        raise ValueError(
            f"target={quote(labels[~known][0])} is none of the classes {classes.tolist()}."
        )
    name = "the predicted class" if target is None else "the class"
    return np.searchsorted(classes, labels), labels, f"{{}} of {name}"


def make_response(estimator, column, response_method):
    """Return one answer of an estimator as a function of scaled steps.

    It maps (batch, time, features) without padding to (batch,).
    """
    module, criterion = estimator.net_.module_, estimator.net_.criterion_
    if not is_classifier(estimator):
        mean, scale = estimator.target_mean_[column], estimator.target_scale_[column]
        return lambda x: criterion.decode(module(x))[:, column] * scale + mean
    is_proba = response_method == "predict_proba"
    if estimator.multilabel_:
        return lambda x: _maybe_sigmoid(module(x)[:, column], is_proba)
    if len(estimator.classes_) == 2:
        sign = 2 * column - 1  # one output, which is positive for the second class
        return lambda x: _maybe_sigmoid(sign * module(x)[:, 0], is_proba)
    if is_proba:
        return lambda x: module(x).softmax(dim=1)[:, column]
    return lambda x: module(x)[:, column]


def _maybe_sigmoid(logits, is_proba):
    return torch.sigmoid(logits) if is_proba else logits
