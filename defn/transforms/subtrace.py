"""A Python function as a closed graph, traced inside the trace that runs."""

from __future__ import annotations

from defn import pytree
from defn.errors import TraceError
from defn.expr import parameter
from defn.graph import close
from defn.tensor import Tensor, asarray, is_tensor, labelled, wrap
from defn.trace import Storage, Trace, current, tracing
from defn.transforms.shapes import zeros
from defn.types import WEAK, is_inexact


class Results:
    """The leaves of what a function returned: which are nodes, and how they look to the caller."""

    def __init__(self, value):
        self.leaves, self.structure = pytree.flatten(value)
        self.traced = [k for k, leaf in enumerate(self.leaves) if is_tensor(leaf)]
        self.looks = [
            (self.leaves[k].scalar, self.leaves[k].weak, self.leaves[k].labels) for k in self.traced
        ]
        self.nodes = [self.leaves[k].node for k in self.traced]

    def over(self, nodes):
        """The results, over other nodes."""
        leaves = list(self.leaves)
        for k, node, (scalar, weak, labels) in zip(self.traced, nodes, self.looks):
            leaves[k] = labelled(wrap(node, scalar, weak), labels)
        return pytree.unflatten(self.structure, leaves)

    def changed(self, has_change, nodes):
        """Tangents in the container of the results: zeros where a result does not change, None
        where it cannot.
        """
        found, leaves = iter(nodes), [None] * len(self.leaves)
        for k, changes, (scalar, _, labels) in zip(self.traced, has_change, self.looks):
            type = self.leaves[k].held
            if changes:
                leaves[k] = labelled(wrap(next(found), scalar), labels)
            elif is_inexact(type.dtype):
                leaves[k] = labelled(zeros(type), labels)
        return pytree.unflatten(self.structure, leaves)


class Subtrace:
    """A function of some leaves, traced: `graph` is (*inputs, *captures) -> (*results, *writes).

    What it wrote into values from outside is among the outputs, and is written there when
    `inlined`.
    """

    def __init__(self, name, function, leaves, structure, chosen):
        if current() is None:
            raise TraceError(
                f"{name} works on traced values: call it in a function that @defn or jit compiles"
            )
        self.chosen = chosen
        trace = Trace(name, current())
        with tracing(trace):
            self.inputs = {k: parameter(leaves[k].held, "x") for k in chosen}
            values = [self._entering(trace, k, leaf) for k, leaf in enumerate(leaves)]
            args, kwargs = pytree.unflatten(structure, values)
            self.results = Results(function(*args, **kwargs))
            self.written = [s for s in trace.written if s.trace is not trace]
            outputs = [*self.results.nodes, *(trace.read(s) for s in self.written)]
            self.captures, (self.graph,) = close(
                [*self.inputs.values()], [outputs], [trace.effects]
            )

    def _entering(self, trace, k, leaf):
        """The leaf as the function sees it: what is written into it stays inside."""
        if not is_tensor(leaf):
            return leaf
        # Integers stay the nodes of the outer trace: their values may still be asked for and fixed.
        node = self.inputs[k] if k in self.inputs else leaf.node
        entering = Tensor(Storage(node, trace), node.type, (), leaf.scalar, leaf.weak)
        return labelled(entering, leaf.labels)

    def operands(self, leaves):
        """The nodes that the graph's parameters stand for."""
        return [*(leaves[k].node for k in self.chosen), *self.captures]

    def inlined(self, graph, operands):
        """A graph that begins with the outputs of this one, as part of the running trace: results,
        other outputs.
        """
        trace = current()
        outputs, effects = graph.inline(operands)
        trace.effects += effects
        count = len(self.results.nodes)
        for storage, node in zip(self.written, outputs[count:]):
            trace.read(storage)
            trace.write(storage, node)
        return self.results.over(outputs[:count]), outputs[count + len(self.written) :]


def as_tensors(args, kwargs):
    """The leaves of arguments, numbers and arrays as tensors; and their structure."""
    leaves, structure = pytree.flatten((args, kwargs))
    return [asarray(leaf) if is_number(leaf) else leaf for leaf in leaves], structure


def is_number(leaf):
    """Is the leaf a number or an array, and not a setting such as a string or a flag?"""
    return (
        is_tensor(leaf)
        or type(leaf) in WEAK
        and type(leaf) is not bool
        or hasattr(leaf, "__array__")
    )
