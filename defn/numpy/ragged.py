"""Slices whose bounds are traced: the array below is whole; beside it stands what of it counts."""

from __future__ import annotations

import numpy as np

from defn import ops, pytree
from defn.dispatch import GIVE_WAY
from defn.errors import ShapeError, Unsupported
from defn.numpy.composite import fresh
from defn.numpy.linear import forwards
from defn.numpy.span import Span, agree, all_of, moved, same, whole
from defn.numpy.uneven_index import part_of, set_part
from defn.numpy.uneven_value import Uneven, demand_one_size, is_uneven
from defn.tensor import PYTHON_NUMBERS, Tensor, asarray, broadcast_to, effect


class Ragged(Uneven):
    """An array of which a stretch counts along some axes: `spans[k]`, or None for all of axis k."""

    __slots__ = ("tensor", "spans")

    def __init__(self, tensor, spans):
        demand_one_size(tensor, *(end for s in spans if s for end in (s.start, s.stop, s.step)))
        self.tensor, self.spans = tensor, tuple(spans)

    ndim = property(lambda self: self.tensor.ndim)

    @property
    def shape(self):
        """The sizes; traced integers along the ragged axes."""
        return tuple(n if s is None else s.length for n, s in zip(self.tensor.shape, self.spans))

    @property
    def valid(self):
        """Where the array below counts; None if everywhere."""
        shape = self.tensor.shape
        return all_of([s.valid(shape, k) for k, s in enumerate(self.spans) if s is not None])

    @property
    def mask(self):
        """Where the array below counts, as a mask of its shape."""
        found = self.valid
        return broadcast_to(asarray(True), self.tensor.shape) if found is None else found

    def __repr__(self):
        dims = ", ".join(
            f"up to {n}" if s else str(n) for n, s in zip(self.tensor.shape, self.spans)
        )
        return f"a traced slice of {self.dtype}[{dims}]"

    def with_spans(self, tensor, spans):
        """Another array with these spans; plain where there are none."""
        return Ragged(tensor, spans) if any(s is not None for s in spans) else tensor

    def copied(self):
        """The same values in memory of their own."""
        return Ragged(fresh(self.tensor), self.spans)

    def in_front(self):
        """The value as a slice of traced size: itself."""
        return self

    def forwards(self):
        """The same elements, none of them stored backwards."""
        x, spans = self.tensor, list(self.spans)
        for k, span in enumerate(spans):
            if span is not None and not forwards(span.step):
                spans[k] = Span(0, span.length, 1, span.size)
                x = moved(x, k, span, spans[k])
        return Ragged(x, spans)

    def map(self, function):
        """The same stretch of a function of the whole array."""
        return Ragged(function(self.tensor), self.spans)

    def same_place(self, other):
        """Is the other value this stretch of this array?"""
        return (
            type(other) is Ragged
            and other.tensor.type == self.tensor.type
            and other.tensor.node is self.tensor.node
            and all(map(_same_span, self.spans, other.spans))
        )

    def outgoing(self):
        """The tensors that the program returns for this value, and what cuts their arrays."""
        spans = [s for s in self.spans if s is not None]
        bounds = [asarray(b) for s in spans for b in (s.start, s.length, s.step)]
        return (self.tensor, *bounds), Cut(tuple(s is not None for s in self.spans))

    def exactly(self, shape):
        """The value as an array of this shape, which it must have when the program runs."""
        if len(shape) != self.ndim:
            raise ShapeError(f"{self!r} cannot be written into shape {shape}")
        x = self.tensor
        for k, (span, size) in enumerate(zip(self.spans, shape)):
            if span is not None:
                demand_equal(span, whole(size))
                x = moved(x, k, span, whole(size))
        return x

    def below(self, axes):
        """The axes of the array below that these axes are."""
        return axes

    def kept(self, result, axes, keepdims):
        """What a reduction of the array below over these axes is."""
        pairs = [(k, s) for k, s in enumerate(self.spans) if keepdims or k not in axes]
        return self.with_spans(result, [None if k in axes else s for k, s in pairs])

    @classmethod
    def meet(cls, operands, target=None):
        """The operands as arrays whose elements lie alike, and what makes a result ragged."""
        values = [_laid_out(x) for x in operands]
        ndim = max(v.ndim for v in values)
        frames = [_frame(values, k - ndim, target) for k in range(ndim)]
        arrays = [_framed(v, frames) for v in values]
        return arrays, lambda result: _formed(result, frames)

    def __getitem__(self, subscript):
        return part_of(self, subscript)

    def __setitem__(self, subscript, value):
        set_part(self, subscript, value)


GIVE_WAY.add(Ragged)


def _taken_apart(value):
    """The traced parts of a ragged value, and what is known of it: so it goes round loops."""
    ends = [end for s in value.spans if s is not None for end in (s.start, s.stop, s.stride)]
    known = tuple(None if type(end) is Tensor else end for end in ends)
    fixed = tuple(s and (s.size, forwards(s.step)) for s in value.spans)
    return (value.tensor, *(end for end in ends if type(end) is Tensor)), (known, fixed)


def _put_together(static, children):
    known, fixed = static
    tensor, *traced = children
    if tensor.ndim != len(fixed):
        raise Unsupported("a slice of traced size cannot be a result of vmap: use np.where")
    rest = iter(traced)
    ends = iter([next(rest) if end is None else end for end in known])
    return Ragged(tensor, [each and _span(ends, *each) for each in fixed])


def _span(ends, size, onwards):
    start, stop, stride = (next(ends) for _ in range(3))
    return Span(start, stop, stride if onwards else -stride, size)


pytree.register(Ragged, _taken_apart, _put_together)


class Cut:
    """Cuts what the program gives for a ragged result to its size."""

    __slots__ = ("ragged",)

    def __init__(self, ragged):
        self.ragged = ragged

    def __call__(self, array, *bounds):
        bounds = iter(bounds)
        at = []
        for size, ragged in zip(array.shape, self.ragged):
            start, length, step = (int(next(bounds)) for _ in range(3)) if ragged else (0, size, 1)
            at.append(np.arange(length) * step + start)
        return array[np.ix_(*at)]


def _same_span(one, other):
    if one is None or other is None:
        return one is other
    return all(same(getattr(one, end), getattr(other, end)) for end in ("step", "start", "stop"))


def demand_equal(one, other):
    """Check, when the program runs, that two spans have one length, unless that is certain."""
    if not agree(one, other):
        effect(
            ops.check,
            asarray(one.length == other.length),
            asarray(one.length),
            asarray(other.length),
            message="slices of {} and {} elements do not go together: their sizes must be equal",
            error="value",
        )


# Element-wise work: operands brought to one frame.


class _Laid:
    """An operand: its array, and its spans counted from the last axis."""

    __slots__ = ("array", "spans", "ndim", "shape")

    def __init__(self, array, spans):
        self.array, self.spans = array, spans
        self.ndim, self.shape = (
            (0, ()) if type(array) in PYTHON_NUMBERS else (array.ndim, array.shape)
        )


def _laid_out(x):
    if type(x) is Ragged:
        return _Laid(x.tensor, x.spans)
    if is_uneven(x):
        return _laid_out(x.compressed())
    if type(x) in PYTHON_NUMBERS:
        return _Laid(x, ())
    x = asarray(x)
    return _Laid(x, (None,) * x.ndim)


def _frame(values, k, target):
    """Where a result's elements lie along axis k, counted from the end: a span, or None for all."""
    found = [v.spans[k] for v in values if v.ndim >= -k and v.spans[k] is not None]
    if target is not None:
        own = target.spans[k] if target.ndim >= -k else None
        return own or (whole(target.tensor.shape[k]) if found else None)
    if not found:
        return None
    return next((s for s in found if s.dense), found[0])


def _framed(value, frames):
    x = value.array
    for k in range(-value.ndim, 0):
        frame, span, size = frames[k], value.spans[k], value.shape[k]
        if frame is None or span is None and size == 1:
            continue
        span = span or whole(size)
        if span is not frame:
            demand_equal(span, frame)
            x = moved(x, k + x.ndim, span, frame)
    return x


def _formed(result, frames):
    if type(result) is not Tensor:
        return result
    spans = frames[len(frames) - result.ndim :]
    return Ragged(result, spans) if any(s is not None for s in spans) else result
