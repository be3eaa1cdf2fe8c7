"""Coefficients of the special functions: polynomials fitted in high precision, printed as Python.

    python tools/fit_special.py > coefficients.txt

Each fit interpolates at Chebyshev points, which is within a small factor of the best polynomial;
the degree is the least for which the error is below the rounding of a double.
"""

import functools

import mpmath as mp

mp.mp.dps = 60
ENOUGH = mp.mpf(2) ** -56


def chebyshev(function, low, high, degree):
    """The interpolating polynomial's coefficients, in u = (2x - high - low) / (high - low)."""
    count = degree + 1
    angles = [mp.pi * (mp.mpf(k) + mp.mpf(1) / 2) / count for k in range(count)]
    values = [function(low + (high - low) * (mp.cos(a) + 1) / 2) for a in angles]
    series = [
        2 * sum(v * mp.cos(j * a) for v, a in zip(values, angles)) / count for j in range(count)
    ]
    series[0] /= 2
    return monomial(series)


def monomial(series):
    """A Chebyshev series as powers."""
    before, now = [mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]
    total = [mp.mpf(0)] * len(series)
    for k, c in enumerate(series):
        basis = before if k == 0 else now
        for j, b in enumerate(basis):
            total[j] += c * b
        if k:
            doubled = [mp.mpf(0)] + [2 * b for b in now]
            padded = before + [mp.mpf(0)] * (len(doubled) - len(before))
            before, now = now, [d - p for d, p in zip(doubled, padded)]
    return total


def fit(function, low, high):
    """The shortest polynomial that is exact to a double's rounding, relative to the function."""
    low, high = mp.mpf(low), mp.mpf(high)
    for degree in range(2, 60):
        found = chebyshev(function, low, high, degree)
        worst = mp.mpf(0)
        for k in range(121):
            x = low + (high - low) * k / 120
            u = (2 * x - high - low) / (high - low)
            exact = function(x)
            worst = max(worst, abs(mp.polyval(found[::-1], u) / exact - 1))
        if worst < ENOUGH:
            return [float(c) for c in found]
    raise ValueError("no polynomial is good enough")


def erf_near_zero(z):
    """erf(x) / x as a function of z = x * x."""
    x = mp.sqrt(z)
    return mp.erf(x) / x if x else 2 / mp.sqrt(mp.pi)


def erfc_scaled(t):
    """(1 + 2x) exp(x*x) erfc(x) as a function of t = (x - 3.75) / (x + 3.75): smooth to infinity.

    The form is that of Shepherd and Laframboise, Mathematics of Computation 36 (1981).
    """
    if t == 1:
        return 2 / mp.sqrt(mp.pi)
    x = mp.mpf("3.75") * (1 + t) / (1 - t)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def lgamma_over_roots(x):
    """lgamma(x) / ((x - 1) (x - 2)), of which the roots are gone."""
    if x == 1:
        return mp.euler
    if x == 2:
        return 1 - mp.euler
    return mp.loggamma(x).real / ((x - 1) * (x - 2))


DIGAMMA_ROOT = mp.findroot(mp.digamma, mp.mpf("1.4616"))


def digamma_over_root(x):
    """digamma(x) / (x - root), of which the root is gone."""
    return mp.digamma(x) / (x - DIGAMMA_ROOT) if x != DIGAMMA_ROOT else mp.zeta(2, x)


def digamma_roots(count):
    """The zeros between the poles below zero, each in two doubles, and pi over the sine of pi times it."""
    for n in range(count):
        low = mp.mpf(-n) - 1
        root = mp.findroot(mp.digamma, (low + 0.001, low + 0.999), solver="anderson")
        yield float(root), float(root - float(root)), float(mp.pi / abs(mp.sin(mp.pi * root)))


def i0_near(x):
    return mp.exp(-x) * mp.besseli(0, x)


def i1_near(x):
    return mp.exp(-x) * mp.besseli(1, x) / x if x else mp.mpf(1) / 2


def far(order):
    """sqrt(x) exp(-x) I(x) as a function of w = 1 / x."""

    def function(w):
        if not w:
            return 1 / mp.sqrt(2 * mp.pi)
        return mp.exp(-1 / w) * mp.besseli(order, 1 / w) / mp.sqrt(w)

    return function


EXPI_ROOT = mp.findroot(mp.ei, mp.mpf("0.3725"))


def exp1_far(t):
    """x exp(x) exp1(x) as a function of t = (x - 3) / (x + 3): smooth to infinity."""
    if t == 1:
        return mp.mpf(1)
    x = 3 * (1 + t) / (1 - t)
    return x * mp.exp(x) * mp.e1(x)


def expi_near(x):
    """(expi(x) - log(x / root)) / (x - root), of which root and logarithm are gone."""
    if x == EXPI_ROOT:
        return (mp.exp(EXPI_ROOT) - 1) / EXPI_ROOT
    if not x:
        return -(mp.euler + mp.log(EXPI_ROOT)) / EXPI_ROOT
    return (mp.ei(x) - mp.log(x / EXPI_ROOT)) / (x - EXPI_ROOT)


def expi_far(w):
    """x exp(-x) expi(x) as a function of w = 1 / x."""
    return mp.exp(-1 / w) * mp.ei(1 / w) / w if w else mp.mpf(1)


def dilogarithm(z):
    return mp.re(mp.polylog(2, z)) / z if z else mp.mpf(1)


def dawsn_near(z):
    """dawsn(x) / x as a function of z = x * x."""
    x = mp.sqrt(z)
    return mp.exp(-z) * mp.erfi(x) * mp.sqrt(mp.pi) / 2 / x if z else mp.mpf(1)


def dawsn_far(w):
    """x dawsn(x) as a function of w = 1 / (x * x)."""
    if not w:
        return mp.mpf(1) / 2
    x = 1 / mp.sqrt(w)
    return mp.exp(-x * x) * mp.erfi(x) * mp.sqrt(mp.pi) / 2 * x


def stirling_tail(w):
    """The logarithm of gamma(a) over Stirling's formula, times a, as a function of w = 1 / a."""
    if not w:
        return mp.mpf(1) / 12
    a = 1 / w
    half = (a - mp.mpf(1) / 2) * mp.log(a) - a + mp.log(2 * mp.pi) / 2
    return (mp.re(mp.loggamma(a)) - half) / w


FITS = {
    "ERF": (erf_near_zero, 0, 1),
    "ERFC": (erfc_scaled, mp.mpf(-1), 1),
    "LGAMMA": (lgamma_over_roots, 1, 2),
    "NEAR": (digamma_over_root, 1, 2),
    "I0_NEAR": (i0_near, 0, 8),
    "I0_FAR": (far(0), 0, mp.mpf(1) / 8),
    "I1_NEAR": (i1_near, 0, 8),
    "I1_FAR": (far(1), 0, mp.mpf(1) / 8),
    "EXP1_FAR": (exp1_far, mp.mpf(-1) / 2, 1),
    "EXPI_NEAR": (expi_near, 0, 6),
    "EXPI_MIDDLE": (expi_far, mp.mpf(1) / 12, mp.mpf(1) / 6),
    "EXPI_FAR": (expi_far, mp.mpf(1) / 30, mp.mpf(1) / 12),
    "EXPI_LAST": (expi_far, 0, mp.mpf(1) / 30),
    "DILOGARITHM": (dilogarithm, -1, mp.mpf(1) / 2),
    "DAWSN_NEAR": (dawsn_near, 0, 9),
    "DAWSN_MIDDLE": (dawsn_near, 9, 36),
    "DAWSN_FAR": (dawsn_far, 0, mp.mpf(1) / 36),
    "STIRLING_TAIL": (stirling_tail, 0, 1),
}


def gauss(count):
    """The nodes and weights of Gauss and Legendre on the interval from 0 to 1."""
    nodes, weights = [], []
    polynomial = functools.partial(mp.legendre, count)

    def slope(x):
        return count * (x * polynomial(x) - mp.legendre(count - 1, x)) / (x * x - 1)

    for k in range(1, count + 1):
        start = mp.cos(mp.pi * (k - mp.mpf(1) / 4) / (count + mp.mpf(1) / 2))
        x = mp.findroot(polynomial, start, solver="newton", df=slope)
        nodes.append(float((1 - x) / 2))
        weights.append(float(1 / ((1 - x * x) * slope(x) ** 2)))
    return nodes, weights


if __name__ == "__main__":
    for name, root in (("ROOT", DIGAMMA_ROOT), ("EXPI_ROOT", EXPI_ROOT)):
        print(f"{name} = ({float(root)!r}, {float(root - float(root))!r})")
    print(f"ROOTS = {tuple(digamma_roots(10))!r}")
    for name, values in zip(("NODES", "WEIGHTS"), gauss(32)):
        print(f"{name} = {values!r}")
    for name, (function, low, high) in FITS.items():
        print(f"{name} = (")
        for coefficient in fit(function, low, high):
            print(f"    {coefficient!r},")
        print(")", flush=True)
