"""Functions on the CPU's executor of PTX, beside the reference."""

import numpy as np

import defn
from defn import pytree

SETTINGS = {"compiler": "cuda", "executor": "ptx"}


def reference(function, *arrays):
    """What NumPy gives, operation by operation."""
    with np.errstate(all="ignore"):
        return defn.jit(function, compiler="numpy")(*arrays)


def executed(function, *arrays):
    """What the kernels give."""
    return defn.jit(function, **SETTINGS)(*arrays)


def both_ways(function, *arrays):
    """What the kernels give with products and sums apart, and with them fused."""
    made = defn.jit(function, **SETTINGS)
    machine = made.trace(*arrays).executable.machine
    for machine.fused in (False, True):
        yield made(*arrays)


def agrees(function, *arrays, ulp=16):
    """The kernels' results are the reference's, within rounding, fused or not."""
    wanted = reference(function, *arrays)
    for got in both_ways(function, *arrays):
        leaves_close(got, wanted, ulp)


def leaves_close(got, wanted, ulp):
    """All results are those that are wanted, within rounding."""
    for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
        close(np.asarray(g), np.asarray(w), ulp)


def close(got, wanted, ulp):
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    if wanted.dtype.kind in "biu":
        np.testing.assert_array_equal(got, wanted)
        return
    known = wanted.dtype.kind in "fc"
    epsilon = np.finfo(wanted.dtype).eps if known else 2.0**-7
    wide = "c16" if wanted.dtype.kind == "c" else "f8"
    tolerance = ulp * epsilon
    np.testing.assert_allclose(
        got.astype(wide), wanted.astype(wide), rtol=tolerance, atol=tolerance
    )


def launches(function, *arrays):
    """The kernels of a function, with how they are launched."""
    made = defn.jit(function, **SETTINGS)
    executable = made.trace(*arrays).executable
    return list(all_steps(executable.plan))


def all_steps(plan):
    """The launches of a plan, those of structures driven by the host too."""
    for step in plan.steps:
        if hasattr(step, "compiled"):
            yield step
        for program in getattr(step, "programs", ()):
            yield from all_steps(program.plan)
