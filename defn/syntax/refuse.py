"""Functions that cannot be traced as a whole, refused by name at the line that makes them so."""

from __future__ import annotations

import ast
import inspect

from defn.errors import Unsupported, Where
from defn.syntax.scopes import own
from defn.syntax.source import find

KINDS = (
    (inspect.CO_ASYNC_GENERATOR, "an asynchronous generator", (ast.Yield,)),
    (inspect.CO_GENERATOR, "a generator", (ast.Yield, ast.YieldFrom)),
    (inspect.CO_COROUTINE, "a coroutine (`async def`)", (ast.Await, ast.AsyncFor, ast.AsyncWith)),
)


def refuse_kind(function):
    """Raise for a generator or coroutine: a call of it returns no value that could be traced.

    >>> def count():
    ...     yield 1
    >>> refuse_kind(count)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    defn.errors.Unsupported: count is a generator, which cannot be traced as a whole; ...
    """
    code = getattr(function, "__code__", None)
    for flag, kind, nodes in KINDS if code is not None else ():
        if code.co_flags & flag:
            raise Unsupported(
                f"{function.__qualname__} is {kind}, which cannot be traced as a whole; "
                "return an array (or a tuple of arrays) of all the values instead",
                Where(code.co_filename, line_of(code, nodes)),
            )


def line_of(code, kinds):
    """The line of the first node of some kinds in a function."""
    source = find(code)
    lines = (
        [node.lineno for node in own(source.node.body) if isinstance(node, kinds)] if source else []
    )
    return min(lines, default=code.co_firstlineno)
