"""A graph as kernels of many threads want it: reductions along the last axes, long ones in two
steps.

A reduction of a row is a block's work, so reduced axes come last; where there are few results and
much to reduce, it is first reduced in parts, each a row of its own, then the parts: two kernels, no
atomics, and the same result every time. Small products are sums of products.
"""

from __future__ import annotations

from math import prod

import numpy as np

from defn import ops
from defn.compilers.cuda.covered import without_filling
from defn.compilers.cuda.dtypes import TILED
from defn.compilers.numba import access, normalise
from defn.compilers.numba.code import HALVES, accumulated
from defn.compilers.numba.roots import ARGS, REDUCTIONS, Internal, onward, reduced_axes
from defn.expr import constant, index, make
from defn.ops.op import Kind
from defn.transforms.in_steps import forms
from defn.transforms.passes import prepare
from defn.transforms.written_out import AFTERWARDS, expanded, is_small, without_convolutions
from defn.types import Type

FEW = 512  # rows that leave a machine idle
LONG_LINE = 4096  # elements along which one thread, or one team, is slow
LINES = 1024  # parts of lines that keep the machine busy
PIECE = 1792  # elements of a line that a team takes at a time
SIDE_BY_SIDE = 32  # columns
COLUMN = 256  # elements of a column, or of a part of it, at least
WORTH = 4  # parts: for fewer, another kernel costs more than it saves
CROWD = 1 << 14  # threads that keep the machine busy where each works on a line of its own
LONG = 16_384  # elements that are much for one block
PARTS = 256  # into how many a long reduction is cut, at most
ALONE = (ops.cholesky, ops.det, ops.slogdet)  # each matrix by straight code
TILE = 16  # products with fewer rows, columns or terms are sums


def _parted_type(x, *, parts):
    return Type(x.dtype, (parts, x.shape[0] // parts, *x.shape[1:]))


# The first axis in parts: a reshape, but one that stores nothing.
parted = Internal("parted", Kind.MOVEMENT, _parted_type)


def _parted(node, at, reader):
    (x,) = node.args
    part, inner, *rest = at
    return [(x, (part.scaled(node.shape[1]).plus(inner), *rest))]


access.ACCESS[parted] = _parted


def normalised(graph):
    """The graph in operations that the schedule knows, in the order that suits the machine."""
    plain = with_small_ones_written_out(without_convolutions(graph))
    return normalise.normalised(plain, top=False).transform(_rewritten)


def with_small_ones_written_out(graph):
    """The graph in which factorisations of many matrices of a few rows are loops over the matrices,
    each trip a thread's; others are done in steps on whole arrays.
    """
    graph = graph.map_bodies(with_small_ones_written_out)
    made = expanded(graph, is_alone)
    made = expanded(made, lambda node: node.op in forms, lambda node: forms[node.op])
    return graph if made is graph else prepare(made, AFTERWARDS)


def is_alone(node):
    """Is it a factorisation of matrices of a few rows, each by itself?"""
    return node.op in ALONE and is_small(node)


def _rewritten(node):
    rewrite = REWRITE.get(node.op)
    return rewrite(node) if rewrite else node


def transposed(x, axes):
    axes = tuple(axes)
    return (
        x
        if axes == tuple(range(len(axes)))
        else make(ops.transpose, (x,), {"axes": axes}, where=x.where)
    )


def _reduction(node):
    """Reduced axes last; a long one in two steps."""
    (x,) = node.args
    axes = reduced_axes(node)
    kept = [a for a in range(len(x.shape)) if a not in axes]
    if node.op in ARGS:
        return _last(node, x, kept, axes, {"axis": len(kept)})
    parts = _parts(node, x, axes)
    if parts > 1:
        return _in_two_steps(node, x, kept, axes, parts)
    return _last(node, x, kept, axes, {"axes": tuple(range(len(kept), len(x.shape)))})


def _parts(node, x, axes):
    """In how many parts the longest reduced axis is reduced first."""
    rows, length = prod(node.shape), prod(x.shape[a] for a in axes)
    size = max((x.shape[a] for a in axes), default=0)
    if len(x.shape) - 1 not in axes and x.shape[-1] >= SIDE_BY_SIDE:
        parts = min(size, PARTS, length // COLUMN, CROWD // max(1, rows))
        return _even(size, parts) if parts >= WORTH else 1
    if not FEW > rows > 0 or length < LONG:
        return 1
    return _even(size, min(size, PARTS, -(-length // (LONG // 8))))


def _even(size, parts):
    """About so many parts of equal size, if there can be: then nothing has to be filled up."""
    equal = [n for n in range(-(-parts // 2), 2 * parts) if size % n == 0]
    return min(equal, key=lambda n: abs(n - parts), default=parts)


def _last(node, x, kept, axes, settings):
    order = [*kept, *axes]
    if order == list(range(len(order))):
        return node
    return make(node.op, (transposed(x, order),), settings, where=node.where)


def _in_two_steps(node, x, kept, axes, parts):
    """The longest reduced axis in parts."""
    longest = max(axes, key=lambda a: x.shape[a])
    size = x.shape[longest]
    x = transposed(x, [longest, *kept, *(a for a in axes if a != longest)])
    x = _filled(node, neutral(node.op.name, x.dtype), -size % parts, x)
    x = make(parted, (x,), {"parts": parts}, where=node.where)
    # parts, inner, kept, rest -> parts, kept, inner, rest: the two steps share no loops, so that each
    # is a kernel of its own.
    count, rank = len(kept), len(x.shape)
    x = transposed(x, [0, *range(2, 2 + count), 1, *range(2 + count, rank)])
    first = make(node.op, (x,), {"axes": tuple(range(count + 1, rank))}, where=node.where)
    first = transposed(first, [*range(1, count + 1), 0])
    return make(node.op, (first,), {"axes": (count,)}, where=node.where)


def _filled(node, filling, missing, x):
    """The first axis filled up with what changes nothing."""
    if not missing:
        return x
    rest = (0,) * (len(x.shape) - 1)
    settings = {"low": (0, *rest), "high": (missing, *rest), "interior": (0, *rest)}
    return make(ops.pad, (x, filling), settings, where=node.where)


def neutral(kind, dtype):
    """What a reduction of a kind does not notice."""
    if kind in ("sum", "any"):
        return constant(0, dtype)
    if kind in ("prod", "all"):
        return constant(1, dtype)
    least = kind == "max"
    if dtype.kind == "b":
        return constant(not least, dtype)
    if dtype.kind in "iu":
        return constant(np.iinfo(dtype).min if least else np.iinfo(dtype).max, dtype)
    edge = -np.inf if least else np.inf
    return constant(complex(edge, edge) if dtype.kind == "c" else edge, dtype)


# --- running sums --------------------------------------------------------------------------------

KIND = {ops.cumsum: ops.sum, ops.cumprod: ops.prod, ops.cummax: ops.max, ops.cummin: ops.min}


def _running(node):
    """Along a long axis: in parts. What each part comes to is reduced first, then what came before
    each; from that on each part runs on its own.
    """
    (x,) = node.args
    axis, size = node.attrs["axis"], x.shape[node.attrs["axis"]]
    length = _part(x.shape, axis)
    if length >= size or node.op is ops.cumprod and x.dtype.kind == "f":
        return node  # a part's product may leave the range of the dtype where the line does not
    settings = {"axis": axis, "kind": node.op.name, "reverse": False, "length": length}
    settings["parts"] = -(-size // length)
    wide = accumulated("sum", x.dtype)
    before = _before(node, normalise.with_dtype(x, wide), settings["parts"], length)
    return make(onward, (x, before), settings, where=node.where)


def _part(shape, axis):
    """The elements of a part: for a team of threads, or, where columns lie side by side, for one; all
    of the axis where lines are short, or so many that the machine is busy anyway.
    """
    size, others = shape[axis], prod(shape) // max(1, shape[axis])
    if axis + 1 < len(shape) and shape[-1] >= SIDE_BY_SIDE:
        return max(COLUMN, -(-size * others // CROWD)) if size >= 4 * COLUMN else size
    if size < LONG_LINE or not FEW > others > 0:
        return size
    return -(-max(LONG_LINE // 2, -(-size * others // LINES)) // PIECE) * PIECE


def _before(node, x, parts, length):
    """What all the parts before each come to; parts first."""
    axis, rank = node.attrs["axis"], len(x.shape)
    kind = KIND[node.op]
    x = transposed(x, [axis, *(a for a in range(rank) if a != axis)])
    x = _filled(node, neutral(kind.name, x.dtype), parts * length - x.shape[0], x)
    x = make(parted, (x,), {"parts": parts}, where=node.where)
    x = transposed(x, [0, *range(2, rank + 1), 1])
    totals = make(kind, (x,), {"axes": (rank,)}, where=node.where)
    sums = make(node.op, (totals,), {"axis": 0}, where=node.where)
    rest = totals.shape[1:]
    start = _beginning(node, totals.dtype)
    first = make(ops.broadcast, (start,), {"shape": (1, *rest), "axes": ()}, where=node.where)
    others = _window(sums, [0] * rank, (parts - 1, *rest))
    return make(ops.concatenate, (first, others), {"axis": 0}, where=node.where)


def _beginning(node, dtype):
    """What a line begins with: a zero whose sign gives way to that of the first element."""
    if node.op is ops.cumsum and dtype.kind in "fc":
        return constant(dtype.type(complex(-0.0, -0.0) if dtype.kind == "c" else -0.0), dtype)
    return neutral(KIND[node.op].name, dtype)


def _window(x, starts, sizes):
    settings = {"sizes": tuple(sizes), "steps": (1,) * len(sizes)}
    return make(ops.get, (x, *map(index, starts)), settings, where=x.where)


def _flipped(node):
    """A line that runs from its end, as gradients do, is written where it belongs."""
    (run,) = node.args
    if run.op is not onward or node.attrs["axes"] != (run.attrs["axis"],):
        return node
    x, before = run.args
    if x.op is not ops.flip or x.attrs["axes"] != node.attrs["axes"]:
        return node
    settings = {**run.attrs, "reverse": not run.attrs["reverse"]}
    return make(onward, (x.args[0], before), settings, where=node.where)


# --- sorting -------------------------------------------------------------------------------------


def _sorting(node):
    """Along the last axis."""
    (x,) = node.args
    axis, last = node.attrs["axis"], len(x.shape) - 1
    if axis == last:
        return node
    order = [*(a for a in range(last + 1) if a != axis), axis]
    made = make(node.op, (transposed(x, order),), {"axis": last}, where=node.where)
    return transposed(made, [order.index(a) for a in range(last + 1)])


# --- products ------------------------------------------------------------------------------------


def is_tiled(node):
    """Is a product large enough for tiles in shared memory?"""
    return node.dtype in TILED and min(*node.shape[-2:], node.args[0].shape[-1]) >= TILE


def _product(node):
    """A small product: the sum of products, computed nowhere but in the sum."""
    x, y = node.args
    if is_tiled(node):
        return node
    (*batch, m, k), n = x.shape, y.shape[-1]
    shape, lead = (*batch, m, n, k), tuple(range(len(batch)))
    wide = accumulated("matmul", node.dtype)
    if node.dtype in HALVES and 0 not in node.shape and min(m, n, k) >= TILE:
        product = make(
            ops.matmul,
            (normalise.with_dtype(x, wide), normalise.with_dtype(y, wide)),
            {},
            where=node.where,
        )
        return normalise.with_dtype(product, node.dtype)
    rank = len(batch)
    x, y = (normalise.with_dtype(a, wide) for a in (x, y))
    x = make(
        ops.broadcast, (x,), {"shape": shape, "axes": (*lead, rank, rank + 2)}, where=node.where
    )
    y = make(
        ops.broadcast, (y,), {"shape": shape, "axes": (*lead, rank + 2, rank + 1)}, where=node.where
    )
    both = ops.logical_and if node.dtype == np.bool_ else ops.multiply
    terms = make(both, (x, y), {}, where=node.where)
    if k == 1:
        return normalise.with_dtype(
            make(ops.reshape, (terms,), {"shape": node.shape}, where=node.where), node.dtype
        )
    total = ops.any if node.dtype == np.bool_ else ops.sum
    made = make(total, (terms,), {"axes": (rank + 2,)}, where=node.where)
    return normalise.with_dtype(made, node.dtype)


REWRITE = {
    **dict.fromkeys(REDUCTIONS, _reduction),
    **dict.fromkeys(KIND, _running),
    ops.flip: _flipped,
    **dict.fromkeys((ops.sort, ops.argsort), _sorting),
    ops.matmul: _product,
    ops.loop: without_filling,
}
