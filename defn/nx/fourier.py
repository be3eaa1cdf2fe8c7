"""Fourier transforms, with Nx's settings: `length=`, which may be "power_of_two", and `lengths=`."""

from __future__ import annotations

from defn import numpy as functions
from defn.numpy.axes import normalized_axis
from defn.numpy.composite import strong
from defn.tensor import asarray

POWER_OF_TWO = "power_of_two"


def transform(name):
    """A transform of one axis, of a length that the axis is cut or filled with zeros to."""
    function = getattr(functions.fft, name)

    def transformed(x, *, length=None, axis=-1):
        x = strong(asarray(x))
        return function(x, size_of(length, x, axis), axis)

    transformed.__name__ = transformed.__qualname__ = name
    transformed.__doc__ = f"`numpy.fft.{name}` along an axis, of a length."
    return transformed


def transform_of_two(name):
    """A transform of two axes."""
    function = getattr(functions.fft, name)

    def transformed(x, *, lengths=None, axes=(-2, -1)):
        x, axes = strong(asarray(x)), tuple(axes)
        lengths = (None, None) if lengths is None else lengths
        return function(x, tuple(sized(n, x, axis) for n, axis in zip(lengths, axes)), axes)

    transformed.__name__ = transformed.__qualname__ = name
    transformed.__doc__ = f"`numpy.fft.{name}` along two axes, of two lengths."
    return transformed


def size_of(length, x, axis):
    """The length of a transform: of "power_of_two", the next one that there is.

    >>> size_of("power_of_two", asarray([1.0, 2.0, 3.0]), -1)
    4
    """
    if length != POWER_OF_TWO:
        return length
    size = x.shape[normalized_axis(axis, x.ndim)]
    return 1 << (size - 1).bit_length()


def sized(length, x, axis):
    """The length of a transform, that of the axis where none is named."""
    return x.shape[normalized_axis(axis, x.ndim)] if length is None else size_of(length, x, axis)


fft, ifft, rfft, irfft = map(transform, ("fft", "ifft", "rfft", "irfft"))
fft2, ifft2 = map(transform_of_two, ("fft2", "ifft2"))
