"""Several windows that are added to one array in a row, as one pass over what they have in common.

The gradient of `a[i - 1] + a[i] + a[i + 1]` adds one array to three windows of another: three
passes. Where all three meet, one pass adds them in the same order; what is left are borders.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.expr import constant_value, index, make
from defn.graph import Graph

LEAST = 256  # elements of a window
MOST_WINDOWS = 9


def together(graph):
    """The graph in which such windows, in the bodies of loops, are added in one pass."""
    return graph.map_bodies(_in_body)


def _in_body(body):
    body = body.map_bodies(_in_body)
    if ops.add_at not in body.operations:
        return body
    users, done = body.users(), {}
    inner = {n.args[0] for n in body.order if _joins(n, users, body)}
    for node in body.order:
        now = node.with_args([done[a] for a in node.args]) if node.args else node
        last = node.op is ops.add_at and node not in inner
        done[node] = _added(now, {done[n] for n in inner if n in done}) if last else now
    outputs, effects = ([done[n] for n in group] for group in (body.outputs, body.effects))
    return Graph(body.parameters, outputs, effects, body.updates)


def _joins(node, users, body):
    """Is a window added to what nobody but it reads?"""
    before = node.args[0] if node.op is ops.add_at else None
    return (
        before is not None
        and _box(node) is not None
        and len(users[before]) == 1
        and (before.op is ops.add_at and _box(before) is not None and before not in body.roots)
    )


def _box(node):
    """The ends of a window along each axis; None where they are not known or there are gaps."""
    starts = [constant_value(start) for start in node.args[2:]]
    sizes = node.attrs["sizes"]
    if None in sizes or any(s is None for s in starts) or set(node.attrs["steps"]) != {1}:
        return None
    return tuple((int(s), int(s) + n) for s, n in zip(starts, sizes))


def _added(last, inner):
    """The windows of a chain in one pass, then their borders."""
    if _box(last) is None:
        return last
    chain, array = [last], last.args[0]
    while array in inner and len(chain) < MOST_WINDOWS:
        chain.insert(0, array)
        array = array.args[0]
    common = tuple(
        (max(low), min(high)) for low, high in (zip(*ends) for ends in zip(*map(_box, chain)))
    )
    if len(chain) < 2 or 2 * _volume(common) < max(LEAST, *(prod(n.args[1].shape) for n in chain)):
        return last
    total = _window(array, common)
    for node in chain:
        total = make(ops.add, (total, _window(node.args[1], _moved(common, _box(node)))))
    array = _write(ops.put, array, total, common, last)
    for node in chain:
        for border in _borders(_box(node), common):
            value = _window(node.args[1], _moved(border, _box(node)))
            array = _write(ops.add_at, array, value, border, node)
    return array


def _volume(box):
    return prod(max(0, high - low) for low, high in box)


def _moved(box, origin):
    """A box as seen from the corner of another."""
    return tuple((low - start, high - start) for (low, high), (start, _) in zip(box, origin))


def _settings(box):
    return {"sizes": tuple(high - low for low, high in box), "steps": (1,) * len(box)}


def _window(array, box):
    if box == tuple((0, n) for n in array.shape):
        return array
    return make(ops.get, (array, *(index(low) for low, _ in box)), _settings(box))


def _write(op, array, value, box, node):
    starts = (index(low) for low, _ in box)
    return make(op, (array, value, *starts), _settings(box), where=node.where)


def _borders(box, common):
    """What a box has beside another inside it, as boxes."""
    for axis, ((low, high), (first, last)) in enumerate(zip(box, common)):
        for ends in ((low, first), (last, high)):
            if ends[0] < ends[1]:
                yield (*common[:axis], ends, *box[axis + 1 :])
