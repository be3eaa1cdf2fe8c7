"""Transpositions move towards the results: work on turned arrays is done on the arrays as they lie.

`x.T * y.T` becomes `(x * y).T`, a sum along an axis of `x.T` one along another axis of `x`; the loops
then follow the memory, and a result is turned by showing it with other strides, as NumPy's are.
"""

from __future__ import annotations

from defn import ops
from defn.compilers.numba.access import squeezed
from defn.compilers.numba.roots import ARGS, REDUCTIONS, RUNNING, reduced_axes
from defn.expr import make


def turned(graph):
    """The graph with its transpositions as late as they can be."""
    if ops.transpose not in graph.operations:
        return graph
    return graph.transform(_later)


def shown(graph):
    """The graph without transpositions of its results, and for each result how it is to be turned."""
    found, axes = [], []
    for output, update in zip(graph.outputs, graph.updates):
        inner = output.args[0] if output.op is ops.transpose else output
        free = update is None and inner is not output and graph.outputs.count(output) == 1
        if free and inner not in graph.outputs and inner not in found:
            found.append(inner)
            axes.append(output.attrs["axes"])
        else:
            found.append(output)
            axes.append(None)
    return graph.with_outputs(found, graph.updates), tuple(axes)


def turn(x, axes):
    """The value with its axes in another order."""
    if x.op is ops.transpose:
        x, axes = x.args[0], tuple(x.attrs["axes"][a] for a in axes)
    if axes == tuple(range(len(axes))):
        return x
    return make(ops.transpose, (x,), {"axes": axes}, where=x.where)


def _later(node):
    """The node, with a transposition of its operands done to its result."""
    if node.op is ops.transpose:
        return turn(node.args[0], node.attrs["axes"])
    if not any(a.op is ops.transpose for a in node.args):
        return node
    if node.op.kind is ops.Kind.ELEMENTWISE:
        return _elementwise(node)
    rule = LATER.get(node.op)
    return rule(node) if rule else node


def _elementwise(node):
    axes = _common(node.args)
    if axes is None:
        return node
    args = tuple(_unturned(a, axes) for a in node.args)
    return turn(make(node.op, args, node.attrs, where=node.where), axes)


def _common(args):
    """How all operands that are turned are turned; None where others would have to be, too."""
    found = {a.attrs["axes"] for a in args if a.op is ops.transpose}
    others = [a for a in args if a.op is not ops.transpose]
    return found.pop() if len(found) == 1 and all(map(_is_free, others)) else None


def _is_free(node):
    """Does turning a value cost nothing, because it repeats or counts?"""
    if node.op is ops.broadcast:
        return node.type.size > node.args[0].type.size
    return node.op is ops.iota or node.op is ops.constant and node.type.size == 1


def _unturned(node, axes):
    """The value that gives the node when it is turned."""
    if node.op is ops.transpose:
        return node.args[0]
    shape = _before(node.shape, axes)
    if node.op is ops.broadcast:
        settings = {"shape": shape, "axes": tuple(axes[k] for k in node.attrs["axes"])}
    elif node.op is ops.iota:
        settings = {**node.attrs, "shape": shape, "axis": axes[node.attrs["axis"]]}
    else:
        return turn(node, _back(axes))
    return make(node.op, node.args, settings, where=node.where)


def _back(axes):
    """The order that undoes another."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


def _before(values, axes):
    """What belongs to each axis before the turn, of what belongs to each after it."""
    return tuple(values[k] for k in _back(axes))


def _along(values, kept):
    """Places among the kept axes instead of among all."""
    order = sorted(kept)
    return tuple(order.index(a) for a in values)


# --- what is not element-wise --------------------------------------------------------------------


def _reduction(node):
    (x,) = node.args
    axes, gone = x.attrs["axes"], reduced_axes(node)
    kept = [axes[k] for k in range(len(axes)) if k not in gone]
    inner = tuple(sorted(axes[k] for k in gone))
    settings = {"axis": inner[0]} if node.op in ARGS else {**node.attrs, "axes": inner}
    made = make(node.op, x.args, settings, where=node.where)
    return turn(made, _along(kept, kept))


def _running(node):
    (x,) = node.args
    axes = x.attrs["axes"]
    settings = {**node.attrs, "axis": axes[node.attrs["axis"]]}
    return turn(make(node.op, x.args, settings, where=node.where), axes)


def _flip(node):
    (x,) = node.args
    axes = x.attrs["axes"]
    settings = {"axes": tuple(sorted(axes[k] for k in node.attrs["axes"]))}
    return turn(make(ops.flip, x.args, settings, where=node.where), axes)


def _get(node):
    a, *starts = node.args
    if a.op is not ops.transpose:
        return node
    axes, sizes = a.attrs["axes"], node.attrs["sizes"]
    settings = {"sizes": _before(sizes, axes), "steps": _before(node.attrs["steps"], axes)}
    args = (a.args[0], *_before(starts, axes))
    kept = [axes[k] for k, n in enumerate(sizes) if n is not None]
    return turn(make(ops.get, args, settings, where=node.where), _along(kept, kept))


def _pad(node):
    x, value = node.args
    if x.op is not ops.transpose:
        return node
    axes = x.attrs["axes"]
    settings = {name: _before(node.attrs[name], axes) for name in ("low", "high", "interior")}
    return turn(make(ops.pad, (x.args[0], value), settings, where=node.where), axes)


def _concatenate(node):
    axes = _common(node.args)
    if axes is None:
        return node
    args = tuple(_unturned(a, axes) for a in node.args)
    settings = {"axis": axes[node.attrs["axis"]]}
    return turn(make(ops.concatenate, args, settings, where=node.where), axes)


def _reshape(node):
    """Axes of one element are added and dropped before the turn as well as after it."""
    (x,) = node.args
    if squeezed(node.shape) != squeezed(x.shape):
        return node
    inner, axes = x.args[0], x.attrs["axes"]
    long = [a for a, n in enumerate(inner.shape) if n != 1]
    order = iter(_along([a for a in axes if inner.shape[a] != 1], long))
    ones = iter(range(len(long), len(node.shape)))
    moved = tuple(next(ones) if n == 1 else next(order) for n in node.shape)
    shape = tuple(inner.shape[a] for a in long) + (1,) * (len(node.shape) - len(long))
    return turn(make(ops.reshape, (inner,), {"shape": shape}, where=node.where), moved)


LATER = {
    **dict.fromkeys(REDUCTIONS, _reduction),
    **dict.fromkeys(RUNNING, _running),
    ops.flip: _flip,
    ops.get: _get,
    ops.pad: _pad,
    ops.concatenate: _concatenate,
    ops.reshape: _reshape,
}
