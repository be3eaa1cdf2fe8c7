"""What an operation that is not stored reads to give its element at an index.

Movement costs nothing here: a transpose permutes the index, a slice shifts it, a pad asks on which
side of its border the index lies. Where that changes along a loop, the loop is cut there.
"""

from __future__ import annotations

from typing import NamedTuple

from defn import ops
from defn.compilers.numba.index import ZERO, Affine, Loop, address, strides
from defn.compilers.numba.roots import replaced, strided
from defn.expr import constant_value


class Cut(Exception):
    """A border lies inside a loop: the loop is to be cut there, and what was begun begins anew."""


class Flat(NamedTuple):
    """The index of an array seen as one line of elements in memory order."""

    offset: Affine


def squeezed(shape):
    """The sizes that are not one."""
    return tuple(n for n in shape if n != 1)


def same_order(node):
    """Does this reshape only add and drop axes of one element?"""
    return squeezed(node.shape) == squeezed(node.args[0].shape)


def operands(node, index, reader):
    """The operands of a node with the index at which each is read.

    `reader` knows the parts of the loops meant (`ranges`), cuts loops (`cut`), and turns integers
    that the program computes into indices (`scalar`, `position`, `clamped`).
    """
    if isinstance(index, Flat):
        return [(a, index if a.shape else ()) for a in node.args]
    return ACCESS.get(node.op, _same)(node, index, reader)


def _same(node, index, reader):
    return [(a, index) for a in node.args]


def _broadcast(node, index, reader):
    (x,) = node.args
    axes = node.attrs["axes"]
    return [(x, tuple(ZERO if n == 1 else index[a] for n, a in zip(x.shape, axes)))]


def _reshape(node, index, reader):
    (x,) = node.args
    if not same_order(node):
        return [(x, Flat(address(index, strides(node.shape))))]
    rest = iter([i for i, n in zip(index, node.shape) if n != 1])
    return [(x, tuple(ZERO if n == 1 else next(rest) for n in x.shape))]


def _strided(node, index, reader):
    return [(node.args[0], (address(index, node.attrs["steps"]),))]


def _transpose(node, index, reader):
    back = dict(zip(node.attrs["axes"], index))
    return [(node.args[0], tuple(back[a] for a in range(len(index))))]


def _flip(node, index, reader):
    (x,) = node.args
    turned = node.attrs["axes"]
    return [
        (
            x,
            tuple(
                mirrored(i, n) if a in turned else i for a, (i, n) in enumerate(zip(index, x.shape))
            ),
        )
    ]


def mirrored(index, n):
    return index.scaled(-1).plus(n - 1)


def apart_from_offset(node):
    """An integer without the constants that are added to it, and their sum."""
    offset = 0
    while constant_value(node) is None and node.op in (ops.add, ops.subtract):
        known = constant_value(node.args[1])
        if known is None:
            break
        offset += int(known) if node.op is ops.add else -int(known)
        node = node.args[0]
    return node, offset


def window(node, index, starts, reader):
    """Where an element of the window lies in the whole array."""
    inner, found = iter(index), []
    sizes, steps = node.attrs["sizes"], node.attrs["steps"]
    for axis, (start, n, step) in enumerate(zip(starts, sizes, steps)):
        begin = reader.start(node, axis, start)
        found.append(begin if n is None else begin.plus(next(inner).scaled(step)))
    return tuple(found)


def _get(node, index, reader):
    a, *starts = node.args
    return [(a, window(node, index, starts, reader))]


def gathered(axes, shape, indices, index, reader):
    """Where an element of a gather (or of what a scatter writes) lies in the whole array."""
    common = len(indices[0].shape)
    at, rest = index[:common], iter(index[common:])
    where = {a: reader.position(i, at, shape[a]) for a, i in zip(axes, indices)}
    return tuple(where[a] if a in where else next(rest) for a in range(len(shape)))


def _gather(node, index, reader):
    a, *indices = node.args
    return [(a, gathered(node.attrs["axes"], a.shape, indices, index, reader))]


# --- borders -------------------------------------------------------------------------------------


def inside(part, low, n, reader):
    """Does an index along an axis lie in low ... low + n - 1? True, False, or None: sometimes."""
    first, last = part.bounds(reader.ranges)
    if first >= low and last < low + n:
        return True
    if last < low or first >= low + n:
        return False
    points = borders(part, low, n)
    if points is not None and reader.cut(part.terms[0][0], points):
        raise Cut
    return None


def outside(part, low, n, reader):
    """Does an index along an axis lie outside of low ... low + n - 1 wherever its loops are?"""
    first, last = part.bounds(reader.ranges)
    return last < low or first >= low + n


def borders(part, low, n):
    """Where along its loop an index crosses the ends of low ... low + n - 1."""
    if len(part.terms) != 1 or not isinstance(part.terms[0][0], Loop):
        return None
    ((_, step),) = part.terms
    if step > 0:
        return [-((part.constant - end) // step) for end in (low, low + n)]
    return [(end - part.constant) // step + 1 for end in (low, low + n)]


def _pad(node, index, reader):
    x, value = node.args
    parts = list(zip(index, node.attrs["low"], x.shape))
    if 0 in x.shape or any(outside(part, low, n, reader) for part, low, n in parts):
        return [(value, ())]
    sides = [inside(part, low, n, reader) for part, low, n in parts]
    if None not in sides:
        return [(x, tuple(part.plus(-low) for part, low, _ in parts))]
    clamped = tuple(
        part.plus(-low) if side else reader.clamped(part.plus(-low), n)
        for (part, low, n), side in zip(parts, sides)
    )
    return [(x, clamped), (value, ())]


def _replaced(node, index, reader):
    a, value = node.args
    parts = list(zip(index, node.attrs["low"], value.shape))
    if any(outside(part, low, n, reader) for part, low, n in parts):
        return [(a, index)]
    sides = [inside(part, low, n, reader) for part, low, n in parts]
    within = tuple(reader.clamped(part.plus(-low), n) for part, low, n in parts)
    if None in sides or node.attrs["adds"]:
        return [(a, index), (value, within)]
    return [(value, within)]


def _concatenate(node, index, reader):
    axis = node.attrs["axis"]
    start, found = 0, []
    for x in node.args:
        n = x.shape[axis]
        side = inside(index[axis], start, n, reader) if n else False
        here = index[axis].plus(-start)
        if side:
            return [(x, (*index[:axis], here, *index[axis + 1 :]))]
        if side is None:
            found.append((x, (*index[:axis], reader.clamped(here, n), *index[axis + 1 :])))
        start += n
    return found


ACCESS = {
    ops.broadcast: _broadcast,
    ops.reshape: _reshape,
    ops.transpose: _transpose,
    ops.flip: _flip,
    ops.get: _get,
    ops.gather: _gather,
    ops.pad: _pad,
    ops.concatenate: _concatenate,
    replaced: _replaced,
    strided: _strided,
    ops.constant: lambda node, index, reader: [],
    ops.iota: lambda node, index, reader: [],
    ops.parameter: lambda node, index, reader: [],
}
