"""Values whose size is known only when the program runs.

The array below is whole; beside it stands what of it counts. Element-wise work joins what counts,
a reduction fills the rest with its identity, an assignment leaves the rest as it was, and a result
is cut when it leaves the function.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from defn import ops
from defn.dispatch import GIVE_WAY, METHODS
from defn.errors import TraceError, TypeMismatch, UnknownSize, Unsupported
from defn.numpy.span import times
from defn.tensor import Tensor, apply, asarray, assign, astype, broadcast_to, vectors_text

UNEVEN: dict = {}  # NumPy function -> what it means where an argument is ragged
ATTRIBUTES: dict = {}  # name of an array method or attribute -> NumPy function, or property


def uneven_rule(*functions):
    """Decorate what NumPy functions mean for ragged values."""

    def register(function):
        for each in functions:
            UNEVEN[each] = function
        return function

    return register


def demand_one_size(*arrays):
    """Refuse sizes that would differ between the entries of a vectorised axis."""
    for x in arrays:
        if getattr(x, "vectors", ()):
            raise Unsupported(
                f"a part of {vectors_text(x.vectors)} values whose size is known only when the program runs: each "
                "entry's would be of another size; choose with np.where, or reduce with where=mask"
            )


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
        """How many bytes the elements that count take."""
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
            "the truth value of an array whose size is known only when the program runs: "
            "use .any() or .all()"
        )

    def __array__(self, dtype=None, copy=None):
        raise TraceError(
            f"{self!r} cannot become a NumPy array while tracing: "
            "its values are known only when the program runs"
        )

    def __getattr__(self, name):
        found = ATTRIBUTES.get(name)
        if found is None:
            raise UnknownSize(f".{name} of {self!r}: {WAY_OUT}")
        return (
            found(self)
            if name in PROPERTIES
            else lambda *args, **settings: found(self, *args, **settings)
        )

    def __array_ufunc__(self, ufunc, method, *operands, out=None, **settings):
        if settings.pop("where", True) is not True:
            raise UnknownSize(f"np.{ufunc.__name__}(where=...) of {self!r}: {WAY_OUT}")
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
        raise UnknownSize(f"np.{ufunc.__name__}.{method} of {self!r}: {WAY_OUT}")

    def __array_function__(self, function, types, arguments, settings):
        rule = UNEVEN.get(function)
        if rule is None:
            raise UnknownSize(f"np.{function.__name__} of {self!r}: {WAY_OUT}")
        return rule(*arguments, **settings)


WAY_OUT = (
    "its size is known only when the program runs; use element-wise functions, reductions and "
    "assignments, or keep the whole array and choose with np.where"
)
REDUCE = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min,
    np.logical_or: np.any, np.logical_and: np.all,
}  # fmt: skip
PROPERTIES = {"T", "real", "imag", "flat"}


def _demand_castable(value, dtype, casting):
    if casting != "unsafe" and not np.can_cast(value.weak or value.dtype, dtype, casting):
        raise TypeMismatch(
            f"cannot write values of dtype {value.dtype} into an array of dtype {dtype} "
            f"({casting} casting): make the array of the wider dtype first"
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


def outer(ufunc, x, y):
    """The ufunc of every pair of elements."""
    x = x if is_uneven(x) else asarray(x)
    y = y if is_uneven(y) else asarray(y)
    return elementwise(ufunc, (x[(..., *(None,) * y.ndim)], y))
