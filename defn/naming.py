"""The names that the axes of each operation's result have: `rule(operands, **settings)`.

Where no rule stands, a result is unnamed: a name is never guessed.
"""

from __future__ import annotations

from defn import ops
from defn.labels import apart, merged
from defn.ops.reduction import kept_axes

naming = ops.Rules("names of axes", "defn/naming.py")


def of_first(operands, **settings):
    """The result has the axes of the first operand."""
    return operands[0].names


def _together(op):
    return lambda operands, **settings: merged([x.names for x in operands], op)


def _without(names, axes):
    return tuple(names[k] for k in kept_axes(len(names), axes))


for _op in (*ops.of_kind(ops.Kind.ELEMENTWISE), ops.concatenate):
    naming[_op] = _together(_op)
for _op in (
    ops.flip, ops.pad, ops.put, ops.add_at, ops.scatter, ops.scatter_add, ops.sort, ops.argsort,
    ops.partition, ops.argpartition,
    ops.cumsum, ops.cumprod, ops.cummax, ops.cummin, ops.fft, ops.rfft, ops.irfft,
):  # fmt: skip
    naming[_op] = of_first
for _op in (ops.sum, ops.prod, ops.max, ops.min, ops.any, ops.all):
    naming[_op] = lambda operands, axes: _without(operands[0].names, axes)
for _op in (ops.argmax, ops.argmin):
    naming[_op] = lambda operands, axis: _without(operands[0].names, (axis,))


@naming.rule(ops.transpose)
def transpose(operands, *, axes):
    return tuple(operands[0].names[k] for k in axes)


@naming.rule(ops.broadcast)
def broadcast(operands, *, shape, axes):
    names = dict(zip(axes, operands[0].names))
    return tuple(map(names.get, range(len(shape))))


@naming.rule(ops.reshape)
def reshape(operands, *, shape):
    """Axes of size one come and go; where another axis changes, nothing is known."""
    (x,) = operands
    if x.shape == shape:
        return x.names
    longer = [name for name, size in zip(x.names, x.shape) if size != 1]
    if [n for n in x.shape if n != 1] != [n for n in shape if n != 1]:
        return (None,) * len(shape)
    names = iter(longer)
    return tuple(None if size == 1 else next(names) for size in shape)


@naming.rule(ops.get)
def get(operands, *, sizes, steps):
    return tuple(name for name, size in zip(operands[0].names, sizes) if size is not None)


@naming.rule(ops.gather)
def gather(operands, *, axes):
    a, *indices = operands
    return apart((*merged([i.names for i in indices], ops.gather), *_without(a.names, axes)))


@naming.rule(ops.matmul)
def matmul(operands):
    x, y = operands
    batch = merged([x.names[:-2], y.names[:-2]], ops.matmul)
    return apart((*batch, x.names[-2], y.names[-1]))


def names_after(op, operands, settings):
    """The names of the axes of a result; None where nothing is known of them."""
    if op not in naming or all(x.labels is None for x in operands):
        return None
    return naming[op](operands, **settings)
