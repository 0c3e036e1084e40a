"""Volume under the surface: the metric of benchmarks of anomalies in time series.

VUS-PR and VUS-ROC are those of J. Paparrizos et al., "Volume under the surface: a new
accuracy evaluation measure for time-series anomaly detection", PVLDB 15, 2022: the area
under the curve of precision and recall (or ROC), with labels that decrease around each
anomaly over a buffer of l steps, averaged over l = 0, ..., L. L is a period of the series,
as in the benchmark TSB-AD (Q. Liu, J. Paparrizos, NeurIPS 2024).

F1 scores with "point adjustment" are not computed. Point adjustment counts all steps of an
anomaly as found if one of them is flagged, so that random scores get high F1 scores on long
anomalies: S. Kim et al., "Toward a rigorous evaluation of time-series anomaly detection",
AAAI 2022, arXiv:2109.05257.
"""

import numpy as np

# Settings of TSB-AD: thresholds of a curve; lags of the autocorrelation; the shortest lag;
# the length for series without a period, or with one beyond the limits.
N_THRESHOLDS = 250
MAX_LAG, MIN_LAG = 400, 3
MIN_PEAK, MAX_PEAK = 3, 300
DEFAULT_LENGTH = 125


def find_length(values):
    """Return the period of a series (n_steps,): the highest peak of its autocorrelation."""
    values = values[:20_000] - values[:20_000].mean()
    n = len(values)
    spectrum = np.abs(np.fft.rfft(values, 2 * n)) ** 2
    correlations = np.fft.irfft(spectrum)[MIN_LAG : min(MAX_LAG, n - 1) + 1]
    inner = correlations[1:-1]
    is_peak = (inner > correlations[:-2]) & (inner > correlations[2:])
    peaks = np.flatnonzero(is_peak) + 1
    if not len(peaks):
        return DEFAULT_LENGTH
    peak = int(peaks[np.argmax(correlations[peaks])])
    return peak + MIN_LAG if MIN_PEAK <= peak <= MAX_PEAK else DEFAULT_LENGTH


def measure_volumes(is_anomaly, scores, length):
    """Return VUS-PR and VUS-ROC.

    Parameters
    ----------
    is_anomaly : ndarray of bool of shape (n_steps,)
        True for anomalies; at least one step is, and one is not.
    scores : ndarray of shape (n_steps,)
        High is abnormal.
    length : int
        The longest buffer L.
    """
    order = np.argsort(-scores, kind="stable")
    in_order = scores[order]
    positions = np.linspace(0, len(scores) - 1, N_THRESHOLDS).astype(int)
    thresholds = in_order[positions]
    # (n_thresholds,): steps with at least the score of the threshold
    n_flagged = np.searchsorted(-in_order, -thresholds, side="right")
    edges = np.diff(np.concatenate([[0], is_anomaly.astype(int), [0]]))
    runs = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    areas = [
        _measure_areas(is_anomaly, scores, runs, buffer, order, thresholds, n_flagged)
        for buffer in range(length + 1)
    ]
    return tuple(float(area) for area in np.mean(areas, axis=0))


def _measure_areas(is_anomaly, scores, runs, buffer, order, thresholds, n_flagged):
    """Return the areas under the curves of precision and recall, and ROC, for one buffer."""
    labels = _extend(is_anomaly, runs, buffer)
    n_true = is_anomaly.sum()
    true_positives = np.cumsum(labels[order])[n_flagged - 1]
    n_missed = n_true - np.cumsum(is_anomaly[order])[n_flagged - 1]
    # The number of positives is the mean of that of the anomalies and that with the parts of
    # the buffers that are flagged.
    n_positives = (n_true + true_positives + n_missed) / 2
    highest = np.array([scores[a:b].max() for a, b in _merge(runs, buffer, len(scores))])
    existence = (highest >= thresholds[:, None]).mean(axis=1)
    recall = np.minimum(true_positives / n_positives, 1) * existence
    precision = true_positives / n_flagged
    false_rate = (n_flagged - true_positives) / (len(scores) - n_positives)
    area_pr = np.diff(recall, prepend=0) @ precision
    recall, false_rate = (np.concatenate([[0], x, [1]]) for x in (recall, false_rate))
    return area_pr, np.trapezoid(recall, false_rate)


def _extend(is_anomaly, runs, buffer):
    """Return labels that decrease from 1 to about 0.7 over half a buffer around each run."""
    labels = is_anomaly.astype(float)
    distances = np.arange(1, buffer // 2 + 1)
    for start, stop in zip(*runs, strict=True):
        for steps in (start - distances, stop - 1 + distances):
            is_inside = (steps >= 0) & (steps < len(labels))
            labels[steps[is_inside]] += np.sqrt(1 - distances[is_inside] / max(buffer, 1))
    return np.minimum(labels, 1)


def _merge(runs, buffer, n_steps):
    """Return the ranges (start, stop) of runs with their buffers; merge those that meet."""
    ranges = []
    for start, stop in zip(*runs, strict=True):
        start, stop = max(start - buffer // 2, 0), min(stop + buffer // 2, n_steps)
        if ranges and start < ranges[-1][1]:
            ranges[-1] = ranges[-1][0], stop
        else:
            ranges.append((start, stop))
    return ranges
