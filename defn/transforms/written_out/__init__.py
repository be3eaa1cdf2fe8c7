"""Factorisations and transforms as loops over elements: for programs in which no library can be
called.

Inside of a loop that is compiled as a whole there is no host to call LAPACK, and for matrices of a
few rows the call costs more than the work.
"""

from __future__ import annotations

from defn import ops
from defn.errors import Unsupported
from defn.expr import attribute_to
from defn.ops.op import Rules
from defn.tensor import wrap
from defn.trace import Trace, tracing
from defn.transforms.passes import prepare
from defn.transforms.states import hoist
from defn.transforms.unused import drop_unused
from defn.transforms.written_out import convolution, elimination, fourier, orthogonal, small

forms = Rules("form as loops", "defn/transforms/written_out/__init__.py")
for _module, _names in (
    (elimination, "cholesky triangular_solve lu solve det slogdet"),
    (orthogonal, "qr svd svdvals pinv eigh eigvalsh"),
    (fourier, "fft rfft irfft"),
    (convolution, "convolution"),
):
    for _name in _names.split():
        forms[ops.find(_name)] = getattr(_module, _name)
forms.absent(
    ops.eig,
    ops.eigvals,
    because="the eigenvalues of a matrix that is not Hermitian are left to LAPACK; compute them "
    "before the loop, use eigh for a Hermitian matrix, or compile with compiler='numpy' or 'xla'",
)
small_forms = {op: getattr(small, op.name) for op in forms if hasattr(small, op.name)}

AFTERWARDS = (
    (hoist, "what is the same in every trip, such as turns, is computed before the loop"),
    (drop_unused, "results that nobody asked for are gone"),
)
FEW = 8  # rows up to which the elements of a matrix are variables


def is_small(node):
    """Is it an elimination of matrices of a few rows?"""
    return node.op in small_forms and 0 < max(node.args[0].shape[-2:]) <= FEW


def has_form(node):
    """Is it a factorisation or a transform?"""
    return node.op in forms or node.op in forms.absences


def is_convolution(node):
    """Is it a convolution?"""
    return node.op is ops.convolution


def without_convolutions(graph, wanted=is_convolution):
    """The graph in which the convolutions that are `wanted` are products of matrices."""
    graph = graph.map_bodies(lambda body: without_convolutions(body, wanted))
    return expanded(graph, wanted)


def written_out(graph, kept=lambda node: False):
    """The graph in which convolutions, small eliminations, and all factorisations inside of loops
    that are not `kept`, are products and loops themselves.
    """
    made = graph.map_bodies(lambda body: within(body, kept))
    made = expanded(made, lambda n: is_small(n) or is_convolution(n))
    return graph if made is graph else prepare(made, AFTERWARDS)


def within(body, kept):
    """The body of a structure without factorisations, but for those that are `kept`."""
    body = body.map_bodies(lambda inner: within(inner, kept))
    return expanded(body, lambda node: has_form(node) and not kept(node))


def expanded(graph, wanted, form=None):
    """The graph in which the operations that are `wanted` are loops over elements, or have the
    `form` of their own that is told for each.
    """
    if not any(map(wanted, graph.order)):
        return graph
    done = {}

    def results(node):
        if node not in done:
            done[node] = results_of(node, form or form_of)
        return done[node]

    def rule(node):
        if node.op is ops.item and wanted(node.args[0]):
            return results(node.args[0])[node.attrs["index"]]
        if node.type.parts is None and wanted(node):
            return results(node)[0]
        return node

    return graph.transform(rule)


def form_of(node):
    """The form of an operation as loops."""
    if node.op in forms.absences:
        raise Unsupported(f"{node.op} in a loop: {forms.absences[node.op]}", node.where)
    return small_forms[node.op] if is_small(node) else forms[node.op]


def results_of(node, form_of):
    """The results of an operation, made by its form."""
    form = form_of(node)
    before = attribute_to(node.where)
    try:
        with tracing(Trace(node.op.name)):
            return [x.node for x in form(*map(wrap, node.args), **node.attrs)]
    finally:
        attribute_to(before)
