"""einops on tensors: its backend for them, made when einops is imported.

einops knows the arrays of each library by a backend, a subclass of its own. Traced values are arrays of NumPy to it.
"""

from __future__ import annotations

import importlib.util
import sys

from defn.dispatch import FUNCTIONS
from defn.tensor import eager, is_tensor

BACKENDS = "einops._backends"


def register(backends):
    """Make the backend: einops looks for the subclasses of its own."""

    class DefnBackend(backends.NumpyBackend):
        """Tensors, by the functions of `defn.numpy`."""

        framework_name = "defn"

        def __init__(self):
            self.np = FUNCTIONS["namespace"]

        def is_appropriate_type(self, tensor):
            return is_tensor(tensor)

        def from_numpy(self, x):
            return eager(x)

        def to_numpy(self, x):
            return x.numpy()

        def is_float_type(self, x):
            return x.dtype.kind == "f"

    register.made = DefnBackend  # einops finds it among the living subclasses


class Later:
    """A finder of modules that finds none, but sees to it that einops is told once it is loaded."""

    def find_spec(self, name, path=None, target=None):
        """The module as every other finder finds it, followed by `register`."""
        if name != BACKENDS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def loaded(module):
            load(module)
            register(module)

        spec.loader.exec_module = loaded
        return spec


if BACKENDS in sys.modules:
    register(sys.modules[BACKENDS])
else:
    sys.meta_path.insert(0, Later())
