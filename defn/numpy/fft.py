"""Fourier transforms by NumPy's names: `defn.numpy.fft.rfft`, and `np.fft.rfft` of traced values.

Any length; results have NumPy's dtypes: single precision stays single.
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError
from defn.numpy.axes import integer, normalized_axis
from defn.numpy.composite import NARROW, into, strong, widened
from defn.numpy.creation import creates
from defn.numpy.parts import part
from defn.numpy.span import counting
from defn.ops.linalg import complex_of
from defn.tensor import apply, asarray, astype
from defn.types import FLOAT64, real_of

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift",
    "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

# By which power of the size a transform is divided.
FORWARD = {None: 0, "backward": 0, "ortho": 0.5, "forward": 1}
BACKWARD = {None: 1, "backward": 1, "ortho": 0.5, "forward": 0}


def power_of(norm, powers):
    """By which power of the size to divide."""
    if norm not in powers:
        raise ArgumentError(
            f'Invalid norm value {norm!r}; should be "backward", "ortho" or "forward".'
        )
    return powers[norm]


def floating(x):
    """The values as floating or complex numbers that can be transformed; half precision in single."""
    return strong(widened(x)) if x.dtype.kind in "fc" or x.dtype in NARROW else astype(x, FLOAT64)


def complexes(x):
    """The values as complex numbers."""
    x = floating(x)
    return astype(x, complex_of(x.dtype))


def sized(x, n, axis):
    """The array cut, or filled with zeros, to a size along an axis."""
    if n < 1:
        raise ArgumentError(f"Invalid number of FFT data points ({n}) specified.")
    size = x.shape[axis]
    if size >= n:
        return x if size == n else part(x, axis, 0, n)
    none = (0,) * x.ndim
    high = (*none[:axis], n - size, *none[axis + 1 :])
    return apply(ops.pad, x, asarray(0, x.dtype), low=none, high=high, interior=none)


def divided(x, n, power):
    """The transform divided by a power of the size, as NumPy rounds it: times the reciprocal."""
    if not power or n == 1:
        return x
    dtype = real_of(x.dtype).type
    return x * (1 / (dtype(n) if power == 1 else np.sqrt(dtype(n))))


def placed(a, n, axis, default=lambda size: size):
    """The array, the size and the axis of a transform."""
    x = asarray(a)
    axis = normalized_axis(axis, x.ndim)
    return x, default(x.shape[axis]) if n is None else integer(n, "n"), axis


def doubled(size):
    """How many real values as many frequencies stand for, if nothing else is said."""
    return 2 * (size - 1)


def transformed(a, n, axis, norm, out, inverse):
    """A transform along one axis."""
    x, n, axis = placed(a, n, axis)
    power = power_of(norm, BACKWARD if inverse else FORWARD)
    x = sized(complexes(x), n, axis)
    return into(out, divided(apply(ops.fft, x, axes=(axis,), inverse=inverse), n, power))


# Along one axis.


@implements(np.fft.fft)
def fft(a, n=None, axis=-1, norm=None, out=None):
    """The discrete Fourier transform along an axis, cut or filled with zeros to `n`.

    `norm` says which way the sum is divided by n: "backward" (there and not here), "forward", or
    "ortho" for the root of n both ways.

    >>> fft([1.0, 0.0, 0.0]).tolist()
    [(1+0j), (1+0j), (1+0j)]
    """
    return transformed(a, n, axis, norm, out, inverse=False)


@implements(np.fft.ifft)
def ifft(a, n=None, axis=-1, norm=None, out=None):
    """The inverse of `fft`.

    >>> ifft([4.0, 0.0]).tolist()
    [(2+0j), (2+0j)]
    """
    return transformed(a, n, axis, norm, out, inverse=True)


@implements(np.fft.rfft)
def rfft(a, n=None, axis=-1, norm=None, out=None):
    """The first half of the transform of real values: the other half holds the conjugates.

    >>> rfft([1.0, 2.0, 3.0]).shape
    (2,)
    """
    x, n, axis = placed(a, n, axis)
    if x.dtype.kind == "c":
        raise ArgumentError(
            f"rfft takes real values, not {x.dtype}: use fft, or take the real part"
        )
    power = power_of(norm, FORWARD)
    return into(out, divided(apply(ops.rfft, sized(floating(x), n, axis), axis=axis), n, power))


@implements(np.fft.irfft)
def irfft(a, n=None, axis=-1, norm=None, out=None):
    """The `n` real values of which the first half of the transform is given; n is even if it is not
    said.

    >>> irfft([6.0, 0.0]).tolist()
    [3.0, 3.0]
    """
    x, n, axis = placed(a, n, axis, doubled)
    power = power_of(norm, BACKWARD)
    if n < 1:
        raise ArgumentError(f"Invalid number of FFT data points ({n}) specified.")
    half = sized(complexes(x), n // 2 + 1, axis)
    result = divided(apply(ops.irfft, half, axis=axis, n=n), n, power)
    return into(out, astype(result, x.dtype if x.dtype in NARROW else result.dtype))


SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


@implements(np.fft.hfft)
def hfft(a, n=None, axis=-1, norm=None, out=None):
    """The transform, which is real, of a signal that is Hermitian, of which the first half is
    given.

    >>> hfft([1.0, 0.0]).tolist()
    [1.0, 1.0]
    """
    x, n, axis = placed(a, n, axis, doubled)
    return irfft(np.conjugate(x), n, axis, power_of(norm, SWAPPED), out)


@implements(np.fft.ihfft)
def ihfft(a, n=None, axis=-1, norm=None, out=None):
    """The inverse of `hfft`: the first half of a Hermitian signal.

    >>> ihfft([1.0, 1.0]).tolist()
    [(1-0j), -0j]
    """
    x, n, axis = placed(a, n, axis)
    return into(out, np.conjugate(rfft(x, n, axis, power_of(norm, SWAPPED))))


# Along several axes, one after the other; the half of the frequencies along the last.


def sizes_and_axes(x, s, axes, half=False):
    """The sizes and the axes of a transform, as NumPy understands what it is given."""
    if axes is None:
        axes = range(-len(s), 0) if s is not None else range(x.ndim)
    axes = [normalized_axis(axis, x.ndim) for axis in axes]
    sizes = [x.shape[axis] for axis in axes] if s is None else [integer(n, "s") for n in s]
    if len(sizes) != len(axes):
        raise ArgumentError(f"Shape and axes have different lengths: {len(sizes)} and {len(axes)}")
    if half and s is None:
        sizes[-1] = doubled(sizes[-1])
    return [x.shape[axis] if n == -1 else n for n, axis in zip(sizes, axes)], axes


def over_axes(a, s, axes, norm, out, inverse):
    """A transform along several axes: one operation, where no axis comes twice."""
    x = asarray(a)
    sizes, axes = sizes_and_axes(x, s, axes)
    power = power_of(norm, BACKWARD if inverse else FORWARD)
    if len({*axes}) < len(axes):
        for n, axis in zip(reversed(sizes), reversed(axes)):
            x = transformed(x, n, axis, norm, None, inverse)
        return into(out, x)
    x = complexes(x)
    for n, axis in zip(sizes, axes):
        x = sized(x, n, axis)
    result = apply(ops.fft, x, axes=tuple(axes), inverse=inverse) if axes else x
    return into(out, divided(result, math.prod(sizes), power))


@implements(np.fft.fftn)
def fftn(a, s=None, axes=None, norm=None, out=None):
    """The transform along several axes, all if none are named.

    >>> fftn([[1.0, 0.0], [0.0, 0.0]]).real.tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    return over_axes(a, s, axes, norm, out, inverse=False)


@implements(np.fft.ifftn)
def ifftn(a, s=None, axes=None, norm=None, out=None):
    """The inverse of `fftn`.

    >>> ifftn([[4.0, 0.0], [0.0, 0.0]]).real.tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    return over_axes(a, s, axes, norm, out, inverse=True)


@implements(np.fft.rfftn)
def rfftn(a, s=None, axes=None, norm=None, out=None):
    """The transform of real values along several axes: half of the frequencies along the last of
    them.

    >>> rfftn([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]).shape
    (2, 2)
    """
    x = asarray(a)
    sizes, axes = sizes_and_axes(x, s, axes)
    result = rfft(x, sizes[-1], axes[-1], norm)
    return into(out, over_axes(result, sizes[:-1], axes[:-1], norm, None, inverse=False))


@implements(np.fft.irfftn)
def irfftn(a, s=None, axes=None, norm=None, out=None):
    """The real values of which `rfftn` gave half of the frequencies.

    >>> irfftn([[4.0, 0.0], [0.0, 0.0]]).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    x = asarray(a)
    sizes, axes = sizes_and_axes(x, s, axes, half=True)
    x = over_axes(x, sizes[:-1], axes[:-1], norm, None, inverse=True)
    return irfft(x, sizes[-1], axes[-1], norm, out)


@implements(np.fft.fft2)
def fft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """The transform along two axes.

    >>> fft2(np.ones((2, 2))).real.tolist()
    [[4.0, 0.0], [0.0, 0.0]]
    """
    return fftn(a, s, axes, norm, out)


@implements(np.fft.ifft2)
def ifft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """The inverse of `fft2`.

    >>> ifft2([[4.0, 0.0], [0.0, 0.0]]).real.tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    return ifftn(a, s, axes, norm, out)


@implements(np.fft.rfft2)
def rfft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """The transform of real values along two axes.

    >>> rfft2(np.ones((2, 4))).real.tolist()
    [[8.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    return rfftn(a, s, axes, norm, out)


@implements(np.fft.irfft2)
def irfft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """The inverse of `rfft2`.

    >>> irfft2([[8.0, 0.0, 0.0], [0.0, 0.0, 0.0]]).tolist()
    [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]
    """
    return irfftn(a, s, axes, norm, out)


# Frequencies.


@creates(np.fft.fftfreq)
def fftfreq(n, d=1.0, *, dtype=None, device=None):
    """The frequencies of `fft` of `n` values that are `d` apart.

    >>> fftfreq(4).tolist()
    [0.0, 0.25, -0.5, -0.25]
    """
    places = counting((integer(n, "n"),), 0)
    turned = np.where(places < (n + 1) // 2, places, places - n)
    return spaced(turned, n, d, dtype)


@creates(np.fft.rfftfreq)
def rfftfreq(n, d=1.0, *, dtype=None, device=None):
    """The frequencies of `rfft` of `n` values that are `d` apart.

    >>> rfftfreq(4).tolist()
    [0.0, 0.25, 0.5]
    """
    return spaced(counting((integer(n, "n") // 2 + 1,), 0), n, d, dtype)


def spaced(places, n, d, dtype):
    """Whole frequencies as fractions of the rate."""
    result = places * (1.0 / (n * d))
    return result if dtype is None else astype(result, np.dtype(dtype))


@implements(np.fft.fftshift)
def fftshift(x, axes=None):
    """The frequency zero in the middle.

    >>> fftshift([0.0, 1.0, -2.0, -1.0]).tolist()
    [-2.0, -1.0, 0.0, 1.0]
    """
    return shifted(x, axes, 1)


@implements(np.fft.ifftshift)
def ifftshift(x, axes=None):
    """The inverse of `fftshift`.

    >>> ifftshift([-2.0, -1.0, 0.0, 1.0]).tolist()
    [0.0, 1.0, -2.0, -1.0]
    """
    return shifted(x, axes, -1)


def shifted(x, axes, sign):
    """The array rolled by half of its size along some axes, all if none are named."""
    x = asarray(x)
    axes = range(x.ndim) if axes is None else axes if isinstance(axes, (tuple, list)) else (axes,)
    axes = tuple(normalized_axis(axis, x.ndim) for axis in axes)
    return np.roll(x, [sign * (x.shape[axis] // 2) for axis in axes], axes)
