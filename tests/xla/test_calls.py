"""The call path: NumPy in and out, 64-bit types, memory, threads, the disk cache, JAX arrays,
devices.
"""

import os
import subprocess
import sys
import threading

import jax
import numpy as np
import pytest

import defn
from defn import backends, ops
from defn.compilers.xla import compiler, staging
from defn.errors import ArgumentError, CompilerError
from defn.expr import make, parameter
from defn.graph import Graph
from defn.types import Type


def sine(dtype="f8", n=8):
    """The graph of sin(x) + y."""
    x, y = parameter(Type(dtype, (n,))), parameter(Type(dtype, (n,)))
    return Graph([x, y], [make(ops.add, (make(ops.sin, (x,)), y))])


def test_a_function_of_jaxs_says_that_it_takes_no_traced_value():
    with pytest.raises(TypeError, match="function sin at .* as an abstract array"):
        defn.jit(lambda x: jax.numpy.sin(x), compiler="numpy")(np.ones(2))


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")
def test_sixty_four_bits_leave_jaxs_flag_alone():
    before = jax.config.jax_enable_x64
    x = np.arange(8.0) / 3
    seen = []
    thread = threading.Thread(target=lambda: seen.append(jax.numpy.ones(3, "float64").dtype))
    run = compiler.compile(sine(), {})
    thread.start()
    (result,) = run(x, x)
    thread.join()
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, np.sin(x) + x, rtol=1e-15)
    assert jax.config.jax_enable_x64 == before
    assert jax.numpy.ones(3, "float64").dtype == (np.float64 if before else np.float32)
    assert seen == [np.float64 if before else np.float32]


@pytest.mark.parametrize("n", [0, 1, 8, 100_000])
def test_results_are_plain_writable_arrays(n):
    x = np.ones(n)
    first, second = (compiler.compile(sine(n=n), {})(x, x)[0] for _ in range(2))
    assert type(first) is np.ndarray and first.flags.writeable and first.flags.c_contiguous
    expected = second.copy()
    first[:] = 5
    np.testing.assert_array_equal(second, expected)
    np.testing.assert_array_equal(x, np.ones(n))


@pytest.mark.parametrize("dtype", ["bfloat16", "f2", "c16", "bool", "u1"])
def test_large_results_of_every_kind(dtype):
    dtype = np.dtype(dtype) if dtype != "bfloat16" else ops.ALL and __import__("ml_dtypes").bfloat16
    x = np.arange(50_000).astype(dtype)
    p = parameter(Type(x.dtype, x.shape))
    (result,) = compiler.compile(Graph([p], [make(ops.flip, (p,), {"axes": (0,)})]), {})(x)
    assert result.dtype == x.dtype and result.flags.writeable
    np.testing.assert_array_equal(result, x[::-1])
    result[0] = 1


def aligned(n, dtype=np.float64):
    """Ones at an address that XLA reads in place."""
    memory = np.empty(n * np.dtype(dtype).itemsize + 64, np.uint8)
    start = -memory.ctypes.data % 64
    array = memory[start : start + n * np.dtype(dtype).itemsize].view(dtype)
    array[:] = 1
    return array


def test_the_caller_may_overwrite_its_arguments_right_after_the_call():
    n = 300_000
    run = compiler.compile(sine(n=n), {})
    x = aligned(n)
    expected = np.sin(1.0) + 1.0
    for _ in range(30):
        x[:] = 1
        (result,) = run(x, x)
        x[:] = 7
        assert (result == expected).all()


def test_an_argument_that_is_a_result_is_not_the_same_memory():
    n = 100_000
    p = parameter(Type("f8", (n,)))
    doubled = make(ops.add, (p, p))
    run = compiler.compile(Graph([p], [p, p, doubled, doubled]), {})
    x = aligned(n)
    results = run(x)
    for k, result in enumerate(results):
        result[:] = k
    assert [set(result) for result in results] == [{0.0}, {1.0}, {2.0}, {3.0}]
    assert (x == 1).all()


def test_arguments_that_are_strided_or_reversed():
    x = np.arange(32.0)
    (result,) = compiler.compile(sine(), {})(x[::4], x[::-4])
    np.testing.assert_allclose(result, np.sin(x[::4]) + x[::-4], rtol=1e-15)


def test_jax_arrays_in_and_out():
    with jax.enable_x64(True):
        x = jax.numpy.arange(8.0)
    (result,) = compiler.compile(sine(), {}).call_jax(x, x)
    assert isinstance(result, jax.Array) and result.dtype == np.float64
    np.testing.assert_allclose(
        np.asarray(result), np.sin(np.arange(8.0)) + np.arange(8.0), rtol=1e-15
    )


def test_calls_from_many_threads():
    run = compiler.compile(sine(), {})
    wrong = []

    def work(k):
        x = np.full(8, float(k))
        for _ in range(50):
            if not np.allclose(run(x, x)[0], np.sin(x) + x, rtol=1e-15):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_argument_that_nothing_reads():
    for dtype in ("i4", "f8"):
        x, y = parameter(Type(dtype, (3,))), parameter(Type("f4", (3,)))
        run = compiler.compile(Graph([x, y], [make(ops.sin, (y,))]), {})
        np.testing.assert_allclose(
            run(np.ones(3, dtype), np.ones(3, "f4"))[0], np.sin(np.ones(3)), rtol=1e-6
        )


def test_no_arguments_and_no_results():
    assert compiler.compile(Graph([], []), {})() == ()


def test_devices_and_ignored_options():
    x = np.ones(8)
    run = compiler.compile(sine(), {"device": "cpu:0", "threads": 1})
    np.testing.assert_allclose(run(x, x)[0], np.sin(x) + x, rtol=1e-15)
    assert "taskset" in run.ignored["threads"]
    assert run.explain().splitlines()[1].startswith("threads= is ignored: XLA has one")
    assert "stablehlo.sine" in run.source
    with pytest.raises(CompilerError, match="no device 'nonsense'"):
        compiler.compile(sine(), {"device": "nonsense"})
    with pytest.raises(ArgumentError, match="cpu:99"):
        compiler.compile(sine(), {"device": "cpu:99"})


PROGRAM = """
import numpy as np
from defn.compilers import cache
from defn.compilers.xla import compiler, staging
from defn import ops
from defn.expr import make, parameter
from defn.graph import Graph
from defn.types import Type
p = parameter(Type("f8", (8,)))
run = compiler.compile(Graph([p], [make(ops.sinh, (p,))]), {})
print(run(np.ones(8))[0][0], cache.info()["made"], cache.info()["disk"])
"""


def test_a_second_process_finds_the_executable_on_the_disk(tmp_path):
    environment = {**os.environ, "DEFN_CACHE_DIR": str(tmp_path), "DEFN_CACHE": "1"}
    lines = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert [float(line[0]) for line in lines] == [pytest.approx(np.sinh(1.0))] * 2
    assert [line[1:] for line in lines] == [["1", "0"], ["0", "1"]]


def test_a_damaged_entry_is_made_again(tmp_path):
    environment = {**os.environ, "DEFN_CACHE_DIR": str(tmp_path), "DEFN_CACHE": "1"}
    run = lambda: subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    run()
    (entry,) = tmp_path.glob("??/*")
    entry.write_bytes(entry.read_bytes()[:-100])
    assert float(run().stdout.split()[0]) == pytest.approx(np.sinh(1.0))


def test_importing_defn_does_not_import_jax():
    code = "import sys, defn; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_backend():
    backend = backends.load("xla:cpu")
    source = np.arange(3.0)
    x = backend.put(source)
    source[:] = 9
    y = backend.run(ops.add, [x, x], {})
    np.testing.assert_array_equal(backend.get(y), [0, 2, 4])
    assert backend.type_of(y) == Type("f8", (3,))
    assert backends.load("xla:cpu").name == "xla:cpu"


def test_large_arguments_are_staged_and_may_be_overwritten(monkeypatch):
    n = staging.LARGE // 8
    run = compiler.compile(sine(n=n), {})
    x = np.ones(n + 1)[1:]
    expected = np.sin(1.0) + 1.0
    staging.clear()
    for _ in range(10):
        x[:] = 1
        (result,) = run(x, x[::-1])
        x[:] = 7
        assert (result == expected).all()
    assert sum(m.nbytes for waiting in staging._free.values() for m in waiting) <= 2 * n * 8
    monkeypatch.setattr(staging, "KEPT", 0)
    staging.clear()
    x[:] = 1
    assert (run(x, x)[0] == expected).all()
    assert not any(staging._free.values())


def test_jax_arrays_in_and_out_of_a_function():
    def function(x, k):
        return {"sum": x + k, "mean": (x * 0.1).mean()}

    with jax.enable_x64(True):
        x = jax.numpy.arange(6.0)
    found = defn.jit(function, compiler="xla")(x, 2)
    assert all(isinstance(r, jax.Array) and r.dtype == np.float64 for r in found.values())
    np.testing.assert_array_equal(np.asarray(found["sum"]), np.arange(6.0) + 2)
    half = defn.jit(lambda x: x / 2, compiler="xla")(jax.numpy.ones(3, "float32"))
    assert isinstance(half, jax.Array) and half.dtype == np.float32


def test_tensors_of_the_backend_stay_there():
    with defn.default_backend("xla:cpu"):
        x = defn.tensor([1.0, 2.0])
        y = defn.jit(lambda x: np.sin(x) + 1, compiler="xla")(x)
        assert y.backend.name == "xla:cpu" and isinstance(y.buffer, jax.Array)
        np.testing.assert_allclose(np.asarray(y), np.sin([1.0, 2.0]) + 1, rtol=1e-15)


def guarded(function, *arguments):
    """The compiled function, called once; it has a guard from then on."""
    made = defn.jit(function, compiler="xla")
    made(*arguments)
    assert [len(guards) for guards in made._guards.values()] == [1]
    made._call = None  # the long way would fail
    return made


@pytest.mark.parametrize("dtype", ["f4", "f8", "c16"])
def test_tensors_and_jax_arrays_take_the_short_way(dtype):
    x = np.arange(5).astype(dtype)
    tensor = defn.tensor(x).to("xla:cpu")

    def f(x, named):
        return x * 2, {"sum": np.sum(x + named["y"])}

    for value, kind in ((tensor, defn.Tensor), (tensor.buffer, jax.Array)):
        run = guarded(f, value, {"y": value})
        doubled, rest = run(value, {"y": value})
        assert isinstance(doubled, kind) and doubled.dtype == rest["sum"].dtype == dtype
        np.testing.assert_array_equal(np.asarray(getattr(doubled, "buffer", doubled)), x * 2)
        np.testing.assert_array_equal(
            np.asarray(getattr(rest["sum"], "buffer", rest["sum"])), 2 * x.sum()
        )
    assert tensor.backend is defn.jit(f, compiler="xla")(tensor, {"y": tensor})[0].backend


def test_what_does_not_fit_a_guard_of_tensors_takes_the_long_way():
    f = defn.jit(lambda x: x + 1, compiler="xla")
    for x in (np.zeros(3), np.zeros(4), np.zeros(4, "f4"), np.zeros((2, 2))):
        tensor = defn.tensor(x).to("xla:cpu")
        for value in (x, tensor, tensor.buffer):
            found = f(value)
            assert type(found) is type(value) and found.shape == x.shape and found.dtype == x.dtype


def test_a_guard_of_tensors_is_not_for_those_of_another_trace():
    f = defn.jit(lambda x: x + 1, compiler="xla")
    tensor = defn.tensor(np.zeros(3)).to("xla:cpu")
    f(tensor)
    outer = defn.jit(lambda x: f(x) * 2, compiler="xla")
    np.testing.assert_array_equal(outer(tensor).buffer, [2, 2, 2])
    np.testing.assert_array_equal(outer(np.zeros(3)), [2, 2, 2])


def test_the_guard_is_the_call_after_it_fitted_and_gives_way():
    scale = [2.0]

    def f(x):
        return x * scale[0]

    compiled, x = defn.jit(f, compiler="xla"), np.arange(3.0)
    arguments = [x, x.astype("f4"), np.ones((2, 2)), defn.tensor(x).to("xla:cpu")]
    for _ in range(4):
        for value in arguments:
            np.testing.assert_array_equal(np.asarray(compiled(value)), np.asarray(value) * scale[0])
    assert type(compiled) is not defn.jit and type(compiled).__mro__[1] is type(defn.jit(f))
    scale[0] = 3.0
    np.testing.assert_array_equal(compiled(x), x * 3)
    np.testing.assert_array_equal(compiled(x=x), x * 3)
    np.testing.assert_array_equal(compiled(x, compiler="numpy"), x * 3)
    with pytest.raises(TypeError):
        compiled(x, x)
    outer = defn.jit(lambda x: compiled(x) + 1, compiler="numpy")
    np.testing.assert_array_equal(outer(x), x * 3 + 1)
    with defn.default_options(compiler="numpy"):
        np.testing.assert_array_equal(compiled(x), x * 3)


def test_many_signatures_in_turns():
    compiled = defn.jit(lambda x: x + 1, compiler="xla")
    arrays = [np.zeros(n, "f4") for n in range(1, 30)]
    for _ in range(3):
        for array in arrays:
            np.testing.assert_array_equal(compiled(array), array + 1)
