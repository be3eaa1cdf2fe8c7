"""Reductions drop their axes; the result has the operand's dtype (what NumPy widens is cast before)."""

from __future__ import annotations

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import BOOL, INT64, Type


def kept_axes(ndim, axes):
    """The axes that a reduction leaves."""
    return tuple(k for k in range(ndim) if k not in axes)


def _dropped(x, *, axes):
    return Type(x.dtype, tuple(x.shape[k] for k in kept_axes(len(x.shape), axes)))


def _reduction(name, function):
    return Op(name, Kind.REDUCTION, _dropped, function)


def _typed(function):
    return lambda x, *, axes: function(x, axis=axes, dtype=np.asarray(x).dtype)


sum = _reduction("sum", _typed(np.sum))
prod = _reduction("prod", _typed(np.prod))
max = _reduction("max", lambda x, *, axes: np.max(x, axis=axes))
min = _reduction("min", lambda x, *, axes: np.min(x, axis=axes))
any = Op("any", Kind.REDUCTION, lambda x, *, axes: _dropped(x, axes=axes).with_dtype(BOOL),
         lambda x, *, axes: np.any(x, axis=axes))  # fmt: skip
all = Op("all", Kind.REDUCTION, lambda x, *, axes: _dropped(x, axes=axes).with_dtype(BOOL),
         lambda x, *, axes: np.all(x, axis=axes))  # fmt: skip


def _arg(name, function):
    return Op(
        name,
        Kind.REDUCTION,
        lambda x, *, axis: _dropped(x, axes=(axis,)).with_dtype(INT64),
        lambda x, *, axis: function(x, axis=axis),
    )


argmax = _arg("argmax", np.argmax)
argmin = _arg("argmin", np.argmin)
