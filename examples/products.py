"""One matrix product, computed in every way there is: a table of times and ratios."""

import time
from typing import NamedTuple

import numpy as np

from defn import compilers, jit, tensor
from defn.errors import CompilerError

PYTHON_ROWS = 100
BACKENDS = ("numpy", "xla:cpu", "xla:cuda:0", "cuda:0")


class Timing(NamedTuple):
    """A way to compute the product, its seconds, and its largest difference from NumPy's result."""

    way: str
    seconds: float
    error: float


def product(x, w):
    return x @ w


def product_of_lists(x, w):
    """The definition, in Python: each element is the sum of a row times a column."""
    columns = list(zip(*w))
    return [[sum(a * b for a, b in zip(row, column)) for column in columns] for row in x]


def seconds(compute, repeats):
    """The shortest of some runs, and the result; the first call may compile, so it isn't timed."""
    result, times = compute(), []
    for _ in range(repeats):
        start = time.perf_counter()
        compute()
        times.append(time.perf_counter() - start)
    return min(times), np.asarray(result)


def in_python(x, w, expected):
    """A hundred rows in plain Python; the time for all of them is extrapolated."""
    rows, columns = x[:PYTHON_ROWS].tolist(), w.tolist()
    start = time.perf_counter()
    result = product_of_lists(rows, columns)
    spent = (time.perf_counter() - start) * len(x) / len(rows)
    error = np.abs(result - expected[: len(rows)]).max()
    return Timing(f"Python lists ({len(rows)} rows, times {len(x) // len(rows)})", spent, error)


def compiled(compiler, x, w):
    """The product by one compiler: NumPy arrays in and out."""
    function = jit(product, compiler=compiler)
    return lambda: function(x, w)


def placed(backend, x, w):
    """The product of tensors that live on one backend; NumPy gets the result."""
    a, b = tensor(x).to(backend), tensor(w).to(backend)
    return lambda: np.asarray(a @ b)


def ways(x, w):
    """Every other way: its name, and how to make a function that computes the product."""
    yield "NumPy", lambda: lambda: x @ w
    for name in compilers.available():
        yield f"compiler {name}", lambda name=name: compiled(name, x, w)
    for name in BACKENDS:
        yield f"backend {name}", lambda name=name: placed(name, x, w)


def race(x, w, repeats=7):
    """The timing of every way to compute `x @ w`."""
    expected = x @ w
    timings = [in_python(x, w, expected)]
    for way, make in ways(x, w):
        try:
            spent, result = seconds(make(), repeats)
        except CompilerError:  # its package or its device is not there
            continue
        timings.append(Timing(way, spent, np.abs(result - expected).max()))
    return timings


def table(timings):
    """The timings as text, with their ratio to NumPy's."""
    numpy_seconds = next(timing.seconds for timing in timings if timing.way == "NumPy")
    lines = [f"{'':34} {'ms':>10} {'x NumPy':>10} {'error':>10}"]
    for way, spent, error in timings:
        lines.append(f"{way:34} {spent * 1e3:10.2f} {spent / numpy_seconds:10.2f} {error:10.1e}")
    return "\n".join(lines)
