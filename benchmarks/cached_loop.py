"""Softmax by hand, with Numba's own cache on disk: what a careful user of Numba writes."""

import numpy as np
from numba import njit


@njit(cache=True)
def softmax(x):
    out = np.empty_like(x)
    for i in range(x.shape[0]):
        peak = x[i].max()
        total = np.float32(0)
        for j in range(x.shape[1]):
            out[i, j] = np.exp(x[i, j] - peak)
            total += out[i, j]
        for j in range(x.shape[1]):
            out[i, j] /= total
    return out
