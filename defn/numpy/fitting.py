"""Python integers beside narrow arrays: what the dtype cannot hold is refused by value."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import FUNCTIONS
from defn.errors import OutOfRange
from defn.numpy.linear import bounds
from defn.tensor import apply, asarray, effect
from defn.trace import current, known_value


def fitting(number, dtype):
    """Refuse a Python integer that a dtype cannot hold: at once if known, else when it runs."""
    limits = np.iinfo(dtype)
    value = known_value(number.node) if current() is not None else number.backend.get(number.buffer)
    if value is None:
        _checked(number, limits)
    elif not limits.min <= value <= limits.max:
        raise OutOfRange(f"Python integer {value} out of bounds for {dtype}")


def _checked(number, limits):
    least, greatest = bounds(number.node)
    if (
        least is not None
        and greatest is not None
        and limits.min <= least
        and greatest <= limits.max
    ):
        return
    message = f"Python integer {{}} out of bounds for {limits.dtype}"
    effect(ops.check, _between(number, limits), number, message=message, error="overflow")


def _between(number, limits):
    """Does the number lie within the limits? Those of int64 hold every traced one."""
    low = apply(ops.greater_equal, number, asarray(max(limits.min, -(2**63)), number.dtype))
    high = apply(ops.less_equal, number, asarray(min(limits.max, 2**63 - 1), number.dtype))
    return apply(ops.logical_and, low, high)


FUNCTIONS["fitting"] = fitting
