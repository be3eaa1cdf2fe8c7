"""defn: NumPy functions, traced once, differentiated as graphs, and compiled per call.

The package is callable as its decorator, so `@defn` works after `import defn` and after `from defn import defn`.
"""

from __future__ import annotations

import sys
from types import ModuleType

from defn import numpy, pytree, special
from defn.backends import default_backend
from defn.config import default_options
from defn.control import cond, fori_loop, map, scan, while_loop
from defn.errors import DefnError
from defn.hooks import check, hook, print_value
from defn.jit import Defn, compile, jit
from defn.jit import defn as _decorate
from defn.numpy import tensor
from defn.tensor import Tensor
from defn.transformed import (
    checkpoint,
    custom_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
    vmap,
)
from defn.transforms.functions import stop_grad
__version__ = "0.1.0"
__all__ = [
    "Defn", "DefnError", "Tensor", "check", "checkpoint", "compile", "cond", "custom_grad", "default_backend",
    "default_options", "defn", "fori_loop", "grad", "hessian", "hook", "hvp", "jacobian", "jit", "jvp", "map", "numpy",
    "print_value", "pytree", "scan", "stop_grad", "tensor", "value_and_grad", "vjp", "vmap", "while_loop",
]  # fmt: skip


class _Package(ModuleType):
    """The package as the decorator."""

    def __call__(self, function=None, **options):
        return _decorate(function, **options)


sys.modules[__name__].__class__ = _Package
defn = sys.modules[__name__]
