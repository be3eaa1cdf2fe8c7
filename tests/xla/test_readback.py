"""Values that are read where they were written, and reads that move behind a write: no copies of whole arrays."""

import numpy as np

import defn
from defn import ops
from defn.compilers.xla.readback import read_back


def bodies(function, *arguments):
    """The body of the only loop, before and after."""
    made = defn.jit(function, compiler="xla").trace(*arguments)
    found = []
    for graph in (made.graph, read_back(made.graph)):
        (loop,) = (n for n in graph.order if n.op is ops.loop)
        found += loop.attrs["bodies"]
    return found


def agrees(function, *arguments):
    copies, expected = ([np.copy(a) for a in arguments] for _ in range(2))
    function(4, *expected)
    defn.jit(function, compiler="xla")(4, *copies)
    for found, wanted in zip(copies, expected):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


def jacobi(count, a, b):
    for _ in range(count):
        b[1:-1] = (a[:-2] + a[1:-1] + a[2:]) / 3
        a[1:-1] = (b[:-2] + b[1:-1] + b[2:]) / 3


def test_a_value_is_read_where_it_was_written():
    arrays = [np.random.default_rng(k).normal(size=2000) for k in range(2)]
    before, after = bodies(jacobi, 4, *arrays)
    for body, count in ((before, 2), (after, 1)):
        write = next(n for n in body.order if n.op is ops.put)
        assert len(body.users()[write.args[1]]) == count
    agrees(jacobi, *arrays)


def test_short_values_stay():
    arrays = [np.ones(20), np.ones(20)]
    before, after = bodies(jacobi, 4, *arrays)
    assert before is after


def test_what_a_write_needs_is_not_read_of_it():
    def function(count, a, b):
        for _ in range(count):
            v = np.sin(a[1:]) * 2
            b[:-1] = v + b[1:]
            b[1:] = v - b[:-1] * v
            a[1:] = v

    agrees(function, *(np.random.default_rng(k).normal(size=2000) for k in range(2)))


def waves(count, a, b):
    for _ in range(count):
        a[0] = b[5]
        a[1:] = a[1:] - 0.5 * (b[1:] - b[:-1])
        b[:-1] = b[:-1] + a[1:] / 7


def test_what_a_write_left_is_read_after_it():
    arrays = [np.random.default_rng(k).normal(size=(30, 40)) for k in range(2)]
    _, after = bodies(waves, 4, *arrays)
    written = {n.args[0] for n in after.order if n.op is ops.put}
    users = after.users()
    for array in written:
        reads = [u for u in users[array] if u.op is ops.get]
        (write,) = (u for u in users[array] if u.op is ops.put)
        assert all(after.order.index(read) < after.order.index(write) for read in reads)
    agrees(waves, *arrays)


def test_windows_that_meet_are_read_before():
    def function(count, a, b):
        for _ in range(count):
            old = a[2:12].copy()
            a[5:] = np.cos(b[5:])
            a[::2] += b[1]
            b[3:13] += old

    agrees(function, *(np.random.default_rng(k).normal(size=2000) for k in range(2)))
