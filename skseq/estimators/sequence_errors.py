"""Forecast errors and hidden states of sequences, from which outlier detectors score them."""

import numpy as np
import torch

from skseq.detection import MAX_INPUT, ErrorScale, SequenceSummary, average_squares
from skseq.estimators.validation import check_outputs
from skseq.sequences import Sequences

# Number of sequences whose hidden states are in memory at the same time.
SEQUENCES_AT_ONCE = 1024


def cut(sequences):
    """Return an iterator over sequences, some at a time."""
    for first in range(0, len(sequences), SEQUENCES_AT_ONCE):
        yield sequences[first : first + SEQUENCES_AT_ONCE]


def fit_error_scale(detector, sequences):
    """Return the scale of the errors of training sequences."""
    parts = [forecast_steps(detector, part)[1:] for part in cut(sequences)]
    values, forecasts = (np.concatenate(part) for part in zip(*parts, strict=True))
    numeric = detector.scaler_.numeric
    return ErrorScale.fit(
        values,
        forecasts,
        np.cumsum(sequences.lengths) - sequences.lengths,
        numeric.mean / numeric.scale,
        np.finfo(sequences.values.dtype).eps,
    )


def summarize(detector, sequences):
    """Return the groups of features of sequences, and the errors of all steps."""
    states, values, forecasts = forecast_steps(detector, sequences)
    lengths = sequences.lengths
    starts = np.cumsum(lengths) - lengths
    errors, known = detector.error_scale_.standardize(values, forecasts, starts)
    squares = average_squares(errors, known)
    states = states.astype(np.float64)
    summary = SequenceSummary.measure(states, errors, squares, known, lengths)
    return summary.embed(), squares


def forecast_steps(detector, sequences):
    """Return states, scaled values and forecasts of all steps: (n_steps_total, ...)."""
    net, numeric = detector.net_, detector.scaler_.numeric
    sequences = sequences.compact()
    values = sequences.values.astype(np.float64)
    values = (values - numeric.mean) / numeric.scale
    bounded = bound(sequences, values, numeric)
    states = net.outputs(detector._make_dataset(bounded), "encode")
    check_outputs(states, bounded, detector.scaler_)
    states = np.concatenate(states)
    with torch.inference_mode():
        outputs = net.module_.head(torch.from_numpy(states).to(net.device), None, None)
    forecasts = np.zeros(outputs.shape)
    forecasts[1:] = outputs[:-1].cpu().numpy()  # those of first steps are not used
    return states, values, forecasts


def bound(sequences, scaled, numeric):
    """Return sequences whose scaled values are at most `MAX_INPUT`, for the network.

    `scaled` are their values on the scale of the input `numeric`.
    """
    if not (np.abs(scaled) > MAX_INPUT).any():
        return sequences
    values = np.clip(scaled, -MAX_INPUT, MAX_INPUT) * numeric.scale + numeric.mean
    return Sequences(values, sequences.lengths)
