"""A gradient from a tangent: a derivative is linear, and its transpose is read off the nodes that
compute it.
"""

from __future__ import annotations

from defn import ops
from defn.expr import depending_on, parameter, toposort
from defn.tensor import apply, wrap
from defn.transforms.shapes import zeros
from defn.types import is_inexact


def transposed(tangent, rules):
    """The gradient's rule of an operation whose tangent's rule is `tangent`, by the rules of
    simpler operations.
    """

    def rule(ct, out, *operands, **settings):
        several = isinstance(out, tuple)
        outs = out if several else (out,)
        changes = [parameter(x.type, "t") if is_inexact(x.dtype) else None for x in operands]
        found = tangent([t and wrap(t) for t in changes], out, *operands, **settings)
        pairs = zip(found, ct) if several else [(found, ct)]
        seeds = [(t.node, c.node) for t, c in pairs if t is not None and c is not None]
        known = {x.node for x in (*outs, *operands)}
        cts = _cotangents(seeds, [t for t in changes if t is not None], known, rules)
        return [wrap(cts[t]) if t in cts else None for t in changes]

    return rule


def _cotangents(seeds, changes, known, rules):
    """The cotangents of the changes, for those of what is computed from them and from known values."""
    order = toposort([node for node, _ in seeds], lambda n: () if n in known else n.args)
    linear, cts = depending_on(order, changes), {}
    for node, ct in seeds:
        _add(cts, node, ct)
    for node in reversed(order):
        if node in linear and node in cts and node.args:
            back = _window_filled if node.op is ops.get else rules[node.op]
            found = back(wrap(cts[node]), wrap(node), *map(wrap, node.args), **node.attrs)
            for operand, value in zip(node.args, found):
                if operand in linear and value is not None:
                    _add(cts, operand, value.node)
    return cts


def _add(cts, node, value):
    cts[node] = value if node not in cts else (wrap(cts[node]) + wrap(value)).node


def _window_filled(ct, out, x, *starts, **where):
    """The cotangent of what a window was read of: zero outside of it."""
    return (apply(ops.put, zeros(x.type), ct, *starts, **where),)
