"""Graphs as text: one line per node, the way a person would write the program down."""

from __future__ import annotations

import os
import string

import numpy as np

from defn import ops
from defn.expr import constant_value

HIDDEN = {"bodies", "data", "dtype", "serial", "site", "carries"}


def names():
    """a, b, …, z, a1, b1, …"""
    round = 0
    while True:
        for letter in string.ascii_lowercase:
            yield letter + (str(round) if round else "")
        round += 1


def show(graph, where=True, title="graph"):
    """The graph as text: parameters, a line per node with its type and the user's line, the results."""
    return "\n".join(_lines(graph, title, where))


def _lines(graph, title, where):
    fresh, named = names(), {}
    for parameter in graph.parameters:
        named[parameter] = next(fresh)
    header = ", ".join(f"{named[p]}: {p.type}" for p in graph.parameters)
    lines = [f"{title}({header}):"]
    for node in graph.order:
        if node not in named and not _is_inline(node):
            lines += _node_lines(node, named, fresh, where)
    results = ", ".join(_operand(o, named) for o in graph.outputs)
    return [*lines, f"  return {results}"]


def _node_lines(node, named, fresh, where):
    call = f"{node.op}({', '.join([*(_operand(a, named) for a in node.args), *_settings(node)])})"
    if node.op.kind is ops.Kind.EFFECT:
        lines = [f"  {call}"]
    else:
        named[node] = next(fresh)
        lines = [f"  {named[node]} = {call}".ljust(52) + f"  # {node.type}" + _place(node, where)]
    for k, body in enumerate(node.attrs.get("bodies", ())):
        lines += ["  " + line for line in _lines(body, f"  body {k} ", where)]
    return lines


def _place(node, where):
    if not where or node.where is None:
        return ""
    return f"   {os.path.basename(node.where.file)}:{node.where.line}"


def _is_inline(node):
    return node.op is ops.constant or node.op is ops.broadcast and constant_value(node) is not None


def _operand(node, named):
    if node in named:
        return named[node]
    value = constant_value(node)
    if value is not None:
        return np.array2string(value, separator=", ", threshold=8)
    return "?"


def _settings(node):
    return [
        f"{key}={_setting(value)}"
        for key, value in node.attrs.items()
        if key not in HIDDEN or key == "dtype" and node.op is ops.cast
    ]


def _setting(value):
    if callable(value):
        return getattr(value, "__name__", "function")
    if isinstance(value, tuple) and len(value) == 1:
        return f"({value[0]},)"
    return str(value)
