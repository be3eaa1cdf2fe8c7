"""Arrays that are not in C order, read where they lie: a program for each layout that is met.

The graph of such a program says in its own terms how an argument lies: as a turned array where its
elements have no gaps, else as elements some steps apart. Strides are sizes of the text, so layouts
share their kernels.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from defn import ops
from defn.compilers.numba.index import strides
from defn.compilers.numba.roots import strided
from defn.expr import make, parameter, substitute
from defn.graph import Graph
from defn.types import Type

SMALL = 2**14  # bytes that are copied sooner than a program is made for them
MOST = 32  # programs for the layouts of one signature


class Layout(NamedTuple):
    """How an array lies: its axes by falling stride, less those it repeats along, and the strides."""

    axes: tuple
    sizes: tuple
    steps: tuple

    @property
    def is_dense(self):
        """Is it an array without gaps, of axes in some order?"""
        return self.steps == strides(self.sizes)


def layout_of(array):
    """The layout of an array that is not in C order; None of one that is to be copied."""
    moves = [divmod(step, array.itemsize) for step in array.strides]
    if any(rest for _, rest in moves) or not array.flags.aligned:
        return None
    long = [k for k, n in enumerate(array.shape) if n > 1 and moves[k][0]]
    axes = tuple(sorted(long, key=lambda k: -abs(moves[k][0])))
    return Layout(axes, tuple(array.shape[k] for k in axes), tuple(moves[k][0] for k in axes))


def laid_out(graph, layouts):
    """The graph with its parameters as they lie in memory; None stands for C order."""
    inner, new = [], {}
    for p, layout in zip(graph.parameters, layouts):
        if layout is None:
            inner.append(p)
        else:
            sizes = layout.sizes if layout.is_dense else (reach(layout),)
            inner.append(parameter(Type(p.dtype, sizes), p.attrs["name"], p.where))
            new[p] = _read(inner[-1], layout, p)
    roots = substitute(graph.roots, new)
    count = len(graph.outputs)
    return Graph(inner, roots[:count], roots[count:], graph.updates)


def reach(layout):
    """From the first element to the last, counted in elements, as if all steps led forward."""
    return 1 + sum((n - 1) * abs(step) for n, step in zip(layout.sizes, layout.steps))


def _read(inner, layout, outer):
    """The value of a parameter, of what lies in memory."""
    node, (axes, sizes, steps) = inner, layout
    if not layout.is_dense:
        settings = {"shape": sizes, "steps": steps}
        node = make(strided, (inner,), settings, where=outer.where)
    order = tuple(sorted(range(len(axes)), key=axes.__getitem__))
    if order != tuple(range(len(axes))):
        node = make(ops.transpose, (node,), {"axes": order}, where=outer.where)
    if node.shape == outer.shape:
        return node
    if prod(sizes) == prod(outer.shape):
        return make(ops.reshape, (node,), {"shape": outer.shape}, where=outer.where)
    settings = {"shape": outer.shape, "axes": tuple(sorted(axes))}
    return make(ops.broadcast, (node,), settings, where=outer.where)


def _view(layout):
    """What makes an array the graph's parameter; nothing where only its address is asked for."""
    if layout is None or not layout.is_dense:
        return None
    kept = sorted(layout.axes)
    order = tuple(kept.index(k) for k in layout.axes)

    def view(array):
        if len(kept) < array.ndim:
            # The dots make it an array even where no axis is left.
            array = array[(*(slice(None) if k in kept else 0 for k in range(array.ndim)), ...)]
        return array.transpose(order)

    return view


class Layouts:
    """Called where some array is not in C order; `copying` is what is called with copies, `made` makes
    the executable for some layouts."""

    def __init__(self, copying, made):
        self.copying, self.made = copying, made
        self.known, self.programs = {}, {}

    def __call__(self, *arrays):
        key = tuple([a.strides for a in arrays])
        run = self.known.get(key)
        if run is None:
            run = self._found(arrays)
            if len(self.known) < 8 * MOST:
                self.known[key] = run
        return run(*arrays)

    def _found(self, arrays):
        """What to call with arrays that lie so."""
        moved = [not a.flags.c_contiguous for a in arrays]
        if sum(a.nbytes for a, m in zip(arrays, moved) if m) < SMALL:
            return self.copying
        layouts = tuple(layout_of(a) if m else None for a, m in zip(arrays, moved))
        if all(layout is None for layout in layouts):
            return self.copying
        if layouts not in self.programs:
            if len(self.programs) >= MOST:
                return self.copying
            self.programs[layouts] = self.made(layouts)
        steps = [
            np.ascontiguousarray if moved and layout is None else _view(layout)
            for moved, layout in zip(moved, layouts)
        ]
        program = self.programs[layouts].call
        return lambda *arrays: program(*[s(a) if s else a for s, a in zip(steps, arrays)])

    def explain(self):
        """What runs for each layout that was met."""
        for layouts, program in self.programs.items():
            lie = ", ".join("in C order" if x is None else f"{x.steps} apart" for x in layouts)
            yield f"where arguments lie {lie}:"
            yield program.explain()
