"""How many values fall where."""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError, TypeMismatch, Unsupported
from defn.numpy.axes import integer
from defn.numpy.composite import demand, filled, settled, strong
from defn.numpy.counting import linspace
from defn.numpy.parts import element, flat, part, reshaped, stacked
from defn.numpy.positions import known
from defn.numpy.sorting import found as bisected
from defn.numpy.sorting import taken
from defn.tensor import apply, asarray, astype, broadcast_to
from defn.types import BOOL, FLOAT32, FLOAT64, INT64, promote


def tallied(places, weights, size):
    """The sum of the weights at each of so many places; what lies at the last one or beyond is left
    out.
    """
    slots = broadcast_to(asarray(0, weights.dtype), (size + 1,))
    held = np.minimum(places, size)
    return part(apply(ops.scatter_add, slots, weights, held, axes=(0,)), 0, 0, size)


# Of small integers.


@implements(np.bincount)
def bincount(x, weights=None, minlength=0):
    """How often each of the integers from 0 on comes; with weights, their sums.

    Of a traced array, `minlength` is the size of the result; a greater value is refused when the
    program runs.

    >>> bincount([1, 1, 3]).tolist()
    [0, 2, 0, 1]
    """
    x, minlength = strong(asarray(x)), integer(minlength, "minlength")
    if x.ndim != 1 or minlength < 0:
        raise ArgumentError("bincount takes one axis of integers, and a minlength of 0 or more")
    if not np.can_cast(x.dtype, INT64, "safe"):
        raise TypeMismatch(f"bincount takes integers that fit into int64, not {x.type}")
    x = astype(x, INT64)
    size = length_of(x, minlength)
    weights = filled(x, 1) if weights is None else astype(strong(asarray(weights)), FLOAT64)
    if weights.shape != x.shape:
        raise ShapeError(
            f"the weights and list don't have the same length: {weights.shape} and {x.shape}"
        )
    demand(x >= 0, "'list' argument must have no negative elements")
    return settled(tallied(np.maximum(x, 0), weights, size), weights.dtype)


def length_of(x, minlength):
    """How many counts there are: known from the values, or else what the user says."""
    value = known(x)
    if value is not None:
        return max(minlength, int(value.max(initial=-1)) + 1)
    if not minlength:
        raise Unsupported(
            f"np.bincount of a traced value of type {x.type}: the size of the result depends on "
            f"the values; "
            "pass minlength= with a number that none of them reaches"
        )
    demand(x < minlength, f"bincount: a value is not below minlength={minlength}")
    return minlength


# In bins.


@implements(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """The edges of the bins of a histogram.

    >>> histogram_bin_edges([0.0, 4.0], 2).tolist()
    [0.0, 2.0, 4.0]
    """
    a = row_of(a)
    if isinstance(bins, str):
        return estimated(a, bins, range, weights)
    if asarray(bins).ndim == 0:
        return even_edges(a, counted(bins), range)
    edges = strong(asarray(bins))
    if edges.ndim != 1:
        raise ArgumentError("`bins` must be 1d, when an array")
    demand(np.all(edges[1:] >= edges[:-1]), "`bins` must increase monotonically, when an array")
    return edges


def row_of(a):
    """The values in a row; truth values as small integers."""
    a = flat(strong(asarray(a)))
    return astype(a, np.dtype("uint8")) if a.dtype == BOOL else a


def counted(bins):
    """A number of bins."""
    bins = integer(bins, "bins")
    if bins < 1:
        raise ArgumentError("`bins` must be positive, when an integer")
    return bins


def estimated(a, bins, range, weights):
    """The edges that NumPy's estimators choose: their number depends on the values."""
    value = known(a)
    if value is None:
        raise Unsupported(
            f"np.histogram(bins={bins!r}) of a traced value: the number of bins depends on the "
            f"values; "
            "pass a number"
        )
    return asarray(np.histogram_bin_edges(value, bins, range, weights))


def even_edges(a, bins, range):
    """The edges of bins of one width, from the least value to the greatest or over a range."""
    low, high = ends_of(a, range)
    dtype = promote(FLOAT64, a.dtype) if a.dtype.kind in "fiu" else a.dtype
    dtype = a.dtype if a.dtype.kind == "f" else dtype
    return linspace(low, high, bins + 1, dtype=dtype)


def ends_of(a, range):
    """The outer edges; half a unit apart from the value where all are the same."""
    if range is not None:
        low, high = (asarray(v) for v in range)
        demand(np.isfinite(low) & np.isfinite(high), "supplied range is not finite")
        demand(low <= high, "max must be larger than min in range parameter.")
    elif not a.size:
        low, high = asarray(0.0), asarray(1.0)
    else:
        low, high = np.min(a), np.max(a)
        demand(
            np.isfinite(low) & np.isfinite(high), "autodetected range of the values is not finite"
        )
    same = low == high
    return np.where(same, low - 0.5, low), np.where(same, high + 0.5, high)


@implements(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """How many values there are in each bin, and the edges of the bins; the last one holds its
    right edge.

    >>> [each.tolist() for each in histogram([0.0, 1.0, 1.5, 4.0], 2)]
    [[3, 1], [0.0, 2.0, 4.0]]
    """
    edges = histogram_bin_edges(a, bins, range, weights)
    values = row_of(a)
    heights = filled(values, 1, INT64) if weights is None else flat(strong(asarray(weights)))
    if heights.shape != values.shape:
        raise ShapeError("weights should have the same shape as a.")
    dtype = promote(values.dtype, edges.dtype)
    even = not isinstance(bins, str) and asarray(bins).ndim == 0 and dtype in (FLOAT32, FLOAT64)
    find = even_bins_of if even else bins_of
    places = find(astype(values, dtype), astype(edges, dtype))
    counts = tallied(places, heights, edges.shape[0] - 1)
    counts = settled(counts, heights.dtype)
    if not density:
        return counts, edges
    widths = astype(edges[1:] - edges[:-1], FLOAT64)
    return counts / widths / np.sum(counts), edges


def even_bins_of(values, edges):
    """The bin of each value where all are of one width: from its distance to the first edge, and
    put right by a comparison with the edges, for the quotient is rounded.
    """
    size = edges.shape[0] - 1
    low, high = element(edges, 0, 0), element(edges, 0, size)
    # A range so short that one over it overflows is stretched first.
    stretch = np.where(high - low < 2.0**-100, values.dtype.type(2.0**100), 1)
    scale = size / ((high - low) * stretch)
    inside = (values >= low) & (values <= high)
    distance = np.where(inside, (values - low) * stretch * scale, 0)
    place = np.minimum(np.maximum(astype(distance, INT64), 0), size - 1)
    # The outermost bins have no neighbour.
    below = values < taken(np.where(np.arange(size) > 0, edges[:-1], -np.inf), place)
    above = values >= taken(np.where(np.arange(size) < size - 1, edges[1:], np.inf), place)
    # Nothing is below the first edge, so that the maximum changes nothing, and says so.
    place = np.maximum(place - astype(below, INT64), 0) + astype(above, INT64)
    return np.where(inside, place, size)


def bins_of(values, edges):
    """The bin of each value; the number of bins for those outside."""
    size = edges.shape[0] - 1
    place = bisected(edges, values, "right") - 1
    last = values == element(edges, 0, size)
    place = np.where(last, size - 1, place)
    return np.where((place < 0) | np.isnan(values), size, place)


# In several dimensions.


@implements(np.histogramdd)
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    """How many points (rows, or one array for each coordinate) there are in each box of a grid; and
    its edges.
    """
    columns = columns_of(sample)
    ndim = len(columns)
    bins = bins if isinstance(bins, (list, tuple)) or asarray(bins).ndim else [bins] * ndim
    range = [None] * ndim if range is None else range
    if len(bins) != ndim or len(range) != ndim:
        raise ShapeError(f"bins and range have an entry for each of {ndim} coordinates")
    edges = [histogram_bin_edges(x, b, r) for x, b, r in zip(columns, bins, range)]
    sizes = tuple(e.shape[0] - 1 for e in edges)
    heights = filled(columns[0], 1.0, FLOAT64)
    if weights is not None:
        heights = astype(flat(strong(asarray(weights))), FLOAT64)
    counts = reshaped(tallied(boxes(columns, edges, sizes), heights, math.prod(sizes)), sizes)
    counts = settled(counts, FLOAT64)
    return (spread(counts, edges) if density else counts), tuple(edges)


def columns_of(sample):
    """The coordinates of points, one array for each."""
    if isinstance(sample, (list, tuple)) and asarray(sample[0]).ndim == 1:
        return [row_of(x) for x in sample]
    sample = strong(asarray(sample))
    if sample.ndim == 1:
        return [row_of(sample)]
    if sample.ndim != 2:
        raise ShapeError(f"histogramdd takes points in rows, not the shape {sample.shape}")
    return [row_of(element(sample, 1, k)) for k in np.arange(sample.shape[1]).tolist()]


def boxes(columns, edges, sizes):
    """The box of each point, counted in C order; the number of boxes for those outside."""
    place, outside = None, None
    for x, e, size in zip(columns, edges, sizes):
        dtype = promote(x.dtype, e.dtype)
        along = bins_of(astype(x, dtype), astype(e, dtype))
        beyond = along == size
        place = along if place is None else place * size + along
        outside = beyond if outside is None else outside | beyond
    return np.where(outside, math.prod(sizes), place)


def spread(counts, edges):
    """The counts as a density: over the volume of their boxes and their sum."""
    total = np.sum(counts)
    for axis, e in enumerate(edges):
        shape = tuple(e.shape[0] - 1 if k == axis else 1 for k in np.arange(counts.ndim).tolist())
        counts = counts / reshaped(astype(e[1:] - e[:-1], FLOAT64), shape)
    return counts / total


@implements(np.histogram2d)
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    """How many points there are in each box of a grid, and the edges along both coordinates.

    >>> histogram2d([0.0, 1.0], [0.0, 1.0], 2)[0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if isinstance(bins, (list, tuple)) or asarray(bins).ndim:
        # Neither one number nor one setting for each coordinate: the edges of both.
        bins = bins if len(bins) in (1, 2) else [asarray(bins)] * 2
    points = stacked((row_of(x), row_of(y)), 1) if asarray(x).dtype == asarray(y).dtype else (x, y)
    counts, edges = histogramdd(points, bins, range, density, weights)
    return counts, *edges
