"""Products of matrices: (*batch, m, k) by (*batch, k, n), of one dtype and one batch."""

from __future__ import annotations

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import Type

matmul = Op(
    "matmul",
    Kind.PRODUCT,
    lambda x, y: Type(x.dtype, (*x.shape[:-1], y.shape[-1])),
    np.matmul,
)
