"""Special functions, by SciPy's names: `defn.special.erf`, `gammaln`, `softmax`.

Inside a traced function SciPy's own ufuncs of these names (`scipy.special.erf(x)`) mean the same;
SciPy is not needed.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from defn import ops
from defn.dispatch import BY_NAME, implements
from defn.errors import ArgumentError, TypeMismatch
from defn.numpy.axes import integer, kept_shape, normalized_axes
from defn.numpy.composite import filled, inexact, select, settled, widened
from defn.numpy.parts import reshaped
from defn.numpy.reduction import reduced
from defn.tensor import PYTHON_NUMBERS, apply, asarray, astype, broadcast_together, kind_of
from defn.types import FLOAT64, promote

ROOT_TWO = math.sqrt(2)


def elementwise(function, wide=False):
    """Decorate a formula in floating tensors of one shape and dtype as SciPy's ufunc of its name.

    Half precision is computed in float32; everything in float64 where the formula is `wide`.
    """

    @functools.wraps(function)
    def special(*operands):
        values = [x if type(x) in PYTHON_NUMBERS else asarray(x) for x in operands]
        dtype = floating(promote(*map(kind_of, values)))
        values = broadcast_together([asarray(x, dtype) for x in values])
        computed = [astype(x, FLOAT64) if wide else widened(x) for x in values]
        return settled(function(*computed), dtype, values)

    BY_NAME[function.__name__] = special
    return special


# For formulas that lose digits on the way: they start with twice as many.
in_double = functools.partial(elementwise, wide=True)


def floating(dtype):
    """The dtype in which a special function of these operands is; complex ones are refused."""
    if dtype.kind == "c":
        raise TypeMismatch(f"this special function takes real numbers, not {dtype}")
    return FLOAT64 if dtype.kind in "biu" else dtype


# The error function and the normal distribution.


@elementwise
def erf(x):
    """The error function.

    >>> erf([0.0, 1.0]).round(12).tolist()
    [0.0, 0.84270079295]
    """
    return apply(ops.erf, x)


@elementwise
def erfc(x):
    """`1 - erf(x)`, exact where that is small.

    >>> erfc([0.0]).tolist()
    [1.0]
    """
    return apply(ops.erfc, x)


@elementwise
def erfinv(y):
    """The `x` with `erf(x) = y`.

    >>> erfinv([0.0, 1.0]).tolist()
    [0.0, inf]
    """
    return apply(ops.erfinv, y)


@elementwise
def erfcinv(q):
    """The `x` with `erfc(x) = q`.

    >>> erfcinv([1.0, 0.0]).tolist()
    [0.0, inf]
    """
    return apply(ops.erfcinv, q)


@in_double
def ndtr(x):
    """The normal distribution: the probability of a value below `x`.

    >>> ndtr([0.0]).tolist()
    [0.5]
    """
    return 0.5 * apply(ops.erfc, -x / ROOT_TWO)


@in_double
def log_ndtr(x):
    """The logarithm of `ndtr(x)`, also where that is too small for a float.

    >>> log_ndtr([-100.0]).round(3).tolist()
    [-5005.524]
    """
    tail = np.minimum(x, -1.0)
    # Below -1, erfc(z) = exp(-z*z) times what is never small.
    scaled = erfcx_positive(-tail / ROOT_TWO)
    far = -0.5 * tail * tail + np.log(scaled / 2)
    return select(x < -1, far, np.log1p(-0.5 * apply(ops.erfc, np.maximum(x, -1.0) / ROOT_TWO)))


def erfcx_positive(z):
    """`exp(z*z) * erfc(z)` for z > 0: by erfc itself, then by its continued fraction."""
    near = np.minimum(z, 5.0)
    far = np.maximum(z, 5.0)
    fraction = far
    for k in range(40, 0, -1):
        fraction = far + (k / 2) / fraction
    direct = np.exp(near * near) * apply(ops.erfc, near)
    return select(z < 5, direct, 1 / (fraction * math.sqrt(math.pi)))


@in_double
def ndtri(p):
    """The value below which a normal variable falls with probability `p`.

    >>> ndtri([0.5]).tolist()
    [0.0]
    """
    below = p <= 0.5
    x = ROOT_TWO * apply(ops.erfcinv, 2 * select(below, p, 1 - p))
    return select(below, -x, x) + 0.0


# The gamma function.


@elementwise
def gammaln(x):
    """The logarithm of the absolute value of the gamma function.

    >>> gammaln([1.0, 4.0]).tolist()
    [0.0, 1.791759469228055]
    """
    return apply(ops.lgamma, x)


@elementwise
def digamma(x):
    """The derivative of the logarithm of the gamma function.

    >>> digamma([1.0]).tolist()
    [-0.5772156649015329]
    """
    return apply(ops.digamma, x)


BY_NAME["psi"] = psi = digamma


@elementwise
def zeta(x, q):
    """Hurwitz's zeta function, the sum of `(q + k) ** -x`; of `x > 1` and `q > 0`.

    >>> zeta([2.0], 1.0).round(12).tolist()
    [1.644934066848]
    """
    return apply(ops.zeta, x, q)


BY_NAME["_zeta"] = zeta  # the ufunc that SciPy's function calls


def polygamma(n, x):
    """The `n`-th derivative of digamma, at `x > 0`.

    >>> polygamma(1, [1.0]).round(12).tolist()
    [1.644934066848]
    """
    n = integer(n, "the order of polygamma")
    if n < 0:
        raise ArgumentError(f"the order of polygamma must not be negative, got {n}")
    if n == 0:
        return digamma(x)
    return (-1) ** (n + 1) * math.factorial(n) * zeta(float(n + 1), x)


@in_double
def betaln(a, b):
    """The logarithm of the absolute value of the beta function.

    >>> betaln([1.0], 2.0).round(12).tolist()
    [-0.69314718056]
    """
    return apply(ops.lgamma, a) + apply(ops.lgamma, b) - apply(ops.lgamma, a + b)


# Bessel functions of imaginary arguments.


@elementwise
def i0e(x):
    """`exp(-|x|) * i0(x)`.

    >>> i0e([0.0]).round(12).tolist()
    [1.0]
    """
    return apply(ops.i0e, x)


@elementwise
def i1e(x):
    """`exp(-|x|) * i1(x)`.

    >>> i1e([0.0]).tolist()
    [0.0]
    """
    return apply(ops.i1e, x)


@elementwise
def i0(x):
    """The modified Bessel function of order zero.

    >>> i0([0.0]).round(12).tolist()
    [1.0]
    """
    return np.exp(abs(x)) * apply(ops.i0e, x)


@elementwise
def i1(x):
    """The modified Bessel function of order one.

    >>> i1([0.0]).tolist()
    [0.0]
    """
    return np.exp(abs(x)) * apply(ops.i1e, x)


implements(np.i0)(i0)


# Logistic functions and entropies.


@elementwise
def expit(x):
    """The logistic function `1 / (1 + exp(-x))`.

    >>> expit([0.0]).tolist()
    [0.5]
    """
    # The exponential of a number below zero never overflows, and then is not lost beside one.
    small = np.exp(-abs(x))
    return select(x < 0, small, filled(x, 1)) / (1 + small)


@elementwise
def log_expit(x):
    """The logarithm of the logistic function.

    >>> log_expit([-1000.0]).tolist()
    [-1000.0]
    """
    return np.minimum(x, 0) - np.log1p(np.exp(-abs(x)))


@elementwise
def logit(p):
    """The inverse of the logistic function: `log(p / (1 - p))`.

    >>> logit([0.5]).tolist()
    [0.0]
    """
    # Around one half log1p keeps the digits that p / (1 - p) would lose.
    twice = 2 * p - 1
    near = np.log1p(twice) - np.log1p(-twice)
    middle = (p > 0.3) & (p < 0.65)
    return select(middle, near, np.log(p) - np.log1p(-p))


@elementwise
def xlogy(x, y):
    """`x * log(y)`, zero where `x` is.

    >>> xlogy([0.0, 1.0], [0.0, 1.0]).tolist()
    [0.0, 0.0]
    """
    nothing = (x == 0) & ~np.isnan(y)
    return select(nothing, filled(x, 0), x * np.log(select(nothing, filled(y, 1), y)))


@elementwise
def xlog1py(x, y):
    """`x * log1p(y)`, zero where `x` is.

    >>> xlog1py([0.0], [-1.0]).tolist()
    [0.0]
    """
    nothing = (x == 0) & ~np.isnan(y)
    return select(nothing, filled(x, 0), x * np.log1p(select(nothing, filled(y, 0), y)))


@elementwise
def entr(x):
    """`-x * log(x)`, zero at zero, minus infinity below.

    >>> entr([0.0, 1.0, -1.0]).tolist()
    [0.0, 0.0, -inf]
    """
    inside = select(x > 0, x, filled(x, 1))
    result = select(x == 0, filled(x, 0), filled(x, -np.inf))
    return select(np.isnan(x), x, select(x > 0, -x * np.log(inside), result)) + 0.0


@in_double
def rel_entr(x, y):
    """`x * log(x / y)`, zero where `x` is zero and `y` is not negative.

    >>> rel_entr([0.0, 1.0], [1.0, 1.0]).tolist()
    [0.0, 0.0]
    """
    both = (x > 0) & (y > 0)
    one = filled(x, 1)
    inside = x * np.log(select(both, x, one) / select(both, y, one))
    outside = select((x == 0) & (y >= 0), filled(x, 0), filled(x, np.inf))
    missing = np.isnan(x) | np.isnan(y)
    return select(missing, filled(x, np.nan), select(both, inside, outside))


@in_double
def kl_div(x, y):
    """`x * log(x / y) - x + y`.

    >>> kl_div([0.0, 1.0], [1.0, 1.0]).tolist()
    [1.0, 0.0]
    """
    relative = rel_entr(x, y)
    outside = (relative == np.inf) & ((x <= 0) | (y <= 0))
    return select(outside, relative, relative - x + y)


# Along axes.


def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    """`log(sum(b * exp(a)))` along axes, without overflow; `return_sign` gives the sum's sign too.

    >>> logsumexp([1000.0, 1000.0]).item()
    1000.6931471805599
    """
    a, axes, scale = summands(a, axis, b)
    peak = peaks(a if scale is None else select(scale == 0, filled(a, -np.inf), a), axes)
    terms = np.exp(a - peak) if scale is None else scale * np.exp(a - peak)
    total = reduced(ops.sum, terms, axes, True)
    size = total if scale is None or not return_sign else abs(total)
    shape = kept_shape(a.shape, axes, keepdims)
    result = finish(np.log(size) + peak, shape)
    return (result, finish(np.sign(total), shape)) if return_sign else result


def summands(a, axis, b):
    """The exponents, the axes, and the factors, of one shape and floating dtype."""
    a = inexact(asarray(a))
    if b is None:
        return a, normalized_axes(axis, a.ndim), None
    b = inexact(asarray(b))
    dtype = promote(a.dtype, b.dtype)
    a, b = broadcast_together([astype(a, dtype), astype(b, dtype)])
    return a, normalized_axes(axis, a.ndim), b


def peaks(a, axes):
    """The greatest finite exponent of each row, to the derivative a constant; 0 without one."""
    greatest = reduced(ops.max, apply(ops.stop_grad, a), axes, True)
    return select(np.isfinite(greatest), greatest, filled(greatest, 0))


def finish(x, shape):
    """The result in its final shape: a scalar where it has no axes."""
    result = reshaped(x, shape)
    return settled(result, result.dtype)


def softmax(x, axis=None):
    """`exp(x)` over its sum along axes.

    >>> softmax([1.0, 1.0]).tolist()
    [0.5, 0.5]
    """
    x = inexact(asarray(x))
    axes = normalized_axes(axis, x.ndim)
    powers = np.exp(x - peaks(x, axes))
    return powers / reduced(ops.sum, powers, axes, True)


def log_softmax(x, axis=None):
    """The logarithm of `softmax(x)`.

    >>> log_softmax([0.0, 1000.0]).tolist()
    [-1000.0, 0.0]
    """
    x = inexact(asarray(x))
    axes = normalized_axes(axis, x.ndim)
    shifted = x - peaks(x, axes)
    return shifted - np.log(reduced(ops.sum, np.exp(shifted), axes, True))
