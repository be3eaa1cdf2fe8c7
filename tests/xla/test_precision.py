"""Elementary functions over the whole range: at most 4 ulp from the exact value, special values
exact.

float32 is measured against float64, float64 against the long double of this machine. XLA replaces
subnormal numbers by zero on the CPU: operands that are subnormal are left out, results may be zero
where they would be.
"""

import numpy as np
import pytest
from one_operation import run_each

from defn import ops

UNARY = [ops.sqrt, *ops.UNARY_TRANSCENDENTAL]
BINARY = [ops.divide, ops.power, ops.arctan2, ops.hypot]
FORMATS = [(np.float32, np.float64), (np.float64, np.longdouble), (np.float16, np.float64)]
SPANS = [(-3, 3), (0.9, 1.1), (-1.2, -0.2), (87, 89), (708, 711), (-20, 25), (127, 128)]


def whole_range(dtype, seed=0):
    """All magnitudes, the neighbourhoods where formulas change, and the special values."""
    random = np.random.default_rng(seed)
    integer = np.dtype(f"u{np.dtype(dtype).itemsize}")
    limits = np.finfo(dtype)
    bits = random.integers(0, np.iinfo(integer).max, 40_000, integer, endpoint=True)
    near = [random.uniform(low, high, 10_000).astype(dtype) for low, high in SPANS]
    sizes = np.exp(random.uniform(np.log(limits.tiny), np.log(limits.max), 20_000)).astype(dtype)
    special = [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        1,
        -1,
        0.5,
        2,
        limits.max,
        limits.tiny,
        limits.eps,
    ]
    x = np.concatenate([bits.view(dtype), *near, sizes, np.array(special, dtype)])
    return x[(x == 0) | ~(np.abs(x) < limits.tiny)]


def ulps(got, exact, dtype):
    """The distance from the exact value, in units of the last place of the rounded one."""
    limits = np.finfo(dtype)
    rounded = exact.astype(dtype)
    unit = np.spacing(np.abs(np.where(np.isfinite(rounded), rounded, limits.max))).astype(
        exact.dtype
    )
    error = np.abs(got.astype(exact.dtype) - exact) / unit
    error[(got == rounded) | (np.isnan(got) & np.isnan(rounded))] = 0
    error[(np.abs(rounded) < limits.tiny) & (np.abs(got) <= limits.tiny)] = 0
    error[np.isnan(error)] = np.inf
    return error


def assert_close(got, exact, dtype, *operands):
    error = ulps(got, exact, dtype)
    worst = int(np.argmax(error))
    assert error[worst] <= 4, (error[worst], [x[worst] for x in operands], got[worst], exact[worst])
    zeros = (got == 0) & (exact == 0)
    assert (np.signbit(got) == np.signbit(exact))[zeros].all()


@pytest.mark.parametrize("op", UNARY, ids=str)
@np.errstate(all="ignore")
def test_one_operand(op):
    for more in (0, 1):
        operands = [sized(whole_range(dtype), more) for dtype, _ in FORMATS]
        results = run_each(op, [[x] for x in operands])
        for (dtype, wide), x, got in zip(FORMATS, operands, results):
            assert_close(got, op.numpy(x.astype(wide)), dtype, x)


def sized(x, more):
    """A multiple of 1024 elements, and some more: XLA's vector and scalar code differ."""
    return np.resize(x, len(x) // 1024 * 1024 + more)


@pytest.mark.parametrize("op", BINARY, ids=str)
@np.errstate(all="ignore")
def test_two_operands(op):
    operands = [pair(dtype) for dtype, _ in FORMATS]
    results = run_each(op, operands)
    for (dtype, wide), (x, y), got in zip(FORMATS, operands, results):
        assert_close(got, op.numpy(x.astype(wide), y.astype(wide)), dtype, x, y)


def pair(dtype):
    x = whole_range(dtype)
    return x, np.random.default_rng(1).permutation(x)


@np.errstate(all="ignore")
def test_exact_at_powers_and_roots():
    twos, tens = 2.0 ** np.arange(-100, 100), 10.0 ** np.arange(0, 23)
    whole = np.arange(-200.0, 200)
    (logs2,), (logs10,), (powers,), (roots,) = (
        run_each(op, [[x]])
        for op, x in ((ops.log2, twos), (ops.log10, tens), (ops.exp2, whole), (ops.cbrt, whole**3))
    )
    assert (logs2 == np.arange(-100, 100)).all()
    assert (logs10 == np.arange(0, 23)).all()
    assert (powers == 2.0**whole).all()
    assert (roots == whole).all()


@np.errstate(all="ignore")
def test_remainders_are_exact():
    for dtype in (np.float32, np.float64):
        x, y = pair(dtype)
        large = np.abs(y) > np.sqrt(
            np.finfo(dtype).tiny
        )  # beside it nothing on the way is subnormal
        x, y = x[large], y[large]
        for op in (ops.fmod, ops.remainder, ops.floor_divide):
            (got,) = run_each(op, [[x, y]])
            expected = op.numpy(x, y)
            subnormal = (np.abs(expected) < np.finfo(dtype).tiny) & (expected != 0)
            same = (got == expected) | (np.isnan(got) & np.isnan(expected)) | subnormal
            assert same.all(), [
                (x[k], y[k], got[k], expected[k]) for k in np.argwhere(~same)[:3, 0]
            ]
