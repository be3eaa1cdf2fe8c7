"""Running reductions: lines of all lengths, one by a team of threads, long ones in parts, columns
side by side; each dtype, from both ends.
"""

import re

import numpy as np
import pytest
from kernels_of import GENERATIONS, Code
from on_ptx import SETTINGS, agrees, executed, launches
from planted import without_a_barrier

import defn
from defn import random
from defn.types import BFLOAT16

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]
SIZES = [0, 1, 31, 32, 33, 255, 256, 257, 1023, 1024, 1025, 5000]
SCANS = [np.cumsum, np.cumprod, np.maximum.accumulate, np.minimum.accumulate]
draw = np.random.default_rng(5)


def near_one(*shape):
    """Numbers whose products stay numbers."""
    return 1 + draw.normal(size=shape) / 64


def explained(function, *arrays):
    return defn.jit(function, **SETTINGS).explain(*arrays)


def blocks(step):
    return step.grid, step.block


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("scan", SCANS)
def test_lines(scan, n):
    along = lambda x: scan(x, axis=-1)
    agrees(along, near_one(n), ulp=4096)
    agrees(along, draw.integers(-(2**62), 2**62, (3, n)))
    agrees(along, near_one(2, n).astype("f4")[:, ::-1], ulp=4096)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u4", "i8", "u8"])
@pytest.mark.parametrize("n", [300, 9001])
def test_integers_wrap(dtype, n):
    x = draw.integers(0, 200, n).astype(dtype)
    agrees(lambda x: [np.cumsum(x, dtype=x.dtype), np.cumprod(x | 1, dtype=x.dtype)], x)
    agrees(lambda x: [np.maximum.accumulate(x), np.minimum.accumulate(x)], x)


@pytest.mark.parametrize("dtype", ["?", "c8", "c16"])
@pytest.mark.parametrize("n", [300, 9001])
def test_bools_and_complex_numbers(dtype, n):
    x = (near_one(n) + 1j * draw.normal(size=n) / 64).astype(dtype)
    agrees(lambda x: [np.cumsum(x), np.cumprod(x)], x, ulp=1 << 14)
    agrees(lambda x: [np.maximum.accumulate(x), np.minimum.accumulate(x)], x)


@pytest.mark.parametrize("dtype", ["f2", BFLOAT16, "f4", "f8"])
@pytest.mark.parametrize("n", [300, 9001])
def test_sums_are_no_worse_than_numpys(dtype, n):
    if dtype is None:
        pytest.skip("bfloat16 needs ml_dtypes")
    x = draw.uniform(0.5, 1, n).astype(dtype)
    exact = np.cumsum(x.astype(np.longdouble))
    error = lambda got: np.max(np.abs(got.astype(np.longdouble) - exact) / exact)
    assert error(executed(np.cumsum, x)) <= error(np.cumsum(x)) + np.spacing(1.0)


@pytest.mark.parametrize("n", [1000, 9001])
def test_what_is_not_a_number_goes_on(n):
    x = near_one(2, n).astype("f4")
    x[0, n // 3], x[1, 7], x[1, n // 2] = np.nan, np.inf, -np.inf
    for scan in SCANS:
        agrees(lambda x, scan=scan: scan(x, axis=1), x, ulp=1 << 14)


@pytest.mark.parametrize("dtype, n", [("f4", 200), ("f4", 1500), ("f4", 9001), ("f8", 4000)])
def test_products_of_pieces_that_leave_the_range(dtype, n):
    """Large factors, then small ones: what is between them is no product of the line."""
    most = 100 if dtype == "f4" else 900
    cycle = [2.0**most, 2.0 ** (most - 1), *[0.5] * (2 * most - 1)]
    x = np.array([2.0 ** (1 - most), *cycle * (1 + n // len(cycle))], dtype)[:n]
    np.testing.assert_array_equal(executed(np.cumprod, x), np.cumprod(x))
    np.testing.assert_array_equal(executed(np.cumprod, 1 / x), np.cumprod(1 / x))


@pytest.mark.parametrize("dtype", ["f2", BFLOAT16, "f4", "f8"])
@pytest.mark.parametrize("n", [40, 700, 9001])
def test_products_that_leave_the_range_do_not_return(dtype, n):
    if dtype is None:
        pytest.skip("bfloat16 needs ml_dtypes")
    most = {"f2": 9, "f8": 700}.get(dtype, 90)
    for first in (1, -1):
        powers = first * np.concatenate([np.full(4, most), np.full(12, -most), np.full(n, most)])
        x = (2.0 ** powers[:n] * np.where(np.arange(n) % 5 == 0, -1, 1)).astype(dtype)
        for at, factor in ((n - 4, 0.0), (n - 2, np.inf), (n, np.nan)):
            x[at:] = factor
            wanted, got = np.cumprod(x).astype("f8"), executed(np.cumprod, x).astype("f8")
            np.testing.assert_array_equal(got, wanted)
            known = ~np.isnan(wanted)
            np.testing.assert_array_equal(np.signbit(got)[known], np.signbit(wanted)[known])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_products_of_subnormal_numbers(dtype):
    x = np.full(100, 2, dtype)
    x[0] = np.finfo(dtype).smallest_subnormal * 5
    agrees(np.cumprod, x)
    agrees(np.cumprod, 1 / x[1:])


def test_a_first_zero_keeps_its_sign():
    for n in (40, 9001):
        got = executed(np.cumsum, np.full(n, -0.0, "f4"))
        assert np.signbit(got[0]) and not got.any()


@pytest.mark.parametrize("shape", [(9001, 2), (2, 9001), (1100, 33), (3, 40, 33)])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_axes(shape, axis):
    x = draw.integers(-9, 9, shape)
    both = lambda x: (np.cumsum(x, axis), np.maximum.accumulate(x, axis))
    for got, wanted in zip(executed(both, x), both(x), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_strided_arguments():
    x = draw.integers(0, 9, (80, 600))
    agrees(lambda x: np.cumsum(x, axis=1), x[::2, ::-3])
    agrees(lambda x: np.cumsum(x, axis=1), x.T[:100])


# --- with other work -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 300), (1100, 40)])
def test_fused_with_what_is_before_and_after(shape):
    x = draw.uniform(0.5, 1, shape).astype("f4")
    share = lambda x: np.cumsum(np.sqrt(x), axis=1) / np.sum(x, axis=1, keepdims=True)
    agrees(share, x, ulp=512)
    assert len(launches(share, x)) == 1


def test_of_numbers_that_are_drawn_as_they_are_read():
    def walk(key):
        steps = random.randint(key, (4, 1000), 0, 2) * 2 - 1
        return np.cumsum(steps, axis=1), steps.max(axis=1)

    key = random.key(3)
    expected, found = defn.jit(walk)(key), defn.jit(walk, **SETTINGS)(key)
    assert all(np.array_equal(x, np.asarray(y)) for x, y in zip(expected, found))


def test_several_in_one_kernel():
    agrees(lambda x: [np.cumsum(x, 1), np.cumprod(x, 1), np.max(x, 1)], near_one(5, 500), ulp=4096)


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("n", [300, 9001])
def test_gradients(scan, n):
    weights = draw.normal(size=n)
    agrees(defn.grad(lambda x: np.sum(scan(x) * weights)), near_one(n), ulp=1 << 20)


def test_second_derivatives():
    slope = defn.grad(lambda x: np.sum(np.cumsum(x * x) ** 2))
    agrees(defn.grad(lambda x: np.sum(slope(x) * x)), near_one(500), ulp=1 << 12)


def test_a_long_line_from_its_end_is_written_where_it_belongs():
    """The gradient: no kernel turns an array."""
    backwards = lambda x: np.flip(np.cumsum(np.flip(x)))
    x = draw.integers(0, 9, 9001)
    agrees(backwards, x)
    assert len(launches(backwards, x)) == 3
    agrees(lambda x: np.flip(np.cumsum(np.flip(x, 1), 1), 1), draw.integers(0, 9, (2, 9001)))


def test_each_row():
    agrees(defn.vmap(lambda row: np.cumsum(row * 2)), draw.integers(0, 9, (7, 90)))
    agrees(defn.vmap(np.cumsum, in_axes=1), draw.integers(0, 9, (9001, 3)))


# --- kernels -------------------------------------------------------------------------------------


def test_many_lines_have_a_warp_each_and_few_a_block():
    (many,) = launches(lambda x: np.cumsum(x, axis=1), near_one(1100, 100))
    (few,) = launches(lambda x: np.cumsum(x, axis=1), near_one(5, 100))
    assert (blocks(many), blocks(few)) == ((1100, 32), (5, 128))


def test_many_columns_have_a_thread_each():
    (step,) = launches(lambda x: np.cumsum(x, axis=0), near_one(100, 2000))
    assert blocks(step) == (8, 256) and "barrier" not in step.text


def test_a_long_line_is_three_kernels():
    """Sums of parts, what came before each, and from that on each part: memory is read twice and
    written once.
    """
    x = near_one(100_000)
    sums, before, parts = launches(np.cumsum, x)
    assert sums.grid == parts.grid == 28 and before.grid == 1
    assert [s.size for s in parts.storages].count(100_000) == 2


def test_long_columns_are_cut_into_parts():
    x = near_one(4000, 64)
    steps = launches(lambda x: np.cumsum(x, axis=0), x)
    assert len(steps) == 3 and steps[-1].grid * steps[-1].block >= 64 * 15


def test_without_atomics():
    for step in launches(np.cumsum, near_one(9001)):
        assert not re.search(r"\b(atom|red)\.", step.compiled.ptx)


def test_the_same_every_time():
    x = draw.normal(size=9001).astype("f4")
    assert executed(np.cumsum, x).tobytes() == executed(np.cumsum, x.copy()).tobytes()


@pytest.mark.parametrize("shape", [(2, 1000), (2, 200), (9001,)])
def test_every_barrier_is_needed(shape):
    x = draw.integers(0, 9, shape).astype("i4")
    for step in launches(lambda x: np.cumsum(x, axis=-1, dtype="i4"), x):
        assert without_a_barrier(step, grid=1) == []


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["?", "i8", "f2", "f4", "f8", "c8"])
def test_machine_code(dtype):
    for shape in ((3, 20), (3, 200), (3, 3000), (9001,), (2000, 40)):
        for step in launches(lambda x: np.cumsum(x, axis=0), np.zeros(shape, dtype).T):
            for generation in GENERATIONS:
                code = Code(step, generation)
                assert code.spilled == 0 and not code.divides_long and code.shared <= 48 << 10
                assert dtype == "f8" or ".f64" not in code.ptx
