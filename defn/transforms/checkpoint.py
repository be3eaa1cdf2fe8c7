"""Memory for time: a function that is run again in the backward pass, instead of keeping what it
computed.
"""

from __future__ import annotations

from defn import ops
from defn.expr import index, items, parameter
from defn.graph import Graph, structure
from defn.transforms.passes import tidy
from defn.transforms.shapes import zeros
from defn.transforms.subtrace import Subtrace, as_tensors
from defn.transforms.values import named, named_after
from defn.types import INT64, Type


def checkpoint_of(function):
    """The function, whose derivative keeps its arguments alone and computes all else again.

    It is a loop of one trip whose reverse runs the loop again.
    """

    @named_after(function)
    def checkpoint(*args, **kwargs):
        leaves, tree = as_tensors(args, kwargs)
        run = Subtrace(f"checkpoint of {named(function)}", function, leaves, tree, [])
        graph = tidy(run.graph)
        states = [parameter(o.type, "result") for o in graph.outputs]
        body = Graph(
            (parameter(Type(INT64), "i"), *states, *graph.parameters), graph.outputs, graph.effects
        )
        starts = [zeros(o.type).node for o in graph.outputs]
        attrs = {"extent": 1, "reverse": False, "recompute": True}
        made = structure(
            ops.loop, (index(0), index(1)), starts, run.operands(leaves), [body], **attrs
        )
        found = Graph((), items(made), (made,) if graph.effects else ())
        return run.inlined(found, [])[0]

    return checkpoint
