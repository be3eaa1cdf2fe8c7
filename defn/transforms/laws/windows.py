"""Windows that overlap, added up: a scatter at `place + tap` is a sum of shifted arrays.

The gradient of `sliding_window_view`, and of `x[np.arange(n)[:, None] + np.arange(k)]`.
"""

from __future__ import annotations

from defn import ops
from defn.expr import constant, index, make
from defn.transforms.known import is_value, known

MOST_TAPS = 32


def multiples(node):
    """The factor of each axis in an array that is a sum of multiples of its indices, and a constant.

    None where the array is not such a sum.
    """
    value = known(node)
    if value is not None:
        return int(value), {}
    rule = SUMS.get(node.op)
    return rule(node) if rule else None


def _counted(node):
    return 0, {node.attrs["axis"]: 1}


def _added(node):
    parts = [multiples(a) for a in node.args]
    if None in parts:
        return None
    (first, one), (second, other) = parts
    return first + second, {k: one.get(k, 0) + other.get(k, 0) for k in one | other}


def _spread(node):
    (x,) = node.args
    inner = multiples(x)
    if inner is None:
        return None
    axes = node.attrs["axes"]
    return inner[0], {axes[k]: f for k, f in inner[1].items() if x.shape[k] > 1}


def _reshaped(node):
    """A reshape that adds axes of size one, or takes them away, keeps the others in order."""
    (x,) = node.args
    before, after = ([k for k, n in enumerate(s) if n != 1] for s in (x.shape, node.shape))
    inner = multiples(x)
    if inner is None or [x.shape[k] for k in before] != [node.shape[k] for k in after]:
        return None
    to = dict(zip(before, after))
    return inner[0], {to[k]: f for k, f in inner[1].items() if k in to}


SUMS = {
    ops.iota: _counted,
    ops.add: _added,
    ops.broadcast: _spread,
    ops.reshape: _reshaped,
}


def windows_added(node):
    """Overlapping windows added to zeros: the sum over the taps, each shifted to its place.

    In the order in which the scatter adds them, so that the sums are the same to the last bit.
    """
    a, values, *indices = node.args
    if len(indices) != 1 or len(indices[0].shape) != 2 or not is_value(a, 0):
        return None
    shape = indices[0].shape
    tap = 0 if shape[0] < shape[1] else 1
    found = multiples(indices[0]) if shape[tap] <= MOST_TAPS else None
    if found is None or [found[1].get(k) for k in (0, 1)] != [1, 1]:
        return None
    total, order = a, range(shape[tap])
    for k in order if tap == 0 else reversed(order):
        total = make(ops.add, (total, _shifted(node, values, tap, k, found[0] + k)))
    return total


def _shifted(node, values, tap, k, low):
    """One tap's values at their places along the axis, among zeros."""
    (axis,) = node.attrs["axes"]
    sizes = tuple(None if j == tap else n for j, n in enumerate(values.shape))
    starts = [index(k if j == tap else 0) for j in range(len(sizes))]
    x = make(ops.get, (values, *starts), {"sizes": sizes, "steps": (1,) * len(sizes)})
    rest = list(range(1, len(node.shape)))
    if axis:
        x = make(ops.transpose, (x,), {"axes": (*rest[:axis], 0, *rest[axis:])})
    sides = [(0, 0)] * len(node.shape)
    sides[axis] = low, node.shape[axis] - low - x.shape[axis]
    before, after = zip(*sides)
    settings = {"low": before, "high": after, "interior": (0,) * len(sides)}
    return make(ops.pad, (x, constant(0, x.dtype)), settings)


LAWS = {ops.scatter_add: (windows_added,)}
