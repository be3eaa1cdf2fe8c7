"""Nx's names: windows, convolution, indexed writing, and all else that Nx calls by a name of its own.

The functions take and give what those of `defn.numpy` do. Settings may be spelled as in Nx
(`axes=`, `keep_axes=`, `type=`) or as in NumPy (`axis=`, `keepdims=`, `dtype=`). Where one name
means two things, this is Nx's meaning: `remainder` has the sign of the dividend, `round` goes away
from zero at a half, `sort` and `take` work along the first axis, `outer` conjugates. Dtypes are
NumPy's: integers divide to float64, means of integers are float64, sums of small integers are
64 bits wide, truth values are booleans.

Axes may be given by their names, and vectorised: docs/names-and-vectors.md.
`nx.constants`, `nx.linalg` and `nx.random` are Nx.Constants, Nx.LinAlg and Nx.Random.
"""

from defn.dispatch import by_name as _by_name
from defn.numpy.matrices import tri, tril, triu
from defn.nx import constants, linalg, random
from defn.nx.aggregates import (
    all,
    all_close,
    any,
    argmax,
    argmin,
    logsumexp,
    mean,
    median,
    product,
    reduce_max,
    reduce_min,
    sum,
)
from defn.nx.bits import bitcast, count_leading_zeros, population_count
from defn.nx.conversion import *  # noqa: F403
from defn.nx.conversion import __all__ as _conversion
from defn.nx.convolution import conv
from defn.nx.diagonals import make_diagonal, put_diagonal, take_diagonal
from defn.nx.elementwise import *  # noqa: F403
from defn.nx.elementwise import __all__ as _elementwise
from defn.nx.folds import map, reduce
from defn.nx.fourier import fft, fft2, ifft, ifft2, irfft, rfft
from defn.nx.heatmap import to_heatmap
from defn.nx.indexed import (
    gather,
    indexed_add,
    indexed_put,
    put_slice,
    slice,
    slice_along_axis,
    split,
    to_batched,
)
from defn.nx.layout import *  # noqa: F403
from defn.nx.layout import __all__ as _layout
from defn.nx.making import eye, from_binary, iota, template, to_binary, to_template
from defn.nx.naming import names, rename
from defn.nx.naming import with_names_set as _with_names_set
from defn.nx.naming import with_new_name as _with_new_name
from defn.nx.ordering import argsort, diff, sort, take, take_along_axis, top_k
from defn.nx.products import dot, outer
from defn.nx.running import cumulative_max, cumulative_min, cumulative_product, cumulative_sum
from defn.nx.statistics import covariance, mode, standard_deviation, variance, weighted_mean
from defn.nx.vectors import (
    broadcast_vectors,
    devectorize,
    reshape_vectors,
    revectorize,
    vectorize,
)
from defn.nx.vectors import with_vectors_set as _with_vectors_set
from defn.nx.windows import (
    reduce_window,
    window_max,
    window_mean,
    window_min,
    window_product,
    window_reduce,
    window_scatter_max,
    window_scatter_min,
    window_sum,
)

__all__ = [
    *_conversion, *_elementwise, *_layout, "all", "all_close", "any", "argmax", "argmin", "argsort",
    "bitcast", "broadcast_vectors", "constants", "conv", "count_leading_zeros", "covariance", "cumulative_max",
    "cumulative_min", "cumulative_product", "cumulative_sum", "devectorize", "diff", "dot", "eye", "fft", "fft2",
    "from_binary", "gather", "ifft", "ifft2", "indexed_add", "indexed_put", "iota", "irfft",
    "linalg", "logsumexp", "make_diagonal", "map", "mean", "median", "mode", "names", "outer",
    "population_count", "product", "put_diagonal", "put_slice", "random", "reduce", "reduce_max",
    "reduce_min", "reduce_window", "rename", "reshape_vectors", "revectorize", "rfft", "slice", "slice_along_axis", "sort", "split",
    "standard_deviation", "sum", "take", "take_along_axis", "take_diagonal", "template",
    "to_batched", "to_binary", "to_heatmap", "to_template", "top_k", "tri", "tril", "triu",
    "variance", "vectorize", "weighted_mean", "window_max", "window_mean", "window_min", "window_product",
    "window_reduce", "window_scatter_max", "window_scatter_min", "window_sum",
]  # fmt: skip

# Axes may be given by their names, and new ones called so.
_new = globals()
_new.update({name: _by_name(_new[name]) for name in __all__ if callable(_new[name])})
_new.update({name: _with_names_set(_new[name]) for name in ("broadcast", "eye", "iota", "reshape")})
_new.update({name: _with_vectors_set(_new[name]) for name in ("eye", "iota")})
_new.update({name: _with_new_name(_new[name]) for name in ("new_axis", "stack")})
