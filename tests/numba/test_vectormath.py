"""Elementary functions: within 4 ulp, special values exactly NumPy's, on every provider."""

import mpmath
import numpy as np
import pytest

from defn.compilers.numba.functions import BINARY, LIBM, PROVIDER, UNARY
from defn.compilers.numba.vectormath import MATH

ULPS = 4
RANDOM = np.random.default_rng(3)
DTYPES = ("float32", "float64")

EXACT = {
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "log1p": mpmath.log1p,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "power": lambda x, y: x**y,
    "arctan2": mpmath.atan2,
    "hypot": mpmath.hypot,
}
COUNT = 150


def sizes(dtype, low, high, count=COUNT):
    """Numbers of both signs, their sizes spread over powers of two."""
    signs = np.where(RANDOM.random(count) < 0.5, -1, 1)
    return (signs * 2.0 ** RANDOM.uniform(low, high, count)).astype(dtype)


def arguments(name, dtype):
    """Where the function is defined: the whole range, where it is steep, and around its zeros."""
    limits = np.finfo(dtype)
    every = sizes(dtype, limits.minexp - 10, limits.maxexp - 0.01)
    unit = np.concatenate(
        [RANDOM.uniform(-1, 1, COUNT), 1 - 2.0 ** RANDOM.uniform(-limits.nmant, 0, COUNT)]
    )
    ends = {"exp2": (limits.minexp - limits.nmant - 2, limits.maxexp)}.get(
        name, (np.log(limits.smallest_subnormal), np.log(limits.max))
    )
    if name in ("exp", "exp2", "expm1", "sinh", "cosh"):
        return np.concatenate(
            [RANDOM.uniform(*ends, COUNT), unit, sizes(dtype, limits.minexp, 0)]
        ).astype(dtype)
    if name in ("arcsin", "arccos", "arctanh"):
        return np.concatenate([unit, -unit, sizes(dtype, limits.minexp, 0)]).astype(dtype)
    near = RANDOM.uniform(-30, 30, COUNT).astype(dtype)
    about_one = (1 + sizes(dtype, -limits.nmant, -1)).astype(dtype)
    x = np.concatenate([every, near, about_one, sizes(dtype, -30, 10)])
    if name in ("log", "log2", "log10", "lgamma"):
        return abs(x)
    if name == "arccosh":
        return np.maximum(abs(x), 1)
    if name in ("erf", "erfc"):
        return np.clip(x, -30, 30)
    return x[x > -1] if name == "log1p" else x


def error(result, exact, dtype):
    """The distance in units of the last place of the exact result."""
    limits = np.finfo(dtype)
    if abs(exact) >= mpmath.mpf(2) ** int(limits.maxexp):
        return 0 if np.isinf(result) else np.inf
    if not np.isfinite(result):
        # Rounding up to infinity is allowed half an ulp below it.
        return 0 if abs(exact) > float(limits.max) else np.inf
    exponent = mpmath.frexp(exact)[1] - 1 if exact else limits.minexp
    unit = mpmath.mpf(2) ** (max(int(exponent), int(limits.minexp)) - int(limits.nmant))
    return abs(mpmath.mpf(float(result)) - exact) / unit


def worst(name, result, dtype, *operands):
    mpmath.mp.prec = 200
    found = (0, None)
    for r, *x in zip(result, *operands):
        exact = EXACT[name](*(mpmath.mpf(float(v)) for v in x))
        found = max(found, (error(r, exact, dtype), [float(v) for v in x]), key=lambda f: f[0])
    return found


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [n for n in UNARY if n != "lgamma"])
def test_accuracy(apply, name, dtype, wide):
    x = arguments(name, dtype)
    ulps, where = worst(name, apply(f"{name}(x0)", x, wide=wide), dtype, x)
    assert ulps <= ULPS, f"{name}({where})"


@pytest.mark.parametrize("dtype", DTYPES)
def test_accuracy_of_lgamma(apply, dtype):
    # Near its zeros, at 1 and 2 and between negative integers, the error is absolute.
    x = np.concatenate([RANDOM.uniform(2.5, 100, COUNT), 2.0 ** RANDOM.uniform(-30, -2, COUNT)])
    ulps, where = worst("lgamma", apply("lgamma(x0)", x.astype(dtype)), dtype, x.astype(dtype))
    assert ulps <= ULPS, f"lgamma({where})"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(set(BINARY) - {"fmod"}))
def test_accuracy_of_two_arguments(apply, name, dtype):
    limits = np.finfo(dtype)
    x = np.concatenate(
        [sizes(dtype, -5, 5), sizes(dtype, limits.minexp / 2, limits.maxexp / 2 - 1)]
    )
    y = np.concatenate(
        [sizes(dtype, -5, 5), sizes(dtype, limits.minexp / 2, limits.maxexp / 2 - 1)]
    )
    if name == "power":
        x = abs(x)
        reach = limits.maxexp / np.maximum(abs(np.log2(x.astype(float))), 1e-3)
        y = (RANDOM.uniform(-1, 1, x.size) * reach).astype(dtype)
    ulps, where = worst(name, apply(f"{name}(x0, x1)", x, y), dtype, x, y)
    assert ulps <= ULPS, f"{name}{where}"


# --- special values ------------------------------------------------------------------------------


def specials(dtype):
    """Zeros, infinities, nan, subnormals, integers, and where functions overflow or begin."""
    limits = np.finfo(dtype)
    edges = [0, limits.smallest_subnormal, limits.tiny / 2, limits.tiny, limits.eps]
    edges += [0.5, 1 - limits.epsneg, 1, 1 + limits.eps, 1.5, 2, 2.5, 3, 10, 1e5, 1e9]
    edges += [88, 89, 103.9, 104, 127, 128, 149, 150, 709.7, 709.8, 745, 746, 1023, 1024, 1075]
    edges += [2.0**24 + 1, 2.0**53, 2.0**53 + 2, limits.max / 2, limits.max, np.inf, np.nan]
    edges += list(np.pi * np.arange(1, 9) / 4)
    with np.errstate(all="ignore"):
        x = np.array(edges).astype(dtype)
    return np.concatenate([x, -x])


def agree(result, expected):
    """The same nan, infinity and signed zero; numbers within what both may be off."""
    number = np.isfinite(expected)
    np.testing.assert_array_equal(result[~number], expected[~number])
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(result[zero]), np.signbit(expected[zero]))
    a, b = result[number], expected[number]
    assert (abs(a - b) <= 2 * ULPS * np.spacing(abs(b))).all()


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [n for n in UNARY if hasattr(np, n)])
def test_special_values(apply, name, dtype, wide):
    x = specials(dtype)
    with np.errstate(all="ignore"):
        agree(apply(f"{name}(x0)", x, wide=wide), getattr(np, name)(x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(set(BINARY) - {"fmod"}))
def test_special_values_of_two_arguments(apply, name, dtype):
    x = specials(dtype)
    x, y = np.repeat(x, x.size), np.tile(x, x.size)
    with np.errstate(all="ignore"):
        agree(apply(f"{name}(x0, x1)", x, y), getattr(np, name)(x, y))


OWN_SPECIALS = {
    "erf": [
        (0.0, 0.0),
        (-0.0, -0.0),
        (np.inf, 1),
        (-np.inf, -1),
        (np.nan, np.nan),
        (30, 1),
        (-30, -1),
    ],
    "erfc": [(0.0, 1), (-0.0, 1), (np.inf, 0), (-np.inf, 2), (np.nan, np.nan), (30, 0), (-30, 2)],
    "lgamma": [
        (1, 0),
        (2, 0),
        (0.0, np.inf),
        (-1, np.inf),
        (np.inf, np.inf),
        (-np.inf, np.inf),
        (np.nan, np.nan),
    ],
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OWN_SPECIALS)
def test_special_values_that_numpy_has_not(apply, name, dtype):
    x, expected = np.array(OWN_SPECIALS[name], dtype).T.copy()
    agree(apply(f"{name}(x0)", np.tile(x, 5)), np.tile(expected, 5))


# --- tables --------------------------------------------------------------------------------------


def test_every_function_has_a_provider():
    assert set(PROVIDER) == {(name, dtype) for name in LIBM for dtype in DTYPES}
    assert set(PROVIDER.values()) <= {"libmvec", "polynomial", "libm"}
    assert set(MATH) == (set(UNARY) | set(BINARY)) - {"fmod"}
