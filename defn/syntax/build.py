"""Nodes that stand where the user's own stand, so that tracebacks point at the user's code."""

from __future__ import annotations

import ast
from typing import NamedTuple

from defn.syntax.site import HIDDEN

LOAD, STORE = ast.Load(), ast.Store()
OPERATORS, SITES = "operators" + HIDDEN, "sites" + HIDDEN


class Place(NamedTuple):
    """A stretch of source, with the attributes of a node."""

    lineno: int
    col_offset: int
    end_lineno: int
    end_col_offset: int


def place_of(node):
    return Place(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def header(statement, end):
    """From the first letter of a compound statement to the end of its test, iterable or subject."""
    return Place(statement.lineno, statement.col_offset, end.end_lineno, end.end_col_offset)


def from_attribute(attribute, end):
    """Where Python sees the use of an attribute: at its name, if that is on a later line."""
    if attribute.lineno == attribute.end_lineno:
        return end
    column = attribute.end_col_offset - len(attribute.attr)
    return Place(attribute.end_lineno, max(column, 0), end.end_lineno, end.end_col_offset)


class Build:
    """Makes nodes at one place."""

    def __init__(self, origin):
        self.at = {
            "lineno": origin.lineno,
            "col_offset": origin.col_offset,
            "end_lineno": origin.end_lineno,
            "end_col_offset": origin.end_col_offset,
        }
        # Python moves a call of an attribute that spans lines to the attribute's last
        # line, so this one spans none.
        self.start = {
            **self.at,
            "end_lineno": origin.lineno,
            "end_col_offset": origin.col_offset + 1,
        }

    def name(self, name):
        return ast.Name(name, LOAD, **self.at)

    def target(self, name):
        return ast.Name(name, STORE, **self.at)

    def constant(self, value):
        return ast.Constant(value, **self.at)

    def operator(self, name):
        return ast.Attribute(ast.Name(OPERATORS, LOAD, **self.start), name, LOAD, **self.start)

    def call(self, operator, *arguments):
        """`operators.<operator>(*arguments)`."""
        return ast.Call(self.operator(operator), list(arguments), [], **self.at)

    def site(self, index):
        return ast.Subscript(
            ast.Name(SITES, LOAD, **self.at), self.constant(index), LOAD, **self.at
        )

    def tuple(self, nodes):
        return ast.Tuple(list(nodes), LOAD, **self.at)

    def targets(self, names):
        return ast.Tuple([self.target(name) for name in names], STORE, **self.at)

    def assign(self, target, value):
        target = self.target(target) if isinstance(target, str) else target
        return ast.Assign([target], value, **self.at)

    def expression(self, value):
        return ast.Expr(value, **self.at)

    def returns(self, value):
        return ast.Return(value, **self.at)

    def nothing(self):
        return ast.Pass(**self.at)

    def parameters(self, names):
        arguments = [ast.arg(name, None, **self.at) for name in names]
        return ast.arguments([], arguments, None, [], [], None, [])

    def thunk(self, value, names=()):
        """`lambda *names: value`."""
        return ast.Lambda(self.parameters(names), value, **self.at)

    def function(self, name, names, body):
        return ast.FunctionDef(
            name, self.parameters(names), body, [], None, type_params=[], **self.at
        )

    def outer(self, kind, names):
        """`nonlocal` or `global` names, as a list of at most one statement."""
        return [kind(list(names), **self.at)] if names else []

    def denied(self, value):
        return ast.UnaryOp(ast.Not(), value, **self.at)

    def any(self, names):
        """`a or b or ...` of names."""
        nodes = [self.name(name) for name in names]
        return nodes[0] if len(nodes) == 1 else ast.BoolOp(ast.Or(), nodes, **self.at)

    def branch(self, test, body, orelse=()):
        return ast.If(test, body, list(orelse), **self.at)
