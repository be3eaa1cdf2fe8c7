"""The real and imaginary parts of an array: views."""

from __future__ import annotations

import numpy as np

from defn import views
from defn.dispatch import METHODS, implements
from defn.numpy.layout import seen
from defn.tensor import asarray
from defn.types import Type

# Real and imaginary parts.


@implements(np.real)
def real(val):
    """The real part: a view of it, where the values are complex."""
    val = asarray(val)
    if val.dtype.kind != "c":
        return val if val.scalar else seen(val, (), val.type)
    return _part_of(val, views.RealPart())


@implements(np.imag)
def imag(val):
    """The imaginary part: a view of it, where the values are complex; else zeros."""
    val = asarray(val)
    if val.dtype.kind != "c":
        zeros = np.zeros_like(val)
        zeros.scalar, zeros.weak = val.scalar, val.weak
        return zeros
    return _part_of(val, views.ImaginaryPart())


def _part_of(value, lens):
    half = np.dtype(f"f{value.dtype.itemsize // 2}")
    shown = seen(value, (lens,), Type(half, value.shape))
    shown.scalar, shown.weak = value.scalar, float if value.weak else None
    return shown


METHODS["real"], METHODS["imag"] = property(real), property(imag)
