"""Loops, branches and tapes as loops, branches and stacks of the program, in the function they
stand in.

A state of a structure is a variable or an array that its body writes in place; a body is scheduled
as the whole graph is, and its groups are written where the loop stands.
"""

from __future__ import annotations

from math import prod

import numpy as np

from defn import ops
from defn.compilers.numba import lines
from defn.compilers.numba.emit import Emitter
from defn.compilers.numba.index import ANY, ZERO, Affine, address, nest, strides
from defn.compilers.numba.kernel import Failure, Hook, Memory, Storage, Variable, contiguous, shaped
from defn.compilers.numba.place import Places
from defn.compilers.numba.schedule import Body, Group, stem
from defn.compilers.numba.write import Real, text_of
from defn.expr import constant_value
from defn.types import Type

FETCHED = 64  # elements on top of a stack, from which on the ones below are asked for
NO_MEMORY = "there is no memory for what the gradient must keep"


def write_steps(emitter):
    """All steps of a body, in order."""
    for at, step in enumerate(emitter.body.steps):
        write_step(emitter, step, at)


def write_step(emitter, step, at):
    """One step, after what must be copied before it."""
    for group in emitter.places.before.get(at, ()):
        emitter.group(group)
    if isinstance(step, Group):
        emitter.group(step)
    else:
        STEP[step.op](emitter, step)


# --- structures ----------------------------------------------------------------------------------


def places_of_states(emitter, node):
    """The places of the states, scalars in variables of their own that hold their first values."""
    homes = []
    for state, home in zip(ops.carry(node), emitter.homes[node], strict=True):
        if home is None and not state.type.tape:
            name = emitter.writer.fresh("s")
            emitter.writer.line(f"{name} = {emitter.value(state, ())}")
            home = Variable(name)
        homes.append(emitter.homes[state] if state.type.tape else home)
    return homes


def places_of_captures(emitter, node):
    """Where the body finds what it captures."""
    return [_home(emitter, c) for c in ops.captures(node)]


def _home(emitter, node):
    """The place of a value that is not one of a body's own."""
    if node.type.parts is not None:
        return None  # an effect that does not depend on the loop: it was done before
    if node.type.tape:
        return emitter.homes[node]
    if not node.shape:
        return Variable(emitter.value(node, ()))
    home = emitter.memory(node)
    if isinstance(home, Variable):  # a number in the shape of an array
        return home
    return Memory(home.storage, strides(node.shape), home.offset)


def end_structure(emitter, node, homes):
    """The results of a structure are the last states."""
    emitter.homes[node] = homes
    if not emitter.serial:
        _bring_home(emitter, [h.storage for h in homes if isinstance(h, Memory)])
    for item in emitter.body.items.get(node, ()):
        home = homes[item.attrs["index"]]
        if isinstance(home, Variable) and isinstance(emitter.places.homes.get(item), Memory):
            target = emitter.places.homes[item]
            emitter.writer.line(f"{emitter.place(target, ())} = {home.name}")
        else:
            emitter.homes[item] = home


def _bring_home(emitter, storages):
    """After names have traded places, results may lie in each other's memory: where others look, they must be."""
    writer = emitter.writer
    away = [s for s in storages if s in writer.traded]
    shared = {
        writer.scope(s) for s in away if sum(writer.scope(o) == writer.scope(s) for o in away) > 1
    }
    aside = [(s, Storage(s.dtype, s.size)) for s in away if writer.scope(s) in shared]
    for storage, other in aside:
        _copied(writer, writer.buffer(other), writer.buffer(storage), storage.size)
    for storage in away:
        name, place = writer.buffer(storage), writer.place(storage)
        home, source = writer.fresh("home"), writer.buffer(dict(aside).get(storage, storage))
        writer.open(f"if address({name}) != size(args, {place}):")
        writer.line(f"{home} = home({name}, args, {place})")
        _copied(writer, home, source, storage.size)
        writer.line(f"{name} = {home}")
        writer.close()


def _copied(writer, target, source, size):
    writer.open(f"for i in range({writer.number(size)}):")
    writer.line(f"{target}[i] = {source}[i]")
    writer.close()


def _inside(emitter, graph, homes, bounds, owned, wishes=()):
    """An emitter of a body, at the place where the program stands."""
    alone = frozenset(n for n in graph.order if n.op in (ops.sort, ops.argsort, lines.lines))
    body = Body(graph, serial=True, library=alone)
    places = Places(body, dict(zip(graph.parameters, homes)), owned, True, wishes)
    return Emitter(emitter.writer, body, places, True, bounds)


def write_body(emitter, node, graph, lead, states, captured, bounds=()):
    """The lines of a body, and those that make its results the next states."""
    homes = [*lead, *states, *captured]
    known = dict(zip(graph.parameters, bounds))
    for parameter, capture in zip(graph.parameters[len(lead) + len(states) :], ops.captures(node)):
        if capture.type.parts is None and capture.type == Type(np.dtype("int64")):
            known[parameter] = emitter.interval(capture)
    owned = [h.storage for h in states if isinstance(h, Memory)]
    wishes = {
        stem(o): shaped(s, stem(o)) for o, s in zip(graph.outputs, states) if isinstance(s, Memory)
    }
    inner = _inside(emitter, graph, homes, known, owned, wishes)
    write_steps(inner)
    _renew(inner, graph, states)
    return inner


def _renew(inner, graph, states):
    """Assign the results of a body to the states, all at once."""
    scalars, arrays = [], []
    for output, state in zip(graph.outputs, states, strict=True):
        if isinstance(state, Variable):
            text = inner.value(output, ())
            if text != state.name:
                scalars.append((state.name, text))
        elif isinstance(state, Memory) and not _is_there(inner, output, state):
            arrays.append((output, state))
    _copy_states(inner, arrays, {s.storage for s in states if isinstance(s, Memory)})
    if scalars:
        inner.writer.line(
            f"{', '.join(n for n, _ in scalars)} = {', '.join(t for _, t in scalars)}"
        )


def _is_there(inner, output, state):
    home = inner.homes.get(stem(output))
    return (
        isinstance(home, Memory) and home.storage is state.storage and home.offset == state.offset
    )


def _copy_states(inner, arrays, storages):
    """Bring results into the memory of the states; where they are whole arrays, names trade places
    instead."""
    aside, moved, traded = [], [], {}
    for output, state in arrays:
        home = inner.homes.get(stem(output))
        if _may_trade(inner, output, home, state):
            traded[state.storage] = home.storage
        elif isinstance(home, Memory) and home.storage in storages:
            free = contiguous(Storage(output.dtype, prod(output.shape)), output.shape)
            aside.append((output, free))
            moved.append((output, state, free))
        else:
            moved.append((output, state, None))
    for output, free in aside:
        inner.copy(output, free)
    if traded:
        inner.writer.trade(traded)
    for output, state, source in moved:
        inner.copy(output, state, source)


def _may_trade(inner, output, home, state):
    """Is a result alone in memory of this body's own, and large enough to matter?"""
    return (
        isinstance(home, Memory)
        and home.storage in inner.places.owned
        and home.storage.size == state.storage.size > 4
        and home.offset == state.offset == ZERO
        and sum(_storage(inner, o) is home.storage for o in inner.body.outputs) == 1
    )


def _storage(inner, output):
    return getattr(inner.homes.get(stem(output)), "storage", None)


def bound_text(emitter, bound):
    """A bound of a loop as text: a known one is a size, so that other sizes share the text."""
    known = constant_value(bound)
    return emitter.value(bound, ()) if known is None else emitter.writer.number(int(known))


def _loop(emitter, node):
    low, high = ops.lead(node)
    first, last = bound_text(emitter, low), bound_text(emitter, high)
    states, captured = places_of_states(emitter, node), places_of_captures(emitter, node)
    name = emitter.writer.fresh("i")
    steps = f"{last} - 1, {first} - 1, -1" if node.attrs.get("reverse") else f"{first}, {last}"
    emitter.writer.open(f"for {name} in range({steps}):")
    bounds = [(emitter.interval(low)[0], emitter.interval(high)[1] - 1)]
    write_body(emitter, node, node.attrs["bodies"][0], [Variable(name)], states, captured, bounds)
    emitter.writer.close()
    end_structure(emitter, node, states)


def write_trips(emitter, node):
    """Those trips of a loop that a thread is given, from start to stop; whether they changed the
    states in place."""
    states, captured = emitter.homes[node], places_of_captures(emitter, node)
    name = emitter.writer.fresh("i")
    emitter.writer.open(f"for {name} in range(start, stop):")
    bounds = [(0, emitter.interval(ops.lead(node)[1])[1] - 1)]
    (graph,) = node.attrs["bodies"]
    inner = write_body(emitter, node, graph, [Variable(name)], states, captured, bounds)
    emitter.writer.close()
    end_structure(emitter, node, states)
    there = all(_is_there(inner, o, s) for o, s in zip(graph.outputs, states))
    return there and not any(s.storage in emitter.writer.traded for s in states)


def _while(emitter, node):
    test, body = node.attrs["bodies"]
    states, captured = places_of_states(emitter, node), places_of_captures(emitter, node)
    emitter.writer.open("while True:")
    inner = _inside(emitter, test, [*states, *captured], {}, ())
    write_steps(inner)
    emitter.writer.line(f"if not {inner.value(test.outputs[0], ())}:")
    emitter.writer.line("    break")
    write_body(emitter, node, body, [], states, captured)
    emitter.writer.close()
    end_structure(emitter, node, states)


def _cond(emitter, node):
    predicate = emitter.value(ops.lead(node)[0], ())
    states, captured = places_of_states(emitter, node), places_of_captures(emitter, node)
    for header, graph in zip((f"if {predicate}:", "else:"), node.attrs["bodies"], strict=True):
        emitter.writer.open(header)
        write_body(emitter, node, graph, [], states, captured)
        emitter.writer.close()
    end_structure(emitter, node, states)


# --- sorting -------------------------------------------------------------------------------------


def _sorted(emitter, node):
    """Each line along the axis in order; a loop inside of another calls no library."""
    (x,) = node.args
    axis, writer = node.attrs["axis"], emitter.writer
    source, target = emitter.memory(x), emitter.homes[node]
    size, steps = x.shape[axis], strides(x.shape)
    order, spare = (writer.buffer(Storage(np.dtype("int64"), max(1, size))) for _ in range(2))
    loops, index = nest([1 if a == axis else n for a, n in enumerate(x.shape)])
    for loop in loops:
        writer.open(f"for {loop.name} in range({writer.number(loop.size)}):", (loop,))
    reals = {loop: Real((loop,)) for loop in loops}
    first = text_of(address(index, steps), writer, reals)
    apart, count = writer.number(steps[axis]), writer.number(size)
    keys, result = writer.buffer(source.storage), writer.buffer(target.storage)
    line = writer.fresh("line")
    writer.line(f"{line} = {first}")
    writer.line(f"sort_line({keys}, {line}, {apart}, {count}, {order}, {spare})")
    writer.open(f"for q in range({count}):")
    value = f"{order}[q]" if node.op is ops.argsort else f"{keys}[{line} + {order}[q] * {apart}]"
    writer.line(f"{result}[{line} + q * {apart}] = {value}")
    writer.close()
    for _ in loops:
        writer.close()


# --- Fourier transforms --------------------------------------------------------------------------


def _lines(emitter, node):
    """The lines of a transform, some at a time."""
    writer, (pieces, sizes) = emitter.writer, lines.shares(node)
    homes = emitter.memory(node.args[0]), emitter.homes[node]
    offsets = (f"{emitter.text(h.offset)} + " if h.offset != ZERO else "" for h in homes)
    buffers = (writer.buffer(s) for s in (*(h.storage for h in homes), *lines.memory(node)))
    call = lines.call(node, [*map(writer.number, sizes)], *buffers, offsets=[*offsets])
    writer.open(f"for piece in range({writer.number(pieces)}):")
    writer.line(call)
    writer.close()


# --- tapes ---------------------------------------------------------------------------------------


def _tape(emitter, node):
    """An empty stack: its counter at zero."""
    home = emitter.homes[node]
    emitter.writer.line(f"{emitter.top(home)} = 0")


def _push(emitter, node):
    tape, value = node.args
    home = emitter.homes[node] = emitter.homes[tape]
    top, buffer = emitter.top(home), emitter.writer.buffer(home.storage)
    if home.growing:
        _make_room(emitter, home, node)
    if value.shape:
        emitter.copy(value, _slot(emitter, home, value.shape))
    else:
        emitter.writer.line(f"{buffer}[{top}] = {emitter.value(value, ())}")
    emitter.writer.line(f"{top} = {top} + 1")


def _make_room(emitter, home, node):
    """A longer stack where this one is full."""
    top, record = emitter.top(home), emitter.writer.buffer(home.record)
    line, each = emitter.writer.line, emitter.writer.number(home.each)
    name = emitter.writer.buffer(home.storage)
    line(f"if {top} == {record}[1]:")
    line(f"    {name} = longer({record}[0], {record}[1], {each}, {name})")
    line(f"    {record}[0] = address({name})")
    line(f"    {record}[1] = max(2 * {record}[1], 64)")
    line(f"    if {record}[0] == 0:")
    line(f"        {emitter.writer.failure(Failure(node, NO_MEMORY))}")


def _slot(emitter, home, shape):
    """The memory of the value on top of a stack, or of the one to come."""
    block = emitter.writer.blocks[-1]
    at = emitter.symbol(
        emitter.assign(emitter.top(home), block), *ANY, emitter.writer.blocks[emitter.base]
    )
    return Memory(home.storage, strides(shape), Affine(0, ((at, home.each),)))


def _pop(emitter, node):
    home = emitter.homes[node.args[0]]
    top = emitter.top(home)
    emitter.writer.line(f"{top} = {top} - 1")
    for item in emitter.body.items.get(node, ()):
        if item.attrs["index"] == 0:
            emitter.homes[item] = home
        elif not item.shape:
            text = f"{emitter.writer.buffer(home.storage)}[{top}]"
            target = emitter.places.homes.get(item)
            name = emitter.assign(text, emitter.writer.blocks[-1])
            if isinstance(target, Memory):
                emitter.writer.line(f"{emitter.place(target, ())} = {name}")
            else:
                emitter.homes[item] = Variable(name)
        else:
            slot = _slot(emitter, home, item.shape)
            if home.storage.role == "growing" and item.type.size >= FETCHED:
                _fetch_next(emitter, home)
            if emitter.places.only_read(item) and not pushes(emitter.body.graph):
                emitter.homes[item] = slot
            else:
                emitter.copy(item, emitter.places.homes[item], slot)


def _fetch_next(emitter, home):
    """Ask for what is below the top of a stack: a processor does not foresee that it goes down."""
    name, each = emitter.writer.buffer(home.storage), emitter.writer.number(home.each)
    emitter.writer.line(f"fetch({name}, ({emitter.top(home)} - 1) * {each}, {each})")


def pushes(graph):
    """Does a graph, or a body in it, put values on a tape?"""
    return ops.push in graph.operations or any(
        pushes(body) for node in graph.order for body in node.attrs.get("bodies", ())
    )


# --- effects -------------------------------------------------------------------------------------


def _check(emitter, node):
    """Stop the program where a condition does not hold; the values of the message are kept for
    it."""
    condition, *values = node.args
    if constant_value(condition) is not None and np.all(constant_value(condition)):
        return
    test = emitter.value(condition, ()) if not condition.shape else _all(emitter, condition)
    emitter.writer.open(f"if not {test}:")
    kept = _kept(emitter, values)
    emitter.writer.line(emitter.writer.failure(Failure(node, node.attrs["message"], kept)))
    emitter.writer.close()


def _kept(emitter, values):
    """Values in memory of their own, where Python finds them."""
    kept = []
    for value in values:
        storage = Storage(value.dtype, prod(value.shape))
        if value.shape:
            emitter.copy(value, contiguous(storage, value.shape))
        else:
            emitter.writer.line(f"{emitter.writer.buffer(storage)}[0] = {emitter.value(value, ())}")
        kept.append((storage, value.shape))
    return tuple(kept)


def _hook(emitter, node):
    """Call Python with values; what it raises stops the program."""
    writer = emitter.writer
    writer.hooks.append(Hook(node, _kept(emitter, node.args)))
    writer.line(f"if call_back(hooks, {len(writer.hooks) - 1}, args) != 0:")
    writer.line(f"    {writer.failure(Failure(node, ''))}")


def _all(emitter, condition):
    """Whether all elements of a stored array are true."""
    name = emitter.writer.fresh("all")
    emitter.writer.line(f"{name} = True")
    home = emitter.memory(condition)
    size = emitter.writer.number(prod(condition.shape))
    emitter.writer.open(f"for i in range({size}):")
    emitter.writer.line(f"{name} = {name} & {emitter.writer.buffer(home.storage)}[i]")
    emitter.writer.close()
    return name


STEP = {
    ops.loop: _loop, ops.while_: _while, ops.cond: _cond,
    ops.tape: _tape, ops.push: _push, ops.pop: _pop, ops.check: _check, ops.hook: _hook,
    ops.sort: _sorted, ops.argsort: _sorted, lines.lines: _lines,
}  # fmt: skip

__all__ = [
    "bound_text",
    "end_structure",
    "places_of_captures",
    "places_of_states",
    "write_body",
    "write_step",
    "write_steps",
    "write_trips",
]
