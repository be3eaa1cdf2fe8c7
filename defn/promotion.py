"""Dtypes and shapes of results: NumPy's own answers, remembered."""

from __future__ import annotations

import functools

import numpy as np

from defn.errors import ShapeError, TypeMismatch
from defn.types import BOOL, EXTENDED, FLOAT32, WEAK, is_float, promote


@functools.cache
def resolve(ufunc, *operands):
    """The dtypes in which a ufunc takes its operands and gives its results.

    Operands are dtypes, or Python types for weak scalars.
    """
    if any(d in EXTENDED for d in operands if isinstance(d, np.dtype)):
        return _resolve_extended(ufunc, operands)
    if all(
        isinstance(d, type) for d in operands
    ):  # of Python numbers alone, NumPy would answer `object`
        operands = tuple(WEAK[d] for d in operands)
    asked = tuple(BOOL if d is bool else d for d in operands) + (None,) * ufunc.nout
    try:
        found = ufunc.resolve_dtypes(asked)
    except TypeError as error:
        raise TypeMismatch(f"np.{ufunc.__name__} of {_listed(operands)}: {error}") from None
    canonical = tuple(np.dtype(d.str) for d in found)
    return canonical[: ufunc.nin], canonical[ufunc.nin :]


@functools.cache
def result_of(ufunc, dtype, count):
    """The dtype of a ufunc's result, where it takes operands of one dtype as they are; else None."""
    inputs, outputs = resolve(ufunc, *(dtype,) * count)
    return outputs[0] if all(d == dtype for d in inputs) else None


def _resolve_extended(ufunc, operands):
    """NumPy knows no promotion of bfloat16: ours decides the input, the float32 loop the kind of output."""
    common = promote(*operands)
    if common not in EXTENDED:
        plain = tuple(FLOAT32 if d in EXTENDED else d for d in operands)
        return resolve(ufunc, *plain)
    _, outputs = resolve(ufunc, *(FLOAT32 for _ in operands))
    return (common,) * ufunc.nin, tuple(common if is_float(d) else d for d in outputs)


def _listed(operands):
    return ", ".join(d.__name__ if isinstance(d, type) else str(d) for d in operands)


@functools.cache
def reduced_dtype(ufunc, dtype):
    """The dtype in which `ufunc.reduce` of a dtype computes: small integers widen in sums and products."""
    if dtype in EXTENDED:
        return dtype
    return np.dtype(ufunc.resolve_dtypes((None, dtype, None), reduction=True)[0].str)


def broadcast_shapes(*shapes):
    """The shape that these broadcast to, as NumPy has it."""
    first = shapes[0]
    for shape in shapes:
        if shape != first:
            return _broadcast_shapes(shapes)
    return first


@functools.lru_cache(4096)
def _broadcast_shapes(shapes):
    try:
        return tuple(int(n) for n in np.broadcast_shapes(*shapes))
    except ValueError:
        listed = " and ".join(map(str, shapes))
        raise ShapeError(
            f"shapes {listed} cannot be broadcast together: sizes must be equal or one, counted from the last axis"
        ) from None
