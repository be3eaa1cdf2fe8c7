"""Discrete Fourier transforms, not divided by anything: forward and backward, of complex and of
real values.
"""

from __future__ import annotations

import numpy as np

from defn.ops.linalg import complex_of
from defn.ops.op import Kind, Op
from defn.types import real_of


def _resized(x, axis, size, dtype):
    shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
    return x.with_shape(shape).with_dtype(dtype)


def _complex_transform(x, *, axes, inverse):
    if x.size == 0:
        return np.array(x)
    return np.fft.ifftn(x, axes=axes, norm="forward") if inverse else np.fft.fftn(x, axes=axes)


# Along several axes; `inverse` turns the other way round.
fft = Op("fft", Kind.LIBRARY, lambda x, *, axes, inverse: x, _complex_transform, cost=100)
# Of real values: the first half of the frequencies, for the others are their conjugates.
rfft = Op(
    "rfft",
    Kind.LIBRARY,
    lambda x, *, axis: _resized(x, axis, x.shape[axis] // 2 + 1, complex_of(x.dtype)),
    lambda x, *, axis: np.fft.rfft(x, axis=axis),
    cost=100,
)
# Back from that half to `n` real values.
irfft = Op(
    "irfft",
    Kind.LIBRARY,
    lambda x, *, axis, n: _resized(x, axis, n, real_of(x.dtype)),
    lambda x, *, axis, n: np.fft.irfft(x, n, axis, norm="forward"),
    cost=100,
)
