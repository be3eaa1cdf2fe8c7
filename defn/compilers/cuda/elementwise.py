"""Structures inside one kernel: those whose bodies treat each element on its own, and those of
single numbers.

A loop over element-wise work is a kernel in which each thread runs the loop for its element. A loop
that reads and writes single elements of arrays, one after another, is a kernel of one thread. What
is neither is driven by the host.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.compilers.numba.emit import Emitter
from defn.compilers.numba.kernel import Variable
from defn.compilers.numba.place import Places
from defn.compilers.numba.roots import ARGS
from defn.compilers.numba.schedule import Body
from defn.compilers.numba.structures import write_steps
from defn.expr import constant_value, items, make, parameter
from defn.graph import Graph
from defn.types import Type

LITTLE = 4  # elements that one thread computes as soon as many would begin
WINDOWS = (ops.get, ops.put, ops.add_at)


# --- each element on its own ---------------------------------------------------------------------


def common_shape(node):
    """The shape of all states that are arrays, if each element can be computed on its own; else
    None.
    """
    shapes = {a.shape for a in node.args if a.type.parts is None and a.shape}
    if len(shapes) > 1 or any(a.type.tape or a.type.parts is not None for a in node.args):
        return None
    shape = shapes.pop() if shapes else ()
    if prod(shape) == 0 or not all(_is_separate(body, shape) for body in node.attrs["bodies"]):
        return None
    return shape


def _is_separate(graph, shape):
    return not graph.effects and all(_keeps_elements_apart(node, shape) for node in graph.order)


def _keeps_elements_apart(node, shape):
    if "bodies" in node.attrs:
        same = all(a.shape in ((), shape) and not a.type.tape for a in node.args)
        return same and all(_is_separate(body, shape) for body in node.attrs["bodies"])
    if node.op in (ops.item, ops.parameter):
        return not node.type.tape and node.type.parts is None and node.shape in ((), shape)
    if node.op is ops.constant:
        return prod(node.shape) == 1
    if node.op is ops.broadcast:
        return prod(node.args[0].shape) == 1 and node.shape in ((), shape)
    return node.op.kind is ops.Kind.ELEMENTWISE and node.shape in ((), shape)


def of_one_element(graph):
    """A graph of arrays as the graph of one element of each."""
    found = {p: _single(p, {}) for p in graph.parameters}
    for node in graph.order:
        found[node] = found.get(node) or _single(node, found)
    pick = lambda nodes: [found[n] for n in nodes]
    return Graph(pick(graph.parameters), pick(graph.outputs))


def _single(node, found):
    args = tuple(found[a] for a in node.args)
    if node.op is ops.parameter:
        return node if not node.shape else parameter(Type(node.dtype, ()), "e", node.where)
    if node.op is ops.constant:
        return make(ops.reshape, (node,), {"shape": ()}, where=node.where) if node.shape else node
    if node.op is ops.broadcast:
        return args[0]
    settings = dict(node.attrs)
    if "bodies" in settings:
        settings["bodies"] = tuple(map(of_one_element, settings["bodies"]))
    return make(node.op, args, settings, where=node.where)


def single(node):
    """A structure as a graph of scalars: a parameter for each operand, an output for each state."""
    parameters = [parameter(Type(a.dtype, ()), "e", a.where) for a in node.args]
    bodies = tuple(map(of_one_element, node.attrs["bodies"]))
    made = make(node.op, tuple(parameters), {**node.attrs, "bodies": bodies}, where=node.where)
    return Graph(parameters, items(made))


def write_elementwise(writer, node, sources, targets):
    """The kernel: `sources` are the operands' storages (or literals), `targets` the states'
    (None: unused).
    """
    graph = single(node)
    size = prod(common_shape(node))
    name = writer.fresh("at")
    writer.begin(name, "thread()", writer.size(size), size)
    writer.line(f"i = int64({name})")
    homes = {}
    for p, operand, source in zip(graph.parameters, node.args, sources, strict=True):
        place = "i" if operand.shape else "0"
        text = source if isinstance(source, str) else f"{writer.buffer(source)}[{place}]"
        homes[p] = Variable(writer.fresh("e"))
        writer.line(f"{homes[p].name} = {text}")
    body = Body(graph, serial=True)
    emitter = Emitter(writer, body, Places(body, homes, (), True), True)
    write_steps(emitter)
    for output, state, target in zip(graph.outputs, ops.carry(node), targets, strict=True):
        if target is None:
            continue
        text = emitter.value(output, ())
        if state.shape:
            writer.line(f"{writer.buffer(target)}[i] = {text}")
        else:  # every thread has the same: one of them stores it
            writer.line("if i == 0:")
            writer.line(f"    {writer.buffer(target)}[0] = {text}")
    writer.end(name, "threads()", size)


# --- single numbers, one after another -----------------------------------------------------------


def is_serial(node):
    """Does a structure compute little in each step, if it reads and writes single elements of
    arrays?
    """
    if any(a.type.tape or a.type.parts is not None for a in node.args):
        return False
    return all(_is_little(body) for body in node.attrs["bodies"]) and _writes_in_place(node)


def _is_little(graph):
    return not graph.effects and all(_is_small(node) for node in graph.order)


def _is_small(node):
    if "bodies" in node.attrs:
        return is_serial(node)
    if node.op in (ops.parameter, ops.item):
        return not node.type.tape
    if node.op in (ops.put, ops.add_at):
        return prod(node.args[1].shape) <= LITTLE
    known = constant_value(node) is not None or node.op is ops.constant
    small = known or prod(node.shape) <= LITTLE
    if node.op.kind in (ops.Kind.ELEMENTWISE, ops.Kind.MOVEMENT) or node.op in (
        ops.get,
        ops.gather,
        ops.constant,
        ops.iota,
    ):
        return small
    return (
        small
        and node.op.kind is ops.Kind.REDUCTION
        and node.op not in ARGS
        and prod(node.args[0].shape) <= LITTLE
    )


def _writes_in_place(node):
    """Is each array's next state the array itself, with elements written?"""
    first, count = ops.INDEX[node.op], node.attrs["carries"]
    bodies = node.attrs["bodies"][1:] if node.op is ops.while_ else node.attrs["bodies"]
    return all(
        _written(output) is body.parameters[first + k]
        for body in bodies
        for k, output in enumerate(body.outputs[:count])
        if output.shape and prod(output.shape) > LITTLE
    )


def _written(node):
    while node.op in (ops.put, ops.add_at):
        node = node.args[0]
    if node.op is ops.item and "bodies" in node.args[0].attrs:
        return _written(ops.carry(node.args[0])[node.attrs["index"]])
    return node
