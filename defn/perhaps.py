"""Names that only the running program knows to be bound: first bound in a branch, or in a loop that may run no trip.

Such a name holds its value, and whether it has it. Whoever reads the name asks for that first, by a check that runs
with the program, but where it is known to hold: in the branch that bound the name, or after an earlier check.
"""

from __future__ import annotations

import numpy as np

from defn import ops, pytree
from defn.dispatch import FUNCTIONS
from defn.tensor import call_ufunc, effect, is_tensor
from defn.trace import current, known_value


class Perhaps:
    """A value that a name has where `bound`, a truth value, holds."""

    __slots__ = ("value", "bound", "name")

    def __init__(self, value, bound, name):
        self.value, self.bound, self.name = value, bound, name


pytree.register(
    Perhaps, lambda p: ((p.value, p.bound), p.name), lambda name, parts: Perhaps(*parts, name)
)


def perhaps(value, bound, unbound):
    """The value of a name that had none (`unbound` is the marker of that), and has one where `bound` holds."""
    sure = bound is True or type(value) is Perhaps or not unbound.asked
    return value if sure else Perhaps(value, bound, unbound.name)


def with_truth(value, name):
    """The value of a name that has one, with that said beside it."""
    return value if type(value) is Perhaps else Perhaps(value, True, name)


def demand_bound(value, error):
    """The value of a name; the check that raises the error (an instance of Python's own) where it has none."""
    if is_tensor(value.bound) and value.bound.vectors:
        effect(ops.check, _of_each(value.bound), message=str(error), error=type(error))
        return value.value
    known = known_value(value.bound.node) if is_tensor(value.bound) else value.bound
    if known is not None and not known:
        raise error
    if known is None and not holds(value.bound):
        effect(ops.check, value.bound, message=str(error), error=type(error))
        suppose(value.bound)
    return value.value


def _of_each(bound):
    """Has the name a value in every entry that takes part here?"""
    absent = call_ufunc(np.logical_not, bound)
    for mask, _ in current().masks:
        absent = call_ufunc(np.logical_and, mask, absent)
    return call_ufunc(np.logical_not, FUNCTIONS["some"](absent))


# What is known to hold where a trace stands: nodes, with the truth that they have.


def suppose(condition, truth=True):
    """Let it be known to the running trace that a condition holds, or that it does not."""
    current().facts |= consequences(condition.storage.value, truth)


def holds(condition):
    """Does a condition hold here, as the tests around and the checks before say?"""
    trace, fact = current(), positive(condition.storage.value, True)
    while trace is not None and fact not in trace.facts:
        trace = trace.parent
    return trace is not None


def positive(node, truth):
    """The same fact of a node that is no negation."""
    while node.op is ops.logical_not:
        node, truth = node.args[0], not truth
    return node, truth


def consequences(node, truth):
    """The facts that follow from one."""
    found, stack = set(), [(node, truth)]
    while stack:
        node, truth = fact = positive(*stack.pop())
        found.add(fact)
        if node.op is (ops.logical_and if truth else ops.logical_or):
            stack += [(each, truth) for each in node.args]
    return found
