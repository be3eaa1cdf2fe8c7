"""The driver's text to LLVM's language: functions of words that call each other and C's.

`translate` reads one function, a kernel; this adds what the driver needs besides. Numba, which could
read it all, takes a second for it when nothing is cached yet.
"""

from __future__ import annotations

import ast
import importlib

from llvmlite import ir
from numba import types
from numba.core.compiler_lock import global_compiler_lock

from defn.compilers.numba import translate
from defn.compilers.numba.translate import I64, Translator, Untranslated, Value

BITWISE = {ast.BitXor: "xor", ast.LShift: "shl", ast.RShift: "ashr"}


class Program:
    """The functions of a text, each written when it is first called."""

    def __init__(self, text, entry):
        tree = ast.parse(text)
        self.module = ir.Module(entry)
        self.module.triple, self.module.data_layout = translate.machine()
        self.names = dict(imported(tree))
        self.definitions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
        self.made = {}

    def function(self, name, symbol=None):
        """LLVM's function for the one of this name."""
        if name not in self.made:
            definition = self.definitions[name]
            words = [I64] * len(definition.args.args)
            made = ir.Function(self.module, ir.FunctionType(I64, words), symbol or f"local_{name}")
            self.made[name] = made
            Words(self).define(made, definition, [types.int64] * len(words))
        return self.made[name]


def imported(tree):
    """What the text imports, by name."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            home = importlib.import_module(node.module)
            yield from ((alias.name, getattr(home, alias.name)) for alias in node.names)


class Words(Translator):
    """Writes one of the driver's functions."""

    def __init__(self, program):
        super().__init__(program.module, program.names)
        self.program = program

    def expression(self, statement):
        if not isinstance(statement.value, ast.Constant):  # a docstring
            super().expression(statement)

    def value(self, node):
        return self.chosen(node) if isinstance(node, ast.IfExp) else super().value(node)

    def chosen(self, node):
        """`x if test else y`: both are computed, for neither does anything."""
        test, x, y = (self.value(part) for part in (node.test, node.body, node.orelse))
        values = [self.as_type(v, types.int64) for v in (x, y)]
        return Value(self.builder.select(self.truth(test), *values), types.int64)

    def binary(self, node):
        name = BITWISE.get(type(node.op))
        if name is None:
            return super().binary(node)
        x, y = (self.as_type(self.value(v), types.int64) for v in (node.left, node.right))
        return Value(getattr(self.builder, name)(x, y), types.int64)

    def call(self, node):
        name = node.func.id
        if name in self.program.definitions:
            return self.called(self.program.function(name), types.int64, node)
        function = self.names.get(name)
        if isinstance(function, types.ExternalFunction):
            return self.called(self.external(function), function.sig.return_type, node)
        return super().call(node)

    def external(self, function):
        """The declaration of a C function."""
        known = self.module.globals.get(function.symbol)
        result = ir.DoubleType() if function.sig.return_type is types.float64 else I64
        kind = ir.FunctionType(result, [I64] * len(function.sig.args))
        return known or ir.Function(self.module, kind, function.symbol)

    def called(self, function, result, node):
        given = [self.as_type(self.value(a), types.int64) for a in node.args]
        if len(given) != len(function.args):
            raise Untranslated(ast.unparse(node))
        return Value(self.builder.call(function, given), result)


@global_compiler_lock
def words_translated(text, name, entry):
    """The module in which the function `name` of a text is a C function called `entry`."""
    program = Program(text, entry)
    program.function(name, entry)
    return program.module
