"""Attribute predictions to time steps and features by integrated gradients."""

import contextlib
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.extras import import_extra
from skseq.inspection.validation import check_has, predicts_steps, raise_if_forecaster
from skseq.quoting import quote, quote_sequence

# Largest number of time steps, over all points of a path, in one batch.
MAX_BATCH_STEPS = 65_536
RESPONSES = {"predict_proba": "probability", "decision_function": "decision function"}


@validate_params(
    {
        "baseline": [Real, "array-like", None],
        "response_method": [StrOptions(set(RESPONSES))],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "step": [Integral, None],
    },
    prefer_skip_nested_validation=True,
)
def integrated_gradients(
    estimator,
    X,
    *,
    target=None,
    baseline=None,
    response_method="decision_function",
    n_steps=50,
    step=None,
):
    """Attribute each prediction to the time steps and features of its sequence.

    Integrates the gradient of the prediction along the straight path from a baseline to the
    sequence [1]_.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier or regressor of skseq.
    X : array-like, list of arrays, DataFrame or Sequences
        Sequences, as for the estimator's `fit`.
    target : label, array-like of labels of shape (n_sequences,) or int, default=None
        Output to explain. For a classifier a class, the same for all sequences or one for
        each; by default the predicted class. For several labels or targets the index of
        one of them, which is required.
    baseline : float or array-like of shape (n_numeric,), default=None
        Uninformative values of the numeric features, in the units of X. By default the
        mean of the training steps (0 with `scale=False`). The baseline of a categorical
        feature is the unknown category.
    response_method : {"predict_proba", "decision_function"}, default="decision_function"
        Output of a classifier to explain: the logits, or the probabilities. Near 0 and 1,
        probabilities hardly depend on anything. Regressors always use `predict`.
    n_steps : int, default=50
        Number of points on the path; more points are more accurate.
    step : int, default=None
        For step classifiers and step regressors, which require it: the step whose
        prediction is explained, such as 0 for the first or -1 for the last one.

    Returns
    -------
    Bunch
        An object with the attributes

        - `attributions`: list of ndarray of shape (n_timesteps_i, n_features), in the order
          of X and in the units of the prediction. The attribution of a missing value is
          the effect of its being missing, that of a category the sum over its embedding;
        - `outputs`, `baseline_outputs`: ndarray of shape (n_sequences,), the outputs for
          the sequences and for their baselines. The attributions of a sequence sum to their
          difference, up to the error of the numerical integration;
        - `targets`: ndarray of shape (n_sequences,), the explained classes; None for
          several labels and for regressors;
        - `explained`: str, a description of the explained output;
        - `feature_names`: list of str or None;
        - `tokens`: list of ndarray of shape (n_timesteps_i,), the first categorical feature,
          or None. :func:`render_weights` shows a heat map of tokens.

    Raises
    ------
    ImportError
        If captum is not installed; `pip install 'skseq[captum]'` installs it.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator is not a classifier or regressor of skseq, or if it is a step
        classifier with `transitions="crf"`, which predicts all steps together.
    ValueError
        If X does not suit the estimator, or `target`, `baseline` or `step` is not valid.

    See Also
    --------
    ImportanceDisplay : Plot the result.
    render_weights : Heat map of the words of texts.
    timestep_importance : Permutation importance, for any estimator.

    Notes
    -----
    Attributions do not depend on the other sequences. They explain the network rather than
    the data. The cost is `n_steps` predictions of X with gradients.

    References
    ----------
    .. [1] M. Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks",
       ICML 2017. https://arxiv.org/abs/1703.01365

    Examples
    --------
    >>> import numpy as np
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

    The prediction of a step:

    >>> from skseq import GRUStepRegressor
    >>> steps = GRUStepRegressor(max_epochs=2, random_state=0).fit(X, X[:, :, 0])
    >>> result = integrated_gradients(steps, X[:3], step=4)
    >>> int(np.abs(result.attributions[0]).sum(axis=1).argmax())
    4

    Words of texts:

    >>> from skseq import GRUClassifier
    >>> from skseq.inspection import render_weights
    >>> clf = GRUClassifier(max_epochs=9, lr=0.02, random_state=0)
    >>> clf = clf.fit(["a good film", "a bad plot"] * 10, ["+", "-"] * 10)
    >>> result = integrated_gradients(clf, ["a good plot"], target="+")
    >>> heat_map = render_weights(result.tokens, result.attributions)
    >>> result.tokens[0][np.argmax(result.attributions[0])]
    'good'
    """
    check_has(estimator, "trace", "integrated_gradients")
    check_is_fitted(estimator)
    raise_if_forecaster(estimator, "integrated_gradients")
    attr = import_extra("captum.attr", "captum", "integrated_gradients")
    sequences, predicted = read_predicted(estimator, X, step)
    scaler, device = estimator.scaler_, torch.device(estimator.net_.device)
    dataset = estimator._make_dataset(sequences)
    module, coding = estimator.net_.module_, estimator.coding_
    columns, labels, explained = coding.select_outputs(target, predicted)
    is_proba = response_method == "predict_proba"
    baseline = check_baseline(baseline, scaler.mean)
    baseline = dataset.batch_input.make_baseline(baseline).to(device)
    attributions, outputs = [], []
    with differentiable(device):
        for i, (length, column) in enumerate(zip(sequences.lengths, columns, strict=True)):

            def response(x, column=int(column)):  # (batch, time, width) -> (batch,)
                found = module.forward_embedded(x, x)
                found = found if step is None else found[:, step]
                return coding.read_output(found, column, is_proba)

            x = dataset.read_steps(np.array([i]), int(length)).to(device)
            with torch.no_grad():  # (1, time, width)
                start = module.inputs.embed(baseline.expand_as(x))
                x = module.inputs.embed(x)
            batch_size = max(MAX_BATCH_STEPS // int(length), 1)
            (values,) = attr.IntegratedGradients(response).attribute(
                x, start, n_steps=int(n_steps), internal_batch_size=batch_size
            )
            attributions.append(merge_columns(values.cpu().numpy(), scaler.owners))
            with torch.no_grad():
                outputs.append([response(x).item(), response(start).item()])
    outputs, baseline_outputs = np.array(outputs).T.copy()
    return Bunch(
        attributions=attributions,
        outputs=outputs,
        baseline_outputs=baseline_outputs,
        explained=explained.format(RESPONSES[response_method]),
        targets=labels,
        feature_names=sequences.feature_names,
        tokens=list_tokens(sequences),
    )


def read_predicted(estimator, X, step):
    """Validate X and `step`: return the sequences, and what is predicted for each.

    With a step, this is the prediction of this step.
    """
    name = type(estimator).__name__
    if not predicts_steps(estimator):
        if step is not None:
            raise ValueError(
                f"step={step}, but {name} predicts sequences, not steps: use step=None."
            )
        predicted = estimator.predict(X)  # also validates X
        return estimator._read(X), predicted
    if step is None:
        raise ValueError(
            f"{name} predicts every step: choose the step whose prediction is explained, "
            "for example step=-1 for the last one."
        )
    if estimator.net_.module_.head.has_transitions:
        raise TypeError(
            "integrated_gradients cannot explain transitions='crf', which predicts the "
            "labels of a sequence together. Use transitions=None, or timestep_importance."
        )
    predicted = estimator.predict(X)
    steps = estimator._read_steps(X)
    sequences = steps.sequences
    short = np.flatnonzero(sequences.lengths < (step + 1 if step >= 0 else -step))
    if len(short):
        raise ValueError(
            f"step={step}, but {quote_sequence(short[0], sequences.ids)} has "
            f"{sequences.lengths[short[0]]} steps. Pass only sequences that have this step."
        )
    if steps.rows is not None:
        ends = np.cumsum(sequences.lengths)
        predicted = np.split(predicted[steps.rows.order], ends[:-1])
    return sequences, np.array([part[step] for part in predicted])


def list_tokens(sequences):
    """Return the first categorical feature of each sequence, or None if there is none."""
    if not sequences.n_categorical:
        return None
    feature = int(sequences.is_categorical.argmax())
    return [steps[:, feature] for steps in sequences]


@contextlib.contextmanager
def differentiable(device):
    """Enable gradients, even in the inference mode of the caller."""
    # cuDNN computes gradients of recurrent layers only in training mode.
    cudnn, is_cuda = torch.backends.cudnn, device.type == "cuda"
    flags = cudnn.flags(enabled=False) if is_cuda else contextlib.nullcontext()
    with torch.inference_mode(False), torch.enable_grad(), flags:
        yield


def merge_columns(attributions, owners):
    """Add up the attributions of all columns (time, width) that belong to a feature.

    `owners` (width,) has the feature of each column. A feature has several columns if it
    has an indicator of missing values or an embedding.
    """
    merged = np.zeros((len(attributions), owners.max() + 1), dtype=attributions.dtype)
    np.add.at(merged, (slice(None), owners), attributions)
    return merged


def check_baseline(baseline, mean):
    """Return the values of a baseline step, of shape (n_features,)."""
    if baseline is None:
        return mean
    values = np.asarray(baseline, dtype=float)
    if values.shape not in ((), mean.shape) or not np.isfinite(values).all():
        raise ValueError(
            f"baseline must be a finite number, or one for each of the {len(mean)} "
            f"features. Got {quote(baseline)} instead."
        )
    return np.broadcast_to(values, mean.shape)
