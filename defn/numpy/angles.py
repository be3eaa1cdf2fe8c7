"""Angles and waves."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import filled, select, settled
from defn.numpy.cumulative import cumsum
from defn.numpy.parts import joined, part
from defn.tensor import apply, asarray, astype, kind_of
from defn.types import promote


@implements(np.angle)
def angle(z, deg=False):
    """The angle of complex numbers, in radians, or degrees.

    >>> angle([1j, -1.0], deg=True).tolist()
    [90.0, 180.0]
    """
    z = asarray(z)
    is_complex = z.dtype.kind == "c"
    imaginary = apply(ops.imag_part, z) if is_complex else 0
    radians = np.arctan2(imaginary, apply(ops.real_part, z) if is_complex else z)
    return radians * (180 / np.pi) if deg else radians


@implements(np.sinc)
def sinc(x):
    """`sin(pi x) / (pi x)`, one at zero.

    >>> sinc([0.0, 0.5]).tolist()
    [1.0, 0.6366197723675814]
    """
    x = asarray(x)
    scaled = np.pi * x
    tiny = np.finfo(scaled.dtype).eps if scaled.dtype.kind == "f" else 1e-20
    divisor = select(scaled == 0, filled(scaled, tiny), scaled)
    return settled(np.sin(divisor) / divisor, scaled.dtype)


@implements(np.unwrap)
def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    """The phases along an axis without jumps of more than half a period.

    >>> unwrap([0.0, 3.0, 6.0, 9.0 - 2 * np.pi]).round(6).tolist()
    [0.0, 3.0, 6.0, 9.0]
    """
    p = asarray(p)
    axis = normalized_axis(axis, p.ndim)
    size = p.shape[axis]
    first, later = part(p, axis, 0, min(size, 1)), part(p, axis, min(size, 1), max(size - 1, 0))
    # Truth values differ or not: NumPy has no subtraction of them.
    difference = np.not_equal if p.dtype.kind == "b" else np.subtract
    steps = difference(later, part(p, axis, 0, max(size - 1, 0)))
    dtype = promote(kind_of(steps), kind_of(period) if type(period) is not int else int)
    corrected = later + cumsum(correction(steps, dtype, period, discont), axis)
    return joined((astype(first, dtype), astype(corrected, dtype)), axis)


def correction(steps, dtype, period, discont):
    """What each step has to change by to stay within half a period."""
    if dtype.kind in "iu":
        high, odd = divmod(period, 2)
    else:
        high, odd = period / 2, 0
    low = -high
    within = np.mod(steps - low, period) + low
    if not odd:
        within = np.where((within == low) & (steps > 0), high, within)
    limit = period / 2 if discont is None else discont
    return np.where(abs(steps) < limit, 0, within - steps)
