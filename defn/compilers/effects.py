"""What effects do when they run, the same on every compiler."""

from __future__ import annotations

import numpy as np

from defn import ops
from defn.errors import (
    ArgumentError,
    BoundsError,
    CheckError,
    LinAlgError,
    NoInteger,
    NotFinite,
    OutOfRange,
)

ERRORS = {
    "check": CheckError, "index": BoundsError, "value": ArgumentError, "number": NotFinite, "linalg": LinAlgError,
    "overflow": OutOfRange, "integer": NoInteger,
}  # fmt: skip


def run_effect(node, values):
    """Do what an effect node says, with its operands' values."""
    if node.op is ops.check:
        if not np.all(values[0]):
            raise failed(node, values[1:])
    else:
        node.attrs["callback"](*map(np.asarray, values))
    return ()


def failed(node, values):
    """The error of a check that did not hold, its message filled in with the values."""
    message = node.attrs["message"]
    if values:
        shown = [v[()] if isinstance(v, np.ndarray) else v for v in values]
        message = (
            message.format(*shown) if "{" in message else f"{message}: {', '.join(map(str, shown))}"
        )
    return _error(node.attrs.get("error", "check"), message, node.where)


def _error(kind, message, where):
    """One of our errors by name, or an error of the user's own class with the line as a note."""
    if kind in ERRORS:
        return ERRORS[kind](message, where)
    error = kind(message)
    error.add_note(f"at {where}")
    return error
