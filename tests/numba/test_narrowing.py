"""What LLVM calls of its own accord when it makes one rounding of two, from float64 to float16."""

import numpy as np

import defn
from defn import jit
from defn.compilers.numba import objects


def test_the_function_is_known_to_llvm():
    assert objects.narrowing().address(objects.NARROWING)


def test_a_program_whose_roundings_llvm_puts_together():
    def program(x, scale):
        return defn.special.erfinv(np.cos(x)).astype("f4") * np.linalg.cholesky(scale)

    x, scale = np.full((3, 2, 1), 0.5, "f2"), np.array([[4.0]], "f4")
    found, wanted = (jit(program, compiler=name)(x, scale) for name in ("numba", "numpy"))
    np.testing.assert_allclose(found, wanted, rtol=2e-3)
