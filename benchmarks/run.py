"""Run a case: prepare the contenders, demand equal results, then time them in turns."""

import time

import jax
import numpy as np

from benchmarks.case import Contender, Result
from benchmarks.limits import memory_limit
from benchmarks.peers import versions
from benchmarks.timing import in_turns, summary
from defn.compilers import cache


def afresh():
    """Forget what was compiled, so that a first call compiles all but what is made once for a machine.

    Removes what is in defn's cache on disk: only where that is a directory of the run's own.
    """
    jax.clear_caches()
    cache.clear()


def contender(name, prepare, version, arguments, in_place):
    """A contender; one that changes its arguments works on copies, refilled before each call."""
    if not in_place:
        return Contender(name, prepare(version, arguments))
    copies = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]

    def restore():
        for copy, original in zip(copies, arguments):
            if isinstance(original, np.ndarray):
                copy[...] = original

    return Contender(name, prepare(version, copies), restore)


def disagreement(result, expected, race):
    """How a result differs from NumPy's, or nothing."""
    leaves, wanted = (jax.tree.leaves(value) for value in (result, expected))
    try:
        for leaf, want in zip(leaves, wanted, strict=True):
            np.testing.assert_allclose(leaf, want, rtol=race.rtol, atol=race.atol)
    except (AssertionError, ValueError) as error:
        return "differs from NumPy: " + " ".join(str(error).split())[:160]
    return ""


def first_call(entrant):
    """The result of the first call, copied, and its seconds: what compiles, compiles here."""
    if entrant.restore:
        entrant.restore()
    start = time.perf_counter()
    result = entrant.run()
    spent = time.perf_counter() - start
    return jax.tree.map(np.array, result), spent


def admit(race, arguments, expected):
    """The contenders that give NumPy's result, and a `Result` with the reason for each other."""
    admitted, first, refused = [], {}, []
    for name, prepare, version in versions(race):
        try:
            start = time.perf_counter()
            entrant = contender(name, prepare, version, arguments, race.in_place)
            preparing = time.perf_counter() - start
            result, spent = first_call(entrant)
            first[name] = preparing + spent
            problem = "" if name in race.unchecked else disagreement(result, expected, race)
        except Exception as error:  # a failure is a result, and the others still race
            problem = f"{type(error).__name__}: {str(error).splitlines()[0][:160]}"
        if problem:
            refused.append(Result(name, problem=problem))
        else:
            admitted.append(entrant)
    return admitted, first, refused


def run_race(race, quick):
    """The results of all contenders of a race."""
    arguments = race.arguments(np.random.default_rng(0), quick)
    copies = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    reference = race.reference or race.statement
    expected = jax.tree.map(np.array, reference(*copies))
    admitted, first, refused = admit(race, arguments, expected)
    seconds = in_turns(admitted, rounds=2 if quick else 9, budget=2.0 if quick else 20.0)
    timed = [Result(name, *summary(values), first[name]) for name, values in seconds.items()]
    return timed + memory_limit(arguments, expected) + refused
