"""The derivatives of Python functions, as Python functions of traced values.

Arguments and results may be containers. These functions run inside a trace; what makes them callable with arrays
is `jit`.
"""

from __future__ import annotations

from defn import ops, pytree
from defn.errors import ArgumentError, ShapeError, TypeMismatch
from defn.expr import parameter
from defn.tensor import apply, asarray, is_tensor, wrap
from defn.transforms.grad import carries_derivative, reverse
from defn.transforms.passes import prepare
from defn.transforms.shapes import full
from defn.transforms.subtrace import Subtrace, as_tensors, is_number
from defn.graph import Graph


def positions(argnums, args, name, asked):
    """The arguments by which to differentiate, as positions; refused where there is no such argument."""
    chosen = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    for k in chosen:
        if not isinstance(k, int) or not -len(args) <= k < len(args):
            raise ArgumentError(f"{asked} by argument {k} of {name}, which was called with {len(args)}: argnums counts from 0")
    return tuple(k % len(args) for k in chosen)


def named(function):
    """The name of a function, as errors show it."""
    return getattr(function, "__qualname__", None) or getattr(function, "__name__", None) or repr(function)


def named_after(function):
    """Decorate a transform of a function: it has the function's name, not its source."""

    def decorate(transform):
        transform.__qualname__ = f"{transform.__name__}({named(function)})"
        transform.__doc__ = f"{transform.__name__} of {named(function)}: {function.__doc__ or ''}"
        return transform

    return decorate


class Differentiated:
    """A function and arguments by which to differentiate: traced, and ready for either mode."""

    def __init__(self, function, argnums, args, kwargs, asked):
        self.name, self.asked = named(function), asked
        self.places = positions(argnums, args, self.name, asked)
        self.single = not isinstance(argnums, (tuple, list))
        self.leaves, structure = as_tensors(args, kwargs)
        self.chosen = self._chosen(args)
        self.run = Subtrace(f"{asked} of {self.name}", function, self.leaves, structure, self.chosen)
        self.graph = prepare(self.run.graph)

    def _chosen(self, args):
        """The leaves by which to differentiate: those of the arguments asked for that are floating or complex."""
        counts = [len(pytree.leaves(arg)) for arg in args]
        self.ranges = [range(sum(counts[:k]), sum(counts[: k + 1])) for k in self.places]
        self.trees = [args[k] for k in self.places]
        found = [j for each in self.ranges for j in each if is_tensor(self.leaves[j]) and carries_derivative(self.leaves[j].type)]
        if not found:
            types = ", ".join(str(getattr(self.leaves[j], "type", type(self.leaves[j]))) for each in self.ranges for j in each)
            raise TypeMismatch(
                f"{self.asked} of {self.name} by argument {self.places[0]}, which is {types or 'empty'}: only floating "
                "and complex values have a derivative; pass a float (2.0, or an array .astype(float))"
            )
        return list(dict.fromkeys(found))

    @property
    def operands(self):
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
        return wrap(known[j], scalar=self.leaves[j].scalar) if j in known else None

    def reversed(self, seeds, extra=()):
        """The graph with the cotangents of the inputs as further outputs."""
        outputs, effects, cotangents = reverse(self.graph, range(len(self.chosen)), seeds)
        return Graph((*self.graph.parameters, *extra), (*outputs, *cotangents), effects)


def value_and_grad_of(function, argnums=0, has_aux=False):
    """The function that gives the value of `function`, a real number, and its gradients by the arguments `argnums`.

    With `has_aux`, the function returns (value, anything else), and the result is ((value, anything else), gradients).
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
    """The function that gives the gradients of `function`; with `has_aux`, (gradients, anything else)."""
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
            raise TypeMismatch(f"with has_aux=True, {made.name} must return (value, anything else), it returned {value!r}"[:300])
        value = value[0]
    if not is_tensor(value):
        shown = "a container" if pytree.parts(value) is not None else repr(value)
        raise TypeMismatch(
            f"grad needs a function that returns one real number computed from its arguments, {made.name} returned "
            f"{shown}; return (value, others) and pass has_aux=True to keep more than the value"
        )
    if value.shape:
        raise ShapeError(
            f"grad needs a function that returns one real number, {made.name} returned {value.type}: sum it or take "
            "its mean; or use jacobian for all derivatives, vjp for a weighted sum of them"
        )
    if value.dtype.kind == "c" or not carries_derivative(value.type):
        raise TypeMismatch(
            f"grad needs a function that returns one real number, {made.name} returned {value.type}: take its real "
            "part or absolute value" if value.dtype.kind == "c" else
            f"grad needs a function that returns a floating-point number, {made.name} returned {value.type}: cast it"
        )  # fmt: skip


def vjp_of(function, argnums=None):
    """The function (arguments, cotangents of the results) -> (results, cotangents of the arguments).

    `cotangents` has the structure of the results; None stands for zeros.
    """

    @named_after(function)
    def vjp(args, cotangents):
        chosen = tuple(range(len(args))) if argnums is None else argnums
        made = Differentiated(function, chosen, args, {}, "vjp")
        seeds = _seeds(made, cotangents)
        fresh = {k: parameter(made.graph.outputs[k].type, "ct") for k in seeds}
        graph = made.reversed(fresh, fresh.values())
        value, found = made.run.inlined(graph, [*made.operands, *seeds.values()])
        return value, made.delivered(found)

    return vjp


def _seeds(made, cotangents):
    """The cotangents given, as nodes by position among the results."""
    results = made.run.results
    leaves = _aligned(results.structure, cotangents, made.name)
    found = {}
    for place, k in enumerate(results.traced):
        wanted, given = results.leaves[k].type, leaves[k]
        if given is not None and carries_derivative(wanted):
            found[place] = demand_type(given, wanted, f"the cotangent of {made.name}'s result").node
    return found


def _aligned(structure, values, name):
    """The leaves of a container that has a structure; None for a whole container stands for each of its leaves."""
    if values is None:
        return [None] * structure.count
    leaves, found = pytree.flatten(values)
    if found != structure:
        raise ArgumentError(f"cotangents must have the structure of the results of {name}: {structure}, not {found}")
    return leaves


def demand_type(value, wanted, what):
    """The value as a tensor of a type, numbers of another dtype cast; refused where the shape differs."""
    value = asarray(value, wanted.dtype)
    if value.shape != wanted.shape:
        raise ShapeError(f"{what} must be {wanted}, it is {value.type}")
    return value


def stop_grad(tree):
    """The same values, through which no derivative passes.

    >>> from defn import grad, stop_grad
    >>> grad(lambda x: x * stop_grad(x))(3.0)
    np.float64(3.0)
    """
    return pytree.map(lambda leaf: apply(ops.stop_grad, asarray(leaf)) if is_number(leaf) else leaf, tree)


