"""Special functions of float32: no float64 in their kernels, and SciPy's values."""

import numpy as np
import pytest
from on_ptx import SETTINGS, agrees, both_ways, launches

import defn
from defn import special as ours

special = pytest.importorskip("scipy.special")
pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

# The largest error, in units of the last place (of lgamma beside its zeros: of one).
BOUND = {
    "erf": 2, "erfc": 3, "erfcx": 3, "ndtr": 3, "gamma": 4, "gammaln": 4, "erfinv": 3, "erfcinv": 3,
}  # fmt: skip
EDGES = [0.0, -0.0, np.nan, np.inf, -np.inf, 1e-30, -1e-30, 1, 2, 3, 34, 36, 170, 1e30, 0.5, -0.5]


def inputs(name):
    spread = np.concatenate([np.linspace(-12.01, 12, 400), [0.0, 1e-30, -1e-30]])
    if name == "erfinv":
        return np.append(np.tanh(spread), [1, -1, 2]).astype("f4")
    if name == "erfcinv":
        return np.append(1 + np.tanh(spread), [0, 2, 3]).astype("f4")
    return np.append(spread, EDGES).astype("f4")


@pytest.mark.parametrize("name", BOUND)
def test_of_float32(name):
    function, x = getattr(ours, name), inputs(name)
    assert not any(".f64" in step.compiled.ptx for step in launches(function, x))
    with np.errstate(all="ignore"):
        wanted = getattr(special, name)(x.astype("f8")).astype("f4")
    known = np.isfinite(wanted)
    unit = np.spacing(np.abs(wanted[known]))
    if name == "gammaln":
        unit = np.maximum(unit, np.spacing(np.float32(1)))
    for got in both_ways(function, x):
        np.testing.assert_array_equal(got[~known], wanted[~known])
        error = np.abs(got[known].astype("f8") - wanted[known]) / unit
        assert error.max() <= BOUND[name]


def gelu(x):
    return 0.5 * x * (1 + ours.erf(x * np.float32(0.70710678)))


def test_in_gradients_and_loops():
    x = np.linspace(-3, 3, 41).astype("f4")
    slope = defn.vmap(defn.grad(gelu))
    agrees(slope, x)
    assert not any(".f64" in step.compiled.ptx for step in launches(slope, x))

    def repeated(x):
        for _ in range(3):
            x = ours.erf(x) + ours.gammaln(np.abs(x) + 1)
        return x

    agrees(repeated, x, ulp=64)


def test_on_tensors_of_the_device():
    x = np.linspace(-3, 3, 41).astype("f4")
    on_device = defn.tensor(x).to("cuda:ptx")
    np.testing.assert_allclose(np.asarray(ours.erf(on_device)), special.erf(x), rtol=1e-6)


def test_of_float64_our_own_formulas():
    x = np.linspace(-3, 3, 41)
    got = defn.jit(ours.erfc, **SETTINGS)(x)
    np.testing.assert_allclose(got, special.erfc(x), rtol=1e-13)
