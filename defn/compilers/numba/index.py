"""Index arithmetic of kernels: sums of constants, loops and named integers.

Within a kernel an array is never sliced, transposed or padded: its index is computed. An index
along one axis is `constant + coefficient * variable + ...`; an index is a tuple of those.
"""

from __future__ import annotations

from typing import NamedTuple

from defn.transforms.intervals import ANY as ANY

LETTERS = "ijklmnpqabcdefgh"


class Loop(NamedTuple):
    """A loop over `size` elements, `level` loops deep; equal ones of different arrays may be
    shared."""

    level: int
    size: int

    name = property(lambda self: LETTERS[self.level])


class Symbol:
    """An integer that the program computes: a variable of the text, with the bounds that are
    known."""

    __slots__ = ("name", "low", "high", "block")

    def __init__(self, name, low, high, block):
        self.name, self.low, self.high, self.block = name, low, high, block

    def __repr__(self):
        return self.name


class Affine(NamedTuple):
    """constant + sum of coefficient * variable; `terms` holds (variable, coefficient) pairs."""

    constant: int = 0
    terms: tuple = ()

    def scaled(self, factor):
        if factor == 0:
            return ZERO
        return Affine(self.constant * factor, tuple((v, c * factor) for v, c in self.terms))

    def plus(self, other):
        if isinstance(other, int):
            return Affine(self.constant + other, self.terms)
        found = dict(self.terms)
        for variable, coefficient in other.terms:
            found[variable] = found.get(variable, 0) + coefficient
        terms = tuple((v, c) for v, c in found.items() if c)
        return Affine(self.constant + other.constant, terms)

    def coefficient(self, variable):
        return next((c for v, c in self.terms if v is variable or v == variable), 0)

    def bounds(self, ranges):
        """The least and the largest value, where `ranges` says what part of a loop is meant."""
        low = high = self.constant
        for variable, coefficient in self.terms:
            first, last = bounds_of(variable, ranges)
            ends = first * coefficient, last * coefficient
            low, high = low + min(ends), high + max(ends)
        return low, high

    def loops(self):
        return [v for v, _ in self.terms if isinstance(v, Loop)]

    def symbols(self):
        return [v for v, _ in self.terms if isinstance(v, Symbol)]


ZERO = Affine()


def bounds_of(variable, ranges):
    if isinstance(variable, Symbol):
        return variable.low, variable.high
    first, stop = ranges.get(variable, (0, variable.size))
    return first, max(first, stop - 1)


def along(variable):
    """The index that is a variable itself."""
    return Affine(0, ((variable, 1),))


def fixed(value):
    """The index that is always the same."""
    return Affine(value)


def strides(shape):
    """How many elements apart neighbours along each axis lie, in an array without gaps."""
    found, step = [], 1
    for n in reversed(shape):
        found.append(step)
        step *= max(n, 1)
    return tuple(reversed(found))


def address(index, steps, offset=0):
    """Where an element lies, counted in elements from the start of the memory."""
    total = Affine(offset)
    for part, step in zip(index, steps, strict=True):
        total = total.plus(part.scaled(step))
    return total


def loops_of(index):
    """The loops that an index runs along."""
    return {loop for part in index for loop in part.loops()}


def nest(shape, first=0):
    """A loop for each axis that has other than one element, and the index they make."""
    loops, index = [], []
    for n in shape:
        if n == 1:
            index.append(ZERO)
        else:
            loops.append(Loop(first + len(loops), n))
            index.append(along(loops[-1]))
    return tuple(loops), tuple(index)
