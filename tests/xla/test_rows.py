"""Every row of the operations, on every dtype it has, against NumPy."""

import numpy as np
import pytest
from one_operation import (
    EVERY,
    UFUNCS,
    assert_agree,
    compiler,
    domains,
    epsilon,
    mixed,
    pairs,
    plain,
    reference,
    run,
    run_each,
    trials,
    type_of,
    values,
)

from defn import ops
from defn.compilers.xla.lower import lower
from defn.compilers.xla.structures import RULES
from defn.expr import index, make, parameter
from defn.graph import Graph
from defn.types import BOOL, Type

SHAPE = (3, 4, 5)
# NumPy may return either zero of two equal ones.
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
    x = values(dtype, 60)
    inexact = dtype.kind in "fcV"
    trials(
        *(
            (ops.cast, [fitting(x, d) if inexact and d.kind in "iu" else x], {"dtype": d})
            for d in EVERY
        )
    )


def fitting(x, target):
    """The numbers whose cast to an integer dtype is defined."""
    real = x.real.astype(np.float64) if x.dtype.kind == "c" else x.astype(np.float64)
    limits = np.iinfo(target)
    with np.errstate(all="ignore"):
        return x[(real > float(limits.min) - 1) & (real < float(limits.max))]


@pytest.mark.parametrize("dtype", [np.dtype(d) for d in ("f2", "f4", "f8")], ids=str)
def test_casts_that_do_not_fit_wrap_small_integers_as_numpy_does(dtype):
    x = np.array([-1, -2.5, 300, 1000, -129, 40000], dtype)
    trials(*((ops.cast, [x], {"dtype": np.dtype(d)}) for d in ("i1", "u1", "i2", "u2")))


@pytest.mark.parametrize("axes", [(0,), (1, 2), (0, 1, 2), ()], ids=str)
@pytest.mark.parametrize("op", [ops.sum, ops.prod, ops.max, ops.min, ops.any, ops.all], ids=str)
def test_reductions(op, axes):
    of_numbers = op in (ops.sum, ops.prod)
    calls = [[(plain if of_numbers else mixed)(dtype, SHAPE)] for dtype in EVERY]
    for (x,), got in zip(calls, run_each(op, calls, axes=axes)):
        expected = reference(op, x, axes=axes)
        if of_numbers and x.dtype.kind in "fcV":
            assert got.dtype == expected.dtype and got.shape == expected.shape
            size = np.abs(x.astype(complex)).sum() if op is ops.sum else 1
            error = np.abs(got.astype(complex) - expected.astype(complex))
            assert (
                error <= 16 * epsilon(x.dtype) * (size + np.abs(expected.astype(complex)))
            ).all()
        else:
            assert_agree(without_negative_zero(got), without_negative_zero(expected), what=x.dtype)


def without_negative_zero(x):
    return x + x.dtype.type(0) if x.dtype.kind in "fV" else x


@pytest.mark.parametrize(
    "op", [ops.argmax, ops.argmin, ops.argsort, ops.sort, ops.cummax, ops.cummin], ids=str
)
def test_order_along_an_axis(op):
    # NumPy's sort of bfloat16 does not know nan.
    calls = [[(plain if dtype.kind == "V" else mixed)(dtype, SHAPE)] for dtype in EVERY]
    for axis in (0, 2):
        for (x,), got in zip(calls, run_each(op, calls, axis=axis)):
            expected = reference(op, x, axis=axis)
            assert_agree(
                without_negative_zero(got), without_negative_zero(expected), what=(op, x.dtype)
            )


@pytest.mark.parametrize("op", [ops.cumsum, ops.cumprod], ids=str)
def test_running_sums_and_products(op):
    calls = [[plain(dtype, SHAPE)] for dtype in EVERY]
    for (x,), got in zip(calls, run_each(op, calls, axis=1)):
        assert_near(got, reference(op, x, axis=1))


@pytest.mark.parametrize("dtype", EVERY, ids=str)
def test_movement(dtype):
    x = mixed(dtype, SHAPE)
    around = {"low": (1, 0, 2), "high": (0, 3, 1), "interior": (0, 1, 2)}
    trials(
        (ops.broadcast, [x], {"shape": (2, 3, 4, 5), "axes": (1, 2, 3)}),
        (ops.broadcast, [x[:, :1]], {"shape": (3, 6, 5), "axes": (0, 1, 2)}),
        (ops.reshape, [x], {"shape": (5, 12)}),
        (ops.transpose, [x], {"axes": (2, 0, 1)}),
        (ops.flip, [x], {"axes": (0, 2)}),
        (ops.concatenate, [x, x[:, :2]], {"axis": 1}),
        (ops.pad, [x, x[0, 0, 0]], around),
        (ops.select, [plain(BOOL, SHAPE), x, x[::-1].copy()], {}),
        (ops.stop_grad, [x], {}),
    )


def test_parts_and_bits():
    z = mixed(np.dtype("c8"), (7,))
    x, y = plain(np.dtype("f4"), (3,)), plain(np.dtype("f4"), (3,), 1)
    trials(
        (ops.real_part, [z], {}),
        (ops.imag_part, [z], {}),
        (ops.complex_of, [x, y], {}),
        (ops.bitcast, [x], {"dtype": np.dtype("i4")}),
        (ops.bitcast, [plain(BOOL, (3,))], {"dtype": np.dtype("u1")}),
    )


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
    attrs = {"sizes": sizes, "steps": steps}
    shape = tuple(n for n in sizes if n is not None)
    calls = [
        call
        for dtype in EVERY
        for call in (
            (ops.get, [plain(dtype, SHAPE)]),
            (ops.put, [plain(dtype, SHAPE), plain(dtype, shape, 1)]),
            (ops.add_at, [plain(dtype, SHAPE), plain(dtype, shape, 1)]),
        )
    ]
    for (op, arrays), got in zip(calls, windowed(calls, starts, known, attrs)):
        expected = reference(op, *arrays, *map(np.int64, starts), **attrs)
        assert_agree(got, expected, what=(op, arrays[0].dtype))


def windowed(calls, starts, known, attrs):
    """The operations on windows at known starts, or at ones that are arguments."""
    places = [index(s) if known else parameter(Type("i8")) for s in starts]
    parameters = [[parameter(type_of(x)) for x in arrays] for _, arrays in calls]
    outputs = [make(op, (*p, *places), attrs) for (op, _), p in zip(calls, parameters)]
    given = [] if known else places
    graph = Graph([*given, *(p for each in parameters for p in each)], outputs)
    arrays = [x for _, arrays in calls for x in arrays]
    return compiler.compile(graph, {})(*(np.int64(s) for s in starts if not known), *arrays)


@pytest.mark.parametrize("shape", [(2, 3), ()], ids=str)
@pytest.mark.parametrize("axes", [(0,), (1,), (2, 0), (0, 1, 2)], ids=str)
def test_gather_and_scatter(axes, shape):
    random = np.random.default_rng(0)
    indices = [random.integers(0, SHAPE[a], shape) for a in axes]
    attrs, sums = {"axes": axes}, []
    exact = []
    for dtype in EVERY:
        x = plain(dtype, SHAPE)
        new = plain(dtype, reference(ops.gather, x, *indices, **attrs).shape, 1)
        exact += [(ops.gather, [x, *indices], attrs), (ops.scatter, [x, new, *indices], attrs)]
        sums.append([x, new, *indices])
    trials(*exact)
    for arrays, got in zip(sums, run_each(ops.scatter_add, sums, **attrs)):
        assert_near(got, reference(ops.scatter_add, *arrays, **attrs))


def assert_near(got, expected):
    """Up to a few roundings of sums; integers exactly."""
    if expected.dtype.kind not in "fcV":
        return assert_agree(got, expected)
    assert got.dtype == expected.dtype and got.shape == expected.shape
    close = 16 * epsilon(expected.dtype)
    np.testing.assert_allclose(
        got.astype(complex), expected.astype(complex), rtol=close, atol=close
    )


def test_matmul():
    calls = [
        [plain(dtype, left), plain(dtype, right, 1)]
        for dtype in EVERY
        for left, right in (((4, 5), (5, 3)), ((2, 4, 5), (2, 5, 3)), ((4, 0), (0, 3)))
    ]
    for arrays, got in zip(calls, run_each(ops.matmul, calls)):
        assert_near(got, reference(ops.matmul, *arrays))


def test_matmul_of_float32_is_not_rounded_to_less():
    x = plain(np.dtype("f4"), (64, 64))
    np.testing.assert_allclose(
        run(ops.matmul, x, x), x.astype("f8") @ x.astype("f8"), rtol=1e-4, atol=1e-5
    )


def test_integer_division_by_zero_and_of_the_least_integer():
    calls = []
    for dtype in map(np.dtype, ("i1", "i2", "i4", "i8")):
        least = np.iinfo(dtype).min
        x, y = np.array([7, -7, least, least, 0], dtype), np.array([0, 0, -1, 0, 0], dtype)
        calls += [(op, [x, y], {}) for op in (ops.floor_divide, ops.remainder, ops.fmod)]
    trials(*calls)


def test_empty_arrays():
    x = np.zeros((0, 3))
    trials(
        (ops.sum, [x], {"axes": (0,)}),
        (ops.add, [x, x], {}),
        (ops.gather, [x, np.zeros((0,), np.int64)], {"axes": (0,)}),
    )
