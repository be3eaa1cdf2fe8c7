"""The user's source of a function: its node, with lines and columns as in the file."""

from __future__ import annotations

import ast
import copy
import functools
import linecache
from types import CodeType
from typing import NamedTuple

from defn.syntax.scopes import scope_names


class Source(NamedTuple):
    """Where a function is written: its node, the text around it, and the class it stands in."""

    node: ast.AST
    file: str
    class_name: str | None


def find(code):
    """The `Source` of a code object, or None if there is none to read."""
    lines = linecache.getlines(code.co_filename)
    if not 0 < code.co_firstlineno <= len(lines):
        return None
    class_name = class_of(code.co_qualname)
    looks = (
        (lambda_on_line, lambda_in_file)
        if code.co_name == "<lambda>"
        else (definition_at, definition_in_file)
    )
    for look in looks:
        for node in look(code, lines):
            if agrees(code, node, class_name):
                return Source(node, code.co_filename, class_name)
    return None


def class_of(qualname):
    """The class whose private names a function uses, from its qualified name.

    >>> class_of("Outer.Inner.method.<locals>.step"), class_of("step")
    ('Inner', None)
    """
    parts = qualname.split(".")[:-1]
    while parts and parts[-1] == "<locals>":
        del parts[-2:]
    return parts[-1] if parts else None


def mangled(name, class_name):
    """A name as Python stores it inside a class.

    >>> mangled("__weight", "Layer"), mangled("__init__", "Layer"), mangled("weight", "Layer")
    ('_Layer__weight', '__init__', 'weight')
    """
    if (
        not name.startswith("__")
        or name.endswith("__")
        or not class_name
        or not class_name.strip("_")
    ):
        return name
    return f"_{class_name.lstrip('_')}{name}"


def parsed(lines, first, last):
    """The statements of some lines, numbered and indented as in the file."""
    text = "".join(lines[first - 1 : last])
    inside = text[:1].isspace()
    if inside and first < 2:
        return []
    wrapper = "if 1:\n" if inside else ""
    try:
        body = ast.parse("\n" * (first - 1 - inside) + wrapper + text).body
    except (SyntaxError, ValueError, RecursionError):
        return []
    return body[0].body if inside else body


def definition_at(code, lines):
    """The `def` that starts on the code's first line."""
    first = code.co_firstlineno
    statements = parsed(lines, first, end_of_block(lines, first, last_line(code)))
    return [node for node in statements[:1] if getattr(node, "name", None) == code.co_name]


def last_line(code):
    """The last line that the code, or a code inside it, stands on."""
    last = max((end or 0 for _, end, _, _ in code.co_positions()), default=0)
    inner = [last_line(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return max(last, code.co_firstlineno, *inner, 0)


def end_of_block(lines, first, last):
    """The last line of an indented block of which `last` is some line."""
    indent = depth(lines[first - 1])
    while last < len(lines) and (is_blank(lines[last]) or depth(lines[last]) > indent):
        last += 1
    return last


def depth(line):
    return len(line) - len(line.lstrip())


def is_blank(line):
    return not line.strip() or line.lstrip().startswith("#")


@functools.lru_cache(maxsize=4)
def tree_of(text):
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def whole_file(code, lines, kinds):
    """Copies of the nodes of some kinds that start where the code starts."""
    tree = tree_of("".join(lines))
    nodes = (
        []
        if tree is None
        else [n for n in ast.walk(tree) if isinstance(n, kinds) and start(n) == code.co_firstlineno]
    )
    return [copy.deepcopy(node) for node in nodes]


def start(node):
    decorators = getattr(node, "decorator_list", None)
    return decorators[0].lineno if decorators else node.lineno


def definition_in_file(code, lines):
    found = whole_file(code, lines, (ast.FunctionDef, ast.AsyncFunctionDef))
    return [node for node in found if node.name == code.co_name]


def lambda_on_line(code, lines):
    """The lambda, if its line can be read alone."""
    statements = parsed(lines, code.co_firstlineno, code.co_firstlineno)
    return matching(code, [n for s in statements for n in ast.walk(s) if isinstance(n, ast.Lambda)])


def lambda_in_file(code, lines):
    return matching(code, whole_file(code, lines, ast.Lambda))


def matching(code, nodes):
    """That of the lambdas on one line whose body holds the places of the code, and little else."""
    places = [place for place in code.co_positions() if None not in place and any(place[2:])]
    nodes = [node for node in nodes if node.lineno == code.co_firstlineno]
    if not places:  # Python was told to keep no columns
        return nodes if len(nodes) == 1 else []
    around = [node for node in nodes if all(holds(node.body, place) for place in places)]
    return sorted(around, key=lambda node: width(node.body))[:1]


def holds(node, place):
    first, last, start, end = place
    begins = (node.lineno, node.col_offset) <= (first, start)
    return begins and (last, end) <= (node.end_lineno, node.end_col_offset)


def width(node):
    return node.end_lineno - node.lineno, node.end_col_offset - node.col_offset


def agrees(code, node, class_name):
    """Whether a node can be what the code was compiled from: the file may have been edited."""
    arguments = node.args
    ordered = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    ordered += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    parameters = tuple(mangled(a.arg, class_name) for a in ordered)
    if parameters != code.co_varnames[: len(parameters)] or start(node) != code.co_firstlineno:
        return False
    names = {mangled(name, class_name) for name in scope_names(node).locals}
    inside = all(node.lineno <= line <= node.end_lineno for line in lines_of(code))
    return inside and names <= {*code.co_varnames, *code.co_cellvars}


def lines_of(code):
    return {
        line for _, _, line in code.co_lines() if line is not None and line > code.co_firstlineno
    }
