"""An array with gaps, without them: a kernel reads the elements where they lie."""

from __future__ import annotations

import functools

from defn import ops
from defn.compilers.cuda.executable import Executable
from defn.compilers.cuda.plan import Plan
from defn.expr import constant, make, parameter, sharing
from defn.graph import Graph
from defn.transforms.passes import prepare
from defn.types import INT64, Type


def without_gaps(machine, lent, options):
    """New memory with the elements of what is lent, row by row."""
    first, last = lent.ends
    span, start = last - first + 1, lent.pointer + first * lent.dtype.itemsize
    memory = machine.borrowed(start, lent.dtype, span, lent.owner)
    settings = tuple(options.items())
    run = compacting(machine, lent.dtype, span, -first, lent.shape, lent.strides, settings)
    return run.on_device(memory)[0]


@functools.lru_cache(maxsize=256)
def compacting(machine, dtype, span, first, shape, strides, settings):
    """The program that reads elements `strides` apart."""
    with sharing():
        given = parameter(Type(dtype, (span,)))
        found = make(ops.gather, (given, places(first, shape, strides)), {"axes": (0,)})
        graph = Graph([given], [found])
    plan = Plan(prepare(graph), dict(settings), machine.capability)
    return Executable(plan, machine)


def places(first, shape, strides):
    """Where each element lies, as a node."""
    found = everywhere(first, shape)
    for axis, step in enumerate(strides):
        counted = make(ops.iota, (), {"shape": shape, "axis": axis})
        there = make(ops.multiply, (counted, everywhere(step, shape)), {})
        found = make(ops.add, (found, there), {})
    return found


def everywhere(number, shape):
    """The same number at each place."""
    return make(ops.broadcast, (constant(number, INT64),), {"shape": shape, "axes": ()})
