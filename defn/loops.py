"""Loops in the graph: a count or a test, and a body that is traced until the types of its states settle."""

from __future__ import annotations

import numpy as np

from defn import ops, pytree
from defn.bodies import RETRIES, States, close_bodies, is_unbound, keep_effects, run_body
from defn.dispatch import FUNCTIONS
from defn.entrywise import question_of_each, trip_of_each
from defn.errors import TraceError
from defn.expr import constant_value, items, parameter
from defn.graph import structure
from defn.numpy.linear import bounds, counts
from defn.same_memory import from_outside, link_loop
from defn.tensor import asarray, astype, is_tensor, wrap
from defn.trace import current, known_value, resumed
from defn.types import INT64, Type

INTEGER = Type(INT64)


class NothingTraced(Exception):
    """A loop over known numbers only: Python may as well run it."""


def counted(
    low, high, body, values, names, extent=None, reverse=False, recompute=False, demanding=False
):
    """The states after `values = body(k, *values)` for k from low up to high, as a `loop` in the graph.

    Raises NeedsStatic where the body needs the index, or another number that changes, as a Python value; with
    `demanding`, NothingTraced where neither states nor body depend on anything traced.
    """
    states = States(values, names)
    low, high = (astype(asarray(x), INT64) for x in (low, high))
    if low.vectors or high.vectors:
        raise TraceError(
            "a loop over a range whose bounds differ between the entries of a vectorised axis: "
            "write it as a while loop, which each entry leaves by itself"
        )
    for _ in range(RETRIES):
        k = parameter(INTEGER, "index")
        counts(k, low.node, high.node)
        run, entered, results = run_body("a loop", _fixing(body, k), states, (k,))
        if states.settle(results):
            break
    else:
        raise TraceError(
            "the types of the values in a loop do not settle: cast them to one dtype before it"
        )
    attrs = {"extent": extent, "reverse": reverse, "recompute": recompute}
    return _finish_loop(states, run, entered, results, low, high, k, attrs, demanding)


def _fixing(body, k):
    """The body, traced so that its index may be asked for as a Python value: the loop is then unrolled."""

    def traced(first, *values):
        current().fixable.add(k)
        current().indices.add(k)
        return body(first, *values)

    return traced


def _finish_loop(states, run, entered, results, low, high, k, attrs, demanding):
    outer, dirty = current(), run.dirty
    low_node, high_node = low.node, high.node
    if attrs["extent"] is None:
        attrs["extent"] = _static_trips(low_node, high_node)
    with resumed(run):
        bodies = [(run, states.parameters(entered), states.outputs(results), True)]
    captured, graphs = close_bodies([k], bodies, dirty)
    carry = [*states.initial(), *(outer.read(s) for s in dirty)]
    if demanding and attrs["extent"] is not None and not (captured or dirty or run.effects):
        if all(constant_value(c) is not None and not c.shape for c in carry):
            raise NothingTraced
    node = structure(ops.loop, (low_node, high_node), carry, captured, graphs, **attrs)
    keep_effects(node)
    ran = lambda: _runs(low, high)
    return _deliver(states, items(node), dirty, results, lambda: _trips(low, high), ran)


def _runs(low, high):
    """Whether a trip runs; True where that is known."""
    greatest, least = bounds(low.node)[1], bounds(high.node)[0]
    known = greatest is not None and least is not None and greatest < least
    return True if known else low < high


def _static_trips(low, high):
    ends = constant_value(low), constant_value(high)
    return None if any(e is None for e in ends) else max(0, int(ends[1]) - int(ends[0]))


def _trips(low, high):
    return np.maximum(high - low, 0)


def _deliver(states, results, dirty, last, trips, ran):
    """Hand out the final states, by name and by storage."""
    outer = current()
    count = len(results) - len(dirty)
    for storage, node in zip(dirty, results[count:]):
        outer.write(storage, node)
    _write_back(states, results[:count], last, trips)
    final = states.final(results[:count], ran)
    _link(states, final, last, trips)
    return final


def _link(states, final, last, trips):
    """Names that a loop bound to other arrays are what they were before where no trip ran."""
    for slots, made, leaves in zip(states.slots, final, last):
        for slot, value, leaf in zip(slots, pytree.leaves(made), pytree.leaves(leaves)):
            if slot.mode == "value" and is_tensor(leaf) and leaf.storage is not slot.storage:
                link_loop(value, slot, leaf, lambda: _known_trips(trips))


def _known_trips(trips):
    """How many trips run: a number, a tensor, or None where that is not known."""
    if trips is _unknown_trips:
        return None
    count = trips()
    known = known_value(count.node) if is_tensor(count) else count
    return count if known is None else int(known)


def _write_back(states, nodes, last, trips):
    """Arrays that names passed around among themselves: what each one's memory holds in the end."""
    slots = states.value_slots()
    leaves = [
        leaf
        for s, value in zip(states.slots, last)
        for slot, leaf in zip(s, pytree.leaves(value))
        if slot.mode == "value"
    ]
    place = {slot.storage: k for k, slot in enumerate(slots)}
    to = {
        k: place.get(leaf.storage) if is_tensor(leaf) and not leaf.lenses else None
        for k, leaf in enumerate(leaves)
    }
    run = next((leaf.storage.trace for leaf in leaves if is_tensor(leaf)), None)
    for k, slot in enumerate(slots):
        written = run is not None and slot.storage in getattr(run, "written", ())
        if not written or slot.scalar or is_unbound(slot.value):
            continue
        cycle = _cycle(k, to)
        if cycle is None:
            _demand_own(slot, states)
        else:
            _write_cycle(cycle, slots, nodes, trips)


def _cycle(k, to):
    """The names that a name's array passes through until it is back, or None."""
    found, at = [k], to[k]
    while at is not None and at != k and at not in found:
        found.append(at)
        at = to[at]
    return found if at == k else None


def _demand_own(slot, states):
    if from_outside(slot.value.storage):
        raise TraceError(
            "in a loop, an array that came from outside is written in place and its name is then bound to another "
            "array: write into a copy, or assign with [...] = instead of binding the name anew"
        )


def _write_cycle(cycle, slots, nodes, trips):
    """After n trips the name k stands for the memory of the n-th name after it in the cycle."""
    outer, length = current(), len(cycle)
    count = trips() if length > 1 else None
    for j, owner in enumerate(cycle):
        value = wrap(nodes[cycle[j]])
        for shift in range(1, length):
            value = FUNCTIONS[np.where](
                count % length == shift, wrap(nodes[cycle[(j - shift) % length]]), value
            )
        original = slots[owner].value
        if is_tensor(original) and original.storage.trace is not None and not original.lenses:
            outer.write(original.storage, value.node)


def repeated(test, body, values, names, extent=None, recompute=False, ran=None):
    """The states after `while test(*values): values = body(*values)`, as a `while` in the graph.

    `ran()`, where names may be first bound in the body, says whether a trip runs.
    """
    states, test = States(values, names), question_of_each(test)
    for _ in range(RETRIES):
        checked, asked, truth = run_body("a while's test", _truth(test), states)
        trip = trip_of_each(test, body, names) if truth.differs else body
        run, entered, results = run_body("a while", trip, states)
        if states.settle(results):
            break
    else:
        raise TraceError(
            "the types of the values in a while loop do not settle: cast them to one dtype before it"
        )
    if checked.dirty:
        raise TraceError("the test of a while loop writes into an array: do it in the loop's body")
    outer, dirty = current(), run.dirty
    with resumed(run):
        stepping = (run, states.parameters(entered), states.outputs(results), True)
    bodies = [(checked, states.parameters(asked), [truth.node_inside], False), stepping]
    captured, graphs = close_bodies([], bodies, dirty)
    carry = [*states.initial(), *(outer.read(s) for s in dirty)]
    node = structure(ops.while_, (), carry, captured, graphs, extent=extent, recompute=recompute)
    keep_effects(node)
    return _deliver(states, items(node), dirty, results, _unknown_trips, ran)


def _unknown_trips():
    raise TraceError(
        "arrays that trade places in a `while` loop and are written in place: use a `for` loop, or write into copies"
    )


class _Truth:
    """The node of a test, taken while its trace runs; whether it differs between vectorised entries."""

    __slots__ = ("node_inside", "differs")

    def __init__(self, value):
        self.differs = bool(value.vectors)
        self.node_inside = FUNCTIONS["some"](value).node if self.differs else value.node


def _truth(test):
    return lambda *values: _Truth(test(*values))
