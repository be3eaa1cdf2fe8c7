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
from defn.compilers.cuda.dtypes import TILED
from defn.compilers.numba import access, normalise
from defn.compilers.numba.code import HALVES, accumulated
from defn.compilers.numba.roots import ARGS, REDUCTIONS, Internal, reduced_axes
from defn.expr import constant, index, make
from defn.ops.op import Kind
from defn.transforms.passes import prepare
from defn.transforms.written_out import AFTERWARDS, expanded, is_small, without_convolutions
from defn.types import Type

FEW = 512  # rows that leave a machine idle
LONG_LINE = 4096  # elements along which one thread is slow
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
    each trip a thread's; the others are the host's.
    """
    made = expanded(graph, lambda node: node.op in ALONE and is_small(node))
    return graph if made is graph else prepare(made, AFTERWARDS)


def _rewritten(node):
    rewrite = REWRITE.get(node.op)
    return rewrite(node) if rewrite else node


def transposed(x, axes):
    return make(ops.transpose, (x,), {"axes": tuple(axes)}, where=x.where)


def _reduction(node):
    """Reduced axes last; a long one in two steps."""
    (x,) = node.args
    axes = reduced_axes(node)
    kept = [a for a in range(len(x.shape)) if a not in axes]
    if node.op in ARGS:
        return _last(node, x, kept, axes, {"axis": len(kept)})
    rows, length = prod(node.shape), prod(x.shape[a] for a in axes)
    if rows < FEW and length >= LONG and rows:
        return _in_two_steps(node, x, kept, axes)
    return _last(node, x, kept, axes, {"axes": tuple(range(len(kept), len(x.shape)))})


def _last(node, x, kept, axes, settings):
    order = [*kept, *axes]
    if order == list(range(len(order))):
        return node
    return make(node.op, (transposed(x, order),), settings, where=node.where)


def _in_two_steps(node, x, kept, axes):
    """The longest reduced axis in parts."""
    longest = max(axes, key=lambda a: x.shape[a])
    size = x.shape[longest]
    parts = min(size, PARTS, -(-prod(x.shape[a] for a in axes) // (LONG // 8)))
    x = transposed(x, [longest, *kept, *(a for a in axes if a != longest)])
    x = _filled(node, neutral(node.op.name, x.dtype), -size % parts, x)
    x = make(parted, (x,), {"parts": parts}, where=node.where)
    # parts, inner, kept, rest -> kept, parts, inner, rest
    count, rank = len(kept), len(x.shape)
    x = transposed(x, [*range(2, 2 + count), 0, 1, *range(2 + count, rank)])
    first = make(node.op, (x,), {"axes": tuple(range(count + 1, rank))}, where=node.where)
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

JOIN = {
    ops.cumsum: (ops.add, "sum"), ops.cumprod: (ops.multiply, "prod"),
    ops.cummax: (ops.maximum, "max"), ops.cummin: (ops.minimum, "min"),
}  # fmt: skip


def _running(node):
    """Along a long axis: in parts, each from its own start, then what came before each is
    joined.
    """
    (x,) = node.args
    axis, size = node.attrs["axis"], x.shape[node.attrs["axis"]]
    if size < LONG_LINE or prod(x.shape) // size >= FEW or not prod(x.shape):
        return node
    join, kind = JOIN[node.op]
    parts = min(PARTS, size // (LONG_LINE // 16))
    order = [axis, *(a for a in range(len(x.shape)) if a != axis)]
    line = _filled(x, neutral(kind, x.dtype), -size % parts, transposed(x, order))
    line = make(parted, (line,), {"parts": parts}, where=node.where)
    inner = make(node.op, (line,), {"axis": 1}, where=node.where)
    before = _before(node, inner, neutral(kind, x.dtype))
    kept = (0, *range(2, len(inner.shape)))
    before = make(ops.broadcast, (before,), {"shape": inner.shape, "axes": kept}, where=node.where)
    joined = make(join, (before, inner), {}, where=node.where)
    shape = (inner.shape[0] * inner.shape[1], *inner.shape[2:])
    joined = make(ops.reshape, (joined,), {"shape": shape}, where=node.where)
    joined = _window(joined, [0] * len(shape), (size, *shape[1:]))
    return transposed(joined, [order.index(a) for a in range(len(order))])


def _before(node, inner, start):
    """What all the parts before each come to."""
    parts, length, *rest = inner.shape
    zeros = [0] * len(rest)
    last = _window(inner, [0, length - 1, *zeros], (parts, None, *rest))
    totals = make(node.op, (last,), {"axis": 0}, where=node.where)
    first = make(ops.broadcast, (start,), {"shape": (1, *rest), "axes": ()}, where=node.where)
    others = _window(totals, [0, *zeros], (parts - 1, *rest))
    return make(ops.concatenate, (first, others), {"axis": 0}, where=node.where)


def _window(x, starts, sizes):
    settings = {"sizes": tuple(sizes), "steps": (1,) * len(sizes)}
    return make(ops.get, (x, *map(index, starts)), settings, where=x.where)


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
    **dict.fromkeys(JOIN, _running),
    ops.matmul: _product,
}
