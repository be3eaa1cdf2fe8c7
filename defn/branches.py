"""Branches in the graph: what two functions return, merged leaf by leaf."""

from __future__ import annotations

import numpy as np

from defn import ops, pytree
from defn.bodies import (
    Slot,
    States,
    Unbound,
    always,
    close_bodies,
    demand_scalar,
    is_unbound,
    join,
    keep_effects,
    run_body,
    value_slot,
)
from defn.entrywise import branch_of_each
from defn.errors import TraceError
from defn.expr import items, parameter
from defn.graph import structure
from defn.same_memory import link_leaf
from defn.tensor import call_ufunc, is_tensor
from defn.trace import current, resumed


def branch(predicate, then, otherwise, values, names):
    """What `then(*values)` returns where the predicate holds, else what `otherwise(*values)` does, as a `cond`."""
    predicate = demand_scalar(predicate, "an if")
    if predicate.vectors:
        return branch_of_each(predicate, then, otherwise, values, names)
    runs = []
    for function in (then, otherwise):
        run, _, results = run_body("a branch", _by_reference(function, values), States((), ()))
        runs.append((run, results))
    dirty = list(dict.fromkeys(s for run, _ in runs for s in run.dirty))
    merge = _Merge(values, names, [results for _, results in runs], [run for run, _ in runs])
    bodies = [(run, merge.parameters, merge.outputs[k], True) for k, (run, _) in enumerate(runs)]
    outer = current()
    captured, graphs = close_bodies([], bodies, dirty, always)
    carry = [*merge.initial(), *(outer.read(s) for s in dirty)]
    if not carry and not any(run.effects for run, _ in runs):
        return merge.final((), predicate)
    node = structure(ops.cond, (predicate.node,), carry, captured, graphs)
    keep_effects(node)
    results = items(node)
    for storage, result in zip(dirty, results[len(merge.merged) :]):
        outer.write(storage, result)
    return merge.final(results, predicate)


def _by_reference(function, values):
    return lambda: function(*values)


class _Merge:
    """The two results of a branch, leaf by leaf: the same object, or a number or array of one type."""

    def __init__(self, values, names, results, runs):
        self.merged, self.outputs, self.structures, self.leaves = [], ([], []), [], []
        self.runs = runs
        names = list(names) + ["the result"] * (len(results[0]) - len(names))
        for name, a, b, before in zip(names, *results, list(values) + [None] * len(results[0])):
            self._merge(name, a, b, before, runs)
        self.parameters = [parameter(slot.held, "state") for slot, _ in self.merged]

    def _merge(self, name, a, b, before, runs):
        (a_leaves, a_structure), (b_leaves, b_structure) = pytree.flatten(a), pytree.flatten(b)
        if is_unbound(a) and not is_unbound(b):
            a_leaves, a_structure = [a] * len(b_leaves), b_structure
        elif is_unbound(b):
            b_leaves, b_structure = [b] * len(a_leaves), a_structure
        if a_structure != b_structure:
            raise TraceError(
                f"{name} is {_shown(a)} in one branch of an if on a traced value and {_shown(b)} in the other: "
                "both must give the same kind of value"
            )
        self.structures.append(a_structure)
        for x, y in zip(a_leaves, b_leaves):
            self.leaves.append(self._leaf(name, x, y, runs))

    def _leaf(self, name, x, y, runs):
        """A known leaf as ("same", value), or ("merged", its slot)."""
        if (
            x is y
            or _same_tensor(x, y)
            or not is_tensor(x)
            and not is_tensor(y)
            and type(x) is type(y)
            and _equal(x, y)
        ):
            return ("same", x)
        known = y if is_unbound(x) else x
        slot = value_slot(
            known,
            lambda: (
                f"{name} is {known!r} in one branch of an if on a traced value, and something else in the other: only "
                "numbers and arrays can be chosen while the program runs"
            ),
        )
        if not is_unbound(x) and not is_unbound(y):
            join(slot, y, name)
        pair = (slot, (x, y))
        self.merged.append(pair)
        for out, leaf, run in zip(self.outputs, (x, y), runs):
            out.append(_node_in(leaf, slot, run))
        return ("merged", pair)

    def initial(self):
        """Where a state has no use for its first value, zeros of its type."""
        return [_zeros(slot.held) for slot, _ in self.merged]

    def final(self, nodes, predicate):
        """The merged values, by name."""
        nodes, leaves = iter(nodes), iter(self.leaves)
        return [
            pytree.unflatten(
                s,
                [
                    v if kind == "same" else self._made(*v, next(nodes), predicate)
                    for kind, v in (next(leaves) for _ in range(s.count))
                ],
            )
            for s in self.structures
        ]

    def _made(self, slot, pair, node, predicate):
        """A merged value, which is the array that it was where that branch was taken."""
        made = slot.final(node)
        masks = (lambda: predicate), (lambda: call_ufunc(np.logical_not, predicate))
        for mask, leaf, run in zip(masks, pair, self.runs):
            link_leaf(mask, made, leaf, run)
        return made


def _zeros(type):
    slot = Slot(0)
    slot.value, slot.type = _NOTHING, type
    return slot.initial()


_NOTHING = Unbound()


def _equal(x, y):
    try:
        return bool(x == y)
    except (TypeError, ValueError):
        return False


def _same_tensor(x, y):
    return is_tensor(x) and is_tensor(y) and x.storage is y.storage and x.lenses == y.lenses


def _shown(value):
    return str(value.type) if is_tensor(value) else type(value).__name__


def _node_in(leaf, slot, run):
    """The node of a branch's value, of the merged type; made as if the branch were still being traced."""
    if is_unbound(leaf):
        return _zeros(slot.held)
    with resumed(run):
        return slot.as_state(leaf).node
