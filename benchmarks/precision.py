"""How far element-wise functions are from the correctly rounded value, on every compiler.

The argument runs over the whole range: half of the samples are random bit patterns, half lie where
the function is neither flat nor infinite.
"""

import mpmath
import numpy as np

from benchmarks.case import Probe, Reading
from defn import jit

COMPILERS = ("numpy", "numba", "xla")

# Function -> its name in mpmath, and the range in which half of the arguments lie.
FUNCTIONS = {
    np.exp: ("exp", -87, 88),
    np.exp2: (lambda x: mpmath.power(2, x), -125, 127),
    np.expm1: ("expm1", -20, 88),
    np.log: ("log", 0, 100),
    np.log2: (lambda x: mpmath.log(x, 2), 0, 100),
    np.log10: ("log10", 0, 100),
    np.log1p: (lambda x: mpmath.log1p(x), -1, 100),
    np.sqrt: ("sqrt", 0, 100),
    np.cbrt: (lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), -100, 100),
    np.sin: ("sin", -10, 10),
    np.cos: ("cos", -10, 10),
    np.tan: ("tan", -10, 10),
    np.arcsin: ("asin", -1, 1),
    np.arccos: ("acos", -1, 1),
    np.arctan: ("atan", -10, 10),
    np.sinh: ("sinh", -80, 80),
    np.cosh: ("cosh", -80, 80),
    np.tanh: ("tanh", -10, 10),
    np.arcsinh: ("asinh", -100, 100),
    np.arccosh: ("acosh", 1, 100),
    np.arctanh: ("atanh", -1, 1),
}


def samples(function, dtype, count):
    """Arguments of which the function is finite."""
    generator = np.random.default_rng(1)
    _, low, high = FUNCTIONS[function]
    bits = generator.bytes(count // 2 * dtype().itemsize)
    dense = generator.uniform(low, high, count // 2).astype(dtype)
    x = np.concatenate([np.frombuffer(bits, dtype), dense])
    with np.errstate(all="ignore"):
        return x[np.isfinite(x) & np.isfinite(function(x))]


def normal(x, y):
    """Where neither the argument nor the result is so small that it has fewer digits."""
    least = np.finfo(x.dtype).smallest_normal
    return (np.abs(x) >= least) & (np.abs(y) >= least)


def exact(function, x):
    """The values to 40 digits, as pairs (rounded, remainder) of float64 that add up to them."""
    name = FUNCTIONS[function][0]
    high = getattr(mpmath, name) if isinstance(name, str) else name
    with mpmath.workdps(40):
        values = [high(mpmath.mpf(float(value))) for value in x]
        rounded = np.array([float(value) for value in values])
        rest = [float(value - mpmath.mpf(near)) for value, near in zip(values, rounded.tolist())]
    return rounded, np.array(rest)


def errors(got, rounded, rest):
    """The errors in units in the last place of the correct result."""
    correct = rounded.astype(got.dtype)
    with np.errstate(all="ignore"):
        error = np.abs((got.astype(np.float64) - rounded) - rest)
        error = error / np.spacing(np.abs(correct)).astype(np.float64)
    error = np.where(np.isfinite(correct), error, 0)
    return np.where(np.isfinite(correct) & ~np.isfinite(got), np.inf, error)


def errors_of(function, x, compiler, rounded, rest):
    """The errors of a function under one compiler; infinite where it fails."""
    try:
        got = jit(lambda x: function(x), compiler=compiler)(x)
    except Exception:
        return np.full(x.shape, np.inf)
    return errors(got, rounded, rest)


def reading(what, found, chosen):
    """The largest of the chosen errors, of all compilers and of each."""
    largest = {name: error[chosen].max(initial=0) for name, error in found.items()}
    note = ", ".join(f"{name} {value:.2f}" for name, value in largest.items())
    return Reading(what, max(largest.values()), "ulp", note)


def ulp_table(quick):
    """The largest error of each function; that of tiny numbers apart, where it is more than 4."""
    count = 400 if quick else 4000
    readings = []
    for function in FUNCTIONS:
        for dtype in (np.float32, np.float64):
            x = samples(function, dtype, count)
            rounded, rest = exact(function, x)
            found = {name: errors_of(function, x, name, rounded, rest) for name in COMPILERS}
            usual, what = normal(x, rounded), f"{function.__name__} {np.dtype(dtype)}"
            readings.append(reading(what, found, usual))
            tiny = reading(f"{what}, subnormal", found, ~usual)
            readings += [tiny] if tiny.value > 4 else []
    return readings


CASES = (Probe("ulp", ulp_table),)
