"""`vmap`: a function of one value as a function of a batch; and `jacobian` and `hessian`, which are
made of it.
"""

from __future__ import annotations

import math

from defn import ops, pytree
from defn.errors import ArgumentError, ShapeError, Unsupported
from defn.expr import parameter
from defn.graph import Graph
from defn.labels import labels_of
from defn.tensor import apply, bare, is_tensor, labelled, vectors_text, wrap
from defn.transforms.activity import carries_derivative
from defn.transforms.batching import batched_graph
from defn.transforms.forward import forward
from defn.transforms.functions import Differentiated, grad_of
from defn.transforms.passes import tidy
from defn.transforms.shapes import cast, reshape, transpose, zeros
from defn.transforms.subtrace import Subtrace, as_tensors
from defn.transforms.values import named, named_after
from defn.types import Type


def axes_of(axes, structure, what):
    """One axis, or None, for each leaf: `axes` may stop short of the container, and then holds for
    all below it.
    """
    return list(_axes(axes, structure, what))


def _axes(axes, structure, what):
    if axes is None or isinstance(axes, int):
        return [axes] * structure.count
    split = pytree.parts(axes)
    if split is None or structure.kind is None or len(split[0]) != len(structure.children):
        raise ArgumentError(
            f"{what} must be an axis, None, or a container of these like the values: {axes!r} does "
            f"not fit {structure}"
        )
    return [
        found
        for each, child in zip(split[0], structure.children)
        for found in _axes(each, child, what)
    ]


def vmap_of(function, in_axes=0, out_axes=0):
    """The function on batches: along the axis `in_axes` of each argument (None: the same for all
    values).
    """

    @named_after(function)
    def vmap(*args, **kwargs):
        leaves, structure = as_tensors(args, kwargs)
        axes = axes_of(_with_keywords(in_axes, args, kwargs, named(function)), structure, "in_axes")
        made = _Batch(function, leaves, structure, axes)
        return made.delivered(out_axes)

    return vmap


def _with_keywords(in_axes, args, kwargs, name):
    if isinstance(in_axes, (tuple, list)) and len(in_axes) != len(args):
        raise ArgumentError(
            f"in_axes of vmap({name}) has {len(in_axes)} entries, it was called with {len(args)} "
            "arguments"
        )
    per_argument = tuple(in_axes) if isinstance(in_axes, (tuple, list)) else (in_axes,) * len(args)
    return (per_argument, dict.fromkeys(kwargs, 0))


class _Batch:
    """A function traced for one value, and run on a batch."""

    def __init__(self, function, leaves, structure, axes):
        self.name = named(function)
        axes = [axis if is_tensor(leaf) else None for axis, leaf in zip(axes, leaves)]
        self.count = self._size(leaves, axes)
        self.chosen = [k for k, axis in enumerate(axes) if axis is not None]
        ones = [_one(x, axis) if axis is not None else x for x, axis in zip(leaves, axes)]
        self.run = Subtrace(f"vmap of {self.name}", function, ones, structure, self.chosen)
        moved = [_in_front(leaves[k], axes[k]).node for k in self.chosen]
        self.operands = [*moved, *self.run.captures]

    def _size(self, leaves, axes):
        sizes = {}
        for leaf, axis in zip(leaves, axes):
            if axis is not None:
                if not -leaf.ndim <= axis < leaf.ndim:
                    raise ShapeError(
                        f"vmap of {self.name} along axis {axis} of {leaf.type}, which has no such "
                        "axis: use None for an argument that is the same for all"
                    )
                sizes.setdefault(leaf.shape[axis], f"{leaf.type} along axis {axis}")
        if not sizes:
            raise ArgumentError(
                f"vmap of {self.name} needs an argument with an axis: all of in_axes are None"
            )
        if len(sizes) > 1:
            raise ShapeError(
                f"vmap of {self.name} along axes of different sizes: {', '.join(sizes.values())}"
            )
        return next(iter(sizes))

    def delivered(self, out_axes):
        """The results, the batch along `out_axes`; None where a result must be the same for all
        values.
        """
        graph = tidy(self.run.graph)
        flags = [True] * len(self.chosen) + [False] * (len(graph.parameters) - len(self.chosen))
        results = self.run.results
        axes = axes_of(out_axes, results.structure, "out_axes")
        wanted = [axes[k] is not None for k in results.traced] + [False] * len(self.run.written)
        batched, differs = batched_graph(graph, self.count, flags, wanted)
        self._demand_same(differs, axes)
        found, _ = self.run.inlined(batched, self.operands)
        leaves = pytree.leaves(found)
        for k in results.traced:
            if axes[k] is not None:
                leaves[k] = _moved_out(leaves[k], axes[k])
        return pytree.unflatten(results.structure, leaves)

    def _demand_same(self, differs, axes):
        for k, d in zip(self.run.results.traced, differs):
            if d and axes[k] is None:
                raise ArgumentError(
                    f"out_axes of vmap({self.name}) is None for a result that differs between the "
                    "values: give it an axis"
                )
        if any(differs[len(self.run.results.traced) :]):
            raise ArgumentError(
                f"{self.name} writes into an array from outside, one value of a batch over the "
                "other: return it instead"
            )


def _one(leaf, axis):
    """A stand-in for one value of a batch: only its type and its labels count."""
    held = _in_front(leaf, axis).type
    one = wrap(parameter(Type(held.dtype, held.shape[1:]), "one"), scalar=leaf.ndim == 1)
    return labelled(one, labels_of(_without(leaf.names, axis % leaf.ndim), leaf.vectors))


def _without(names, axis):
    return (*names[:axis], *names[axis + 1 :])


def _in_front(leaf, axis):
    """The elements as they are kept, with an axis in front of all, also of entries."""
    held, axis = bare(leaf), axis % leaf.ndim + bool(leaf.vectors)
    return transpose(held, (axis, *(k for k in range(held.ndim) if k != axis)))


def _moved_out(leaf, axis):
    """The batch as a result has it: its nodes have the batch in front of all."""
    held, first = wrap(leaf.node), int(bool(leaf.vectors))
    ndim = held.ndim - first
    if not -ndim <= axis < ndim:
        raise ShapeError(f"out_axes of vmap is {axis}, the result is {held.type}")
    order, names = list(range(1, held.ndim)), list(leaf.names)
    order.insert(first + axis % ndim, 0)
    names.insert(axis % ndim, None)
    return labelled(transpose(held, order), labels_of(names, leaf.vectors))


# All derivatives at once.


def jacobian_of(function, argnums=0):
    """The function that gives the derivatives of each result by each element of the arguments
    `argnums`.

    For a result of shape S and an argument of shape T, an array of shape S + T; in the containers
    of the result, and in these in those of the argument.
    """

    @named_after(function)
    def jacobian(*args, **kwargs):
        made = Differentiated(function, argnums, args, kwargs, "jacobian")
        _demand_one_entry(made)
        made.run.inlined(made.graph, made.operands)  # for its effects, once
        results = made.run.results
        places = [p for p, k in enumerate(results.traced) if _differs(results.leaves[k])]
        blocks = _by_columns(made, places) if _is_tall(made, places) else _by_rows(made, places)
        leaves = [None if is_tensor(leaf) else leaf for leaf in results.leaves]
        for place, block in zip(places, blocks):
            leaves[results.traced[place]] = made.delivered(block)
        return pytree.unflatten(results.structure, leaves)

    return jacobian


def _demand_one_entry(made):
    for k in made.chosen:
        if made.leaves[k].vectors:
            raise Unsupported(
                f"jacobian of {made.name} by {vectors_text(made.leaves[k].vectors)} values: take it of "
                "one entry, and of all with vmap(jacobian(f)), after .devectorize()"
            )


def _differs(leaf):
    return carries_derivative(leaf.type)


def _is_tall(made, places):
    """Are there no more elements to differentiate by than results, all of them real?"""
    inputs = [made.leaves[k].type for k in made.chosen]
    outputs = [made.graph.outputs[p].type for p in places]
    real = all(t.dtype.kind != "c" for t in (*inputs, *outputs))
    return real and sum(t.size for t in inputs) <= sum(t.size for t in outputs)


def _by_rows(made, places):
    """For each result, its derivatives by each input: the pullback of all its elements at once."""
    shapes, blocks = [made.leaves[k].shape for k in made.chosen], []
    for place in places:
        type = made.graph.outputs[place].type
        seed = parameter(type, "ct")
        pulled = made.reversed({place: seed}).outputs[len(made.graph.outputs) :]
        found = _for_each(seed, made, pulled)
        blocks.append([reshape(wrap(n), (*type.shape, *s)).node for n, s in zip(found, shapes)])
    return blocks


def _by_columns(made, places):
    """The same: for each input, how the results change with each of its elements, all at once."""
    columns = []
    for j, k in enumerate(made.chosen):
        type = made.leaves[k].type
        seed = parameter(type, "t")
        changes = forward(made.graph, {j: seed})[2]
        changes = [changes[p] or zeros(made.graph.outputs[p].type).node for p in places]
        columns.append([_last(node, type) for node in _for_each(seed, made, changes)])
    return [list(row) for row in zip(*columns)]


def _for_each(seed, made, roots):
    """What the roots are for each element of the seed being one and all others zero."""
    graph = tidy(Graph((seed, *made.graph.parameters), roots))
    flags = [True] + [False] * len(made.graph.parameters)
    batched, _ = batched_graph(graph, seed.type.size, flags)
    return batched.inline([_basis(seed.type), *made.operands])[0]


def _last(node, type):
    """A batch, one entry per element of a type, with the axes of the type last."""
    order = (*range(1, len(node.shape)), 0)
    return reshape(transpose(wrap(node), order), (*node.shape[1:], *type.shape)).node


def _basis(type):
    """One array for each element of a type: one there, zero elsewhere."""
    n = math.prod(type.shape)
    rows, columns = (apply(ops.iota, shape=(n, n), axis=axis) for axis in (0, 1))
    return reshape(cast(rows == columns, type.dtype), (n, *type.shape)).node


def hessian_of(function, argnums=0):
    """The function that gives all second derivatives of `function`, a real number."""
    return jacobian_of(grad_of(function, argnums), argnums)
