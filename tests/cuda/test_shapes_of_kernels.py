"""The forms that kernels take: fours, rows in registers, turned tiles, a thread for each trip; at
sizes around powers of two, strided, from odd addresses, with products and sums fused and not.
"""

import itertools
import re

import numpy as np
import pytest
from on_ptx import SETTINGS, agrees, close, launches, reference
from test_kernels import normalised, single, smooth, softmax

import defn

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

MANY = 1 << 16  # elements from which on a thread takes four
AROUND = [m + k for m in (32, 256, 1024) for k in (-1, 0, 1)]


def text(function, *arrays):
    return "\n".join(step.text for step in launches(function, *arrays))


# --- four elements at once -----------------------------------------------------------------------


@pytest.mark.parametrize("n", [MANY - 1, MANY, MANY + 1, MANY + 3])
def test_fours_and_what_is_left(n):
    arrays = single(n), single(n), single(n)
    assert ("four(" in text(smooth, *arrays)) == (n >= MANY)
    agrees(smooth, *arrays)


@pytest.mark.parametrize("dtype", ["?", "i1", "f2", "i4", "f8", "c8", "c16"])
def test_fours_of_every_width(dtype):
    x = (single(MANY + 2) * 4).astype(dtype)
    chosen = lambda x: np.where(x == x[3], x, x[::-1])
    agrees(chosen, x)
    assert "put_four(" in text(chosen, x)


def test_fours_only_where_they_lie_at_multiples_of_four():
    x = single(MANY + 5)
    agrees(lambda x: x[1:-3] + x[4:], x)
    assert text(lambda x: x[1:-3] + x[4:], x).count("= four(") == 1


def moves_fours(text):
    """Does a kernel load or store four elements at once?"""
    return bool(re.search(r"= four\(|put_four\(", text))


def odd(where):
    """The executor; all memory that it gives (or that at some turns) begins one element after a
    multiple of 16 bytes.
    """
    from defn.compilers.cuda import ptx

    machine, turns = ptx.Machine(), itertools.count()
    even = machine.empty

    def empty(dtype, size):
        chosen = next(turns) in where or not where
        return even(dtype, size + 1)[1:] if chosen else even(dtype, size)

    machine.empty = empty
    return machine


def at_odd_addresses(function, *arrays, where=()):
    """The kernels' results, where all memory (or what was asked for at some turns) is so; and the
    texts that ran.
    """
    from defn.compilers.cuda.executable import Executable

    machine = odd(where)
    plan = defn.jit(function, **SETTINGS).trace(*arrays).executable.plan
    found = Executable(plan, machine)(*arrays)[0]
    close(found, reference(function, *arrays), 64)
    return "\n".join(compiled.text for compiled, *_ in machine.launches)


@pytest.mark.parametrize("n", [MANY, MANY + 1])
@pytest.mark.parametrize("where", [(), (0,), (1,), (3,)])
def test_an_odd_address_has_a_plain_loop(n, where):
    """The host looks where the buffers begin: those of three arguments and of the result."""
    assert moves_fours(text(smooth, single(n), single(n), single(n)))
    ran = at_odd_addresses(smooth, single(n), single(n), single(n), where=where)
    assert not moves_fours(ran)


@pytest.mark.parametrize("dtype", ["i1", "f2", "f8", "c8", "c16"])
def test_odd_addresses_of_every_width(dtype):
    x = (single(MANY + 2) * 4).astype(dtype)
    ran = at_odd_addresses(lambda x: x + x, x)
    # Each element of complex128 begins at a multiple of 16 bytes.
    assert moves_fours(ran) == (dtype == "c16")


@pytest.mark.parametrize("shape", [(3, 1024), (3, 1000), (2, 4096), (3, 33)])
@pytest.mark.parametrize("function", [softmax, normalised])
def test_rows_at_odd_addresses(function, shape):
    assert not moves_fours(at_odd_addresses(function, single(*shape)))


@pytest.mark.parametrize("shape", [(128, 160), (132, 164)])
def test_tiles_at_odd_addresses(shape):
    x, y = single(*shape), single(*shape[::-1])
    assert moves_fours(text(lambda x, y: x.T * y, x, y))
    assert not moves_fours(at_odd_addresses(lambda x, y: x.T * y, x, y))


def test_few_blocks_begin_often():
    (step,) = launches(lambda x: x * 2, single(1 << 21))
    assert step.grid == 1024 and step.block == 256


# --- rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [*AROUND, 36, 1000, 2052, 4095, 4097])
@pytest.mark.parametrize("function", [softmax, normalised])
def test_rows_of_all_lengths(function, n):
    agrees(function, single(3, n), ulp=64)


def test_a_row_is_read_once_and_written_once():
    for function in (softmax, normalised):
        (step,) = launches(function, single(5, 1024))
        assert len(step.storages) == 2 and step.text.count("= four(x0") == 4
        assert step.text.count("put_four(") == 4


def test_rows_with_what_is_not_a_number():
    x = single(3, 1200)
    x[1, 3], x[2, 5] = np.nan, -np.inf
    agrees(softmax, x, ulp=64)
    agrees(lambda x: np.max(x, axis=1), x)
    agrees(lambda x: np.argmax(x, axis=1), x)


def test_a_row_that_is_read_elsewhere_too_stays_in_memory():
    def turned(x):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        return (e + e[:, ::-1]) / np.sum(e, axis=1, keepdims=True)

    agrees(turned, single(4, 300), ulp=64)


# --- tiles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(128, 160), (132, 164), (129, 160), (128, 161), (127, 131)])
def test_turned(shape):
    x, y = single(*shape), single(*shape[::-1])
    assert "turned" in text(lambda x, y: x.T * y, x, y)
    agrees(lambda x, y: x.T * y + x.T, x, y)


@pytest.mark.parametrize("axes", [(0, 2, 1), (2, 0, 1), (2, 1, 0), (1, 0, 2)])
def test_axes_in_every_order(axes):
    agrees(lambda x: np.exp(x.transpose(axes)), single(40, 33, 35))


def test_turned_of_other_dtypes():
    for dtype in ("?", "f2", "c16"):
        agrees(lambda x: x.T, single(130, 140).astype(dtype))


# --- loops ---------------------------------------------------------------------------------------


@defn.defn
def row_by_row(x, y):
    out = np.zeros_like(x)
    for i in range(x.shape[0]):
        out[i] = np.sin(x[i]) * i + y[x.shape[0] - 1 - i]
    return out


@defn.defn
def neighbours(x):
    out = np.zeros_like(x)
    for i in range(1, x.shape[0]):
        out[i] = out[i - 1] * 0.5 + x[i]
    return out


@pytest.mark.parametrize("n", [31, 33, 257])
def test_trips_apart_are_threads(n):
    x = np.random.default_rng(0).normal(size=(2, n))
    agrees(row_by_row, x[0], x[1])
    assert "a thread for each trip" in defn.jit(row_by_row, **SETTINGS).explain(x[0], x[1])


def test_trips_that_need_each_other_are_not():
    x = np.arange(9.0)
    agrees(neighbours, x)
    assert "by one thread" in defn.jit(neighbours, **SETTINGS).explain(x)


@defn.defn
def by_way_of_a_row(x):
    out = np.zeros_like(x)
    for i in range(x.shape[0]):
        row = np.sort(x[i]) * 2
        out[i] = row * np.sum(row[::-1] * x[i]) + row[::-1]
    return out


def test_trips_that_need_room_of_their_own():
    agrees(by_way_of_a_row, single(40, 4), ulp=64)
    slope = defn.grad(lambda x: np.sum(np.apply_along_axis(lambda r: r * r[0], 1, x) ** 2))
    agrees(slope, np.random.default_rng(0).normal(size=(40, 4)), ulp=64)


def test_small_matrices_are_factorised_by_threads():
    a = np.random.default_rng(0).normal(size=(70, 4, 4))
    a = a @ a.transpose(0, 2, 1) + 4 * np.eye(4)
    for function in (np.linalg.cholesky, np.linalg.det, np.linalg.slogdet):
        agrees(function, a, ulp=1024)
        assert "a thread for each trip" in defn.jit(function, **SETTINGS).explain(a)


@defn.defn
def filtered_twice(z, p):
    x, out = np.zeros(2), np.zeros((z.shape[0], 2))
    turn = np.array([[1.0, 1.0], [0.0, 1.0]])
    for i in range(z.shape[0]):
        x, p = turn @ x, turn @ p @ turn.T + np.eye(2) * 0.1
        gain = np.linalg.solve(p + np.eye(2), p).T
        x, p = x + gain @ (z[i] - x), (np.eye(2) - gain) @ p
        out[i] = x
    return out


def test_known_arrays_as_states():
    agrees(filtered_twice, np.random.default_rng(0).normal(size=(9, 2)), np.eye(2), ulp=512)


# --- rounding ------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [smooth, softmax, normalised, lambda x: np.sum(x * x)])
def test_fused_or_not(function):
    from defn.compilers.cuda import ptx
    from defn.compilers.cuda.executable import Executable

    shape = (MANY + 1,) if function is smooth else (5, 1024)
    arrays = [single(*shape) for _ in range(3 if function is smooth else 1)]
    executable = defn.jit(function, **SETTINGS).trace(*arrays).executable
    apart = executable(*arrays)[0]
    fused = Executable(executable.plan, ptx.Machine(fused=True))(*arrays)[0]
    np.testing.assert_allclose(fused, apart, rtol=1e-5, atol=1e-6)
