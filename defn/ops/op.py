"""The row: what an operation is. What is done to it stands in one table per concern (`Rules`)."""

from __future__ import annotations

import enum

from defn.errors import VerifierError


class Kind(enum.Enum):
    """The families of operations."""

    LEAF = "leaf"
    ELEMENTWISE = "element-wise"
    MOVEMENT = "movement"
    INDEX = "index"
    REDUCTION = "reduction"
    PRODUCT = "product"
    STRUCTURE = "structure"
    LIBRARY = "library"
    EFFECT = "effect"


class Op:
    """One operation: its name, family, type rule, NumPy meaning and algebraic traits.

    `type(*types, **attrs)` gives the result's type; `numpy(*arrays, **attrs)` its value. `cost` is in
    units of an addition; `ufunc` is the NumPy function that a row of arithmetic mirrors.
    """

    __slots__ = ("name", "kind", "type", "numpy", "cost", "traits", "ufunc")

    def __init__(self, name, kind, type, numpy, cost=1, traits=(), ufunc=None):
        self.name, self.kind, self.type, self.numpy = name, kind, type, numpy
        self.cost, self.traits, self.ufunc = cost, frozenset(traits), ufunc
        ALL[name] = self

    def __repr__(self):
        return self.name

    def __reduce__(self):
        return find, (self.name,)


ALL: dict[str, Op] = {}


def find(name):
    """The operation of a name."""
    return ALL[name]


def of_kind(*kinds):
    """All operations of some families, in the order they were declared."""
    return [op for op in ALL.values() if op.kind in kinds]


class Rules(dict):
    """One concern's rule for each operation; an absence is declared, with its reason."""

    def __init__(self, concern, file):
        super().__init__()
        self.concern, self.file, self.absences = concern, file, {}

    def absent(self, *ops, because):
        """Declare that these operations have no rule here, and why."""
        for op in ops:
            self.absences[op] = because

    def rule(self, *ops):
        """Decorate a function as the rule of these operations."""

        def register(function):
            for op in ops:
                self[op] = function
            return function

        return register

    def __missing__(self, op):
        if op in self.absences:
            raise LookupError(f"{op} has no {self.concern}: {self.absences[op]}")
        raise VerifierError(f"{op} has no {self.concern} in {self.file}, and no declared absence")
