"""From a function to its rewritten code, and back to a function."""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import types
import weakref
from typing import NamedTuple

from defn.syntax.build import OPERATORS, SITES, Build, place_of
from defn.syntax.expressions import Expressions
from defn.syntax.functional import rewrite_function
from defn.syntax.obstacles import FRAME_READERS
from defn.syntax.site import HIDDEN, Site
from defn.syntax.source import find, mangled

FUTURE = __future__.annotations.compiler_flag
SPECIAL_WORDS = (":=", "yield", "await")
OBSTACLE_WORDS = ("async", "finally", *FRAME_READERS)
FACTORY = "factory" + HIDDEN


class Rewritten(NamedTuple):
    """The code of a rewritten function and the sites that it names."""

    code: types.CodeType
    sites: types.CellType


class Unit:
    """What the rewriting of one function collects."""

    def __init__(self, source, code, lines):
        self.file, self.class_name, self.function = source.file, source.class_name, code.co_qualname
        self.lines, self.sites, self.lambdas = lines, [], set()
        text = "".join(lines)
        self.special = any(word in text for word in SPECIAL_WORDS)
        self.may_hinder = self.special or any(word in text for word in OBSTACLE_WORDS)

    def mangled(self, name):
        return mangled(name, self.class_name)

    def site(self, kind, node, **more):
        """Note a site; its number."""
        place = place_of(node)
        lines = (place.lineno, place.col_offset, place.end_lineno, place.end_col_offset)
        self.sites.append(Site(kind, self.file, *lines, self.function, **more))
        return len(self.sites) - 1

    def text(self, node):
        return ast.unparse(node)


_made: dict[int, tuple[weakref.ref, Rewritten | None]] = {}


def rewritten(code):
    """The `Rewritten` of a code object, or None where there is nothing to read or to rewrite."""
    entry = _made.get(id(code))
    if entry is None:
        key = id(code)
        entry = _made[key] = (
            weakref.ref(code, lambda _, forget=_made.pop: forget(key, None)),
            make(code),
        )
    return entry[1]


def make(code):
    if is_rewritten(code):
        return None
    source = find(code)
    if source is None:
        return None
    unit, tree = rewritten_tree(source, code)
    new = code_named(
        compile(tree, code.co_filename, "exec", code.co_flags & FUTURE, dont_inherit=True), code
    )
    if not is_rewritten(new):
        return None
    return Rewritten(
        patched(new, code.co_name, code.co_qualname, unit.lambdas),
        types.CellType(tuple(unit.sites)),
    )


def is_rewritten(code):
    """Whether a code object calls operators."""
    return code is not None and OPERATORS in code.co_freevars


def rewritten_tree(source, code):
    """The unit, and the module with the rewritten function inside one that binds its free names."""
    node, lines = source.node, linecache.getlines(source.file)
    unit = Unit(source, code, lines[node.lineno - 1 : node.end_lineno])
    build = Build(node)
    if isinstance(node, ast.Lambda):
        body = build.expression(Expressions(unit, {}, frozenset()).visit(node))
    else:
        body = rewrite_function(node, unit, {})
        # Decorators are not applied again, but the first line of the function is theirs.
        body.decorator_list = [
            Build(decorator).constant(None) for decorator in node.decorator_list[:1]
        ]
    body, bound = [body], getattr(node, "name", None)
    if source.class_name:
        body = [ast.ClassDef(source.class_name, [], [], body, [], type_params=[], **build.at)]
        bound = source.class_name
    # What is defined here again must not hide the one that the function may name: itself, its class.
    if bound and bound not in code.co_freevars:
        body.insert(0, ast.Global([bound], **build.at))
    factory = build.function(FACTORY, [*code.co_freevars, OPERATORS, SITES], body)
    return unit, ast.Module([factory], [])


def code_named(outer, code):
    """The code inside `outer` that has the name and first line of `code`."""
    stack = [outer]
    while stack:
        found = stack.pop(0)
        if found.co_name == code.co_name and found.co_firstlineno == code.co_firstlineno:
            return found
        stack += [constant for constant in found.co_consts if isinstance(constant, types.CodeType)]
    raise LookupError(f"no code named {code.co_name} in {outer}")


def patched(code, name, qualname, lambdas):
    """The code with the user's names; an added function is called what the user's is."""
    inside_class = not code.co_flags & inspect.CO_OPTIMIZED
    prefix = qualname + ("." if inside_class else ".<locals>.")
    constants = list(code.co_consts)
    for position, constant in enumerate(constants):
        if isinstance(constant, types.CodeType):
            added = is_added(constant, lambdas)
            inner = (name, qualname) if added else (constant.co_name, prefix + constant.co_name)
            constants[position] = patched(constant, *inner, lambdas)
        elif inside_class and constant == code.co_qualname:
            constants[position] = qualname
    return code.replace(co_name=name, co_qualname=qualname, co_consts=tuple(constants))


def is_added(code, lambdas):
    if code.co_name != "<lambda>":
        return HIDDEN in code.co_name
    positions = {(first, start, last, end) for first, last, start, end in code.co_positions()}
    return not positions & lambdas


def bind(function, made, operators):
    """A function of the rewritten code, with the closure, globals and defaults of the original."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    cells[OPERATORS], cells[SITES] = types.CellType(operators), made.sites
    closure = tuple(cells[name] for name in made.code.co_freevars)
    new = types.FunctionType(
        made.code, function.__globals__, function.__name__, function.__defaults__, closure
    )
    new.__kwdefaults__ = function.__kwdefaults__
    new.__qualname__, new.__module__, new.__doc__ = (
        function.__qualname__,
        function.__module__,
        function.__doc__,
    )
    new.__annotations__ = function.__annotations__
    new.__dict__.update(function.__dict__)
    return new
