"""Operations that move elements and compute nothing."""

from __future__ import annotations

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import Type


def _broadcast(x, *, shape, axes):
    """Axis k of `x` becomes axis `axes[k]` of the result; its size is equal, or one."""
    full = [1] * len(shape)
    for k, axis in enumerate(axes):
        full[axis] = x.shape[k]
    return np.broadcast_to(np.asarray(x).reshape(full), shape)


def _pad(x, value, *, low, high, interior):
    shape = padded_shape(x.shape, low, high, interior)
    out = np.full(shape, value, x.dtype)
    out[tuple(slice(a, a + max(0, (n - 1) * (k + 1) + 1), k + 1) if n else slice(0, 0)
              for a, k, n in zip(low, interior, x.shape))] = x  # fmt: skip
    return out


def padded_shape(shape, low, high, interior):
    """The shape after padding at both ends and between the elements."""
    return tuple(a + n + max(0, n - 1) * k + b for n, a, b, k in zip(shape, low, high, interior))


def _concatenate_type(*types, axis):
    shape = list(types[0].shape)
    shape[axis] = sum(t.shape[axis] for t in types)
    return Type(types[0].dtype, tuple(shape))


broadcast = Op(
    "broadcast", Kind.MOVEMENT, lambda x, *, shape, axes: Type(x.dtype, shape), _broadcast
)
reshape = Op(
    "reshape",
    Kind.MOVEMENT,
    lambda x, *, shape: Type(x.dtype, shape),
    lambda x, *, shape: np.reshape(x, shape),
)
transpose = Op(
    "transpose",
    Kind.MOVEMENT,
    lambda x, *, axes: Type(x.dtype, tuple(x.shape[a] for a in axes)),
    lambda x, *, axes: np.transpose(x, axes),
)
flip = Op("flip", Kind.MOVEMENT, lambda x, *, axes: x, lambda x, *, axes: np.flip(x, axes))
concatenate = Op(
    "concatenate",
    Kind.MOVEMENT,
    _concatenate_type,
    lambda *xs, axis: np.concatenate(xs, axis),
)
pad = Op(
    "pad",
    Kind.MOVEMENT,
    lambda x, value, *, low, high, interior: Type(
        x.dtype, padded_shape(x.shape, low, high, interior)
    ),
    _pad,
)
