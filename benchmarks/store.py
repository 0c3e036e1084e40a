"""Results on disk: every single score, and where and with what it was measured."""

import datetime
import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from pathlib import Path

import skseq

PACKAGES = (
    "skseq",
    "torch",
    "scikit-learn",
    "skorch",
    "numpy",
    "pandas",
    "aeon",
    "statsforecast",
    "neuralforecast",
    "darts",
    "keras",
    "tensorflow-cpu",
)


class Store:
    """The records of a run, written to a JSON file after every fit.

    Parameters
    ----------
    path : Path
        The file.
    sources : iterable of str
        Files of this folder that scores depend on, beside the package.
    resume : bool
        Whether to keep what the file holds, if it was measured with the code as it is
        now and the same `max_epochs`.
    max_epochs : int or None
        Epochs of all fits, if not the default.
    """

    def __init__(self, path, sources, *, resume, max_epochs):
        self.path = path
        self.header = {
            "max_epochs": max_epochs,
            "fingerprint": fingerprint_code(sources),
            **describe_machine(),
        }
        self.records = []
        self.n_dropped = 0
        self.seconds_before = 0.0
        if resume and path.exists():
            self._take_up(json.loads(path.read_text()))

    def _take_up(self, old):
        """Keep what was measured in the same way."""
        if any(old[k] != self.header[k] for k in ("max_epochs", "fingerprint")):
            self.n_dropped = len(old["records"])
            return
        # What failed is tried again.
        self.records = [r for r in old["records"] if "error" not in r]
        self.seconds_before = old["wall_seconds"]

    def find(self, row, model, seed):
        """Return the record of a fit, or None."""
        for record in self.records:
            if (record["row"], record["model"], record["seed"]) == (row, model, seed):
                return record
        return None

    def has(self, row, model, seed):
        """Return whether a fit was measured already."""
        return self.find(row, model, seed) is not None

    def add(self, record, seconds):
        """Keep a record, and write all of them."""
        self.records.append(record)
        self.write(seconds)

    def write(self, seconds):
        """Write the file in one step, so that an interruption leaves it whole."""
        content = {
            **self.header,
            "date": read_date(),
            "wall_seconds": self.seconds_before + seconds,
            "records": self.records,
        }
        write_json(self.path, content)
        return content


def write_json(path, content):
    """Write a file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(content, indent=1) + "\n")
    os.replace(draft, path)


def fingerprint_code(sources):
    """Return a short hash of all code that scores depend on."""
    package = Path(skseq.__file__).parent
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in [*sorted(package.rglob("*.py")), *(here / name for name in sources)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def describe_machine():
    """Return date, versions and hardware."""
    return {
        "date": read_date(),
        "commit": _commit(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "system": platform.platform(terse=True),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
    }


def read_date():
    """Return the present time."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _version(package):
    if package == "skseq":
        return skseq.__version__
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit():
    command = ["git", "describe", "--always", "--dirty"]
    try:
        answer = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def _processor():
    """Return the name of the processor; Linux tells it in /proc alone."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
