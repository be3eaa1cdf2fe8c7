"""Sorted arrays of which only a few places are read, as medians and quantiles do: those are selected.

Selecting (`np.partition`) is linear in the length of a line, and gives the same values in these places.
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.compilers.numba.roots import selected
from defn.expr import constant_value, make
from defn.trace import known_value

MOST = 8  # places
SHORT = 4096  # lines that are sorted as quickly


def in_places(graph):
    """The graph in which sorted arrays whose readers know their places are sorted there only."""
    if ops.sort not in graph.operations:
        return graph
    users, roots = graph.users(), set(graph.roots)

    def rule(node, args):
        made = node.with_args(args) if args else node
        if node.op is not ops.sort or node in roots or node.shape[node.attrs["axis"]] < SHORT:
            return made
        places = read_places(node, users[node])
        if places is None or len(places) > MOST:
            return made
        settings = {"axis": node.attrs["axis"], "kth": places}
        return make(selected, made.args, settings, where=node.where)

    return graph.remade(rule)


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
