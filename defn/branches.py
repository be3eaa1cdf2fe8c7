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
from defn.perhaps import Perhaps, perhaps, suppose, with_truth
from defn.same_memory import link_leaf
from defn.tensor import Tensor, call_ufunc, is_tensor
from defn.trace import current, resumed


def branch(predicate, then, otherwise, values, names):
    """What `then(*values)` returns where the predicate holds, else what `otherwise(*values)` does, as a `cond`."""
    predicate = demand_scalar(predicate, "an if")
    if predicate.vectors:
        return branch_of_each(predicate, then, otherwise, values, names)
    runs = []
    for function, truth in ((then, True), (otherwise, False)):
        traced = _by_reference(function, values, predicate, truth)
        run, _, results = run_body("a branch", traced, States((), ()))
        runs.append((run, results))
    dirty = list(dict.fromkeys(s for run, _ in runs for s in run.dirty))
    results, traces = [results for _, results in runs], [run for run, _ in runs]
    merge = _Merge(predicate, values, names, results, traces)
    bodies = [(run, merge.parameters, merge.outputs[k], True) for k, (run, _) in enumerate(runs)]
    outer = current()
    captured, graphs = close_bodies([], bodies, dirty, always)
    carry = [*merge.initial(), *(outer.read(s) for s in dirty)]
    if not carry and not any(run.effects for run, _ in runs):
        return merge.final(())
    node = structure(ops.cond, (predicate.node,), carry, captured, graphs)
    keep_effects(node)
    results = items(node)
    for storage, result in zip(dirty, results[len(merge.merged) :]):
        outer.write(storage, result)
    return merge.final(results)


def _by_reference(function, values, predicate, truth):
    """The branch as it is traced: the values themselves go in, and it is known where it stands."""

    def traced():
        suppose(predicate, truth)
        return function(*values)

    return traced


class _Merge:
    """The two results of a branch, leaf by leaf: the same object, or a number or array of one type."""

    def __init__(self, predicate, values, names, results, runs):
        self.merged, self.outputs, self.structures, self.leaves = [], ([], []), [], []
        self.predicate, self.runs, self.unbound = predicate, runs, []
        names = list(names) + ["the result"] * (len(results[0]) - len(names))
        for name, a, b, before in zip(names, *results, list(values) + [None] * len(results[0])):
            self._merge(name, a, b, before, runs)
        self.parameters = [parameter(slot.held, "state") for slot, _ in self.merged]

    def _merge(self, name, a, b, before, runs):
        self.unbound.append(self._binding(a, b))
        if type(a) is Perhaps or type(b) is Perhaps:
            a, b = _both_with_truth(a, b)
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

    def _binding(self, a, b):
        """Where a name is bound in one branch alone: the marker of the other, and when it is bound."""
        if is_unbound(a) == is_unbound(b):
            return None
        return (b, self.predicate) if is_unbound(b) else (a, self._otherwise())

    def _otherwise(self):
        return call_ufunc(np.logical_not, self.predicate)

    def _leaf(self, name, x, y, runs):
        """A known leaf as ("same", value), or ("merged", its slot)."""
        if type(x) is type(y) is bool and x is not y:
            return ("same", _as_python_bool(self.predicate if x else self._otherwise()))
        if is_unbound(x) and _is_there(y, runs[1]):
            return ("same", y)
        if is_unbound(y) and _is_there(x, runs[0]):
            return ("same", x)
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

    def final(self, nodes):
        """The merged values, by name."""
        nodes, leaves = iter(nodes), iter(self.leaves)
        return [
            self._bound(where, pytree.unflatten(s, self._made_leaves(s.count, leaves, nodes)))
            for s, where in zip(self.structures, self.unbound)
        ]

    def _bound(self, where, value):
        return value if where is None else perhaps(value, where[1], where[0])

    def _made_leaves(self, count, leaves, nodes):
        found = [next(leaves) for _ in range(count)]
        return [v if kind == "same" else self._made(*v, next(nodes)) for kind, v in found]

    def _made(self, slot, pair, node):
        """A merged value, which is the array that it was where that branch was taken."""
        made = slot.final(node)
        masks = (lambda: self.predicate), self._otherwise
        for mask, leaf, run in zip(masks, pair, self.runs):
            link_leaf(mask, made, leaf, run)
        return made


def _both_with_truth(a, b):
    """Two values of a name, of which one at least says whether it is one."""
    like = a if type(a) is Perhaps else b
    return tuple(
        _without_value(x, like) if is_unbound(x) else with_truth(x, like.name) for x in (a, b)
    )


def _without_value(marker, like):
    return Perhaps(pytree.map(lambda leaf: marker, like.value), False, like.name)


def _is_there(value, run):
    """May a name that one branch alone binds keep its value as it is: known, or an array from before it?"""
    if is_tensor(value):
        return value.storage.trace is not run and not value.lenses
    return True


def _as_python_bool(truth):
    return Tensor(truth.storage, truth.type, truth.lenses, True, bool, labels=truth.labels)


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
