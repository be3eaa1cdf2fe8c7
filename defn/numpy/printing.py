"""How tensors look: values cut short, type, and where they live."""

from __future__ import annotations

import numpy as np

from defn.dispatch import METHODS
from defn.tensor import concrete, vectors_text

SHOWN = 60  # of more elements than these, only the first and last of each axis are shown
EDGE = 3
START = "tensor("


def show(tensor):
    """The tensor as text: of a traced one its type and how it was made.

    >>> from defn import tensor
    >>> tensor([[1.0, 2.5], [3.0, 4.0]])
    tensor([[1.0, 2.5],
            [3.0, 4.0]], f64[2, 2] on numpy)
    """
    return _traced(tensor) if tensor.traced else _eager(tensor)


def _eager(tensor):
    values = _values(concrete(tensor, "printing"))
    return f"{START}{values}, {described(tensor)} on {tensor.backend.name})"


def described(tensor):
    """The type as it is shown, with the names of axes and the vectorised axes.

    >>> from defn import tensor
    >>> described(tensor([[1.0, 2.0]], names=("rows", None)))
    'f64[rows: 1, 2]'
    """
    if tensor.labels is None:
        return str(tensor.type)
    axes = [f"{name}: {n}" if name else str(n) for name, n in zip(tensor.names, tensor.shape)]
    shape = f"[{', '.join(axes)}]" if axes else ""
    type = f"{tensor.type.with_shape(())}{shape}"
    return f"{vectors_text(tensor.vectors)} {type}" if tensor.vectors else type


def _values(array):
    return np.array2string(
        array, separator=", ", threshold=SHOWN, edgeitems=EDGE, prefix=START,
        formatter={"float_kind": str, "complex_kind": str},
    )  # fmt: skip


def _traced(tensor):
    node = tensor.node
    made = f", made at {node.where}" if node.where else ""
    return f"<traced {described(tensor)}: {node.op}{made}>"


METHODS["__repr__"] = show
