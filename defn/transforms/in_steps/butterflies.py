"""Transforms of a few numbers, each number as its two parts: sums and multiples, nothing else."""

from __future__ import annotations

import math
from typing import NamedTuple

from defn import ops
from defn.tensor import Tensor, apply

HALF_TURN = math.sqrt(0.5)


class Pair(NamedTuple):
    """A complex number: two real ones."""

    real: Tensor
    imag: Tensor

    def plus(self, other):
        """The sum."""
        return Pair(self.real + other.real, self.imag + other.imag)

    def minus(self, other):
        """The difference."""
        return Pair(self.real - other.real, self.imag - other.imag)

    def scaled(self, number):
        """The multiple by a real number."""
        return Pair(self.real * number, self.imag * number)

    def times(self, other):
        """The product."""
        return Pair(
            self.real * other.real - self.imag * other.imag,
            self.real * other.imag + self.imag * other.real,
        )

    def turned(self, inverse):
        """The product with -i; with i, if `inverse`."""
        return Pair(-self.imag, self.real) if inverse else Pair(self.imag, -self.real)

    @property
    def whole(self):
        """The complex number."""
        return apply(ops.complex_of, self.real, self.imag)


def pair(x):
    """The parts of a complex number."""
    return Pair(apply(ops.real_part, x), apply(ops.imag_part, x))


def two(x, inverse):
    """The transform of two numbers."""
    return [x[0].plus(x[1]), x[0].minus(x[1])]


def four(x, inverse):
    """The transform of four numbers: of the even, and of the odd ones."""
    (a, b), (c, d) = two(x[::2], inverse), two(x[1::2], inverse)
    d = d.turned(inverse)
    return [a.plus(c), b.plus(d), a.minus(c), b.minus(d)]


def eight(x, inverse):
    """The transform of eight numbers."""
    even, odd = four(x[::2], inverse), four(x[1::2], inverse)
    once, thrice = odd[1], odd[3]
    odd[1] = once.plus(once.turned(inverse)).scaled(HALF_TURN)
    odd[2] = odd[2].turned(inverse)
    odd[3] = thrice.turned(inverse).minus(thrice).scaled(HALF_TURN)
    pairs = list(zip(even, odd))
    return [a.plus(b) for a, b in pairs] + [a.minus(b) for a, b in pairs]


def odd_many(x, inverse):
    """The transform of an odd number of numbers: those that stand symmetrically share their
    multiples.
    """
    n, first = len(x), x[0]
    sums = [x[k].plus(x[n - k]) for k in range(1, n // 2 + 1)]
    differences = [x[k].minus(x[n - k]).turned(inverse) for k in range(1, n // 2 + 1)]
    results = [total([first, *sums])] + [None] * (n - 1)
    for u in range(1, n // 2 + 1):
        angles = [2 * math.pi * (k * u % n) / n for k in range(1, n // 2 + 1)]
        even = total([first, *(s.scaled(math.cos(a)) for s, a in zip(sums, angles))])
        odd = total([d.scaled(math.sin(a)) for d, a in zip(differences, angles)])
        results[u], results[n - u] = even.plus(odd), even.minus(odd)
    return results


def total(pairs):
    """The sum of numbers."""
    result = pairs[0]
    for each in pairs[1:]:
        result = result.plus(each)
    return result


BUTTERFLY = {2: two, 4: four, 8: eight, **dict.fromkeys((3, 5, 7, 9, 11, 13), odd_many)}
