"""One matrix product, computed in every way there is: a table of times and ratios."""

import time
from typing import NamedTuple

import numpy as np

from defn import backends, compilers, jit, tensor

PYTHON_ROWS = 100


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


def ways(x, w):
    """Every other way: its name, and a function that computes the product."""
    yield "NumPy", lambda: x @ w
    for name in compilers.available():
        yield f"compiler {name}", lambda f=jit(product, compiler=name): f(x, w)
    for name in backends.available():
        a, b = tensor(x).to(name), tensor(w).to(name)
        yield f"backend {name}", lambda a=a, b=b: (a @ b).numpy()


def race(x, w, repeats=7):
    """The timing of every way to compute `x @ w`."""
    expected = x @ w
    timings = [in_python(x, w, expected)]
    for way, compute in ways(x, w):
        spent, result = seconds(compute, repeats)
        timings.append(Timing(way, spent, np.abs(result - expected).max()))
    return timings


def table(timings):
    """The timings as text, with their ratio to NumPy's."""
    numpy_seconds = next(timing.seconds for timing in timings if timing.way == "NumPy")
    lines = [f"{'':34} {'ms':>10} {'x NumPy':>10} {'error':>10}"]
    for way, spent, error in timings:
        lines.append(f"{way:34} {spent * 1e3:10.2f} {spent / numpy_seconds:10.2f} {error:10.1e}")
    return "\n".join(lines)
