"""Values that have no operands: parameters, constants, counting."""

from __future__ import annotations

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import INT64, Type


def _constant(*, data, dtype, shape):
    return np.frombuffer(data, dtype).reshape(shape)


def _iota(*, shape, axis):
    along = [1] * len(shape)
    along[axis] = shape[axis]
    return np.broadcast_to(np.arange(shape[axis], dtype=INT64).reshape(along), shape)


def _unbound(**attrs):
    raise LookupError("a parameter has a value only when its graph is called")


# A parameter's type is an attribute; `name` and `serial` tell apart parameters of one type.
parameter = Op("parameter", Kind.LEAF, lambda *, type, name, serial: type, _unbound)
constant = Op("constant", Kind.LEAF, lambda *, data, dtype, shape: Type(dtype, shape), _constant)
iota = Op("iota", Kind.LEAF, lambda *, shape, axis: Type(INT64, shape), _iota)
