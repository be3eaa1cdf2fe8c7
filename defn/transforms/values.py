"""What transforms ask of functions and values, and how their errors name them."""

from __future__ import annotations

import contextlib
import inspect

from defn.errors import ShapeError
from defn.tensor import asarray
from defn.transforms.vectors import spread


def named(function):
    """The name of a function, as errors show it."""
    return (
        getattr(function, "__qualname__", None)
        or getattr(function, "__name__", None)
        or repr(function)
    )


def named_after(function):
    """Decorate a transform of a function: it has the function's name, not its source."""

    def decorate(transform):
        transform.__qualname__ = f"{transform.__name__}({named(function)})"
        transform.__doc__ = f"{transform.__name__} of {named(function)}: {function.__doc__ or ''}"
        if transform.__code__.co_flags & inspect.CO_VARKEYWORDS:
            _with_signature_of(function, transform)
        return transform

    return decorate


def _with_signature_of(function, transform):
    """Let a transform that is called as its function is say so."""
    with contextlib.suppress(TypeError, ValueError):  # some built-in functions have none
        transform.__signature__ = inspect.signature(function)


def demand_type(value, wanted, what, vectors=()):
    """The value as a tensor of a type, numbers of another dtype cast, over these vectorised axes;
    refused where the shape differs.
    """
    value = asarray(value, wanted.dtype)
    if value.shape != wanted.shape:
        raise ShapeError(f"{what} must be {wanted}, it is {value.type}")
    return spread(value, vectors)
