"""Data files that are too large for the package, and result files."""

import contextlib
import datetime
import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import skseq

BENCHMARKS = Path(__file__).resolve().parents[1]
RESULTS = BENCHMARKS / "results"
DATA_VARIABLE = "SKSEQ_BENCH_DATA"
DATA = Path(os.environ.get(DATA_VARIABLE, BENCHMARKS.parents[1] / "shared" / "data"))
PACKAGES = (
    *("skseq", "torch", "scikit-learn", "skorch", "numpy", "pandas", "aeon", "pyts"),
    *("statsforecast", "neuralforecast", "darts", "keras", "tensorflow-cpu"),
    *("sklearn-crfsuite", "seglearn"),
)


def find_file(folder, name):
    """Return the path of a data file, or raise FileNotFoundError."""
    path = Path(folder) / name
    if not path.exists():
        raise FileNotFoundError(
            f"{name} is not in the data folder: set it with --data FOLDER or the "
            f"environment variable {DATA_VARIABLE}."
        )
    return path


class Store:
    """The records of a run of benchmark `name`, written to a JSON file after each fit.

    With `resume`, scores in the file are kept if they were measured with the same code (of
    the benchmark, the engine and the package) and the same `max_epochs`.
    """

    def __init__(self, path, name, resume=False, max_epochs=None):
        self.path, self.records, self.seconds_before = path, [], 0.0
        self.header = {"max_epochs": max_epochs, "fingerprint": hash_code(name)}
        if resume and path.exists():
            old = json.loads(path.read_text())
            if all(old[key] == value for key, value in self.header.items()):
                self.records = [r for r in old["records"] if "score" in r]
                self.seconds_before = old["wall_seconds"]
            else:
                say(f"{path.name} was measured with other code or another --max-epochs: "
                    "everything is measured again.")  # fmt: skip
        self.header |= describe_machine()

    def find(self, row, model, seed):
        """Return the record of a fit, or None."""
        for record in self.records:
            if (record["row"], record["model"], record["seed"]) == (row, model, seed):
                return record
        return None

    def write(self, seconds, *records, **more):
        """Add records, and more about the run; write the file; return its content."""
        self.records += records
        self.header |= more
        date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        times = {"date": date, "wall_seconds": seconds + self.seconds_before}
        content = {**self.header, **times, "records": self.records}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # In one step, so that an interruption leaves the file whole.
        draft = self.path.with_suffix(".tmp")
        draft.write_text(json.dumps(content, indent=1) + "\n")
        os.replace(draft, self.path)
        return content


def write_report(path, report):
    """Write a report beside its result file, and print it."""
    path.with_suffix(".md").write_text(report)
    print(report)
    say(f"Results are in {path} and {path.with_suffix('.md')}.")


def say(text):
    """Report progress on standard error; results go to standard output."""
    print(text, file=sys.stderr, flush=True)


def read_memory(field, process="self"):
    """Return bytes from the status of a process: "VmRSS" or "RssAnon" (Linux only)."""
    status = Path(f"/proc/{process}/status").read_text()
    return 1024 * int(status.partition(f"{field}:")[2].split()[0])


def hash_code(name):
    """Return a short hash of the code that the scores of a benchmark depend on."""
    folders = Path(skseq.__file__).parent, BENCHMARKS / "engine", BENCHMARKS / name
    digest = hashlib.sha256()
    for path in (path for folder in folders for path in sorted(folder.rglob("*.*"))):
        if path.suffix in (".py", ".toml") and path.name not in ("report.py", "tables.py"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def describe_machine():
    """Return versions and hardware."""
    versions = dict.fromkeys(PACKAGES)
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    command = ["git", "-C", str(BENCHMARKS), "describe", "--always", "--dirty"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")  # the only place where Linux gives the name
    for line in cpuinfo.read_text().splitlines() if cpuinfo.exists() else ():
        if line.startswith("model name"):
            processor = line.split(":", 1)[1].strip()
    has_affinity = hasattr(os, "sched_getaffinity")
    return {
        "commit": commit.strip() or None,
        "python": platform.python_version(),
        "versions": versions | {"skseq": skseq.__version__},
        "system": platform.platform(terse=True),
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count(),
    }
