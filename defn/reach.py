"""What a function can reach and could change: containers, objects, and the cells of names it shares.

The body of a loop or branch is traced once, whatever the number of its trips. What it changes of Python's own objects
would change once too, so a body must leave alone whatever was there before it.
"""

from __future__ import annotations

import dis
import functools
import sysconfig
import types
from collections import deque

import numpy as np

from defn.errors import HOME
from defn.tensor import Tensor

MANY = 20_000  # objects: more are not looked through

LIBRARIES = tuple(
    {
        HOME,
        *(
            p
            for p in map(sysconfig.get_paths().get, ("stdlib", "platstdlib", "purelib", "platlib"))
            if p
        ),
    }
)
ATOMS = (
    *(Tensor, np.ndarray, np.generic, np.dtype, types.ModuleType, types.CodeType, type),
    *(int, float, complex, str, bytes, bool, type(None), types.BuiltinFunctionType),
)  # fmt: skip


def is_users(function):
    """Is this function the user's own, and not a library's?"""
    return not function.__code__.co_filename.startswith(LIBRARIES)


def reached(*roots):
    """The identities of all objects that can be reached from these."""
    found, stack = {}, list(roots)
    while stack and len(found) < MANY:
        value = stack.pop()
        if id(value) in found or isinstance(value, ATOMS) and type(value) is not type:
            continue
        found[id(value)] = value
        stack += _parts(value)
    return found


def _parts(value):
    kind = type(value)
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return [*value, *_attributes(value)]
    if isinstance(value, dict):
        return [*value.values(), *_attributes(value)]
    if kind is types.FunctionType:
        return [*(value.__closure__ or ()), *(value.__defaults__ or ()), *_globals(value)]
    if kind is types.CellType:
        return _contents(value)
    if kind is types.MethodType:
        return [value.__self__, value.__func__]
    if kind is functools.partial:
        return [value.func, *value.args, *value.keywords.values()]
    return _attributes(value)


def _contents(cell):
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def _globals(function):
    """The values of the globals that a function of the user's names."""
    if not is_users(function):
        return []
    space = function.__globals__
    return [space[name] for name in names(function.__code__) if name in space]


def _attributes(value):
    if type(value).__module__.partition(".")[0] == "defn":
        return [value.__wrapped__] if hasattr(value, "__wrapped__") else []
    held = [getattr(value, name) for name in _slots(type(value)) if hasattr(value, name)]
    return [*held, *getattr(value, "__dict__", {}).values()]


def _slots(kind):
    for each in kind.__mro__:
        names = each.__dict__.get("__slots__", ())
        yield from (n for n in ([names] if type(names) is str else names) if n[:2] != "__")


def names(code):
    """The names that code and the code nested in it look up."""
    return {name for each in nested(code) for name in each.co_names}


def nested(code):
    """Code and the code inside it."""
    stack = [code]
    while stack:
        each = stack.pop()
        yield each
        stack += [c for c in each.co_consts if isinstance(c, types.CodeType)]


@functools.lru_cache(4096)
def names_in(code):
    """The names that code and the code nested in it look up."""
    return {name for each in nested(code) for name in each.co_names}


def bound_outside(code):
    """The names outside of it that a function binds: those of closure cells, and globals."""
    steps = _steps(code)
    cells = {s.argval for s in steps if s.opname in ("STORE_DEREF", "DELETE_DEREF")}
    spaces = {s.argval for s in steps if s.opname in ("STORE_GLOBAL", "DELETE_GLOBAL")}
    return tuple(sorted(cells.intersection(code.co_freevars))), tuple(sorted(spaces))


def binding(code, name):
    """The file and line where a function binds a name outside of it."""
    lines = (s.positions.lineno for s in _steps(code) if s.argval == name and "STORE" in s.opname)
    return code.co_filename, next(lines, code.co_firstlineno)


def _steps(code):
    return [step for each in nested(code) for step in dis.get_instructions(each)]
