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


# --- what was never written, masks, borders within a buffer --------------------------------------

HALF_FILLED = """\
def kernel(x, y, n0):
    s = shared_buffer(float32, 64)
    k = int64(lane())
    if k < {filled}:
        s[k] = x[k]
    barrier()
    y[k] = s[63 - k]
"""
ONE_TO_THE_RIGHT = """\
def kernel(x, y, n0):
    at = thread()
    while at < uint64(n0) - uint64(1):
        i = int64(at)
        y[i + 1] = x[i]
        y[i] = x[i]
        at += threads()
"""
READ_BY_ANOTHER_BLOCK = """\
def kernel(x, y, n0):
    k = int64(lane())
    b = int64(block())
    y[k + 32 * b] = x[k]
    barrier()
    y[k + 32 * b] = y[63 - k - 32 * b] + x[k]
"""


def test_shared_memory_that_nothing_was_written_to():
    run(HALF_FILLED.format(filled=64))
    refused("a read of shared memory that no thread has written", HALF_FILLED.format(filled=63))


def test_a_store_one_place_too_far_within_the_buffer():
    refused("a race in buffer 1: two writes", ONE_TO_THE_RIGHT)


def test_a_barrier_does_not_join_blocks():
    refused("a race in buffer 1", READ_BY_ANOTHER_BLOCK, grid=2, block=32)


SHUFFLE = """\
.version 8.0
.target sm_90
.address_size 64
.visible .entry shuffled(.param .u64 y)
{{
    .reg .b64 %rd<4>;
    .reg .b32 %r<4>;
    .reg .pred %p<2>;
    ld.param.u64 %rd1, [y];
    mov.u32 %r1, %tid.x;
    {meet}
    mul.wide.u32 %rd2, %r1, 4;
    add.s64 %rd3, %rd1, %rd2;
    st.global.u32 [%rd3], %r2;
    ret;
}}
"""


def shuffled(meet, block=32):
    """What each lane of a hand-written kernel stores."""
    from defn.compilers.cuda.ptx.execute import Program, execute
    from defn.compilers.cuda.ptx.text import Entry

    y = np.zeros(block, "u4")
    execute(Program(Entry(SHUFFLE.format(meet=meet))), 1, block, [y])
    return y


def test_a_mask_that_leaves_lanes_out():
    from defn.compilers.cuda.ptx import PtxError

    right = shuffled("shfl.sync.bfly.b32 %r2, %r1, 1, 31, -1;")
    np.testing.assert_array_equal(right, np.arange(32) ^ 1)
    for meet in (
        "shfl.sync.bfly.b32 %r2, %r1, 1, 31, 65535;",
        "setp.eq.u32 %p1, %r1, 3;\n    vote.sync.ballot.b32 %r2, %p1, 2147483647;",
    ):
        with pytest.raises(PtxError, match="a lane that the mask does not name takes part"):
            shuffled(meet)


def test_a_register_that_was_never_written_holds_no_zero():
    assert shuffled("add.u32 %r2, %r3, 0;").all()


@pytest.mark.parametrize("first", [1, 2, 3])
def test_fours_that_do_not_ask_where_a_buffer_begins(first):
    """The executor knows the address, as a device does."""
    from defn.compilers.cuda.build import compile_kernel
    from defn.compilers.cuda.ptx import Machine, PtxError

    machine = Machine()
    x, y = (machine.empty(np.dtype("f4"), 68) for _ in range(2))
    compiled = compile_kernel(FOURS.format(off=0), ("float32", "float32", None), (9, 0))
    with pytest.raises(PtxError, match="an access of 16 bytes to buffer 0 is misaligned"):
        machine.launch(compiled, 1, 16, [x[first : first + 64], y[:64], 64])
