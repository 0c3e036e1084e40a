"""Measurements that need a process of their own: memory, growth and start-up.

    python benchmarks/speed_processes.py memory 100000 100 8

prints a line of JSON. `measure(...)` runs it and returns what it printed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
MEGABYTE = 2**20
TIMED_IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def measure(*arguments):
    """Run this file in a new process with the same interpreter; return its answer."""
    command = [sys.executable, str(HERE / "speed_processes.py"), *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{answer.stderr}")
    return json.loads(answer.stdout.splitlines()[-1])


def time_import(modules, repeats):
    """Return the median seconds in which a new interpreter imports modules, in turn.

    Without its start and its end: to take down what torch has built takes .7 s more.
    All find their bytecode, as after an installation by pip, whatever the environment says.

    Parameters
    ----------
    modules : list of str
        What follows `import`, one or several names with commas.
    repeats : int
        How often each is measured.
    """
    seconds = {name: [] for name in modules}
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for turn in range(repeats + 1):
        for name in modules:
            command = [sys.executable, "-c", TIMED_IMPORT.format(name)]
            answer = subprocess.run(
                command, check=True, env=environment, capture_output=True, text=True
            )
            if turn:  # the first one writes and reads what later ones find
                seconds[name].append(float(answer.stdout))
    return {name: statistics.median(values) for name, values in seconds.items()}


class PeakMemory:
    """Watches the memory of this process that no file stands behind, in bytes."""

    def __enter__(self):
        self.before = self.peak = read_memory()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()

    def _watch(self):
        while not self._stop.wait(0.005):
            self.peak = max(self.peak, read_memory())

    @property
    def above(self):
        """How much was added at the peak."""
        return self.peak - self.before


def read_memory():
    """Return the anonymous memory of this process (Linux only)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return 1024 * int(line.split()[1])
    raise RuntimeError("this system does not tell the memory of a process")


def fit_in_memory(n_sequences, n_steps, n_features):
    """Return the memory that a fit adds to data in memory."""
    import numpy as np

    random = np.random.default_rng(0)
    X = random.normal(size=(n_sequences, n_steps, n_features)).astype(np.float32)
    y = random.integers(3, size=n_sequences)
    _make_small().fit(X[:512], y[:512])  # what libraries allocate once
    with PeakMemory() as memory:
        start = time.perf_counter()
        _make_small().fit(X, y)
        seconds = time.perf_counter() - start
    return {"data": X.nbytes, "above": memory.above, "seconds": seconds}


def fit_on_disk(n_sequences, n_steps, n_features):
    """Return the memory that a fit and a prediction take whose data lie in a file."""
    import numpy as np

    from skseq import Sequences

    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.npy"
        shape = n_sequences * n_steps, n_features
        values = np.lib.format.open_memmap(path, "w+", np.float32, shape)
        for first in range(0, len(values), 10**6):
            part = values[first : first + 10**6]
            part[:] = random.normal(size=part.shape)
        values.flush()
        del values, part
        values = np.load(path, mmap_mode="r")
        lengths = np.full(n_sequences, n_steps)
        X = Sequences(values, lengths)
        y = random.integers(3, size=n_sequences)
        _make_small().fit(X[:512], y[:512])
        with PeakMemory() as fitting:
            start = time.perf_counter()
            model = _make_small().fit(X, y)
            seconds = time.perf_counter() - start
        with PeakMemory() as predicting:
            model.predict(X)
        return {
            "data": os.path.getsize(path),
            "above": fitting.above,
            "seconds": seconds,
            "predict_above": predicting.above,
        }


def _make_small():
    from skseq import GRUClassifier

    return GRUClassifier(
        hidden_size=16, max_epochs=1, batch_size=512, early_stopping=False, random_state=0
    )


TASKS = {"memory": fit_in_memory, "disk": fit_on_disk}

if __name__ == "__main__":
    name, *numbers = sys.argv[1:]
    print(json.dumps(TASKS[name](*map(int, numbers))))
