"""Steps run in order, share their chunks, and give the same results whatever the threads do."""

import multiprocessing
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from defn.compilers.numba import threads
from defn.compilers.numba.kernels import compile_kernel
from defn.errors import ArgumentError

SQUARES = """
def kernel(start, stop, args):
    x = buffer(args, 0, float64)
    y = buffer(args, 1, float64)
    for i in range(start, stop):
        y[i] = x[i] * x[i]
    return 0
"""
# Each chunk writes the sum of its rows where it begins.
SUMS = """
def kernel(start, stop, args):
    x = buffer(args, 0, float64)
    y = buffer(args, 1, float64)
    total = 0.0
    for i in range(start, stop):
        total = add_any(total, x[i])
    y[start] = total
    return 0
"""
FAILS = """
def kernel(start, stop, args):
    bad = size(args, 0)
    for i in range(start, stop):
        if i >= bad:
            return i
    return 0
"""
SCALED = """
def kernel(start, stop, args):
    y = buffer(args, 0, float64)
    for i in range(start, stop):
        y[i] = size(args, 1) + number(args, 2) * i
    return 0
"""
ARRAYS = [(0, 0, "array"), (1, 1, "array")]


def program(text, rows, chunk, parallel=True, table=(0, 0), slots=ARRAYS, **settings):
    step = compile_kernel(text), rows, chunk, parallel, 0
    return threads.Program([step], table, slots, **settings)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize(("rows", "chunk"), [(0, 1), (1, 1), (7, 2), (1000, 64), (100_000, 999)])
def test_each_row_is_done_once(rows, chunk, count):
    x, y = np.arange(float(rows)), np.full(rows + 1, -1.0)
    assert program(SQUARES, rows, chunk)(x, y, threads=count) == 0
    assert (y[:rows] == x * x).all() and y[rows] == -1


@pytest.mark.parametrize("quick", [False, True])
def test_results_do_not_depend_on_threads(quick):
    x = np.random.default_rng(0).standard_normal(50_000)
    run = program(SUMS, x.size, 1237, quick=quick)
    results = []
    for count in (1, 2, 5):
        y = np.zeros_like(x)
        assert run(x, y, threads=count) == 0
        results.append(y)
    assert all((y == results[0]).all() for y in results)


def test_many_short_jobs_in_a_row():
    x, y = np.arange(512.0), np.zeros(512)
    run = program(SQUARES, 512, 8)
    for k in range(3000):
        x[0] = k
        assert run(x, y, threads=4) == 0
        assert y[0] == k * k and y[511] == 511**2


def test_steps_follow_one_another():
    kernel = compile_kernel(SQUARES)
    steps = [(kernel, 1000, 50, True, 0), (kernel, 1000, 50, True, 2), (kernel, 3, 3, False, 4)]
    slots = [(0, 0, "array"), (1, 1, "array"), (1, 2, "array"), (2, 3, "array")]
    run = threads.Program(steps, [0] * 6, [*slots, (2, 4, "array"), (3, 5, "array")])
    x, y, z, w = np.linspace(0, 1, 1000), np.zeros(1000), np.zeros(1000), np.zeros(3)
    assert run(x, y, z, w, threads=3) == 0
    assert (z == (x * x) * (x * x)).all() and (w == z[:3] * z[:3]).all()


def test_numbers_of_a_call():
    slots = [(0, 0, "array"), (1, 1, "integer"), (2, 2, "float")]
    run = program(SCALED, 4, 4, False, [0, 0, 0], slots)
    y = np.zeros(4)
    for integer, real in [(3, 0.5), (-(2**62), 2), (np.int32(7), np.float32(0.25)), (True, 1e300)]:
        assert run(y, integer, real) == 0
        assert (y == int(integer) + float(real) * np.arange(4)).all()


def test_what_is_no_number_is_a_python_error():
    run = program(
        SCALED, 4, 4, False, [0] * 3, [(0, 0, "array"), (1, 1, "integer"), (2, 2, "float")]
    )
    y = np.ones(4)
    with pytest.raises(TypeError):
        run(y, "3", 0.5)
    with pytest.raises(OverflowError):
        run(y, 2**63, 0.5)
    with pytest.raises(TypeError):
        run(y, 3, None)
    assert (y == 1).all()


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_first_status_that_is_not_0(count):
    run = program(FAILS, 1000, 10, table=[0], slots=[(0, 0, "integer")])
    for bad in (1, 10, 15, 333, 999):
        assert run(bad, threads=count) == bad
    assert run(1000, threads=count) == 0


@pytest.mark.parametrize("count", [1, 2])
def test_a_status_ends_the_program(count):
    failing, squares = compile_kernel(FAILS), compile_kernel(SQUARES)
    steps = [(failing, 100, 7, True, 0), (squares, 100, 7, True, 1)]
    x, y = np.arange(100.0), np.zeros(100)
    run = threads.Program(steps, [50, 0, 0], [(0, 1, "array"), (1, 2, "array")])
    assert run(x, y, threads=count) == 50
    assert not y.any()


def test_negative_status():
    text = "def kernel(start, stop, args):\n    return -3\n"
    for count in (1, 2):
        assert program(text, 10, 1, slots=[])(threads=count) == -3


def test_no_status_is_a_good_one():
    text = SQUARES.replace("    return 0\n", "")
    x, y = np.arange(5.0), np.zeros(5)
    assert program(text, 5, 5)(x, y) == 0
    assert (y == x * x).all()


def test_a_long_table():
    count = 3000
    x, y = np.arange(10.0), np.zeros(10)
    step = compile_kernel(SQUARES), 10, 10, False, count - 2
    run = threads.Program([step], [0] * count, [(0, count - 2, "array"), (1, count - 1, "array")])
    assert run(x, y) == 0
    assert (y == x * x).all()


def test_run_with_a_ready_table():
    x, y = np.arange(100.0), np.zeros(100)
    table = np.array([x.ctypes.data, y.ctypes.data])
    for count in (1, 2):
        y[:] = 0
        step = compile_kernel(SQUARES), 100, 9, True, 0
        assert threads.run([step], table, threads=count) == 0
        assert (y == x * x).all()


def test_two_python_threads_at_once():
    x = np.random.default_rng(0).standard_normal(200_000)
    run = program(SQUARES, x.size, 5000)
    wrong = []

    def work():
        y = np.zeros_like(x)
        for _ in range(100):
            y[:] = 0
            if run(x, y, threads=2) or not (y == x * x).all():
                wrong.append(y)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def child(connection):
    x, y = np.arange(100_000.0), np.zeros(100_000)
    status = program(SQUARES, x.size, 1000)(x, y, threads=3)
    connection.send((status, bool((y == x * x).all()), threads.crew().helpers))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_has_helpers_of_its_own():
    x, y = np.arange(100_000.0), np.zeros(100_000)
    program(SQUARES, x.size, 1000)(x, y, threads=3)
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=child, args=(theirs,))
    process.start()
    assert ours.poll(60)
    assert ours.recv() == (0, True, 2)
    process.join(60)
    assert process.exitcode == 0
    assert program(SQUARES, x.size, 1000)(x, y, threads=3) == 0


def test_helpers_do_not_keep_the_process():
    text = f"""
import numpy as np
from defn.compilers.numba import threads
from defn.compilers.numba.kernels import compile_kernel
kernel = compile_kernel({SQUARES!r})
run = threads.Program([(kernel, 1000, 10, True, 0)], [0, 0], [(0, 0, "array"), (1, 1, "array")])
x = np.arange(1000.0); y = np.zeros(1000)
for _ in range(100): run(x, y, threads=4)
print(int((y == x * x).all()))
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


# --- how many ------------------------------------------------------------------------------------


def test_the_environment_sets_the_number(monkeypatch):
    monkeypatch.setenv("DEFN_THREADS", "3")
    assert threads.default_threads() == 3
    monkeypatch.setenv("DEFN_THREADS", "none")
    with pytest.raises(ArgumentError, match="threads must be 1 or more, got 'none'"):
        threads.default_threads()


@pytest.mark.parametrize("bad", [0, -1, "two", None, 0.5])
def test_a_number_of_threads_that_is_none(bad):
    with pytest.raises(ArgumentError, match="threads must be"):
        threads.checked(bad)


def test_affinity():
    assert 1 <= threads.available() <= (os.cpu_count() or 1)


def files(root, **contents):
    for name, text in contents.items():
        place = root / name.replace("__", "/").replace("_DOT_", ".")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def test_quota_of_control_groups(tmp_path):
    files(tmp_path, proc__self__cgroup="0::/a/b\n")
    assert threads.quota(tmp_path) == float("inf")
    files(tmp_path, sys__fs__cgroup__a__b__cpu_DOT_max="max 100000\n")
    assert threads.quota(tmp_path) == float("inf")
    files(tmp_path, sys__fs__cgroup__a__cpu_DOT_max="250000 100000\n")
    assert threads.quota(tmp_path) == 2.5


def test_quota_of_old_control_groups(tmp_path):
    group = tmp_path / "sys/fs/cgroup/cpu,cpuacct/x"
    group.mkdir(parents=True)
    files(tmp_path, proc__self__cgroup="4:cpu,cpuacct:/x\n")
    (group / "cpu.cfs_quota_us").write_text("-1")
    (group / "cpu.cfs_period_us").write_text("100000")
    assert threads.quota(tmp_path) == float("inf")
    (group / "cpu.cfs_quota_us").write_text("400000")
    assert threads.quota(tmp_path) == 4
