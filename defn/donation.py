"""Arguments whose memory a call may take over: `donate=`.

A tensor or a JAX array that was given up is gone after the call. NumPy arrays are the caller's and stay.
"""

from __future__ import annotations

import inspect

from defn.errors import ArgumentError, TraceError, Unsupported, suggestion

GIVEN = ("tensor", "jax")  # kinds of leaves that have a buffer to give up


class GivenUp:
    """Stands for the trace of a tensor that was given up: whoever reads it is told by which call."""

    alive = False

    def __init__(self, name):
        self.name = name

    def error(self, storage):
        """The error of whoever reads the tensor."""
        return TraceError(
            f"this tensor was given up to an earlier call of {self.name}, which has donate= for it: use what the call "
            "returned, pass tensor.copy(), or leave the argument out of donate="
        )


def names_of(function, donate):
    """The names of the parameters to give up, of their names and positions.

    >>> names_of(lambda weights, x: weights * x, ("weights",)), names_of(lambda weights, x: x, 0)
    (('weights',), ('weights',))
    """
    if donate is None:
        return ()
    parameters = _parameters(function)
    given = (donate,) if isinstance(donate, (str, int)) else tuple(donate)
    return tuple(dict.fromkeys(_name(each, parameters, function) for each in given))


def _parameters(function):
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def _name(each, parameters, function):
    if each in parameters:
        return each
    if type(each) is int and -len(parameters) <= each < len(parameters):
        return parameters[each]
    near = suggestion(each, parameters) if isinstance(each, str) else ""
    raise ArgumentError(
        f"donate= names {each!r}, which is no parameter of {getattr(function, '__name__', function)}{near}; it has "
        f"{', '.join(parameters) or 'none that can be read'}"
    )


def demand_able(name, compiler):
    """Refuse a compiler that takes nothing over."""
    if compiler != "xla":
        raise Unsupported(
            f"{name} has donate=, which compiler {compiler!r} does not know: it is for compiler='xla'; elsewhere write "
            "into the argument (x[...] = ...), which is in place, or leave donate= out"
        )


def places(function, names, structure, leaves):
    """The positions of the leaves to give up: the buffers in these arguments."""
    if not names:
        return frozenset()
    found, first = set(), 0
    for name, child in _arguments(function, structure):
        if name in names:
            found.update(range(first, first + child.count))
        first += child.count
    return frozenset(k for k in found if leaves[k].kind in GIVEN)


def _arguments(function, structure):
    """The name of each argument's parameter, and its structure, in order."""
    positional, named = structure.children
    kinds = inspect.signature(function).parameters.values() if positional.children else ()
    names = [p.name for p in kinds if p.kind is not p.KEYWORD_ONLY]
    rest = names[-1:] * len(positional.children)  # of *args
    return [*zip([*names, *rest], positional.children), *zip(named.static or (), named.children)]


def give_up(values, name):
    """Let go of the buffers of tensors, storages and JAX arrays after the call of this name."""
    for value in values:
        held = getattr(value, "storage", value)
        buffer = getattr(held, "value", held)
        if hasattr(buffer, "delete") and not buffer.is_deleted():
            buffer.delete()
        if held is not buffer and held.trace is None:
            held.value, held.trace = None, GivenUp(name)
