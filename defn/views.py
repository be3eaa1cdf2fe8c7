"""Views: how an array is read from a storage, and how a write to it goes back.

A view is a chain of lenses; reading folds `read` down the chain, writing folds `write` back up.
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.expr import constant, constant_value, index, make


class Lens:
    """One step of a view."""

    __slots__ = ()
    writable = True
    step = None  # of a view that is one operation with settings alone: these two

    def read(self, base):
        operation, settings = self.step
        return make(operation, (base,), settings)

    def over(self, count):
        """The same view of each of so many arrays, which lie along a first axis; None where there is none."""
        return None


class Window(Lens):
    """A basic index: starts, sizes and positive steps."""

    __slots__ = ("starts", "sizes", "steps")

    def __init__(self, starts, sizes, steps):
        self.starts, self.sizes, self.steps = tuple(starts), tuple(sizes), tuple(steps)

    def over(self, count):
        return Window((index(0), *self.starts), (count, *self.sizes), (1, *self.steps))

    def read(self, base):
        return make(ops.get, (base, *self.starts), {"sizes": self.sizes, "steps": self.steps})

    def write(self, base, value):
        return make(
            ops.put, (base, value, *self.starts), {"sizes": self.sizes, "steps": self.steps}
        )


class Reshape(Lens):
    """The same elements in another shape."""

    __slots__ = ("shape",)

    def __init__(self, shape):
        self.shape = tuple(shape)

    def over(self, count):
        return Reshape((count, *self.shape))

    @property
    def step(self):
        return ops.reshape, {"shape": self.shape}

    def read(self, base):
        return reshape(base, self.shape)

    def write(self, base, value):
        return reshape(value, base.shape)


class Transpose(Lens):
    """Axes in another order."""

    __slots__ = ("axes",)

    def __init__(self, axes):
        self.axes = tuple(axes)

    def over(self, count):
        return Transpose((0, *_shifted(self.axes)))

    @property
    def step(self):
        return ops.transpose, {"axes": self.axes}

    def write(self, base, value):
        return make(ops.transpose, (value,), {"axes": tuple(int(k) for k in np.argsort(self.axes))})


class Flip(Lens):
    """Some axes backwards."""

    __slots__ = ("axes",)

    def __init__(self, axes):
        self.axes = tuple(axes)

    def over(self, count):
        return Flip(_shifted(self.axes))

    @property
    def step(self):
        return ops.flip, {"axes": self.axes}

    def write(self, base, value):
        return make(ops.flip, (value,), {"axes": self.axes})


class Spread(Lens):
    """A broadcast: read-only, as in NumPy."""

    __slots__ = ("shape", "axes")
    writable = False

    def __init__(self, shape, axes):
        self.shape, self.axes = tuple(shape), tuple(axes)

    def over(self, count):
        return Spread((count, *self.shape), (0, *_shifted(self.axes)))

    @property
    def step(self):
        return ops.broadcast, {"shape": self.shape, "axes": self.axes}


class RealPart(Lens):
    """The real parts of complex values."""

    __slots__ = ()

    def over(self, count):
        return self

    def read(self, base):
        return make(ops.real_part, (base,))

    def write(self, base, value):
        return make(ops.complex_of, (value, make(ops.imag_part, (base,))))


class ImaginaryPart(Lens):
    """The imaginary parts of complex values."""

    __slots__ = ()

    def over(self, count):
        return self

    def read(self, base):
        return make(ops.imag_part, (base,))

    def write(self, base, value):
        return make(ops.complex_of, (make(ops.real_part, (base,)), value))


class Picked(Lens):
    """Any other view that NumPy can make: the flat positions of its elements in the base."""

    __slots__ = ("places", "writable")

    def __init__(self, places, writable=True):
        self.places, self.writable = np.asarray(places), writable

    def read(self, base):
        flat = reshape(base, (math.prod(base.shape),))
        return make(ops.gather, (flat, positions(self.places)), {"axes": (0,)})

    def write(self, base, value):
        flat = reshape(base, (math.prod(base.shape),))
        done = make(ops.scatter, (flat, value, positions(self.places)), {"axes": (0,)})
        return reshape(done, base.shape)


def _shifted(axes):
    return tuple(k + 1 for k in axes)


def positions(places):
    """Known positions as a node."""
    return constant(places, np.int64) if places.ndim else index(int(places))


def reshape(node, shape):
    """The node in another shape; itself where the shape is the same."""
    return (
        node if node.shape == tuple(shape) else make(ops.reshape, (node,), {"shape": tuple(shape)})
    )


def read(base, lenses):
    """What a chain of lenses shows of a value."""
    for lens in lenses:
        base = lens.read(base)
    return base


def write(base, lenses, value):
    """The base with a value written where the chain of lenses points."""
    seen = [base]
    for lens in lenses[:-1]:
        seen.append(lens.read(seen[-1]))
    for lens, under in zip(reversed(lenses), reversed(seen)):
        value = lens.write(under, value)
    return value


def numpy_view(lenses):
    """The chain of lenses as functions of a NumPy array, outermost last; None where one depends on a traced value."""
    steps = [_numpy_step(lens) for lens in lenses]
    return None if any(s is None for s in steps) else steps


def _numpy_step(lens):
    if isinstance(lens, Window):
        starts = [constant_value(s) for s in lens.starts]
        if any(s is None for s in starts):
            return None
        at = ops.window(starts, lens.sizes, lens.steps)
        return lambda array: array[(*at, ...)]
    if isinstance(lens, Reshape):
        return lambda array: array.reshape(lens.shape)
    if isinstance(lens, Transpose):
        return lambda array: array.transpose(lens.axes)
    if isinstance(lens, Flip):
        return lambda array: np.flip(array, lens.axes)
    return {RealPart: lambda array: array.real, ImaginaryPart: lambda array: array.imag}.get(
        type(lens)
    )
