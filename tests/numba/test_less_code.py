"""What keeps compilation short: addresses of rows, what LLVM is told of loops, functions that are shared."""

import numpy as np
import pytest

from defn import jit
from defn.compilers.numba import build, objects, runtime, shared, symbols, translate
from defn.compilers.numba.kernels import ENTRY, Kernel
from defn.compilers.numba.threads import Program
from defn.compilers.numba.told import MANY

SWEEP = """\
def kernel(start, stop, args):
    wide()
    x0 = buffer(args, 0, {dtype})
    n0 = size(args, 1)
    for i in range(1, n0 - 1):
        k1 = i * n0
        s2 = x0[k1]
        for j in range(1, n0 - 1):
            t3 = x0[i * n0 + j - n0] + s2
            t4 = t3 + x0[k1 + j + 1] + x0[j + i * n0 + n0]
            x0[i * n0 + j] = t4
            s2 = t4
    return 0
"""
NEST = """\
def kernel(start, stop, args):
    x = buffer(args, 0, float64)
    n = size(args, 1)
    for i in range(start, stop):
        for j in range({trips}):
            x[i] = x[i] + x[j]
    return 0
"""


def module(text):
    return str(translate.translated(text, "kernel", runtime.NAMES, ENTRY))


def swept(built, x):
    library = objects.load(built.code, built.needs)
    kernel = Kernel(library.address(ENTRY), library, "")
    program = Program([(kernel, 1, 1, False, 0)], [0, len(x)], [(0, 0, "array")])
    assert program(x, threads=1) == 0
    return x


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "complex128"])
def test_rows_of_their_own_hold_the_same_elements(dtype):
    text = SWEEP.format(dtype=dtype)
    x = (np.arange(144).reshape(12, 12) % 7).astype(dtype)
    function = build.function_of(text, "kernel", runtime.NAMES, "<text>")
    expected = swept(build.build(function), x.copy())
    assert "strip.invariant.group" in module(text)
    np.testing.assert_array_equal(swept(build.translated(module(text)), x.copy()), expected)


def test_loops_of_vectors_keep_their_addresses():
    text = SWEEP.replace("            s2 = t4\n", "").format(dtype="float64")
    assert "strip.invariant.group" not in module(text)


@pytest.mark.parametrize(
    "trips, said", [("n", "llvm.loop.unroll.disable"), ("3", "llvm.loop.unroll.runtime.disable")]
)
def test_loops_around_long_loops_are_never_copied(trips, said):
    assert said in module(NEST.format(trips=trips))


def test_among_many_loops_a_trip_is_one_vector():
    line = "    for i in range(start, stop):\n        x[i] = 0.0\n"
    head, end = (
        "def kernel(start, stop, args):\n    x = buffer(args, 0, float64)\n",
        "    return 0\n",
    )
    assert "interleave" not in module(head + line * MANY + end)
    assert "interleave" in module(head + line * (MANY + 1) + end)


def test_shared_functions_have_addresses():
    assert shared.address(symbols.PREFIX + "turn_64_8")
    assert shared.address(symbols.PREFIX + "tile_float32_2_16")
    assert shared.address(symbols.PREFIX + "expf") is None


def test_large_sizes_are_known_to_be_large():
    added = jit(lambda x: np.sum(x, axis=1), compiler="numba")
    assert "large(args" in added.source(np.ones((99, 99)))
    assert "large(args" not in added.source(np.ones((9, 9)))


@pytest.mark.parametrize("dtype", ["u1", "f2", "f4", "f8", "c8", "c16", "?"])
def test_blocks_of_every_dtype_are_turned(dtype):
    x = (np.arange(70 * 90).reshape(70, 90) % 5).astype(dtype)
    turned = jit(lambda x: np.ascontiguousarray(x.T), compiler="numba")
    np.testing.assert_array_equal(turned(x), x.T)
