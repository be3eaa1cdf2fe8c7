"""The reference: NumPy, node by node. What every other compiler must agree with."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.compilers.effects import run_effect
from defn.display import show
from defn.errors import BoundsError
from defn.order import schedule

# NumPy's results of these may share the memory of the first operand.
VIEWS = {ops.reshape, ops.transpose, ops.flip, ops.broadcast, ops.get, ops.real_part, ops.imag_part,
         ops.stop_grad, ops.bitcast}  # fmt: skip
IN_PLACE = {ops.put, ops.add_at, ops.scatter, ops.scatter_add}


class Evaluator:
    """Runs a graph with NumPy, one operation at a time."""

    name = "numpy"

    def compile(self, graph, options):
        """The graph as a list of NumPy calls."""
        return Program(graph)


class Program:
    """A closed graph ready to run; bodies of loops and branches are programs too."""

    def __init__(self, graph, owned=()):
        self.graph = graph
        order = [n for n in schedule(graph) if n.op is not ops.parameter]
        self.bodies = {
            n: [Program(b, _carried(n, b)) for b in n.attrs["bodies"]]
            for n in order
            if "bodies" in n.attrs
        }
        last, root = _last_uses(order, graph)
        fresh = {n for n in order if root[n] is n and n.op.kind is not ops.Kind.LEAF} | set(owned)
        self.steps = []
        for place, node in enumerate(order):
            in_place = node.op in IN_PLACE and _dead(node.args[0], place, last, root, fresh)
            self.steps.append((node, in_place))
            if in_place:
                fresh.add(node)

    @property
    def source(self):
        """The program as text: the graph itself."""
        return show(self.graph)

    def __call__(self, *arrays):
        with np.errstate(all="ignore"):
            return tuple(_renewed(self.run(arrays), arrays))

    def run(self, arguments):
        """The outputs for these arguments."""
        values = dict(zip(self.graph.parameters, arguments))
        for node, in_place in self.steps:
            operands = [values[a] for a in node.args]
            values[node] = self.step(node, operands, in_place)
        return tuple(values[o] for o in self.graph.outputs)

    def step(self, node, operands, in_place):
        """The value of one node."""
        op = node.op
        if op in RUN:
            return RUN[op](self, node, operands)
        if op.kind is ops.Kind.EFFECT:
            return run_effect(node, operands)
        if op.kind is ops.Kind.STRUCTURE:
            return op.numpy(*operands, **node.attrs)
        if op.kind is ops.Kind.INDEX:
            demand_inside(node, operands)
        if in_place:
            return WRITE[op](*operands, **node.attrs)
        result = op.numpy(*operands, **node.attrs)
        if node.type.parts is not None:
            return tuple(np.asarray(x, part.dtype) for x, part in zip(result, node.type.parts))
        return np.asarray(result, node.type.dtype)


INDICES = {ops.get: 1, ops.put: 2, ops.add_at: 2, ops.gather: 1, ops.scatter: 2, ops.scatter_add: 2}


def demand_inside(node, operands):
    """Refuse an index outside of its axis: NumPy would count a negative one from the end once more."""
    places, shape = operands[INDICES[node.op] :], np.shape(operands[0])
    if 0 in node.attrs.get("sizes", ()):
        return  # nothing is read or written
    if "axes" in node.attrs:
        spans = [(shape[axis], 1, axis) for axis in node.attrs["axes"]]
    else:
        sizes, steps = node.attrs["sizes"], node.attrs["steps"]
        spans = [
            (n, 1 if size is None else max(0, (size - 1) * step + 1), axis)
            for axis, (n, size, step) in enumerate(zip(shape, sizes, steps))
        ]
    for place, (n, span, axis) in zip(places, spans):
        if np.size(place) and (np.min(place) < 0 or np.max(place) > n - span):
            places = np.atleast_1d(place)
            raise _beyond(places[(places < 0) | (places > n - span)][0], n, span, axis, node.where)


def _beyond(place, size, span, axis, where):
    place = place - size if place < 0 else place  # as it was before it was counted from the end
    if span > 1:
        return BoundsError(
            f"a window of {span} from index {place} reaches beyond its axis of size {size}", where
        )
    return BoundsError(f"index {place} is out of bounds for axis {axis} with size {size}", where)


def _carried(node, body):
    """The parameters of a body whose arrays it owns: the states of the structure."""
    first = ops.INDEX[node.op]
    is_test = node.op is ops.while_ and body is node.attrs["bodies"][0]
    return () if is_test else body.parameters[first : first + node.attrs["carries"]]


def _last_uses(order, graph):
    """Where each array's memory is read last, views of it counted, and whose memory a node shows."""
    root = {p: p for p in graph.parameters}
    last = {}
    for place, node in enumerate(order):
        root[node] = root[node.args[0]] if node.op in VIEWS else node
        for arg in node.args:
            last[root[arg]] = place
    for output in graph.outputs:
        last[root[output]] = len(order)
    return last, root


def _dead(array, place, last, root, fresh):
    """May this array be overwritten here: made in this scope, and read no more afterwards?"""
    return root[array] is array and array in fresh and last[array] <= place


def _write_put(a, value, *starts, sizes, steps):
    a[ops.window(starts, sizes, steps)] = value
    return a


def _write_add_at(a, value, *starts, sizes, steps):
    a[ops.window(starts, sizes, steps)] += value
    return a


def _write_scatter(a, values, *indices, axes):
    ops.in_front(a, axes)[indices] = values
    return a


def _write_scatter_add(a, values, *indices, axes):
    np.add.at(ops.in_front(a, axes), indices, values)
    return a


WRITE = {
    ops.put: _write_put,
    ops.add_at: _write_add_at,
    ops.scatter: _write_scatter,
    ops.scatter_add: _write_scatter_add,
}


# Structures.


def _split(node, operands):
    first = ops.LEAD[node.op]
    last = first + node.attrs["carries"]
    return operands[:first], [_owned(x) for x in operands[first:last]], operands[last:]


def _owned(state):
    """A state's first value: its own memory, for the body writes into it."""
    return state.copy() if isinstance(state, np.ndarray) and state.ndim else state


def _renewed(states, constants):
    """These values, each in memory of its own, apart from the constants'."""
    seen, result = {id(_memory(c)) for c in constants}, []
    for state in states:
        memory = _memory(state)
        result.append(state.copy() if id(memory) in seen or memory is not state else state)
        seen.add(id(memory))
    return result


def _memory(state):
    """The array whose memory a state shows."""
    while isinstance(state.base, np.ndarray) if isinstance(state, np.ndarray) else False:
        state = state.base
    return state


def _loop(program, node, operands):
    (low, high), states, captured = _split(node, operands)
    body = program.bodies[node][0]
    trips = range(int(low), int(high))
    for index in reversed(trips) if node.attrs.get("reverse") else trips:
        states = _renewed(body.run((np.asarray(index, np.int64), *states, *captured)), captured)
    return tuple(states)


def _while(program, node, operands):
    _, states, captured = _split(node, operands)
    test, body = program.bodies[node]
    while test.run((*states, *captured))[0]:
        states = _renewed(body.run((*states, *captured)), captured)
    return tuple(states)


def _cond(program, node, operands):
    (predicate,), states, captured = _split(node, operands)
    branch = program.bodies[node][0 if predicate else 1]
    return tuple(branch.run((*states, *captured)))


def _tape(program, node, operands):
    return []


def _push(program, node, operands):
    tape, value = operands
    tape.append(np.array(value))
    return tape


def _pop(program, node, operands):
    (tape,) = operands
    return tape, tape.pop()


RUN = {
    ops.loop: _loop,
    ops.while_: _while,
    ops.cond: _cond,
    ops.tape: _tape,
    ops.push: _push,
    ops.pop: _pop,
}
compiler = Evaluator()
