"""What Nx has and NumPy has not, by Nx's names: windows, convolution, indexed writing, and more.

The functions take and give what those of `defn.numpy` do, and follow NumPy where both have an
opinion: integers divide to float64, means of integers are float64, an axis is a number, `keepdims`
keeps it. Axes have no names here; `vmap` takes the place of vectorized axes.
"""

from defn.numpy.closeness import allclose as all_close
from defn.numpy.matrices import tri, tril, triu
from defn.numpy.sorting import top_k
from defn.numpy.taking import take, take_along_axis
from defn.nx.bits import bitcast, count_leading_zeros, population_count
from defn.nx.convolution import conv
from defn.nx.diagonals import make_diagonal, put_diagonal, take_diagonal
from defn.nx.folds import map, reduce
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
from defn.nx.making import eye, from_binary, iota, template, to_binary, to_template
from defn.nx.running import cumulative_max, cumulative_min, cumulative_product, cumulative_sum
from defn.nx.statistics import covariance, mode, standard_deviation, variance, weighted_mean
from defn.nx.windows import (
    reduce_window,
    window_max,
    window_mean,
    window_min,
    window_product,
    window_scatter_max,
    window_scatter_min,
    window_sum,
)

__all__ = [
    "all_close", "bitcast", "conv", "count_leading_zeros", "covariance", "cumulative_max",
    "cumulative_min",
    "cumulative_product", "cumulative_sum", "eye", "from_binary", "gather", "indexed_add",
    "indexed_put", "iota",
    "make_diagonal", "map", "mode", "population_count", "put_diagonal", "put_slice", "reduce",
    "reduce_window",
    "slice", "slice_along_axis", "split", "standard_deviation", "take", "take_along_axis",
    "take_diagonal",
    "template", "to_batched", "to_binary", "to_heatmap", "to_template", "top_k", "tri", "tril",
    "triu", "variance",
    "weighted_mean", "window_max", "window_mean", "window_min", "window_product",
    "window_scatter_max",
    "window_scatter_min", "window_sum",
]  # fmt: skip
