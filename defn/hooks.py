"""Effects: checks, hooks and prints that happen while the compiled program runs, in program order."""

from __future__ import annotations

import numpy as np

from defn import ops, pytree
from defn.bodies import demand_scalar
from defn.dispatch import FUNCTIONS
from defn.errors import CheckError
from defn.tensor import asarray, effect, is_tensor
from defn.trace import current, known_value


def check(condition, message, *values):
    """Raise CheckError with the message when the condition does not hold; an array must hold throughout.

    `{}` in the message is filled in with the values. Under XLA it is raised after the call.

    >>> check(1 < 2, "never seen")
    """
    holds = FUNCTIONS[np.all](asarray(condition)) if is_tensor(condition) else condition
    if _is_known(holds):
        if not bool(np.all(holds)):
            raise CheckError(message.format(*values) if "{" in message else message)
        return
    effect(
        ops.check,
        demand_scalar(holds, "a check"),
        *map(asarray, values),
        message=message,
        error="check",
    )


def _is_known(value):
    return not (is_tensor(value) and value.traced) or known_value(value.node) is not None


def hook(value, callback):
    """The value itself; `callback(value)` is called with NumPy arrays each time the program passes here.

    >>> seen = []
    >>> _ = hook(3, seen.append)
    >>> seen
    [3]
    """
    if current() is None:
        callback(value)
        return value
    leaves, structure = pytree.flatten(value)
    effect(ops.hook, *map(asarray, leaves), callback=_Callback(structure, callback))
    return value


class _Callback:
    """Calls back with a container of the structure that was hooked."""

    def __init__(self, structure, function):
        self.structure, self.function = structure, function

    def __call__(self, *leaves):
        self.function(pytree.unflatten(self.structure, leaves))


def print_value(value, label="value"):
    """The value itself, printed each time the program passes here.

    >>> print_value(2.5, "x")
    x: 2.5
    2.5
    """
    return hook(value, _Printer(label))


class _Printer:
    """Prints a value with its label."""

    def __init__(self, label):
        self.label = label

    def __call__(self, value):
        print(f"{self.label}: {value}")
