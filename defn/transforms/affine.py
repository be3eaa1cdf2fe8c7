"""Indices as sums of multiples: what can be proved of where a program reads and writes.

A form is a constant and multiples of atoms: loop indices, whose range is known, and integers of
which nothing is.
"""

from __future__ import annotations

from defn import ops
from defn.expr import toposort
from defn.transforms.known import known
from defn.types import Type


class Form:
    """`constant + sum of factor * atom`."""

    __slots__ = ("constant", "factors")

    def __init__(self, constant=0, factors=()):
        self.constant = constant
        self.factors = {a: f for a, f in dict(factors).items() if f}

    def plus(self, other, times=1):
        """This form, and a multiple of another."""
        factors = dict(self.factors)
        for atom, factor in other.factors.items():
            factors[atom] = factors.get(atom, 0) + times * factor
        return Form(self.constant + times * other.constant, factors)

    def replaced(self, atom, form):
        """This form, with another in an atom's stead."""
        rest = Form(self.constant, {a: f for a, f in self.factors.items() if a is not atom})
        return rest.plus(form, self.factors.get(atom, 0))

    def __repr__(self):
        return f"<{self.constant} + {self.factors}>"


class Ranges:
    """The loop indices in sight, outermost first, each with the forms of its lowest and highest
    value.
    """

    def __init__(self, bounds=()):
        self.bounds = dict(bounds)

    def within(self, atom, low, high):
        """These ranges and one more, of an index that may depend on those before."""
        return Ranges({**self.bounds, atom: (low, high)})

    def least(self, form):
        """A number that the form never falls below, or None."""
        for atom, (low, high) in reversed(self.bounds.items()):
            factor = form.factors.get(atom, 0)
            if factor:
                form = form.replaced(atom, low if factor > 0 else high)
        return None if form.factors else form.constant

    def always_positive(self, form):
        """Is the form proved to be 1 or more?"""
        least = self.least(form)
        return least is not None and least >= 1

    def in_range(self, form, size, count=1, step=1):
        """Are `count` places from here on, `step` apart, proved to be inside an axis of a size?"""
        last = Form(size - 1 - (count - 1) * step).plus(form, -1)
        return all((least := self.least(f)) is not None and least >= 0 for f in (form, last))


class Forms:
    """The forms of the indices of one scope; `given` holds those of its parameters."""

    def __init__(self, given=()):
        self.found = dict(given)

    def of(self, node):
        """The form of an integer; of which nothing is known, it is an atom itself."""
        if node not in self.found:
            for each in toposort([node], lambda n: () if n in self.found else _operands(n)):
                if each not in self.found:
                    self.found[each] = self._made(each)
        return self.found[node]

    def _made(self, node):
        value = known(node) if not node.shape else None
        if value is not None and node.dtype.kind in "iu":
            return Form(int(value))
        parts = [self.found[a] for a in _operands(node)]
        if node.op is ops.add and parts:
            return parts[0].plus(parts[1])
        if node.op is ops.subtract and parts:
            return parts[0].plus(parts[1], -1)
        if node.op is ops.negative and parts:
            return Form().plus(parts[0], -1)
        if node.op is ops.multiply and parts:
            return _product(*parts) or Form(0, {node: 1})
        return Form(0, {node: 1})


def _operands(node):
    """The operands through which a form is followed: sums and products of int64 numbers."""
    if node.op in (ops.add, ops.subtract, ops.negative, ops.multiply) and not node.shape:
        return node.args if node.dtype == "int64" else ()
    return ()


def _product(x, y):
    if not x.factors:
        return Form().plus(y, x.constant)
    return Form().plus(x, y.constant) if not y.factors else None


class Place:
    """Where a read or write of a window happens: a form, a count and a step per axis."""

    def __init__(self, node, forms):
        places = node.args[1:] if node.op is ops.get else node.args[2:]
        sizes, steps = node.attrs["sizes"], node.attrs["steps"]
        self.axes = [
            (forms.of(p), 1 if n is None else n, k) for p, n, k in zip(places, sizes, steps)
        ]

    def apart(self, other, ranges):
        """Is it proved that the two have no element in common?"""
        return any(_apart(one, two, ranges) for one, two in zip(self.axes, other.axes))

    def inside(self, shape, ranges):
        """Is it proved that the place is inside an array?"""
        return all(
            ranges.in_range(form, size, n, k) for (form, n, k), size in zip(self.axes, shape)
        )

    def after(self, atom, form):
        """The place with another form in an atom's stead."""
        made = object.__new__(Place)
        made.axes = [(f.replaced(atom, form), n, k) for f, n, k in self.axes]
        return made


def _apart(one, two, ranges):
    """Does one window end before the other begins?"""
    for (a, n, k), (b, _, _) in ((one, two), (two, one)):
        if ranges.always_positive(b.plus(a, -1).plus(Form((n - 1) * k), -1)):
            return True
    return False


class Scope:
    """What is known of the integers of one scope: their forms, and the ranges of the loop indices
    around it.
    """

    def __init__(self, forms=None, ranges=None):
        self.forms, self.ranges = forms or Forms(), ranges or Ranges()

    def inside(self, node, body):
        """The scope of a structure's body."""
        first, n = ops.INDEX[node.op], node.attrs["carries"]
        captured = zip(body.parameters[first + n :], ops.captures(node))
        given = {p: self.forms.of(c) for p, c in captured if c.type == INTEGER}
        ranges = self.ranges
        if node.op is ops.loop:
            low, high = map(self.forms.of, ops.lead(node))
            ranges = ranges.within(body.parameters[0], low, high.plus(Form(-1)))
        return Scope(Forms(given), ranges)

    def runs(self, node):
        """Is a loop proved to make a trip?"""
        if node.op is not ops.loop:
            return False
        low, high = map(self.forms.of, ops.lead(node))
        return self.ranges.always_positive(high.plus(low, -1))

    def place(self, node):
        """The place of a read or write."""
        return Place(node, self.forms)

    def safe(self, node):
        """Is a read proved to be inside its array?"""
        return node.op is ops.get and self.place(node).inside(node.args[0].shape, self.ranges)


INTEGER = Type("int64")
