"""Arrays for results: large ones over recycled memory, whose pages are already mapped.

The C library recycles blocks below 16 MiB by itself, and there alignment gains a few per cent at
most; so small arrays are NumPy's own. A large one lies in a block of a pool, on a cache line, and
its base is the block: NumPy keeps it as long as any array, view or memoryview of it lives, then the
block goes back. `DEFN_POOL_MIB` limits what lies idle; `clear()` returns it.
"""

from __future__ import annotations

import functools
import os
from math import prod

import numpy as np

from defn.config import environment

LARGE = 16 * 2**20
PAGE = 4096
LINE = 64

_idle: dict = {}


class Block:
    """Memory on loan: when nothing refers to it any more, its bytes lie idle again."""

    __slots__ = ("__array_interface__", "address", "bytes", "size")

    def __init__(self, memory, shape, dtype):
        self.bytes, self.address, self.size = memory
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": dtype.str,
            "data": (self.address, False),
        }

    # The defaults are for the end of the process, when the names of a module are gone.
    def __del__(self, give_back=lambda memory: _give_back(memory)):
        if give_back is not None and hasattr(self, "size"):
            give_back((self.bytes, self.address, self.size))


def empty(shape, dtype):
    """A new array whose elements are not set."""
    size = prod(shape) * dtype.itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    return _lend(size, shape, dtype)


def _lend(size, shape, dtype):
    rounded = -(-size // PAGE) * PAGE
    memory = _taken(rounded) or _mapped(rounded)
    plain = np.dtype(f"V{dtype.itemsize}") if dtype.kind == "V" else dtype
    array = np.asarray(Block(memory, shape, plain))
    return array if array.dtype == dtype else array.view(dtype)


def _taken(size):
    try:
        return _idle[size].pop()
    except (KeyError, IndexError):
        return None


def _mapped(size):
    # NumPy asks the system for huge pages, without which a first touch costs several times more.
    bytes = np.empty(size + LINE, np.uint8)
    start = bytes.__array_interface__["data"][0]
    return bytes, start + -start % LINE, size


def _give_back(memory):
    size = memory[2]
    if idle() + size <= limit():
        _idle.setdefault(size, []).append(memory)


def idle():
    """How many bytes lie idle."""
    return sum(size * len(blocks) for size, blocks in list(_idle.items()))


@functools.cache
def limit():
    """How many bytes may lie idle: `DEFN_POOL_MIB`, else 2 GiB or a quarter of the memory."""
    given = environment("POOL_MIB")
    return int(float(given) * 2**20) if given else min(2 * 2**30, _physical() // 4)


def _physical():
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 4 * 2**30


def clear():
    """Return the idle memory to the system; how many bytes that was."""
    freed = idle()
    _idle.clear()
    return freed
