"""Checked mode: indices are tested, and the first operation that makes a nan, an infinity or an
overflow is named.

A pass that adds checks to a graph and to the bodies in it, in the order in which the program runs.
"""

from __future__ import annotations

import functools

import numpy as np

from defn import ops
from defn.expr import constant_value, make, serial
from defn.graph import Graph, with_bodies
from defn.order import schedule
from defn.tensor import apply, asarray, astype, call_ufunc, wrap
from defn.trace import Trace, tracing
from defn.transforms.intervals import Intervals
from defn.types import is_float

STARTS = {ops.get: 1, ops.put: 2, ops.add_at: 2}  # where the starts begin among the operands
INDICES = {ops.gather: 1, ops.scatter: 2, ops.scatter_add: 2}
UINT64 = np.dtype(np.uint64)
EXACT = {
    ops.select,
    ops.stop_grad,
    ops.real_part,
    ops.imag_part,
    ops.complex_of,
    ops.bitcast,
    ops.conjugate,
}


def checked(graph):
    """The graph with a check after every node that can go wrong."""
    return _with_checks(graph, Everything())


def with_indices_checked(graph):
    """The graph with a check of every index that may be outside of its axis, for all that is known of its value."""
    return _with_checks(graph, Unproven(Intervals()))


class Everything:
    """The checks of checked mode."""

    def before(self, node):
        return [_inside(*place) for place in _places(node)]

    def after(self, node):
        return _after(node)

    def inside(self, node, body):
        return self


class Unproven:
    """The checks of indices in one scope: of each place once, and not of those that are surely inside."""

    def __init__(self, intervals):
        self.intervals, self.seen = intervals, set()

    def before(self, node):
        return [_inside(*place) for place in _places(node) if self._is_new(*place)]

    def _is_new(self, node, place, last, axis):
        low, high = self.intervals.interval(place)
        new = (place, last) not in self.seen and not 0 <= low <= high <= last
        self.seen.add((place, last))
        return new

    def after(self, node):
        return []

    def inside(self, node, body):
        return Unproven(self.intervals.inside(node, body))


def _with_checks(graph, rule):
    """The graph with the checks that go before and after its nodes; effects stay in program order."""
    order = schedule(graph)
    with tracing(Trace("checked mode")):
        done, effects = {}, []
        for node in order:
            renewed = node.with_args([done[a] for a in node.args]) if node.args else node
            effects += rule.before(renewed)
            bodies = lambda body, at=renewed: _with_checks(body, rule.inside(at, body))
            done[node] = renewed = with_bodies(renewed, bodies)
            if node.op.kind is ops.Kind.EFFECT:
                effects.append(renewed)
            elif "bodies" in node.attrs and any(body.effects for body in renewed.attrs["bodies"]):
                effects.append(renewed)
            effects += rule.after(renewed)
    outputs = [done[o] for o in graph.outputs]
    return Graph(graph.parameters, outputs, list(dict.fromkeys(effects)), graph.updates)


def _check(holds, node, message, error, *values):
    attrs = {"message": message, "error": error, "serial": serial()}
    return make(ops.check, (holds.node, *values), attrs, where=node.where)


# Indices.


def _places(node):
    """The indices of a read or write that are not known: (node, index, the last one that is inside, axis)."""
    if 0 in node.attrs.get("sizes", ()):
        return []
    if node.op in STARTS:
        sizes = zip(node.attrs["sizes"], node.attrs["steps"])
        spans = [1 if n is None else max(0, (n - 1) * k + 1) for n, k in sizes]
        found = enumerate(zip(node.args[STARTS[node.op] :], spans))
    elif node.op in INDICES:
        found = ((a, (p, 1)) for a, p in zip(node.attrs["axes"], node.args[INDICES[node.op] :]))
    else:
        return []
    shape = node.args[0].shape
    unknown = lambda place: place.type.size if place.shape else constant_value(place) is None
    return [(node, place, shape[k] - span, k) for k, (place, span) in found if unknown(place)]


def _inside(node, place, last, axis):
    """The check that an index, or each in an array, is inside its axis."""
    index, size = wrap(place), node.args[0].shape[axis]
    message = f"index {{}} is out of bounds for axis {axis} with size {size}"
    if not place.shape:
        holds = (index >= 0) & (index <= last)
        return _check(holds, node, message, "index", _as_given(place))
    holds = astype(index, UINT64) <= last  # without its sign a negative index is a large one
    every = apply(ops.all, holds, axes=tuple(range(len(place.shape))))
    return _check(every, node, message.replace("{} ", "of an array "), "index")


def _as_given(place):
    """The index that the user gave: of `i + n if i < 0 else i` it is i."""
    counted = place.op is ops.select and place.args[0].op is ops.less
    return place.args[2] if counted and place.args[0].args[0] is place.args[2] else place


# Numbers.


def _after(node):
    """The check that an operation made no nan, infinity or overflow out of sound numbers."""
    if node.type.parts is not None or node.type.tape or not node.args or node.op in EXACT:
        return []
    if node.op.kind not in (ops.Kind.ELEMENTWISE, ops.Kind.REDUCTION, ops.Kind.PRODUCT):
        return []
    if is_float(node.dtype) or node.dtype.kind == "c":
        return _unsound(node)
    return _overflow(node) if node.op in OVERFLOWS and node.dtype.kind in "iu" else []


def _every(tensor):
    return apply(ops.all, tensor, axes=tuple(range(tensor.ndim))) if tensor.ndim else tensor


def _finite(node):
    return _every(call_ufunc(np.isfinite, wrap(node)))


def _unsound(node):
    sound = [
        a
        for a in dict.fromkeys(node.args)
        if a.dtype is not None and a.dtype.kind in "fc" or is_float(a.dtype)
    ]
    inputs = functools.reduce(lambda x, y: x & y, map(_finite, sound)) if sound else asarray(True)
    holds = _finite(node) | call_ufunc(np.logical_not, inputs)
    return [
        _check(holds, node, f"{node.op} made a nan or an infinity out of finite numbers", "number")
    ]


def _overflow(node):
    x, y = map(wrap, node.args)
    holds = call_ufunc(np.logical_not, OVERFLOWS[node.op](x, y, wrap(node)))
    return [_check(_every(holds), node, f"{node.op} of {node.dtype} overflowed", "overflow")]


def _sum_overflows(x, y, total):
    if total.dtype.kind == "u":
        return total < x
    return ((x ^ total) & (y ^ total)) < 0


def _difference_overflows(x, y, rest):
    if rest.dtype.kind == "u":
        return x < y
    return ((x ^ y) & (x ^ rest)) < 0


def _product_overflows(x, y, product):
    least = np.iinfo(product.dtype).min
    back = call_ufunc(np.floor_divide, product, y)
    wraps = (x == least) & (y == -1) if product.dtype.kind == "i" else asarray(False)
    return ((y != 0) & (back != x)) | wraps


OVERFLOWS = {
    ops.add: _sum_overflows,
    ops.subtract: _difference_overflows,
    ops.multiply: _product_overflows,
}
