"""Control flow in the graph: `cond`, `while_loop`, `fori_loop`, `scan` and `map` as functions.

Python's own `if`, `while` and `for` become the same structures where @defn can read the function's source.
Outside of a trace these functions run at once, in Python.
"""

from __future__ import annotations

import numpy as np

from defn import ops, pytree
from defn.bodies import (
    RETRIES,
    Slot,
    States,
    Unbound,
    always,
    close_bodies,
    demand_scalar,
    is_unbound,
    join,
    run_body,
)
from defn.dispatch import FUNCTIONS
from defn.entrywise import advanced, branch_of_each, chosen, goes_on, question_of_each, trip_of_each
from defn.errors import ShapeError, TraceError
from defn.expr import constant_value, items, parameter
from defn.graph import structure
from defn.numpy.creation import CREATION
from defn.numpy.linear import counts
from defn.tensor import asarray, astype, is_tensor, wrap
from defn.trace import current, resumed
from defn.types import INT64, Type

INTEGER = Type(INT64)


# Loops.


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
    _keep_effects(node)
    return _deliver(states, items(node), dirty, results, lambda: _trips(low, high))


def _static_trips(low, high):
    ends = constant_value(low), constant_value(high)
    return None if any(e is None for e in ends) else max(0, int(ends[1]) - int(ends[0]))


def _trips(low, high):
    return np.maximum(high - low, 0)


def _deliver(states, results, dirty, last, trips):
    """Hand out the final states, by name and by storage."""
    outer = current()
    count = len(results) - len(dirty)
    for storage, node in zip(dirty, results[count:]):
        outer.write(storage, node)
    _write_back(states, results[:count], last, trips)
    return states.final(results[:count])


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
    if slot.value.storage.trace is not None and slot.value.storage.value.op is ops.parameter:
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


def repeated(test, body, values, names, extent=None, recompute=False):
    """The states after `while test(*values): values = body(*values)`, as a `while` in the graph."""
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
    _keep_effects(node)
    return _deliver(states, items(node), dirty, results, _unknown_trips)


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


def _keep_effects(node):
    """A structure in whose bodies something happens is itself something that happens, in program order."""
    if any(body.effects for body in node.attrs["bodies"]):
        current().effects.append(node)


# Branches.


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
        return merge.final(())
    node = structure(ops.cond, (predicate.node,), carry, captured, graphs)
    _keep_effects(node)
    results = items(node)
    for storage, result in zip(dirty, results[len(merge.merged) :]):
        outer.write(storage, result)
    return merge.final(results)


def _by_reference(function, values):
    return lambda: function(*values)


class _Merge:
    """The two results of a branch, leaf by leaf: the same object, or a number or array of one type."""

    def __init__(self, values, names, results, runs):
        self.merged, self.outputs, self.structures, self.leaves = [], ([], []), [], []
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
        slot = _slot_of(y if is_unbound(x) else x, name)
        if not is_unbound(x) and not is_unbound(y):
            join(slot, y, name)
        self.merged.append((slot, (x, y)))
        for out, leaf, run in zip(self.outputs, (x, y), runs):
            out.append(_node_in(leaf, slot, run))
        return ("merged", slot)

    def initial(self):
        """Where a state has no use for its first value, zeros of its type."""
        return [_zeros(slot.held) for slot, _ in self.merged]

    def final(self, nodes):
        """The merged values, by name."""
        nodes, leaves = iter(nodes), iter(self.leaves)
        return [
            pytree.unflatten(
                s,
                [
                    v if kind == "same" else v.final(next(nodes))
                    for kind, v in (next(leaves) for _ in range(s.count))
                ],
            )
            for s in self.structures
        ]


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


def _slot_of(value, name):
    slot = Slot(value)
    if slot.mode == "bound":
        slot.by_value()
    if slot.mode != "value":
        raise TraceError(
            f"{name} is {value!r} in one branch of an if on a traced value, and something else in the other: only "
            "numbers and arrays can be chosen while the program runs"
        )
    return slot


def _node_in(leaf, slot, run):
    """The node of a branch's value, of the merged type; made as if the branch were still being traced."""
    if is_unbound(leaf):
        return _zeros(slot.held)
    with resumed(run):
        return slot.as_state(leaf).node


# For those who prefer functions.


def cond(predicate, then, otherwise, *operands):
    """`then(*operands)` where the predicate holds, else `otherwise(*operands)`; only the taken branch runs.

    >>> cond(True, lambda x: x + 1, lambda x: x - 1, 10)
    11
    """
    if current() is None and is_tensor(predicate) and predicate.vectors:
        return chosen(
            demand_scalar(predicate, "an if"), then(*operands), otherwise(*operands), "the result"
        )
    if not _is_traced(predicate):
        return then(*operands) if predicate else otherwise(*operands)
    return branch(predicate, _boxed(then), _boxed(otherwise), operands, ())[0]


def _boxed(function):
    return lambda *operands: (function(*operands),)


def _is_traced(value):
    return current() is not None and is_tensor(value) and (value.traced or bool(value.vectors))


def while_loop(test, body, state, max_steps=None):
    """The state after `while test(state): state = body(state)`; `max_steps` bounds the trips.

    >>> while_loop(lambda n: n < 100, lambda n: n * 2, 1)
    128
    """
    if current() is None:
        while goes_on(asked := test(state)):
            state = advanced(asked, body, state)
        return state
    return repeated(test, lambda s: (body(s),), (state,), ("the state",), extent=max_steps)[0]


def fori_loop(low, high, body, state, checkpoint=None):
    """The state after `for k in range(low, high): state = body(k, state)`.

    >>> fori_loop(0, 5, lambda k, total: total + k, 0)
    10
    """
    if current() is None:
        for k in range(int(low), int(high)):
            state = body(k, state)
        return state
    step = lambda k, s: (body(k, s),)  # noqa: E731
    if checkpoint is None:
        return counted(low, high, step, (state,), ("the state",))[0]
    return _checkpointed(low, high, step, state, checkpoint)


def _checkpointed(low, high, step, state, checkpoint):
    """A loop over recomputed loops: the reverse keeps every so-manieth state and runs the trips between again."""
    trips = int(high) - int(low)
    every = max(1, int(np.sqrt(trips)) if checkpoint == "sqrt" else int(checkpoint))

    def chunk(c, s):
        first = low + c * every
        return counted(
            0, every, lambda k, s: step(first + k, s), (s,), ("the state",), recompute=True
        )

    whole = trips // every
    state = counted(0, whole, chunk, (state,), ("the state",))[0]
    return counted(int(low) + whole * every, high, step, (state,), ("the state",))[0]


def scan(body, state, xs=None, length=None, reverse=False):
    """The final state and the stacked outputs of `state, y = body(state, x)` over the first axis of `xs`.

    >>> import numpy as np
    >>> from defn import jit
    >>> total, sums = jit(lambda x: scan(lambda s, v: (s + v, s + v), 0.0, x), compiler="numpy")(np.arange(4.0))
    >>> float(total), sums
    (6.0, array([0., 1., 3., 6.]))
    """
    leaves, shape = pytree.flatten(xs)
    leaves = [asarray(leaf) for leaf in leaves]
    length = _length(leaves, length)
    pick = lambda k: pytree.unflatten(shape, [leaf[k] for leaf in leaves])  # noqa: E731
    if current() is None:
        return _scan_eagerly(body, state, pick, length, reverse)
    first = _output_slots(body, state, pick)
    stacks = pytree.map(lambda slot: _stack_of(length, slot), first)

    def step(k, state, stacks):
        state, out = body(state, pick(k))
        for stack, value in zip(pytree.leaves(stacks), pytree.leaves(out)):
            stack[k] = value
        return state, stacks

    return tuple(
        counted(0, length, step, (state, stacks), ("the state", "the outputs"), reverse=reverse)
    )


def _length(leaves, length):
    found = {leaf.shape[0] for leaf in leaves if leaf.shape} | (
        {length} if length is not None else set()
    )
    if len(found) != 1 or any(not leaf.shape for leaf in leaves):
        raise ShapeError(
            f"scan needs arrays with first axes of one length, or length=; these have {sorted(found)}"
        )
    return found.pop()


def _scan_eagerly(body, state, pick, length, reverse):
    outputs = []
    for k in range(length)[:: -1 if reverse else 1]:
        state, out = body(state, pick(k))
        outputs.append(out)
    outputs = outputs[::-1] if reverse else outputs
    return state, pytree.map(lambda *each: FUNCTIONS[np.stack](each), *outputs) if outputs else None


def _output_slots(body, state, pick):
    """What one trip gives, as slots, found by tracing trips that are thrown away."""
    states = States((state,), ("the state",))
    k = parameter(INTEGER, "index")

    def once(first, state):
        after, out = body(state, pick(first))
        return after, pytree.map(lambda leaf: Slot(asarray(leaf)), out)

    for _ in range(RETRIES):
        _, _, (after, slots) = run_body("scan", once, states, (k,))
        if states.settle((after,)):
            break
    return slots


def _stack_of(length, slot):
    """Zeros for what every trip gives."""
    slot.by_value()
    zeros = CREATION[np.zeros]((length, *slot.type.shape), slot.type.dtype)
    vectors = slot.labels.vectors if slot.labels else ()
    return FUNCTIONS["spread"](asarray(zeros), vectors) if vectors else zeros


def map(function, xs):
    """`function` of each element along the first axis of `xs`, stacked.

    >>> import numpy as np
    >>> from defn import jit
    >>> jit(lambda x: map(lambda v: v * v, x), compiler="numpy")(np.arange(3.0))
    array([0., 1., 4.])
    """
    return scan(lambda state, x: (state, function(x)), 0, xs)[1]
