"""A graph as this compiler wants it: what is awkward to loop over is said in other operations."""

from __future__ import annotations

from math import prod

import numpy as np

from defn import ops
from defn.compilers.numba.layout import LITERAL
from defn.compilers.numba.roots import (
    ARGS,
    REDUCTIONS,
    RUNNING,
    WRITES,
    down,
    empty,
    leading,
    own,
    partial,
    reduced_axes,
    replaced,
    scattered,
)
from defn.expr import constant, constant_value, index, make, parameter, serial, substitute
from defn.graph import Graph, with_bodies

BLOCKS = (
    16  # partial sums of a reduction over rows: fixed, so that results do not depend on the threads
)
TABLES = 8  # into which what is added at indices goes, for a sum as short as straight code
LITTLE = 20_000  # elements that one thread reduces before another could help
FEW = 10  # operations that are made again in a loop rather than read from memory
MOST_PIECES = 6  # of a concatenation whose borders cut loops


def normalised(graph, top=True):
    """The graph in operations that the schedule knows; reductions over rows in blocks at the
    top."""

    def rule(node):
        if "bodies" in node.attrs:
            node = with_bodies(repeated_inside(node), lambda body: normalised(body, top=False))
            first = ops.LEAD[node.op]
            node = owning(node, range(first, first + node.attrs["carries"]))
        if node.op in WRITES:
            node = owning(node, (0,))
        rewrite = REWRITE.get(node.op)
        node = rewrite(node) if rewrite else node
        if top and node.op in (ops.put, ops.add_at):
            return in_passing(node)
        return in_blocks(node) if top and node.op in REDUCTIONS else node

    return graph.transform(rule)


def in_columns(graph):
    """The graph with what runs along an axis that many elements follow as operations on columns
    that lie side by side."""

    def rule(node):
        if "bodies" in node.attrs:
            return with_bodies(node, in_columns)
        if node.op not in (*ARGS, *RUNNING):
            return node
        (x,), axis = node.args, node.attrs["axis"]
        if x.shape[axis] <= 2 * LITERAL or prod(x.shape[axis + 1 :]) <= LITERAL:
            return node
        return make(down, (x,), {"axis": axis, "kind": node.op.name}, where=node.where)

    return graph.transform(rule)


def in_tables(graph):
    """The graph with many additions into a small table as tables for blocks of them, and those
    added up."""
    return graph.transform(lambda node: _in_tables(node) if node.op is ops.scatter_add else node)


def _in_tables(node):
    table, values, *indices = node.args
    if prod(values.shape) < max(LITTLE, 2 * TABLES * prod(table.shape)):
        return node
    if 0 in table.shape or node.dtype.kind not in "iufc" or node.dtype.itemsize < 4:
        return node
    table = table.args[0] if table.op is own else table
    settings = {"axes": node.attrs["axes"], "shape": node.shape, "blocks": TABLES}
    parts = make(scattered, (values, *indices), settings, where=node.where)
    total = make(ops.sum, (parts,), {"axes": (0,)}, where=node.where)
    known = constant_value(table)
    if known is not None and not known.any():
        return total
    return make(ops.add, (table, total), where=node.where)


def with_dtype(node, dtype):
    return (
        node if node.dtype == dtype else make(ops.cast, (node,), {"dtype": dtype}, where=node.where)
    )


def in_blocks(node):
    """A reduction over many rows: partial results for blocks of rows, then those reduced."""
    (x,) = node.args
    if node.op in ARGS or prod(x.shape) < LITTLE or 0 not in node.attrs["axes"]:
        return node
    axes, kept = node.attrs["axes"], node.shape
    rows = prod(x.shape[: leading(axes)])
    if prod(kept) > 1 and rows <= 2 * LITERAL:
        return node
    dtype = (
        np.dtype("f8")
        if node.dtype == np.float32 and node.op is ops.sum and prod(kept) == 1
        else node.dtype
    )
    settings = {"axes": axes, "kind": node.op.name, "blocks": BLOCKS, "dtype": dtype}
    part = make(partial, (x,), settings, where=node.where)
    total = make(node.op, (part,), {"axes": (0,)}, where=node.where)
    return with_dtype(total, node.dtype)


def owning(node, places):
    """The node, with arrays that are only filled made for it alone: other readers need not read
    them from memory."""
    args = list(node.args)
    for k in places:
        if is_filled(args[k]):
            args[k] = make(own, (args[k],), {"serial": serial()}, where=node.where)
    return node.with_args(args)


def is_filled(node):
    """Is every element the same scalar, or its own index?"""
    return node.op is ops.iota or node.op is ops.broadcast and not node.args[0].shape


def repeated_inside(node):
    """A structure that captures what is to be repeated, and repeats it inside; what counts is made
    inside."""
    captures = ops.captures(node)
    if not any(c.op is ops.broadcast or only_counts(c) for c in captures):
        return node
    first = len(node.args) - len(captures)
    read = [() if only_counts(c) else c.args if c.op is ops.broadcast else (c,) for c in captures]
    bodies = tuple(_repeating(body, captures, read) for body in node.attrs["bodies"])
    args = (*node.args[:first], *(a for r in read for a in r))
    return make(node.op, args, {**node.attrs, "bodies": bodies}, where=node.where)


def _repeating(body, captures, read):
    count = len(body.parameters) - len(captures)
    kept, new = list(body.parameters[:count]), {}
    for old, capture, taken in zip(body.parameters[count:], captures, read):
        if not taken:
            new[old] = capture
        elif taken[0] is capture:
            kept.append(old)
        else:
            kept.append(parameter(taken[0].type, "c", old.where))
            new[old] = make(ops.broadcast, (kept[-1],), dict(capture.attrs), where=old.where)
    roots = substitute(body.roots, new)
    outputs = len(body.outputs)
    return Graph(kept, roots[:outputs], roots[outputs:], body.updates)


def only_counts(node):
    """Is a value made of a few operations on counted and known integers?"""
    found, stack = set(), [node]
    while stack and len(found) < FEW:
        node = stack.pop()
        found.add(node)
        stack += node.args
        cheap = node.op.kind is ops.Kind.ELEMENTWISE and node.op.cost == 1
        if (
            not (cheap or node.op in (ops.iota, ops.constant, ops.broadcast))
            or node.type.parts is not None
        ):
            return False
    return not stack and any(n.op is ops.iota for n in found)


def in_passing(node):
    """A write of most of an array, at known places, as a choice made while the result is written:
    no pass of its own."""
    a, value, *starts = node.args
    known = [constant_value(s) for s in starts]
    sizes = node.attrs["sizes"]
    if None in sizes or any(k is None for k in known) or set(node.attrs["steps"]) != {1}:
        return node
    a = a.args[0] if a.op is own else a
    if 2 * prod(sizes) < prod(a.shape) or 0 in sizes or crowded(a, value.shape):
        return node
    settings = {"low": tuple(int(k) for k in known), "adds": node.op is ops.add_at}
    return make(replaced, (a, value), settings, where=node.where)


def crowded(a, shape):
    """Would more windows cut the loops into too many parts?"""
    count = 0
    while a.op is replaced:
        count, a = count + 1, a.args[0]
    return count >= (3 if len(shape) == 1 else 1)


def _pad(node):
    """Padding between the elements: a strided write into what pads."""
    x, value = node.args
    low, interior = node.attrs["low"], node.attrs["interior"]
    if not any(interior):
        return node
    full = make(ops.broadcast, (value,), {"shape": node.shape, "axes": ()}, where=node.where)
    if 0 in x.shape:
        return full
    settings = {"sizes": x.shape, "steps": tuple(k + 1 for k in interior)}
    return make(ops.put, (full, x, *map(index, low)), settings, where=node.where)


def _concatenate(node):
    """Pieces that have elements; many are written one after another into an empty array."""
    axis, at = node.attrs["axis"], 0
    pieces = tuple(x for x in node.args if x.shape[axis]) or node.args[:1]
    if len(pieces) == 1:
        return pieces[0]
    if len(pieces) <= MOST_PIECES:
        return make(ops.concatenate, pieces, node.attrs, where=node.where)
    made = make(empty, (), {"type": node.type, "serial": serial()}, node.type, node.where)
    for x in pieces:
        starts = [index(at if k == axis else 0) for k in range(len(x.shape))]
        settings = {"sizes": x.shape, "steps": (1,) * len(x.shape)}
        made = make(ops.put, (made, x, *starts), settings, where=node.where)
        at += x.shape[axis]
    return made


def _reduction(node):
    """Over axes of one element there is nothing to reduce."""
    (x,) = node.args
    axes = reduced_axes(node)
    if any(x.shape[a] != 1 for a in axes):
        return node
    if node.op in ARGS:
        zero = constant(0, np.int64)
        return make(ops.broadcast, (zero,), {"shape": node.shape, "axes": ()}, where=node.where)
    if node.op in (ops.any, ops.all):
        x = with_dtype(x, np.dtype(bool))
    return make(ops.reshape, (x,), {"shape": node.shape}, where=node.where)


REWRITE = {
    ops.pad: _pad,
    ops.concatenate: _concatenate,
    **dict.fromkeys((ops.sum, ops.prod, ops.max, ops.min, ops.any, ops.all, *ARGS), _reduction),
}

__all__ = ["Graph", "normalised"]
