"""Where a row begins, as an address that LLVM does not look into: what outer loops add to an index.

LLVM's strength reduction weighs every way to compute the addresses of a loop from each other. Where
they reach over rows and planes there are so many that it takes most of the time of a compilation;
of addresses that are a row's and a few elements more there are few, and the code is no worse.
"""

from __future__ import annotations

import ast
from contextlib import contextmanager

from llvmlite import ir
from numba.core.cgutils import get_or_insert_function

from defn.compilers.numba.buffers import BYTES, parts
from defn.compilers.numba.told import is_written_out

SAME = "llvm.strip.invariant.group.p0"  # its argument, as another pointer; no instruction


class Depths:
    """How deep in the loops of a text its names change: 0 for what is the same in all of them.

    A name that only seems to be the same costs time, never a result.
    """

    def __init__(self):
        self.now, self.depth, self.later = 0, {}, frozenset()

    @contextmanager
    def loop(self, loop, known):
        """The body of a loop; `known`: the names that have a value before it. One that is written out
        in the end is no loop."""
        before, deeper = self.later, not is_written_out(loop)
        self.now += deeper
        self.later |= set(assigned(loop.body)) & set(known)
        self.depth.update(dict.fromkeys(self.later - before, self.now))
        if isinstance(loop, ast.For):
            self.depth[loop.target.id] = self.now
        yield
        self.now, self.later = self.now - deeper, before

    def assign(self, target, value):
        for name in target.elts if isinstance(target, ast.Tuple) else (target,):
            if isinstance(name, ast.Name):
                self.depth[name.id] = self.now if name.id in self.later else self.of(value)

    def of(self, node):
        """The depth at which a value changes."""
        parts = list(ast.walk(node))
        if any(isinstance(part, ast.Subscript) for part in parts):
            return self.now
        names = (part.id for part in parts if isinstance(part, ast.Name))
        return max((self.depth.get(name, 0) for name in names), default=0)

    def split(self, index):
        """An index as what outer loops say of it and the rest; None for the one that is not there."""
        row, rest = [], []
        for term in terms(index):
            (row if 0 < self.of(term[1]) < self.now else rest).append(term)
        return added(row), added(rest)


def assigned(statements):
    """The names that statements give a value."""
    for node in (node for statement in statements for node in ast.walk(statement)):
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
    """The sum of terms."""
    total = None
    for sign, node in found:
        if total is None:
            total = node if sign > 0 else ast.UnaryOp(ast.USub(), node)
        else:
            total = ast.BinOp(total, ast.Add() if sign > 0 else ast.Sub(), node)
    return total


def row(builder, buffer, pointer, first):
    """The address of an element, as one that nothing is known of."""
    kind, count = parts(buffer.dtype)
    at = builder.mul(first, first.type(count)) if count > 1 else first
    place = builder.gep(builder.bitcast(pointer, kind.as_pointer()), [at])
    same = get_or_insert_function(builder.module, ir.FunctionType(BYTES, [BYTES]), SAME)
    return builder.call(same, [builder.bitcast(place, BYTES)])
