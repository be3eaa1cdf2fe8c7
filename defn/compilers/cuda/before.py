"""The order in which NumPy sorts: what is not a number comes last, zeros of both signs are equal."""

from __future__ import annotations

from numba import types

from defn.compilers.numba import arithmetic
from defn.compilers.numba.arithmetic import is_complex, parts


def before(builder, kind, x, y):
    """Does x come before y?"""
    if is_complex(kind):
        return before_complex(builder, x, y)
    if isinstance(kind, types.Float):
        return builder.and_(builder.fcmp_unordered("<", x, y), is_number(builder, x))
    return arithmetic.emit_compare(builder, kind, "<", x, y)


def is_number(builder, x):
    return builder.fcmp_ordered("ord", x, x)


def before_complex(builder, x, y):
    """By the real parts, ties by the imaginary; of the numbers with a nan in one part or both, those
    with a real part come first, among numbers as among these.
    """
    b, (a, c), (d, e) = builder, parts(builder, x), parts(builder, y)
    known = [is_number(b, part) for part in (a, c, d, e)]
    real, imaginary, other_real, other_imaginary = known
    ties = b.or_(b.fcmp_ordered("==", a, d), b.not_(b.or_(real, other_real)))
    second = b.and_(b.fcmp_unordered("<", c, e), imaginary)
    less = b.and_(b.fcmp_ordered("<", a, d), b.or_(imaginary, b.not_(other_imaginary)))
    more = b.and_(b.fcmp_ordered(">", a, d), b.and_(imaginary, b.not_(other_imaginary)))
    only = b.and_(real, b.not_(other_real))
    return b.or_(b.or_(less, more), b.or_(only, b.and_(ties, second)))


NAMES = {"comes_before": arithmetic.binary(before, result=types.boolean)}
