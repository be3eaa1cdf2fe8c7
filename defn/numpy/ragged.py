"""Ragged values: slices whose bounds are traced. The array below is whole; beside it stands what of it counts.

Element-wise work joins what counts, a reduction fills the rest with its identity, an assignment leaves the rest
as it was, and a result is cut when it leaves the compiled function.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from defn import ops
from defn.dispatch import GIVE_WAY, METHODS
from defn.errors import BoundsError, ShapeError, TraceError, TypeMismatch, Unsupported
from defn.numpy.composite import fresh
from defn.numpy.span import agree, all_of, moved, same, times, whole, within
from defn.tensor import PYTHON_NUMBERS, Tensor, apply, asarray, assign, astype, broadcast_to, effect

UNEVEN: dict = {}  # NumPy function -> what it means where an argument is ragged
ATTRIBUTES: dict = {}  # name of an array method or attribute -> NumPy function, or property


def uneven_rule(*functions):
    """Decorate what NumPy functions mean for ragged values."""

    def register(function):
        for each in functions:
            UNEVEN[each] = function
        return function

    return register


class Uneven(np.lib.mixins.NDArrayOperatorsMixin):
    """A value whose size is known only when the program runs; `tensor` is all that it may hold."""

    __slots__ = ()
    __hash__ = None
    __array_priority__ = 2000

    @property
    def __class__(self):
        return np.ndarray

    dtype = property(lambda self: self.tensor.dtype)
    itemsize = property(lambda self: self.tensor.itemsize)

    @property
    def size(self):
        """How many elements there are: a traced integer."""
        return product_of(self.shape)

    @property
    def nbytes(self):
        return self.size * self.itemsize

    def filled(self, value):
        """The whole array, with a value where nothing counts."""
        mask = self.valid
        if mask is None:
            return self.tensor
        rest = broadcast_to(asarray(value, self.dtype), self.tensor.shape)
        return apply(ops.select, mask, self.tensor, rest)

    def aligned(self, value):
        """The value as an array whose elements lie where those of this one lie."""
        (_, value), _ = type(self).meet((self, value), target=self)
        return value

    def assign(self, value, casting="unsafe"):
        """Let the elements that count hold a value; the others stay."""
        value, mask = self._fitting(value, casting), self.valid
        assign(self.tensor, value if mask is None else apply(ops.select, mask, value, self.tensor))

    hold = assign

    def _fitting(self, value, casting):
        value = asarray(self.aligned(value))
        _demand_castable(value, self.dtype, casting)
        return spread(value, self.tensor.shape, self.dtype)

    def __len__(self):
        if not self.ndim:
            raise TypeMismatch("len() of unsized object: this value has no axes")
        return operator.index(self.shape[0])

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __bool__(self):
        raise TraceError(
            "the truth value of an array whose size is known only when the program runs: use .any() or .all()"
        )

    def __array__(self, dtype=None, copy=None):
        raise TraceError(
            f"{self!r} cannot become a NumPy array while tracing: its values are known only when the program runs"
        )

    def __getattr__(self, name):
        found = ATTRIBUTES.get(name)
        if found is None:
            raise Unsupported(f".{name} of {self!r}: {WAY_OUT}")
        return (
            found(self)
            if name in PROPERTIES
            else lambda *args, **settings: found(self, *args, **settings)
        )

    def __array_ufunc__(self, ufunc, method, *operands, out=None, **settings):
        if settings.pop("where", True) is not True:
            raise Unsupported(f"np.{ufunc.__name__}(where=...) of {self!r}: {WAY_OUT}")
        if method != "__call__":
            return self._ufunc_method(ufunc, method, operands, settings)
        if ufunc is np.matmul:
            return UNEVEN[np.matmul](*operands)
        result = elementwise(lambda *values: ufunc(*values, **settings), operands)
        return result if out is None else _into(out, result)

    def _ufunc_method(self, ufunc, method, operands, settings):
        if method == "reduce" and ufunc in REDUCE:
            return UNEVEN[REDUCE[ufunc]](*operands, **{"axis": 0, **settings})
        if method == "outer" and not settings:
            return outer(ufunc, *operands)
        raise Unsupported(f"np.{ufunc.__name__}.{method} of {self!r}: {WAY_OUT}")

    def __array_function__(self, function, types, arguments, settings):
        rule = UNEVEN.get(function)
        if rule is None:
            raise Unsupported(f"np.{function.__name__} of {self!r}: {WAY_OUT}")
        return rule(*arguments, **settings)


WAY_OUT = (
    "its size is known only when the program runs; use element-wise functions, reductions and assignments, "
    "or keep the whole array and choose with np.where"
)
REDUCE = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min,
    np.logical_or: np.any, np.logical_and: np.all,
}  # fmt: skip
PROPERTIES = {"T", "real", "imag", "flat"}


def _demand_castable(value, dtype, casting):
    if casting != "unsafe" and not np.can_cast(value.weak or value.dtype, dtype, casting):
        raise TypeMismatch(
            f"cannot write values of dtype {value.dtype} into an array of dtype {dtype} ({casting} casting): "
            "make the array of the wider dtype first"
        )


def _into(out, result):
    (target,) = out if isinstance(out, tuple) else (out,)
    if type(target) is Tensor:
        assign(target, result.exactly(target.shape), "same_kind")
    else:
        target.hold(result, "same_kind")
    return target


def spread(value, shape, dtype):
    """A value cast and repeated to a shape."""
    value = astype(asarray(value), dtype)
    while value.ndim > len(shape) and value.shape[0] == 1:
        value = METHODS["reshape"](value, value.shape[1:])
    return broadcast_to(value, shape)


def is_uneven(value):
    """Is the size of this value known only when the program runs?"""
    return type(value) in GIVE_WAY


def product_of(sizes):
    """The product of sizes, some of them traced."""
    known = math.prod(n for n in sizes if type(n) is not Tensor)
    traced = [n for n in sizes if type(n) is Tensor]
    for size in traced[1:]:
        traced[0] = traced[0] * size
    return known if not traced else times(traced[0], known)


def elementwise(function, operands):
    """A function of arrays, element by element, where some operands are ragged."""
    first = next(type(x) for x in operands if is_uneven(x))
    values, form = first.meet(operands)
    result = function(*values)
    return tuple(map(form, result)) if isinstance(result, tuple) else form(result)


class Ragged(Uneven):
    """An array of which, along some axes, a stretch counts: `spans[k]` says which, or None for all of axis k."""

    __slots__ = ("tensor", "spans")

    def __init__(self, tensor, spans):
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
        """What the program gives for this value, and how it is cut to size: (tensors, function of arrays)."""
        bounds = [asarray(b) for s in self.spans if s is not None for b in (s.start, s.length)]
        steps = tuple(None if s is None else s.step for s in self.spans)
        return (self.tensor, *bounds), Cut(steps)

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
        """The operands as arrays whose elements lie alike, and what makes a ragged value of a result."""
        values = [_laid_out(x) for x in operands]
        ndim = max(v.ndim for v in values)
        frames = [_frame(values, k - ndim, target) for k in range(ndim)]
        arrays = [_framed(v, frames) for v in values]
        return arrays, lambda result: _formed(result, frames)

    def __getitem__(self, subscript):
        return _ragged_view(self, subscript)

    def __setitem__(self, subscript, value):
        _set_ragged(self, subscript, value)


GIVE_WAY.add(Ragged)


class Cut:
    """Cuts what the program gives for a ragged result to its size."""

    __slots__ = ("steps",)

    def __init__(self, steps):
        self.steps = steps

    def __call__(self, array, *bounds):
        bounds = iter(bounds)
        at = []
        for size, step in zip(array.shape, self.steps):
            start, length = (0, size) if step is None else (int(next(bounds)), int(next(bounds)))
            at.append(np.arange(length) * (step or 1) + start)
        return array[np.ix_(*at)]


def _same_span(one, other):
    if one is None or other is None:
        return one is other
    return one.step == other.step and same(one.start, other.start) and same(one.stop, other.stop)


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
    """Where the elements of a result lie along axis k (counted from the end): a span, or None for a whole axis."""
    found = [v.spans[k] for v in values if v.ndim >= -k and v.spans[k] is not None]
    if target is not None:
        own = target.spans[k] if target.ndim >= -k else None
        return own or (whole(target.tensor.shape[k]) if found else None)
    if not found:
        return None
    return next((s for s in found if s.step == 1), found[0])


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


def outer(ufunc, x, y):
    """The ufunc of every pair of elements."""
    x = x if is_uneven(x) else asarray(x)
    y = y if is_uneven(y) else asarray(y)
    return elementwise(ufunc, (x[(..., *(None,) * y.ndim)], y))


# Subscripts.


def _entries(value, subscript):
    given = list(subscript) if isinstance(subscript, tuple) else [subscript]
    taken = sum(item is not None and item is not Ellipsis for item in given)
    missing = value.ndim - taken
    if missing < 0:
        raise BoundsError(
            f"too many indices: {value!r} is {value.ndim}-dimensional, but {taken} were indexed"
        )
    place = next((k for k, item in enumerate(given) if item is Ellipsis), None)
    if place is None:
        return given + [slice(None)] * missing
    return given[:place] + [slice(None)] * missing + given[place + 1 :]


def _ragged_view(value, subscript):
    """A ragged value's part: positions and slices are moved to the array below."""
    entries = _entries(value, subscript)
    if any(
        type(e) is Tensor and e.ndim or is_uneven(e) or type(e) in (list, np.ndarray)
        for e in entries
    ):
        return _chosen(value, entries)
    below, spans, axis = [], [], 0
    for entry in entries:
        if entry is None:
            below.append(None)
            spans.append(None)
            continue
        _one_axis(value, axis, entry, below, spans)
        axis += 1
    return value.with_spans(value.tensor[tuple(below)], spans)


def _one_axis(value, axis, entry, below, spans):
    span = value.spans[axis]
    is_slice = type(entry) is slice
    if span is None:
        part = value.tensor[(slice(None),) * axis + (entry,)]
        below.append(slice(None) if type(part) is Ragged else entry)
        if is_slice:
            spans.append(part.spans[axis] if type(part) is Ragged else None)
    elif is_slice and entry == slice(None):
        below.append(slice(None))
        spans.append(span)
    elif is_slice:
        below.append(slice(None))
        spans.append(within(entry, span))
    else:
        below.append(within(entry, span))


def _chosen(value, entries):
    """One axis by an array of indices, or by a mask that is as ragged as the value."""
    (entry,) = [e for e in entries if not (type(e) is slice and e == slice(None))] or [None]
    k = next(k for k, e in enumerate(entries) if e is entry)
    span = value.spans[k]
    if is_uneven(entry) and entry.dtype == bool:
        return CHOOSE["mask"](value, entry, k)
    if span is None or is_uneven(entry):
        raise Unsupported(f"this index of {value!r}: {WAY_OUT}")
    at = asarray(entry)
    at = span.place(np.where(at < 0, at + span.length, at))
    spans = [None if j == k else s for j, s in enumerate(value.spans)]
    return value.with_spans(value.tensor[(slice(None),) * k + (at,)], spans)


CHOOSE: dict = {}  # how a mask chooses, filled in by the file about masks


def _set_ragged(value, subscript, new):
    if subscript is Ellipsis or type(subscript) is slice and subscript == slice(None):
        part = value
    else:
        part = _ragged_view(value, subscript)
    if is_uneven(part):
        if not part.same_place(new):
            part.assign(new)
    elif part.ndim:
        assign(part, new.exactly(part.shape) if is_uneven(new) else new)
    else:
        below, axis = [], 0
        for entry in _entries(value, subscript):
            _one_axis(value, axis, entry, below, [])
            axis += 1
        value.tensor[tuple(below)] = new
