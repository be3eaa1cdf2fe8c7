"""`np.vectorize` and `np.frompyfunc`: a function of numbers as one of arrays, by `vmap`."""

from __future__ import annotations

import gc

import numpy as np

from defn import pytree
from defn.dispatch import UFUNCS
from defn.errors import ArgumentError, ShapeError, Unsupported
from defn.numpy.creation import asarray_of, zeros
from defn.promotion import broadcast_shapes
from defn.tensor import Tensor, asarray, astype, is_tensor
from defn.transforms.shapes import reshape
from defn.transforms.subtrace import Subtrace
from defn.transforms.vectorize import vmap_of
from defn.types import WEAK

KINDS = {"b": bool, "i": int, "u": int, "f": float, "c": complex}
EMPTY = "cannot call `vectorize` on size 0 inputs unless `otypes` is set"


# NumPy's two functions.


def vectorized(made, function, *args, **kwargs):
    """`np.vectorize(function, ...)(*args, **kwargs)`, where `made` is NumPy's object, with its settings."""
    if not any(is_tensor(leaf) for leaf in pytree.leaves([*args, *kwargs.values()])):
        return made(*args, **kwargs)
    of_varying, varying = without_excluded(function, args, kwargs, made.excluded)
    if not varying:
        return of_varying()
    arrays = [asarray_of(x) for x in varying]
    cores = made._in_and_out_core_dims
    otypes = None if made.otypes is None else [np.dtype(t) for t in made.otypes]
    if cores is not None:
        return with_cores(of_varying, arrays, *cores, otypes)
    batch = broadcast_shapes(*(x.shape for x in arrays))
    if 0 in batch:
        return empty(batch, otypes)
    found = of_single(of_numbers(of_varying), arrays, batch)
    wanted = otypes or dtypes_of(of_varying, arrays)
    return delivered([astype(x, t) for x, t in zip(found, wanted, strict=True)])


def from_python(ufunc, function, *args):
    """A ufunc of `np.frompyfunc` on traced values: numbers of the dtype that the function gives, not objects."""
    if not any(is_tensor(x) for x in args):
        return ufunc(*args)
    if len(args) != ufunc.nin:
        raise ArgumentError(f"{ufunc.__name__} takes {ufunc.nin} arguments, it got {len(args)}")
    arrays = [asarray_of(x) for x in args]
    batch = broadcast_shapes(*(x.shape for x in arrays))
    if 0 in batch:
        raise Unsupported(
            f"{ufunc.__name__} of arrays without elements: use np.vectorize with otypes="
        )
    if not batch:
        return of_numbers(function)(*arrays)
    return delivered(of_single(of_numbers(function), arrays, batch))


def python_function(ufunc):
    """The function that `np.frompyfunc` made a ufunc of; None for another ufunc."""
    if ufunc in UFUNCS or not ufunc.__name__.endswith(" (vectorized)"):
        return None
    held = gc.get_referents(ufunc)  # the ufunc has no attribute for it
    return next((each for each in held if callable(each)), None)


# The function of what varies.


def without_excluded(function, args, kwargs, excluded):
    """The function of the arguments that are not excluded, and these."""
    places = [k for k in range(len(args)) if k not in excluded]
    names = [name for name in kwargs if name not in excluded]

    def of_varying(*values):
        given = list(args)
        for k, value in zip(places, values):
            given[k] = value
        return function(*given, **{**kwargs, **dict(zip(names, values[len(places) :]))})

    return of_varying, [*(args[k] for k in places), *(kwargs[name] for name in names)]


def of_numbers(function):
    """The function, called with Python's numbers, as NumPy calls it."""
    return lambda *values: function(*map(as_number, values))


def as_number(value):
    """An element as the Python number that NumPy makes of it; uint64 may be no int64 and stays."""
    if value.dtype == np.uint64:
        return value
    kind = KINDS[value.dtype.kind]
    made = astype(value, WEAK[kind])
    return Tensor(made.storage, made.type, made.lenses, True, kind)


def dtypes_of(function, arrays):
    """The dtypes of what the function gives for the first elements: NumPy asks it so."""
    found = []

    def noting(*ones):
        found.extend(asarray(x).dtype for x in several(function(*ones)))
        return ()

    leaves, structure = pytree.flatten((tuple(x[(0,) * x.ndim] for x in arrays), {}))
    Subtrace("np.vectorize", noting, leaves, structure, range(len(leaves)))
    return found


def several(found):
    """The results as a tuple."""
    return found if isinstance(found, tuple) else (found,)


def delivered(results):
    """One result, or a tuple of several."""
    return results[0] if len(results) == 1 else tuple(results)


def empty(batch, otypes):
    """The results where there are no elements."""
    if otypes is None:
        raise ArgumentError(EMPTY)
    return delivered([zeros(batch, t) for t in otypes])


# Axes.


def of_single(function, arrays, batch):
    """The results of a function of numbers, which gives numbers."""
    found = over_elements(function, arrays, [()] * len(arrays), batch)
    for x in found:
        if x.ndim != len(batch):
            raise ShapeError(
                f"setting an array element with a sequence: the function gives arrays of shape "
                f"{x.shape[len(batch) :]} for one element; pass signature= to np.vectorize"
            )
    return found


def over_elements(function, arrays, cores, batch):
    """The function over the places of a batch: the arrays have the axes of the batch that are theirs,
    then those of one value.

    One vmap per axis: what depends on some of the arguments is computed along their axes alone.
    """
    owned = [own_axes(x, core, batch) for x, core in zip(arrays, cores)]
    squeezed = [without_ones(x, axes, core, batch) for x, axes, core in zip(arrays, owned, cores)]
    mapped = [k for k in range(len(batch)) if any(k in axes for axes in owned)]
    function = of_tensors(function)
    for level in reversed(mapped):
        function = vmap_of(function, tuple(0 if level in axes else None for axes in owned))
    found = several(function(*squeezed))
    return [_array(reshape(x, (*batch, *x.shape[len(mapped) :]))) for x in found]


def of_tensors(function):
    """The function, whose results are tensors also where Python knows them."""
    return lambda *values: tuple(map(asarray, several(function(*values))))


def own_axes(array, core, batch):
    """The axes of the batch along which an array differs."""
    shape = array.shape[: array.ndim - len(core)]
    first = len(batch) - len(shape)
    return [first + k for k, size in enumerate(shape) if size != 1]


def without_ones(array, axes, core, batch):
    """The array without the axes along which it is repeated."""
    inner = array.shape[array.ndim - len(core) :]
    return reshape(array, (*(batch[k] for k in axes), *inner))


def _array(tensor):
    """The tensor as an array, also where it has no axes."""
    return Tensor(tensor.storage, tensor.type, tensor.lenses)


# Signatures.


def with_cores(function, arrays, inputs, outputs, otypes):
    """The function of the last axes that a signature names, over the axes before them."""
    if len(arrays) != len(inputs):
        raise ArgumentError(
            f"wrong number of positional arguments: expected {len(inputs)}, got {len(arrays)}"
        )
    sizes = {}
    for array, core in zip(arrays, inputs):
        note_sizes(sizes, array, core)
    batch = broadcast_shapes(*(x.shape[: x.ndim - len(c)] for x, c in zip(arrays, inputs)))
    if 0 in batch:
        return empty_cores(batch, sizes, outputs, otypes)
    found = over_elements(_fitting(function, sizes, outputs), arrays, inputs, batch)
    wanted = otypes or [x.dtype for x in found]
    return delivered([astype(x, t) for x, t in zip(found, wanted, strict=True)])


def note_sizes(sizes, array, core):
    """Note the sizes that the last axes of an array give names to; refuse two sizes of one name."""
    if array.ndim < len(core):
        raise ShapeError(
            f"{array.ndim}-dimensional argument does not have enough dimensions for all core "
            f"dimensions {core}"
        )
    for name, size in zip(core, array.shape[array.ndim - len(core) :]):
        if sizes.setdefault(name, size) != size:
            raise ShapeError(
                f"inconsistent size for core dimension {name!r}: {size} vs {sizes[name]}"
            )


def _fitting(function, sizes, outputs):
    """The function, its results as many and of the shapes that the signature says."""

    def fitting(*values):
        found = several(function(*values))
        if len(found) != len(outputs):
            raise ArgumentError(
                f"wrong number of outputs from pyfunc: expected {len(outputs)}, got {len(found)}"
            )
        results = [asarray(x) for x in found]
        for x, core in zip(results, outputs):
            note_sizes(sizes, x, core)
        shapes = [tuple(sizes[name] for name in core) for core in outputs]
        return delivered([np.broadcast_to(x, shape) for x, shape in zip(results, shapes)])

    return fitting


def empty_cores(batch, sizes, outputs, otypes):
    """The results of a function with a signature where there are no elements."""
    if otypes is None:
        raise ArgumentError(EMPTY)
    if any(name not in sizes for core in outputs for name in core):
        raise ArgumentError(
            "cannot call `vectorize` with a signature including new output dimensions on size 0 inputs"
        )
    shapes = [(*batch, *(sizes[name] for name in core)) for core in outputs]
    return delivered([zeros(shape, t) for shape, t in zip(shapes, otypes, strict=True)])
