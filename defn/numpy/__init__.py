"""The array functions, by NumPy's and the Array API's names: `defn.numpy.sin`, `defn.numpy.sum`.

They take tensors, NumPy arrays, lists and numbers, and give tensors; while a function is traced,
nodes of its graph. Every name of NumPy's that the tables of `defn.dispatch` know is here.
"""

import sys

import numpy as _numpy

from defn.dispatch import FUNCTIONS, UFUNCS

# Each file enters its functions into the tables.
from defn.numpy import (  # noqa: F401
    angles,
    arithmetic,
    attributes,
    calculus,
    closeness,
    counting,
    creation,
    cumulative,
    diagonals,
    directly,
    distinct,
    einops,
    einsum,
    fft,
    fitting,
    grids,
    histograms,
    ignoring,
    index_rows,
    indexing,
    inquiry,
    joining,
    labelling,
    linalg,
    masked,
    matrices,
    moments,
    orders,
    padding,
    pieces,
    polynomials,
    printing,
    product,
    quantile,
    real_parts,
    reduction,
    roots,
    rounding,
    sets,
    shapes,
    sorting,
    splits,
    statistics,
    taking,
    tapers,
    transfer,
    uneven,
    uneven_moves,
    windows,
    writing,
)
from defn.numpy.namespace import FloatInfo as finfo  # noqa: F401
from defn.numpy.namespace import integer_info as iinfo  # noqa: F401
from defn.numpy.namespace import namespace_info as __array_namespace_info__  # noqa: F401
from defn.numpy.sorting import top_k  # noqa: F401
from defn.numpy.transfer import from_dlpack, tensor  # noqa: F401
from defn.numpy.universal import Universal
from defn.types import BFLOAT16 as bfloat16  # noqa: F401

directly.enter()

# Names that mean to us what they mean to NumPy: dtypes, constants, questions about dtypes.
_SAME = """
bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128
dtype pi e inf nan newaxis euler_gamma isdtype issubdtype promote_types broadcast_shapes
"""

__array_api_version__ = "2024.12"


def _meaning(name):
    """What a name of NumPy's means here, or None; modules that NumPy loads late stay unloaded."""
    function = vars(_numpy).get(name)
    if isinstance(function, _numpy.ufunc):
        return Universal(function) if function in UFUNCS else None
    if not callable(function) or isinstance(function, type):
        return None
    return FUNCTIONS.get(function)


globals().update({name: getattr(_numpy, name) for name in _SAME.split()})
globals().update({name: found for name in dir(_numpy) if (found := _meaning(name)) is not None})
FUNCTIONS["namespace"] = sys.modules[__name__]
