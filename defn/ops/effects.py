"""What a program does besides returning values: kept in program order, in `Graph.effects`."""

from __future__ import annotations

from defn.ops.op import Kind, Op
from defn.types import Type

NOTHING = Type(None, (), parts=())


def _effect(name):
    def run(*values, **attrs):
        raise NotImplementedError(f"{name} is run by its compiler")

    return Op(name, Kind.EFFECT, lambda *types, **attrs: NOTHING, run)


# check(condition, *values; message, error): raises when the condition is false; `serial` keeps program order.
check = _effect("check")
# hook(*values; callback): calls back with the values while the program runs.
hook = _effect("hook")
