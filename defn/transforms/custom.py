"""Derivatives of the user's own, in both modes; either follows from the other, for a derivative is
linear.
"""

from __future__ import annotations

import inspect

from defn import ops, pytree
from defn.errors import ArgumentError, TypeMismatch
from defn.expr import item, items, make, parameter
from defn.graph import close
from defn.tensor import is_tensor, labelled, wrap
from defn.trace import Trace, current, tracing
from defn.transforms.activity import carries_derivative
from defn.transforms.forward import SPECIAL
from defn.transforms.grad import reverse
from defn.transforms.subtrace import Results, Subtrace, as_tensors
from defn.transforms.values import demand_type, named
from defn.transforms.vectors import total
from defn.transforms.walk import REVERSE


def called(function, *args):
    """The function called as it is."""
    return function(*args)


class CustomGrad:
    """A function with a derivative of its own: what `custom_grad` makes."""

    def __init__(self, function, call=called):
        self.function, self.call, self.vjp, self.jvp = function, call, None, None
        self.__name__ = self.__qualname__ = named(function)
        self.__doc__ = function.__doc__

    def def_vjp(self, rule):
        """Decorate `rule(cotangent, result, *arguments)`, which gives a cotangent for each
        argument, as the derivative.
        """
        self.vjp = rule
        return rule

    def def_jvp(self, rule):
        """Decorate `rule(tangents, result, *arguments)`, which gives the tangent of the result, as
        the derivative.
        """
        self.jvp = rule
        return rule

    def __call__(self, *args, **kwargs):
        args = self._in_order(args, kwargs) if kwargs else args
        if self.vjp is None and self.jvp is None:
            raise ArgumentError(
                f"custom_grad of {self.__name__} has no derivative yet: decorate one with .def_vjp "
                "or .def_jvp"
            )
        if current() is None:
            return self.function(*args)
        leaves, structure = as_tensors(args, {})
        run = Subtrace(self.__name__, self._traced, leaves, structure, [])
        return Applied(self, run, leaves, structure).results

    def _in_order(self, args, kwargs):
        """The arguments as the rule gets them, by position."""
        bound = inspect.signature(self.function).bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise ArgumentError(
                f"custom_grad of {self.__name__} has arguments that are given by name alone, "
                f"{', '.join(bound.kwargs)}: its rule takes all by position, so let them be "
                "positional"
            )
        return bound.args

    def _traced(self, *args):
        return self.call(self.function, *args)


class Applied:
    """One call of such a function: its results, tied to the arguments by the node `custom`."""

    def __init__(self, custom, run, leaves, structure):
        self.custom, self.structure = custom, structure
        self.places = [
            k
            for k, leaf in enumerate(leaves)
            if getattr(leaf, "type", None) and carries_derivative(leaf.type)
        ]
        self.leaves = leaves
        value, _ = run.inlined(run.graph, run.operands(leaves))
        self.value = Results(value)
        self.inputs = [leaves[k].node for k in self.places]
        self.results = self.value.over(self._tied()) if self.inputs and self.value.nodes else value

    def _tied(self):
        captures, rules = self._rules()
        attrs = {"results": len(self.value.nodes), "inputs": len(self.inputs), **rules}
        return items(make(ops.custom, (*self.value.nodes, *self.inputs, *captures), attrs))

    def _rules(self):
        """The rules as closed graphs over one set of captures."""
        written = {
            "vjp": (self.custom.vjp, self._cotangents),
            "jvp": (self.custom.jvp, self._tangents),
        }
        traced, ends = {}, {}
        results = [parameter(n.type, "result") for n in self.value.nodes]
        inputs = [parameter(n.type, "input") for n in self.inputs]
        for mode, (rule, trace) in written.items():
            if rule is not None:
                ends[mode], traced[mode] = trace(rule, results, inputs)
        every = dict.fromkeys(p for each in ends.values() for p in each)
        captures, graphs = close([*every, *results, *inputs], list(traced.values()))
        inside = graphs[0].parameters[len(every) + len(results) + len(inputs) :]
        made = {
            mode: type(graph)(
                (*ends[mode], *results, *inputs, *inside), graph.outputs, graph.effects
            )
            for mode, graph in zip(traced, graphs)
        }
        return captures, {"vjp": made.get("vjp"), "jvp": made.get("jvp")}

    def _arguments(self, inputs):
        leaves = list(self.leaves)
        for k, node in zip(self.places, inputs):
            leaf = self.leaves[k]
            leaves[k] = labelled(wrap(node, leaf.scalar, leaf.weak), leaf.labels)
        return pytree.unflatten(self.structure, leaves)[0]

    def _result(self, nodes):
        return self.value.over(nodes)

    def _cotangents(self, rule, results, inputs):
        """The rule (cotangent, result, *arguments) -> cotangents, run on parameters."""
        seeds = [parameter(n.type, "ct") for n in results if carries_derivative(n.type)]
        given = iter(seeds)
        with tracing(Trace(f"the vjp of {self.custom.__name__}", current())):
            cts = self._result([next(given) if carries_derivative(n.type) else n for n in results])
            found = self.custom.call(rule, cts, self._result(results), *self._arguments(inputs))
            found = found if isinstance(found, tuple) else (found,)
            return seeds, self._checked(found)

    def _checked(self, found):
        if len(found) != len(pytree.unflatten(self.structure, self.leaves)[0]):
            raise ArgumentError(
                f"def_vjp of {self.custom.__name__} must return a tuple with one cotangent per "
                "argument (None for none), "
                f"it returned {len(found)}"
            )
        trees = pytree.unflatten(self.structure, self.leaves)[0]
        leaves = [leaf for tree, value in zip(trees, found) for leaf in _aligned(tree, value)]
        what = f"the cotangent that def_vjp of {self.custom.__name__} gives"
        return [_node(leaves[k], self.leaves[k], what) for k in self.places]

    def _tangents(self, rule, results, inputs):
        """The rule (tangents, result, *arguments) -> tangent, run on parameters."""
        seeds = [parameter(n.type, "t") for n in inputs]
        with tracing(Trace(f"the jvp of {self.custom.__name__}", current())):
            found = self.custom.call(
                rule, self._arguments(seeds), self._result(results), *self._arguments(inputs)
            )
            leaves = [leaf for k, leaf in enumerate(pytree.leaves(found)) if k in self.value.traced]
            if len(leaves) != len(results):
                raise TypeMismatch(
                    f"def_jvp of {self.custom.__name__} must return a tangent like the result: "
                    f"{len(results)} values, it returned {len(leaves)}"
                )
            what = f"the tangent that def_jvp of {self.custom.__name__} gives"
            likes = [self.value.leaves[k] for k in self.value.traced]
            return seeds, [_node(leaf, like, what) for leaf, like in zip(leaves, likes)]


def _aligned(tree, value):
    """The leaves of a cotangent, None for each leaf of an argument that has none."""
    leaves = pytree.leaves(tree)
    return [None] * len(leaves) if value is None else pytree.leaves(value)


def _node(value, like, what):
    value = 0 if value is None else value
    if is_tensor(value):  # where the same input serves every entry, their cotangents are added
        value = total(value, like.vectors)
    return demand_type(value, like.type, what, like.vectors).node


# In the two modes.


def _split(node):
    n, m = node.attrs["results"], node.attrs["inputs"]
    # A rule reads the results as this node gives them, so that they have its derivative in the rule's.
    results = tuple(item(node, k) for k in range(n))
    return results, node.args[n : n + m], node.args[n + m :]


def transposed(rule, count, seeds, operands):
    """What a graph that is linear in its first `count` parameters makes of these, the other way
    round.
    """
    outputs, _, found = reverse(rule, range(count), dict(enumerate(seeds)))
    return type(rule)(rule.parameters, found).inline(operands)[0]


def _reverse_custom(walk, node):
    results, inputs, captures = _split(node)
    rest = (*results, *inputs, *captures)
    cts = [walk.running(item(node, k)) for k, r in enumerate(results) if carries_derivative(r.type)]
    if node.attrs["vjp"] is not None:
        found, _ = node.attrs["vjp"].inline([*cts, *rest])
    else:
        seeds = [walk.running(item(node, k)) for k in range(len(results))]
        tangents = [parameter(n.type, "t") for n in inputs]
        found = transposed(node.attrs["jvp"], len(inputs), seeds, [*tangents, *rest])
    for operand, value in zip(inputs, found):
        walk.add(operand, value)


def _forward_custom(walk, node):
    results, inputs, captures = _split(node)
    rest, tangents = (*results, *inputs, *captures), [walk.tangent(n) for n in inputs]
    if node.attrs["jvp"] is not None:
        found, _ = node.attrs["jvp"].inline([*tangents, *rest])
    else:
        active = [r for r in results if carries_derivative(r.type)]
        cts = [parameter(r.type, "ct") for r in active]
        found = transposed(node.attrs["vjp"], len(active), tangents, [*cts, *rest])
    for k, tangent in enumerate(found):
        walk.tangents[item(node, k)] = tangent


REVERSE[ops.custom] = _reverse_custom
SPECIAL[ops.custom] = _forward_custom
