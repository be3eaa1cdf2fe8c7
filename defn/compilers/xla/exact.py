"""Arithmetic as it is written: XLA rewrites some of it into something that rounds, or overflows,
differently.

It multiplies by the reciprocal of a divisor that it knows, adds up constants across additions,
turns exp(x) * exp(y) into exp(x + y) and x / y / z into x / (y * z). Where a graph has such a pair
of operations, an operand goes behind a barrier, which is gone again before anything is fused. A
constant behind a barrier would be an array in memory: it is made of something that is always zero.
"""

from __future__ import annotations

import numpy as np
from jax import lax

from defn import ops
from defn.expr import constant_value

SUMS = {ops.add, ops.subtract}
EXPONENTS = 14  # of powers of two whose reciprocals every format has


def is_known(node):
    return constant_value(node) is not None


def has_known(node):
    """Is one of the operands a constant?"""
    return any(map(is_known, node.args))


def constants_meet(family):
    """Of an operation of a family: the operand of that family too, where both have a constant."""

    def found(x, y):
        nested = [k for k, a in enumerate((x, y)) if a.op in family and has_known(a)]
        return nested if len(nested) == 2 or nested and is_known((y, x)[nested[0]]) else []

    return found


def of_product(x, y):
    """Constants in sequence, or two exponentials."""
    return [0] if x.op is ops.exp and y.op is ops.exp else constants_meet({ops.multiply})(x, y)


def of_quotient(x, y):
    """A quotient above; below it a constant, or what has a cheaper reciprocal."""
    rounds = is_known(y) and not has_exact_reciprocal(constant_value(y))
    below = rounds or y.op in (ops.divide, ops.exp, ops.sqrt, ops.power)
    return [*([0] if x.op is ops.divide else []), *([1] if below else [])]


def has_exact_reciprocal(value):
    """Is it made of powers of two, so that XLA's product is the quotient?"""
    if value.dtype.kind != "f":
        return False
    fraction, exponent = np.frexp(value)
    return bool(np.all((np.abs(fraction) == 0.5) & (np.abs(exponent) < EXPONENTS)))


def of_base(*inner):
    """The first operand, where it is one of these."""
    return lambda x, *others: [0] if x.op in inner else []


APART = {
    ops.add: constants_meet(SUMS),
    ops.subtract: constants_meet(SUMS),
    ops.multiply: of_product,
    ops.divide: of_quotient,
    ops.power: of_base(ops.exp, ops.power),
    ops.log: of_base(ops.exp, ops.power, ops.sqrt),
    ops.sqrt: of_base(ops.power, ops.multiply),
}


def kept_apart(node, operands):
    """The operands of a floating-point operation, those behind barriers that XLA would combine with
    it.
    """
    if node.op not in APART or node.type.dtype.kind in "biu":
        return operands
    held = APART[node.op](*node.args)
    return [behind(a, x) if k in held else x for k, (a, x) in enumerate(zip(node.args, operands))]


def behind(node, value):
    """The value, of which XLA knows nothing here."""
    known = constant_value(node)
    if known is None or not value.ndim or value.dtype.kind != "f" or not np.all(known):
        return lax.optimization_barrier(value)
    places = lax.broadcasted_iota(np.int32, value.shape, value.ndim - 1)
    # The sign of a place is zero, which XLA does not know.
    zero = lax.shift_right_arithmetic(places, lax.full_like(places, 31))
    return value + lax.convert_element_type(zero, value.dtype)
