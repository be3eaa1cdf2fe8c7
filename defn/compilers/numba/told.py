"""What LLVM is told of a loop, so that it makes no copies that cost more time than they save."""

from __future__ import annotations

import ast

from llvmlite import ir

# Of a loop around loops LLVM makes eight copies where those inside were written out.
UNCOPIED = ("llvm.loop.unroll.runtime.disable",)
# Of one around a long loop it makes as many copies as it has trips.
WHOLE = ("llvm.loop.unroll.disable",)
# Several vectors in a trip of a vectorised loop are faster by some percent, and as much more code.
SINGLE = ("llvm.loop.interleave.count", ir.IntType(32)(1))

MANY = 16  # loops of a text from which on most are short ones at borders


class LoopName(ir.values.MDValue):
    """A node whose first operand is itself."""

    def __init__(self, module, said):
        super().__init__(module, (), str(len(module.metadata)))
        text, *numbers = said
        told = module.add_metadata([ir.MetaDataString(module, text), *numbers])
        self.operands = self, told

    def descr(self, buf):
        buf.append("distinct ")
        super().descr(buf)


def told(loop, among):
    """What is to be said of a loop, one of so many; nothing of one that waits for itself."""
    inner = loops(loop.body)
    if inner:
        return UNCOPIED if all(map(is_short, inner)) else WHOLE
    return SINGLE if among > MANY and not waits(loop.body) else ()


def within(statements):
    """The statements, each with those in it."""
    for statement in statements:
        yield statement
        yield from within(getattr(statement, "body", ()))
        yield from within(getattr(statement, "orelse", ()))


def loops(statements):
    """The loops in statements."""
    return [s for s in within(statements) if isinstance(s, (ast.For, ast.While))]


def is_short(loop):
    """Are the numbers of its trips in the text?"""
    known = (ast.Constant, ast.UnaryOp)
    return isinstance(loop, ast.For) and all(isinstance(a, known) for a in loop.iter.args)


def is_written_out(loop):
    """Is a loop short, and what it holds?"""
    return all(map(is_short, loops([loop])))


def waits(statements):
    """Does a trip read a name that the one before it gave a value?"""
    given, read = set(), set()
    for statement in statements:
        names = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
        read |= {n.id for n in names if isinstance(n.ctx, ast.Load)} - given
        given |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return not given.isdisjoint(read)
