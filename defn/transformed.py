"""Transforms of functions, callable with arrays: `grad`, `value_and_grad`, `jvp`, `vjp`, and their kin.

Each is a compiled function itself, so transforms nest, and `jit(grad(f), compiler="xla")` binds options.
"""

from __future__ import annotations

from defn import operators
from defn.jit import Defn
from defn.transforms.functions import grad_of, value_and_grad_of, vjp_of


def transformed(make, function, *settings, **options):
    """The transform of a function as a compiled function, with the options of the function it transforms."""
    bound = function._options if isinstance(function, Defn) else {}

    def called(*args, **kwargs):
        return operators.call(function, *args, **kwargs)

    called.__name__ = getattr(function, "__name__", type(function).__name__)
    called.__qualname__ = getattr(function, "__qualname__", called.__name__)
    called.__doc__ = getattr(function, "__doc__", None)
    return Defn(make(called, *settings, **options), bound, syntax=False)


def grad(function, argnums=0, has_aux=False):
    """The function that gives the gradients of `function`, which returns one real number.

    Gradients come in the containers of the arguments `argnums` (a position, or a tuple of them); integers and
    booleans have None. With `has_aux`, the function returns (value, anything else), and the result is
    (gradients, anything else).

    >>> grad(lambda x: x**3)(2.0)
    np.float64(12.0)
    """
    return transformed(grad_of, function, argnums, has_aux)


def value_and_grad(function, argnums=0, has_aux=False):
    """The function that gives the value of `function` and its gradients, in one pass.

    >>> import numpy as np
    >>> value, gradient = value_and_grad(lambda x: (x * x).sum())(np.array([1.0, 2.0]))
    >>> float(value), gradient
    (5.0, array([2., 4.]))
    """
    return transformed(value_and_grad_of, function, argnums, has_aux)


def vjp(function, *primals):
    """The results of `function` for these arguments, and the function that pulls cotangents of them back.

    >>> import numpy as np
    >>> y, pull = vjp(np.sin, np.array([0.0]))
    >>> pull(np.array([2.0]))
    (array([2.]),)
    """
    both = transformed(vjp_of, function)

    def pull(cotangents):
        """The cotangents of the arguments for these cotangents of the results."""
        return both(primals, cotangents)[1]

    return both(primals, None)[0], pull
