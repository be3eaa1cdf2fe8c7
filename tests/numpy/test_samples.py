"""Every sample of every operation, traced and eager, against NumPy."""

import numpy as np
import pytest
from evaluation import equal, traced
from samples import SAMPLES, SPECIALS, WITHOUT_SAMPLES

from defn import ops, pytree
from defn.numpy import tensor
from defn.tensor import is_tensor


def as_array(value):
    return value.numpy() if is_tensor(value) else value


def reference(sample):
    """NumPy's answer; of functions that NumPy has not, the answer for eager tensors."""
    with np.errstate(all="ignore"):
        return pytree.map(as_array, sample(*sample.arguments))


def test_every_row_is_sampled():
    assert {*ops.ALL} == {*(name for name in SAMPLES if name in ops.ALL), *WITHOUT_SAMPLES}


@pytest.mark.parametrize("name", SAMPLES)
def test_traced(name):
    for sample in SAMPLES[name]:
        with np.errstate(all="ignore"):
            got = traced(sample, *sample.arguments)
        compare(got, reference(sample), sample, scalars=name not in SPECIALS)


# Views alias while a function is traced; those of an eager tensor are copies.
@pytest.mark.parametrize("name", [n for n in SAMPLES if n != "np.assign_through_view"])
def test_eager(name):
    for sample in SAMPLES[name]:
        got = pytree.map(as_array, sample(*map(tensor, sample.arguments)))
        compare(got, reference(sample), sample, scalars=False)


def compare(got, wanted, sample, scalars):
    for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
        if not scalars:
            g, w = np.asarray(g), np.asarray(w)
        equal(g, w, sample.ulp, scale=sample.ulp > 16)
