"""Operations that are formulas, as what they are made of: so every compiler has them.

`defn.special` and `defn.along` are imported so that SciPy's names of these functions, and NumPy's
functions that call others, are known where functions are compiled.
"""

from __future__ import annotations

import defn.along
import defn.special  # noqa: F401
from defn.tensor import wrap
from defn.trace import Trace, tracing


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
        return node.op.numpy(*map(wrap, node.args)).node
