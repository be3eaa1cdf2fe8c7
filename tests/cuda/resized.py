"""Samples of other sizes, made of those that there are, and samples of arrays that lie otherwise."""

import numpy as np
from samples import ROWS, row

from defn import ops

Kind = ops.Kind


def with_axis(x, n, axis=0):
    """The array with so many elements along an axis: its own, repeated."""
    x = np.asarray(x)
    shape = (*x.shape[:axis], n, *x.shape[axis + 1 :])
    return np.resize(x, shape) if x.size else np.zeros(shape, x.dtype)


def flat(sample, n):
    """Operands of an element-wise row: vectors."""
    yield sample, tuple(with_axis(np.ravel(x), n) for x in sample.arguments)


def leading(sample, n):
    """Arrays of so many rows; numbers stay."""
    yield sample, tuple(with_axis(x, n) if np.ndim(x) else x for x in sample.arguments)


def leading_or_trailing(sample, n):
    """So many rows, or rows of so many."""
    (x,) = sample.arguments
    for axis in dict.fromkeys((0, np.ndim(x) - 1)):
        yield sample, (with_axis(x, n, axis),)


def broadcast(sample, n):
    (x,), attrs = sample.arguments, sample.function.attrs
    if x.ndim and len(x) > 1:
        shape = tuple(n if k == attrs["axes"][0] else m for k, m in enumerate(attrs["shape"]))
        yield row(ops.broadcast, **{**attrs, "shape": shape}), (with_axis(x, n),)
    else:
        yield row(ops.broadcast, **{**attrs, "shape": (*attrs["shape"][:-1], n)}), (x,)


def reshape(sample, n):
    (x,) = sample.arguments
    if x.size > 1:
        yield row(ops.reshape, shape=(2, 2 * n)), (with_axis(x, n),)


def windows(sample, n):
    """A window that begins after the first row and ends before the last; or the last row."""
    op, attrs = sample.function.op, sample.function.attrs
    first, *others = attrs["sizes"]
    if first is None and not n:
        return
    at = n - 1 if first is None else min(1, n)
    sizes = (None if first is None else max(0, n - 2), *others)
    a, *rest = sample.arguments
    shape = [m for m in sizes if m is not None]
    value = [] if op is ops.get else [np.resize(rest.pop(0), shape)]
    made = row(op, **{**attrs, "sizes": sizes})
    yield made, (with_axis(a, n), *value, np.array(at, "i8"), *rest[1:])


def places(sample, n):
    """So many rows, and as many places."""
    op, axes = sample.function.op, sample.function.attrs["axes"]
    a, *rest = sample.arguments
    a = with_axis(a, n) if 0 in axes else a
    indices = rest if op is ops.gather else rest[1:]
    spread = [np.arange(n) * 7 % max(1, a.shape[k]) for k, _ in zip(axes, indices)]
    if op is ops.gather:
        yield sample.function, (a, *spread)
        return
    others = [m for k, m in enumerate(a.shape) if k not in axes]
    values = np.resize(rest[0], (n, *others))
    yield sample.function, (a, values, *spread)


def product(sample, n):
    """So many rows, columns, or terms."""
    x, y = sample.arguments
    yield sample, (with_axis(x, n, x.ndim - 2), y)
    yield sample, (x, with_axis(y, n, y.ndim - 1))
    yield sample, (with_axis(x, n, x.ndim - 1), with_axis(y, n, y.ndim - 2))


def many_images(sample, n):
    x, y = sample.arguments
    yield sample, (with_axis(x, n), y)


def of_three(sample, n):
    """Each axis of three elements has so many."""

    def longer(x):
        for axis, size in enumerate(np.shape(x)):
            x = with_axis(x, n, axis) if size == 3 else x
        return x

    made = tuple(map(longer, sample.arguments))
    if any(np.shape(x) != np.shape(y) for x, y in zip(made, sample.arguments)):
        yield sample, made


RULES = {
    ops.broadcast: broadcast, ops.reshape: reshape,
    **dict.fromkeys((ops.get, ops.put, ops.add_at), windows),
    **dict.fromkeys((ops.gather, ops.scatter, ops.scatter_add), places),
    ops.matmul: product, ops.convolution: many_images,
}  # fmt: skip
FAMILIES = {Kind.ELEMENTWISE: flat, Kind.MOVEMENT: leading, Kind.REDUCTION: leading_or_trailing}


def rule(name, sample):
    """How samples of an operation are made larger and smaller."""
    op = getattr(sample.function, "op", None)
    if name not in ROWS or op is None:
        return of_three
    return RULES.get(op) or FAMILIES.get(op.kind, leading_or_trailing)


def resized(name, sample, n):
    """(function, arguments) of the versions of a sample with this size."""
    for function, arguments in rule(name, sample)(sample, n):
        yield function, tuple(map(near_one, arguments)) if "prod" in name and n > 1 else arguments


def near_one(x):
    """Factors whose product neither overflows nor vanishes."""
    if np.asarray(x).dtype.kind not in "fc" or not np.all(x):
        return x
    size = np.abs(x)
    return (x / size * size ** (1 / max(np.shape(x)))).astype(x.dtype)


# Arrays that lie otherwise: how an array is stored, and which view of that it is.
LAYOUTS = {
    "every other": (lambda x: np.repeat(x, 2, 0), lambda x: x[::2]),
    "turned": (lambda x: np.ascontiguousarray(np.transpose(x)), np.transpose),
    "backwards": (lambda x: x[::-1].copy(), lambda x: x[::-1]),
    "from the second on": (lambda x: np.concatenate([x[:1], x]), lambda x: x[1:]),
}


def laid(function, arguments, layout):
    """The function of arrays as they are stored, and those arrays."""
    stored, view = LAYOUTS[layout]
    moves = [np.ndim(x) > 0 for x in arguments]

    def of_stored(*arrays):
        return function(*(view(x) if m else x for x, m in zip(arrays, moves)))

    return of_stored, tuple(stored(x) if m else x for x, m in zip(arguments, moves))
