"""One window for many small reads and writes around one place.

Where all of a scope's reads and writes of an array are single elements at constant offsets from one
place, the enclosing window is read once, every update happens in it by masks, and it is written
once: in place, because the start is the same.
"""

from __future__ import annotations

import math

import numpy as np
from jax import lax

from defn import ops
from defn.compilers.xla.bits import where
from defn.compilers.xla.indexing import plus, read_window, write_window
from defn.expr import constant_value
from defn.numpy.linear import linear

LIMIT = 64  # elements of a window
FEW = 4  # reads and versions of the array: fewer are cheaper one by one
WRITES = (ops.put, ops.add_at)


class Window:
    """The elements one scope reads and writes at constant offsets from one place, held as a small
    array.
    """

    def __init__(self, root, nodes, last):
        self.root, self.nodes, self.last = root, nodes, last
        offsets = list(zip(*map(offsets_of, nodes)))
        self.low = [min(along) for along in offsets]
        self.shape = tuple(max(along) - low + 1 for along, low in zip(offsets, self.low))

    def starts(self, values):
        """Where the window begins: as far before the first node's place as the least offset is."""
        first = self.nodes[0]
        return [
            started(start, values, low - offset)
            for start, offset, low in zip(starts_of(first), offsets_of(first), self.low)
        ]

    def place(self, node):
        """Where in the window a node reads or writes."""
        return tuple(k - low for k, low in zip(offsets_of(node), self.low))

    def emit(self, node, pass_):
        """The value of a read; the window after a write; the array after the last write."""
        held = pass_.held
        if self.root not in held:
            held[self.root] = self.read(pass_)
        window, at = held[node.args[0]], self.place(node)
        if node.op is ops.get:
            return window[at]
        held[node] = self.updated(node, window, at, pass_.values[node.args[1]])
        if node is self.last:
            return write_window(pass_.values[self.root], held[node], self.starts(pass_.values))
        return held[node]

    def read(self, pass_):
        """The window's elements; apart, where fusing the read into other writes would copy the
        array.
        """
        array, starts = pass_.values[self.root], self.starts(pass_.values)
        if pass_.scope.apart:
            return pass_.behind(lambda a, *s: read_window(a, s, self.shape), array, *starts)
        return read_window(array, starts, self.shape)

    def updated(self, node, window, at, value):
        mask = np.zeros(self.shape, bool)
        mask[at] = True
        new = lax.broadcast(value, self.shape)
        return where(mask_array(mask), new if node.op is ops.put else plus(window, new), window)


def mask_array(mask):
    """A known mask, made of counting so that it needs no constant in memory."""
    place = np.argwhere(mask)[0]
    found = None
    for axis, k in enumerate(place):
        if mask.shape[axis] > 1:
            here = lax.broadcasted_iota(np.int32, mask.shape, axis) == np.int32(k)
            found = here if found is None else found & here
    return lax.full(mask.shape, True) if found is None else found


def starts_of(node):
    """The starts of a read or write."""
    return node.args[1:] if node.op is ops.get else node.args[2:]


def offsets_of(node):
    """The constants in the starts."""
    return [linear(start)[1] for start in starts_of(node)]


def place_of(node):
    """The starts without their constants: what nodes of one window have in common."""
    return tuple(frozenset(linear(start)[0].items()) for start in starts_of(node))


def started(start, values, more):
    """The value of a start plus a constant."""
    known = constant_value(start)
    return values[start] + np.int64(more) if known is None else np.int64(int(known) + more)


def windows(graph, order, writes):
    """For each node that a window serves, the window: of chains of so many writes or more."""
    users, found = {}, {}
    for node in order:
        for arg in dict.fromkeys(node.args):
            users.setdefault(arg, []).append(node)
    writer = {n.args[0]: n for n in order if n.op in WRITES}
    roots = [*graph.parameters, *(n for n in order if n.op not in WRITES)]
    for root in roots:
        if root in writer and root.shape:
            window = _window(root, writer, users, graph, writes)
            if window is not None:
                found.update((n, window) for n in window.nodes)
    return found


def _window(root, writer, users, graph, writes):
    """The window of one array's chain of writes, if all of its nodes fit into one."""
    chain = [root]
    while chain[-1] in writer:
        chain.append(writer[chain[-1]])
    if len(chain) <= writes or any(v in graph.outputs for v in chain[:-1]):
        return None
    nodes = [u for v in chain[:-1] for u in users[v]]
    nodes += [u for u in users.get(chain[-1], ()) if u.op is ops.get and _is_element(u)]
    reads = [n for n in nodes if n.op is not ops.put]
    if len(reads) + len(chain) < FEW:
        return None
    if not all(_is_simple(n, chain) for n in nodes) or not _one_place(nodes):
        return None
    window = Window(root, nodes, chain[-1])
    fits = math.prod(window.shape) <= LIMIT and all(
        s <= n for s, n in zip(window.shape, root.shape)
    )
    return window if fits else None


def _is_element(node):
    return set(node.attrs["sizes"]) == {None}


def _is_simple(node, chain):
    """Does this node read or write one element of the chain, and use it in no other way?"""
    known = (
        node.op in (ops.get, *WRITES)
        and node.args[0] in chain
        and node.args.count(node.args[0]) == 1
    )
    return known and _is_element(node)


def _one_place(nodes):
    return len(set(map(place_of, nodes))) == 1
