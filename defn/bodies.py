"""Tracing the bodies of loops and branches: what they read, what they change, and in which types.

A body is traced once, in a trace of its own. A storage from outside becomes a parameter at the first look; if the
body has written it by the end, it is a state of the structure, else the parameter is replaced by the value it
had outside. Names that the body binds anew are states too, by value.
"""

from __future__ import annotations

import functools

import numpy as np

from defn import ops, pytree
from defn.dispatch import FUNCTIONS
from defn.errors import AmbiguousTruth, ShapeError, TraceError
from defn.expr import constant, depending_on, make, parameter, substitute, toposort
from defn.graph import close, risky
from defn.labels import Labels, labels_of, merged, union
from defn.perhaps import Perhaps, perhaps, with_truth
from defn.reach import reached
from defn.same_memory import from_outside
from defn.tensor import (
    PYTHON_NUMBERS,
    Tensor,
    apply,
    asarray,
    astype,
    held_type,
    is_tensor,
    labelled,
    wrap,
)
from defn.trace import Storage, Trace, current, tracing
from defn.types import WEAK, Type, promote

RETRIES = 8
DEEPEST = 200  # bodies inside bodies: a recursion that tracing does not end


class BodyTrace(Trace):
    """The trace of one body: its own picture of every storage it touches."""

    def __init__(self, name):
        super().__init__(name, current())
        self.seen = {}
        self.roots, self.indices = (), set()  # what the body was called with; the loop's index
        self.depth = getattr(self.parent, "depth", 0) + 1
        if self.depth > DEEPEST:
            raise RecursionError(f"bodies of loops and branches are nested {self.depth} deep")

    def fetch(self, storage):
        if storage.trace is self:
            return storage.value
        made = self.seen[storage] = parameter(self.parent.read(storage).type, "state")
        self.values[storage] = made
        return made

    @functools.cached_property
    def outside(self):
        """The Python objects that were there before the body, by identity: it must not change them."""
        return reached(*self.roots)

    @property
    def dirty(self):
        """The storages from outside that the body has written."""
        return [s for s in self.seen if s in self.written]


class Unbound:
    """Where no name is, there is no value either."""

    asked = False


def is_unbound(value):
    """Is this the marker of a name that has no value?"""
    return getattr(type(value), "__name__", "") == "Unbound"


class Slot:
    """One leaf of the state of a loop: a number or array, bound anew in every trip, or the very same object."""

    __slots__ = ("value", "mode", "type", "weak", "scalar", "labels", "storage", "where")

    def __init__(self, value):
        self.value, self.storage, self.where = value, None, None
        self.type = self.weak = None
        self.labels = value.labels if is_tensor(value) else None
        self.scalar = True
        if type(value) in PYTHON_NUMBERS:
            self.mode, self.type, self.weak = "value", Type(WEAK[type(value)]), type(value)
        elif isinstance(value, np.generic) and not is_tensor(value):
            self.mode, self.type = "value", Type(value.dtype)
        elif is_tensor(value) and (value.scalar or value.weak):
            self.mode, self.type, self.weak = "value", value.type, value.weak
        elif is_tensor(value) or type(value) is np.ndarray:
            self.mode = "bound"
        else:
            self.mode = "unbound" if is_unbound(value) else "static"

    def by_value(self):
        """Treat an array's name as bound anew in every trip."""
        self.value = asarray(self.value)
        self.mode, self.type, self.weak, self.scalar = "value", self.value.type, None, False

    def enter(self, trace):
        """What the body sees."""
        if self.mode != "value":
            return self.value, None
        node = parameter(self.held, "state")
        self.storage = Storage(node, trace)
        self.storage.outside = is_tensor(self.value) and from_outside(self.value.storage)
        if self.weak is int:
            trace.fixable.add(node)
        seen = Tensor(self.storage, self.type, (), self.scalar, self.weak, labels=self.labels)
        return seen, node

    @property
    def held(self):
        """The type of the state as it is kept, vectorised axes in front."""
        return held_type(self.type, self.labels)

    def initial(self):
        """The first value, as a node of the state's type."""
        if is_unbound(self.value):
            zero = constant(np.zeros((), self.type.dtype))
            attrs = {"shape": self.held.shape, "axes": ()}
            return make(ops.broadcast, (zero,), attrs) if self.held.shape else zero
        return self.as_state(self.value).node

    def as_state(self, value):
        """A value as one of the state's type."""
        value = astype(asarray(value), self.type.dtype)
        wanted = self.labels.vectors if self.labels else ()
        return value if value.vectors == wanted else FUNCTIONS["spread"](value, wanted)

    def final(self, node):
        """The value after the structure."""
        found = wrap(node, scalar=self.scalar and not self.type.shape, weak=self.weak)
        return labelled(found, self.labels)


class States:
    """The values that go round a loop, by name; each may be a container."""

    def __init__(self, values, names):
        self.names, self.structures, self.slots = list(names), [], []
        self.unbound = {k: value for k, value in enumerate(values) if is_unbound(value)}
        for value in values:
            leaves, structure = pytree.flatten(value)
            self.structures.append(structure)
            self.slots.append([Slot(leaf) for leaf in leaves])

    def enter(self, trace):
        """The values as the body sees them, and for each slot by value the parameter that stands for it."""
        values, parameters = [], {}
        for structure, slots in zip(self.structures, self.slots):
            leaves = [slot.enter(trace) for slot in slots]
            parameters.update(
                (slot, node) for slot, (_, node) in zip(slots, leaves) if node is not None
            )
            values.append(pytree.unflatten(structure, [leaf for leaf, _ in leaves]))
        return values, parameters

    def parameters(self, entered):
        """The parameters of the states in their order; names first bound in the body get one that nothing reads."""
        return [entered.get(slot) or parameter(slot.held, "state") for slot in self.value_slots()]

    def settle(self, results):
        """Compare what a body returned with what it was given; True where nothing had to change."""
        settled = True
        for k, (name, result) in enumerate(zip(self.names, results)):
            leaves, structure = pytree.flatten(self._aligned(k, result))
            if self._starts_unbound(k):
                settled &= self._adopt(k, leaves, structure)
                continue
            if structure.kind is Perhaps and self.structures[k].kind is not Perhaps:
                self._doubt(k, structure)
                settled = False
            if structure != self.structures[k]:
                raise TraceError(
                    f"{name} is {self.structures[k]} before the loop and {structure} after a trip: a loop that runs on "
                    "traced values keeps the kind and number of its values"
                )
            for slot, leaf in zip(self.slots[k], leaves):
                settled &= settle_slot(slot, leaf, name)
        return settled

    def _aligned(self, k, result):
        """What a trip made of a state, with a truth value beside it where the state has one."""
        structure = self.structures[k]
        return with_truth(result, structure.static) if structure.kind is Perhaps else result

    def _doubt(self, k, doubted):
        """A name that is bound before the loop, and that a trip may unbind."""
        self.structures[k] = pytree.Structure(
            Perhaps, doubted.static, (self.structures[k], pytree.LEAF)
        )
        self.slots[k].append(Slot(True))

    def _starts_unbound(self, k):
        return (
            len(self.slots[k]) == 1
            and is_unbound(self.slots[k][0].value)
            and self.slots[k][0].mode == "unbound"
        )

    def _adopt(self, k, leaves, structure):
        """A name that is first bound in the body: its type is what the body binds.

        True where that settles it: a trip that may leave the name as it was has to see what that is.
        """
        if len(leaves) == 1 and is_unbound(leaves[0]):
            return True
        unbound = self.slots[k][0].value
        self.structures[k], self.slots[k] = structure, [_adopted(unbound, leaf) for leaf in leaves]
        return structure.kind is not Perhaps

    def outputs(self, results):
        """The nodes of the states after a trip."""
        found = []
        for k, result in enumerate(results):
            for slot, leaf in zip(self.slots[k], pytree.leaves(self._aligned(k, result))):
                if slot.mode == "value":
                    found.append(slot.as_state(leaf).node)
        return found

    def initial(self):
        """The nodes of the states before the first trip."""
        return [slot.initial() for slots in self.slots for slot in slots if slot.mode == "value"]

    def final(self, nodes, ran):
        """The values after the structure, from the nodes of its results; `ran()`: whether a trip ran."""
        nodes, values = iter(nodes), []
        for k, (structure, slots) in enumerate(zip(self.structures, self.slots)):
            leaves = [s.final(next(nodes)) if s.mode == "value" else s.value for s in slots]
            value = pytree.unflatten(structure, leaves)
            first_bound = k in self.unbound and not is_unbound(value)
            values.append(perhaps(value, ran(), self.unbound[k]) if first_bound else value)
        return values

    def value_slots(self):
        """The slots that are states by value, in the order of the states."""
        return [slot for slots in self.slots for slot in slots if slot.mode == "value"]


def _adopted(unbound, leaf):
    slot = Slot(leaf)
    if slot.mode == "bound":
        slot.by_value()
    if slot.mode == "value":
        slot.value = unbound
    return slot


def settle_slot(slot, leaf, name):
    """Let a slot take in what a trip made of it; True where it is as it was."""
    if slot.mode == "bound":
        if (
            is_tensor(leaf)
            and is_tensor(slot.value)
            and leaf.storage is slot.value.storage
            and leaf.lenses == slot.value.lenses
            or leaf is slot.value
        ):
            return True
        if not is_tensor(leaf) and not isinstance(leaf, np.ndarray):
            raise TraceError(f"{name} is an array before the loop and {leaf!r} after a trip")
        slot.by_value()
        return join(slot, leaf, name) and False
    if slot.mode == "value":
        return join(slot, leaf, name)
    if (
        leaf is slot.value
        or type(leaf) is type(slot.value)
        and not is_tensor(leaf)
        and leaf == slot.value
    ):
        return True
    raise TraceError(
        f"{name} changes from {slot.value!r} to {leaf!r} in a loop that runs on traced values: only numbers and arrays "
        "may change from trip to trip"
    )


def value_slot(value, refusal):
    """The slot of a number or an array; what is neither is refused with the message of `refusal()`."""
    slot = Slot(value)
    if slot.mode == "bound":
        slot.by_value()
    if slot.mode != "value":
        raise TraceError(refusal())
    return slot


def join(slot, leaf, name):
    """Widen a slot's type to hold a new value too; True where it held it already."""
    if (
        not is_tensor(leaf)
        and type(leaf) not in PYTHON_NUMBERS
        and not isinstance(leaf, (np.ndarray, np.generic))
    ):
        raise TraceError(
            f"{name} is {slot.type} on one side and {leaf!r} on the other: only numbers and arrays can be traced"
        )
    kind = (
        type(leaf)
        if type(leaf) in PYTHON_NUMBERS
        else (leaf.weak or leaf.dtype)
        if is_tensor(leaf)
        else leaf.dtype
    )
    shape = getattr(leaf, "shape", ()) if type(leaf) not in PYTHON_NUMBERS else ()
    if tuple(shape) != slot.type.shape:
        raise ShapeError(
            f"{name} has type {slot.type} on one side{_at(slot.value)} and {_described(leaf)}{_at(leaf)} on the other: "
            "shapes must agree; broadcast or cut one of them first"
        )
    weak = joined_weak(slot.weak, kind)
    dtype = np.dtype(WEAK[weak]) if weak else promote(slot.weak or slot.type.dtype, kind)
    scalar = slot.scalar and (not is_tensor(leaf) or leaf.scalar or bool(leaf.weak))
    labels = _joined_labels(slot, leaf, name)
    before = (slot.type.dtype, slot.weak, slot.scalar, slot.labels)
    if before == (dtype, weak, scalar, labels):
        return True
    slot.type, slot.weak, slot.scalar = slot.type.with_dtype(dtype), weak, scalar
    slot.labels = labels
    return False


def _joined_labels(slot, leaf, name):
    """The names that both sides agree on, and the vectorised axes of both."""
    other = leaf.labels if is_tensor(leaf) else None
    if other is None or other == slot.labels:
        return slot.labels
    own = slot.labels or Labels((None,) * len(slot.type.shape))
    same = set(own.vectors) == set(other.vectors)
    vectors = own.vectors if same else union([other.vectors, own.vectors])
    return labels_of(merged([own.names, other.names], name), vectors)


def joined_weak(weak, kind):
    """Python numbers on both sides give a Python number, of the wider type."""
    if not all(isinstance(each, type) and each in PYTHON_NUMBERS for each in (weak, kind)):
        return None
    order = (bool, int, float, complex)
    return order[max(order.index(weak), order.index(kind))]


def _described(leaf):
    return str(leaf.type) if is_tensor(leaf) else repr(leaf)


def _at(value):
    where = value.storage.where if is_tensor(value) else None
    return f" ({where})" if where else ""


def run_body(name, function, states, leading=()):
    """Trace a function as a body over these states; returns the trace, the parameters and the results."""
    run = BodyTrace(name)
    with tracing(run):
        values, parameters = states.enter(run)
        run.roots = (function, values)
        first = [Tensor(Storage(node, run), node.type, (), True, int) for node in leading]
        return run, parameters, function(*first, *values)


def close_bodies(leading, bodies, dirty, stays=risky):
    """Closed graphs over (leading, states, written storages, captures), and what they capture.

    Each body is (trace, parameters, outputs, carries): whether it returns the written storages too. Work that is
    the same in every trip is captured whole; but where `stays(node)`, it is done only where the body runs.
    """
    shared = bodies[0][1]
    outer = bodies[0][0].parent
    inside = [parameter(outer.read(s).type, "written") for s in dirty]
    results, effects, staying = [], [], []
    for run, own, outputs, carries in bodies:
        final = [run.values.get(s, p) for s, p in zip(dirty, inside)] if carries else []
        new = dict(zip(own, shared))
        new |= {run.seen[s]: p for s, p in zip(dirty, inside) if s in run.seen}
        new |= {p: outer.read(s) for s, p in run.seen.items() if s not in dirty}
        roots = [*outputs, *final, *run.effects]
        made_inside = [n for n in depending(roots, run.seen.values()) if stays(n)]
        found = substitute([*roots, *made_inside], new)
        count = len(outputs) + len(final)
        results.append(found[:count])
        effects.append(found[count : len(roots)])
        staying += found[len(roots) :]
    return close([*leading, *shared, *inside], results, effects, staying)


def depending(roots, seeds):
    """The nodes behind the roots that are computed from the seeds."""
    seeds = set(seeds)
    return [n for n in depending_on(toposort(roots), seeds) if n not in seeds]


def always(node):
    """All work of a branch is done only where the branch is taken."""
    return True


def demand_scalar(value, what):
    """A truth value as a scalar of dtype bool."""
    value = asarray(value)
    if value.size != 1:
        raise AmbiguousTruth(
            f"the truth value of an array of shape {value.shape} is ambiguous in {what}: use np.any or np.all"
        )
    value = astype(value, np.dtype(bool))
    return value if not value.shape else apply(ops.reshape, value, shape=())


def keep_effects(node):
    """A structure in whose bodies something happens is itself something that happens, in program order."""
    if any(body.effects for body in node.attrs["bodies"]):
        current().effects.append(node)
