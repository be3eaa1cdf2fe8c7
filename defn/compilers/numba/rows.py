"""Where a row begins, as an address that LLVM does not look into: what outer loops add to an index.

LLVM's strength reduction weighs every way to compute the addresses of a loop from each other. Where
many elements are read in several rows there are so many ways that it takes most of the time of a
compilation; of addresses that are a row's and some elements more there are few. Loops whose trips
wait for each other are no slower for it; those of vectors would be, by some percent.
"""

from __future__ import annotations

import ast
from contextlib import contextmanager

from llvmlite import ir
from numba.core.cgutils import get_or_insert_function

from defn.compilers.numba.buffers import BYTES, further
from defn.compilers.numba.told import is_written_out, loops, waits, within

SAME = "llvm.strip.invariant.group.p0"  # its argument, as another pointer; no instruction

MANY = 4  # elements of a trip from which on it pays


class Depths:
    """How deep in the loops of a text its names change: 0 for what is the same in all of them.

    A name that only seems to be the same costs time, never a result.
    """

    def __init__(self, definition):
        self.now, self.depth, self.later, self.is_split = 0, {}, frozenset(), False
        self.chosen = set(filter(is_chosen, loops(definition.body)))

    @contextmanager
    def loop(self, loop, known):
        """The body of a loop; `known`: the names that have a value before it. One that is written out
        in the end is no loop."""
        if not self.chosen:
            yield
            return
        before, deeper = (self.later, self.is_split), not is_written_out(loop)
        self.now += deeper
        self.later |= set(assigned(loop.body)) & set(known)
        self.is_split = loop in self.chosen
        self.depth.update(dict.fromkeys(self.later - before[0], self.now))
        if isinstance(loop, ast.For):
            self.depth[loop.target.id] = self.now
        yield
        self.now -= deeper
        self.later, self.is_split = before

    def assign(self, target, value):
        if not self.chosen:
            return
        for name in target.elts if isinstance(target, ast.Tuple) else (target,):
            if isinstance(name, ast.Name):
                self.depth[name.id] = self.now if name.id in self.later else self.of(value)

    def of(self, node):
        """The depth at which a value changes."""
        if isinstance(node, ast.Name):
            return self.depth.get(node.id, 0)
        if isinstance(node, ast.Subscript):
            return self.now
        return max(map(self.of, ast.iter_child_nodes(node)), default=0)

    def split(self, index):
        """An index as what outer loops say of it, the rest, and the numbers in it; None for what is not
        there, or where there is nothing to split."""
        row, rest, numbers, deepest = [], [], [], 0
        if not self.is_split:
            return None
        for term in terms(index):
            depth = self.of(term[1])
            is_number = isinstance(term[1], ast.Constant)
            (numbers if is_number else row if 0 < depth < self.now else rest).append(term)
            deepest = max(depth, deepest)
        inside = row and deepest == self.now
        return tuple(map(added, (row, rest, numbers))) if inside else None


def is_chosen(loop):
    """Is it a loop whose addresses are to be split?"""
    if loops(loop.body) or not waits(loop.body):
        return False
    return sum(isinstance(node, ast.Subscript) for node in ast.walk(loop)) >= MANY


def assigned(statements):
    """The names that statements give a value."""
    for statement in within(statements):
        targets = getattr(statement, "targets", (getattr(statement, "target", None),))
        for node in (node for target in targets if target for node in ast.walk(target)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def terms(node, sign=1):
    """The terms of a sum, each with its sign."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        other = sign if isinstance(node.op, ast.Add) else -sign
        return terms(node.left, sign) + terms(node.right, other)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return terms(node.operand, -sign)
    return [(sign, node)]


def added(found):
    """The sum of terms; None of none."""
    total = None
    for sign, node in found:
        if total is None:
            total = node if sign > 0 else ast.UnaryOp(ast.USub(), node)
        else:
            total = ast.BinOp(total, ast.Add() if sign > 0 else ast.Sub(), node)
    return total


def row(builder, buffer, pointer, first):
    """The address of an element, as one that nothing is known of."""
    same = get_or_insert_function(builder.module, ir.FunctionType(BYTES, [BYTES]), SAME)
    return builder.call(same, [further(builder, buffer, pointer, first)])
