"""Fused kernels of many shapes and sizes: equal to the reference, float32 where the graph has
nothing wider.
"""

import re

import numpy as np
import pytest
from on_ptx import SETTINGS, agrees, executed, launches

import defn
from defn.errors import BoundsError, CompilerError

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]
SIZES = (0, 1, 31, 33, 257)
draw = np.random.default_rng(7)


def single(*shape):
    return draw.normal(size=shape).astype("f4")


def smooth(x, y, z):
    return np.sqrt(x * x + y * y) * np.exp(-z)


def softmax(x):
    shifted = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return shifted / np.sum(shifted, axis=-1, keepdims=True)


def normalised(x):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + np.float32(1e-5))


def spread_out(x, where, values):
    x = x.copy()
    np.add.at(x, where, values)
    return x


@pytest.mark.parametrize("n", SIZES)
def test_elementwise(n):
    agrees(smooth, single(n), single(n), single(n))


@pytest.mark.parametrize("n", SIZES[1:])
@pytest.mark.parametrize("function", [softmax, normalised, lambda x: np.argmax(x, axis=1)])
def test_rows(function, n):
    agrees(function, single(3, n), ulp=64)


@pytest.mark.parametrize("n", SIZES)
def test_columns(n):
    agrees(lambda x: np.sum(x, axis=0), single(n, 5), ulp=64)
    agrees(lambda x: np.sum(x, axis=0), single(5, n), ulp=64)


@pytest.mark.parametrize("n", [0, 1, 33, 20_001])
def test_everything_summed(n):
    agrees(lambda x: np.sum(x * x), single(n), ulp=256)


def test_a_long_sum_is_two_kernels_without_atomics():
    steps = launches(lambda x: np.sum(x), single(40_000))
    assert len(steps) == 2 and not any(re.search(r"\b(atom|red)\.", s.compiled.ptx) for s in steps)


def test_softmax_and_layer_norm_are_one_kernel_each():
    assert len(launches(softmax, single(4, 300))) == 1
    assert len(launches(normalised, single(4, 300))) == 1


@pytest.mark.parametrize("n", [1, 31, 33])
def test_products(n):
    agrees(lambda a, b: a @ b, single(n, 40), single(40, n + 2), ulp=64)
    agrees(lambda a, b: a @ b, single(2, n, 17), single(2, 17, 20), ulp=64)
    agrees(lambda a, b: np.exp(a @ b.T), single(n, 20), single(18, 20), ulp=256)


@pytest.mark.parametrize("n", SIZES)
def test_gathered_and_scattered(n):
    where = draw.integers(0, 9, n)
    agrees(lambda x, i: x[i] * 2, single(9), where)
    agrees(spread_out, single(9), where, single(n), ulp=64)


def assigned(x, where, values):
    x = x.copy()
    x[where] = values
    return x


@pytest.mark.parametrize("n", [31, 400])
def test_of_equal_places_the_last_assignment_wins(n):
    agrees(assigned, single(9, 3), draw.integers(0, 9, n), single(n, 3))


@pytest.mark.parametrize("scan", [np.cumsum, np.maximum.accumulate])
def test_running_along_a_long_axis(scan):
    agrees(scan, draw.normal(size=9001), ulp=4096)
    agrees(lambda x: scan(x, axis=0), draw.integers(0, 9, (4500, 2)))


def test_large_tiles_of_products():
    agrees(lambda a, b: a @ b, single(70, 33), single(33, 129), ulp=64)


def test_strided_arguments():
    x = single(40, 66)
    agrees(smooth, x[::2, 1::3], x.T[3:25, :20].T, x[20:, 40:62])


def test_stencil_and_borders():
    agrees(lambda x: x[1:-1] + x[2:] - x[:-2], single(257))
    agrees(lambda x: np.pad(x, 2) + np.concatenate([x, x[:4]]), single(253))


@pytest.mark.parametrize("function", [smooth, lambda x, y, z: softmax(x.reshape(1, -1)) * y + z])
def test_single_precision_stays(function):
    for step in launches(function, single(64), single(64), single(64)):
        assert ".f64" not in step.compiled.ptx


def test_products_and_row_kernels_have_no_double_and_no_long_division():
    for function, arrays in (
        (lambda a, b: a @ b, (single(33, 40), single(40, 20))),
        (normalised, (single(3, 300),)),
        (lambda x: x.T + x[:3].reshape(-1, 3), (single(3, 5)[:, :3],)),
        (lambda x: np.sum(x, axis=(0, 2)), (single(3, 70, 5),)),
    ):
        for step in launches(function, *arrays):
            assert ".f64" not in step.compiled.ptx
            assert not re.search(r"(div|rem)\.[su]64", step.compiled.ptx), step.text


def test_fusing_products_and_sums_changes_rounding_only():
    from defn.compilers.cuda import ptx
    from defn.compilers.cuda.executable import Executable

    x = single(3, 300)
    executable = defn.jit(normalised, **SETTINGS).trace(x).executable
    apart = executable(x)[0]
    fused = Executable(executable.plan, ptx.Machine(fused=True))(x)[0]
    np.testing.assert_allclose(fused, apart, rtol=1e-5, atol=1e-6)


# --- programs ------------------------------------------------------------------------------------


@defn.defn
def steps(x, n):
    t = 0.0
    for _ in range(n):
        x = x + 0.01 * np.sin(x) * t
        t = t + 0.5
    return x, t


@defn.defn
def filtered(x):
    y = np.zeros_like(x)
    for i in range(1, x.shape[0]):
        y[i] = 0.5 * y[i - 1] + x[i]
    return y


@defn.defn
def direction(a, v):
    for _ in range(5):
        v = a @ v
        v = v / np.sqrt(np.sum(v * v))
    return v


@defn.defn
def branch(x, p):
    if p > 0:
        y = np.sin(x)
    else:
        y = x * 2
    return y


def test_loops_over_elements_are_inside_a_kernel():
    x = draw.normal(size=33)
    agrees(steps, x, 12)
    assert "inside the kernel" in defn.jit(steps, **SETTINGS).explain(x, 12)


def test_loops_over_places_are_one_kernel():
    agrees(filtered, draw.normal(size=31))


def test_other_loops_are_driven_by_the_host():
    a, v = draw.normal(size=(20, 20)), draw.normal(size=20)
    agrees(direction, a, v)
    assert "driven by the host" in defn.jit(direction, **SETTINGS).explain(a, v)


@pytest.mark.parametrize("p", [-1, 1])
def test_branches(p):
    agrees(branch, draw.normal(size=33), p)


def test_gradients_of_loops():
    agrees(defn.grad(lambda x: np.sum(steps(x, 4)[0])), draw.normal(size=33), ulp=64)
    agrees(defn.grad(lambda x: np.sum(filtered(x) ** 2)), draw.normal(size=9), ulp=64)


def test_the_same_random_numbers():
    agrees(lambda x: x + defn.random.normal(defn.random.key(3), (33,)), draw.normal(size=33))


# --- errors --------------------------------------------------------------------------------------


def test_an_index_outside_is_found():
    with pytest.raises(BoundsError, match="outside of its axis"):
        executed(lambda x, i: x[i], single(9), np.array([3, 99]))


def test_without_a_driver_the_way_out_is_named():
    from defn.compilers.cuda import driver

    try:
        driver.start()
    except CompilerError:
        with pytest.raises(CompilerError, match="no CUDA driver was found.*executor='ptx'"):
            defn.jit(smooth, compiler="cuda")(single(3), single(3), single(3))


def test_an_unknown_executor_is_refused():
    with pytest.raises(Exception, match="unknown executor 'gpu'; there are"):
        defn.jit(smooth, compiler="cuda", executor="gpu")(single(3), single(3), single(3))
