"""Writes special-functions.md: the greatest errors of the special functions, measured against mpmath.

python docs/make_special_functions.py            writes docs/special-functions.md
python docs/make_special_functions.py numpy      prints the errors of some compilers

Errors are in units of the last place of a float64, on random arguments that are the same every time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import mpmath
import numpy as np

from defn import jit, special

TARGET = Path(__file__).parent / "special-functions.md"
COMPILERS = ("numpy", "numba", "xla")
COUNT = 200
HEAD = """# Special functions

`defn.special` has these functions under SciPy's names; SciPy is not needed. Inside of compiled functions
`scipy.special`'s own ufuncs of these names mean the same. Every function has derivatives of every order in every
operand where there is one, in both modes; the incomplete gamma and beta functions and their inverses (`gammaincinv`,
`gammainccinv`, `betaincinv`, `betainccinv`) by their parameters as well. Orders
that are whole numbers (`n` of `expn`, `polygamma`, `multigammaln`) have none.

Formulas are computed in float64 and rounded once to the dtype of the operands, so a float32 or float16 result is
the nearest one, or next to it.

The table is made by `docs/make_special_functions.py`: the greatest error found among {count} random arguments of each
range, in units of the last place of a float64, against mpmath with 50 digits.

| function | arguments | evaluator | Numba | XLA |
| --- | --- | --- | --- | --- |
"""
TAIL = """
Where an error is larger than a few units: a function that is small because others cancel (`gammaln` near its zeros below
0, `digamma` near those below -10) is exact to a unit of what cancels; a probability deep in a tail is the exponential of
a number of that size, whose rounding is the error. The inverse of a probability has its error times how fast it
changes with it: a power of `1 / a` of one for parameters `a` below 1.
"""


def draws(low, high, seed=0):
    """Numbers between two bounds."""
    return np.random.default_rng([seed, 1]).uniform(low, high, COUNT)


def scales(low, high, seed=0):
    """Numbers of all sizes between two bounds."""
    return 10 ** draws(np.log10(low), np.log10(high), seed)


def tail(function, *arguments):
    """A regularised integral of mpmath's."""
    return function(*arguments, regularized=True)


def inverse(name, integral):
    """The inverse of one of mpmath's integrals: the root beside what the function of this name gives."""

    def exact(*arguments):
        start = mpmath.mpf(getattr(special, name)(*map(float, arguments)).item())
        root = mpmath.findroot(lambda x: integral(*arguments[:-1], x) - arguments[-1], start)
        return mpmath.re(root)

    return exact


def upper_log_ndtr(x):
    return mpmath.log(mpmath.ncdf(x)) if x < 0 else mpmath.log1p(-mpmath.ncdf(-x))


SIGNED, WIDE = draws(-6, 6), draws(-26, 26)
ABOVE, BELOW = scales(1e-6, 100), draws(-10, 0)
SHAPES, OTHERS = scales(0.05, 100, 1), scales(0.05, 100, 2)
AROUND = np.maximum(SHAPES + np.sqrt(SHAPES) * draws(-3, 3, 3), SHAPES / 10)
SHARES = draws(0.01, 0.99, 4)
# The name, mpmath's function, what is said of the arguments, and these.
CASES = [
    ("erf", mpmath.erf, "-6 to 6", SIGNED),
    ("erfc", mpmath.erfc, "-26 to 26", WIDE),
    ("erfcx", lambda x: mpmath.exp(x * x) * mpmath.erfc(x), "-26 to 26", WIDE),
    ("erfinv", mpmath.erfinv, "-1 to 1", draws(-1, 1)),
    ("dawsn", lambda x: mpmath.exp(-x * x) * mpmath.erfi(x) * mpmath.sqrt(mpmath.pi) / 2, "-26 to 26", WIDE),
    ("ndtr", mpmath.ncdf, "-26 to 26", WIDE),
    ("log_ndtr", upper_log_ndtr, "-26 to 26", WIDE),
    ("gamma", mpmath.gamma, "1e-6 to 100", ABOVE),
    ("gamma", mpmath.gamma, "-10 to 0", BELOW),
    ("gammaln", lambda x: mpmath.loggamma(x).real, "1e-6 to 100", ABOVE),
    ("gammaln", lambda x: mpmath.log(abs(mpmath.gamma(x))), "-10 to 0", BELOW),
    ("digamma", mpmath.digamma, "1e-6 to 100", ABOVE),
    ("digamma", mpmath.digamma, "-10 to 0", BELOW),
    ("zeta", mpmath.zeta, "1.01 to 20; 1e-2 to 100", draws(1.01, 20), scales(1e-2, 100)),
    ("i0", lambda x: mpmath.besseli(0, x), "-6 to 6", SIGNED),
    ("i1", lambda x: mpmath.besseli(1, x), "-6 to 6", SIGNED),
    ("i0e", lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x), "-26 to 26", WIDE),
    ("i1e", lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), "-26 to 26", WIDE),
    ("exp1", mpmath.e1, "1e-6 to 100", ABOVE),
    ("expi", mpmath.ei, "1e-6 to 100", ABOVE),
    ("expn", mpmath.expint, "3; 1e-6 to 100", np.full(COUNT, 3.0), ABOVE),
    ("spence", lambda x: mpmath.polylog(2, 1 - x).real, "1e-6 to 100", ABOVE),
    ("beta", mpmath.beta, "0.05 to 100; the same", SHAPES, OTHERS),
    ("betaln", lambda a, b: mpmath.log(mpmath.beta(a, b)), "0.05 to 100; the same", SHAPES, OTHERS),
    ("gammainc", lambda a, x: tail(mpmath.gammainc, a, 0, x), "0.05 to 100; within 3 deviations", SHAPES, AROUND),
    ("gammaincc", lambda a, x: tail(mpmath.gammainc, a, x), "0.05 to 100; within 3 deviations", SHAPES, AROUND),
    ("betainc", lambda a, b, x: tail(mpmath.betainc, a, b, 0, x), "0.05 to 5; the same; 0.01 to 0.99",
     scales(0.05, 5, 1), scales(0.05, 5, 2), SHARES),
    ("betaincc", lambda a, b, x: tail(mpmath.betainc, b, a, 0, 1 - x), "0.05 to 5; the same; 0.01 to 0.99",
     scales(0.05, 5, 1), scales(0.05, 5, 2), SHARES),
    ("gammaincinv", inverse("gammaincinv", lambda a, x: tail(mpmath.gammainc, a, 0, x)), "0.3 to 100; 0.01 to 0.99",
     scales(0.3, 100, 1), SHARES),
    ("gammainccinv", inverse("gammainccinv", lambda a, x: tail(mpmath.gammainc, a, x)), "0.3 to 100; 0.01 to 0.99",
     scales(0.3, 100, 1), SHARES),
    ("betaincinv", inverse("betaincinv", lambda a, b, x: tail(mpmath.betainc, a, b, 0, x)),
     "0.3 to 100; the same; 0.01 to 0.99", scales(0.3, 100, 1), scales(0.3, 100, 2), SHARES),
]  # fmt: skip


def exact(case):
    """What mpmath gives for each of a case's arguments."""
    _, function, _, *arguments = case
    return [function(*map(mpmath.mpf, place)) for place in zip(*(a.tolist() for a in arguments))]


def error(found, wanted):
    """The greatest error in units of the last place, of results that are normal numbers."""
    units = [
        abs(mpmath.mpf(f) - w) / mpmath.mpf(float(np.spacing(abs(float(w)))))
        for f, w in zip(found.tolist(), wanted)
        if 1e-307 < abs(w) < 1e308
    ]
    return float(max(units))


def errors(case, wanted, compilers):
    """The greatest errors of a case on each compiler."""
    function = getattr(special, case[0])
    arguments = case[3:]
    return [error(jit(function, compiler=c)(*arguments), wanted) for c in compilers]


def line(case, compilers):
    """A row of the table."""
    found = [f"{e:.3g}" for e in errors(case, exact(case), compilers)]
    return f"| `{case[0]}` | {case[2]} | {' | '.join(found)} |\n"


def lines(compilers):
    """The rows of the table, one after the other."""
    with mpmath.workdps(50), np.errstate(all="ignore"):
        for case in CASES:
            yield line(case, compilers)


if __name__ == "__main__":
    if sys.argv[1:]:
        for text in lines(sys.argv[1:]):
            print(text, end="", flush=True)
    else:
        TARGET.write_text(HEAD.format(count=COUNT) + "".join(lines(COMPILERS)) + TAIL)
