"""What Python's own functions mean for traced values: `max`, `float`, `range`, `math.sqrt`, `isinstance`, ..."""

from __future__ import annotations

import builtins
import math
import operator
import time
import types

import numpy as np

from defn import ops, pytree, special
from defn.bodies import joined_weak
from defn.dispatch import FUNCTIONS
from defn.errors import TraceError
from defn.hooks import hook
from defn.numpy.linear import bounds
from defn.numpy.uneven_value import is_uneven
from defn.tensor import (
    PYTHON_NUMBERS,
    Tensor,
    as_python,
    asarray,
    astype,
    call_ufunc,
    effect,
    is_tensor,
    operate,
)
from defn.trace import known_value
from defn.types import FLOAT64, INT64


def is_unknown(value):
    """Is this a traced value that depends on the arguments, so that only the running program knows it?"""
    return type(value) is Tensor and value.traced and known_value(value.node) is None


class Range:
    """`range` with bounds that only the running program knows."""

    __slots__ = ("start", "stop", "step")

    def __init__(self, start, stop, step=1):
        self.start, self.stop, self.step = start, stop, step

    def __iter__(self):
        return iter(builtins.range(*(int(x) for x in (self.start, self.stop, self.step))))

    def __len__(self):
        return len(builtins.range(*(int(x) for x in (self.start, self.stop, self.step))))


class Walk:
    """Several iterables walked side by side, one of them a traced array or range: `item(k)` for k below `length`."""

    __slots__ = ("length", "item")

    def __init__(self, length, item):
        self.length, self.item = length, item

    def __iter__(self):
        return (self.item(k) for k in builtins.range(int(self.length)))


def walk_of(iterable):
    """How an iterable is walked by index: arrays, ranges, and walks; None for anything else."""
    if isinstance(iterable, Walk):
        return iterable
    if is_uneven(iterable):
        front = iterable.in_front()
        return Walk(front.shape[0], lambda k: front[k])
    if is_tensor(iterable) and iterable.ndim:
        return Walk(iterable.shape[0], lambda k: iterable[k])
    if isinstance(iterable, (Range, builtins.range)):
        start, step = iterable.start, iterable.step
        return Walk(trips(iterable), lambda k: start + k * step)
    return None


def trips(span):
    """How many values a range has."""
    if isinstance(span, builtins.range):
        return len(span)
    start, stop, step = span.start, span.stop, span.step
    if type(step) is int:
        distance = stop - start if step > 0 else start - stop
        count = distance if abs(step) == 1 else (distance + (abs(step) - 1)) // abs(step)
        return _maximum(count, 0)
    # A step of zero was refused before, so here it may count as one.
    distance, each = (
        FUNCTIONS[np.where](step > 0, stop - start, start - stop),
        _maximum(abs(step), 1),
    )
    return _maximum((distance + (each - 1)) // each, 0)


def _maximum(x, y):
    return operate(np.maximum, x, y) if is_tensor(x) or is_tensor(y) else builtins.max(x, y)


def _range(*bounds):
    start, stop, step = (
        (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1) if len(bounds) == 2 else bounds
    )
    if is_unknown(step) and _may_be_zero(step):
        effect(ops.check, step != 0, message="range() arg 3 must not be zero", error=ValueError)
    return Range(start, stop, step)


def _may_be_zero(value):
    low, high = bounds(astype(value, INT64).node)
    return not (low is not None and low > 0 or high is not None and high < 0)


def _enumerate(iterable, start=0):
    walk = walk_of(iterable)
    return (
        builtins.enumerate(iterable, start)
        if walk is None
        else Walk(walk.length, lambda k: (k + start, walk.item(k)))
    )


def _zip(*iterables, strict=False):
    walks = [walk_of(i) for i in iterables]
    if any(w is None for w in walks):
        return builtins.zip(*iterables, strict=strict)
    length = walks[0].length
    for k, walk in builtins.enumerate(walks[1:]):
        if strict:
            _demand_equal(length, walk.length, k + 2)
        length = _minimum(length, walk.length)
    return Walk(length, lambda k: tuple(w.item(k) for w in walks))


def _demand_equal(length, other, place):
    """What `zip(strict=True)` demands: before the first trip, where Python tells after the last."""
    message = f"zip() argument {place} is shorter or longer than argument 1"
    if is_unknown(length) or is_unknown(other):
        effect(ops.check, asarray(length == other), message=message, error=ValueError)
    elif int(length) != int(other):
        raise ValueError(message)


def _minimum(x, y):
    return operate(np.minimum, x, y) if is_tensor(x) or is_tensor(y) else builtins.min(x, y)


def _reversed(iterable):
    walk = walk_of(iterable)
    return Walk(walk.length, lambda k: walk.item(walk.length - 1 - k))


def _choose(better):
    def choose(*values, key=None, default=None):
        values = list(values[0]) if len(values) == 1 else values
        ranks = values if key is None else [*builtins.map(key, values)]
        best, highest = values[0], ranks[0]
        for value, rank in zip(values[1:], ranks[1:]):
            is_better = better(rank, highest)
            best = chosen(is_better, value, best)
            highest = chosen(is_better, rank, highest)
        return best

    return choose


def chosen(test, x, y):
    """`x if test else y`, of numbers a number: both are known already."""
    made = FUNCTIONS[np.where](test, x, y)
    if made.shape or not (is_scalar(x) and is_scalar(y)):
        return made
    weak = joined_weak(*(v.weak if type(v) is Tensor else type(v) for v in (x, y)))
    return Tensor(made.storage, made.type, made.lenses, True, weak, labels=made.labels)


def is_scalar(value):
    """Is this a number, as NumPy or Python have them, and not an array of no axes?"""
    if type(value) is Tensor:
        return value.scalar or bool(value.weak)
    return type(value) in PYTHON_NUMBERS or isinstance(value, np.generic)


def _sorted(values, key=None, reverse=False):
    """The values as a list, in order: equal ones stay in theirs."""
    values = list(values)
    ranks = values if key is None else [*builtins.map(key, values)]
    order = FUNCTIONS[np.argsort](FUNCTIONS[np.stack](ranks[:: -1 if reverse else 1]), stable=True)
    order = len(values) - 1 - order[::-1] if reverse else order
    stacked = FUNCTIONS[np.stack](values)
    return [_like(values, stacked[order[k]]) for k in builtins.range(len(values))]


def _like(values, found):
    """The number as Python has it, where all values are Python's numbers."""
    kinds = {v.weak if type(v) is Tensor else type(v) for v in values}
    weak = kinds.pop() if len(kinds) == 1 and kinds <= {*PYTHON_NUMBERS} else None
    return Tensor(found.storage, found.type, found.lenses, found.scalar, weak, labels=found.labels)


def _sum(values, start=0):
    if is_tensor(values):
        return start + FUNCTIONS[np.sum](values, axis=0)
    total = start
    for value in values:
        total = total + value
    return total


def _weak(value, dtype, kind):
    value = asarray(value)
    if value.size != 1:
        raise TraceError(
            f"{kind.__name__}() of an array of shape {value.shape}: only one number can be converted"
        )
    if value.shape:
        value = FUNCTIONS[np.reshape](value, ())
    return as_python(astype(value, np.dtype(dtype)), kind)


def _integral(ufunc):
    """Python's function from a number to an integer, which rounds as the ufunc does."""

    def rounded(value):
        if asarray(value).dtype.kind != "f":
            return _weak(value, INT64, int)
        number = _weak(call_ufunc(ufunc, value), asarray(value).dtype, float)
        if is_unknown(number):
            effect(ops.check, abs(number) < 2.0**63, message=NO_INTEGER, error="integer")
        return _weak(number, INT64, int)

    return rounded


NO_INTEGER = (
    "cannot convert a float that is infinite, not a number, or beyond 64 bits to an integer"
)
_int = _integral(np.trunc)


def _float(value):
    return _weak(value, FLOAT64, float)


def _bool(value):
    return _weak(value, np.bool_, bool)


def _complex(re, im=0):
    return _weak(re + 1j * im, np.complex128, complex)


def _round(value, digits=None):
    if digits is None:
        return _integral(np.rint)(value)
    found = FUNCTIONS[np.round](value, digits)
    return as_python(found, value.weak) if is_tensor(value) and value.weak else found


def _str(value=""):
    """The text of an integer, which is fixed for it; of what else is traced, only the running program knows it."""
    if not is_unknown(value):
        return builtins.str(value)
    if value.weak is int:
        return builtins.str(operator.index(value))
    raise TraceError(
        f"str() of a traced value of type {value.type}: only the running program knows its text; return the value, or "
        "print it with defn.print_value"
    )


def printed(*values, **settings):
    """`print`: done each time the program passes here, as Python would."""
    leaves, structure = pytree.flatten(values)
    places = [k for k, leaf in enumerate(leaves) if is_tensor(leaf) or type(leaf) is np.ndarray]
    hook([leaves[k] for k in places], Printing(leaves, structure, places, settings))


class Printing:
    """Prints values, those at some places as the running program has them."""

    def __init__(self, leaves, structure, places, settings):
        self.structure, self.places, self.settings = structure, places, settings
        self.kinds = {k: leaves[k].weak if is_tensor(leaves[k]) else None for k in places}
        self.scalars = {k for k in places if is_tensor(leaves[k]) and leaves[k].scalar}
        self.known = [None if k in self.kinds else leaf for k, leaf in enumerate(leaves)]

    def __call__(self, found):
        shown = list(self.known)
        for k, value in zip(self.places, found):
            number = np.asarray(value)
            shown[k] = (
                number.item() if self.kinds[k] else number[()] if k in self.scalars else number
            )
        print(*pytree.unflatten(self.structure, shown), **self.settings)


def _type(value, *rest):
    return value.__class__ if is_tensor(value) and not rest else builtins.type(value, *rest)


def _mathematical(ufunc):
    def of_numbers(*values):
        return _float(
            call_ufunc(
                ufunc, *(astype(asarray(v), FLOAT64) if is_tensor(v) else float(v) for v in values)
            )
        )

    return of_numbers


def _log(x, base=None):
    found = _mathematical(np.log)(x)
    return found if base is None else found / _mathematical(np.log)(base)


def _of_special(function):
    return lambda value: _float(function(astype(asarray(value), FLOAT64)))


def _fsum(values):
    return _float(_sum(values))


SPECIAL = {
    math.erf: special.erf,
    math.erfc: special.erfc,
    math.gamma: special.gamma,
    math.lgamma: special.gammaln,
}
SAME_NAME = """sqrt cbrt exp exp2 expm1 log2 log10 log1p sin cos tan sinh cosh tanh fabs copysign hypot fmod degrees
radians nextafter""".split()
RENAMED = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
           "acosh": "arccosh", "atanh": "arctanh", "pow": "power"}  # fmt: skip
TRUTHS = ("isnan", "isinf", "isfinite")
MATH = {
    **{getattr(math, n): _mathematical(getattr(np, n)) for n in SAME_NAME if hasattr(math, n)},
    **{getattr(math, n): _mathematical(getattr(np, m)) for n, m in RENAMED.items()},
    **{getattr(math, n): (lambda u: lambda x: _bool(call_ufunc(u, x)))(getattr(np, n)) for n in TRUTHS},
    **{f: _of_special(g) for f, g in SPECIAL.items()}, math.fsum: _fsum,
    math.floor: _integral(np.floor), math.ceil: _integral(np.ceil), math.trunc: _integral(np.trunc), math.log: _log,
}  # fmt: skip
# Taken where some argument is a traced value.
OF_TRACED = {
    **MATH, builtins.range: _range, builtins.enumerate: _enumerate, builtins.zip: _zip, builtins.reversed: _reversed,
    builtins.max: _choose(lambda x, y: x > y), builtins.min: _choose(lambda x, y: x < y), builtins.sum: _sum,
    builtins.int: _int, builtins.float: _float, builtins.bool: _bool, builtins.complex: _complex,
    builtins.round: _round, builtins.type: _type, builtins.sorted: _sorted, builtins.str: _str,
}  # fmt: skip

CLOCKS = {
    time.time,
    time.perf_counter,
    time.monotonic,
    time.process_time,
    time.time_ns,
    time.perf_counter_ns,
}
# By name: naming NumPy's own generators would load them, which takes as long as all of defn.
RANDOM = ("random", "numpy.random")


def refuse_unrepeatable(function):
    """Refuse what would be drawn or read once, while tracing, and then be the same at every call."""
    owner = getattr(function, "__self__", None)
    if (
        type(owner).__module__.startswith(RANDOM)
        or getattr(function, "__module__", None) == "random"
    ):
        name = getattr(function, "__name__", "a random function")
        raise TraceError(
            f"{name} would be drawn once, while tracing, and be the same at every call: draw the numbers outside and "
            "pass them in, or use defn.random with a key"
        )
    if isinstance(function, types.BuiltinFunctionType) and function in CLOCKS:
        raise TraceError(
            f"{function.__name__}() would be read once, while tracing: read the clock outside"
        )
