"""Forked workers finish, although the threads of OpenMP do not survive a fork."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("forking_script.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.parametrize("way", ["executor", "pool", "joblib"])
def test_forked_workers_fit_and_predict(way):
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), way],
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the workers as well
        pytest.fail(f"the workers of {way} do not finish")
    assert process.returncode == 0, errors
    assert output.split() == ["done", way]
