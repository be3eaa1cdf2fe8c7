"""The call: NumPy arrays straight to the executable, results as writable NumPy arrays, nothing left
running.

XLA reads an aligned argument in place, and asynchronously: every result is waited for before the
call returns, so that the caller may overwrite the arguments. Small results are copied; large ones
lend their memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

COPIED = 1 << 14  # bytes: copying less than this is cheaper than lending


class Lent:
    """Keeps a result alive whose memory a NumPy array shows; nobody else has the result, so it may
    be written.
    """

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


# A writable NumPy array with the result's values; waits for them.
copy = np.array


def giver(type, aliased, on_cpu):
    """How a result of this type is given to the caller; a result that is also something else is
    copied.
    """
    return copy if aliased or not on_cpu or type.bytes <= COPIED else lend


def entry(compiled):
    """The function below JAX's Python wrapper of an executable, where this JAX has it."""
    try:
        return compiled._executable.create_cpp_call(compiled._params) or compiled
    except (AttributeError, TypeError):
        return compiled


def direct(compiled, givers, wide, failure=None):
    """The function that calls the executable and gives NumPy arrays; `wide`: it takes 64-bit types.

    Of a single result the executable returns just that. With a `failure`, it returns the results, and
    whether all went well: see `looked_at`.
    """
    run = entry(compiled)
    if failure is not None:
        run = looked_at(run, len(givers), failure)
    elif len(givers) == 1:
        return _single_wide(run, *givers) if wide else _single(run, *givers)
    return _several_wide(run, givers) if wide else _several(run, givers)


def on_buffers(compiled, count, failure=None):
    """The function that takes JAX arrays and gives JAX arrays, without waiting (but for a program
    that may fail); it need not know of 64-bit types.
    """
    run = entry(compiled)
    if failure is not None:
        looked = looked_at(run, count, failure)
        return lambda *arrays: looked(*arrays)[:count]
    return run if count != 1 else lambda *arrays: (run(*arrays),)


def looked_at(run, count, failure):
    """The call of a program that may fail; it raises `failure(results, arrays)` where a number after
    the results says so.
    """

    def call(*arrays):
        results = run(*arrays)
        if copy(results[count]):
            raise failure(results, arrays)
        return results

    return call


def _single(run, give):
    return lambda *arrays: (give(run(*arrays)),)


def _several(run, givers):
    return lambda *arrays: given(givers, run(*arrays))


# What `jax.enable_x64(True)` does on entry and exit, a third of a microsecond cheaper.
swap, restore = jax.enable_x64.swap_local, jax.enable_x64.set_local


def _single_wide(run, give):
    def call(*arrays):
        before = swap(True)
        try:
            result = run(*arrays)
        finally:
            restore(before)
        return (give(result),)

    return call


def _several_wide(run, givers):
    def call(*arrays):
        before = swap(True)
        try:
            results = run(*arrays)
        finally:
            restore(before)
        return given(givers, results)

    return call


class Within(NamedTuple):
    """A call as its parts: the program, what makes an array of each result (or None), the functions
    that set something for a thread and set it back (or None), and what makes an error of results and
    arguments where the number after the outputs is not 0 (or None).
    """

    run: Callable
    givers: tuple
    scope: tuple | None
    failure: Callable | None


def within(built, givers, wide, failure):
    """The parts of a call of a program."""
    return Within(entry(built.compiled), givers, (swap, restore) if wide else None, failure)


def given(givers, results):
    """The results as the caller gets them."""
    return tuple([give(result) for give, result in zip(givers, results)])
