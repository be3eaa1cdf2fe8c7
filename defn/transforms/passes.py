"""The pipeline: what is done to every graph before a compiler sees it."""

from __future__ import annotations

from functools import partial

from defn import ops
from defn.expr import sharing
from defn.transforms.decompose import decompose
from defn.transforms.factor_values import as_asked
from defn.transforms.lookpast import look_past
from defn.transforms.promote import promote
from defn.transforms.rebuild import shared
from defn.transforms.simplify import simplify
from defn.transforms.sink import sink
from defn.transforms.states import fix_states, hoist
from defn.transforms.unused import drop_unused


def forget_gradients(graph):
    """The graph without what only a derivative would ask for: stopped and custom gradients."""
    if not graph.operations.isdisjoint(FORGOTTEN):
        graph = graph.transform(_forgotten)
    return graph.map_bodies(forget_gradients)


FORGOTTEN = (ops.stop_grad, ops.custom)


def _forgotten(node):
    if node.op is ops.stop_grad:
        return node.args[0]
    if node.op is ops.item and node.args[0].op is ops.custom:
        return node.args[0].args[node.attrs["index"]]
    return node


# What is done to a graph that is differentiated, and to one that was.
TIDY = (
    (shared, "equal nodes become one node"),
    (simplify, "the laws of algebra, and what is known is computed"),
    (look_past, "a read is of the version of the array that last changed what it reads"),
    (promote, "an element that a loop updates at one place is a number of the loop"),
    (fix_states, "a state that no trip changes is a capture"),
    (hoist, "what is the same in every trip is computed before the loop"),
    (drop_unused, "states and captures that nothing depends on are gone"),
    (sink, "a value that one branch needs moves into it"),
    (simplify, "the laws again, on what has come to light"),
)


def pipeline(has=None):
    """All passes, for a compiler that `has` functions of its own for some nodes."""
    return (
        (forget_gradients, "nobody asks for a derivative any more"),
        (
            partial(decompose, has=has),
            "special functions become polynomials, exponentials and choices",
        ),
        *TIDY,
        (as_asked, "a matrix is factorised once, and only as far as is asked"),
    )


PIPELINE = pipeline()


def tidy(graph):
    """The graph in simple terms, ready to be transformed."""
    return prepare(graph, TIDY)


def prepare(graph, passes=PIPELINE):
    """The graph after every pass of the pipeline."""
    with sharing():
        for step, _ in passes:
            graph = step(graph)
    return graph
