"""Arrays of which a loop writes every element and reads none: nothing needs to be in them before."""

from __future__ import annotations

from math import prod

from defn import ops
from defn.compilers.cuda.apart import are_apart, trips
from defn.compilers.numba.roots import empty
from defn.expr import constant_value, make, serial


def without_filling(node):
    """A loop whose trips are apart, without values in the arrays that it covers."""
    if not trips(node) or not are_apart(node):
        return node
    args, first = list(node.args), ops.LEAD[node.op]
    for k, state in enumerate(ops.carry(node)):
        if is_covered(node, k):
            settings = {"type": state.type, "serial": serial()}
            args[first + k] = make(empty, (), settings, state.type, node.where)
    return node.with_args(args)


def is_covered(node, k):
    """Do the trips together write all elements of a state, and read none?"""
    (body,) = node.attrs["bodies"]
    state, written, places = body.outputs[k], [], set()
    while state.op is ops.put and prod(n or 1 for n in state.attrs["sizes"]) == 1:
        written.append(state)
        places.add(tuple(_known(start) for start in state.args[2:]))
        state = state.args[0]
    if state is not body.parameters[1 + k] or not written:
        return False
    versions = {state, *written}
    read = any(
        arg in versions and (step not in written or at)
        for step in body.order
        for at, arg in enumerate(step.args)
    )
    # The trips' places differ, and so do those that a trip writes one after another.
    apart = len(places) == len(written) and len({_pattern(place) for place in places}) == 1
    return apart and not read and trips(node) * len(written) == prod(state.shape)


def _known(start):
    known = constant_value(start)
    return None if known is None else int(known)


def _pattern(place):
    return tuple(start is None for start in place)
