"""Functions in pieces, ends that are zero, bits in bytes."""

from __future__ import annotations

import functools

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError, TypeMismatch, Unsupported
from defn.numpy.axes import integer, normalized_axis
from defn.numpy.composite import demand, fresh, settled, strong
from defn.numpy.creation import creates, zeros_like
from defn.numpy.parts import flat, moved, part, reshaped
from defn.tensor import apply, asarray, astype
from defn.types import BOOL

BYTE = np.dtype("uint8")


@implements(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    """For each element what the function, or the number, of the last condition that holds gives.

    One function more than conditions is for the other elements.

    >>> piecewise(asarray([-1.0, 2.0]), [asarray([True, False])], [0.0, lambda v: v * v]).tolist()
    [0.0, 4.0]
    """
    x = strong(asarray(x))
    if not isinstance(condlist, (list, tuple)) or asarray(condlist[0]).ndim == 0 and x.ndim:
        condlist = [condlist]
    conditions = [asarray(c, BOOL) for c in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~functools.reduce(np.logical_or, conditions))
    if len(funclist) != len(conditions):
        count = len(conditions)
        raise ArgumentError(
            f"with {count} condition(s), either {count} or {count + 1} functions are expected"
        )
    found = zeros_like(x)
    for condition, function in zip(conditions, funclist):
        found = filled_piece(x, condition, function, args, kw, found)
    return found


def filled_piece(x, condition, function, args, settings, found):
    """`found`, with what the function gives for the chosen elements in their places."""
    if not callable(function):
        return np.where(condition, asarray(function, x.dtype), found)
    if not x.ndim:
        value = reshaped(strong(asarray(function(reshaped(x, (1,)), *args, **settings))), ())
        return np.where(condition, astype(value, x.dtype), found)
    found[condition] = function(x[condition], *args, **settings)
    return found


@implements(np.trim_zeros)
def trim_zeros(filt, trim="fb", axis=None):
    """The array without the zeros at its front and its back.

    >>> trim_zeros(asarray([0, 1, 0, 2, 0])).tolist()
    [1, 0, 2]
    """
    x, trim = strong(asarray(filt)), trim.lower()
    if trim not in ("fb", "bf", "f", "b"):
        raise ArgumentError(f"trim has 'f' for the front, 'b' for the back, or both, not {trim!r}")
    if x.ndim != 1:
        raise Unsupported(f"np.trim_zeros of the shape {x.shape}: trim one axis at a time")
    some, size = x != 0, x.shape[0]
    front = np.where(np.any(some), np.argmax(some), size) if "f" in trim else 0
    back = np.where(np.any(some), size - np.argmax(some[::-1]), 0) if "b" in trim else size
    return x[front:back]


@implements(np.real_if_close)
def real_if_close(a, tol=100):
    """The array, which is real; whether a complex one is close to real, only its values tell.

    >>> real_if_close(asarray([1.0])).tolist()
    [1.0]
    """
    a = asarray(a)
    if a.dtype.kind == "c":
        raise Unsupported(
            "np.real_if_close of complex numbers: the dtype depends on the values; take .real"
        )
    return a


@creates(np.asarray_chkfinite)
def asarray_chkfinite(a, dtype=None, order=None):
    """The array; refused if an element is infinite or no number."""
    found = asarray(a, dtype)
    if found.dtype.kind in "fc":
        demand(np.isfinite(found), "array must not contain infs or NaNs")
    return found


# Bits.


def shifts(bitorder):
    """How far each of the eight bits of a byte lies to the left."""
    if bitorder not in ("big", "little"):
        raise ArgumentError(f"bitorder is 'big' or 'little', not {bitorder!r}")
    places = np.arange(8, dtype=BYTE)
    return asarray(places[::-1].copy() if bitorder == "big" else places)


@implements(np.packbits)
def packbits(a, /, axis=None, bitorder="big"):
    """Eight truth values in each byte; the last one is filled up with zeros.

    >>> packbits(asarray([1, 0, 1])).tolist()
    [160]
    """
    x = strong(asarray(a))
    if x.dtype.kind not in "biu":
        raise TypeMismatch(f"Expected an input array of integer or boolean data type, not {x.type}")
    x, axis = (flat(x), 0) if axis is None else (x, normalized_axis(axis, x.ndim))
    bits = moved(astype(x != 0, BYTE), axis, -1)
    *rest, size = bits.shape
    low, high = (0,) * bits.ndim, (0,) * len(rest) + (-size % 8,)
    padded = apply(ops.pad, bits, asarray(0, BYTE), low=low, high=high, interior=low)
    bytes_of = reshaped(padded, (*rest, -(-size // 8), 8)) << shifts(bitorder)
    return settled(moved(np.sum(bytes_of, axis=-1, dtype=BYTE), -1, axis), BYTE)


@implements(np.unpackbits)
def unpackbits(a, /, axis=None, count=None, bitorder="big"):
    """The eight bits of each byte; of the first `count` of them.

    >>> unpackbits(asarray(np.array([160], np.uint8)), count=3).tolist()
    [1, 0, 1]
    """
    x = strong(asarray(a))
    if x.dtype != BYTE:
        raise TypeMismatch(f"Expected an input array of unsigned byte data type, not {x.type}")
    x, axis = (flat(x), 0) if axis is None else (x, normalized_axis(axis, x.ndim))
    if not x.ndim:
        raise ShapeError("unpackbits along an axis needs an array with axes")
    bits = (moved(x, axis, -1)[..., None] >> shifts(bitorder)) & 1
    *rest, size, _ = bits.shape
    found = cut(reshaped(bits, (*rest, size * 8)), count)
    return settled(fresh(moved(found, -1, axis)), BYTE)


def cut(bits, count):
    """The first so many bits, or all but so many; zeros where there are none."""
    if count is None:
        return bits
    last, size = bits.ndim - 1, bits.shape[-1]
    count = integer(count, "count")
    count = count if count >= 0 else size + count
    if count <= size:
        return part(bits, last, 0, count)
    high = (0,) * last + (count - size,)
    low = (0,) * bits.ndim
    return apply(ops.pad, bits, asarray(0, bits.dtype), low=low, high=high, interior=low)
