"""The pipeline: what is done to every graph before a compiler sees it."""

from __future__ import annotations

from defn.expr import sharing
from defn.transforms.rebuild import shared
from defn.transforms.simplify import simplify

PIPELINE = (
    (shared, "equal nodes become one node"),
    (simplify, "the laws of algebra, and what is known is computed"),
)


def prepare(graph, pipeline=PIPELINE):
    """The graph after every pass of the pipeline."""
    with sharing():
        for step, _ in pipeline:
            graph = step(graph)
    return graph
