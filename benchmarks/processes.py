"""What happens in a new process: imports, and the first call with and without a cache on disk."""

import json
import os
import subprocess
import sys
import tempfile
import time

from benchmarks.case import Probe, Reading

SUBJECTS = ("defn numba", "defn xla", "numba", "jax")
HEAVY = ("numba", "jax", "llvmlite", "scipy")
LOADED = f"from defn import grad, jit; import sys; print(*{set(HEAVY)} & sys.modules.keys())"


def python(*arguments, cache):
    """The output of a new Python, whose caches are in the directory `cache`, if one is given."""
    caches = {"DEFN_CACHE_DIR": cache, "NUMBA_CACHE_DIR": cache} if cache else {}
    environment = {**os.environ, **caches}
    # An installed package has its bytecode beside it; so must the one in the checkout.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def seconds_of(statement, cache):
    start = time.perf_counter()
    python("-c", statement, cache=cache)
    return time.perf_counter() - start


def import_time(quick):
    """Imports in turns, best of each; an empty process is taken off.

    `import defn` alone loads little, so the names that a program takes from it are imported too.
    """
    imports = ("import numpy", "import numpy, defn", "from defn import defn, grad, jit, tensor")
    best = dict.fromkeys(("pass", *imports), float("inf"))
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(3 if quick else 15):
            for statement in best:
                best[statement] = min(best[statement], seconds_of(statement, cache))
        loaded = python("-c", LOADED, cache=cache).split()
    spent = [best[statement] - best["pass"] for statement in imports]
    return [
        *(Reading(statement, 1e3 * s, "ms") for statement, s in zip(imports, spent)),
        Reading("ratio of the second to the first", spent[1] / spent[0], "", "limit 1.3"),
        Reading("ratio of the third to the first", spent[2] / spent[0], ""),
        Reading("heavy modules loaded", len(loaded), "", " ".join(loaded)),
    ]


def first_calls(quick):
    """The first call of softmax: nothing cached, then from the cache that this left on disk."""
    readings = []
    for subject in SUBJECTS:
        cold, cached = [], []
        for _ in range(1 if quick else 3):
            with tempfile.TemporaryDirectory() as cache:
                for times in (cold, cached):
                    output = python("-m", "benchmarks.first_call", subject, cache=cache)
                    times.append(json.loads(output)[0])
        readings.append(Reading(f"{subject}, cold", min(cold) * 1e3, "ms"))
        readings.append(Reading(f"{subject}, next process", min(cached) * 1e3, "ms"))
    return readings


def fifty_shapes(quick):
    """Fifty shapes of one rank: only the first may compile."""
    with tempfile.TemporaryDirectory() as cache:
        output = python("-m", "benchmarks.first_call", "fifty", cache, cache=cache)
    first, slowest, files = json.loads(output)
    return [
        Reading("first shape", first * 1e3, "ms"),
        Reading("slowest of 49 others", slowest * 1e3, "ms"),
        Reading("files in the cache", files, ""),
    ]


CASES = (
    Probe("import-time", import_time),
    Probe("first-call", first_calls),
    Probe("fifty-shapes", fifty_shapes),
)
