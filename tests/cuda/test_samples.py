"""The samples of every operation as CUDA kernels, the PTX executed on the CPU, against NumPy."""

import numpy as np
import pytest
from on_ptx import agrees
from samples import ROWS, SAMPLES

import defn
from defn import pytree

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]

COMPOSED = [name for name in SAMPLES if name not in ROWS]
# One of each family: the second derivatives are graphs of operations that are sampled themselves.
TWICE = """
multiply divide power arctan2 exp log tanh select transpose pad concatenate
get put gather scatter_add sum prod cumsum matmul erf lgamma
""".split()


def differentiable(name):
    """The first sample of an operation that has a derivative in a real argument, or None."""
    real = lambda x: np.asarray(x).dtype.kind == "f"
    return next((s for s in SAMPLES[name] if s.wrt and real(s.arguments[s.wrt[0]])), None)


DERIVED = [name for name in ROWS if differentiable(name)]


def same_on_both(sample, function, ulp=8):
    """The function of the sample's arguments gives what NumPy does, with products and sums fused or
    not.
    """
    agrees(function, *sample.arguments, ulp=max(ulp, ulp // 4 * sample.ulp))


@pytest.mark.parametrize("name", ROWS)
def test_row(name):
    for sample in SAMPLES[name]:
        same_on_both(sample, sample)


@pytest.mark.parametrize("name", COMPOSED)
def test_composed(name):
    same_on_both(SAMPLES[name][0], SAMPLES[name][0])


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPOSED)
def test_other_samples_of_composed(name):
    for sample in SAMPLES[name][1:]:
        same_on_both(sample, sample)


# A derivative is a sum of several values, each of them rounded.
SUMMED = 64


def slope_of(sample):
    """The gradient of a number made of all that the sample gives."""
    return defn.grad(lambda *arguments: total(sample(*arguments)), argnums=sample.wrt[0])


def total(results):
    parts = [np.sum(np.sin(r)) for r in pytree.leaves(results) if r.dtype.kind == "f"]
    parts += [
        np.sum(np.sin(r.real) + np.cos(r.imag))
        for r in pytree.leaves(results)
        if r.dtype.kind == "c"
    ]
    return sum(parts)


@pytest.mark.parametrize("name", DERIVED)
def test_gradient(name):
    sample = differentiable(name)
    same_on_both(sample, slope_of(sample), SUMMED)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in COMPOSED if differentiable(name)])
def test_gradient_of_composed(name):
    sample = differentiable(name)
    same_on_both(sample, slope_of(sample), SUMMED)


@pytest.mark.parametrize("name", TWICE)
def test_second_order(name):
    sample = differentiable(name)
    slope, which = slope_of(sample), sample.wrt[0]

    def curvature(*arguments):
        return np.sum(np.cos(slope(*arguments)))

    same_on_both(sample, defn.grad(curvature, argnums=which), SUMMED)


@pytest.mark.parametrize("name", DERIVED)
def test_batched(name):
    sample = differentiable(name)
    which = sample.wrt[0]
    axes = tuple(0 if k == which else None for k in range(len(sample.arguments)))
    mapped = defn.vmap(sample, in_axes=axes)

    def many(*arguments):
        x = arguments[which]
        stacked = np.stack([x, x * 0.5, x])
        return mapped(*arguments[:which], stacked, *arguments[which + 1 :])

    same_on_both(sample, many, SUMMED)
