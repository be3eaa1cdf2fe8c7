"""Arithmetic that NumPy has as ufuncs of its own and that is made of other rows here."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.dispatch import FUNCTIONS, METHODS, implements, unsupported
from defn.errors import ArgumentError
from defn.numpy.composite import (
    composite,
    demand,
    filled,
    finished,
    fresh,
    into,
    loop_operands,
    select,
    settled,
    strong,
)
from defn.promotion import resolve
from defn.tensor import (
    PYTHON_NUMBERS,
    Tensor,
    apply,
    asarray,
    astype,
    broadcast_together,
    converted,
    is_negative,
    kind_of,
    operate,
)
from defn.types import BOOL, INT64, promote

UINT64 = np.dtype("uint64")

# One operand.


@composite(np.positive, narrow=True)
def positive(x):
    """`+x`: the same values, in memory of their own."""
    return x


@composite(np.square)
def square(x):
    """`x * x`, in the dtype of `x`.

    >>> square([1.0, -3.0]).tolist()
    [1.0, 9.0]
    """
    return x * x


@composite(np.reciprocal)
def reciprocal(x):
    """`1 / x`; of integers rounded towards zero.

    >>> reciprocal([2.0, -4.0]).tolist()
    [0.5, -0.25]
    """
    if x.dtype.kind in "fc":
        return 1 / x
    # Only units have an integer reciprocal; what NumPy's loop makes of zero differs by width and
    # processor.
    unit = select(abs(x) == 1 if x.dtype.kind == "i" else x == 1, x, filled(x, 0))
    return select(x == 0, filled(x, reciprocal_of_zero(x.dtype)), unit)


def reciprocal_of_zero(dtype):
    """What NumPy answers for the integer zero."""
    with np.errstate(all="ignore"):
        return int(np.reciprocal(np.zeros(1, dtype))[0])


@composite(np.fabs)
def fabs(x):
    """The absolute value, as a float.

    >>> fabs([-1, 2]).tolist()
    [1.0, 2.0]
    """
    return apply(ops.absolute, x)


@composite(np.deg2rad)
def deg2rad(x):
    """Degrees as radians.

    >>> deg2rad([180.0]).tolist()
    [3.141592653589793]
    """
    return x * (np.pi / 180)


@composite(np.rad2deg)
def rad2deg(x):
    """Radians as degrees.

    >>> rad2deg([np.pi]).tolist()
    [180.0]
    """
    return x * (180 / np.pi)


implements(np.radians)(deg2rad)
implements(np.degrees)(rad2deg)


METHODS["conj"] = METHODS["conjugate"] = lambda x: operate(np.conjugate, x)


# Two operands.


@composite(np.logaddexp)
def logaddexp(x, y):
    """`log(exp(x) + exp(y))`, without overflow.

    >>> logaddexp([1000.0], 1000.0).tolist()
    [1000.6931471805599]
    """
    return np.maximum(x, y) + np.log1p(np.exp(-apart(x, y)))


@composite(np.logaddexp2)
def logaddexp2(x, y):
    """`log2(2**x + 2**y)`, without overflow.

    >>> logaddexp2([1000.0], 1000.0).tolist()
    [1001.0]
    """
    return np.maximum(x, y) + np.log1p(np.exp2(-apart(x, y))) * (1 / np.log(2))


def apart(x, y):
    """`|x - y|`, zero for equal infinities."""
    return abs(select(x == y, filled(x, 0), x - y))


@composite(np.float_power)
def float_power(x, y):
    """`x ** y` in float64 or complex128, whatever the operands are.

    >>> float_power([2, 4], -1).tolist()
    [0.5, 0.25]
    """
    return power(x, y)


@composite(np.heaviside)
def heaviside(x, at_zero):
    """The step function: 0 below zero, `at_zero` at zero, 1 above.

    >>> heaviside([-1.0, 0.0, 2.0], 0.5).tolist()
    [0.0, 0.5, 1.0]
    """
    step = astype(x > 0, x.dtype)
    return select(np.isnan(x), x, select(x == 0, at_zero, step))


@composite(np.divmod, narrow=True)
def divmod(x, y):
    """The floor of the quotient, and the remainder.

    >>> [each.tolist() for each in divmod([7, -7], 3)]
    [[2, -3], [1, 2]]
    """
    return apply(ops.floor_divide, x, y), apply(ops.remainder, x, y)


@composite(np.lcm)
def lcm(x, y):
    """The least common multiple of integers.

    >>> lcm([4, 6], 6).tolist()
    [12, 6]
    """
    shared = apply(ops.gcd, x, y)
    multiple = x // select(shared == 0, filled(x, 1), shared) * y
    return abs(multiple) if x.dtype.kind == "i" else multiple


# Powers: a known exponent goes the way NumPy goes.

SHORT_WAYS = {
    -1: lambda x: 1 / x,
    0: lambda x: filled(x, 1),
    0.5: lambda x: apply(ops.sqrt, x),
    1: lambda x: x,
    2: lambda x: x * x,
}


@implements(np.power)
def power(x, y):
    """`x ** y`; integers to a negative integer power are refused, as in NumPy.

    >>> power([2.0, 3.0], 2).tolist()
    [4.0, 9.0]
    """
    x, y = (v if type(v) in PYTHON_NUMBERS else asarray(v) for v in (x, y))
    if kind_of(x) is int and is_negative(y):
        return np.true_divide(1, power(x, -y))  # as Python's own numbers
    inputs, outputs = resolve(np.power, kind_of(x), kind_of(y))
    short = short_way(x, y) if outputs[0].kind in "fc" else None
    if short is not None:
        base = strong(converted(x, inputs[0]))
        return settled(short(base), outputs[0], (base,))
    base, exponent = broadcast_together([strong(converted(v, d)) for v, d in zip((x, y), inputs)])
    if outputs[0].kind in "iu":
        demand_natural(exponent, y)
    return settled(apply(ops.power, base, exponent), outputs[0])


def short_way(x, y):
    """What a power is by a known exponent, where NumPy has a shorter way for it; None elsewhere."""
    if type(y) not in (int, float) or y == 0.5 and is_scalar(x):
        return None
    return SHORT_WAYS.get(y)


def is_scalar(x):
    """Would NumPy compute this operand with scalar arithmetic?"""
    return type(x) in PYTHON_NUMBERS or x.scalar


def demand_natural(exponent, given):
    """Refuse a negative exponent of integers: at once if known, else while the program runs."""
    if never_negative(given) or not exponent.size:
        return
    demand(
        exponent >= 0,
        "Integers to negative integer powers are not allowed: cast the base to float first",
    )


def never_negative(x):
    """Is the operand natural by its type, or by its value where that is known?"""
    if type(x) in PYTHON_NUMBERS:
        return x >= 0
    return kind_of(x) is bool or asarray(x).dtype.kind in "bu"


# Comparisons: exact between signed and unsigned integers, and with any Python integer.


def comparison(op):
    """The rule of a comparison row."""
    ufunc = op.ufunc

    @implements(ufunc)
    def compare(x, y):
        x, y = exact_integers(x, y)
        beyond = outside(ufunc, x, y)
        if beyond is not None:
            return beyond
        values, outputs = loop_operands(ufunc, (x, y), narrow=True)
        made = apply(op, *values) if values[0].dtype == values[1].dtype else mixed(op, *values)
        return finished(made, outputs, ())

    compare.__name__, compare.__doc__ = op.name, f"`numpy.{op.name}`, element by element."
    return compare


def exact_integers(x, y):
    """The operands; a traced Python integer beside an integer array gets a dtype of its own."""
    x, y = (v if type(v) in PYTHON_NUMBERS else asarray(v) for v in (x, y))
    if kind_of(x) is int and is_integer(y):
        return (fresh(x) if type(x) is Tensor else x), y
    if kind_of(y) is int and is_integer(x):
        return x, (fresh(y) if type(y) is Tensor else y)
    return x, y


def is_integer(x):
    """Is the operand an array of integers of a dtype of its own?"""
    return type(x) is Tensor and not x.weak and x.dtype.kind in "iu"


def outside(ufunc, x, y):
    """The comparison with a Python integer that the array's dtype cannot hold; None for others."""
    if type(y) is int and is_integer(x):
        side = beside(y, x.dtype)
        answer = bool(ufunc(0, side))
    elif type(x) is int and is_integer(y):
        side = beside(x, y.dtype)
        answer = bool(ufunc(side, 0))
    else:
        return None
    like = x if type(x) is Tensor else y
    return settled(filled(like, answer, BOOL), BOOL) if side else None


def beside(number, dtype):
    """1 above what a dtype holds, -1 below, 0 within."""
    info = np.iinfo(dtype)
    return int(number > info.max) - int(number < info.min)


def mixed(op, x, y):
    """A comparison of int64 with uint64: a negative number is below all of the other kind."""
    unsigned = [astype(v, UINT64) for v in (x, y)]
    signed, signs = (x, (-1, 0)) if x.dtype.kind == "i" else (y, (0, -1))
    answer = filled(x, bool(op.ufunc(*signs)), BOOL)
    return select(signed < 0, answer, apply(op, *unsigned))


equal, not_equal, less, less_equal, greater, greater_equal = map(comparison, ops.COMPARISONS)


# Choosing and holding.


@implements(np.where)
def where(condition, x=None, y=None):
    """`x` where the condition holds, else `y`, in their common dtype.

    >>> where([True, False], [1, 2], 5).tolist()
    [1, 5]
    """
    if x is None and y is None:
        if np.nonzero not in FUNCTIONS:
            raise unsupported(np.nonzero)
        return FUNCTIONS[np.nonzero](condition)
    if x is None or y is None:
        raise ArgumentError("either both or neither of x and y should be given to where")
    operands = [v if type(v) in PYTHON_NUMBERS else asarray(v) for v in (x, y)]
    dtype = promote(*map(kind_of, operands))
    branches = [as_branch(v, dtype) for v in operands]
    result = apply(ops.select, *broadcast_together([asarray(condition, BOOL), *branches]))
    result.weak, result.scalar = None, False
    return result


def as_branch(value, dtype):
    """The value in a dtype: an integer beyond it wraps, as NumPy's does here and nowhere else."""
    if type(value) is int and dtype.kind in "iu":
        value = asarray(value, INT64 if value < 2**63 else UINT64)
    return asarray(value, dtype)


@implements(np.clip, method="clip")
def clip(a, min=None, max=None, out=None, *, a_min=None, a_max=None):
    """The values, held between a minimum and a maximum (None: not held on that side).

    >>> clip([-2.0, 0.5, 3.0], 0.0, 1.0).tolist()
    [0.0, 0.5, 1.0]
    """
    low = a_min if min is None else min
    high = a_max if max is None else max
    return into(out, held(asarray(a), low, high))


def held(a, low, high):
    """The values between two bounds, either of which may be None."""
    low, high = none_beyond(a, low, -1), none_beyond(a, high, 1)
    if low is None and high is None:
        return positive(a)
    if high is None:
        return np.maximum(a, low)
    if low is None:
        return np.minimum(a, high)
    dtype = promote(
        *(kind_of(v if type(v) in PYTHON_NUMBERS else asarray(v)) for v in (a, low, high))
    )
    a, low, high = broadcast_together([asarray(v, dtype) for v in (a, low, high)])
    return settled(apply(ops.minimum, apply(ops.maximum, a, low), high), dtype)


def none_beyond(a, bound, side):
    """The bound, or None for a Python integer at or beyond that end of the integer dtype."""
    if type(bound) is not int or a.dtype.kind not in "iu":
        return bound
    info = np.iinfo(a.dtype)
    at_end = bound >= info.max if side > 0 else bound <= info.min
    return None if at_end else bound
