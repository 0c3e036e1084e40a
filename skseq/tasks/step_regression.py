"""Regression of every step of sequences: one or several numbers each."""

from typing import ClassVar

import numpy as np
from sklearn.metrics import r2_score

from skseq.tasks.numbers import NumberTask
from skseq.tasks.step_losses import StepNumberLoss
from skseq.tasks.steps import StepTask


class StepRegression(StepTask, NumberTask):
    """The task of step regressors."""

    # Targets are noisier than classes, and long training overfits the noise.
    _min_early_stopping: ClassVar[int] = 500

    _attribute_docs: ClassVar[dict] = {
        "multioutput_": """bool
Whether a step has a row of targets, not a single number.""",
    }

    _example: ClassVar[str] = """
>>> import numpy as np
>>> from skseq import {name}
>>> rng = np.random.default_rng(0)
>>> X = [rng.normal(size=(n, 2)) for n in rng.integers(5, 15, size=60)]
>>> y = [np.cumsum(x[:, 0]) for x in X]
>>> model = {name}(max_epochs=2, random_state=0).fit(X, y)
>>> [len(numbers) for numbers in model.predict(X[:2])] == [len(x) for x in X[:2]]
True
>>> model.score(X, y) <= 1
True

The rows of a table are steps as well. Here they are one sequence:

>>> rows, numbers = np.concatenate(X), np.concatenate(y)
>>> {name}(max_epochs=1, random_state=0).fit(rows, numbers).predict(rows[:9]).shape
(9,)
"""

    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one epoch on the given sequences.

        The first call builds the network and measures the scaling of inputs and targets.
        Later calls keep both, and the state of the optimizer. The learning rate is
        constant at `lr`.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.
        y : list of array-like, or array-like of shape (n_rows,) or (n_rows, n_outputs)
            Targets of all steps, as for `fit`.
        sample_weight : array-like of shape (n_sequences,) or like y, default=None
            Weights of sequences or of steps. Unlike in `fit`, weights keep their scale: the
            learning rate is multiplied by their mean.

        Returns
        -------
        self : object
            The estimator.
        """
        self._partial_fit(X, y, sample_weight)
        return self

    def predict(self, X):
        """Predict the targets of every step.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.

        Returns
        -------
        ndarray
            Predictions on the scale of the `y` given to `fit`: an object array with one
            array (n_timesteps_i,) for each sequence; (n_sequences, n_timesteps) if X is
            such an array; (n_rows,) if rows are steps. With several targets, a last axis
            is added.
        """
        return self._map_steps(X, self._decode_steps)

    def score(self, X, y, sample_weight=None):
        """Return R2 over all labeled steps.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for `fit`.
        y : list of array-like, or array-like of shape (n_rows,) or (n_rows, n_outputs)
            The true targets. Steps with NaN are left out.
        sample_weight : array-like of shape (n_sequences,) or like y, default=None
            Weights of sequences or of steps.

        Returns
        -------
        float
            At most 1; 0 for predicting the mean of y.
        """
        targets, predictions, weights = self._predict_labelled(
            X, y, sample_weight, self._decode_steps
        )
        return float(r2_score(targets, predictions, sample_weight=weights))

    def _decode_steps(self, outputs):
        predictions = self._decode_outputs(outputs)
        is_finite = np.isfinite(predictions).all(axis=1)
        if not is_finite.all():
            largest = outputs[int(is_finite.argmin())].max()
            raise ValueError(
                "the prediction of a step is not finite: the network predicts the "
                f"logarithm {largest:g}. Remove or clip extreme values of X."
            )
        return predictions if self.multioutput_ else predictions[:, 0]

    def __sklearn_tags__(self):
        """Declare support for several targets."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _check_targets(self, y):
        values = y.values[y.is_labelled]
        self._check_numbers(values)
        return y

    def _learn_targets(self, y, classes=None):
        """Set shape and scale of the targets."""
        counted = y.counted
        self.multioutput_ = counted.ndim == 2
        self._learn_scale(counted.reshape(len(counted), -1))

    def _encode_targets(self, y):
        """Return weights and standardized targets for the loss."""
        values = y.targets.values
        return y.encode(self._scale_targets(values.reshape(len(values), -1)))

    def _count_outputs(self):
        return self.n_outputs_

    def _make_loss(self):
        """Return the loss of outputs and standardized targets."""
        return StepNumberLoss(super()._make_loss())
