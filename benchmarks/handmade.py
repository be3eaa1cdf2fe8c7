"""How the loops of Numba's side are compiled: as a user who knows Numba well would."""

from numba import njit

# Reductions may be reordered, as NumPy does too; a division by zero is not tested for, as in NumPy.
fast = njit(fastmath=True, error_model="numpy")
fast_parallel = njit(fastmath=True, error_model="numpy", parallel=True)


def both(loop):
    """The peers of one loop over `prange`, which on one thread is `range`."""
    return {"numba": fast(loop), "numba parallel": fast_parallel(loop)}
