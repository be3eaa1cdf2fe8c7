"""Of several values scattered to one place the last is kept: which ones they are."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.expr import make
from defn.tensor import apply, wrap
from defn.trace import known_value
from defn.transforms.shapes import broadcast, reshape, select, zeros
from defn.types import Type


def kept(values, array, places, axes):
    """The values scattered to `places` of `array`, zero where a later one replaced them."""
    known = [known_value(place) for place in places]
    if all(each is not None for each in known) and all_different(known):
        return values
    numbers = numbered(places[0].shape)
    room = zeros(Type("int64", tuple(array.shape[k] for k in axes)))
    every = {"axes": tuple(range(len(axes)))}
    last = make(ops.scatter, (room.node, numbers.node, *places), every)
    wins = wrap(make(ops.gather, (last, *places), every)) == numbers
    return select(broadcast(wins, values.shape, range(wins.ndim)), wrap(values), 0).node


def numbered(shape):
    """0, 1, 2, … in a shape."""
    return reshape(apply(ops.iota, shape=(math.prod(shape),), axis=0), shape)


def all_different(places):
    """Is no place among these (one array of indices per axis) named twice?"""
    rows = np.stack([np.asarray(each).ravel() for each in places])
    return np.unique(rows, axis=1).shape[1] == rows.shape[1]
