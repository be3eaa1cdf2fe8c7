"""One first call, in a process of its own: `python -m benchmarks.first_call SUBJECT`.

Prints seconds as JSON. The subject's libraries are imported before the clock starts.
"""

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np


def softmax_of(np):
    """Softmax over any module with NumPy's functions."""

    def softmax(x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    return softmax


def defn_softmax(compiler):
    defn = importlib.import_module("defn")
    # What `jit` leaves to the first call, and the package that the compiler is named after.
    for name in ("defn.specialise", {"numba": "numba", "xla": "jax"}[compiler]):
        importlib.import_module(name)
    return defn.jit(softmax_of(np), compiler=compiler)


def jax_softmax():
    jax = importlib.import_module("jax")
    compiled = jax.jit(softmax_of(importlib.import_module("jax.numpy")))
    return lambda x: np.asarray(compiled(x))


def numba_softmax():
    return importlib.import_module("benchmarks.cached_loop").softmax


SUBJECTS = {
    "defn numba": lambda: defn_softmax("numba"),
    "defn xla": lambda: defn_softmax("xla"),
    "jax": jax_softmax,
    "numba": numba_softmax,
}


def first_call(subject):
    """Seconds of the first and of the second call of softmax."""
    function, times = SUBJECTS[subject](), []
    x = np.random.default_rng(0).standard_normal((64, 100), np.float32)
    for _ in range(2):
        start = time.perf_counter()
        result = function(x)
        times.append(time.perf_counter() - start)
    np.testing.assert_allclose(result, softmax_of(np)(x), rtol=1e-5, atol=1e-7)
    return times


def fifty_shapes(directory):
    """Seconds of the first of fifty shapes, of the slowest other one, and files in the cache."""
    function, times = defn_softmax("numba"), []
    for rows in range(64, 114):
        x = np.ones((rows, 2 * rows), np.float32)
        start = time.perf_counter()
        function(x)
        times.append(time.perf_counter() - start)
    return times[0], max(times[1:]), sum(1 for path in Path(directory).rglob("*") if path.is_file())


if __name__ == "__main__":
    subject, *rest = sys.argv[1:]
    print(json.dumps(fifty_shapes(*rest) if subject == "fifty" else first_call(subject)))
