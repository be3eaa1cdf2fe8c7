"""The derivatives of Python functions, as Python functions of traced values.

Arguments and results may be containers. These functions run inside a trace; what makes them
callable with arrays is `jit`.
"""

from __future__ import annotations

from defn import ops, pytree
from defn.errors import ArgumentError, ShapeError, TypeMismatch
from defn.expr import parameter
from defn.graph import Graph
from defn.labels import union
from defn.tensor import apply, asarray, is_tensor, labelled, wrap
from defn.trace import current
from defn.transforms.activity import carries_derivative
from defn.transforms.forward import forward
from defn.transforms.grad import reverse
from defn.transforms.passes import tidy
from defn.transforms.shapes import full
from defn.transforms.subtrace import Subtrace, as_tensors, is_number
from defn.transforms.values import demand_type, named, named_after
from defn.transforms.vectors import spread


def positions(argnums, args, name, asked):
    """The arguments by which to differentiate, as positions; refused where there is no such
    argument.
    """
    chosen = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    if not chosen:
        raise ArgumentError(f"{asked} of {name} by no argument: argnums is empty, name one")
    for k in chosen:
        if not isinstance(k, int) or not -len(args) <= k < len(args):
            raise ArgumentError(
                f"{asked} by argument {k} of {name}, which was called with {len(args)} by position: "
                "argnums counts from 0, what is given by name is a constant"
            )
    return tuple(k % len(args) for k in chosen)


class Differentiated:
    """A function and arguments by which to differentiate: traced, and ready for either mode."""

    def __init__(self, function, argnums, args, kwargs, asked):
        self.name, self.asked = named(function), asked
        self.places = positions(argnums, args, self.name, asked)
        self.single = not isinstance(argnums, (tuple, list))
        self.leaves, structure = as_tensors(args, kwargs)
        self.chosen = self._chosen(args)
        traced = lambda: Subtrace(
            f"{asked} of {self.name}", function, self.leaves, structure, self.chosen
        )
        self._spread([self.leaves[k].vectors for k in self.chosen])
        self.run = traced()
        if self._spread([x.vectors for x in self.run.results.leaves if is_tensor(x)]):
            self.run = traced()
        self.graph = tidy(self.run.graph)

    def _spread(self, every):
        """Let each input have an entry of its own for every entry of these; True where one had
        not. Derivatives are those of each entry by itself, not their sum.
        """
        before = list(self.leaves)
        for k in self.chosen:
            leaf = self.leaves[k]
            self.leaves[k] = spread(leaf, union([*every, leaf.vectors]))
        return any(a is not b for a, b in zip(before, self.leaves))

    def _chosen(self, args):
        """The leaves by which to differentiate: those of the arguments asked for that are floating
        or complex.
        """
        counts = [len(pytree.leaves(arg)) for arg in args]
        self.ranges = [range(sum(counts[:k]), sum(counts[: k + 1])) for k in self.places]
        self.trees = [args[k] for k in self.places]
        found = [
            j
            for each in self.ranges
            for j in each
            if is_tensor(self.leaves[j]) and carries_derivative(self.leaves[j].type)
        ]
        if not found:
            types = ", ".join(
                str(getattr(self.leaves[j], "type", type(self.leaves[j])))
                for each in self.ranges
                for j in each
            )
            raise TypeMismatch(
                f"{self.asked} of {self.name} by argument {self.places[0]}, which is "
                f"{types or 'empty'}: only floating and complex values have a derivative; "
                "pass a float (2.0, or an array .astype(float))"
            )
        return list(dict.fromkeys(found))

    @property
    def operands(self):
        """What the traced graph is called with."""
        return self.run.operands(self.leaves)

    def delivered(self, nodes):
        """Derivatives in the containers of the arguments; None where there is none."""
        known = dict(zip(self.chosen, nodes))
        trees = [
            pytree.unflatten(pytree.flatten(tree)[1], [self._leaf(j, known) for j in each])
            for tree, each in zip(self.trees, self.ranges)
        ]
        return trees[0] if self.single else tuple(trees)

    def _leaf(self, j, known):
        if j not in known:
            return None
        return labelled(wrap(known[j], scalar=self.leaves[j].scalar), self.leaves[j].labels)

    def reversed(self, seeds, extra=()):
        """The graph with the cotangents of the inputs as further outputs."""
        outputs, effects, cotangents = reverse(self.graph, range(len(self.chosen)), seeds)
        return Graph((*self.graph.parameters, *extra), (*outputs, *cotangents), effects)

    def pushed(self, tangents):
        """The graph with tangents as further parameters, and those of the results as further
        outputs.
        """
        seeds = {k: parameter(t.type, "t") for k, t in tangents.items()}
        outputs, effects, changes = forward(self.graph, seeds)
        changes = changes[: len(self.run.results.nodes)]
        found = [c for c in changes if c is not None]
        graph = Graph((*self.graph.parameters, *seeds.values()), (*outputs, *found), effects)
        return graph, [c is not None for c in changes]


def value_and_grad_of(function, argnums=0, has_aux=False):
    """The function that gives the value of `function`, a real number, and its gradients by the
    arguments `argnums`.

    With `has_aux`, the function returns (value, anything else), and the result is ((value, anything
    else), gradients).
    """

    @named_after(function)
    def value_and_grad(*args, **kwargs):
        made = Differentiated(function, argnums, args, kwargs, "grad")
        demand_scalar(made, has_aux)
        graph = made.reversed({0: full(made.graph.outputs[0].type, 1).node})
        value, cotangents = made.run.inlined(graph, made.operands)
        return value, made.delivered(cotangents)

    return value_and_grad


def grad_of(function, argnums=0, has_aux=False):
    """The function that gives the gradients of `function`; with `has_aux`, (gradients, anything
    else).
    """
    both = value_and_grad_of(function, argnums, has_aux)

    @named_after(function)
    def grad(*args, **kwargs):
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return grad


def demand_scalar(made, has_aux):
    """Refuse a result that is no single real number: it has no gradient."""
    results = made.run.results
    value = pytree.unflatten(results.structure, results.leaves)
    if has_aux:
        if not isinstance(value, tuple) or len(value) != 2:
            raise TypeMismatch(
                f"with has_aux=True, {made.name} must return (value, anything else), it returned "
                f"{results.structure}"
            )
        value = value[0]
    if not is_tensor(value):
        shown = "a container" if pytree.parts(value) is not None else repr(value)
        raise TypeMismatch(
            f"grad needs a function that returns one real number computed from its arguments, "
            f"{made.name} returned {shown}; return (value, others) and pass has_aux=True to keep "
            "more than the value"
        )
    if value.shape:
        raise ShapeError(
            f"grad needs a function that returns one real number, {made.name} returned "
            f"{value.type}: sum it or take its mean; or use jacobian for all derivatives, vjp for "
            "a weighted sum of them"
        )
    _demand_real(value.type, made.name)


def _demand_real(type, name):
    if type.dtype.kind == "c":
        raise TypeMismatch(
            f"grad needs a function that returns one real number, {name} returned {type}: take its "
            "real part or absolute value"
        )
    if not carries_derivative(type):
        raise TypeMismatch(
            f"grad needs a function that returns a floating-point number, {name} returned {type}: "
            "cast it"
        )


def vjp_of(function, argnums=None):
    """The function (arguments, cotangents of the results) -> (results, cotangents of the
    arguments).

    `arguments` is a tuple; `cotangents` has the structure of the results, None stands for zeros. By
    all arguments, or by those named in `argnums`.
    """

    @named_after(function)
    def vjp(arguments, cotangents):
        made = Differentiated(function, every(arguments, argnums), arguments, {}, "vjp")
        seeds = _seeds(made, cotangents)
        fresh = {k: parameter(made.graph.outputs[k].type, "ct") for k in seeds}
        graph = made.reversed(fresh, fresh.values())
        value, found = made.run.inlined(graph, [*made.operands, *seeds.values()])
        return value, made.delivered(found)

    return vjp


def every(arguments, argnums):
    """All positions of the arguments, where none are named."""
    return tuple(range(len(arguments))) if argnums is None else argnums


def _seeds(made, cotangents):
    """The cotangents given, as nodes by position among the results."""
    results = made.run.results
    leaves = aligned(results.structure, cotangents, f"the cotangents of {made.name}", "the result")
    found = {}
    for place, k in enumerate(results.traced):
        wanted, given = results.leaves[k].type, leaves[k]
        if given is not None and carries_derivative(wanted):
            what = f"the cotangent of {made.name}'s result"
            found[place] = demand_type(given, wanted, what, results.leaves[k].vectors).node
    return found


def aligned(structure, values, what, like):
    """The leaves of a container that has a structure; None, for any part of it, stands for None in
    each leaf.
    """
    if values is None:
        return [None] * structure.count
    if structure.kind is None:
        return [values]
    split = pytree.parts(values)
    if (
        split is None
        or type(values) is not structure.kind
        or len(split[0]) != len(structure.children)
    ):
        raise ArgumentError(
            f"{what} must have the structure of {like}: {structure} is asked for, got "
            f"{pytree.flatten(values)[1]}"
        )
    return [
        leaf
        for each, child in zip(split[0], structure.children)
        for leaf in aligned(child, each, what, like)
    ]


def jvp_of(function):
    """The function (arguments, tangents) -> (results, tangents of the results).

    `tangents` has the structure of `arguments`, a tuple; None, for an argument as a whole, stands
    for zeros. A result without a derivative has the tangent None.
    """

    @named_after(function)
    def jvp(arguments, tangents):
        for what, given in (("arguments", arguments), ("tangents", tangents)):
            if not isinstance(given, (tuple, list)):
                raise ArgumentError(
                    f"jvp of {named(function)} takes its {what} as a tuple, one for each argument, "
                    f"not {getattr(given, 'type', type(given).__name__)}: write (x,)"
                )
        arguments, tangents = tuple(arguments), tuple(tangents)
        if len(arguments) != len(tangents):
            raise ArgumentError(
                f"jvp of {named(function)} needs a tangent for each of {len(arguments)} "
                f"arguments, got {len(tangents)}"
            )
        moved = tuple(k for k, t in enumerate(tangents) if t is not None)
        made = Differentiated(function, moved or every(arguments, None), arguments, {}, "jvp")
        given = _given_tangents(made, tangents)
        graph, changes = made.pushed(given)
        value, found = made.run.inlined(graph, [*made.operands, *given.values()])
        return value, made.run.results.changed(changes, found)

    return jvp


def _given_tangents(made, tangents):
    """The tangents given, as nodes by position among the inputs."""
    found = {}
    for k, each in zip(made.places, made.ranges):
        structure = pytree.flatten(made.trees[made.places.index(k)])[1]
        for j, t in zip(
            each, aligned(structure, tangents[k], f"the tangents of {made.name}", f"argument {k}")
        ):
            if t is not None and j in made.chosen:
                leaf, what = made.leaves[j], f"the tangent of argument {k} of {made.name}"
                found[made.chosen.index(j)] = demand_type(t, leaf.type, what, leaf.vectors).node
    return found


def hvp_of(function, argnums=0):
    """The function (*arguments, v) -> the Hessian times v, for a function that returns one real
    number.

    `v` has the structure of the argument `argnums`. Forward over reverse: no Hessian is made.
    """

    @named_after(function)
    def hvp(*arguments):
        *arguments, v = arguments
        (k,) = positions(argnums, arguments, named(function), "hvp")
        gradient = lambda x: grad_of(function, k)(*arguments[:k], x, *arguments[k + 1 :])
        return jvp_of(gradient)((arguments[k],), (v,))[1]

    return hvp


def stop_grad(tree):
    """The same values, through which no derivative passes.

    >>> from defn import grad, stop_grad
    >>> grad(lambda x: x * stop_grad(x))(3.0)
    np.float64(3.0)
    """
    if current() is None:
        return tree
    return pytree.map(
        lambda leaf: apply(ops.stop_grad, asarray(leaf)) if is_number(leaf) else leaf, tree
    )
