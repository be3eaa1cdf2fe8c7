"""A window that is cleared, and to which what was in it is added again: left as it is.

The cotangent of `a[w] -= f(b)` is read from its window, which is cleared, for the old elements have
no influence; but they have, through the difference, and it comes back after others were added. The
sum is the same in another order.
"""

from __future__ import annotations

from defn import ops
from defn.expr import make
from defn.graph import Graph
from defn.transforms.affine import Scope
from defn.transforms.rebuild import replaced
from defn.transforms.shapes import is_zero


def uncleared(parameters, outputs):
    """The results of a backward pass in which windows begin with what is to be added to them."""
    graph = Graph(parameters, outputs)
    if not {ops.put, ops.add_at} <= graph.operations:
        return outputs
    users, new = graph.users(), {}
    for node in graph.order:
        cleared = _cleared(node, users, graph.roots) if node.op is ops.add_at else None
        if cleared is not None and cleared not in new:
            new[cleared], new[node] = _begun(cleared, node.args[1]), node.args[0]
    return replaced(outputs, new)


def _cleared(node, users, roots):
    """The write of zeros where a node adds something, if nothing reads the array in between, and
    nothing else is written there."""
    array, scope = node.args[0], Scope()
    alone = lambda n: len(users[n]) == 1 and n not in roots
    apart = lambda n: n.op is ops.put and scope.place(n).apart(scope.place(node), scope.ranges)
    while (array.op is ops.add_at or apart(array)) and alone(array):
        array = array.args[0]
    same = array.op is ops.put and array.args[2:] == node.args[2:] and array.attrs == node.attrs
    return array if same and alone(array) and is_zero(array.args[1]) else None


def _begun(cleared, value):
    """The array with a value in the window; as it is where the value is what is in there."""
    array, _, *places = cleared.args
    if value.op is ops.get and value.args == (array, *places) and value.attrs == cleared.attrs:
        return array
    return make(ops.put, (array, value, *places), cleared.attrs, where=cleared.where)
