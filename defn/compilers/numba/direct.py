"""Calls without Python: a built-in function that tests its arguments, makes the result and runs a program.

It is for small programs of arrays, where the way to the kernel takes longer than the kernel. What it
does not know, and what fails, goes to the function that it stands before.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import NamedTuple

import numpy as np

from defn import config
from defn.compilers.numba import layout
from defn.compilers.numba.threads import Method, compiled, crew, forever, reads_arrays, words

FASTCALL = 0x82  # with names
NUMBERS = "?bBhHiIlLqQefdgFDG"  # dtypes of which there is one object each
ROOM = 2**13  # bytes that a call has for itself, at most: they lie on the stack
CHAIN = 8  # calls that are tried one after another


class Call(np.ndarray):
    """What `enter` is told, as words, and the objects to which they point."""

    @classmethod
    def new(cls, values, held, following):
        made = words(values).view(cls)
        made.held, made.length = held, 1 + getattr(following, "length", 0)
        return made


@functools.cache
def knows_arrays():
    """Are arrays what `enter` takes them for?"""
    if not reads_arrays() or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False
    return all(map(_is_known, (np.empty((2, 3), np.float32), np.empty(0), np.empty((4, 5)).T)))


def _is_known(array):
    word = lambda place: ctypes.c_int64.from_address(id(array) + place).value
    dims = ctypes.cast(word(layout.DIMS_OF), ctypes.POINTER(ctypes.c_ssize_t))
    flags, ndim = (word(place) & layout.LOW for place in (layout.FLAGS_OF, layout.NDIM_OF))
    return (
        (word(layout.CLASS_OF), word(layout.DESCR_OF)) == (id(np.ndarray), id(array.dtype))
        and (ndim, tuple(dims[:ndim])) == (array.ndim, array.shape)
        and flags == array.flags.num & layout.LOW
    )


@functools.cache
def method():
    """CPython's record of the function."""
    return forever(Method(b"enter", compiled("enter", 4).address, FASTCALL, b""))


class Work(NamedTuple):
    """A program, the types of its arguments and of its only result, and the arrays that it has for
    itself: objects, or offsets in a room of so many bytes."""

    program: object
    types: tuple
    made: tuple
    kept: tuple
    room: int


def entrance(work, scalar, reads, fallback, before=None):
    """A built-in function of arrays whose result is the array that a program makes, a number where `scalar`.

    `reads`: (dictionary or closure's cell, key or None, value) of what must be as it is. `fallback` is
    called in all other cases, but where `before`, an earlier entrance, fits.
    """
    following = before.__self__ if before and before.__self__.length < CHAIN else None
    program, types, made, kept, room = work
    dims = [words([*shape, 0]) for _, shape in (*types, made)]
    own = words([(isinstance(k, int), k if isinstance(k, int) else id(k)) for k in kept])
    checks = words([(id(t), len(s), d.ctypes.data) for (t, s), d in zip(types, dims)])
    rows = words([(key is None, id(place), id(key), id(value)) for place, key, value in reads])
    asking, _ = config.asking.buffer_info()
    values = [
        asking, id(fallback), following.ctypes.data if following is not None else 0, len(types),
        checks.ctypes.data, len(reads), rows.ctypes.data, id(np.ndarray), program.address, crew().job,
        1, id(made[0]), len(made[1]), dims[-1].ctypes.data, scalar,
        len(kept), own.ctypes.data, -(-room // 8),
    ]  # fmt: skip
    held = work, own, reads, fallback, following, dims, checks, rows
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
    make.restype = ctypes.py_object
    return make(ctypes.addressof(method()), Call.new(values, held, following), None)
