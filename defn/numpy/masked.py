"""`x[mask]` where the mask is traced: the whole array, and the mask that says what counts."""

from __future__ import annotations

import math

import numpy as np

from defn import ops, pytree
from defn.dispatch import FUNCTIONS, GIVE_WAY, METHODS
from defn.errors import ShapeError, UnknownSize, Unsupported
from defn.numpy.composite import fresh
from defn.numpy.ragged import PYTHON_NUMBERS, Ragged, demand_equal
from defn.numpy.span import Span, moved, taken, whole
from defn.numpy.uneven_index import CHOOSE
from defn.numpy.uneven_value import WAY_OUT, Uneven, demand_one_size, is_uneven
from defn.tensor import apply, asarray, assign, broadcast_to
from defn.types import INT64


class Masked(Uneven):
    """The elements of `tensor` where `mask` is true; the mask covers the axes from `axis` on."""

    __slots__ = ("tensor", "mask", "axis")

    def __init__(self, tensor, mask, axis=0):
        demand_one_size(tensor, mask)
        self.tensor, self.mask, self.axis = tensor, mask, axis

    @property
    def ndim(self):
        """The axes that the mask covers are one."""
        return self.tensor.ndim - self.mask.ndim + 1

    @property
    def count(self):
        """How many elements the mask chooses."""
        return METHODS["sum"](self.mask)

    @property
    def shape(self):
        """The sizes, the one along the chosen axis traced."""
        shape, after = self.tensor.shape, self.axis + self.mask.ndim
        return (*shape[: self.axis], self.count, *shape[after:])

    @property
    def valid(self):
        """The mask, repeated to the shape of the array below."""
        axes = tuple(range(self.axis, self.axis + self.mask.ndim))
        if self.mask.shape == self.tensor.shape:
            return self.mask
        return apply(ops.broadcast, self.mask, shape=self.tensor.shape, axes=axes)

    def __repr__(self):
        return (
            f"the elements of a traced {self.dtype}{list(self.tensor.shape)} array chosen by a mask"
        )

    def copied(self):
        """The same values in memory of their own."""
        return Masked(fresh(self.tensor), self.mask, self.axis)

    def map(self, function):
        """The same choice of a function of the whole array."""
        return Masked(function(self.tensor), self.mask, self.axis)

    def same_place(self, other):
        """Is the other value this choice of this array?"""
        return False

    def outgoing(self):
        """The tensors that the program returns for this value, and what cuts their arrays."""
        return (self.tensor, self.mask), Choice(self.axis)

    def below(self, axes):
        """The axes of the array below that these axes are."""
        wide = self.mask.ndim
        found = []
        for k in axes:
            found += (
                range(k, k + wide) if k == self.axis else [k if k < self.axis else k + wide - 1]
            )
        return tuple(found)

    def kept(self, result, axes, keepdims):
        """What a reduction of the array below over these axes is."""
        if self.axis in axes:
            return METHODS["reshape"](result, self._kept_shape(axes)) if keepdims else result
        before = 0 if keepdims else sum(k < self.axis for k in axes)
        return Masked(result, self.mask, self.axis - before)

    def _kept_shape(self, axes):
        sizes = [1] * self.ndim
        for k in range(self.ndim):
            if k not in axes:
                (sizes[k],) = (self.tensor.shape[j] for j in self.below((k,)))
        return tuple(sizes)

    def compressed(self):
        """The chosen elements in front, as a slice of traced size."""
        size = math.prod(self.mask.shape)
        after = self.axis + self.mask.ndim
        shape = self.tensor.shape
        flat = METHODS["reshape"](self.tensor, (*shape[: self.axis], size, *shape[after:]))
        found = taken(flat, places(METHODS["reshape"](self.mask, (size,))), self.axis)
        spans = [None] * found.ndim
        spans[self.axis] = Span(0, self.count, 1, size)
        return Ragged(found, spans)

    in_front = compressed

    def exactly(self, shape):
        """The value as an array of this shape, which it must have when the program runs."""
        return self.compressed().exactly(shape)

    def aligned(self, value):
        """The value as an array whose elements lie where those of this one lie."""
        after = self.ndim - 1 - self.axis
        if is_uneven(value) and not _fits(value, self.mask, after):
            value = value.in_front()
            value = self._each_at_home(value.tensor, value.ndim - 1 - after, value)
        elif not is_uneven(value) and type(value) not in PYTHON_NUMBERS:
            value = asarray(value)
            if value.ndim > after and value.shape[-1 - after] != 1:
                value = self._each_at_home(value, value.ndim - 1 - after)
        return super().aligned(value)

    def hold(self, value, casting="unsafe"):
        """Let the elements of this copy hold a value: what the mask leaves out is never seen."""
        assign(self.tensor, self._fitting(value, casting))

    def _each_at_home(self, value, axis, ragged=None):
        """One value for each chosen element, each put where its element is."""
        span = whole(value.shape[axis]) if ragged is None else ragged.spans[axis]
        front = Span(0, self.count, 1, value.shape[axis])
        if ragged is not None and any(s and k != axis for k, s in enumerate(ragged.spans)):
            raise ShapeError(f"{ragged!r} cannot be written into {self!r}: {WAY_OUT}")
        demand_equal(span, Span(0, self.count, 1, math.prod(self.mask.shape)))
        value = value if ragged is None else moved(value, axis, span, front)
        at = ranks(METHODS["reshape"](self.mask, (-1,)))
        at = np.minimum(np.maximum(at, 0), max(value.shape[axis] - 1, 0))
        full = (*value.shape[:axis], *self.mask.shape, *value.shape[axis + 1 :])
        return Masked(METHODS["reshape"](taken(value, at, axis), full), self.mask, axis)

    @classmethod
    def meet(cls, operands, target=None):
        """The operands as arrays under one mask, and what makes a masked value of a result."""
        masked = [x for x in operands if type(x) is Masked]
        first = masked[0]
        after = first.ndim - 1 - first.axis
        if not all(_fits(x, first.mask, after) for x in operands):
            if target is not None:
                raise ShapeError(f"{operands[1]!r} cannot be written into {target!r}: {WAY_OUT}")
            return Ragged.meet(operands)
        values = [_under(x, first.mask.ndim, after) for x in operands]
        return values, lambda result: Masked(
            result, first.mask, result.ndim - after - first.mask.ndim
        )

    def __getitem__(self, subscript):
        if type(subscript) is tuple and len(subscript) == 1:
            (subscript,) = subscript
        if is_uneven(subscript) and subscript.dtype == bool and subscript.ndim == 1:
            return choose(self, subscript, 0)
        if subscript is Ellipsis or _takes_all(subscript):
            return self
        if isinstance(subscript, tuple) and not self.axis and _takes_all(subscript[0]):
            return self.map(lambda x: x[(slice(None),) * self.mask.ndim + subscript[1:]])
        return self.compressed()[subscript]

    def __setitem__(self, subscript, value):
        part = self[subscript]
        if type(part) is not Masked:
            raise UnknownSize(f"assignment to single elements of {self!r}: {WAY_OUT}")
        if part is not value:
            part.assign(value)


GIVE_WAY.add(Masked)


def _put_together(static, children):
    axis, ndim = static
    tensor, mask = children
    if mask.ndim != ndim or tensor.shape[axis : axis + ndim] != mask.shape:
        raise Unsupported("elements chosen by a mask cannot be a result of vmap: use np.where")
    return Masked(tensor, mask, axis)


pytree.register(Masked, lambda x: ((x.tensor, x.mask), (x.axis, x.mask.ndim)), _put_together)


def is_ragged(value):
    """Is the size of this value known only when the program runs?"""
    return is_uneven(value)


class Choice:
    """Chooses from what the program gives for a masked result."""

    __slots__ = ("axis",)

    def __init__(self, axis):
        self.axis = axis

    def __call__(self, array, mask):
        return array[(slice(None),) * self.axis + (mask,)]


def _takes_all(item):
    return type(item) is slice and item == slice(None)


def _fits(x, mask, after):
    """Can an operand stand under a mask that is followed by so many axes?"""
    if type(x) is Masked:
        return (
            x.ndim - 1 - x.axis == after and x.mask.ndim == mask.ndim and x.mask.node is mask.node
        )
    if type(x) is Ragged:
        return False
    shape = () if type(x) in PYTHON_NUMBERS else asarray(x).shape
    return len(shape) <= after or shape[-1 - after] == 1


def _under(x, wide, after):
    """The operand with as many axes under the mask as the mask has."""
    if type(x) is Masked:
        return x.tensor
    if type(x) in PYTHON_NUMBERS:
        return x
    x = asarray(x)
    if x.ndim <= after:
        return x
    place = x.ndim - 1 - after
    return METHODS["reshape"](x, (*x.shape[:place], *(1,) * wide, *x.shape[place + 1 :]))


def ranks(mask):
    """For each element of a row, how many before it the mask chooses (itself not counted)."""
    return FUNCTIONS[np.cumsum](mask) - 1


def places(mask):
    """The positions that a row of truth values chooses, in front; what follows is zero."""
    size = mask.shape[0]
    row = apply(ops.iota, shape=(size,), axis=0)
    slot = np.where(mask, ranks(mask), size)
    room = broadcast_to(asarray(0, INT64), (size + 1,))
    return apply(ops.scatter, room, row, slot, axes=(0,))[:size]


def choose(value, mask, axis):
    """The elements of a value of traced size where a mask of the same size is true."""
    (x, chosen), form = type(value).meet((value, mask))
    if type(value) is Masked:
        return Masked(x, value.mask & chosen, value.axis)
    value, mask = form(x).forwards(), form(chosen).forwards()
    return Masked(fresh(value.tensor), mask.mask & mask.tensor, axis)


CHOOSE["mask"] = choose
