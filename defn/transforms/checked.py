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
from defn.tensor import apply, asarray, call_ufunc, wrap
from defn.trace import Trace, tracing
from defn.types import is_float

STARTS = {ops.get: 1, ops.put: 2, ops.add_at: 2}  # where the starts begin among the operands
INDICES = {ops.gather: 1, ops.scatter: 2, ops.scatter_add: 2}
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
    """The graph with a check after every node that can go wrong; effects stay in program order."""
    order = schedule(graph)
    with tracing(Trace("checked mode")):
        done, effects = {}, []
        for node in order:
            renewed = node.with_args([done[a] for a in node.args]) if node.args else node
            done[node] = renewed = with_bodies(renewed, checked)
            effects += _before(renewed)
            if node.op.kind is ops.Kind.EFFECT:
                effects.append(renewed)
            elif "bodies" in node.attrs and any(body.effects for body in renewed.attrs["bodies"]):
                effects.append(renewed)
            effects += _after(renewed)
    outputs = [done[o] for o in graph.outputs]
    return Graph(graph.parameters, outputs, list(dict.fromkeys(effects)), graph.updates)


def _check(holds, node, message, error, *values):
    attrs = {"message": message, "error": error, "serial": serial()}
    return make(ops.check, (holds.node, *values), attrs, where=node.where)


# Indices.


def _before(node):
    """The checks that an index is inside its axis."""
    if 0 in node.attrs.get("sizes", ()):
        return []
    if node.op in STARTS:
        starts, shape = node.args[STARTS[node.op] :], node.args[0].shape
        spans = [
            1 if n is None else max(0, (n - 1) * k + 1)
            for n, k in zip(node.attrs["sizes"], node.attrs["steps"])
        ]
        return [c for k, s in enumerate(starts) for c in _inside(node, s, shape[k], spans[k], k)]
    if node.op in INDICES:
        places, axes = node.args[INDICES[node.op] :], node.attrs["axes"]
        return [
            c
            for axis, p in zip(axes, places)
            for c in _inside(node, p, node.args[0].shape[axis], 1, axis)
        ]
    return []


def _inside(node, place, size, span, axis):
    if constant_value(place) is not None and not place.shape:
        return []
    index = wrap(place)
    holds = (index >= 0) & (index <= size - span)
    message = f"index {{}} is out of bounds for axis {axis} with size {size}"
    if not place.shape:
        return [_check(holds, node, message, "index", place)]
    every = apply(ops.all, holds, axes=tuple(range(len(place.shape))))
    return [_check(every, node, message.replace("{} ", "of an array "), "index")]


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
