"""The call: NumPy arrays straight to the executable, results as writable NumPy arrays, nothing left running.

XLA reads an aligned argument in place, and asynchronously: every result is waited for before the call returns,
so that the caller may overwrite the arguments. Small results are copied; large ones lend their memory.
"""

from __future__ import annotations

import jax
import numpy as np

COPIED = 1 << 14  # bytes: copying less than this is cheaper than lending


class Lent:
    """Keeps a result alive whose memory a NumPy array shows; nobody else has the result, so it may be written."""

    __slots__ = ("result", "__array_interface__")

    def __init__(self, result, dtype):
        self.result = result
        pointer = result.unsafe_buffer_pointer()
        self.__array_interface__ = {
            "shape": result.shape, "typestr": dtype.str, "data": (pointer, False), "version": 3
        }  # fmt: skip


def lend(result):
    """A writable NumPy array over the result's own memory."""
    result.block_until_ready()
    dtype = np.dtype(result.dtype)
    if dtype.kind == "V":  # bfloat16 and its like have no name that NumPy's interface knows
        return np.asarray(Lent(result, np.dtype(f"u{dtype.itemsize}"))).view(dtype)
    return np.asarray(Lent(result, dtype))


def copy(result):
    """A writable NumPy array with the result's values; waits for them."""
    return np.array(result)


def giver(type, aliased, on_cpu):
    """How a result of this type is given to the caller; a result that is also something else is copied."""
    return copy if aliased or not on_cpu or type.bytes <= COPIED else lend


def direct(call, givers, wide):
    """The function that calls the executable and gives NumPy arrays; `wide` where 64-bit types are involved."""
    if len(givers) == 1:
        (give,) = givers
        return _wide_single(call, give) if wide else lambda *arrays: (give(call(*arrays)[0]),)
    if wide:
        return lambda *arrays: _given(givers, _widely(call, arrays))
    return lambda *arrays: _given(givers, call(*arrays))


def _widely(call, arrays):
    with jax.enable_x64(True):
        return call(*arrays)


def _wide_single(call, give):
    def run(*arrays):
        with jax.enable_x64(True):
            (result,) = call(*arrays)
        return (give(result),)

    return run


def _given(givers, results):
    return tuple([give(result) for give, result in zip(givers, results)])
