"""Quotients by a known odd number, as a product that is put right: rounded as a division rounds.

`x / 5` is `q + r / 5` with q = x * (1 / 5) and r = x - 5 * q, which is a small multiple of the last
place of q and so exact. An odd number never divides to the middle between two floats, and no nearer
to it than 1 / (2 * 5) of their distance: that the last product is not exact does not matter. A
division takes as long as ten of these operations, but its result is there sooner than theirs: where
an element waits for the one before it, it stays.
"""

from __future__ import annotations

import ast

from defn.compilers.numba import symbols
from defn.compilers.numba.arithmetic import llvm

LARGEST = 2**20


def quotient(builder, x, number):
    """The quotient of a float by a divisor that is known to be such a number."""
    inverse, negative = x.type(1.0 / number), x.type(-number)
    first = builder.fmul(x, inverse)
    rest = llvm(builder, "fma", negative, first, x)
    nearer = llvm(builder, "fma", rest, inverse, first)
    # Of zero, infinity and nan the first product is the quotient, sign and all.
    wrong = builder.fcmp_ordered("!=", rest, x.type(0.0))
    return builder.select(wrong, nearer, first)


def divisor(node):
    """The number that a text divides by, if it is such a number."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]  # float32(5.0)
    number = node.value if isinstance(node, ast.Constant) else None
    fits = isinstance(number, float) and 3 <= number < LARGEST and number % 2 == 1
    return number if fits and symbols.adds_products() else None


def is_free(statements):
    """Does no trip of a loop need what another computes, as far as the text shows? It writes other
    memory than it reads, and reads no name before it has given it a value."""
    written, read, given = set(), set(), set()
    for each in statements:
        if not isinstance(each, ast.Assign):
            return False
        (target,) = each.targets
        for node in ast.walk(each.value):
            if isinstance(node, ast.Subscript):
                read.add(node.value.id)
            elif isinstance(node, ast.Name):
                read.add(node.id)
                written |= set() if node.id in given else {f"later {node.id}"}
        if isinstance(target, ast.Subscript):
            written.add(target.value.id)
        elif isinstance(target, ast.Name):
            if f"later {target.id}" in written:
                return False
            given.add(target.id)
        else:
            return False
    return not written & read
