"""Elements of arrays, and loops over them: in what factorisations are written out."""

from __future__ import annotations

from math import prod

from defn import ops
from defn.control import fori_loop
from defn.tensor import apply, asarray
from defn.transforms.shapes import full, reshape
from defn.types import INT64, Type, real_of

ALL = None  # every place along an axis


def index(k):
    """A place, known or not, as an index."""
    return asarray(k, INT64)


def _where(a, at):
    at = (*at, *(ALL,) * (a.ndim - len(at)))
    starts = [index(0 if k is ALL else k) for k in at]
    sizes = tuple(n if k is ALL else None for n, k in zip(a.shape, at))
    return starts, {"sizes": sizes, "steps": (1,) * a.ndim}


def read(a, *at):
    """The elements at a place; `ALL` along an axis, and along those left out."""
    starts, settings = _where(a, at)
    return apply(ops.get, a, *starts, **settings)


def write(a, value, *at):
    """The array with other elements at a place."""
    starts, settings = _where(a, at)
    return apply(ops.put, a, value, *starts, **settings)


def loop(low, high, step, *states):
    """The states after `states = step(k, *states)` for k from low up to high."""
    return fori_loop(index(low), index(high), lambda k, now: step(k, *now), states)


def downwards(n, k):
    """The k-th place from the end."""
    return n - 1 - k


def zeros(like, *shape, dtype=None):
    """New zeros, of the dtype of another array."""
    return full(Type(dtype or like.dtype, shape), 0)


def each(x):
    """The matrices one after the other: one axis for all leading ones."""
    return reshape(x, (prod(x.shape[:-2]), *x.shape[-2:]))


def scalar(x, value):
    """A number of the dtype of another value."""
    return asarray(value, x.dtype)


def choose(p, x, y):
    """`x` where p holds, else `y`."""
    return apply(ops.select, p, x, y)


def real(x):
    """The real part; of a real number, itself."""
    return apply(ops.real_part, x) if x.dtype.kind == "c" else x


def conjugate(x):
    """The complex conjugate; of a real number, itself."""
    return apply(ops.conjugate, x) if x.dtype.kind == "c" else x


def size(x):
    """What pivots are compared by, as LAPACK does: |re| + |im|."""
    if x.dtype.kind != "c":
        return apply(ops.absolute, x)
    parts = apply(ops.real_part, x), apply(ops.imag_part, x)
    return apply(ops.absolute, parts[0]) + apply(ops.absolute, parts[1])


def modulus(x):
    """The absolute value."""
    return apply(ops.absolute, x)


def as_dtype_of(x, like):
    """A real number in the dtype of another, perhaps complex value."""
    return x if x.dtype == like.dtype else apply(ops.cast, x, dtype=like.dtype)


def squared(x):
    """The square of the absolute value, real."""
    return real(x * conjugate(x))


def real_dtype(x):
    """The dtype of the parts."""
    return real_of(x.dtype)
