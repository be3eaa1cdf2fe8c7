"""The gradient of each operation: `rule(ct, out, *operands, **settings)` gives one cotangent per
operand.

`ct` is the cotangent of the result, `out` the result; a cotangent of None is zero. Complex values
follow the convention of bilinear pairing, without conjugation: the gradient of a real-valued f at z
= x + iy is df/dx - i df/dy, and the gradient of a holomorphic f is f'(z).

`KINKS` lists what is taken where there is no derivative.
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.expr import constant_value
from defn.ops.reduction import kept_axes
from defn.tensor import apply
from defn.transforms import convolutions, scans
from defn.transforms.factors import GRADIENTS, TANGENTS
from defn.transforms.incomplete import beta_slopes, gamma_slope, over_end, zeta_slope
from defn.transforms.shapes import (
    cast,
    full,
    imag,
    inverse,
    matrix_transpose,
    real,
    reshape,
    select,
    spread,
    starts,
    total,
    transpose,
    window,
    zeros,
)
from defn.transforms.transposition import transposed
from defn.types import is_inexact

vjp = ops.Rules("gradient", "defn/transforms/vjp.py")

KINKS = {
    "absolute at 0": "0",
    "hypot at (0, 0)": "(0, 0)",
    "maximum, minimum, fmax, fmin of equal operands": "half to each",
    "max, min with ties": "in equal parts to all that tie",
    "cummax, cummin with ties": "the latest that ties",
    "power(x, y) by y, at x = 0": "0 where y > 0",
    "power(x, 0) by x": "0, also at x = 0",
    "sign, floor, ceil, trunc, rint, floor_divide, comparisons": "0 everywhere",
    "remainder, fmod": "that of x - k y with k, the whole quotient, held fixed",
    "sqrt, cbrt at 0; log at 0; arcsin, arccos at 1": "infinite, as the limit is",
    "arctan2 at (0, 0)": "nan: it has no limit there",
    "norm at 0, std of equal values": "0",
    "vectors of equal eigenvalues or singular values": "no turn within the space that they span",
    "cholesky, eigh": "by the triangle that is read, 0 for the other",
    "a select": "that of the branch taken; the other branch gets exactly 0",
}

# Piecewise constant: their results carry no derivative.
vjp.absent(
    ops.floor, ops.ceil, ops.trunc, ops.rint, ops.floor_divide, *ops.COMPARISONS, ops.isnan,
    ops.isinf, ops.isfinite, ops.signbit, ops.logical_and, ops.logical_or, ops.logical_xor,
    ops.logical_not, ops.any, ops.all, ops.argmax, ops.argmin, ops.argsort,
    ops.argpartition,
    because="piecewise constant",
)  # fmt: skip
vjp.absent(
    ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor, ops.invert, ops.left_shift, ops.right_shift,
    ops.bitwise_count, ops.gcd, ops.iota, ops.threefry, because="of integers",
)  # fmt: skip
vjp.absent(ops.bitcast, because="the bits of a number are no smooth function of it")
vjp.absent(ops.stop_grad, because="that is what it is for")
vjp.absent(ops.parameter, ops.constant, because="has no operands")


# Arithmetic.

vjp[ops.add] = lambda ct, out, x, y: (ct, ct)
vjp[ops.subtract] = lambda ct, out, x, y: (ct, -ct)
vjp[ops.multiply] = lambda ct, out, x, y: (ct * y, ct * x)
vjp[ops.negative] = lambda ct, out, x: (-ct,)
vjp[ops.remainder] = lambda ct, out, x, y: (ct, -ct * np.floor_divide(x, y))
vjp[ops.fmod] = lambda ct, out, x, y: (ct, -ct * np.trunc(x / y))
vjp[ops.nextafter] = lambda ct, out, x, y: (ct, None)


@vjp.rule(ops.divide)
def divide(ct, out, x, y):
    # One division serves both operands.
    by_x = ct / y
    return by_x, -by_x * out


@vjp.rule(ops.power)
def power(ct, out, x, y):
    exponent = constant_value(y.node)
    if exponent is not None and exponent.size == 1:
        return ct * power_by_base(x, exponent.item()), None
    by_x = select(y == 0, 0, y * x ** (y - 1))
    # At x = 0 the logarithm is infinite; the power is constantly 0 for exponents around y > 0.
    by_y = select((x == 0) & (real(y) > 0), 0, out * np.log(x))
    return ct * by_x, ct * by_y


def power_by_base(x, exponent):
    """The derivative of x ** exponent by x, for a known exponent."""
    if exponent == 0:
        return zeros(x.type)
    if exponent == 1:
        return full(x.type, 1)
    return full(x.type, exponent) * (x if exponent == 2 else x ** full(x.type, exponent - 1))


@vjp.rule(ops.absolute)
def absolute(ct, out, x):
    return (
        cast(ct, x.dtype) * np.conjugate(np.sign(x)) if x.dtype.kind == "c" else ct * np.sign(x),
    )


@vjp.rule(ops.sign)
def sign(ct, out, x):
    if x.dtype.kind != "c":
        return (None,)
    along = cast(real(ct * out), x.dtype)
    return ((ct - along * np.conjugate(out)) / cast(np.absolute(x), x.dtype),)


@vjp.rule(ops.maximum, ops.minimum, ops.fmax, ops.fmin)
def extreme(ct, out, x, y):
    # Compared with the result: so fmax and fmin, which pass over nan, need no rule of their own.
    share = select(x == y, ct * 0.5, ct)
    return select(x == out, share, 0), select(y == out, share, 0)


@vjp.rule(ops.hypot)
def hypot(ct, out, x, y):
    scale = select(out == 0, 0, ct / out)
    return scale * x, scale * y


@vjp.rule(ops.arctan2)
def arctan2(ct, out, y, x):
    distance = np.hypot(x, y)  # two divisions by it do not overflow where x * x would
    scale = ct / distance
    return scale * (x / distance), -scale * (y / distance)


@vjp.rule(ops.copysign)
def copysign(ct, out, x, y):
    return select(np.signbit(x) == np.signbit(y), ct, -ct), None


# Exponentials, logarithms, roots.

LN2, LN10 = math.log(2), math.log(10)
vjp[ops.exp] = lambda ct, out, x: (ct * out,)
vjp[ops.exp2] = lambda ct, out, x: (ct * out * LN2,)
vjp[ops.expm1] = lambda ct, out, x: (ct * np.exp(x),)
vjp[ops.log] = lambda ct, out, x: (ct / x,)
vjp[ops.log2] = lambda ct, out, x: (ct / (x * LN2),)
vjp[ops.log10] = lambda ct, out, x: (ct / (x * LN10),)
vjp[ops.log1p] = lambda ct, out, x: (ct / (1 + x),)
vjp[ops.sqrt] = lambda ct, out, x: (ct / (2 * out),)
vjp[ops.cbrt] = lambda ct, out, x: (ct / (3 * out * out),)

# Trigonometric and hyperbolic functions, and their inverses.

vjp[ops.sin] = lambda ct, out, x: (ct * np.cos(x),)
vjp[ops.cos] = lambda ct, out, x: (-ct * np.sin(x),)
vjp[ops.tan] = lambda ct, out, x: (ct * (1 + out * out),)
vjp[ops.arcsin] = lambda ct, out, x: (ct / np.sqrt((1 - x) * (1 + x)),)
vjp[ops.arccos] = lambda ct, out, x: (-ct / np.sqrt((1 - x) * (1 + x)),)
vjp[ops.arctan] = lambda ct, out, x: (ct / (1 + x * x),)
vjp[ops.sinh] = lambda ct, out, x: (ct * np.cosh(x),)
vjp[ops.cosh] = lambda ct, out, x: (ct * np.sinh(x),)
vjp[ops.tanh] = lambda ct, out, x: (ct * (1 - out * out),)
vjp[ops.arcsinh] = lambda ct, out, x: (ct / np.sqrt(1 + x * x),)
# Two roots, for the cut of a complex argument; for real ones x >= 1 in any case.
vjp[ops.arccosh] = lambda ct, out, x: (ct / (np.sqrt(x - 1) * np.sqrt(x + 1)),)
vjp[ops.arctanh] = lambda ct, out, x: (ct / ((1 - x) * (1 + x)),)

# Special functions.

HALF_ROOT_PI = math.sqrt(math.pi) / 2
vjp[ops.erf] = lambda ct, out, x: (ct * np.exp(-x * x) / HALF_ROOT_PI,)
vjp[ops.erfc] = lambda ct, out, x: (-ct * np.exp(-x * x) / HALF_ROOT_PI,)
vjp[ops.erfinv] = vjp[ops.quick_erfinv] = lambda ct, out, x: (
    ct * np.exp(out * out) * HALF_ROOT_PI,
)
vjp[ops.erfcinv] = lambda ct, out, x: (-ct * np.exp(out * out) * HALF_ROOT_PI,)
vjp[ops.lgamma] = lambda ct, out, x: (ct * apply(ops.digamma, x),)
vjp[ops.i0e] = lambda ct, out, x: (ct * (apply(ops.i1e, x) - np.sign(x) * out),)


@vjp.rule(ops.i1e)
def i1e(ct, out, x):
    ratio = select(x == 0, 0.5, out / x)  # I1(x) / x is 1/2 at 0
    return (ct * (apply(ops.i0e, x) - np.sign(x) * out - ratio),)


@vjp.rule(ops.digamma)
def digamma(ct, out, x):
    two = full(x.type, 2)
    cosecant = math.pi / np.sin(math.pi * x)
    below = cosecant * cosecant - apply(ops.zeta, two, 1 - x)
    return (ct * select(x > 0, apply(ops.zeta, two, x), below),)


@vjp.rule(ops.zeta)
def zeta(ct, out, s, a):
    by_s = None if constant_value(s.node) is not None else ct * zeta_slope(s, a)
    return by_s, -ct * s * apply(ops.zeta, s + 1, a)


ROOT_TWO_OVER_PI = math.sqrt(2 / math.pi)
vjp[ops.gamma] = lambda ct, out, x: (ct * out * apply(ops.digamma, x),)
vjp[ops.erfcx] = lambda ct, out, x: (ct * (2 * x * out - 1 / HALF_ROOT_PI),)
vjp[ops.ndtr] = lambda ct, out, x: (ct * np.exp(-x * x / 2) * (ROOT_TWO_OVER_PI / 2),)
vjp[ops.log_ndtr] = lambda ct, out, x: (
    ct * (ROOT_TWO_OVER_PI / apply(ops.erfcx, -x * math.sqrt(0.5))),
)
vjp[ops.dawsn] = lambda ct, out, x: (ct * (1 - 2 * x * out),)
vjp[ops.exp1] = lambda ct, out, x: (-ct * np.exp(-x) / x,)
vjp[ops.expi] = lambda ct, out, x: (ct * np.exp(x) / x,)


@vjp.rule(ops.expn)
def expn(ct, out, n, x):
    first = n == 0
    before = apply(ops.expn, select(first, 0, n - 1), x)
    return None, -ct * select(first, np.exp(-x) * (1 + 1 / x) / x, before)


@vjp.rule(ops.spence)
def spence(ct, out, x):
    one = x == 1  # the limit there is -1
    return (ct * select(one, -1, np.log(x) / select(one, 1, 1 - x)),)


@vjp.rule(ops.betaln)
def betaln(ct, out, a, b):
    both = apply(ops.digamma, a + b)
    return tuple(ct * (apply(ops.digamma, v) - both) for v in (a, b))


# Incomplete integrals, and the densities that they are integrals of.


@vjp.rule(ops.gamma_density)
def gamma_density(ct, out, a, x):
    by_a = out * (np.log(select(x == 0, 1, x)) - apply(ops.digamma, a))
    return ct * by_a, ct * (a * over_end(out, a, x, 1) - out)


@vjp.rule(ops.gammainc)
def gammainc(ct, out, a, x):
    by_a = None if constant_value(a.node) is not None else ct * gamma_slope(a, x)
    return by_a, ct * over_end(apply(ops.gamma_density, a, x), a, x, 1)


@vjp.rule(ops.gammaincc)
def gammaincc(ct, out, a, x):
    return gammainc(-ct, out, a, x)


@vjp.rule(ops.beta_density)
def beta_density(ct, out, a, b, x):
    both, rest = apply(ops.digamma, a + b), 1 - x
    by_a = out * (np.log(select(x == 0, 1, x)) - apply(ops.digamma, a) + both)
    by_b = out * (np.log1p(-select(x == 1, 0, x)) - apply(ops.digamma, b) + both)
    by_x = a * over_end(out, a, x, b) - b * over_end(out, b, rest, a)
    return ct * by_a, ct * by_b, ct * by_x


@vjp.rule(ops.betainc)
def betainc(ct, out, a, b, x):
    known = constant_value(a.node) is not None and constant_value(b.node) is not None
    by_a, by_b = (None, None) if known else (ct * slope for slope in beta_slopes(a, b, x))
    density = apply(ops.beta_density, a, b, x)
    return by_a, by_b, ct * (over_end(density, a, x, b) + over_end(density, b, 1 - x, a))


@vjp.rule(ops.betaincc)
def betaincc(ct, out, a, b, x):
    return betainc(-ct, out, a, b, x)


# Their inverses: what x does where the probability stays, over what it does to it.


@vjp.rule(ops.gammaincinv)
def gammaincinv(ct, out, a, p):
    by_p = 1 / over_end(apply(ops.gamma_density, a, out), a, out, 1)
    by_a = None if constant_value(a.node) is not None else stays(gamma_slope(a, out), ct, by_p)
    return by_a, ct * by_p


@vjp.rule(ops.gammainccinv)
def gammainccinv(ct, out, a, q):
    by_p = 1 / over_end(apply(ops.gamma_density, a, out), a, out, 1)
    by_a = None if constant_value(a.node) is not None else stays(gamma_slope(a, out), ct, by_p)
    return by_a, -ct * by_p


@vjp.rule(ops.betaincinv)
def betaincinv(ct, out, a, b, p):
    density = apply(ops.beta_density, a, b, out)
    by_p = 1 / (over_end(density, a, out, b) + over_end(density, b, 1 - out, a))
    known = constant_value(a.node) is not None and constant_value(b.node) is not None
    slopes = (None, None) if known else [stays(v, ct, by_p) for v in beta_slopes(a, b, out)]
    return *slopes, ct * by_p


@vjp.rule(ops.betainccinv)
def betainccinv(ct, out, a, b, q):
    by_a, by_b, by_p = betaincinv(ct, out, a, b, q)
    return by_a, by_b, -by_p


def stays(slope, ct, by_p):
    """The cotangent of a parameter that moves a probability; at its ends it moves none."""
    none = slope == 0
    return select(none, 0, -ct * slope * select(none, 1, by_p))


# Parts of complex numbers, choices, casts.

vjp[ops.conjugate] = lambda ct, out, x: (np.conjugate(ct),)
vjp[ops.complex_of] = lambda ct, out, re, im: (real(ct), -imag(ct))
vjp[ops.select] = lambda ct, out, p, x, y: (
    None,
    select(p, ct, 0),
    select(np.logical_not(p), ct, 0),
)


@vjp.rule(ops.real_part)
def real_part(ct, out, x):
    return (apply(ops.complex_of, ct, zeros(ct.type)) if x.dtype.kind == "c" else ct,)


@vjp.rule(ops.imag_part)
def imag_part(ct, out, x):
    return (apply(ops.complex_of, zeros(ct.type), -ct) if x.dtype.kind == "c" else None,)


@vjp.rule(ops.cast)
def cast_rule(ct, out, x, *, dtype):
    if not (is_inexact(x.dtype) and is_inexact(dtype)):
        return (None,)
    if dtype.kind == "c" and x.dtype.kind != "c":
        ct = real(ct)
    return (cast(ct, x.dtype),)


# Reductions.

vjp[ops.sum] = lambda ct, out, x, *, axes: (spread(ct, x.shape, axes),)


@vjp.rule(ops.max, ops.min)
def extremes(ct, out, x, *, axes):
    hit = x == spread(out, x.shape, axes)
    share = ct / total(cast(hit, ct.dtype), axes)
    return (select(hit, spread(share, x.shape, axes), 0),)


@vjp.rule(ops.prod)
def product(ct, out, x, *, axes):
    kept = kept_axes(x.ndim, axes)
    order = (*kept, *axes)
    flat = reshape(transpose(x, order), (*out.shape, math.prod(x.shape[k] for k in axes)))
    others = spread(ct, flat.shape, (flat.ndim - 1,)) * products_of_others(flat)
    moved = reshape(others, tuple(x.shape[k] for k in order))
    return (transpose(moved, inverse(order)),)


def products_of_others(x):
    """For each element, the product of the others along the last axis; exact where some are zero.

    Multiplied in pairs, the pairs in pairs, and so on; then down again: no division, twice the
    work.
    """
    n = x.shape[-1]
    if n <= 1:
        return full(x.type, 1)
    even = x if n % 2 == 0 else padded(x, 1, high=1)
    first, second = alternating(even, 0), alternating(even, 1)
    outside = products_of_others(first * second)
    both = padded(outside * second, 0, between=1, high=1) + padded(
        outside * first, 0, between=1, low=1
    )
    return window(both, (0,) * x.ndim, x.shape)


def alternating(x, first):
    """Every second element along the last axis."""
    low = (*(0,) * (x.ndim - 1), first)
    return window(x, low, (*x.shape[:-1], x.shape[-1] // 2), (*(1,) * (x.ndim - 1), 2))


def padded(x, value, low=0, high=0, between=0):
    """`x` with a value before, after and between its elements along the last axis."""
    rest = (0,) * (x.ndim - 1)
    value = full(x.type.with_shape(()), value)
    return apply(ops.pad, x, value, low=(*rest, low), high=(*rest, high), interior=(*rest, between))


# Movement.

vjp[ops.reshape] = lambda ct, out, x, *, shape: (reshape(ct, x.shape),)
vjp[ops.transpose] = lambda ct, out, x, *, axes: (transpose(ct, inverse(axes)),)
vjp[ops.flip] = lambda ct, out, x, *, axes: (apply(ops.flip, ct, axes=axes),)


@vjp.rule(ops.broadcast)
def broadcast_rule(ct, out, x, *, shape, axes):
    stretched = {axis for k, axis in enumerate(axes) if x.shape[k] != shape[axis]}
    summed = total(ct, [k for k in range(len(shape)) if k not in axes or k in stretched])
    return (reshape(summed, x.shape),)


@vjp.rule(ops.concatenate)
def concatenate(ct, out, *xs, axis):
    ends = np.cumsum([x.shape[axis] for x in xs]).tolist()
    places = [end - x.shape[axis] for end, x in zip(ends, xs)]
    return tuple(
        window(ct, [at if k == axis else 0 for k in range(ct.ndim)], x.shape)
        for at, x in zip(places, xs)
    )


@vjp.rule(ops.pad)
def pad(ct, out, x, value, *, low, high, interior):
    steps = tuple(k + 1 for k in interior)
    inside = window(ct, low, x.shape, steps) if x.size else zeros(x.type)
    where = {"sizes": x.shape, "steps": steps}
    outside = apply(ops.put, ct, zeros(x.type), *starts(low), **where) if x.size else ct
    return inside, total(outside, range(ct.ndim))


# Running reductions, sorting.

vjp[ops.cumsum] = lambda ct, out, x, *, axis: (scans.backwards(ops.cumsum, ct, axis),)
vjp[ops.cumprod] = scans.cumulative_product_vjp
vjp[ops.cummax] = vjp[ops.cummin] = scans.cumulative_extreme_vjp
vjp[ops.sort] = scans.sort_vjp
vjp[ops.partition] = scans.partition_vjp


# Products.


@vjp.rule(ops.matmul)
def matmul(ct, out, x, y):
    return apply(ops.matmul, ct, matrix_transpose(y)), apply(ops.matmul, matrix_transpose(x), ct)


vjp[ops.convolution] = lambda ct, out, x, kernel, **settings: (
    convolutions.by_input(ct, x, kernel, **settings),
    convolutions.by_kernel(ct, x, kernel, **settings),
)


# Factorisations, Fourier transforms.

for _op, _tangent in TANGENTS.items():
    vjp[_op] = GRADIENTS.get(_op) or transposed(_tangent, vjp)
