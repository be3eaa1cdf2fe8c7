"""Lines of which only some places are put in order, by NumPy: parted there, and sorted from there on."""

from __future__ import annotations

import numpy as np


def select(x, out, axis, kth, low, high):
    """The values, in order in the places `kth`, the first `low` and the last `high` of each line."""
    np.copyto(out, x)
    lines = np.moveaxis(out, axis, -1)
    size = lines.shape[-1]
    if high:
        lines.partition(size - high, -1)
        lines[..., size - high :].sort(-1)
    if low:
        rest = lines[..., : size - high]
        rest.partition(low - 1, -1)
        rest[..., :low].sort(-1)
    part_at(lines, kth, 0)


def part_at(lines, places, first):
    """Lines, of which `first` elements are cut off, parted at each place: NumPy has vector code for
    one place at a time only."""
    if places:
        middle = len(places) // 2
        at = places[middle] - first
        lines.partition(at, -1)
        part_at(lines[..., :at], places[:middle], first)
        part_at(lines[..., at + 1 :], places[middle + 1 :], first + at + 1)


def place(x, out, axis, kth, low, high):
    """Where the `low` least values of each line are, in their order, and the `high` greatest; with places
    `kth` the order that parts the lines there."""
    if kth:
        out[...] = np.argpartition(x, kth, axis)
    lines, placed = np.moveaxis(x, axis, -1), np.moveaxis(out, axis, -1)
    for at in np.ndindex(lines.shape[:-1]):
        if low:
            placed[at][:low] = least(lines[at], low)
        if high:
            placed[at][-high:] = greatest(lines[at], high)


def least(line, count):
    """The places of the least values, equal ones as a stable sort has them."""
    edge = np.partition(line, count - 1)[count - 1]
    return in_order(line, ~(line > edge))[:count]


def greatest(line, count):
    """The places of the greatest values; not-a-numbers are greater than any."""
    first = len(line) - count
    edge = np.partition(line, first)[first]
    return in_order(line, ~(line < edge))[-count:]


def in_order(line, among):
    """The places of some values, in the order of these."""
    found = np.flatnonzero(among)
    return found[np.argsort(line[found], kind="stable")]
