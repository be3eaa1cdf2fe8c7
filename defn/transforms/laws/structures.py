"""Laws of tapes, loops and branches, and of gradients that nobody asks for any more."""

from __future__ import annotations

from defn import ops
from defn.transforms.known import known


def pop_of_push(node):
    """What was just pushed, popped; and the tape below it."""
    pop, k = node.args[0], node.attrs["index"]
    if pop.op is ops.pop and pop.args[0].op is ops.push:
        return pop.args[0].args[k]
    return None


def never_run(node):
    """A loop that makes no trip leaves its states as they were."""
    loop = node.args[0]
    if loop.op is not ops.loop:
        return None
    low, high = map(known, ops.lead(loop))
    if low is None or high is None or low < high:
        return None
    return ops.carry(loop)[node.attrs["index"]]


def decided(node):
    """Of a branch that is decided, the result."""
    cond, k = node.args[0], node.attrs["index"]
    if cond.op is not ops.cond or known(cond.args[0]) is None:
        return None
    body = cond.attrs["bodies"][0 if known(cond.args[0]) else 1]
    if body.effects:
        return None
    return body.inline(cond.args[1:])[0][k]


def trips(loop):
    """How often a loop runs, where that is known."""
    low, high = map(known, ops.lead(loop))
    return None if low is None or high is None else max(0, int(high) - int(low))


LAWS = {ops.item: (pop_of_push, never_run, decided)}
