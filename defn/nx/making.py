"""New arrays, their types, and their bytes."""

from __future__ import annotations

import math

import numpy as np

from defn.errors import ArgumentError, ShapeError, TypeMismatch
from defn.numpy.axes import integer, normalized_axis
from defn.numpy.composite import settled
from defn.numpy.parts import reshaped
from defn.numpy.shapes import sizes_of
from defn.numpy.span import counting
from defn.nx.spelling import spelled
from defn.tensor import asarray, astype, broadcast_to, concrete
from defn.types import INT64, Type, as_dtype, supported


@spelled
def iota(shape, dtype=INT64, *, axis=None):
    """Numbers from 0 on: all elements in a row, or each place along one axis.

    >>> iota((2, 2)).tolist(), iota((2, 2), axis=1).tolist()
    ([[0, 1], [2, 3]], [[0, 1], [0, 1]])
    """
    shape = sizes_of(shape)
    if axis is None:
        made = reshaped(counting((math.prod(shape),), 0), shape)
    else:
        made = counting(shape, normalized_axis(axis, len(shape)))
    return settled(made, as_dtype(dtype))


@spelled
def eye(shape, dtype=INT64):
    """Ones on the diagonal of the last two axes, zeros elsewhere; of one size, a square.

    >>> eye(2).tolist()
    [[1, 0], [0, 1]]
    """
    shape = sizes_of(shape) * (2 if np.ndim(shape) == 0 else 1)
    if len(shape) < 2:
        raise ShapeError(f"eye takes a size, or a shape of two axes or more, not {shape}")
    rows, columns = (counting(shape[-2:], k) for k in (0, 1))
    return broadcast_to(astype(rows == columns, as_dtype(dtype)), shape)


def template(shape, dtype):
    """The type of an array without one: what `defn.compile` takes in the place of an argument.

    >>> template((2, 3), "float32").shape
    (2, 3)
    """
    return Type(as_dtype(dtype), sizes_of(shape))


def to_template(x):
    """The type of an array.

    >>> to_template([1.0, 2.0]).shape
    (2,)
    """
    return asarray(x).type


def from_binary(data, dtype):
    """The numbers whose bytes these are, in a row.

    >>> from_binary(bytes([1, 0, 2, 0]), "int16").tolist()
    [1, 2]
    """
    dtype = supported(as_dtype(dtype))
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeMismatch(f"from_binary takes bytes, not {type(data).__name__}")
    if not len(data) or len(data) % dtype.itemsize:
        raise ArgumentError(f"{len(data)} bytes are no whole number of {dtype}")
    return asarray(np.frombuffer(bytes(data), dtype).copy())


def to_binary(x, limit=None):
    """The bytes of the numbers, in C order; of the first so many with a limit.

    >>> to_binary(from_binary(bytes([1, 0, 2, 0]), "int16"))
    b'\\x01\\x00\\x02\\x00'
    """
    flat = np.ascontiguousarray(concrete(asarray(x), "to_binary()")).reshape(-1)
    return flat[: None if limit is None else integer(limit, "limit")].tobytes()
