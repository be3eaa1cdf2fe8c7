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


def agrees(function, *arrays, ulp=16):
    """The kernels' results are the reference's, within rounding; returns them."""
    got, wanted = executed(function, *arrays), reference(function, *arrays)
    for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
        close(np.asarray(g), np.asarray(w), ulp)
    return got


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
