"""Records of kernels, the same for every processor: memory, where a value is found, blocks of
text."""

from __future__ import annotations

from typing import NamedTuple

from defn.compilers.numba.access import Flat
from defn.compilers.numba.index import ZERO, Affine, address, strides


class Storage:
    """The memory of one array. `role` says who provides it: an argument of the call, the result, or
    the program."""

    __slots__ = ("dtype", "size", "role", "data", "copies")

    def __init__(self, dtype, size, role="temporary", data=None):
        self.dtype, self.size, self.role, self.data = dtype, size, role, data
        self.copies = False  # one for each chunk of rows

    bytes = property(lambda self: self.size * self.dtype.itemsize)

    def __repr__(self):
        return f"<{self.role} of {self.size} {self.dtype}>"


class Memory(NamedTuple):
    """Elements in a storage, `steps` apart along each axis, from `offset` on."""

    storage: Storage
    steps: tuple
    offset: Affine = ZERO

    def address(self, index):
        if isinstance(index, Flat):
            return self.offset.plus(index.offset)
        return address(index, self.steps).plus(self.offset)


class Variable(NamedTuple):
    """A scalar that the program holds in a variable."""

    name: str


class Tape(NamedTuple):
    """A stack of values of `each` elements. `record` holds the address and room of one that grows,
    and the count."""

    storage: Storage
    record: Storage
    each: int
    growing: bool


def contiguous(storage, shape):
    """The whole of a storage, in memory order."""
    return Memory(storage, strides(shape))


def shaped(memory, node):
    """Memory without gaps as that of a node of as many elements."""
    return Memory(memory.storage, strides(node.shape), memory.offset)


class Block:
    """Lines at one depth; loops inside are blocks among the lines. `names` holds what is computed
    here."""

    __slots__ = ("header", "loops", "items", "names")

    def __init__(self, header, loops=()):
        self.header, self.loops, self.items, self.names = header, frozenset(loops), [], {}

    def lines(self, depth=0):
        margin = "    " * depth
        yield margin + self.header
        if not self.items:
            yield margin + "    pass"
        for item in self.items:
            if isinstance(item, Block):
                yield from item.lines(depth + 1)
            else:
                yield margin + "    " + item


class Failure(NamedTuple):
    """Why a kernel stopped: the node, and the storages and shapes of the values of its message."""

    node: object
    message: str
    values: tuple = ()


class Source(NamedTuple):
    """The text of a kernel and what its table of words holds, in order."""

    text: str
    storages: tuple
    sizes: tuple
    failures: tuple
    chunked: bool
    hooks: tuple = ()


class Hook(NamedTuple):
    """A call from a kernel into Python: the node, and the storages and shapes of what it is
    given."""

    node: object
    values: tuple
