"""Standardized errors of the forecasts of the steps of sequences."""

import numpy as np

from skseq.saved import Saved, is_finite, is_numbers, is_positive, require

# Standardized values are bounded by this size as input of the network, whose outputs would
# otherwise not be finite. Their errors are not bounded.
MAX_INPUT = 1e10
# Added to the variances of standardized errors, so that features which are almost a
# function of the others do not dominate.
SHRINKAGE = 0.05
# Smallest standard deviation of errors, as a fraction of that of the feature.
MIN_SCALE = 1e-3
# Standard deviation that is assumed for a constant feature, as a fraction of its value.
CONSTANT_SCALE = 1e-2
# A range below this multiple of the rounding error of the values is that of a constant.
ROUNDING = 20


class ErrorScale(Saved):
    """Standardizes the errors of forecasts: uncorrelated, with unit variance.

    The network forecasts each step from the steps before it. The forecast of a first step
    is the mean of the first steps of the training sequences, and that of a constant feature
    its value. All values are on the scale of the input of the network.

    Parameters
    ----------
    first : ndarray of shape (n_features,)
        Forecast of the first step.
    first_scale, scale : ndarray of shape (n_features,)
        Standard deviation of the errors of first steps, and of later steps.
    is_constant : ndarray of bool of shape (n_features,)
        Which features have the same value in all training steps.
    rotation : ndarray of shape (n_features, n_features)
        Matrix by which scaled errors are multiplied to remove their correlations.
    """

    saved_name = "scale of forecast errors"

    def __init__(self, first, first_scale, scale, is_constant, rotation):
        self.first = first
        self.first_scale = first_scale
        self.scale = scale
        self.is_constant = is_constant
        self.rotation = rotation

    @classmethod
    def fit(cls, values, forecasts, starts, offset, precision):
        """Measure the errors of training sequences.

        Parameters
        ----------
        values : ndarray of shape (n_steps_total, n_features)
            The steps; NaN is missing.
        forecasts : ndarray of shape (n_steps_total, n_features)
            Forecast of the network for each step. Those of first steps are not used.
        starts : ndarray of int of shape (n_sequences,)
            First step of each sequence.
        offset : ndarray of shape (n_features,)
            What was subtracted from the values, on their scale.
        precision : float
            Relative rounding error of the values before the subtraction.
        """
        n = values.shape[1]
        spread = np.nan_to_num(measure_deviation(values))
        lowest = np.nan_to_num(np.fmin.reduce(values, axis=0))
        highest = np.nan_to_num(np.fmax.reduce(values, axis=0))
        size = np.maximum(np.abs(lowest + offset), np.abs(highest + offset))
        is_constant = highest - lowest <= ROUNDING * precision * size
        usual = CONSTANT_SCALE * np.where(size > 0, size, 1.0)
        spread = np.where(is_constant, usual, spread)
        first = np.nan_to_num(measure_mean(values[starts]))
        first = np.where(is_constant, lowest, first)
        smallest = np.where(is_constant, spread, MIN_SCALE * spread)
        first_scale = np.fmax(measure_deviation(values[starts]), smallest)
        self = cls(first, first_scale, smallest, is_constant, np.eye(n))
        errors = self.subtract(values, forecasts, starts)
        is_later = np.ones(len(values), dtype=bool)
        is_later[starts] = False
        later = errors[is_later]
        if len(later):
            # Not the deviation: a bias of the network is an error as well.
            self.scale = np.fmax(np.sqrt(measure_mean(later**2)), smallest)
            scaled = np.nan_to_num(later / self.scale)
            covariance = scaled.T @ scaled / len(scaled)
            variances, axes = np.linalg.eigh(covariance + SHRINKAGE * np.eye(n))
            # The symmetric root: each rotated error belongs to a feature.
            self.rotation = (axes / np.sqrt(np.maximum(variances, SHRINKAGE))) @ axes.T
        return self

    def subtract(self, values, forecasts, starts):
        """Return the errors (n_steps_total, n_features); NaN where a value is missing."""
        forecasts = np.where(self.is_constant, self.first, forecasts)
        forecasts[starts] = self.first
        return values - forecasts

    def standardize(self, values, forecasts, starts):
        """Return standardized errors (n_steps_total, n_features), and their known share.

        The share (n_steps_total,) is the fraction of the features of a step that are not
        missing. The errors of missing values are 0 before they are rotated.
        """
        errors = self.subtract(values, forecasts, starts)
        first = errors[starts] / self.first_scale
        errors /= self.scale
        errors[starts] = first
        known = 1 - np.isnan(errors).mean(axis=1)
        return np.nan_to_num(errors) @ self.rotation, known

    @classmethod
    def from_state(cls, first, first_scale, scale, is_constant, rotation):
        """Create the scale from a state; raise ValueError if the state is invalid."""
        valid = is_finite(first, None) and is_positive(first_scale, len(first))
        valid = valid and is_positive(scale, len(first))
        valid = valid and is_numbers(is_constant, len(first), dtype=bool)
        valid = valid and is_finite(rotation, len(first), len(first))
        require(valid, "the scale of errors is invalid")
        return cls(first, first_scale, scale, is_constant, rotation)


def average_squares(errors, known):
    """Return the mean squared error of each step over its known features: (n_steps,).

    `errors` (n_steps, n_features) and the known share (n_steps,) are those of
    :meth:`ErrorScale.standardize`. A step without known values has the error 0.
    """
    total = (errors**2).mean(axis=1)
    return np.divide(total, known, out=np.zeros_like(total), where=known > 0)


def measure_mean(values):
    """Return the mean of each column over known values; NaN if there are none."""
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    total = np.where(known, values, 0).sum(axis=0)
    return np.divide(total, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def measure_deviation(values):
    """Return the standard deviation of each column over known values; NaN if there are none."""
    return np.sqrt(measure_mean((values - measure_mean(values)) ** 2))
