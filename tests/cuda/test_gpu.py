"""The samples on a device; without one, a single test says so."""

import numpy as np
import pytest
from needed import device
from on_ptx import close, reference
from samples import ROWS, SAMPLES

import defn
from defn import pytree

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("name", SAMPLES if device() else ["every sample"])
def test_sample(name):
    for sample in SAMPLES[name] if name in ROWS else SAMPLES[name][:1]:
        got = defn.jit(sample, compiler="cuda")(*sample.arguments)
        wanted = reference(sample, *sample.arguments)
        for g, w in zip(pytree.leaves(got), pytree.leaves(wanted), strict=True):
            close(np.asarray(g), np.asarray(w), max(16, 4 * sample.ulp))
