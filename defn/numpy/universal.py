"""NumPy's ufuncs under their own names, for tensors, arrays, lists and numbers alike."""

from __future__ import annotations

import inspect

from defn.dispatch import UFUNCS
from defn.tensor import PYTHON_NUMBERS, asarray, is_tensor


class Universal:
    """A ufunc of tensors: called, reduced, accumulated, or taken of all pairs."""

    def __init__(self, ufunc):
        self.ufunc, self.__name__, self.__qualname__ = ufunc, ufunc.__name__, ufunc.__name__
        rule = UFUNCS[ufunc]
        self.__doc__ = getattr(rule, "__doc__", None) if callable(rule) else None
        self.__doc__ = self.__doc__ or f"`numpy.{ufunc.__name__}`, element by element."
        self.__signature__ = inspect.signature(ufunc)
        self.nin, self.nout, self.identity = ufunc.nin, ufunc.nout, ufunc.identity

    def __call__(self, *operands, **settings):
        return self.ufunc(*tensors(operands), **settings)

    def reduce(self, a, *arguments, **settings):
        """The elements along an axis combined."""
        return self.ufunc.reduce(asarray(a), *arguments, **settings)

    def accumulate(self, a, *arguments, **settings):
        """The results of combining more and more elements along an axis."""
        return self.ufunc.accumulate(asarray(a), *arguments, **settings)

    def reduceat(self, a, *arguments, **settings):
        """The reductions of the stretches between known places."""
        return self.ufunc.reduceat(asarray(a), *arguments, **settings)

    def outer(self, a, b, **settings):
        """The ufunc of every element of `a` with every element of `b`."""
        return self.ufunc.outer(asarray(a), asarray(b), **settings)

    def at(self, a, *arguments):
        """The ufunc applied in place at some indices, repeated ones counted."""
        return self.ufunc.at(asarray(a), *arguments)

    def __repr__(self):
        return f"<ufunc {self.__name__!r} of tensors>"


def tensors(operands):
    """The operands, one at least a tensor: Python numbers stay what they are beside it."""
    made = [x if type(x) in PYTHON_NUMBERS else asarray(x) for x in operands]
    return made if any(map(is_tensor, made)) else [asarray(x) for x in operands]
