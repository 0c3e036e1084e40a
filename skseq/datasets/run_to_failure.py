"""Generator of engines that run to failure, for the prediction of remaining useful life."""

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import validate_params

from skseq.datasets.generation import at_least, make_generator

# For each sensor: its value without load, its change by full load without wear, its additional
# change by full load with full wear, and the standard deviations of the offset of an engine
# and of the noise.
SENSORS = {
    "temperature": (640.0, 30.0, 60.0, 3.0, 3.0),
    "pressure": (550.0, -60.0, -40.0, 3.0, 3.0),
    "speed": (2390.0, 80.0, 20.0, 2.0, 3.0),
    "vibration": (1.0, 0.3, 2.0, 0.1, 0.2),
}


@validate_params(
    {"n_engines": at_least(1), "random_state": ["random_state"]},
    prefer_skip_nested_validation=True,
)
def make_run_to_failure(n_engines=50, *, random_state=None):
    """Generate a table of engines that run to failure (regression).

    Each row is a cycle (a flight) of an engine. The target is the remaining useful life, the
    number of cycles until the failure. Tables of this kind are known from the turbofan engines
    of C-MAPSS [1]_; these are simulated by a much simpler model (see Notes).

    Parameters
    ----------
    n_engines : int, default=50
        Number of engines.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same table in each call. None draws a new seed.

    Returns
    -------
    frame : DataFrame of shape (n_cycles, 8)
        A row for each cycle, in the order of engines and cycles, with the columns

        - "engine": number of the engine, from 1 on;
        - "cycle": number of the cycle, from 1 on;
        - "load": load of the engine during this cycle, 0 to 1;
        - "temperature", "pressure", "speed", "vibration": sensors;
        - "rul": number of cycles until the failure, 0 in the last row of each engine.

        Most engines have 90 to 300 cycles.

    See Also
    --------
    load_seattle_weather : Real data for regression.
    skseq.Sequences.from_frame : Read a long table.

    Notes
    -----
    The initial wear of an engine is drawn log-uniformly from 0.002 to 0.02. In each cycle,
    wear is multiplied by the exponential of an exponentially distributed number; the mean
    of these numbers is drawn for each engine, uniformly from 0.02 to 0.045. An engine fails
    when its wear reaches 1.

    A sensor is `level + (by_load + by_wear * wear) * load`, plus a normally distributed
    offset of the engine and white noise. So wear shows under load only, changes of load from
    cycle to cycle hide it, and offsets hide small wear from models that see a single cycle.

    References
    ----------
    .. [1] A. Saxena, K. Goebel, D. Simon and N. Eklund, "Damage propagation modeling for
       aircraft engine run-to-failure simulation", International Conference on Prognostics
       and Health Management, 2008.

    Examples
    --------
    >>> from skseq import Sequences
    >>> from skseq.datasets import make_run_to_failure
    >>> frame = make_run_to_failure(n_engines=3, random_state=0)
    >>> frame.columns.tolist()[:4], frame["rul"].iloc[-1]
    (['engine', 'cycle', 'load', 'temperature'], np.int64(0))
    >>> X, y = Sequences.from_frame(frame, sequence="engine", time="cycle", target="rul")
    >>> len(X), X.n_features, len(y[0]) == X.lengths[0]
    (3, 5, np.True_)
    """
    generator = make_generator(random_state)
    engines = [_run(generator).assign(engine=k) for k in range(1, n_engines + 1)]
    frame = pd.concat(engines, ignore_index=True)
    return frame[["engine", "cycle", "load", *SENSORS, "rul"]]


def _run(generator):
    """Return the cycles of one engine."""
    wear = _wear_out(generator)
    n_cycles = len(wear)
    load = generator.uniform(size=n_cycles)
    columns = {"cycle": np.arange(1, n_cycles + 1), "load": load}
    for name, (level, by_load, by_wear, offset_scale, noise_scale) in SENSORS.items():
        offset = generator.normal(scale=offset_scale)
        noise = generator.normal(scale=noise_scale, size=n_cycles)
        columns[name] = level + (by_load + by_wear * wear) * load + offset + noise
    columns["rul"] = np.arange(n_cycles)[::-1]
    return pd.DataFrame(columns)


def _wear_out(generator):
    """Return the wear of an engine in each cycle before it reaches 1."""
    wear = [np.exp(generator.uniform(np.log(0.002), np.log(0.02)))]
    rate = generator.uniform(0.02, 0.045)
    while wear[-1] < 1:
        wear.append(wear[-1] * np.exp(generator.exponential(rate)))
    return np.array(wear[:-1])
