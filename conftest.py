"""What is collected where an optional package is not installed: not the modules that are about it."""

import importlib.util

OPTIONAL = {"numba_cuda": "defn/compilers/cuda", "jax": "defn/compilers/xla"}
collect_ignore = [
    folder for package, folder in OPTIONAL.items() if importlib.util.find_spec(package) is None
]
