"""Plain Python as calls of operators: what decides, loops, calls, reads or writes asks the
operators what it means.

`rewrite(function, operators)` returns the function with its statements turned into calls of
`operators`, any object with the functions below. `defn.syntax.python` holds those that mean what
Python means; with them a rewritten function behaves as the original, down to the line and column of
a traceback. This folder knows nothing of tracing.

Statements. A state is a tuple of values, one for each of `site.names`: the names that the statement
assigns and that are read later (or, in a loop, in the next iteration). `then`, `orelse`, `body` are
functions from state to state.

- `if_(test, then, orelse, state, site) -> state`. `then` and `orelse` may have further parameters
  with defaults.
- `while_(test, body, state, site) -> state`; `test(*state)` is asked before each iteration.
- `for_(iterable, body, stop, state, site) -> state`; `body(item, *state)`; `stop` is None, or
  `stop(*state)` says after an iteration whether it left the loop. A `range` is made through
  `call(range, ...)`, so that its bounds may be traced.
- `assert_(test, message, text, site)`; `message` is None or a thunk, `text` the source of the test.
- `try_(values, site)` is told, on entry of a `try` with handlers, the values of the local names its
  body reads.

`break`, `continue` and early `return` are gone: they set flags (`broken·12`, `continued·12`,
`returned·`: booleans, in the state like any name), what follows them is an `if_` on the flags
(`site.kind == "rest"`), and the value returned is the name `return·`. `describe(name)` says in
words what such a name is.

A name without a value is in the state as `unbound(name)`. That happens where the statement writes
the name before it reads it, so that any value would do, and where Python itself would not know
whether the name has a value; in the second case each read of the name is `bound(value)`, or
`bound(value, True)` from an inner function, which raises for the marker. `del name` is `name =
deleted(value, name)` (or `..., True)`) where the name may be in a state.

A `Site` says where the statement stands (`file`, `line`, `column`, ...), and about its state:
`names`; `reads`, those whose value on entry matters to one run of the statement or of its body (the
others are always written before they are read); `captured`, those that are in the state only
because an inner function still sees them; `raises`, whether the branches end in `raise`; and
`obstacle`, the reason why traced values cannot pass here (it assigns a global, ...) or None. The
reference operators need none of these.

Statements that no function of a state can stand for stay Python's own: those that hold `yield` or
`await`, a jump out of `finally`, `locals()`. Python then asks `test(value, site)` for a truth and
`iterate(iterable, site)` for an iterator, and `match_(subject, site)` for the subject of a `match`
whose patterns look inside; `site.obstacle` is the reason, for the operators to refuse with. So do
the loops and conditions of comprehensions. Class bodies are left alone.

Expressions.

- `if_expression(test, then, orelse)`, `and_(value, *thunks)`, `or_(value, *thunks)`, `not_(value)`,
  `compare_chain(("<", "<="), left, right, *thunks)`, `in_(item, container)`. A comparison of two
  values is Python's own.
- `call(function, /, *args, **kwargs)`; but `super()`, `locals()`, `exec(...)` and their like are
  called as written.
- `getitem(container, index)`, `setitem(container, index, value)`, `delitem(container, index)`,
  `slice_(start, stop, step)`, `getattr_(owner, name)`, `setattr_(owner, name, value)`.
- `inplace("+", target, value)`: what the target of `+=` is afterwards; the place of `a[i] += v` is
  evaluated once.

A function is rewritten with the functions inside it, once for each code object. It keeps its
closure, globals, defaults, names, lines and columns. A function whose source cannot be read is
returned as it is.

>>> def double(x):
...     return x * 2 if x > 0 else x
>>> print(rewritten_source(double))
def double(x):
    return operators·.if_expression(x > 0, lambda: x * 2, lambda: x)
"""

from __future__ import annotations

import ast
import types

from defn.syntax.compiled import bind, is_rewritten, rewritten, rewritten_tree
from defn.syntax.refuse import refuse_kind
from defn.syntax.site import Site, Unbound, describe, is_hidden
from defn.syntax.source import find

__all__ = [
    "Site",
    "Unbound",
    "describe",
    "has_source",
    "is_hidden",
    "refuse_kind",
    "rewrite",
    "rewritten_source",
    "was_rewritten",
]


def rewrite(function, operators):
    """The function as calls of `operators`; itself, if there is nothing to rewrite or to read.

    >>> from defn.syntax import python
    >>> def last_below(limit, values):
    ...     for value in values:
    ...         if value >= limit: break
    ...         last = value
    ...     return last
    >>> rewrite(last_below, python)(4, [1, 3, 5, 2])
    3
    """
    if isinstance(function, types.MethodType):
        return types.MethodType(rewrite(function.__func__, operators), function.__self__)
    if not isinstance(function, types.FunctionType):
        return function
    made = rewritten(function.__code__)
    return function if made is None else bind(function, made, operators)


def was_rewritten(function):
    """Whether a function calls operators: not so if it had nothing to rewrite or no source."""
    return is_rewritten(getattr(function, "__code__", None))


def has_source(function):
    """Whether the source can be read: not at a plain prompt, in `exec`, in compiled modules.

    >>> has_source(eval("lambda x: x")), has_source(has_source)
    (False, True)
    """
    code = getattr(function, "__code__", None)
    return isinstance(code, types.CodeType) and (is_rewritten(code) or find(code) is not None)


def rewritten_source(function):
    """What a function is rewritten to, as text, or None if its source cannot be read."""
    source = find(function.__code__)
    if source is None:
        return None
    factory = rewritten_tree(source, function.__code__)[1].body[0]
    shown = [s for s in factory.body if not isinstance(s, ast.Global)]
    return "\n".join(map(ast.unparse, shown))
