"""Loops whose trips may run in any order, or at once: each reads and writes rows of its own.

`for i in range(n): x[i] = f(x[i])` is such a loop, whatever the trips do inside of their rows.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.expr import constant_value
from defn.transforms.affine import Scope

PLACED = (ops.put, ops.add_at)
FREE = (ops.Kind.LEAF, ops.Kind.MOVEMENT)
UNKNOWN = 8  # trips of a loop of which it is not known how many it makes


def trips(node):
    """How many trips a loop makes, from 0 on; None where that is not known."""
    if node.op is not ops.loop:
        return None
    low, high = map(constant_value, ops.lead(node))
    return int(high) if high is not None and low == 0 else None


def are_apart(node):
    """Is it proved that no trip reads or writes what another one writes?"""
    (body,) = node.attrs["bodies"]
    states = body.parameters[1 : 1 + node.attrs["carries"]]
    if not states or not all(s.shape for s in states) or _is_bound(body):
        return False
    index, scope = body.parameters[0], Scope().inside(node, body)
    return all(_has_rows(body, s, o, index, scope) for s, o in zip(states, body.outputs))


def _is_bound(body):
    """Does a body, or one in it, keep values for later or have effects?"""
    return (
        bool(body.effects)
        or any(p.type.tape for p in body.parameters)
        or ops.tape in body.operations
        or any(_is_bound(b) for node in body.order for b in node.attrs.get("bodies", ()))
    )


def _has_rows(body, state, output, index, scope):
    """Is there an axis along which each trip keeps to places of its own?"""
    found = []
    if output not in _versions(body, {state}, scope, found):
        return False
    return any(_keep_apart([place.axes[axis] for place in found], index)
               for axis in range(len(state.shape)))  # fmt: skip


def _versions(body, versions, scope, found):
    """An array after each of the writes to it; the places that are read or written are added to
    what was found. Nothing where it is read as a whole."""
    for node in body.order:
        used = [k for k, a in enumerate(node.args) if a in versions]
        if not used:
            continue
        if node.op in (*PLACED, ops.get) and used == [0]:
            found.append(scope.place(node))
            versions |= {node} if node.op in PLACED else set()
        elif node.op is ops.item:
            continue
        elif node.op not in (ops.loop, ops.cond) or not _inside(body, node, versions, scope, found):
            return set()
    return versions


def _inside(body, node, versions, scope, found):
    """Do the bodies of a structure hand versions of an array on as such? Its results join them."""
    first, lead, carries = ops.INDEX[node.op], len(ops.lead(node)), node.attrs["carries"]
    places = [k - lead for k, a in enumerate(node.args) if a in versions]
    if any(k < 0 for k in places):
        return False
    carried = {k for k in places if k < carries}
    for inner in node.attrs["bodies"]:
        mine = {inner.parameters[first + k] for k in places}
        mine = _versions(inner, mine, scope.inside(node, inner), found)
        if {k for k, o in enumerate(inner.outputs) if o in mine} != carried or not mine:
            return False
    versions |= {n for n in body.order if n.op is ops.item and n.args[0] is node
                 and n.attrs["index"] in carried}  # fmt: skip
    return True


def _keep_apart(windows, index):
    """Do windows along an axis move on by as much as they are long, or more?"""
    if any(set(form.factors) != {index} for form, _, _ in windows):
        return False
    moves = {form.factors[index] for form, _, _ in windows}
    low = min((form.constant for form, _, _ in windows), default=0)
    high = max((form.constant + (n - 1) * step for form, n, step in windows), default=0)
    return len(moves) == 1 and high - low < abs(moves.pop())


def amount(node):
    """How much a loop does, in additions."""
    (body,) = node.attrs["bodies"]
    count = trips(node)
    return (UNKNOWN if count is None else count) * sum(map(_operations, body.order))


def _operations(node):
    if node.op is ops.loop:
        return amount(node)
    if node.op in ops.LEAD:
        return max(sum(map(_operations, body.order)) for body in node.attrs["bodies"])
    if node.op is ops.item or node.op.kind in FREE or node.type.parts is not None:
        return 0
    if node.op in PLACED:
        return prod(node.args[1].shape)
    return prod(node.shape) * (node.op.cost if node.op.kind is ops.Kind.ELEMENTWISE else 1)
