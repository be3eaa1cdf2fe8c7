"""Every row of the operations, on every dtype it has, against NumPy."""

import numpy as np
import pytest

from defn import ops
from defn.compilers.xla.lower import lower
from defn.compilers.xla.structures import RULES
from defn.expr import index, make, parameter
from defn.graph import Graph
from defn.types import BOOL, Type
from samples import (
    EVERY,
    UFUNCS,
    assert_agree,
    compiler,
    domains,
    mixed,
    pairs,
    plain,
    reference,
    run,
    run_each,
    values,
)

SHAPE = (3, 4, 5)
# NumPy may return either zero of two equal ones; XLA's complex power has its own infinities.
EITHER_ZERO = {ops.maximum, ops.minimum, ops.fmax, ops.fmin, ops.nextafter}


def test_every_row_is_lowered_or_declared_absent():
    for op in ops.ALL.values():
        assert op in lower or op in lower.absences, op
        assert op not in lower or op not in lower.absences, op
    for op in ops.of_kind(ops.Kind.STRUCTURE):
        assert op in RULES, op


def operands_of(op, dtype):
    """What an element-wise operation is tried on."""
    operands = pairs(dtype) if op.ufunc.nin == 2 else (values(dtype, 200),)
    if op is ops.power and dtype.kind == "i":
        return [x[operands[1] >= 0] for x in operands]  # NumPy refuses negative exponents
    if op is ops.power and dtype.kind == "c":
        return [plain(dtype, 200), plain(dtype, 200, seed=1)]
    if op is ops.log1p and dtype.kind == "c":
        return [2 + plain(dtype, 200)]  # NumPy's loses all digits near zero
    if op is ops.arctanh and dtype.kind == "c":
        return [x[np.isfinite(x)] for x in operands]
    return operands


@pytest.mark.parametrize("op", UFUNCS, ids=str)
def test_elementwise(op):
    calls = [operands_of(op, dtype) for dtype in domains(op)]
    for operands, got in zip(calls, run_each(op, calls)):
        expected = reference(op, *operands)
        if op in EITHER_ZERO:
            got, expected = got + got.dtype.type(0), expected + expected.dtype.type(0)
        ulps = 64 if op is ops.power and expected.dtype.kind == "c" else 4
        assert_agree(got, expected, *operands, ulps=ulps, what=f"{op} {operands[0].dtype}")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", EVERY, ids=str)
def test_casts(dtype):
    for target in EVERY:
        x = values(dtype, 60)
        if dtype.kind in "fcV" and target.kind in "iu":
            x = fitting(x, target)
        assert_agree(run(ops.cast, x, dtype=target), reference(ops.cast, x, dtype=target), x, what=target)


def fitting(x, target):
    """The numbers whose cast to an integer dtype is defined."""
    real = x.real.astype(np.float64) if x.dtype.kind == "c" else x.astype(np.float64)
    limits = np.iinfo(target)
    with np.errstate(all="ignore"):
        return x[(real > float(limits.min) - 1) & (real < float(limits.max))]


@pytest.mark.parametrize("dtype", [np.dtype(d) for d in ("f2", "f4", "f8")], ids=str)
def test_casts_that_do_not_fit_wrap_small_integers_as_numpy_does(dtype):
    x = np.array([-1, -2.5, 300, 1000, -129, 40000], dtype)
    for target in map(np.dtype, ("i1", "u1", "i2", "u2")):
        assert_agree(run(ops.cast, x, dtype=target), reference(ops.cast, x, dtype=target), x)


def trial(op, *arrays, ulps=4, **attrs):
    assert_agree(run(op, *arrays, **attrs), reference(op, *arrays, **attrs), ulps=ulps, what=(op, attrs))


@pytest.mark.parametrize("axes", [(0,), (1, 2), (0, 1, 2), ()], ids=str)
@pytest.mark.parametrize("op", [ops.sum, ops.prod, ops.max, ops.min, ops.any, ops.all], ids=str)
def test_reductions(op, axes):
    of_numbers = op in (ops.sum, ops.prod)
    calls = [[(plain if of_numbers else mixed)(dtype, SHAPE)] for dtype in EVERY]
    for (x,), got in zip(calls, run_each(op, calls, axes=axes)):
        expected = reference(op, x, axes=axes)
        if of_numbers and x.dtype.kind in "fcV":
            scale = np.abs(x.astype(complex)).sum() if op is ops.sum else 1 + np.abs(expected.astype(complex))
            np.testing.assert_array_less(
                np.abs(got.astype(complex) - expected.astype(complex)), 16 * 2.0**-7 * scale
                if x.dtype.itemsize == 2 else 16 * 2.0**-23 * scale if x.dtype in ("f4", "c8") else 1e-14 * scale
            )  # fmt: skip
        else:
            got, expected = without_negative_zero(got), without_negative_zero(expected)
            assert_agree(got, expected, what=(op, x.dtype))


def without_negative_zero(x):
    return x + x.dtype.type(0) if x.dtype.kind in "fV" else x


@pytest.mark.parametrize("op", [ops.argmax, ops.argmin, ops.argsort, ops.sort, ops.cummax, ops.cummin], ids=str)
def test_order_along_an_axis(op):
    # NumPy's sort of bfloat16 does not know nan.
    calls = [[(plain if dtype.kind == "V" else mixed)(dtype, SHAPE)] for dtype in EVERY]
    for axis in (0, 2):
        for (x,), got in zip(calls, run_each(op, calls, axis=axis)):
            expected = reference(op, x, axis=axis)
            assert_agree(without_negative_zero(got), without_negative_zero(expected), what=(op, x.dtype))


@pytest.mark.parametrize("op", [ops.cumsum, ops.cumprod], ids=str)
def test_running_sums_and_products(op):
    calls = [[plain(dtype, SHAPE)] for dtype in EVERY]
    for (x,), got in zip(calls, run_each(op, calls, axis=1)):
        expected = reference(op, x, axis=1)
        close = {2: 0.1, 4: 1e-5, 8: 1e-5 if x.dtype.kind == "c" else 1e-12, 16: 1e-12}.get(x.dtype.itemsize, 0)
        if x.dtype.kind not in "fcV":
            assert_agree(got, expected)
        else:
            np.testing.assert_allclose(got.astype(complex), expected.astype(complex), rtol=close, atol=close)


@pytest.mark.parametrize("dtype", EVERY, ids=str)
def test_movement(dtype):
    x = mixed(dtype, SHAPE)
    trial(ops.broadcast, x, shape=(2, 3, 4, 5), axes=(1, 2, 3))
    trial(ops.broadcast, x[:, :1], shape=(3, 6, 5), axes=(0, 1, 2))
    trial(ops.reshape, x, shape=(5, 12))
    trial(ops.transpose, x, axes=(2, 0, 1))
    trial(ops.flip, x, axes=(0, 2))
    trial(ops.concatenate, x, x[:, :2], axis=1)
    trial(ops.pad, x, x[0, 0, 0], low=(1, 0, 2), high=(0, 3, 1), interior=(0, 1, 2))
    trial(ops.select, plain(BOOL, SHAPE), x, x[::-1].copy())
    trial(ops.stop_grad, x)


def test_parts_and_bits():
    z = mixed(np.dtype("c8"), (7,))
    trial(ops.real_part, z)
    trial(ops.imag_part, z)
    trial(ops.complex_of, plain(np.dtype("f4"), (3,)), plain(np.dtype("f4"), (3,), 1))
    trial(ops.bitcast, plain(np.dtype("f4"), (3,)), dtype=np.dtype("i4"))
    trial(ops.bitcast, plain(BOOL, (3,)), dtype=np.dtype("u1"))


WINDOWS = [
    ((1, 1, 0), (None, 2, 5), (1, 1, 1)),
    ((0, 3, 1), (2, None, 2), (2, 1, 2)),
    ((2, 3, 4), (None, None, None), (1, 1, 1)),
    ((0, 0, 0), (3, 2, 0), (1, 3, 1)),
    ((0, 0, 0), (3, 4, 5), (1, 1, 1)),
    ((0, 1, 0), (3, 2, 5), (1, 2, 1)),
]


@pytest.mark.parametrize("known", [True, False], ids=["known", "traced"])
@pytest.mark.parametrize("starts, sizes, steps", WINDOWS)
def test_windows(starts, sizes, steps, known):
    for dtype in EVERY:
        x, value = plain(dtype, SHAPE), plain(dtype, tuple(n for n in sizes if n is not None), 1)
        for op, arrays in ((ops.get, [x]), (ops.put, [x, value]), (ops.add_at, [x, value])):
            expected = reference(op, *arrays, *map(np.int64, starts), sizes=sizes, steps=steps)
            got = windowed(op, arrays, starts, known, {"sizes": sizes, "steps": steps})
            assert_agree(got, expected, what=(op, dtype))


def windowed(op, arrays, starts, known, attrs):
    """A window at known starts, or at ones that are arguments."""
    parameters = [parameter(Type(x.dtype, x.shape)) for x in arrays]
    places = [index(s) if known else parameter(Type("i8")) for s in starts]
    node = make(op, (*parameters, *places), attrs)
    if known:
        return compiler.compile(Graph(parameters, [node]), {})(*arrays)[0]
    return compiler.compile(Graph([*parameters, *places], [node]), {})(*arrays, *map(np.int64, starts))[0]


@pytest.mark.parametrize("shape", [(2, 3), ()], ids=str)
@pytest.mark.parametrize("axes", [(0,), (1,), (2, 0), (0, 1, 2)], ids=str)
def test_gather_and_scatter(axes, shape):
    random = np.random.default_rng(0)
    for dtype in EVERY:
        x = plain(dtype, SHAPE)
        indices = [random.integers(0, SHAPE[a], shape) for a in axes]
        read = reference(ops.gather, x, *indices, axes=axes)
        assert_agree(run(ops.gather, x, *indices, axes=axes), read)
        new = plain(dtype, read.shape, 1)
        trial(ops.scatter, x, new, *indices, axes=axes)
        got = run(ops.scatter_add, x, new, *indices, axes=axes)
        expected = reference(ops.scatter_add, x, new, *indices, axes=axes)
        if dtype.kind in "fcV":
            close = 0.05 if dtype.itemsize == 2 else 1e-5
            np.testing.assert_allclose(got.astype(complex), expected.astype(complex), rtol=close, atol=close)
        else:
            assert_agree(got, expected)


@pytest.mark.parametrize("dtype", EVERY, ids=str)
def test_matmul(dtype):
    for left, right in (((4, 5), (5, 3)), ((2, 4, 5), (2, 5, 3)), ((4, 0), (0, 3))):
        x, y = plain(dtype, left), plain(dtype, right, 1)
        got, expected = run(ops.matmul, x, y), reference(ops.matmul, x, y)
        if dtype.kind in "biu":
            assert_agree(got, expected)
        else:
            close = {2: 0.05, 4: 1e-5, 8: 1e-5 if dtype.kind == "c" else 1e-13, 16: 1e-13}[dtype.itemsize]
            np.testing.assert_allclose(got.astype(complex), expected.astype(complex), rtol=close, atol=close)


def test_matmul_of_float32_is_not_rounded_to_less():
    x = plain(np.dtype("f4"), (64, 64))
    np.testing.assert_allclose(run(ops.matmul, x, x), x.astype("f8") @ x.astype("f8"), rtol=1e-4, atol=1e-5)


def test_integer_division_by_zero_and_of_the_least_integer():
    for dtype in map(np.dtype, "bhiq"):
        least = np.iinfo(dtype).min
        x, y = np.array([7, -7, least, least, 0], dtype), np.array([0, 0, -1, 0, 0], dtype)
        for op in (ops.floor_divide, ops.remainder, ops.fmod):
            trial(op, x, y)


def test_empty_arrays():
    x = np.zeros((0, 3))
    trial(ops.sum, x, axes=(0,))
    trial(ops.add, x, x)
    trial(ops.gather, x, np.zeros((0,), np.int64), axes=(0,))
