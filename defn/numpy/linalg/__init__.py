"""Linear algebra by NumPy's names: `defn.numpy.linalg.solve`, and `np.linalg.solve` of traced
values.

Matrices are in the last two axes, leading axes are batches. All of it is differentiable in both
modes.
"""

from defn.errors import LinAlgError
from defn.numpy.linalg.factorisations import (
    cholesky,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    qr,
    svd,
    svdvals,
)
from defn.numpy.linalg.norms import cond, matrix_norm, matrix_rank, norm, vector_norm
from defn.numpy.linalg.products import (
    cross,
    diagonal,
    matmul,
    matrix_power,
    multi_dot,
    outer,
    tensordot,
    trace,
    vecdot,
)
from defn.numpy.linalg.solving import det, inv, lstsq, pinv, slogdet, solve, tensorinv, tensorsolve
from defn.numpy.orders import matrix_transpose

__all__ = [
    "LinAlgError", "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "inv", "lstsq", "matmul", "matrix_norm", "matrix_power", "matrix_rank",
    "matrix_transpose", "multi_dot", "norm", "outer", "pinv", "qr", "slogdet", "solve", "svd",
    "svdvals", "tensordot", "tensorinv", "tensorsolve", "trace", "vecdot", "vector_norm",
]  # fmt: skip
