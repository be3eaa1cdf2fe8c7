"""Rows so short that a row is straight code: the loop over rows is then the one that vectorises.

What a row needs again stands in variables, not in memory; a reduction is a tree.
"""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np

from defn.compilers.numba.code import HALVES, combined, typename
from defn.compilers.numba.index import Affine
from defn.compilers.numba.roots import ARGS, RUNNING, WRITES, partial

LONGEST = 10  # elements of a row
MANY = 16  # rows, from which on it pays
MOST = 400  # operations of a row, written out


def is_straight(group, cost):
    """Are the rows of a group better written out? `cost` is what an element of a member takes."""
    if not group.rows or prod(v.size for v in group.rows) < MANY or len(group.stages) < 2:
        return False
    if any(m.node.op in (partial, *RUNNING, *WRITES) for m in group.members):
        return False
    sizes = [prod(v.size for v in m.loops[group.depth :]) for m in group.members]
    if not 1 < max(sizes) <= LONGEST or min(sizes) == 0:
        return False
    return sum(n * cost(m) for n, m in zip(sizes, group.members)) <= MOST


class Straight:
    """Writes short rows out: a part of `emit.Emitter`."""

    def straight_row(self, group):
        """All stages of a row, element by element."""
        for stage in group.stages:
            self.terms = {m: {} for m in stage.members if m.reduced}
            for places in product(*(range(v.size) for v in stage.loops)):
                at = dict(zip(stage.loops, places))
                for m in stage.members:
                    self._straight_element(m, at)
            for m, terms in self.terms.items():
                for index, found in terms.items():
                    self._finish(m, index, found)

    def _straight_element(self, m, at):
        args = [self.value(node, placed(index, at)) for node, index in self._reads(m)]
        self.computed = None
        text = self.term(m, args)
        if m.reduced:
            self.terms[m].setdefault(placed(m.result, at), []).append(text)
        else:
            self.keep(m, placed(m.result, at), "0" if m.node.op in ARGS else text)

    def _reads(self, m):
        if m.reads[0][0] is m.node:
            self.computed = m.node
        return m.reads

    def _finish(self, m, index, terms):
        """The result of a reduction from its terms."""
        kind, dtype = m.node.op.name, self._accumulator(m)
        if kind in ("any", "all") and m.reads[0][0].dtype != np.bool_:
            terms = [f"cast({t}, bool_)" for t in terms]
        best = tree(terms, lambda x, y: combined(kind, dtype, x, y))
        block = self.block_of(index)
        if m.node.op in ARGS:
            best = self._first_place(terms, self.assign(best, block), m.reads[0][0].dtype)
        elif m.node.dtype in HALVES:
            best = f"cast({best}, {typename(m.node.dtype)})"
        self.keep(m, index, best if best.isidentifier() else self.assign(best, block))

    def _first_place(self, terms, best, dtype):
        """The first place that holds the extreme, or a nan."""
        text = str(len(terms) - 1)
        for k in reversed(range(len(terms) - 1)):
            test = f"{terms[k]} == {best}"
            if dtype.kind in "fcV":
                test = f"({test}) | ({terms[k]} != {terms[k]})"
            text = self.assign(f"where({test}, {k}, {text})", self.writer.blocks[-1])
        return text


def tree(terms, join):
    """The terms joined in pairs, and those in pairs."""
    while len(terms) > 1:
        pairs = [join(*terms[k : k + 2]) for k in range(0, len(terms) - 1, 2)]
        terms = pairs + terms[len(terms) & ~1 :]
    return terms[0]


def placed(index, at):
    """An index with some loops at known places."""
    return tuple(
        Affine(
            part.constant + sum(c * at[v] for v, c in part.terms if v in at),
            tuple((v, c) for v, c in part.terms if v not in at),
        )
        for part in index
    )
