"""Running reductions and sorting: along one axis, the result of the operand's type."""

from __future__ import annotations

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import INT64


def _running(name, ufunc, traits=()):
    return Op(
        name,
        Kind.LIBRARY,
        lambda x, *, axis: x,
        lambda x, *, axis: ufunc.accumulate(x, axis=axis, dtype=np.asarray(x).dtype),
        cost=4,
        traits=traits,
    )


cumsum = _running("cumsum", np.add)
cumprod = _running("cumprod", np.multiply)
cummax = _running("cummax", np.maximum)
cummin = _running("cummin", np.minimum)

# Not-a-numbers last, as NumPy sorts. Of equal numbers it is all one which comes first, so the quickest way will do;
# of their places it is not: `argsort` is stable.
sort = Op(
    "sort",
    Kind.LIBRARY,
    lambda x, *, axis: x,
    lambda x, *, axis: np.sort(x, axis),
    cost=40,
)
argsort = Op(
    "argsort",
    Kind.LIBRARY,
    lambda x, *, axis: x.with_dtype(INT64),
    lambda x, *, axis: np.argsort(x, axis, "stable"),
    cost=40,
)
# Sorted in the places `kth`, with what is less before and what is greater behind: any such order will do, and
# the one of sorting does where a compiler has no quicker one.
partition = Op(
    "partition",
    Kind.LIBRARY,
    lambda x, *, axis, kth: x,
    lambda x, *, axis, kth: np.sort(x, axis),
    40,
    ("formula",),
)
argpartition = Op(
    "argpartition",
    Kind.LIBRARY,
    lambda x, *, axis, kth: x.with_dtype(INT64),
    lambda x, *, axis, kth: np.argsort(x, axis, "stable"),
    40,
    ("formula",),
)
