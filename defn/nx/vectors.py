"""Vectorised axes: axes that one does not see, over which every function works entry by entry."""

from __future__ import annotations

import functools

from defn.dispatch import METHODS
from defn.errors import ArgumentError, ShapeError
from defn.labels import checked_names, demand_apart, union
from defn.numpy.composite import fresh
from defn.numpy.shapes import completed, expanded, sizes_of
from defn.nx.naming import over_arrays
from defn.tensor import asarray, renamed
from defn.transforms.vectors import rolled, spread, unrolled

AUTO = (-1, None, "auto")


def axes_given(names, sizes, what):
    """Vectorised axes as pairs (name, size): from names, a list of names and pairs, a dict, keywords."""
    if len(names) == 1 and not isinstance(names[0], str):
        (names,) = names
    pairs = list(names.items()) if isinstance(names, dict) else list(names)
    pairs = [(each, None) if isinstance(each, str) else tuple(each) for each in [*pairs, *sizes]]
    checked_names([name for name, _ in pairs], len(pairs))
    if not pairs:
        raise ArgumentError(f"{what} needs the name of an axis")
    return pairs


def vectorize(x, /, *names, **sizes):
    """The array whose first axes are vectorised, under these names, after those that it has.

    `names` are names, or one list of names and pairs (name, size), or one dict; sizes, which are checked, may also
    be keywords.

    >>> from defn import tensor
    >>> x = vectorize([[1, 2], [3, 4], [5, 6]], "rows")
    >>> x
    tensor([[1, 2],
            [3, 4],
            [5, 6]], vectorized[rows: 3] i64[2] on numpy)
    >>> (x.sum() + tensor([10, 20])).shape
    (2,)
    """
    pairs = axes_given(names, sizes.items(), "vectorize")
    return over_arrays(lambda array: _vectorized(array, pairs), x)


def _vectorized(x, pairs):
    count = len(pairs)
    if count > x.ndim:
        raise ShapeError(
            f"cannot vectorise {count} axes of an array of shape {x.shape}, which has {x.ndim}"
        )
    for (name, wanted), size in zip(pairs, x.shape):
        if wanted not in (size, *AUTO):
            raise ShapeError(f"the axis {name!r} to vectorise is of size {size}, not {wanted}")
    vectors = (*x.vectors, *((name, size) for (name, _), size in zip(pairs, x.shape)))
    checked_names([name for name, _ in vectors], len(vectors))
    demand_apart(x.names[count:], vectors)
    return rolled(unrolled(fresh(x)), vectors, x.names[count:])


def devectorize(x, *, keep_names=True):
    """The array with its vectorised axes in front, as axes of these names; or of none.

    >>> x = vectorize([[1, 2], [3, 4], [5, 6]], "rows")
    >>> devectorize(x).names, devectorize(x, keep_names=False).shape
    (('rows', None), (3, 2))
    """
    return over_arrays(lambda array: _devectorized(array, keep_names), x)


def _devectorized(x, keep_names):
    if not x.vectors:
        return x
    found = [name if keep_names else None for name, _ in x.vectors]
    return renamed(unrolled(fresh(x)), (*found, *x.names))


def revectorize(x, /, *names, target_shape=None, target_names=None, **sizes):
    """The array with other vectorised axes over the same elements, and with another shape.

    One size may be left open, as -1.

    >>> x = vectorize([[[0], [1]], [[2], [3]]], ("x", "y"))
    >>> revectorize(x, {"x": 4}).vectors
    (('x', 4),)
    """
    pairs = axes_given(names, sizes.items(), "revectorize")
    return over_arrays(lambda array: _revectorized(array, pairs, target_shape, target_names), x)


def _revectorized(x, pairs, shape, names):
    shape = x.shape if shape is None else sizes_of(shape)
    wanted = (*(-1 if size in AUTO else size for _, size in pairs), *shape)
    whole = completed(wanted, x.held.size)
    count = len(pairs)
    names = checked_names(names, len(whole) - count)
    flat = unrolled(fresh(x)).reshape(whole)
    vectors = tuple((name, size) for (name, _), size in zip(pairs, whole))
    demand_apart(names, vectors)
    return rolled(flat, vectors, names)


def reshape_vectors(tensors, *, align_ranks=False):
    """Arrays with the same vectorised axes in the same order, of size 1 where an array had none.

    >>> x, y = reshape_vectors([vectorize([1, 2], "x"), vectorize([3, 4, 5], "y")])
    >>> x.vectors, y.vectors
    ((('x', 2), ('y', 1)), (('x', 1), ('y', 3)))
    """
    tensors = [asarray(x) for x in tensors]
    every = union(x.vectors for x in tensors)
    found = [_with_ones(x, [name for name, _ in every]) for x in tensors]
    return _of_one_rank(found) if align_ranks else found


def broadcast_vectors(tensors, *, align_ranks=False):
    """Arrays with the same vectorised axes, repeated to the same sizes.

    >>> x, y = broadcast_vectors([vectorize([1, 2], "x"), 3])
    >>> y
    tensor([3, 3], vectorized[x: 2] i64 on numpy)
    """
    tensors = [asarray(x) for x in tensors]
    every = union(x.vectors for x in tensors)
    found = [spread(fresh(x), every) if every else x for x in tensors]
    return _of_one_rank(found) if align_ranks else found


def _with_ones(x, names):
    if not names:
        return x
    own = dict(x.vectors)
    return spread(fresh(x), tuple((name, own.get(name, 1)) for name in names))


def _of_one_rank(tensors):
    """Arrays with axes of size 1 in front, up to the greatest rank among them."""
    rank = max(x.ndim for x in tensors)
    return [expanded(x, tuple(range(rank - x.ndim))) for x in tensors]


def with_vectors_set(function):
    """Decorate a function that makes an array so that `vectorized_axes=` repeats it over these."""

    @functools.wraps(function)
    def repeated(*args, vectorized_axes=(), **settings):
        made = function(*args, **settings)
        if not vectorized_axes:
            return made
        pairs = axes_given((vectorized_axes,), (), function.__name__)
        if any(type(size) is not int for _, size in pairs):
            raise ArgumentError(
                f"{function.__name__}(vectorized_axes=...) takes names with sizes, not {vectorized_axes}"
            )
        return spread(made, tuple(pairs))

    return repeated


METHODS.update(vectorize=vectorize, devectorize=devectorize, revectorize=revectorize)
