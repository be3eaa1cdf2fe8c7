"""Planted faults are found: the executor refuses what a machine would do wrong in silence."""

import numpy as np
import pytest

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

SUMS = """\
def kernel(x, y, n0):
    s = shared_buffer(float32, 64)
    k = int64(lane())
    s[k] = x[k]
    {barrier}
    y[k] = s[63 - k] + s[k]
"""
DOUBLED = """\
def kernel(x, y, n0):
    at = thread()
    while at <{bound} uint64(n0):
        i = int64(at)
        y[i] = x[i] * float32(2)
        at += threads()
"""
DIVERGENT = """\
def kernel(x, y, n0):
    k = int64(lane())
    if k < 7:
        barrier()
    y[k] = x[k]
"""
COLLIDING = """\
def kernel(x, y, n0):
    y[int64(lane())] = x[int64(lane())]
"""
HALF_A_WARP = """\
def kernel(x, y, n0):
    k = int64(lane())
    if k < 7:
        y[k] = all_add_any(x[k], 32)
"""


def run(text, grid=1, block=64, size=64):
    from defn.compilers.cuda.build import compile_kernel
    from defn.compilers.cuda.ptx import Machine

    machine = Machine()
    x = machine.upload(np.arange(size, dtype="f4"))
    y = machine.empty(np.dtype("f4"), size)
    compiled = compile_kernel(text, ("float32", "float32", None), machine.capability)
    machine.launch(compiled, grid, block, [x, y, size])
    return y


def refused(match, *args, **settings):
    from defn.compilers.cuda.ptx import PtxError

    with pytest.raises(PtxError, match=match):
        run(*args, **settings)


def test_right_kernels_run():
    np.testing.assert_array_equal(run(SUMS.format(barrier="barrier()")), np.full(64, 63.0))
    np.testing.assert_array_equal(run(DOUBLED.format(bound="")), 2 * np.arange(64.0))


def test_a_missing_barrier():
    refused("a race in shared memory", SUMS.format(barrier="pass"))


def test_one_element_too_many():
    refused("byte 256 of 256 in buffer 0 is out of bounds", DOUBLED.format(bound="="))


def test_a_barrier_that_some_never_reach():
    refused("barrier", DIVERGENT)


def test_two_blocks_at_one_element():
    refused("a race in buffer 1: two writes", COLLIDING, grid=2)


def test_a_shuffle_that_some_never_reach():
    refused("not all threads of a warp|does not take part", HALF_A_WARP, block=32)


FOURS = """\
def kernel(x, y, n0):
    k = int64(lane()) * 4 + {off}
    if k + 4 <= n0:
        a, b, c, d = four(x, k)
        put_four(y, k, d, c, b, a)
"""
TURNED = """\
def kernel(x, y, n0):
    s = shared_buffer(float32, 64)
    k = int64(lane())
    s[k] = x[k]
    barrier()
    y[k] = s[63 - k]
    {barrier}
    s[k] = y[k]
"""


def test_four_at_once_from_an_odd_place():
    run(FOURS.format(off=0), block=16)
    refused("an access of 16 bytes to buffer 0 is misaligned", FOURS.format(off=1), block=15)


def test_a_tile_that_is_used_again_too_early():
    run(TURNED.format(barrier="barrier()"))
    refused("a race in shared memory", TURNED.format(barrier="pass"))
