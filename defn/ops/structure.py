"""Loops, branches and tapes: operations over closed graphs, all of one shape.

Operands are (*lead, *carry, *captures): lead is (low, high) for `loop`, nothing for `while`, (predicate,) for
`cond`. Attributes: `bodies`, a tuple of closed graphs over (index?, *carry, *captures) that return the carry
(of `while`: the test, then the body; of `cond`: then, else), and `carries`, how many states there are. The
result is the tuple of final states; `item` picks one.
"""

from __future__ import annotations

from defn.ops.op import Kind, Op
from defn.types import Type


def _states(lead):
    def rule(*types, carries, **attrs):
        return Type(None, (), parts=types[lead : lead + carries])

    return rule


def _run_by_compiler(*args, **attrs):
    raise NotImplementedError("a structure is run by its compiler, body by body")


def _structure(name, lead):
    return Op(name, Kind.STRUCTURE, _states(lead), _run_by_compiler)


# `extent`: a static bound of the trips, or None; `reverse`: from high - 1 down to low; `recompute`: the
# reverse runs the loop again instead of keeping what it saved.
loop = _structure("loop", 2)
while_ = _structure("while", 0)
cond = _structure("cond", 1)
LEAD = {loop: 2, while_: 0, cond: 1}
INDEX = {loop: 1, while_: 0, cond: 0}

item = Op(
    "item",
    Kind.STRUCTURE,
    lambda parts, *, index: parts.parts[index],
    lambda parts, *, index: parts[index],
)


def _tape_type(*, type, capacity, site):
    return Type(type.dtype, type.shape, tape=True)


def _popped(tape):
    return Type(None, (), parts=(tape, Type(tape.dtype, tape.shape)))


# A stack of values of one type; `capacity` None grows. `site` tells apart tapes of one type.
tape = Op("tape", Kind.STRUCTURE, _tape_type, lambda *, type, capacity, site: ())
push = Op("push", Kind.STRUCTURE, lambda tape, x: tape, lambda tape, x: (tape, x))
pop = Op("pop", Kind.STRUCTURE, _popped, lambda tape: tape)


def lead(node):
    """The operands before the carried states: bounds or predicate."""
    return node.args[: LEAD[node.op]]


def carry(node):
    """The initial states of a structure."""
    first = LEAD[node.op]
    return node.args[first : first + node.attrs["carries"]]


def captures(node):
    """What the bodies read from outside."""
    return node.args[LEAD[node.op] + node.attrs["carries"] :]
