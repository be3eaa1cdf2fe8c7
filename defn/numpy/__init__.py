"""The array functions, under the names of NumPy and of the Array API: `defn.numpy.sin`, `defn.numpy.sum`.

They take tensors, NumPy arrays, lists and numbers, and give tensors; while a function is traced, nodes of its graph.
"""

import importlib
import importlib.util
import sys

import numpy as _numpy

from defn.dispatch import FUNCTIONS, UFUNCS
from defn.numpy.universal import Universal
from defn.types import BFLOAT16 as bfloat16

FAMILIES = (
    "arithmetic", "rounding", "reduction", "moments", "cumulative", "product", "einsum", "inquiry",
    "transfer", "printing", "sorting", "quantile", "ignoring", "closeness", "angles", "special",
    "creation", "counting", "matrices", "grids", "indexing", "shapes", "orders", "splits", "windows", "real_parts",
    "taking", "writing", "diagonals", "index_rows", "joining", "padding", "attributes", "masked", "uneven",
    "uneven_moves",
)  # fmt: skip
for _family in FAMILIES:
    if importlib.util.find_spec(f"defn.numpy.{_family}"):
        importlib.import_module(f"defn.numpy.{_family}")
from defn.numpy.transfer import tensor

FUNCTIONS["namespace"] = sys.modules[__name__]

# A name of NumPy's means here what the tables say it means.
# (NumPy loads some of its modules when they are asked for: they stay unloaded.)
for _name in dir(_numpy):
    _meant = vars(_numpy).get(_name)
    if isinstance(_meant, _numpy.ufunc) and _meant in UFUNCS:
        globals()[_name] = Universal(_meant)
    elif callable(_meant) and not isinstance(_meant, type) and _meant in FUNCTIONS:
        globals()[_name] = FUNCTIONS[_meant]
