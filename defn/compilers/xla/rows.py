"""Elements written one by one at known places, as one write of them all.

XLA on the CPU compiles each such write by itself, and in each it computes anew what leads to the
value: two hundred of them took it ten seconds. Here the values are put side by side, a part of them
at a time, and who needs one of them later reads it from there.
"""

from __future__ import annotations

import numpy as np
from jax import lax

from defn import ops
from defn.compilers.xla import indexing
from defn.expr import constant_value

SHORT = 8  # writes: fewer are made one by one
PART = 16  # values that are computed together
WRITES = (ops.put, ops.add_at)


class Row:
    """A chain of writes of one kind, of which nobody sees any but the last."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.parts = [nodes[k : k + PART] for k in range(0, len(nodes), PART)]
        self.ends = {part[-1]: part for part in self.parts}

    def emit(self, node, pass_):
        """The array after the last write; before it nobody asks."""
        if node in self.ends:
            pass_.held[node] = _side_by_side(self.ends[node], pass_.values)
        if node is not self.nodes[-1]:
            return None
        values = lax.concatenate([pass_.held[part[-1]] for part in self.parts], 0)
        return self._written(pass_.values[self.nodes[0].args[0]], values)

    def _written(self, array, values):
        places = np.array([place_of(node) for node in self.nodes])
        if self.nodes[0].op is ops.put:
            last = {tuple(place): k for k, place in enumerate(places)}
            kept = sorted(last.values())
            if len(kept) < len(places):
                places, values = places[kept], values[np.array(kept)]
        if _is_window(places):
            sizes = (*(None,) * (array.ndim - 1), len(places))
            rule = indexing.put if self.nodes[0].op is ops.put else indexing.add_at
            return rule(array, values, *map(int, places[0]), sizes=sizes, steps=(1,) * array.ndim)
        rule = indexing.scatter if self.nodes[0].op is ops.put else indexing.scatter_add
        return rule(array, values, *map(np.asarray, places.T), axes=tuple(range(array.ndim)))


def _side_by_side(nodes, values):
    """The values that these nodes write, as a row; who reads them from now on reads the row."""
    written = [node.args[1] for node in nodes]
    place, row = lax.iota(np.int32, len(nodes)), lax.broadcast(values[written[0]], (len(nodes),))
    for k, value in enumerate(written[1:], 1):
        row = lax.select(place == np.int32(k), lax.broadcast(values[value], row.shape), row)
    row = lax.optimization_barrier(row)
    for k, value in enumerate(written):
        if constant_value(value) is None and value.op is not ops.parameter:
            values[value] = lax.index_in_dim(row, k, keepdims=False)
    return row


def _is_window(places):
    steps = np.diff(places, axis=0)
    return bool((steps[:, :-1] == 0).all() and (steps[:, -1] == 1).all())


def place_of(node):
    """Where a node writes, if that is known."""
    starts = [constant_value(start) for start in node.args[2:]]
    return None if any(s is None for s in starts) else tuple(int(s) for s in starts)


def rows(graph, order):
    """For each write that is part of a row, the row."""
    users = {}
    for node in order:
        for arg in node.args:
            users.setdefault(arg, []).append(node)
    found, returned = {}, set(graph.roots)
    for node in order:
        if node not in found and _is_element(node):
            chain = [node]
            while (follower := _follower(chain[-1], users, returned)) is not None:
                chain.append(follower)
            if len(chain) >= SHORT:
                found.update(dict.fromkeys(chain, Row(chain)))
    return found


def _follower(node, users, returned):
    """The one write of the same kind that all there is to a write is for."""
    after = users.get(node, ())
    if len(after) != 1 or node in returned:
        return None
    (other,) = after
    same = other.op is node.op and other.args[0] is node
    return other if same and _is_element(other) else None


def _is_element(node):
    return (
        node.op in WRITES
        and bool(node.shape)
        and set(node.attrs["sizes"]) == {None}
        and place_of(node) is not None
    )
