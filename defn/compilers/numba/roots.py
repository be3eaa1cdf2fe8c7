"""The nodes that a kernel stores, and the loops that compute each.

A root's loops are numbered by depth, so that equal loops of two roots can be one. `first` is the
first reduced loop: what lies inside it accumulates, in a register if all of it is reduced, else in
memory.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.compilers.numba.index import ZERO, Loop, along, nest
from defn.compilers.numba.layout import LITERAL
from defn.ops.linalg import complex_of
from defn.ops.op import Kind, Op
from defn.types import INT64, Type

PLACES = ("argmax", "argmin")


class Internal(Op):
    """An operation that only this compiler makes; it is in no table of all operations."""

    def __init__(self, name, kind, type):
        self.name, self.kind, self.type, self.numpy = name, kind, type, None
        self.cost, self.traits, self.ufunc = 1, frozenset(), None

    def __reduce__(self):
        return self.name


def _partial_type(x, *, axes, kind, blocks, dtype):
    return Type(dtype, (blocks, *(n for k, n in enumerate(x.shape) if k not in axes)))


def _down_type(x, *, axis, kind):
    if kind in PLACES:
        return Type(INT64, (*x.shape[:axis], *x.shape[axis + 1 :]))
    return x


def _lines_type(x, *, name, axis, n, form, factor):
    if name == "rfft":
        return ops.rfft.type(x, axis=axis)
    if name == "irfft":
        return ops.irfft.type(x, axis=axis, n=2 * n)
    return x if x.dtype.kind == "c" else Type(complex_of(x.dtype), x.shape)


def leading(axes):
    """How many axes at the front are reduced."""
    count = 0
    while count in axes:
        count += 1
    return count


# A reduction over leading axes, per block of rows; `kind` is the whole reduction.
partial = Internal("partial", Kind.REDUCTION, _partial_type)
# An array of which nothing is known: the start of one that is written piece by piece.
empty = Internal("empty", Kind.LEAF, lambda *, type, serial: type)

# The same value, in memory of its own: the start of a state or of an array that is written into.
own = Internal("own", Kind.ELEMENTWISE, lambda x, *, serial: x)
# A running reduction, or the place of an extreme, along an axis that many elements follow in
# memory; `kind` names it.
down = Internal("down", Kind.LIBRARY, _down_type)
# A running reduction in `parts` of `length` elements, each of which begins with what came before it
# (`before`: first the parts, then the other axes); `reverse`: from the end of the axis.
onward = Internal(
    "onward", Kind.LIBRARY, lambda x, before, *, axis, kind, parts, length, reverse: x
)
# A scatter-add into nothing, per block of what is scattered.
scattered = Internal(
    "scattered",
    Kind.INDEX,
    lambda values, *indices, axes, shape, blocks: Type(values.dtype, (blocks, *shape)),
)
# What a write of a window gives, element by element: the value inside of it (added to the array),
# the array outside.
replaced = Internal("replaced", Kind.MOVEMENT, lambda a, value, *, low, adds: a)
# Elements of one line of memory, `steps` apart along each axis, from the first element on.
strided = Internal("strided", Kind.MOVEMENT, lambda x, *, shape, steps: Type(x.dtype, shape))
# The sum of several products of matrices, one after another: `x @ y + z @ w` is of (x, y, z, w).
products = Internal("products", Kind.PRODUCT, lambda x, y, *rest: ops.matmul.type(x, y))
# Lines of which some places hold what they do when sorted, and what they do of their order.
selected = Internal("selected", Kind.LIBRARY, lambda x, *, axis, kth, low, high: x)
placed = Internal("placed", Kind.LIBRARY, lambda x, *, axis, kth, low, high: x.with_dtype(INT64))
# Fourier transforms along an axis, of lines of n complex numbers, times a factor.
lines = Internal("lines", Kind.LIBRARY, _lines_type)

ARGS = (ops.argmax, ops.argmin)
WRITES = (ops.put, ops.add_at, ops.scatter, ops.scatter_add)
REDUCTIONS = (*ops.of_kind(Kind.REDUCTION), partial)
RUNNING = (ops.cumsum, ops.cumprod, ops.cummax, ops.cummin, onward)
STEPS = (*ops.LEAD, ops.tape, ops.push, ops.pop, *ops.of_kind(Kind.EFFECT))
ROOTS = frozenset((*REDUCTIONS, *RUNNING, *WRITES, ops.matmul, down, scattered))
ALONE = (*WRITES, down, onward, scattered)  # share their loops with no other
PARTIAL = (partial, scattered)


def reduced_axes(node):
    return (node.attrs["axis"],) if node.op in ARGS else node.attrs["axes"]


class Root:
    """A stored node: its loops, what it reads inside them, and where it accumulates."""

    def __init__(self, node):
        self.node = node
        self.reduced = frozenset()
        LAYOUT.get(node.op, _map)(self)
        reduced = [loop.level for loop in self.loops if loop in self.reduced]
        self.first = min(reduced, default=None)
        if node.op is partial:
            self.rows = self.first_kept()
        elif self.reduced:
            self.rows = min(self.rows, self.first)

    def first_kept(self):
        kept = [loop.level for loop in self.loops if loop not in self.reduced]
        return min(kept, default=len(self.loops))

    @property
    def tail(self):
        """The loop from which on all are reduced."""
        level = len(self.loops)
        while level and self.loops[level - 1] in self.reduced:
            level -= 1
        return level

    @property
    def in_register(self):
        """Does a reduction end with its loops, so that a variable can hold it?"""
        return self.first is None or self.tail <= self.first

    def __repr__(self):
        return f"<root {self.node}>"


def _map(root):
    root.loops, root.index = nest(root.node.shape)
    root.result = root.index
    root.rows = len(root.loops)
    root.reads = [(root.node, root.index)]


def _reduction(root):
    (x,) = root.node.args
    axes = reduced_axes(root.node)
    order = _order(root.node, x.shape, axes)
    index, loops = [ZERO] * len(x.shape), []
    for axis in order:
        if x.shape[axis] != 1:
            loops.append(Loop(len(loops), x.shape[axis]))
            index[axis] = along(loops[-1])
    root.loops, root.index = tuple(loops), tuple(index)
    root.reduced = frozenset(v for a in axes for v in index[a].loops())
    root.result = tuple(i for a, i in enumerate(index) if a not in axes)
    root.rows = len(loops)
    root.reads = [(x, root.index)]


def _running(root):
    """Along the axis, one element after another; the other axes outside."""
    (x,) = root.node.args
    axis, index, loops = root.node.attrs["axis"], [ZERO] * len(x.shape), []
    for a in (*(a for a in range(len(x.shape)) if a != axis), axis):
        if x.shape[a] != 1:
            loops.append(Loop(len(loops), x.shape[a]))
            index[a] = along(loops[-1])
    root.loops, root.index = tuple(loops), tuple(index)
    root.reduced = frozenset(index[axis].loops())
    root.result = root.index
    root.rows = len(loops)
    root.reads = [(x, root.index)]


def _onward(root):
    """The parts outside, then the other axes, then the elements of a part."""
    (x, before), attrs = root.node.args, root.node.attrs
    axis = attrs["axis"]
    others = [n for a, n in enumerate(x.shape) if a != axis]
    root.loops, (part, *index, inner) = nest([attrs["parts"], *others, attrs["length"]])
    at = part.scaled(attrs["length"]).plus(inner)
    if attrs["reverse"]:
        at = at.scaled(-1).plus(x.shape[axis] - 1)
    root.reads = [(x, (*index[:axis], at, *index[axis:])), (before, (part, *index))]
    root.index = root.result = root.reads[0][1]
    root.reduced = frozenset(inner.loops())
    root.rows = len(root.loops)


def _down(root):
    """In memory order: for each element along the axis, those that follow it."""
    (x,) = root.node.args
    axis = root.node.attrs["axis"]
    root.loops, root.index = nest(x.shape)
    root.reduced = frozenset(root.index[axis].loops())
    places = root.node.attrs["kind"] in PLACES
    root.result = tuple(i for a, i in enumerate(root.index) if a != axis or not places)
    root.rows = len(root.loops)
    root.reads = [(x, root.index)]


def _order(node, shape, axes):
    """Kept axes outside where few are reduced, or one at a time is looked for; else memory
    order."""
    natural = list(range(len(shape)))
    brief = prod(shape[a] for a in axes) <= 2 * LITERAL
    if node.op in ARGS or node.op is not partial and brief:
        return [a for a in natural if a not in axes] + [a for a in natural if a in axes]
    return natural


def _matmul(root):
    """Row by row, adding multiples of the rows on the right; for few columns, dot products."""
    x, y = root.node.args
    *batch, m, n = root.node.shape
    k = x.shape[-1]
    few = n <= LITERAL
    sizes = [*batch, m, n, k] if few else [*batch, m, k, n]
    loops, index = nest(sizes)
    *outer, row, second, third = index
    column, inner = (second, third) if few else (third, second)
    root.loops, root.index = loops, index
    root.reduced = frozenset(inner.loops())
    root.result = (*outer, row, column)
    root.rows = len([n for n in (*batch, m) if n != 1])
    root.reads = [(x, (*outer, row, inner)), (y, (*outer, inner, column))]


def _write(root):
    value = root.node.args[1]
    root.loops, root.index = nest(value.shape)
    root.result = root.index
    root.rows = len(root.loops)
    root.reads = [(value, root.index)]


def _scatter(root):
    _write(root)
    root.rows = 0  # two indices may be equal: the last wins, in order


def _scattered(root):
    values, *indices = root.node.args
    root.loops, root.index = nest(values.shape)
    root.result = root.index
    root.rows = 1
    common = root.index[: len(indices[0].shape)]
    root.reads = [(values, root.index), *((i, common) for i in indices)]


LAYOUT = {
    **dict.fromkeys(REDUCTIONS, _reduction),
    **dict.fromkeys(RUNNING, _running),
    onward: _onward,
    ops.matmul: _matmul,
    down: _down,
    ops.put: _write,
    ops.add_at: _write,
    ops.scatter: _scatter,
    ops.scatter_add: _scatter,
    scattered: _scattered,
}
