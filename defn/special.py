"""Special functions, by SciPy's names: `defn.special.erf`, `gammaln`, `softmax`.

Inside a traced function SciPy's own ufuncs of these names (`scipy.special.erf(x)`) mean the same;
SciPy is not needed.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from defn import ops
from defn.dispatch import BY_NAME, by_name, implements
from defn.errors import ArgumentError, TypeMismatch
from defn.numpy.axes import integer, kept_shape, normalized_axes
from defn.numpy.composite import demand, filled, inexact, select, settled, widened
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


@elementwise
def erfcx(x):
    """`exp(x * x) * erfc(x)`, which does not vanish as `erfc` does.

    >>> erfcx([0.0, 1e4]).round(12).tolist()
    [1.0, 5.6418958e-05]
    """
    return apply(ops.erfcx, x)


@elementwise
def dawsn(x):
    """Dawson's function: `exp(-x * x)` times the integral of `exp(t * t)` from 0 to `x`.

    >>> dawsn([0.0, 1.0]).round(12).tolist()
    [0.0, 0.538079506913]
    """
    return apply(ops.dawsn, x)


@elementwise
def ndtr(x):
    """The normal distribution: the probability of a value below `x`.

    >>> ndtr([0.0]).tolist()
    [0.5]
    """
    return apply(ops.ndtr, x)


@elementwise
def log_ndtr(x):
    """The logarithm of `ndtr(x)`, also where that is too small for a float.

    >>> log_ndtr([-100.0]).round(3).tolist()
    [-5005.524]
    """
    return apply(ops.log_ndtr, x)


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
def gamma(x):
    """The gamma function.

    >>> gamma([5.0, 0.5]).round(12).tolist()
    [24.0, 1.772453850906]
    """
    return apply(ops.gamma, x)


@elementwise
def gammasgn(x):
    """The sign of the gamma function.

    >>> gammasgn([2.0, -0.5, -1.5]).tolist()
    [1.0, -1.0, 1.0]
    """
    return sign_of_gamma(x)


def sign_of_gamma(x):
    """1 or -1; nan at the poles below zero."""
    below = np.floor(x)
    odd = below - 2 * np.floor(below / 2)
    negative = select(below == x, filled(x, np.nan), 1 - 2 * odd)
    inside = select(np.isnan(x) | (x == -np.inf), filled(x, np.nan), negative)
    return select(x > 0, filled(x, 1), select(x == 0, np.copysign(filled(x, 1), x), inside))


@elementwise
def gammaln(x):
    """The logarithm of the absolute value of the gamma function.

    >>> gammaln([1.0, 4.0]).tolist()
    [0.0, 1.791759469228055]
    """
    return apply(ops.lgamma, x)


@elementwise
def loggamma(x):
    """The logarithm of the gamma function on its principal branch: for real `x` below zero, nan.

    >>> loggamma([4.0, -0.5]).round(12).tolist()
    [1.791759469228, nan]
    """
    return select(x < 0, filled(x, np.nan), apply(ops.lgamma, x))


def multigammaln(a, d):
    """The logarithm of the gamma function of `d` dimensions, at `a > (d - 1) / 2`.

    >>> multigammaln([3.0], 1).round(12).tolist()
    [0.69314718056]
    """
    d, a = integer(d, "the dimension of multigammaln"), inexact(asarray(a))
    if d < 1:
        raise ArgumentError(f"the dimension of multigammaln is at least 1, not {d}")
    demand(a > (d - 1) / 2, f"multigammaln of dimension {d} takes numbers above {(d - 1) / 2}")
    total = d * (d - 1) / 4 * math.log(math.pi)
    for k in range(d):
        total = total + gammaln(a - k / 2)
    return settled(total, a.dtype)


@elementwise
def gammainc(a, x):
    """The probability that a gamma variable of parameter `a` is below `x`.

    >>> gammainc([1.0], 2.0).round(12).tolist()
    [0.864664716763]
    """
    return apply(ops.gammainc, a, x)


@elementwise
def gammaincc(a, x):
    """The probability that a gamma variable of parameter `a` is above `x`.

    >>> gammaincc([1.0], 2.0).round(12).tolist()
    [0.135335283237]
    """
    return apply(ops.gammaincc, a, x)


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


# The beta function, and what is counted with it.


@in_double
def betaln(a, b):
    """The logarithm of the absolute value of the beta function.

    >>> betaln([1.0], 2.0).round(12).tolist()
    [-0.69314718056]
    """
    return log_beta(a, b)


def log_beta(a, b):
    """The same, of float64."""
    (a, b), _ = lifted(a, b)
    usual = (a > 0) & (b > 0) & (a < np.inf) & (b < np.inf)
    one = filled(a, 1)
    made = apply(ops.betaln, select(usual, a, one), select(usual, b, one))
    parts = apply(ops.lgamma, a) + (apply(ops.lgamma, b) - apply(ops.lgamma, a + b))
    other = select(is_pole(a) | is_pole(b), filled(a, np.inf), parts)
    endless = ((a == np.inf) & (b > 0)) | ((b == np.inf) & (a > 0))
    none = select(a == b, filled(a, np.nan), filled(a, -np.inf))
    return select(usual, made, select(endless, none, other))


def lifted(a, b):
    """Parameters of a beta function away from the poles that cancel, and the sign it takes."""
    sign = filled(a, 1)
    for _ in range(2):
        # At -n the poles of gamma(a) and gamma(a + b) leave a number, for whole b.
        both = is_pole(a) & (a < 0) & (b > 0) & (b == np.floor(b)) & (a + b < 1)
        odd = b - 2 * np.floor(b / 2)
        sign = select(both, sign * (1 - 2 * odd), sign)
        a, b = b, select(both, 1 - a - b, a)
    return (a, b), sign


def is_pole(x):
    """Is the gamma function infinite there?"""
    return (x <= 0) & (x == np.floor(x))


MOST = 40.0  # above, products of gamma functions leave the range of floats


@in_double
def beta(a, b):
    """The beta function: `gamma(a) * gamma(b) / gamma(a + b)`.

    >>> beta([2.0], 3.0).round(12).tolist()
    [0.083333333333]
    """
    (a, b), lift = lifted(a, b)
    poles, one = is_pole(a) | is_pole(b), filled(a, 1)
    few = (abs(a) < MOST) & (abs(b) < MOST) & ~poles & ~is_pole(a + b)
    x, y = select(few, a, one), select(few, b, one)
    direct = apply(ops.gamma, x) * apply(ops.gamma, y) / apply(ops.gamma, x + y)
    sign = sign_of_gamma(a) * sign_of_gamma(b) * sign_of_gamma(a + b)
    far = sign * np.exp(log_beta(select(few, one, a), select(few, one, b)))
    far = select(is_pole(a + b), filled(a, 0), far)
    infinite = select(a == 0, np.copysign(filled(a, np.inf), a), filled(a, np.inf))
    return lift * select(few, direct, select(poles, infinite, far))


@elementwise
def betainc(a, b, x):
    """The probability that a beta variable of parameters `a` and `b` is below `x`.

    >>> betainc([2.0], 1.0, 0.5).round(12).tolist()
    [0.25]
    """
    return apply(ops.betainc, a, b, x)


@elementwise
def betaincc(a, b, x):
    """The probability that a beta variable of parameters `a` and `b` is above `x`.

    >>> betaincc([2.0], 1.0, 0.5).round(12).tolist()
    [0.75]
    """
    return apply(ops.betaincc, a, b, x)


@elementwise
def factorial_of(n):
    """gamma(n + 1), zero below zero."""
    inside = select(n < 0, filled(n, 0), n)
    return select(n < 0, filled(n, 0), apply(ops.gamma, inside + 1))


def factorial(n, exact=False):
    """`n!` as a float: `gamma(n + 1)`, and zero below zero.

    >>> factorial([0.0, 5.0]).tolist()
    [1.0, 120.0]
    """
    demand_floats(exact, "factorial")
    return factorial_of(n)


def demand_floats(exact, name):
    """Refuse the integers of any size that SciPy counts with."""
    if exact:
        raise ArgumentError(
            f"special.{name} gives floats; exact=True needs Python's integers of any size: use "
            f"math.{name} outside of the compiled function"
        )


@in_double
def binom(n, k):
    """How many ways there are to choose `k` of `n`, also of numbers that are not whole.

    >>> binom([5.0], 2.0).tolist()
    [10.0]
    """
    below = (n < 0) & (k == np.floor(k))
    sign = select(below, 1 - 2 * (k - 2 * np.floor(k / 2)), filled(n, 1))
    found = sign * ways(select(below, k - n - 1, n), k)
    # What is counted is whole; its derivative is that of the smooth function.
    whole = (n == np.floor(n)) & (k == np.floor(k)) & (abs(found) < 2.0**50)
    rest = select(whole, np.rint(found) - found, filled(found, 0))
    missing = np.isnan(n) | ((n < 0) & (n == np.floor(n)))
    return select(missing, filled(n, np.nan), found + apply(ops.stop_grad, rest))


def ways(n, k):
    """gamma(n + 1) / (gamma(k + 1) gamma(n - k + 1))."""
    few, one = n < MOST * 4, filled(n, 1)
    none = is_pole(k + 1) | is_pole(n - k + 1)
    p, q, r = (select(few, v + 1, one) for v in (n, k, n - k))
    divisor = apply(ops.gamma, q) * apply(ops.gamma, r)
    direct = select(none, filled(n, 0), apply(ops.gamma, p) / divisor)
    above = ~few & (k > -1) & (n - k > -1)
    p, q, r = (select(above, v, one) for v in (n - k + 1, k + 1, n + 1))
    far = np.exp(-apply(ops.betaln, p, q)) / r
    logarithms = [apply(ops.lgamma, v + 1) for v in (n, k, n - k)]
    signs = sign_of_gamma(k + 1) * sign_of_gamma(n - k + 1)
    other = signs * np.exp(logarithms[0] - logarithms[1] - logarithms[2])
    return select(few, direct, select(above, far, select(none, filled(n, 0), other)))


def comb(N, k, exact=False, repetition=False):
    """How many ways there are to choose `k` of `N` things, once each or with `repetition`.

    >>> comb([5.0], 2.0).tolist(), comb([5.0], 2.0, repetition=True).tolist()
    ([10.0], [15.0])
    """
    demand_floats(exact, "comb")
    N, k = (inexact(asarray(v)) for v in (N, k))
    if repetition:
        return comb(N + k - 1, k)
    sensible = (N >= 0) & (k >= 0) & (k <= N)
    found = binom(np.where(sensible, N, 1.0), np.where(sensible, k, 0.0))
    return np.where(sensible, found, 0.0)


@in_double
def poch(z, m):
    """The rising factorial: `gamma(z + m) / gamma(z)`.

    >>> poch([3.0], 2.0).round(12).tolist()
    [12.0]
    """
    # At and below zero by the reflection, whose poles are in the denominator.
    below = (z <= 0) & (m == np.floor(m))
    sign = select(below, 1 - 2 * (m - 2 * np.floor(m / 2)), filled(z, 1))
    above, under = select(below, 1 - z, z + m), select(below, 1 - z - m, z)
    few, one = (abs(above) < MOST) & (abs(under) < MOST), filled(z, 1)
    divisor = apply(ops.gamma, select(few, under, one))
    direct = apply(ops.gamma, select(few, above, one)) / divisor
    logarithm = apply(ops.lgamma, above) - apply(ops.lgamma, under)
    far = sign_of_gamma(above) * sign_of_gamma(under) * np.exp(logarithm)
    infinite = select(is_pole(above), filled(z, np.inf), select(few, direct, far))
    found = select(is_pole(under), filled(z, 0), infinite)
    return select(m == 0, one, sign * found)


# Exponential integrals, the dilogarithm.


@elementwise
def exp1(x):
    """The integral of `exp(-t) / t` from `x > 0` on.

    >>> exp1([1.0]).round(12).tolist()
    [0.219383934396]
    """
    return apply(ops.exp1, x)


@elementwise
def expi(x):
    """The principal value of the integral of `exp(t) / t` up to `x`.

    >>> expi([1.0, -1.0]).round(12).tolist()
    [1.895117816356, -0.219383934396]
    """
    one = filled(x, 1)
    below = -apply(ops.exp1, select(x < 0, -x, one))
    return select(x < 0, below, apply(ops.expi, select(x < 0, one, x)))


@elementwise
def expn(n, x):
    """The integral of `exp(-x * t) / t**n` over `t` from 1 on, for whole `n >= 0`.

    >>> expn(2, [1.0]).round(12).tolist()
    [0.148495506776]
    """
    return apply(ops.expn, n, x)


@elementwise
def spence(z):
    """The dilogarithm of `1 - z`.

    >>> spence([1.0, 0.0]).round(12).tolist()
    [0.0, 1.644934066848]
    """
    return apply(ops.spence, z)


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


# Powers and penalties.


def power_transform(logarithm, exponent):
    """(exp(exponent * logarithm) - 1) / exponent, and its limit at zero."""
    none = abs(exponent) < 1e-19
    divisor = select(none, filled(exponent, 1), exponent)
    return select(none, logarithm, np.expm1(divisor * logarithm) / divisor)


@in_double
def boxcox(x, lmbda):
    """`(x ** lmbda - 1) / lmbda`, and `log(x)` where `lmbda` is zero.

    >>> boxcox([4.0, 1.0], [0.5, 0.0]).round(12).tolist()
    [2.0, 0.0]
    """
    return power_transform(np.log(x), lmbda)


@in_double
def boxcox1p(x, lmbda):
    """`boxcox(1 + x, lmbda)`, exact where `x` is small.

    >>> boxcox1p([3.0], 0.5).round(12).tolist()
    [2.0]
    """
    return power_transform(np.log1p(x), lmbda)


@in_double
def exprel(x):
    """`(exp(x) - 1) / x`, 1 at zero.

    >>> exprel([0.0]).tolist()
    [1.0]
    """
    return select(x > 720, filled(x, np.inf), power_transform(filled(x, 1), x))


@elementwise
def huber(delta, r):
    """`r * r / 2` up to a size of `delta`, from there on the straight line that continues it.

    >>> huber(1.0, [0.5, 3.0]).tolist()
    [0.125, 2.5]
    """
    line = delta * (abs(r) - 0.5 * delta)
    inside = select(abs(r) <= delta, 0.5 * r * r, line)
    return select(delta < 0, filled(r, np.inf), inside)


@elementwise
def pseudo_huber(delta, r):
    """`delta**2 * (sqrt(1 + (r / delta)**2) - 1)`: near zero a square, far from it a line.

    >>> pseudo_huber(3.0, [4.0]).round(12).tolist()
    [6.0]
    """
    none = delta == 0
    ratio = r / select(none, filled(delta, 1), delta)
    # No difference of like numbers, and smooth at zero.
    near, line = abs(ratio) < 1e8, delta * (abs(r) - delta)
    held, size = (select(near, v, filled(r, 0)) for v in (ratio, r))
    made = select(near, size * size / (1 + np.sqrt(1 + held * held)), line)
    return select(delta < 0, filled(r, np.inf), select(none, filled(r, 0), made))


# Along axes.


@by_name
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


@by_name
def softmax(x, axis=None):
    """`exp(x)` over its sum along axes.

    >>> softmax([1.0, 1.0]).tolist()
    [0.5, 0.5]
    """
    x = inexact(asarray(x))
    axes = normalized_axes(axis, x.ndim)
    powers = np.exp(x - peaks(x, axes))
    return powers / reduced(ops.sum, powers, axes, True)


@by_name
def log_softmax(x, axis=None):
    """The logarithm of `softmax(x)`.

    >>> log_softmax([0.0, 1000.0]).tolist()
    [-1000.0, 0.0]
    """
    x = inexact(asarray(x))
    axes = normalized_axes(axis, x.ndim)
    shifted = x - peaks(x, axes)
    return shifted - np.log(reduced(ops.sum, np.exp(shifted), axes, True))
