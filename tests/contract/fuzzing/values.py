"""Odd values: sequences, targets, weights and parameters that users may pass."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import torch
from scipy import sparse

from skseq import Sequences

from ..cases import as_cells

N_SEQUENCES, N_FEATURES = 6, 2
HUGE = 10**400  # beyond the range of float
SELF = [[1.0]]
SELF.append(SELF)


class Broken:
    """An object whose methods raise."""

    def __len__(self):
        raise RuntimeError("no length")

    def __getitem__(self, i):
        raise RuntimeError("no items")

    def __iter__(self):
        raise RuntimeError("no iterator")

    def __repr__(self):
        raise RuntimeError("no repr")

    def __float__(self):
        raise RuntimeError("no number")


class NoArray:
    """An array of another library that cannot be converted."""

    shape, dtype, ndim = (6, 5), np.dtype(float), 2

    def __len__(self):
        return 6

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("the device is gone")


NUMBERS = (
    *(0, -1, 1, 2, 1.5, -0.0, 1e-320, 1e38, 3.5e38, 1e300, np.nan, np.inf, -np.inf),
    *(2**31, 2**63, 2**70, HUGE, -HUGE, True, np.float16(2), np.int8(-3), np.bool_(True)),
    *(Decimal("1.5"), Decimal("NaN"), Fraction(1, 3), 1j, np.complex64(1)),
)
OBJECTS = (
    *(None, pd.NA, pd.NaT, "a", "1.5", "", "nan", b"x", np.str_("a"), object(), Broken()),
    *([], (), {}, set(), {"a": 1}, {1}, [1.0], SELF, float, len, range(3), Ellipsis),
    *(np.datetime64("2020-01-01"), np.datetime64("NaT"), datetime.date(2020, 1, 1)),
    *(pd.Timestamp("2020-01-01"), pd.Timedelta(hours=1), pd.Period("2020-01")),
    *(np.array(1.0), np.array("a"), torch.tensor(1.0), NoArray(), slice(None)),
)


def draw(rng, items):
    """Return one of the items."""
    return items[rng.integers(len(items))]


def draw_odd(rng):
    """Return an odd number or object."""
    return draw(rng, NUMBERS if rng.random() < 0.5 else OBJECTS)


def replace_one(rng, array):
    """Return an object array with an odd value."""
    array = array.astype(object)
    if array.size:
        array.flat[rng.integers(array.size)] = draw_odd(rng)
    return array


def add_text(frame):
    """Return a DataFrame with a column of text."""
    return frame.assign(kind=["a", "b", "c", "d", "e"][: len(frame)])


# Functions of a generator and an array (n_timesteps, n_features).
SEQUENCE_FORMS = (
    lambda rng, a: a,
    lambda rng, a: a,
    lambda rng, a: a.tolist(),
    lambda rng, a: tuple(map(tuple, a)),
    lambda rng, a: a[:, 0],
    lambda rng, a: a[:, :0],
    lambda rng, a: a[:0],
    lambda rng, a: a[None],
    lambda rng, a: a[0, 0],
    lambda rng, a: replace_one(rng, a),
    lambda rng, a: replace_one(rng, a).tolist(),
    lambda rng, a: a.astype(np.float16),
    lambda rng, a: a.astype(np.int8),
    lambda rng, a: a.astype(np.longdouble),
    lambda rng, a: a > 0,
    lambda rng, a: a.astype(complex),
    lambda rng, a: a.astype(str),
    lambda rng, a: a.astype("S8"),
    lambda rng, a: a.astype("datetime64[s]"),
    lambda rng, a: np.zeros(len(a), dtype=[("a", float), ("b", float)]),
    lambda rng, a: np.ma.array(a, mask=a > 0),
    lambda rng, a: as_cells(list(a)),
    lambda rng, a: [*a.tolist(), [1.0]],
    lambda rng, a: pd.DataFrame(a, columns=["u", "v"]),
    lambda rng, a: pd.DataFrame(a, columns=["u", "u"]),
    lambda rng, a: add_text(pd.DataFrame(a, columns=["u", "v"])),
    lambda rng, a: pd.DataFrame({"u": pd.array(a[:, 0]), "v": pd.Categorical(a[:, 1])}),
    lambda rng, a: pl.DataFrame({"u": a[:, 0], "v": a[:, 1]}),
    lambda rng, a: pl.DataFrame({"u": a[:, 0], "v": a[:, 1].astype(str)}),
    lambda rng, a: pl.LazyFrame({"u": a[:, 0]}),
    lambda rng, a: pa.table({"u": a[:, 0], "v": a[:, 1]}),
    lambda rng, a: pa.array(a[:, 0]),
    lambda rng, a: torch.tensor(a),
    lambda rng, a: torch.tensor(a).bfloat16(),
    lambda rng, a: torch.tensor(a).to_sparse(),
    lambda rng, a: torch.tensor(a, device="meta"),
    lambda rng, a: torch.tensor(a, requires_grad=True),
    lambda rng, a: sparse.csr_matrix(a),
    lambda rng, a: Sequences.from_list([a]),
    lambda rng, a: memoryview(np.ascontiguousarray(a)),
    lambda rng, a: draw_odd(rng),
    lambda rng, a: draw_odd(rng),
)
# Functions of a generator and a list of such arrays.
FORMS = (
    lambda rng, arrays: [a[:5] for a in arrays],
    lambda rng, arrays: [a[: 1 + i] for i, a in enumerate(arrays)],
    lambda rng, arrays: [a[: 1 + i].T for i, a in enumerate(arrays)],
    lambda rng, arrays: np.stack(arrays),
    lambda rng, arrays: np.stack(arrays).astype(np.float32),
    lambda rng, arrays: np.stack(arrays)[:, :, 0],
    lambda rng, arrays: np.stack(arrays)[:, 0, 0],
    lambda rng, arrays: np.stack(arrays)[None],
    lambda rng, arrays: np.stack(arrays)[:0],
    lambda rng, arrays: np.stack(arrays)[:, :0],
    lambda rng, arrays: np.stack(arrays).tolist(),
    lambda rng, arrays: replace_one(rng, np.stack(arrays)),
    lambda rng, arrays: replace_one(rng, np.stack(arrays)).tolist(),
    lambda rng, arrays: replace_one(rng, np.stack(arrays)[:, :, 0]),
    lambda rng, arrays: np.ma.array(np.stack(arrays), mask=np.stack(arrays) > 1),
    lambda rng, arrays: np.asmatrix(arrays[0]),
    lambda rng, arrays: as_cells(arrays),
    lambda rng, arrays: as_cells(arrays)[:, None],
    lambda rng, arrays: as_cells(arrays).reshape(2, -1),
    lambda rng, arrays: pd.Series(arrays),
    lambda rng, arrays: pd.Series(np.stack(arrays)[:, 0, 0]),
    lambda rng, arrays: pd.DataFrame(np.stack(arrays)[:, :, 0]),
    lambda rng, arrays: pd.DataFrame(replace_one(rng, np.stack(arrays)[:, :, 0])),
    lambda rng, arrays: pd.DataFrame({"x": arrays, "y": arrays}),
    lambda rng, arrays: pd.DataFrame({"x": arrays, "y": range(len(arrays))}),
    lambda rng, arrays: pd.DataFrame(
        {"x": arrays}, index=pd.MultiIndex.from_product([[0], range(len(arrays))])
    ),
    lambda rng, arrays: pl.DataFrame({"x": [a.tolist() for a in arrays]}),
    lambda rng, arrays: pl.DataFrame(np.stack(arrays)[:, :, 0]),
    lambda rng, arrays: pl.Series([a.tolist() for a in arrays]),
    lambda rng, arrays: pl.LazyFrame({"x": [a.tolist() for a in arrays]}),
    lambda rng, arrays: pa.table({"x": [a.tolist() for a in arrays]}),
    lambda rng, arrays: pa.array([a.tolist() for a in arrays]),
    lambda rng, arrays: torch.tensor(np.stack(arrays)),
    lambda rng, arrays: torch.tensor(np.stack(arrays)).bfloat16(),
    lambda rng, arrays: torch.tensor(np.stack(arrays)).to_sparse(),
    lambda rng, arrays: torch.nested.nested_tensor(
        [torch.tensor(a) for a in arrays], layout=torch.jagged
    ),
    lambda rng, arrays: torch.quantize_per_tensor(
        torch.tensor(np.stack(arrays)).float(), 0.1, 0, torch.qint8
    ),
    lambda rng, arrays: sparse.csr_matrix(np.stack(arrays)[:, :, 0]),
    lambda rng, arrays: Sequences.from_list(arrays),
    lambda rng, arrays: Sequences.from_list(arrays)[[0, 0, *range(1, len(arrays) - 1)]],
    lambda rng, arrays: dict(enumerate(arrays)),
    lambda rng, arrays: iter(arrays),
    lambda rng, arrays: (a for a in arrays),
    lambda rng, arrays: NoArray(),
    lambda rng, arrays: draw_odd(rng),
    lambda rng, arrays: [draw_odd(rng)] * len(arrays),
)


def draw_arrays(rng, n=N_SEQUENCES):
    """Return ordinary arrays of 5 steps."""
    return [rng.normal(size=(5, N_FEATURES)) for _ in range(n)]


def draw_X(rng):
    """Return X: often a list in which some sequences are odd."""
    arrays = draw_arrays(rng)
    if rng.random() < 0.5:
        return draw(rng, FORMS)(rng, arrays)
    form = draw(rng, SEQUENCE_FORMS)
    if rng.random() < 0.4:  # all sequences alike
        return [form(rng, array) for array in arrays]
    i = rng.integers(len(arrays))
    return [*arrays[:i], form(rng, arrays[i]), *arrays[i + 1 :]]


def change_targets(rng, y):
    """Return targets, or rows of targets, in an odd form."""
    forms = (
        lambda: y.tolist(),
        lambda: y.astype(str),
        lambda: y.astype(object),
        lambda: y.astype(complex),
        lambda: y.astype("datetime64[D]"),
        lambda: y.astype(np.float16),
        lambda: replace_one(rng, y),
        lambda: replace_one(rng, y).tolist(),
        lambda: replace_one(rng, y).tolist(),
        lambda: pd.Series(replace_one(rng, y)),
        lambda: y[:-1],
        lambda: y[:0],
        lambda: y[:1],
        lambda: y[:, None],
        lambda: np.column_stack([y, y]),
        lambda: np.column_stack([y, y[::-1]]).tolist(),
        lambda: np.zeros((len(y), 0)),
        lambda: np.zeros((len(y), 2, 2)),
        lambda: y * np.nan,
        lambda: y * 0,
        lambda: y * 1e300,
        lambda: y + 0.5,
        lambda: [[value] * (1 + i % 2) for i, value in enumerate(y)],
        lambda: [{value} for value in y],
        lambda: [{"a": value} for value in y],
        lambda: as_cells([y[: i % 3] for i in range(len(y))]),
        lambda: np.ma.array(y, mask=y > 0),
        lambda: pd.Series(y, dtype="category"),
        lambda: pd.DataFrame({"a": y, "b": y}),
        lambda: pl.Series(y),
        lambda: pl.DataFrame({"a": y}),
        lambda: pl.LazyFrame({"a": y}),
        lambda: pa.array(y),
        lambda: pa.table({"a": y}),
        lambda: torch.tensor(y),
        lambda: torch.tensor(y).bfloat16(),
        lambda: torch.tensor(y).to_sparse(),
        lambda: torch.tensor(y, device="meta"),
        lambda: sparse.csr_matrix(y[None] * 1.0),
        lambda: np.zeros(len(y), dtype=[("a", float)]),
        lambda: dict(enumerate(y)),
        lambda: iter(y),
        lambda: set(y.tolist()),
        lambda: draw_odd(rng),
        lambda: [draw_odd(rng)] * len(y),
        lambda: [draw_odd(rng) for _ in y],
    )
    try:
        return draw(rng, forms)()
    except Exception:  # some forms need a single column
        return y


def draw_weights(rng, n=N_SEQUENCES):
    """Return sample weights."""
    if rng.random() < 0.5:
        return None
    return change_targets(rng, np.abs(rng.normal(size=n)))


def draw_parameter(rng):
    """Return a value of a parameter; no large integer, which would be valid and slow."""
    value = draw_odd(rng)
    is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return 3 if is_integer and value > 3 else value
