"""What the rows of the corpus are written in: arrays of a dtype, and Nx's control flow and gradients.

A gradient is of the sum of what the function gives; of integers it is taken as of float32.
"""

import functools

import numpy as np

import defn
from defn import nx, pytree
from defn.tensor import asarray, is_tensor

inf, nan = np.inf, np.nan


def maker(code):
    return functools.partial(np.array, dtype=code)


b1, u1, u2, u4, u8 = map(maker, ("?", "u1", "u2", "u4", "u8"))
i1, i2, i4, i8 = map(maker, ("i1", "i2", "i4", "i8"))
f2, f4, f8, c8, c16 = map(maker, ("f2", "f4", "f8", "c8", "c16"))
DTYPES = {bool: "uint8", int: "int32", float: "float32", complex: "complex64"}


def iota(shape, code):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(code)


def tensor(data, type=None, names=None):
    """An array with the dtypes that Nx gives to numbers."""
    if is_tensor(data) or type is not None:
        return nx.tensor(data, type=type)
    kind = np.asarray(data).dtype.type(0).item()
    return nx.tensor(data, type=DTYPES[kind.__class__])


def strong(x):
    return x if is_tensor(x) or isinstance(x, np.ndarray) else tensor(x)


# Places.


class upto:
    """Places from the first to the last, which counts."""

    def __init__(self, first, last, step=None):
        self.slice = slice(first, None if last == -1 else last + 1, step)


def at(x, index):
    """The part of an array, or of a container, at an index; one that is an array is held inside."""
    if isinstance(x, (tuple, list, dict)):
        return x[index]
    if is_tensor(index) and index.ndim:
        return nx.take(x, index)
    axis = 0
    for each in index if isinstance(index, tuple) else (index,):
        before = (slice(None),) * axis
        if is_tensor(each):
            x = nx.squeeze(nx.slice_along_axis(x, each, 1, axis=axis), axes=[axis])
        elif isinstance(each, int):
            x = x[(*before, each)]
        else:
            x, axis = x[(*before, each.slice if isinstance(each, upto) else each)], axis + 1
    return x


# Branches and loops.


def choose(predicate, then, otherwise):
    if is_tensor(predicate):
        predicate = predicate != 0
    return defn.cond(predicate, then, otherwise)


def like(state, first):
    """A state in the dtypes of the first one."""
    if isinstance(first, tuple):
        return tuple(map(like, state, first))
    if isinstance(first, dict):
        return {key: like(state[key], first[key]) for key in first}
    return nx.as_type(strong(state), first.dtype)


def repeat(test, body, state):
    state = pytree.map(strong, state)
    return defn.while_loop(test, lambda s: like(body(s), state), state)


def for_each(state, items, body):
    state = pytree.map(strong, state)
    if is_tensor(items):
        step = lambda k, s: like(body(s, items[k]), state)
        return defn.fori_loop(0, items.shape[0], step, state)
    first, last = items.slice.start, items.slice.stop
    for k in range(first, last, items.slice.step or 1):
        state = like(body(state, k), state)
    return state


def observed(value, *_):
    return value


# Gradients.


def differentiable(x):
    x = strong(x)
    return nx.as_type(x, "float32") if x.dtype.kind in "biu" else x


def total(y):
    return nx.sum(differentiable(y))


def value_and_gradient(x, function, chosen=lambda y: y):
    """What a function gives, and the gradient of the sum of what is chosen of it."""
    x = pytree.map(differentiable, x)
    summed = lambda x: total(chosen(function(x)))
    y = function(x)
    if total(chosen(y)).dtype.kind != "c":
        return y, defn.grad(summed)(x)
    value, pull = defn.vjp(summed, x)
    return y, pull(np.ones((), value.dtype))[0]


def gradient(x, function):
    return value_and_gradient(x, function)[1]


def stop_grad(x):
    return pytree.map(lambda leaf: defn.stop_grad(asarray(leaf)), x)
