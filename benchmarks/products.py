"""Square products from 8 by 8 to 2048 by 2048, against BLAS (NumPy's, and SciPy's through Numba), XLA and PyTorch."""

import jax.numpy as jnp
import numpy as np

from benchmarks.case import Race
from benchmarks.foundation import product
from benchmarks.handmade import fast

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
LARGEST_QUICK = 128


@fast
def product_blas(x, w):
    return np.dot(x, w)


def square(size, dtype):
    def arguments(generator, quick):
        shape = (min(size, LARGEST_QUICK) if quick else size,) * 2
        return generator.random(shape, dtype), generator.random(shape, dtype)

    return arguments


CASES = tuple(
    Race(
        f"square-{size}-{name}",
        product,
        square(size, dtype),
        {"numba": product_blas, "jax": jnp.matmul},
        rtol=rtol,
    )
    for name, dtype, rtol in (("f32", np.float32, 1e-4), ("f64", np.float64, 1e-12))
    for size in SIZES
)
