"""Decide whether the outcome of a call with odd input is right.

An outcome is right if it is a clear error, or a finite result of the right shape. An error
is clear if its class is documented and a `raise` statement of skseq or scikit-learn made
it: errors of numpy, torch, pandas or Python describe an operation, not the user's input.
"""

import linecache
from pathlib import Path

import numpy as np
import sklearn

import skseq
from skseq.exceptions import DivergenceError

CLEAR = (ValueError, TypeError, DivergenceError)
LIBRARIES = {Path(module.__file__).parent for module in (skseq, sklearn)}


def judge_error(error, allowed=()):
    """Return what is wrong with an error, or None.

    Errors of the `allowed` classes may come from anywhere, such as an OSError of a path.
    """
    if isinstance(error, allowed):
        return None
    shown = f"{type(error).__name__}: {str(error)[:200]}"
    if not isinstance(error, CLEAR):
        return f"raises {shown}"
    if not str(error).strip():
        return f"raises {type(error).__name__} without a message"
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    path = traceback.tb_frame.f_code.co_filename
    line = linecache.getline(path, traceback.tb_lineno).strip()
    if line.startswith("raise") and LIBRARIES & set(Path(path).parents):
        return None
    return f"raises {shown} [{Path(path).name}:{traceback.tb_lineno}: {line}]"


def judge_rows(result, n_rows):
    """Return what is wrong with a result that has one row for each sequence, or None."""
    if len(result) != n_rows:
        return f"returns {len(result)} rows for {n_rows}"
    return judge_numbers(result)


def judge_numbers(result):
    """Return what is wrong with numbers or labels, or None."""
    values = np.asarray(result)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return f"returns {values[~np.isfinite(values)][0]}"
    return None
