"""The verifier: what must hold of every graph. Run between passes by the tests."""

from __future__ import annotations

from defn import ops
from defn.errors import VerifierError

MIXED = {
    ops.select,
    ops.cast,
    ops.bitcast,
}  # element-wise operations whose operands may differ in dtype


def check(graph, after="tracing"):
    """The graph itself, if it is well formed; raises VerifierError with the node and the user's line."""
    parameters = set(graph.parameters)
    for node in graph.order:
        _check_node(node, parameters, after)
    return graph


def _check_node(node, parameters, after):
    def demand(holds, what):
        if not holds:
            operands = ", ".join(str(a.type) for a in node.args)
            raise VerifierError(
                f"after {after}: {node.op}({operands}) -> {node.type}: {what}", node.where
            )

    if node.op is ops.parameter:
        demand(node in parameters, "reads a parameter of another graph")
        return
    inferred = node.op.type(*(a.type for a in node.args), **node.attrs)
    demand(inferred == node.type, f"should have type {inferred}")
    if node.op.kind is ops.Kind.ELEMENTWISE:
        _check_elementwise(node, demand)
    for body in node.attrs.get("bodies", ()):
        _check_body(node, body, demand, after)


def _check_elementwise(node, demand):
    shapes = {a.shape for a in node.args}
    demand(len(shapes) <= 1, "operands must have one shape")
    if node.op not in MIXED:
        demand(len({a.dtype for a in node.args}) <= 1, "operands must have one dtype")
    if node.op is ops.select:
        demand(node.args[1].dtype == node.args[2].dtype, "branches must have one dtype")
        demand(node.args[0].dtype.kind == "b", "the condition must be boolean")


def _check_body(node, body, demand, after):
    check(body, f"{after}, in a body of {node.op}")
    expected = [a.type for a in node.args[ops.LEAD[node.op] :]]
    got = [p.type for p in body.parameters[ops.INDEX[node.op] :]]
    demand(got == expected, f"the body takes {got}, the states and captures are {expected}")
    if not (node.op is ops.while_ and body is node.attrs["bodies"][0]):
        states = expected[: node.attrs["carries"]]
        demand(
            list(body.types) == states,
            f"the body returns {list(body.types)}, the states are {states}",
        )
