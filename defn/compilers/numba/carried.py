"""Elements that a trip writes and the next one reads: they stay in a register.

In `for i: x[i] = f(x[i - 1])` each trip would wait until memory gives back what the trip before has
just written.
"""

from __future__ import annotations

from defn import ops
from defn.expr import depending_on, index, item, make, parameter, substitute
from defn.graph import Graph, structure
from defn.transforms.affine import Form
from defn.transforms.states import Ends, settings, where_changed

PLACED = (ops.put, ops.add_at)
LONGEST = 300  # nodes of a body
MOST = 8  # elements that are kept


def carried(graph):
    """The graph in which loops carry such elements as numbers, too."""
    if graph.operations.isdisjoint(ops.LEAD):
        return graph
    return where_changed(graph, _carrying)


def _carrying(node, wanted, scope):
    same = node, {k: item(node, k) for k in wanted}
    if node.op is not ops.loop or not scope.runs(node):
        return same
    (body,) = node.attrs["bodies"]
    if len(body.order) > LONGEST or body.operations.isdisjoint((ops.put,)):
        return same
    found = dict(_found(node, body, scope.inside(node, body)))
    if not found or len(found) > MOST:
        return same
    made = _with_numbers(node, body, found)
    return made, {k: item(made, k) for k in wanted}


def _found(node, body, scope):
    """Reads of what the trip before has written, and the writes."""
    ends = Ends(node, body)
    (trip,), moving = ends.index, depending_on(body.order, ends.carry)
    turning = {n for n in depending_on(body.order, ends.index) if n is not trip}
    before = Form(1 if node.attrs.get("reverse") else -1, {trip: 1})
    apart = lambda one, other: one.apart(other, scope.ranges)
    for k, state in enumerate(ends.carry):
        writes = _chain(body.outputs[k], state)
        now = [scope.place(w) for w in writes]
        then = [place.after(trip, before) for place in now]
        after = {v: j for j, v in enumerate((state, *writes))}
        for read in body.order if writes else ():
            number = read.op is ops.get and not read.shape and read.args[0] in after
            if not number or any(start in moving for start in read.args[1:]):
                continue
            place, done = scope.place(read), after[read.args[0]]
            if not _steps_evenly(place, trip, turning):
                continue
            for j, write in enumerate(writes):
                later = (*now[:done], *then[j + 1 :])
                if write.op is ops.put and _same(then[j], place):
                    if not write.args[1].shape and all(apart(place, p) for p in later):
                        yield read, write


def _chain(output, state):
    """The writes that make a state's next version, in order; none where it is made otherwise."""
    found = []
    while output.op in PLACED:
        found.insert(0, output)
        output = output.args[0]
    return found if output is state else []


def _steps_evenly(place, trip, turning):
    """Is the place that of the trip before, a step back? One that is looked up in a table, `h[x[i]]`, is not."""
    atoms = (atom for form, _, _ in place.axes for atom in dict(form.factors))
    return all(atom is trip or atom not in turning for atom in atoms)


def _same(one, other):
    """Are two elements proved to be one?"""
    forms = lambda place: [(f.constant, f.factors) for f, _, _ in place.axes]
    return forms(one) == forms(other)


def _with_numbers(node, body, found):
    """The loop with a number more for each read."""
    ends, low_high = Ends(node, body), ops.lead(node)
    low, high = low_high
    first = make(ops.subtract, (high, index(1))) if node.attrs.get("reverse") else low
    given = {ends.index[0]: first, **dict(zip(ends.captures, ops.captures(node)))}
    numbers = {read: parameter(read.type, "x", read.where) for read in found}
    starts = []
    for read in found:
        array = ops.carry(node)[_place(read, ends.carry)]
        starts.append(make(ops.get, (array, *substitute(read.args[1:], given)), read.attrs,
                           where=read.where))  # fmt: skip
    written = [write.args[1] for write in found.values()]
    outputs = substitute((*body.outputs, *written), numbers)
    parameters = (*ends.index, *ends.carry, *numbers.values(), *ends.captures)
    carry = (*ops.carry(node), *starts)
    return structure(ops.loop, low_high, carry, ops.captures(node), [Graph(parameters, outputs)],
                     node.where, **settings(node))  # fmt: skip


def _place(read, states):
    """Which state a read is of."""
    array = read.args[0]
    while array not in states:
        array = array.args[0]
    return states.index(array)
