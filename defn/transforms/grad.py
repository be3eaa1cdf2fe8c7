"""Reverse mode: from a graph to the graph of its gradients."""

from __future__ import annotations

import contextlib

from defn.expr import parameter, sharing
from defn.graph import Graph
from defn.order import schedule
from defn.trace import Trace, current, tracing
from defn.transforms.activity import Activity, carries_derivative
from defn.transforms.affine import Scope
from defn.transforms.loops import Structures
from defn.transforms.masks import accumulated
from defn.transforms.rebuild import replaced, shared
from defn.transforms.shapes import full
from defn.transforms.walk import Walk


@contextlib.contextmanager
def working(name):
    """A trace in which rules may make nodes: the one that runs, else one of its own."""
    if current() is not None:
        with sharing():
            yield current()
        return
    trace = Trace(name)
    with tracing(trace):
        yield trace


def reverse(graph, wrt, seeds):
    """The outputs, the effects, and the cotangents of the parameters at the positions `wrt`.

    `seeds` gives the cotangents of some outputs, by position. All are nodes over the graph's
    parameters.
    """
    # A result is found again as `item(node, k)`: equal nodes must be one node.
    graph = shared(graph)
    inputs = [graph.parameters[k] for k in wrt]
    order = schedule(graph)
    activity = Activity()
    active, masks = activity.scope(order, inputs)
    cotangents = {}
    for k, seed in seeds.items():
        output = graph.outputs[k]
        if output in active:
            cotangents[output] = (
                accumulated(cotangents[output], seed) if output in cotangents else seed
            )
    walk = Walk(order, active, masks, cotangents, Structures(activity), Scope(), top=True).run()
    found = replaced((*graph.roots, *(walk.running(p) for p in inputs)), walk.saving)
    n, m = len(graph.outputs), len(graph.effects)
    return found[:n], found[n : n + m], found[n + m :]


def gradient(graph, wrt=(0,), value=False):
    """The graph of the derivatives of its first output, a scalar, by the parameters at the
    positions `wrt`.

    With `value`, the outputs come first.
    """
    with working("a gradient"):
        seed = full(graph.outputs[0].type, 1).node
        outputs, effects, cotangents = reverse(graph, wrt, {0: seed})
    return Graph(graph.parameters, (*(outputs if value else ()), *cotangents), effects)


def pullback(graph, wrt=(0,)):
    """The graph (*parameters, *cotangents of the outputs) -> (*outputs, *cotangents of the
    parameters `wrt`).

    Outputs without a derivative, integers and booleans, have no cotangent among the parameters.
    """
    with working("a pullback"):
        places = [k for k, o in enumerate(graph.outputs) if carries_derivative(o.type)]
        seeds = {k: parameter(graph.outputs[k].type, "ct") for k in places}
        outputs, effects, cotangents = reverse(graph, wrt, seeds)
    return Graph((*graph.parameters, *seeds.values()), (*outputs, *cotangents), effects)
