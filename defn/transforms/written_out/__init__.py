"""Factorisations and transforms as loops over elements: for programs in which no library can be called.

Inside of a loop that is compiled as a whole there is no host to call LAPACK, and for matrices of a few rows the
call costs more than the work.
"""

from __future__ import annotations

from defn import ops
from defn.errors import Unsupported
from defn.expr import attribute_to
from defn.ops.op import Rules
from defn.tensor import wrap
from defn.trace import Trace, tracing
from defn.transforms.written_out import elimination, fourier, orthogonal

forms = Rules("form as loops", "defn/transforms/written_out/__init__.py")
for _module, _names in (
    (elimination, "cholesky triangular_solve lu solve det slogdet"),
    (orthogonal, "qr svd svdvals pinv eigh eigvalsh"),
    (fourier, "fft rfft irfft"),
):
    for _name in _names.split():
        forms[ops.find(_name)] = getattr(_module, _name)


def written_out(graph, wanted):
    """The graph in which the operations that are `wanted` are loops over elements."""
    done = {}

    def results(node):
        if node not in done:
            done[node] = expanded(node)
        return done[node]

    def rule(node):
        if node.op is ops.item and wanted(node.args[0]):
            return results(node.args[0])[node.attrs["index"]]
        if node.type.parts is None and wanted(node):
            return results(node)[0]
        return node

    return graph.transform(rule)


def expanded(node):
    """The results of an operation, made by loops."""
    before = attribute_to(node.where)
    try:
        with tracing(Trace(node.op.name)):
            return [x.node for x in forms[node.op](*map(wrap, node.args), **node.attrs)]
    finally:
        attribute_to(before)
