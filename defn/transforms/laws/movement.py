"""Laws of moving elements."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.expr import make


def in_place(attrs, shape):
    """Do the axes stay in their order?"""
    return attrs["axes"] == tuple(range(len(shape)))


def where_nothing_moves(still):
    """The operand, where `still(settings, shape before, shape after)`: nothing moves."""
    return lambda node: node.args[0] if still(node.attrs, node.args[0].shape, node.shape) else None


same_shape = where_nothing_moves(lambda attrs, before, after: before == after)
same_order = where_nothing_moves(lambda attrs, before, after: in_place(attrs, before))
same_size = where_nothing_moves(
    lambda attrs, before, after: before == after and in_place(attrs, before)
)
nothing_flipped = where_nothing_moves(
    lambda attrs, before, after: all(before[k] == 1 for k in attrs["axes"])
)


def twice(op, combined):
    """`op` of `op` is one `op` with combined settings."""

    def law(node):
        inner = node.args[0]
        if inner.op is not op:
            return None
        return make(op, inner.args, combined(inner.attrs, node.attrs))

    return law


def last_shape(first, second):
    return second


def composed_axes(first, second):
    return {"axes": tuple(first["axes"][k] for k in second["axes"])}


def either_axes(first, second):
    return {"axes": tuple(sorted(set(first["axes"]) ^ set(second["axes"])))}


def spread_on(first, second):
    return {"shape": second["shape"], "axes": tuple(second["axes"][k] for k in first["axes"])}


def of_one_value(node):
    """A scalar repeated is the same however it is moved: it is repeated to the new shape."""
    x = node.args[0]
    if x.op is not ops.broadcast or x.args[0].shape:
        return None
    return spread_scalar(x.args[0], node.shape)


def spread_scalar(scalar, shape):
    """A scalar repeated to a shape."""
    return make(ops.broadcast, (scalar,), {"shape": shape, "axes": ()}) if shape else scalar


def write_through_transpose(node):
    """A write into a transposed array, transposed back, is a write into the array."""
    put, axes = node.args[0], node.attrs["axes"]
    if put.op not in (ops.put, ops.add_at) or put.args[0].op is not ops.transpose:
        return None
    base, order = put.args[0].args[0], put.args[0].attrs["axes"]
    if tuple(axes[k] for k in order) != tuple(range(len(order))):
        return None
    value, starts, sizes, steps = put.args[1], put.args[2:], put.attrs["sizes"], put.attrs["steps"]
    kept = [k for k in range(len(order)) if sizes[k] is not None]
    value_axes = tuple(int(k) for k in np.argsort([order[k] for k in kept]))
    if value_axes != tuple(range(len(kept))):
        value = make(ops.transpose, (value,), {"axes": value_axes})
    attrs = {"sizes": tuple(sizes[k] for k in axes), "steps": tuple(steps[k] for k in axes)}
    return make(put.op, (base, value, *(starts[k] for k in axes)), attrs)


def no_axes(node):
    """A reduction over no axes is its operand."""
    return node.args[0] if node.attrs["axes"] == () and node.type == node.args[0].type else None


def of_one(node):
    """One array, concatenated, is itself."""
    return node.args[0] if len(node.args) == 1 else None


LAWS = {
    ops.reshape: (same_shape, of_one_value, twice(ops.reshape, last_shape)),
    ops.transpose: (
        same_order,
        of_one_value,
        twice(ops.transpose, composed_axes),
        write_through_transpose,
    ),
    ops.flip: (nothing_flipped, of_one_value, twice(ops.flip, either_axes)),
    ops.broadcast: (same_size, twice(ops.broadcast, spread_on)),
    ops.concatenate: (of_one,),
    **dict.fromkeys((ops.sum, ops.prod, ops.max, ops.min, ops.any, ops.all), (no_axes,)),
}
