"""Sorted arrays of which only a few places are read, as medians and quantiles do: those are selected.

Selecting (`np.partition`) is linear in the length of a line, and gives the same values in these places.
So it is with the order of which the first or last places are read, as `top_k` does.
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.compilers.numba.roots import placed, selected
from defn.expr import constant_value, make
from defn.trace import known_value

MOST = 8  # places
SHARE = 8  # of what part of a line the ends may be in order
SHORT = 4096  # lines that are sorted as quickly


def in_places(graph):
    """The graph in which sorted arrays whose readers know their places are sorted there only."""
    if graph.operations.isdisjoint((*FEWER, *PARTS)):
        return graph
    graph = graph.map_bodies(whole)
    users, roots = graph.users(), set(graph.roots)

    def rule(node, args):
        made = node.with_args(args) if args else node
        if node.op in PARTS:
            return parted(made)
        if not is_long_sort(node) or node in roots:
            return made
        places = read_places(node, users[node])
        settings = None if places is None else FEWER[node.op](places, line_of(node))
        if settings is None:
            return made
        op = SELECTED[node.op]
        return make(op, made.args, {**node.attrs, **settings}, where=node.where)

    return graph.remade(rule)


def is_part(node):
    """Is the node one that parts lines, which is done here?"""
    return node.op in PARTS


def whole(graph):
    """The graph of a body, which calls nothing of NumPy's: what is to be parted is sorted."""
    if graph.operations.isdisjoint(PARTS):
        return graph.map_bodies(whole)
    return graph.transform(lambda node: in_order(node) if is_part(node) else node).map_bodies(whole)


def parted(node):
    """The node with which lines are parted, or sorted where they are short."""
    if not is_long(node):
        return in_order(node)
    return make(SELECTED[node.op], node.args, {**node.attrs, "low": 0, "high": 0}, where=node.where)


def in_order(node):
    """The node that sorts what another one parts."""
    return make(PARTS[node.op], node.args, {"axis": node.attrs["axis"]}, where=node.where)


def is_long(node):
    """Are the lines long, and of numbers with one order?"""
    return line_of(node) >= SHORT and node.args[0].dtype.kind in "biuf"


def is_long_sort(node):
    """Is it a sort of lines that are long enough, of numbers with one order?"""
    return node.op in FEWER and is_long(node)


def line_of(node):
    """How long the lines are that are sorted."""
    return node.shape[node.attrs["axis"]]


def fewer_values(places, size):
    """What to select of the values in such places; None where sorting is as quick."""
    if len(places) <= MOST:
        return {"kth": places, "low": 0, "high": 0}
    return ends(places, size)


def ends(places, size):
    """How many places at both ends of a line are to be in order; None where that is most of it."""
    low = max((p + 1 for p in places if 2 * p < size), default=0)
    high = max((size - p for p in places if 2 * p >= size), default=0)
    return {"kth": (), "low": low, "high": high} if SHARE * (low + high) <= size else None


FEWER = {ops.sort: fewer_values, ops.argsort: ends}
PARTS = {ops.partition: ops.sort, ops.argpartition: ops.argsort}
SELECTED = {
    ops.sort: selected, ops.partition: selected, ops.argsort: placed, ops.argpartition: placed,
}  # fmt: skip


def read_places(node, readers):
    """The places along its axis at which a sorted array is read, in order; None where they are not known."""
    found = set()
    for reader in readers:
        places = READ.get(reader.op, unknown)(reader, node)
        if places is None:
            return None
        found.update(np.ravel(places).tolist())
    return tuple(sorted(found))


def unknown(reader, node):
    """Not to be told."""
    return None


def of_window(reader, node):
    """The places of a window."""
    axis = node.attrs["axis"]
    start = constant_value(reader.args[1 + axis])
    if start is None:
        return None
    return int(start) + reader.attrs["steps"][axis] * np.arange(reader.attrs["sizes"][axis] or 1)


def of_indices(reader, node):
    """The places that an index says which depends on no argument."""
    alone = reader.attrs["axes"] == (node.attrs["axis"],) and reader.args[0] is node
    return known_value(reader.args[1]) if alone else None


READ = {ops.get: of_window, ops.gather: of_indices}
