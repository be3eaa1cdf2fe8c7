"""Transforms of functions, callable with arrays: `grad`, `value_and_grad`, `jvp`, `vjp`, and their kin.

Each is a compiled function itself, so transforms nest, and `jit(grad(f), compiler="xla")` binds options.
"""

from __future__ import annotations

from defn import operators
from defn.jit import Defn
from defn.transforms.checkpoint import checkpoint_of
from defn.transforms.custom import CustomGrad
from defn.transforms.functions import grad_of, hvp_of, jvp_of, value_and_grad_of, vjp_of
from defn.transforms.vectorize import hessian_of, jacobian_of, vmap_of


def transformed(make, function, *settings):
    """The transform of a function as a compiled function, with the options of the function it transforms."""
    bound = function._options if isinstance(function, Defn) else {}
    return Defn(_made(make, function, *settings), bound, syntax=False)


def _made(make, function, *settings):
    """The transform of a function, which knows how a pickle makes it again."""

    def called(*args, **kwargs):
        return operators.call(function, *args, **kwargs)

    called.__name__ = getattr(function, "__name__", type(function).__name__)
    called.__qualname__ = getattr(function, "__qualname__", called.__name__)
    called.__doc__ = getattr(function, "__doc__", None)
    called.__wrapped__ = function  # for its signature
    transform = make(called, *settings)
    transform.__defn_made__ = _made, (make, function, *settings)
    return transform


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


def jvp(function, primals, tangents):
    """The results of `function` for the arguments `primals`, and how they change as these change by `tangents`.

    Both are tuples, one entry per argument; a tangent of None is zero.

    >>> value, change = jvp(lambda x, y: x * y, (3.0, 2.0), (1.0, None))
    >>> float(value), float(change)
    (6.0, 2.0)
    """
    return transformed(jvp_of, function)(primals, tangents)


def jacobian(function, argnums=0):
    """The function that gives the derivative of each element of the results by each element of an argument.

    For a result of shape S and an argument of shape T, an array of shape S + T.

    >>> import numpy as np
    >>> jacobian(lambda x: x * x[::-1])(np.array([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 4., 0.],
           [3., 0., 1.]])
    """
    return transformed(jacobian_of, function, argnums)


def hessian(function, argnums=0):
    """The function that gives all second derivatives of `function`, which returns one real number.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    return transformed(hessian_of, function, argnums)


def hvp(function, argnums=0):
    """The function (*arguments, v) -> the Hessian times v, of a function that returns one real number.

    >>> float(hvp(lambda x: x**3)(2.0, 1.0))
    12.0
    """
    return transformed(hvp_of, function, argnums)


def vmap(function, in_axes=0, out_axes=0):
    """The function on batches: along the axis `in_axes` of each argument, results along `out_axes`.

    An axis of None is for what is the same for all values. Both may be containers, one axis per argument or leaf.

    >>> import numpy as np
    >>> vmap(lambda a, b: a @ b, in_axes=(0, None))(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """
    return transformed(vmap_of, function, in_axes, out_axes)


def checkpoint(function):
    """The function, whose derivative keeps its arguments alone and computes all else again.

    >>> grad(checkpoint(lambda x: x**3))(2.0)
    np.float64(12.0)
    """
    return transformed(checkpoint_of, function)


def custom_grad(function):
    """The function, with a derivative that is given by `.def_vjp` or `.def_jvp`, not found from what it computes.

    >>> import numpy as np
    >>> @custom_grad
    ... def clipped(x):
    ...     return np.clip(x, -1.0, 1.0)
    >>> @clipped.def_vjp
    ... def straight_through(ct, out, x):
    ...     return (ct,)
    >>> grad(clipped)(5.0)
    np.float64(1.0)
    """
    return CustomGrad(function, operators.call)
