"""Loops, branches and tapes driven by the host: each body is a program of kernels of its own."""

from __future__ import annotations

import numpy as np

from defn import ops


class Structure:
    """A loop, a `while` or a branch whose bodies are programs."""

    def __init__(self, node, programs):
        self.node, self.programs = node, programs

    def run(self, call):
        """The final states, in the places of what picks them."""
        first = ops.LEAD[self.node.op]
        last = first + self.node.attrs["carries"]
        lead = [call.scalar(a) for a in self.node.args[:first]]
        captured = [call.value(a) for a in self.node.args[last:]]
        states = [call.own(call.value(a)) for a in self.node.args[first:last]]
        states = RUN[self.node.op](self, call, lead, states, captured)
        for item in call.plan.body.items.get(self.node, ()):
            call.give(item, states[item.attrs["index"]])

    def body(self, call, which, *values):
        """The results of a body; those that are captured values are copied, for states are
        overwritten.
        """
        return self.programs[which].run(call.machine, values)


def _loop(self, call, lead, states, captured):
    trips = range(*map(int, lead))
    for i in reversed(trips) if self.node.attrs.get("reverse") else trips:
        index = call.machine.upload(np.array([i], np.int64))
        states = call.apart(self.body(call, 0, index, *states, *captured), captured)
    return states


def _while(self, call, lead, states, captured):
    while call.number(self.body(call, 0, *states, *captured)[0]):
        states = call.apart(self.body(call, 1, *states, *captured), captured)
    return states


def _cond(self, call, lead, states, captured):
    which = 0 if lead[0] else 1
    return call.apart(self.body(call, which, *states, *captured), captured)


RUN = {ops.loop: _loop, ops.while_: _while, ops.cond: _cond}


class Tape:
    """A tape, a value on it, or one taken off: values stay where they are."""

    def __init__(self, node):
        self.node = node

    def run(self, call):
        """A tape is a tuple (rest, value): a state of a loop is never changed, so a stack is a
        chain.
        """
        if self.node.op is ops.tape:
            call.give(self.node, ())
        elif self.node.op is ops.push:
            tape, value = self.node.args
            call.give(self.node, (call.value(tape), call.copied(call.value(value))))
        else:
            rest, value = call.value(self.node.args[0])
            for item in call.plan.body.items.get(self.node, ()):
                call.give(item, value if item.attrs["index"] else rest)
