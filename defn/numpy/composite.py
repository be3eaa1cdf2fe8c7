"""Functions composed of rows: the operands of a NumPy loop go in, its result comes out."""

from __future__ import annotations

import functools

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError
from defn.promotion import resolve
from defn.tensor import (
    PYTHON_NUMBERS,
    Tensor,
    apply,
    asarray,
    assign,
    astype,
    broadcast_to,
    broadcast_together,
    converted,
    eager,
    effect,
    kind_of,
    labelled,
    wrap,
)
from defn.trace import current, known_value
from defn.types import EXTENDED, FLOAT32, ml_dtypes, real_of

FLOAT16 = np.dtype("float16")
NARROW = {FLOAT16, *EXTENDED}  # NumPy computes these in float32 and rounds once


def composite(ufunc, narrow=False):
    """Decorate what a ufunc means, written for tensors of one shape and of the dtypes of its loop.

    Half precision comes as float32 unless `narrow`; the result is cast to the loop's own dtype.
    """

    def register(function):
        @functools.wraps(function)
        def rule(*operands):
            values, outputs = loop_operands(ufunc, operands, narrow)
            return finished(function(*values), outputs, values)

        return implements(ufunc)(rule)

    return register


def loop_operands(ufunc, operands, narrow=False):
    """The operands in one shape and the dtypes of the ufunc's loop; the dtypes of its results."""
    operands = [x if type(x) in PYTHON_NUMBERS else asarray(x) for x in operands]
    inputs, outputs = resolve(ufunc, *map(kind_of, operands))
    values = [strong(converted(x, dtype)) for x, dtype in zip(operands, inputs)]
    return broadcast_together(values if narrow else [widened(x) for x in values]), outputs


def finished(result, outputs, operands):
    """The result, or results, in the dtypes of the loop, as values of their own."""
    if type(result) is not tuple:
        return settled(result, outputs[0], operands)
    return tuple(settled(x, dtype, operands) for x, dtype in zip(result, outputs))


def settled(result, dtype, operands=()):
    """The result cast to a dtype; a scalar where it has no axes; never an operand itself."""
    result = astype(result, dtype)
    if any(result is x for x in operands):
        result = fresh(result)
    result.weak, result.scalar = None, not result.shape
    return result


def fresh(x):
    """The same values in memory of their own."""
    if current() is not None:
        return labelled(wrap(x.node), x.labels)
    return labelled(eager(x.backend.copy(x.buffer), x.backend), x.labels)


def strong(x):
    """The value with a dtype of its own, where it was a Python number's."""
    return fresh(x) if x.weak else x


def widened(x):
    """Half precision as float32; all else as it is."""
    return astype(x, FLOAT32) if x.dtype in NARROW else x


def filled(like, value, dtype=None):
    """One value everywhere, of the shape and dtype of another tensor."""
    return broadcast_to(asarray(value, dtype or like.dtype), like.shape)


def select(condition, x, y):
    """`x` where the condition holds, else `y`: of one shape and dtype."""
    return apply(ops.select, condition, x, y)


def inexact(x):
    """The tensor as a floating or complex one: integers become float64, as in NumPy's division."""
    return (
        strong(x) if x.dtype.kind in "fc" or x.dtype in EXTENDED else astype(x, np.dtype("float64"))
    )


def bits_of(x):
    """The bits of floating-point numbers, as signed integers."""
    return apply(ops.bitcast, x, dtype=np.dtype(f"i{x.dtype.itemsize}"))


def float_of(bits, dtype):
    """The floating-point numbers of these bits."""
    return apply(ops.bitcast, bits, dtype=dtype)


def limits(dtype):
    """`numpy.finfo` of a floating dtype or of a complex dtype's parts."""
    dtype = real_of(dtype)
    return ml_dtypes.finfo(dtype) if dtype in EXTENDED else np.finfo(dtype)


def is_complex(x):
    """Is the tensor complex?"""
    return x.dtype.kind == "c"


def demand(condition, message, error="value", known=ArgumentError):
    """Refuse values that break a condition: at once if it is known, else when the program runs."""
    if current() is None:
        value = condition.backend.get(condition.buffer)
    else:
        value = known_value(condition.node)
    if value is None:
        effect(ops.check, reduced_to_truth(condition), message=message, error=error)
    elif not np.all(value):
        raise known(message)


def reduced_to_truth(condition):
    """Does the condition hold everywhere?"""
    axes = tuple(range(condition.ndim))
    return apply(ops.all, condition, axes=axes) if axes else condition


def into(out, result):
    """The result, written into `out` where one is given."""
    if isinstance(out, tuple):
        out = out[0]
    if out is None:
        return result
    target = out if type(out) is Tensor else asarray(out)
    assign(target, result, "same_kind")
    return out
