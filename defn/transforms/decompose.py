"""Operations that are formulas, as what they are made of: so every compiler has them.

`defn.special` and `defn.along` are imported so that SciPy's names of these functions, and NumPy's
functions that call others, are known where functions are compiled.
"""

from __future__ import annotations

import functools

import defn.along
import defn.special  # noqa: F401
from defn import ops
from defn.control import fori_loop
from defn.ops.approximations import in_double
from defn.ops.inverses import FORMULAS
from defn.tensor import wrap
from defn.trace import Trace, tracing


def in_loop(count, step, state):
    """The state after so many steps, of which the graph has one."""
    return fori_loop(0, count, lambda _, state: step(state), state)


LOOPS = {
    ops.find(name): in_double(functools.partial(formula, repeated=in_loop))
    for name, formula in FORMULAS.items()
}


def decompose(graph, has=None):
    """The graph in which special functions are polynomials, exponentials and choices; but for the
    nodes of which a compiler `has` a function of its own.
    """
    if any("formula" in op.traits for op in graph.operations):
        graph = graph.transform(lambda n: n if has is not None and has(n) else expanded(n))
    return graph.map_bodies(lambda body: decompose(body, has))


def expanded(node):
    """What the formula of an operation makes of its operands; any other node as it is."""
    if "formula" not in node.op.traits:
        return node
    with tracing(Trace(node.op.name)):
        formula = LOOPS.get(node.op, node.op.numpy)
        return formula(*map(wrap, node.args), **node.attrs).node
