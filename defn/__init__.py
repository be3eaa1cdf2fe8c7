"""defn: NumPy functions, traced once, differentiated as graphs, and compiled per call.

The package is callable as its decorator, so `@defn` works after `import defn` and after `from defn import defn`.
What it offers is loaded when it is first used: `import defn` costs next to nothing.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

__version__ = "0.1.0"

# Where each public name lives; a name that is its own home is a module.
HOMES = {
    "defn.jit": ("Defn", "compile", "jit"),
    "defn.transformed": (
        "checkpoint", "custom_grad", "grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp", "vmap",
    ),
    "defn.transforms.functions": ("stop_grad",),
    "defn.control": ("cond", "fori_loop", "map", "scan", "while_loop"),
    "defn.hooks": ("check", "hook", "print_value"),
    "defn.tensor": ("Tensor",),
    "defn.numpy": ("tensor",),
    "defn.backends": ("default_backend",),
    "defn.config": ("default_options",),
    "defn.errors": ("DefnError",),
}  # fmt: skip
MODULES = ("compilers", "fft", "linalg", "numpy", "nx", "pytree", "random", "special")
LATER = ("operators", "specialise")  # what only a call needs
PUBLIC = {name: home for home, names in HOMES.items() for name in names}
__all__ = sorted([*PUBLIC, *MODULES, "defn"])


class _Package(ModuleType):
    """The package: callable as the decorator, its names loaded at the first look."""

    def __call__(self, function=None, **options):
        return importlib.import_module("defn.jit").defn(function, **options)

    def __getattr__(self, name):
        if name in PUBLIC:
            return getattr(importlib.import_module(PUBLIC[name]), name)
        if name in MODULES:
            return importlib.import_module(f"defn.{name}")
        raise AttributeError(f"module 'defn' has no attribute {name!r}")

    def __dir__(self):
        return [*super().__dir__(), *__all__]


def _public(name):
    """A public name that a file bears too: importing the file must not hide the name."""
    return property(
        lambda self: getattr(importlib.import_module(PUBLIC[name]), name), lambda self, value: None
    )


class _Later:
    """Modules that are loaded when they are first looked at: to decorate a function takes none of them."""

    def __getattr__(self, name):
        if name not in LATER:
            raise AttributeError(f"no module {name!r} is loaded later")
        setattr(self, name, importlib.import_module(f"defn.{name}"))
        return getattr(self, name)


later = _Later()
for _name in ("check", "jit", "tensor"):
    setattr(_Package, _name, _public(_name))
sys.modules[__name__].__class__ = _Package
defn = sys.modules[__name__]
