"""Copies of a text for four elements, side by side: roots and quotients are taken of four at once."""

from __future__ import annotations

import re

from defn import ops
from defn.compilers.cuda.four import WIDTH
from defn.compilers.numba.values import Values

LINE = re.compile(r"(?P<name>\w+) = (?:sqrt\((?P<x>\w+)\)|(?P<upper>\S+) / (?P<lower>\S+))")
QUICK = {ops.sqrt: "quick_root", ops.divide: "quick_divide"}


class Abreast(Values):
    """Remembers which lines are roots and quotients of float32."""

    exact = frozenset()  # their names
    quick = False  # may their last places be others?

    def _compute(self, node, index, needed):
        if node.op not in QUICK or node.dtype != "f4":
            super()._compute(node, index, needed)
        elif self.quick:
            args = ", ".join(self._known(a, i) for a, i in needed)
            self.named(node, index, f"{QUICK[node.op]}({args})")
        else:
            super()._compute(node, index, needed)
            self.exact = self.exact | {self._known(node, index)}

    def side_by_side(self, blocks):
        """The lines of copies, each after its header; what can be is computed of four at once."""
        parts = [list(self._cut(block.items)) for block in blocks]
        if len(parts) < WIDTH or len(set(map(len, parts))) > 1:
            return [line for block in blocks for line in (block.header, *block.items)]
        found = []
        for several in zip(*parts, strict=True):
            for block, (lines, _) in zip(blocks, several, strict=True):
                found += [block.header, *lines] if lines else []
            found += together([line for _, line in several if line])
        return found

    def _cut(self, lines):
        """The lines up to each root or quotient, and that line."""
        before = []
        for line in lines:
            if isinstance(line, str) and line.partition(" = ")[0] in self.exact:
                yield before, line
                before = []
            else:
                before.append(line)
        yield before, None


def together(lines):
    """Four lines as one, if they are roots, or quotients of one divisor."""
    found = [LINE.fullmatch(line) for line in lines]
    if not lines or not all(found):
        return lines
    column = lambda name: [m[name] for m in found]
    names, divisors = ", ".join(column("name")), set(column("lower"))
    if divisors == {None}:
        return [f"{names} = root_four({', '.join(column('x'))})"]
    if len(divisors) == 1 and None not in divisors:
        return [f"{names} = divide_four({', '.join(column('upper'))}, {divisors.pop()})"]
    return lines
