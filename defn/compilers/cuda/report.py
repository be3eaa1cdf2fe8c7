"""The errors that kernels report."""

from __future__ import annotations

from defn import ops
from defn.compilers.effects import failed
from defn.errors import BoundsError


def raise_failure(failure, call):
    """Raise what a kernel met, with the values that it kept."""
    if failure.node.op is ops.check:
        raise failed(failure.node, [call.kept(storage, shape) for storage, shape in failure.values])
    raise BoundsError(failure.message, failure.node.where)
