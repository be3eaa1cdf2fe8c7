"""The bits of numbers."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.errors import TypeMismatch
from defn.numpy.composite import settled, strong
from defn.tensor import apply, asarray, astype
from defn.types import as_dtype


def bitcast(x, dtype):
    """The same bits, read as numbers of another dtype of the same width.

    >>> bitcast([1.0], "int64").tolist()
    [4607182418800017408]
    """
    x, dtype = strong(asarray(x)), as_dtype(dtype)
    if x.itemsize != dtype.itemsize or "c" in (x.dtype.kind, dtype.kind):
        raise TypeMismatch(
            f"bitcast goes between real dtypes of one width, not from {x.dtype} to {dtype}"
        )
    made = x if x.dtype == dtype else apply(ops.bitcast, x, dtype=dtype)
    return settled(made, dtype, (x,))


def demand_integers(x, name):
    """The value as an array of integers."""
    x = strong(asarray(x))
    if x.dtype.kind not in "iu":
        raise TypeMismatch(f"{name} counts the bits of integers, not of {x.type}")
    return x


def unsigned(x):
    """The same bits, as unsigned integers."""
    return astype(x, np.dtype(f"u{x.itemsize}"))


def population_count(x):
    """How many bits of each integer are 1, in the dtype of `x`.

    >>> population_count([7, -1]).tolist()
    [3, 64]
    """
    x = demand_integers(x, "population_count")
    return settled(apply(ops.bitwise_count, unsigned(x)), x.dtype)


def count_leading_zeros(x):
    """How many bits of each integer are 0 before the first that is 1.

    >>> count_leading_zeros([1, 0, -1]).tolist()
    [63, 64, 0]
    """
    x = demand_integers(x, "count_leading_zeros")
    bits, width = unsigned(x), 8 * x.itemsize
    # Every bit behind the first one becomes 1: the others are the leading zeros.
    for shift in (1, 2, 4, 8, 16, 32):
        if shift < width:
            bits = bits | bits >> shift
    return settled(apply(ops.bitwise_count, ~bits), x.dtype)
