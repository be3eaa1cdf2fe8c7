"""Running reductions and places of extremes along an axis that others follow in memory: element
after element of the axis, the columns side by side, so that the loop over them vectorises.

What a column has come to stands in memory: the result before it, or a row of extremes so far.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.compilers.numba.code import accumulated, step
from defn.compilers.numba.index import along
from defn.compilers.numba.kernel import Storage, contiguous
from defn.compilers.numba.roots import PLACES
from defn.compilers.numba.write import Real

MANY = 8  # outer loops from which on they are what threads share


def divided(runs, root):
    """The loops that threads share: those before the axis, or else of the columns."""
    at = next(k for k, run in enumerate(runs) if run[0] in root.reduced)
    size = lambda run: prod(loop.size for loop in run)
    if at and (size(runs[0]) >= MANY or at == len(runs) - 1):
        return runs[0]
    return max(runs[at + 1 :], key=size)


class Columns:
    """Writes the loops of such a group: a part of `emit.Emitter`."""

    def columns(self, group):
        """The loops from the outside in; the axis is cut after its first element."""
        (m,) = group.members
        runs = [Real(run) for run in group.runs]
        for real in runs:
            self.reals.update(dict.fromkeys(real, real))
        self.rows = next(real for real in runs if real == group.rows)
        self.row_limits, self.group_blocks = ("start", "stop"), 0
        places = m.node.attrs["kind"] in PLACES
        best = self._extremes(m) if places else None
        inside = (lambda: self._surpass(m, best)) if places else lambda: self._follow(m)
        self._columns_inside(m, runs, inside)

    def _columns_inside(self, m, runs, inside):
        if not runs:
            inside()
            return
        real, *rest = runs
        if real[0] in m.reduced:
            self.cuts.add(real[0], [1], self.ranges)
        self._run(real, [], (), lambda: self._columns_inside(m, rest, inside))

    def _is_first(self, m):
        """Are these loops at the first element of the axis?"""
        (loop,) = m.reduced
        return self.ranges[loop] == (0, 1)

    def _extremes(self, m):
        """Memory for the extreme of each column so far."""
        dtype = accumulated(m.node.attrs["kind"], m.reads[0][0].dtype)
        return contiguous(Storage(dtype, prod(m.node.shape)), m.node.shape)

    def _surpass(self, m, best):
        """Keep an element and its place if it surpasses what the column has come to."""
        (loop,) = m.reduced
        text, line = self.value(*m.reads[0]), self.writer.line
        extreme, place = self.place(best, m.result), self.place(self._target(m), m.result)
        if self._is_first(m):
            line(f"{extreme} = {text}")
            line(f"{place} = 0")
            return
        kind, dtype = m.node.attrs["kind"], m.reads[0][0].dtype
        block = self.writer.blocks[-1]
        old = self.assign(extreme, block)
        better = self.assign(surpasses(kind, dtype, text, old), block)
        line(f"{extreme} = where({better}, {text}, {old})")
        line(f"{place} = where({better}, {self.text(along(loop))}, {place})")

    def _follow(self, m):
        """The element that a running reduction gives after the one before it."""
        text, place = self.value(*m.reads[0]), self.place(self._target(m), m.result)
        if not self._is_first(m):
            axis = m.node.attrs["axis"]
            before = [i.plus(-1) if a == axis else i for a, i in enumerate(m.result)]
            before = self.place(self._target(m), tuple(before))
            text = step(getattr(ops, m.node.attrs["kind"]), m.node.dtype, before, text)
        self.writer.line(f"{place} = {text}")


def surpasses(kind, dtype, x, best):
    """The test whether an element is more extreme than the best; a nan is more than any number."""
    worse = "less_equal" if kind == "argmax" else "greater_equal"
    text = f"invert({worse}({x}, {best}))"
    return f"bitwise_and({text}, equal({best}, {best}))" if dtype.kind in "fcV" else text
