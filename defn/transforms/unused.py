"""Structures with no more states and captures than somebody asks for.

A state asks for what its next value is computed from, trip after trip, and in loops inside of
loops: states that only each other ask for, through any number of loops, are gone.
"""

from __future__ import annotations

from defn import ops
from defn.graph import Graph
from defn.transforms.activity import differentiable_bodies
from defn.transforms.states import Ends, restated


def drop_unused(graph):
    """The graph whose structures carry only the states that a result, a test or an effect depends
    on.
    """
    return _without_unused(graph, Asked())


class Asked:
    """What is asked for in the scopes of one program; a body asked the same twice is walked once."""

    def __init__(self):
        self.known = {}

    def scope(self, graph, outputs):
        """The nodes that some outputs and all effects depend on, and for each structure the
        results."""
        live, results = {*outputs, *graph.effects}, {}
        for node in reversed(graph.order):
            if node not in live:
                continue
            if node.op is ops.item:
                results.setdefault(node.args[0], set()).add(node.attrs["index"])
            live.update(self._operands(node, results) if node.op in ops.LEAD else node.args)
        return live, results

    def _operands(self, node, results):
        """The operands that the results of a structure depend on."""
        wanted = results.setdefault(node, set())
        states, captures = self.structure(node, wanted)
        carry, others = ops.carry(node), ops.captures(node)
        return (*ops.lead(node), *(carry[k] for k in states), *(others[k] for k in captures))

    def structure(self, node, wanted):
        """The states and the captures that results, the test and the effects depend on."""
        needed, again = frozenset(wanted), node.op is not ops.cond
        while True:
            read, captures = self._bodies(node, needed)
            if not again or read <= needed:
                return (needed if again else read), captures
            needed |= read

    def _bodies(self, node, needed):
        """The states and the captures that the bodies read for some of their outputs."""
        moving = differentiable_bodies(node)
        found = [self.body(node, b, needed if b in moving else None) for b in node.attrs["bodies"]]
        return tuple(frozenset().union(*each) for each in zip(*found))

    def body(self, node, body, needed):
        """The states and the captures that some outputs of a body need; all where `needed` is None."""
        if (body, needed) not in self.known:
            outputs = body.outputs if needed is None else [body.outputs[k] for k in needed]
            live, _ = self.scope(body, outputs)
            ends = Ends(node, body)
            self.known[body, needed] = tuple(
                frozenset(k for k, p in enumerate(each) if p in live)
                for each in (ends.carry, ends.captures)
            )
        return self.known[body, needed]


def _without_unused(graph, asked):
    if graph.operations.isdisjoint(ops.LEAD):
        return graph
    live, wanted = asked.scope(graph, graph.outputs)
    done, results = {}, {}
    for node in graph.order:
        if node not in live:
            done[node] = node  # an operand of what goes, until that is gone
            continue
        args = [done[a] for a in node.args]
        if node.op in ops.LEAD:
            done[node], results[node] = _restated(node.with_args(args), wanted[node], asked)
        elif node.op is ops.item and node.args[0] in results:
            done[node] = results[node.args[0]][node.attrs["index"]]
        else:
            done[node] = node.with_args(args) if args else node
    outputs, effects = ([done[each] for each in group] for group in (graph.outputs, graph.effects))
    return Graph(graph.parameters, outputs, effects, graph.updates)


def _restated(node, wanted, asked):
    """The structure with the states that are asked for, and its results."""
    inside = lambda body: _without_unused(body, asked)
    if node.op is ops.cond:
        others = [k for k in range(node.attrs["carries"]) if k not in wanted]
        return restated(node, sorted(wanted), others, inside)
    return restated(node, sorted(asked.structure(node, wanted)[0]), (), inside)
