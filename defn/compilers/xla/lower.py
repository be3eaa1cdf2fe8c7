"""XLA, through JAX: what each operation is there.

Rules take and give JAX arrays; settings are keywords. What XLA on the CPU does not keep of NumPy's
meaning: float32 and float64 numbers that are subnormal count as zero, a product and a sum may be
rounded once together, either zero may be the greater of two, a negative power of an integer gives
zero where NumPy refuses, and a complex power of infinity is often nan.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from defn import ops
from defn.compilers.xla import arithmetic, complexes, functions, indexing
from defn.compilers.xla.arithmetic import by_kind, identity, kind
from defn.compilers.xla.bits import copysign, hypot, sign_bit
from defn.compilers.xla.linalg import factors

lower = ops.Rules("XLA lowering", "defn/compilers/xla/lower.py")
lower.absent(ops.parameter, because="it is an argument of the program")
lower.absent(
    *ops.of_kind(ops.Kind.STRUCTURE), because="structures.py lowers it with the bodies it has"
)
lower.absent(
    *ops.of_kind(ops.Kind.EFFECT), because="effects.py lowers it with the state that it changes"
)
lower.absent(
    *(op for op in ops.ALL.values() if "formula" in op.traits),
    because="it is made of simpler operations before a compiler sees it",
)

# Leaves.


@lower.rule(ops.constant)
def constant(*, data, dtype, shape):
    """A number stays a literal of the program."""
    value = np.frombuffer(data, dtype).reshape(shape)
    return lax.full(shape, value.flat[0], dtype) if value.size == 1 else jnp.asarray(value)


lower[ops.iota] = lambda *, shape, axis: lax.broadcasted_iota(np.int64, shape, axis)

# Arithmetic.

lower[ops.add] = indexing.plus
lower[ops.subtract] = lax.sub
lower[ops.multiply] = by_kind(b=lax.bitwise_and, other=lax.mul)
lower[ops.divide] = by_kind(c=complexes.divide, other=lax.div)
lower[ops.floor_divide] = arithmetic.floor_divide
lower[ops.remainder] = arithmetic.remainder
lower[ops.fmod] = arithmetic.fmod
lower[ops.power] = arithmetic.power
lower[ops.negative] = lax.neg
lower[ops.absolute] = arithmetic.absolute
lower[ops.sign] = arithmetic.sign
lower[ops.conjugate] = by_kind(c=lax.conj, other=identity)
lower[ops.gcd] = arithmetic.gcd
lower[ops.copysign] = copysign
lower[ops.nextafter] = lax.nextafter
lower[ops.hypot] = functions.narrow_through_float32(hypot)

# Extremes, comparisons, logic.

for _op in (ops.maximum, ops.minimum, ops.fmax, ops.fmin):
    lower[_op] = getattr(arithmetic, _op.name)

lower[ops.equal] = lax.eq
lower[ops.not_equal] = lax.ne
lower[ops.less] = by_kind(c=arithmetic.less, other=lax.lt)
lower[ops.less_equal] = by_kind(c=arithmetic.less_equal, other=lax.le)
lower[ops.greater] = by_kind(c=lambda x, y: arithmetic.less(y, x), other=lax.gt)
lower[ops.greater_equal] = by_kind(c=lambda x, y: arithmetic.less_equal(y, x), other=lax.ge)
lower[ops.isnan] = arithmetic.is_nan
lower[ops.isinf] = arithmetic.is_infinite
lower[ops.isfinite] = arithmetic.is_finite
lower[ops.signbit] = sign_bit

lower[ops.logical_and] = lambda x, y: lax.bitwise_and(truth(x), truth(y))
lower[ops.logical_or] = lambda x, y: lax.bitwise_or(truth(x), truth(y))
lower[ops.logical_xor] = lambda x, y: lax.bitwise_xor(truth(x), truth(y))
lower[ops.logical_not] = lambda x: lax.bitwise_not(truth(x))
lower[ops.bitwise_and] = lax.bitwise_and
lower[ops.bitwise_or] = lax.bitwise_or
lower[ops.bitwise_xor] = lax.bitwise_xor
lower[ops.invert] = lax.bitwise_not
lower[ops.left_shift] = arithmetic.left_shift
lower[ops.right_shift] = arithmetic.right_shift
lower[ops.bitwise_count] = arithmetic.bitwise_count


def truth(x):
    """What is not zero is true."""
    return arithmetic.cast(x, dtype=np.dtype(bool))


# Rounding.


def of_whole_numbers(rounding):
    """Rounding leaves integers as they are."""
    return by_kind(f=rounding, other=identity)


lower[ops.floor] = of_whole_numbers(lax.floor)
lower[ops.ceil] = of_whole_numbers(lax.ceil)
lower[ops.trunc] = of_whole_numbers(lambda x: copysign(lax.floor(lax.abs(x)), x))
lower[ops.rint] = by_kind(
    f=lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
    c=lambda z: lax.complex(lower[ops.rint](lax.real(z)), lower[ops.rint](lax.imag(z))),
    other=identity,
)

# Elementary functions.

XLA_NAMES = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}
XLA_NAMES |= {"arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh"}

for _op in (ops.sqrt, *ops.UNARY_TRANSCENDENTAL):
    _own = getattr(lax, XLA_NAMES.get(_op.name, _op.name), None)
    lower[_op] = by_kind(
        c=getattr(complexes, _op.name, _own), other=getattr(functions, _op.name, _own)
    )
lower[ops.arctan2] = lax.atan2

# Choice, casts, parts.

lower[ops.select] = lax.select
lower[ops.cast] = arithmetic.cast
lower[ops.real_part] = by_kind(c=lax.real, other=identity)
lower[ops.imag_part] = by_kind(c=lax.imag, other=lambda x: lax.full_like(x, 0))
lower[ops.complex_of] = lax.complex
lower[ops.stop_grad] = identity


@lower.rule(ops.bitcast)
def bitcast(x, *, dtype):
    """The same bits as another dtype of the same width."""
    if x.dtype == np.bool_:
        x = x.astype(np.uint8)
    return x != 0 if dtype == np.bool_ else lax.bitcast_convert_type(x, dtype)


# Movement.

lower[ops.broadcast] = lambda x, *, shape, axes: lax.broadcast_in_dim(x, shape, axes)
lower[ops.reshape] = lambda x, *, shape: lax.reshape(x, shape)
lower[ops.transpose] = lambda x, *, axes: lax.transpose(x, axes)
lower[ops.flip] = lambda x, *, axes: lax.rev(x, axes)
lower[ops.concatenate] = lambda *xs, axis: lax.concatenate(xs, axis)
lower[ops.pad] = lambda x, value, *, low, high, interior: lax.pad(
    x, value, list(zip(low, high, interior))
)

# Indexing.

for _op in (ops.get, ops.put, ops.add_at, ops.gather, ops.scatter, ops.scatter_add):
    lower[_op] = getattr(indexing, _op.name)

# Reductions.


def accumulated(reduce, of_booleans):
    """Sums of float16 are kept in float32, and rounded once."""

    def rule(x, *, axes):
        if kind(x) == "b":
            return of_booleans(x, axes)
        wide = x.astype(np.float32) if kind(x) == "f" and x.dtype.itemsize < 4 else x
        return reduce(wide, axes).astype(x.dtype)

    return rule


lower[ops.sum] = accumulated(lax.reduce_sum, lax.reduce_or)
lower[ops.prod] = accumulated(lax.reduce_prod, lax.reduce_and)


def of_truths(reduce, of_bytes):
    """A reduction of truth values; that to one value as bytes, for which XLA has vectors on a CPU."""

    def rule(x, *, axes):
        if len(axes) != x.ndim:
            return reduce(truth(x), axes)
        return of_bytes(truth(x).astype(np.uint8), axes) != 0

    return rule


lower[ops.any] = of_truths(lax.reduce_or, lax.reduce_max)
lower[ops.all] = of_truths(lax.reduce_and, lax.reduce_min)


def extreme(reduce, of_booleans, of_complex, lowest):
    """The greatest or least along axes."""

    def rule(x, *, axes):
        if kind(x) == "c":
            return lax.reduce(x, x.dtype.type(complex(lowest, lowest)), of_complex, axes)
        return (of_booleans if kind(x) == "b" else reduce)(x, axes)

    return rule


lower[ops.max] = extreme(lax.reduce_max, lax.reduce_or, arithmetic.complex_maximum, -np.inf)
lower[ops.min] = extreme(lax.reduce_min, lax.reduce_and, arithmetic.complex_minimum, np.inf)


def position(arg, extreme_op):
    """The first place of the greatest or least; a nan counts as that."""

    def rule(x, *, axis):
        if kind(x) == "b":
            return arg(x.astype(np.uint8), axis, np.int64)
        if kind(x) != "c":
            return arg(x, axis, np.int64)
        best = lax.broadcast_in_dim(
            lower[extreme_op](x, axes=(axis,)), x.shape, [k for k in range(x.ndim) if k != axis]
        )
        there = (x == best) | arithmetic.is_nan(x)
        return lax.argmax(there.astype(np.uint8), axis, np.int64)

    return rule


lower[ops.argmax] = position(lax.argmax, ops.max)
lower[ops.argmin] = position(lax.argmin, ops.min)

# Running reductions and sorting.


def running(accumulate, of_booleans, of_complex=None):
    """A reduction that keeps every step; float16 in float32, rounded once a step."""

    def rule(x, *, axis):
        if kind(x) == "b":
            return of_booleans(x.astype(np.uint8), axis) != 0
        if kind(x) == "c" and of_complex:
            return lax.associative_scan(of_complex, x, axis=axis)
        wide = x.astype(np.float32) if kind(x) == "f" and x.dtype.itemsize < 4 else x
        return accumulate(wide, axis).astype(x.dtype)

    return rule


lower[ops.cumsum] = running(lax.cumsum, lax.cummax)
lower[ops.cumprod] = running(lax.cumprod, lax.cummin)
lower[ops.cummax] = running(lax.cummax, lax.cummax, arithmetic.complex_maximum)
lower[ops.cummin] = running(lax.cummin, lax.cummin, arithmetic.complex_minimum)


def sorted_with(x, follower, axis):
    """The follower in the order that sorts `x`; equal ones, and those that are nan, in the order
    they have.
    """
    keys = (x,) if kind(x) != "c" else (nan_rank(x), lax.real(x), lax.imag(x))
    return lax.sort((*keys, follower), dimension=axis, is_stable=True, num_keys=len(keys))[-1]


def nan_rank(z):
    """Complex numbers that are nan come last: first those whose real part is a number."""
    real, imaginary = map(arithmetic.is_nan, complexes.parts(z))
    return real.astype(np.uint8) * np.uint8(2) + imaginary.astype(np.uint8)


lower[ops.sort] = lambda x, *, axis: sorted_with(x, x, axis)
lower[ops.argsort] = lambda x, *, axis: sorted_with(
    x, lax.broadcasted_iota(np.int64, x.shape, axis), axis
)


# Products.


@lower.rule(ops.matmul)
def matmul(x, y):
    """In full precision; float16 accumulates in float32, and a product of booleans asks whether any
    pair is true.
    """
    if x.dtype == np.bool_:
        return matmul(x.astype(np.int32), y.astype(np.int32)) != 0
    batch = tuple(range(x.ndim - 2))
    numbers = (((x.ndim - 1,), (y.ndim - 2,)), (batch, batch))
    wide = np.float32 if kind(x) == "f" and x.dtype.itemsize < 4 else x.dtype
    product = lax.dot_general(
        x, y, numbers, precision=lax.Precision.HIGHEST, preferred_element_type=wide
    )
    return product.astype(x.dtype)


@lower.rule(ops.convolution)
def convolution(
    x, kernel, *, strides, low, high, input_dilation, kernel_dilation, groups
):  # fmt: skip
    """In full precision; what is narrow accumulates in float32."""
    wide = np.float32 if kind(x) == "f" and x.dtype.itemsize < 4 else x.dtype
    found = lax.conv_general_dilated(
        x, kernel, strides, list(zip(low, high)), input_dilation, kernel_dilation,
        feature_group_count=groups, precision=lax.Precision.HIGHEST, preferred_element_type=wide,
    )  # fmt: skip
    return found.astype(x.dtype)


# Factorisations and Fourier transforms.

lower.update(factors)
