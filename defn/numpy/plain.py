"""Basic indices of eager tensors in main memory, and one array of indices or truths, which NumPy reads
and writes at once.

What is out of range, or not of one shape, is left to the general way, whose errors say more.
"""

from __future__ import annotations

from types import EllipsisType, NoneType

import numpy as np

from defn.tensor import Tensor, eager
from defn.trace import current

WHOLE = {int, NoneType, EllipsisType}
BOUNDS = {int, NoneType}


def read_plain(x, subscript):
    """What is at an index, as a copy; None where this is not the way."""
    if not is_at_hand(x):
        return None
    if not is_basic(subscript):
        subscript = index_array(subscript)
        if subscript is None:
            return None
    try:
        found = x.storage.value[subscript]
    except IndexError:
        return None
    made = eager(np.array(found, x.type.dtype), x.backend)
    made.scalar = not isinstance(found, np.ndarray)
    return made


def write_plain(x, subscript, value):
    """Is a value written at a basic index? Other tensors over the same buffer keep what they hold."""
    if not (is_at_hand(x) and is_basic(subscript) and not x.storage.readonly):
        return False
    if type(value) is Tensor and is_at_hand(value) and value.type.dtype == x.type.dtype:
        value = value.storage.value
    elif type(value) not in (int, float) or x.type.dtype.kind != "f":
        return False
    made = x.storage.value.copy()
    try:
        made[subscript] = value
    except (IndexError, ValueError):
        return False
    x.storage.value = made
    return True


def index_array(subscript):
    """An array of indices or truths as NumPy's; None for what is none."""
    if type(subscript) is list:
        return subscript if subscript and set(map(type, subscript)) == {int} else None
    if type(subscript) is Tensor and is_at_hand(subscript):
        subscript = subscript.storage.value
    if type(subscript) is np.ndarray and subscript.ndim and subscript.dtype.kind in "biu":
        return subscript
    return None


def is_at_hand(x):
    """Is the tensor eager, in main memory, and without names?"""
    return (
        x.storage.trace is None
        and x.labels is None
        and x.backend.name == "numpy"
        and current() is None
    )


def is_basic(subscript):
    """Is the index made of integers and slices that Python knows, and new axes?"""
    entries = subscript if type(subscript) is tuple else (subscript,)
    for entry in entries:
        kind = type(entry)
        if kind is slice:
            if not {type(entry.start), type(entry.stop), type(entry.step)} <= BOUNDS:
                return False
        elif kind not in WHOLE:
            return False
    return True
