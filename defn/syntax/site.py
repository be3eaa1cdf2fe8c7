"""What the operators are told about a place, and the marker of an unbound name."""

from __future__ import annotations

import linecache
from typing import NamedTuple

# A middle dot may stand in a name, and nobody types it: what the rewriting adds cannot clash with
# what the user wrote.
HIDDEN = "\u00b7"

DESCRIPTIONS = {
    "return": "the returned value",
    "returned": "whether the function has returned",
    "broken": "whether the loop was left by `break`",
    "continued": "whether the iteration was cut short by `continue`",
    "exhausted": "whether the loop's test has failed",
    "subject": "the subject of `match`",
}


def is_hidden(name):
    """Whether the rewriting made up `name`: `return·`, `broken·12`, ..."""
    return HIDDEN in name


def describe(name):
    """What a message may call `name`.

    >>> describe("speed"), describe("return·")
    ('`speed`', 'the returned value')
    """
    return DESCRIPTIONS.get(name.partition(HIDDEN)[0], name) if is_hidden(name) else f"`{name}`"


class Site(NamedTuple):
    """A statement of the user's: its place, the names it changes, what hinders tracing it."""

    kind: str  # if, while, for, rest (what follows a jump), comprehension, match, try, expression
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str
    names: tuple = ()  # the names of the state, in the order of the state
    reads: frozenset = (
        frozenset()
    )  # those of `names` that may be read, or left as they are, before a write
    captured: frozenset = (
        frozenset()
    )  # those of `names` that only a lambda, def or generator still reads
    raises: tuple = (False, False)  # whether `then` and `orelse` end in `raise`
    obstacle: str | None = None  # why traced values cannot pass here, or None

    @property
    def text(self):
        """The user's line, without its indentation."""
        return linecache.getline(self.file, self.line).strip()

    def __str__(self):
        return f"{self.file}:{self.line}"


class Unbound:
    """Stands in the state for a name that has no value yet; any use raises what Python raises."""

    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    @property
    def asked(self):
        """Whether those who read the name ask if it has a value: of the user's names they do."""
        return not is_hidden(self.name)

    def __repr__(self):
        return f"<unbound {self.name}>"

    def fail(self, free=False):
        """Raise Python's own error; `free` if the name was seen from an inner function."""
        raise no_value(self.name, free)


def no_value(name, free=False):
    """Python's own error about a name without a value; `free` if it was seen from an inner function."""
    if free:
        return NameError(
            f"cannot access free variable '{name}' where it is not associated with a value in "
            "enclosing scope"
        )
    return UnboundLocalError(
        f"cannot access local variable '{name}' where it is not associated with a value"
    )


def _used(self, *args, **kwargs):
    self.fail()


for _name in (
    "bool call contains getitem setitem delitem iter next len int float complex index enter exit"
    " array format str neg pos abs invert lt le gt ge eq ne add sub mul truediv floordiv mod pow"
    " matmul and or xor lshift rshift radd rsub rmul rtruediv rfloordiv rmod rpow rmatmul rand ror"
    " rxor rlshift rrshift"
).split():
    setattr(Unbound, f"__{_name}__", _used)
Unbound.__hash__ = object.__hash__
Unbound.__getattr__ = _used
