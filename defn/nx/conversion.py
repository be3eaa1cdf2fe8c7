"""Arrays from numbers, numbers from arrays, and dtypes."""

from __future__ import annotations

import numpy as np

from defn.errors import ShapeError
from defn.numpy.composite import settled, strong
from defn.numpy.transfer import tensor as made_of
from defn.nx.spelling import spelled
from defn.tensor import asarray, astype, concrete
from defn.types import as_dtype, is_float


@spelled
def tensor(data, dtype=None):
    """An array of numbers or lists.

    >>> tensor([1, 2], type="float32").tolist()
    [1.0, 2.0]
    """
    return made_of(data, dtype)


def to_tensor(data):
    """The array, or the array of a number.

    >>> to_tensor(1).ndim
    0
    """
    return strong(asarray(data))


def as_type(x, dtype):
    """The numbers in another dtype, fractions cut off; infinities are the limits of integers, nan is
    0.

    >>> as_type([1.7, -1.7, np.inf, np.nan], "int8").tolist()
    [1, -1, 127, 0]
    """
    x, dtype = strong(asarray(x)), as_dtype(dtype)
    if dtype.kind in "iu" and is_float(x.dtype):
        return settled(whole(x, dtype), dtype)
    return settled(x, dtype)


def whole(x, dtype):
    """Floating-point numbers as integers."""
    limits = np.iinfo(dtype)
    found = astype(np.where(np.isfinite(x), x, 0), dtype)
    found = np.where(x == np.inf, asarray(limits.max, dtype), found)
    return np.where(x == -np.inf, asarray(limits.min, dtype), found)


def _of(dtype):
    """A function that makes arrays of one dtype."""

    def made(data):
        return as_type(data, dtype)

    made.__doc__ = f"An array of {dtype}."
    return made


DTYPES = {
    "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64", "s8": "int8",
    "s16": "int16", "s32": "int32", "s64": "int64", "f16": "float16", "bf16": "bfloat16",
    "f32": "float32", "f64": "float64", "c64": "complex64", "c128": "complex128",
}  # fmt: skip
globals().update({name: _of(dtype) for name, dtype in DTYPES.items()})


def to_list(x):
    """The numbers in lists, one for each axis.

    >>> to_list([[1, 2]])
    [[1, 2]]
    """
    return concrete(asarray(x), "to_list()").tolist()


def to_flat_list(x, *, limit=None):
    """The numbers in one list; the first so many with a limit.

    >>> to_flat_list([[1, 2], [3, 4]], limit=3)
    [1, 2, 3]
    """
    return concrete(asarray(x), "to_flat_list()").reshape(-1)[:limit].tolist()


def to_number(x):
    """The number of an array without axes.

    >>> to_number(tensor(2.5))
    2.5
    """
    x = asarray(x)
    if x.ndim:
        raise ShapeError(f"to_number takes an array without axes, not {x.type}: use to_flat_list")
    return concrete(x, "to_number()").item()


__all__ = [*DTYPES, "as_type", "tensor", "to_flat_list", "to_list", "to_number", "to_tensor"]
