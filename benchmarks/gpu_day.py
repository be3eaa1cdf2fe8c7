"""What to run on the first day with an NVIDIA device, in order: `python -m benchmarks.gpu_day`.

Names of parts after it choose some of them. `HALVINGS` makes all sizes smaller, for a try without a
device.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
import traceback
from importlib import import_module
from pathlib import Path

import numpy as np

import defn
from defn import backends, pytree
from defn.compilers.cuda import build, cublas, ptx
from defn.compilers.cuda.device import machine as find
from defn.compilers.cuda.driver import asked
from defn.compilers.cuda.executable import Executable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from samples import ROWS, SAMPLES  # noqa: E402

draw = np.random.default_rng(0)
HALVINGS = 0
XLA = "cuda:0"


def many(n):
    """How many of something large."""
    return max(4, n >> HALVINGS)


def side(n):
    """The side of a large matrix."""
    return max(8, n >> HALVINGS // 2)


def say(*parts):
    print(*parts, flush=True)


def on_device(function, *arrays):
    return defn.jit(function, compiler="cuda")(*arrays)


# --- 1. is there a device, and does a kernel load? -----------------------------------------------


def device():
    machine = find()
    say("device", machine.name, "compute capability", machine.capability)
    say("driver", asked("cuDriverGetVersion"), "toolkit", build.release("nvidia-nvvm"))
    x = np.arange(7, dtype="f4")
    np.testing.assert_array_equal(on_device(lambda x: x * 2, x), x * 2)


# --- 2. every sample, against NumPy and against the executor -------------------------------------


def samples():
    worst, unlike, failed = {}, [], []
    for name in SAMPLES:
        for sample in SAMPLES[name] if name in ROWS else SAMPLES[name][:1]:
            try:
                worst[name] = max(worst.get(name, 0.0), error(sample))
                if not bit_for_bit(sample):
                    unlike.append(name)
            except Exception as problem:  # noqa: BLE001  (all are listed)
                failed.append((name, repr(problem)[:200]))
    say("largest errors", sorted(worst.items(), key=lambda pair: -pair[1])[:20])
    say("other bits than the executor's, fused or not", sorted(set(unlike)))
    say("failed", failed)


def error(sample):
    """The largest error of a sample, in units of the result's precision."""
    with np.errstate(all="ignore"):
        wanted = defn.jit(sample, compiler="numpy")(*sample.arguments)
    got = on_device(sample, *sample.arguments)
    return max(map(units, pytree.leaves(got), pytree.leaves(wanted)), default=0.0)


def units(got, wanted):
    got, wanted = np.asarray(got), np.asarray(wanted)
    if got.dtype.kind not in "fc":
        return 0.0 if np.array_equal(got, wanted) else np.inf
    with np.errstate(invalid="ignore"):
        scale = np.maximum(np.abs(wanted), 1) * np.finfo(wanted.dtype).eps
        return float(np.nanmax(np.abs(got - wanted) / scale, initial=0))


def bit_for_bit(sample):
    """Does the device give what the executor gives, with products and sums fused or apart?"""
    executable = defn.jit(sample, compiler="cuda").trace(*sample.arguments).executable
    arrays = [np.asarray(a) for a in sample.arguments]
    if len(arrays) != len(executable.plan.graph.parameters):
        return True
    got = executable(*arrays)
    ways = [Executable(executable.plan, ptx.Machine(fused=f))(*arrays) for f in (True, False)]
    return any(all(a.tobytes() == b.tobytes() for a, b in zip(got, way)) for way in ways)


# --- 3. sizes ------------------------------------------------------------------------------------


def sizes():
    near = [many(2**k) + d for k in (10, 16, 20, 24) for d in (-1, 0, 1)]
    for n in (0, 1, 31, 32, 33, 255, 256, 257, *near):
        x = draw.normal(size=n).astype("f4")
        np.testing.assert_allclose(on_device(fused, x, x, x), fused(x, x, x), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            on_device(np.sum, x), np.sum(x, dtype="f8"), rtol=1e-4, atol=1e-2
        )
        for view in (x[::2], x[::-1]):
            np.testing.assert_array_equal(on_device(np.negative, view), -view)
    say("sizes: all equal")


def rounding():
    """Roots of every number between 1 and 4, and quotients of one divisor, bit for bit."""
    x = (np.arange(many(1 << 24), dtype="u4") + np.uint32(0x3F800000)).view("f4")
    np.testing.assert_array_equal(on_device(np.sqrt, x), np.sqrt(x))
    for y in np.array([3, 0.1, 1.9999999, 1.0000001, -7], "f4"):
        np.testing.assert_array_equal(on_device(np.divide, x, np.array(y)), x / y)
    say("roots and quotients: equal to the last bit")


# --- 4. reductions -------------------------------------------------------------------------------


def repeatability():
    x = draw.normal(size=many(10_000_000)).astype("f4")
    found = {on_device(np.sum, x).tobytes() for _ in range(20)}
    say("sum: results", len(found), "error", float(on_device(np.sum, x)) - np.sum(x, dtype="f8"))
    where = draw.integers(0, 100, x.size)
    sums = [on_device(scattered, np.zeros(100, "f4"), where, x) for _ in range(20)]
    say("atomic sums: spread", float(np.ptp(sums, axis=0).max()))


# --- 5. arrays of others -------------------------------------------------------------------------


def interchange():
    for name, lend in LENDERS.items():
        try:
            lent, pointer = lend(draw.normal(size=(300, 400)).astype("f4"))
        except Exception as problem:  # noqa: BLE001  (not installed, or not for this device)
            say(name, "cannot be tried:", repr(problem)[:200])
            continue
        wanted = defn.jit(softmax, compiler="numpy")(host(lent))
        got = defn.jit(softmax, compiler="cuda")(lent)
        say(name, "in: same values", np.allclose(np.asarray(got), wanted, rtol=1e-5))
        say(name, "in: same memory", taken_at(lent) == pointer)
        say(name, "turned: same values", turned_agrees(lent))
        if name != "jax":
            before = host(lent)
            defn.jit(doubled, compiler="cuda")(lent)
            say(name, "in place:", np.array_equal(host(lent), 2 * before))
        say(name, "out: same values", np.allclose(host(BORROW[name](got)), wanted, rtol=1e-5))


def taken_at(lent):
    buffer, _ = backends.taken(lent)
    return buffer.buffer.pointer


def turned_agrees(lent):
    got = defn.jit(softmax, compiler="cuda")(lent.T)
    return np.allclose(np.asarray(got), softmax(host(lent).T), rtol=1e-5)


def doubled(x):
    x *= 2


def host(array):
    """The values of another library's array."""
    array = array.get() if hasattr(array, "get") else array
    return np.array(array.cpu() if hasattr(array, "cpu") else array)


def of_cupy(array):
    made = import_module("cupy").asarray(array)
    return made, made.data.ptr


def of_torch(array):
    made = import_module("torch").as_tensor(array, device="cuda")
    return made, made.data_ptr()


def of_jax(array):
    jax = import_module("jax")
    made = jax.device_put(array, jax.devices("cuda")[0])
    return made, made.unsafe_buffer_pointer()


LENDERS = {"cupy": of_cupy, "torch": of_torch, "jax": of_jax}
BORROW = {
    "cupy": lambda tensor: import_module("cupy").from_dlpack(tensor),
    "torch": lambda tensor: import_module("torch").from_dlpack(tensor),
    "jax": lambda tensor: import_module("jax").dlpack.from_dlpack(tensor),
}


# --- 6. cuBLAS and XLA ---------------------------------------------------------------------------


def libraries():
    say("cuBLAS by", getattr(cublas.found(), "name", "no package"))
    m, k, n = map(side, (700, 500, 600))
    x, y = draw.normal(size=(m, k)), draw.normal(size=(3, k, n))
    for dtype in ("f4", "f8", "c8", "c16"):
        a, b = x.astype(dtype), y[0].astype(dtype)
        for product in (lambda a, b: a @ b, lambda a, b: b.T @ a.T):
            worst = np.abs(on_device(product, a, b) - product(x, y[0])).max()
            say(dtype, "product: error", worst)
    say("batch: error", np.abs(on_device(np.matmul, np.stack([x] * 3), y) - x @ y).max())


def xla():
    failed = []
    for name in SAMPLES:
        sample = SAMPLES[name][0]
        try:
            got = defn.jit(sample, compiler="xla", device=XLA)(*sample.arguments)
            wanted = defn.jit(sample, compiler="numpy")(*sample.arguments)
            if max(map(units, pytree.leaves(got), pytree.leaves(wanted)), default=0.0) > 1e4:
                failed.append((name, "differs"))
        except Exception as problem:  # noqa: BLE001  (all are listed)
            failed.append((name, repr(problem)[:200]))
    say("XLA on the device: failed", failed)
    t = defn.tensor(draw.normal(size=1000)).to(f"xla:{XLA}")
    old = t.buffer
    defn.jit(doubled)(t)
    say("the old buffer is given up:", old.is_deleted())


# --- 7. the sanitizer ----------------------------------------------------------------------------


def sanitizer():
    for tool in ("memcheck", "racecheck", "synccheck", "initcheck"):
        say(f"run: compute-sanitizer --tool {tool} python -m benchmarks.gpu_day samples")


# --- 8. time -------------------------------------------------------------------------------------


def fused(x, y, z):
    return np.sqrt(x * x + y * y) * np.exp(-z)


def softmax(x):
    shifted = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return shifted / np.sum(shifted, axis=-1, keepdims=True)


def stencil(u):
    around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
    return u[1:-1, 1:-1] + np.float32(0.1) * (around - 4 * u[1:-1, 1:-1])


def scattered(x, where, values):
    x = x.copy()
    np.add.at(x, where, values)
    return x


def speed():
    n = many(1 << 24)
    x = draw.normal(size=n).astype("f4")
    square = draw.normal(size=(side(4096), side(4096))).astype("f4")
    where = draw.integers(0, n, n)
    report("launch", lambda x: x + 1, x[:1], moved=8)
    report("copy", lambda x: x + 0, x, moved=8 * n)
    report("fused", fused, x, x, x, moved=16 * n)
    report("sum", np.sum, x, moved=4 * n)
    report("softmax", softmax, square, moved=8 * n)
    report("columns", lambda x: np.sum(x, axis=0), square, moved=4 * n)
    report("argmax", lambda x: np.argmax(x, axis=1), square, moved=4 * n)
    report("cumsum", lambda x: np.cumsum(x, axis=1), square, moved=8 * n)
    report("stencil", stencil, square, moved=8 * n)
    report("sort", np.sort, x, moved=8 * n)
    report("fft", np.fft.fft, square.astype("c8"), moved=16 * n)
    report("product", lambda x: x @ x, square, work=2 * len(square) ** 3)
    report("scatter", scattered, x, where, x, moved=20 * n)


def report(name, function, *arrays, moved=0, work=0):
    """The time of a call on buffers that are on the device already."""
    executable = defn.jit(function, compiler="cuda").trace(*arrays).executable
    machine = executable.machine
    buffers = [machine.upload(a) for a in arrays]
    times = []
    for _ in range(20):
        begin = time.perf_counter()
        executable.on_device(*buffers)
        machine.wait()
        times.append(time.perf_counter() - begin)
    best = min(times)
    say(f"{name:8} {best * 1e6:10.1f} us (median {statistics.median(times) * 1e6:.1f})"
        f" {moved / best / 1e9:8.1f} GB/s {work / best / 1e12:6.2f} TFLOP/s")  # fmt: skip


# --- 9. memory, threads, streams, a second device ------------------------------------------------


def endurance():
    x = draw.normal(size=(side(1024), side(1024))).astype("f4")
    function = defn.jit(softmax, compiler="cuda")
    wanted = function(x)
    wrong = []

    def call():
        for _ in range(many(250)):
            if not np.array_equal(function(x), wanted):
                wrong.append(1)

    free = asked("cuMemGetInfo")[0]
    workers = [threading.Thread(target=call) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    say(
        "a thousand calls: wrong",
        len(wrong),
        "bytes lost",
        free - asked("cuMemGetInfo")[0],
    )


def streams():
    """Work of another library before and after ours, in its own stream, without a wait between."""
    try:
        torch = import_module("torch")
    except ImportError:
        say("torch is not installed")
        return
    function, wrong, shape = defn.jit(softmax, compiler="cuda"), 0, (side(4096), side(4096))
    wanted = softmax(np.ones(shape, "f4"))
    for _ in range(many(50)):
        x = torch.zeros(shape, device="cuda")
        x += 1  # in the legacy stream
        got = function(x)
        x.zero_()  # overwritten at once: the kernel must have read it before
        wrong += not np.allclose(np.asarray(got), wanted, rtol=1e-5)
    say("torch's stream: wrong", wrong)


def second():
    if asked("cuDeviceGetCount") < 2:
        say("there is one device")
        return
    t = defn.tensor(draw.normal(size=(50, 60))).to("cuda:1")
    got = defn.jit(softmax)(t)
    say("second device:", got.backend.name, np.allclose(np.asarray(got), softmax(t.numpy())))


DAY = (
    device, samples, sizes, rounding, repeatability, interchange, libraries, xla, sanitizer, speed, endurance,
    streams, second,
)  # fmt: skip


def main(names):
    for part in DAY:
        if not names or part.__name__ in names:
            say(f"\n== {part.__name__}")
            try:
                part()
            except Exception:  # noqa: BLE001  (the parts after it are worth the day, too)
                traceback.print_exc(file=sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
