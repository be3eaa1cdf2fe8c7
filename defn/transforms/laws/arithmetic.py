"""Laws of arithmetic."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.expr import make
from defn.transforms.known import filled, is_integer, is_value, known


def without(k, value):
    """`op(x, value)` is `x`, with the value as the k-th operand."""
    return lambda node: node.args[1 - k] if is_value(node.args[k], value) else None


def neutral_zero(node):
    """x + 0 is x; for floating-point numbers x + -0.0 is, for -0.0 + 0.0 is 0.0."""
    zero = 0 if node.dtype.kind in "iub" else -0.0
    return node.args[0] if is_value(node.args[1], zero) else None


def constant_last(node):
    """A known operand of a commutative operation stands last."""
    x, y = node.args
    return make(node.op, (y, x), node.attrs) if known(x) is not None and known(y) is None else None


def sum_of_constants(node):
    """(x + a) + b is x + (a + b), for integers, which wrap around."""
    x, b = node.args
    if not is_integer(node) or known(b) is None or x.op is not ops.add or known(x.args[1]) is None:
        return None
    with np.errstate(all="ignore"):
        both = known(x.args[1]) + known(b)
    return make(ops.add, (x.args[0], filled(both, node)))


def minus_constant(node):
    """x - a is x + -a, for integers."""
    a = known(node.args[1])
    if not is_integer(node) or a is None:
        return None
    with np.errstate(all="ignore"):
        return make(ops.add, (node.args[0], filled(-a, node)))


def undone(op):
    """`op(op(x))` is `x`."""
    return lambda node: node.args[0].args[0] if node.args[0].op is op else None


def once(op):
    """`op(op(x))` is `op(x)`."""
    return lambda node: node.args[0] if node.args[0].op is op else None


def plus_negative(node):
    """x + -y is x - y, and -x + y is y - x."""
    x, y = node.args
    if y.op is ops.negative:
        return make(ops.subtract, (x, y.args[0]))
    return make(ops.subtract, (y, x.args[0])) if x.op is ops.negative else None


def minus_negative(node):
    """x - -y is x + y."""
    x, y = node.args
    return make(ops.add, (x, y.args[0])) if y.op is ops.negative else None


def product_of_negatives(node):
    """-x * -y is x * y; and the same of a quotient."""
    x, y = node.args
    return make(node.op, (x.args[0], y.args[0])) if x.op is y.op is ops.negative else None


def times_minus_one(node):
    """x * -1 is -x."""
    return make(ops.negative, node.args[:1]) if is_value(node.args[1], -1) else None


def times_zero(node):
    """x * 0 is 0, for integers."""
    return node.args[1] if node.dtype.kind in "iub" and is_value(node.args[1], 0) else None


def small_power(node):
    """x ** 0, 1, 2, -1 are 1, x, x * x, 1 / x: exactly; x ** 3 and x ** 4 as products are within
    two ulp.
    """
    x, exponent = node.args[0], known(node.args[1])
    if exponent is None or exponent not in POWERS or node.dtype.kind == "c":
        return None
    return POWERS[exponent](x)


def half_power(node):
    """x ** 0.5, 1.5, -0.5, -1.5 by the square root, where x is no less than zero: within two ulp."""
    x, exponent = node.args[0], known(node.args[1])
    if node.dtype.kind != "f" or exponent not in HALVES or not is_positive(x):
        return None
    return HALVES[exponent](x, make(ops.sqrt, (x,)))


def is_positive(node, most=12):
    """Is every element proved to be +0.0 or more, or nan: sums of squares and of constants?"""
    stack, seen = [node], 0
    while stack and seen < most:
        node, seen = stack.pop(), seen + 1
        value = known(node)
        if value is not None and node.dtype.kind == "f" and value >= 0 and not np.signbit(value):
            continue
        if node.op in POSITIVE or node.op is ops.multiply and node.args[0] is node.args[1]:
            continue
        if node.op not in KEEPING:
            return False
        stack += node.args[:1] if node.op is ops.get else node.args
    return not stack


POSITIVE = (ops.absolute, ops.exp, ops.exp2)
KEEPING = (
    ops.add, ops.sum, ops.max, ops.min, ops.maximum, ops.minimum, ops.broadcast, ops.reshape,
    ops.transpose, ops.get, ops.sqrt,
)  # fmt: skip
# No product of three is formed: it could overflow where the power does not.
HALVES = {
    0.5: lambda x, root: root,
    1.5: lambda x, root: times(x, root),
    -0.5: lambda x, root: make(ops.divide, (filled(1, x), root)),
    -1.5: lambda x, root: make(ops.divide, (make(ops.divide, (filled(1, x), x)), root)),
}


def times(x, y):
    return make(ops.multiply, (x, y))


def reciprocal(x):
    """1 / x; of integers there is none."""
    return None if is_integer(x) else make(ops.divide, (filled(1, x), x))


POWERS = {
    0: lambda x: filled(1, x),
    1: lambda x: x,
    2: lambda x: times(x, x),
    3: lambda x: times(times(x, x), x),
    4: lambda x: times(times(x, x), times(x, x)),
    -1: reciprocal,
}


def absolute_of_negative(node):
    """|-x| is |x|; not of unsigned integers, which wrap around."""
    x = node.args[0]
    return make(ops.absolute, x.args) if x.op is ops.negative and x.dtype.kind != "u" else None


def exact_cast(source, target):
    """Does every value of a dtype have an equal one in the other?"""
    if source.kind in "iu" and target.kind in "fc" and source.itemsize == 8:
        return False  # NumPy calls this cast safe, but 64 bits do not fit into a float64's 53
    return np.can_cast(source, target, "safe")


def cast_of_cast(node):
    """A cast through a dtype that holds every value is the cast itself; there and back it is
    nothing.
    """
    middle, target = node.args[0], node.attrs["dtype"]
    if middle.dtype == target:
        return middle
    if middle.op is not ops.cast or not exact_cast(middle.args[0].dtype, middle.dtype):
        return None
    return make(ops.cast, middle.args, {"dtype": target})


def part_of_complex(k):
    """real(complex(x, y)) is x, imag of it is y; the real part of a real number is it."""

    def law(node):
        z = node.args[0]
        if z.op is ops.complex_of:
            return z.args[k]
        return z if k == 0 and z.dtype.kind != "c" else None

    return law


def complex_of_parts(node):
    """complex(real(z), imag(z)) is z."""
    re, im = node.args
    if re.op is ops.real_part and im.op is ops.imag_part and re.args == im.args:
        return re.args[0]
    return None


LAWS = {
    ops.add: (constant_last, neutral_zero, sum_of_constants, plus_negative),
    ops.subtract: (without(1, 0), minus_constant, minus_negative),
    ops.multiply: (constant_last, without(1, 1), times_minus_one, times_zero, product_of_negatives),
    ops.divide: (without(1, 1), product_of_negatives),
    ops.negative: (undone(ops.negative),),
    ops.absolute: (once(ops.absolute), absolute_of_negative),
    ops.power: (small_power, half_power),
    ops.conjugate: (
        undone(ops.conjugate),
        lambda node: node.args[0] if node.dtype.kind != "c" else None,
    ),
    ops.cast: (cast_of_cast,),
    ops.real_part: (part_of_complex(0),),
    ops.imag_part: (part_of_complex(1),),
    ops.complex_of: (complex_of_parts,),
    ops.floor: (once(ops.floor),),
    ops.ceil: (once(ops.ceil),),
    ops.trunc: (once(ops.trunc),),
    ops.rint: (once(ops.rint),),
}
