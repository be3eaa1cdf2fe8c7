"""The tangent of each operation: `rule(tangents, out, *operands, **settings)` gives the tangent of
the result.

`tangents` has one entry per operand, None where the operand does not change. Where an operation is
linear, its tangent is the operation itself; where it works element by element, it is what the
gradient's rule makes of the tangent, for a diagonal matrix is its own transpose.
"""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.tensor import apply
from defn.transforms import scans
from defn.transforms.factors import TANGENTS
from defn.transforms.shapes import cast, real, select, spread, total, zeros
from defn.transforms.vjp import vjp
from defn.types import is_inexact

jvp = ops.Rules("tangent", "defn/transforms/jvp.py")
jvp.absences.update(vjp.absences)
jvp.update(TANGENTS)


def filled(tangents, operands):
    """The tangents, with zeros for those that are None."""
    return [zeros(x.type) if t is None else t for t, x in zip(tangents, operands)]


def added(*tangents):
    """The sum of the tangents that are not None."""
    found = [t for t in tangents if t is not None]
    return sum(found[1:], found[0]) if found else None


def linear(op, count=None):
    """The rule of an operation that is linear in its first `count` operands together (None: in
    all).
    """

    def rule(tangents, out, *operands, **settings):
        n = len(operands) if count is None else count
        return apply(op, *filled(tangents[:n], operands[:n]), *operands[n:], **settings)

    return rule


def diagonal(op):
    """The rule of element-wise work: the sum of what each operand's change does."""

    def rule(tangents, out, *operands, **settings):
        parts = [
            None if t is None else vjp[op](t, out, *operands, **settings)[k]
            for k, t in enumerate(tangents)
        ]
        return added(*parts)

    return rule


def summed(op):
    """The rule of a reduction: the change of each element, times the derivative by it, added up."""

    def rule(tangents, out, x, *, axes):
        one = spread(zeros(out.type) + 1, out.shape, ())
        return total(tangents[0] * vjp[op](one, out, x, axes=axes)[0], axes)

    return rule


LINEAR = (
    ops.negative, ops.conjugate, ops.imag_part, ops.real_part, ops.sum, ops.reshape, ops.transpose,
    ops.flip, ops.broadcast, ops.add, ops.subtract, ops.concatenate, ops.pad, ops.complex_of,
    ops.cumsum,
)  # fmt: skip
for _op in LINEAR:
    jvp[_op] = linear(_op)
for _op in (ops.get, ops.gather):
    jvp[_op] = linear(_op, 1)
for _op in (ops.put, ops.add_at, ops.scatter, ops.scatter_add):
    jvp[_op] = linear(_op, 2)
for _op in ops.of_kind(ops.Kind.ELEMENTWISE):
    if _op in vjp and _op not in jvp:
        jvp[_op] = diagonal(_op)
for _op in (ops.prod, ops.max, ops.min):
    jvp[_op] = summed(_op)


@jvp.rule(ops.select)
def choice(tangents, out, p, x, y):
    return select(p, *filled(tangents[1:], (x, y)))


@jvp.rule(ops.cast)
def cast_rule(tangents, out, x, *, dtype):
    return cast(tangents[0], dtype) if is_inexact(dtype) else None


@jvp.rule(ops.absolute)
def absolute(tangents, out, x):
    return real(tangents[0] * np.conjugate(np.sign(x)))


@jvp.rule(ops.sign)
def sign(tangents, out, x):
    if x.dtype.kind != "c":
        return None
    (t,) = tangents
    return (t - out * cast(real(np.conjugate(out) * t), x.dtype)) / cast(np.absolute(x), x.dtype)


def _product(op):
    def product(tangents, out, x, y, **settings):
        by_x, by_y = tangents
        return added(
            None if by_x is None else apply(op, by_x, y, **settings),
            None if by_y is None else apply(op, x, by_y, **settings),
        )

    return product


for _op in (ops.matmul, ops.convolution):
    jvp[_op] = _product(_op)


@jvp.rule(ops.cumprod)
def cumulative_product(tangents, out, x, *, axis):
    change = tangents[0] * scans.shifted(out, -1, axis, 1)
    back = [scans.flip(each, axis) for each in (x, change)]
    return scans.flip(scans.recurrence(*back, axis), axis)


@jvp.rule(ops.cummax, ops.cummin)
def cumulative_extreme(tangents, out, x, *, axis):
    return scans.read_along(tangents[0], scans.extreme_place(x, out, axis), axis)


@jvp.rule(ops.sort)
def sort(tangents, out, x, *, axis):
    return scans.read_along(tangents[0], scans.along(ops.argsort, x, axis), axis)


@jvp.rule(ops.partition)
def partition(tangents, out, x, *, axis, kth):
    ordered = sort(tangents, out, x, axis=axis)
    return scans.add_along(ordered, scans.along(ops.argsort, out, axis), axis)
