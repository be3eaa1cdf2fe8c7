"""Plain Python as calls of operators: the protocol will be described here."""

from __future__ import annotations

import ast
import types

from defn.syntax.compiled import bind, is_rewritten, rewritten, rewritten_tree
from defn.syntax.site import Site, Unbound, describe, is_hidden
from defn.syntax.source import find


def rewrite(function, operators):
    if isinstance(function, types.MethodType):
        return types.MethodType(rewrite(function.__func__, operators), function.__self__)
    if not isinstance(function, types.FunctionType):
        return function
    made = rewritten(function.__code__)
    return function if made is None else bind(function, made, operators)


def rewritten_source(function):
    source = find(function.__code__)
    if source is None:
        return None
    tree = rewritten_tree(source, function.__code__)[1]
    return "\n".join(map(ast.unparse, tree.body[0].body))
