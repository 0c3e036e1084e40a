"""Detection of sequences whose axes are swapped: features before steps."""

import numpy as np

from skseq.exceptions import ChannelsFirstWarning, warn

# With this many features for each step, the axes may be swapped.
CHANNELS_FIRST_RATIO = 8
# With fewer, they may be swapped if the features of few steps look like a time series:
# neighboring features are correlated by at least this much.
MAX_CHANNELS, MIN_FEATURES, MIN_CORRELATION = 6, 16, 0.6
# Number of sequences, and of their steps, from which correlations are computed.
SAMPLE_SIZE, MIN_STEPS = 100, 30


def warn_if_channels_first(sequences):
    """Warn if sequences have far more features than steps, or features that look like steps."""
    n_features, steps = sequences.n_numeric, float(np.median(sequences.lengths))
    if n_features < MIN_FEATURES:
        return
    is_wide = n_features >= CHANNELS_FIRST_RATIO * max(steps, 2)
    if not is_wide:
        is_long = steps > MAX_CHANNELS or n_features < 2 * steps
        if is_long or _correlate_neighbors(sequences[:SAMPLE_SIZE]) < MIN_CORRELATION:
            return
    warn(
        f"X was read as sequences with {n_features} features of {steps:g} steps: time is "
        "axis 1 and features are axis 2. If X has channels first, as in aeon and sktime, "
        "use X.transpose(0, 2, 1), or [x.T for x in X] for a list.",
        ChannelsFirstWarning,
    )


def _correlate_neighbors(sequences):
    """Return the correlation of neighboring features within steps; 0 if it is unknown.

    Features are standardized, and steps centered, so a common level and different units do
    not count.
    """
    values = sequences.compact().values.astype(np.float64)
    if len(values) < MIN_STEPS or not np.isfinite(values).all():
        return 0.0
    scale = values.std(axis=0)
    values = (values - values.mean(axis=0)) / np.where(scale > 0, scale, 1)
    values -= values.mean(axis=1, keepdims=True)
    total = (values**2).sum()
    return float((values[:, 1:] * values[:, :-1]).sum() / total) if total > 0 else 0.0
