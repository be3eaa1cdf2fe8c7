"""Loops, branches and tapes: loops stay loops; a tape is a buffer and a top.

Shapes are static here, so a tape of unknown length gets room for some values, and the program says
afterwards whether one ran over; it is then built again with more room.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import jax
import numpy as np
from jax import lax

from defn import ops
from defn.compilers.xla import effects
from defn.compilers.xla.indexing import read_window, write_window
from defn.expr import constant_value


@functools.partial(
    jax.tree_util.register_dataclass, data_fields=("data", "top"), meta_fields=("grows",)
)
@dataclass
class Tape:
    """A stack: a buffer, how many values are on it, and whether its room was a guess."""

    data: jax.Array
    top: jax.Array
    grows: bool


def grows(graph):
    """Does the graph, or a body inside it, hold a tape of unknown length?"""
    return any(
        n.op is ops.tape
        and n.attrs["capacity"] is None
        or any(grows(b) for b in n.attrs.get("bodies", ()))
        for n in graph.order
    )


def split(node, operands):
    """Lead, states and captures of a structure."""
    first = ops.LEAD[node.op]
    last = first + node.attrs["carries"]
    return operands[:first], tuple(operands[first:last]), operands[last:]


# Loops.


def loop(node, operands, program, status):
    """Counted up, or down for a reverse loop."""
    (low, high), states, captured = split(node, operands)
    low, high = (known_bound(a, x) for a, x in zip(node.args, (low, high)))
    (body,), down = node.attrs["bodies"], node.attrs.get("reverse")
    step = np.int64(-1 if down else 1)

    def advance(carry):
        index, (states, status) = carry
        return index + step, program.run(body, (index, *states, *captured), status, inside=True)

    def going(carry):
        return carry[0] >= low if down else carry[0] < high

    first = high - np.int64(1) if down else low
    return tracked(
        node,
        program,
        status,
        lambda status: lax.while_loop(going, advance, (first, (states, status)))[1],
    )


def known_bound(node, value):
    """A constant bound as a number, so that XLA knows the trip count."""
    known = constant_value(node)
    return value if known is None else np.int64(known)


def tracked(node, program, status, run):
    """Run a structure with the status as a state of it, only where something in it can change the
    status.
    """
    if program.tracks(node):
        return run(status)
    states, _ = run(effects.NOTHING)
    return states, status


def while_(node, operands, program, status):
    """The test before each trip; a failed check ends the loop."""
    _, states, captured = split(node, operands)
    test, body = node.attrs["bodies"]

    def ask(states, status):
        (answer,), status = program.run(test, (*states, *captured), status, inside=True)
        return effects.unfailed(answer, status), status

    def advance(carry):
        _, (states, status) = carry
        states, status = program.run(body, (*states, *captured), status, inside=True)
        answer, status = ask(states, status)
        return answer, (states, status)

    def run(status):
        if test.effects:
            answer, status = ask(states, status)
            return lax.while_loop(lambda carry: carry[0], advance, (answer, (states, status)))[1]
        return lax.while_loop(
            lambda carry: ask(*carry)[0],
            lambda carry: program.run(body, (*carry[0], *captured), carry[1], inside=True),
            (states, status),
        )

    return tracked(node, program, status, run)


# Branches.


def cond(node, operands, program, status):
    """The branch that is taken runs."""
    (predicate,), states, captured = split(node, operands)

    def branch(body):
        return lambda arguments, status: program.run(body, arguments, status, inside=True)

    then, otherwise = map(branch, node.attrs["bodies"])
    arguments = (*states, *captured)
    return tracked(
        node,
        program,
        status,
        lambda status: lax.cond(predicate, then, otherwise, arguments, status),
    )


# Tapes.


def tape(node, operands, program, status):
    """An empty tape: its room, and nothing on it."""
    type, capacity = node.attrs["type"], node.attrs["capacity"]
    room = program.room if capacity is None else capacity
    data = lax.full((room, *type.shape), 0, type.dtype)
    return Tape(data, lax.full((), 0, np.int64), capacity is None), status


def push(node, operands, program, status):
    """A value more; past the room the last place is written again, while the top counts on.

    A third operand says whether it happens at all.
    """
    tape, x, *taken = operands
    zero = np.int64(0)
    place = (tape.top, *[zero] * x.ndim)
    new = x[None]
    if taken:
        new = lax.select(
            lax.broadcast(taken[0], new.shape), new, read_window(tape.data, place, new.shape)
        )
    top = tape.top + (taken[0].astype(np.int64) if taken else np.int64(1))
    status = effects.needing(status, top) if tape.grows else status
    return Tape(write_window(tape.data, new, place), top, tape.grows), status


def pop(node, operands, program, status):
    """The tape without its last value, and that value; a second operand says whether it happens."""
    tape, *taken = operands
    top, zero = tape.top - np.int64(1), np.int64(0)
    shape = tape.data.shape[1:]
    value = read_window(tape.data, (top, *[zero] * len(shape)), (1, *shape)).reshape(shape)
    left = tape.top - taken[0].astype(np.int64) if taken else top
    return (Tape(tape.data, left, tape.grows), value), status


def item(node, operands, program, status):
    """One result of a structure."""
    return operands[0][node.attrs["index"]], status


def custom(node, operands, program, status):
    """The results, as they are: their derivative is of no interest any more."""
    return tuple(operands[: node.attrs["results"]]), status


RULES = {
    ops.custom: custom,
    ops.loop: loop,
    ops.while_: while_,
    ops.cond: cond,
    ops.tape: tape,
    ops.push: push,
    ops.pop: pop,
    ops.item: item,
}
