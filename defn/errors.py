"""Errors that teach: what was asked, what was got, the user's own line, what to do instead."""

from __future__ import annotations

import difflib
import linecache
import os
import sys

import numpy as np

HOME = os.path.dirname(os.path.abspath(__file__)) + os.sep
NOT_THE_USERS = (
    HOME,
    os.path.dirname(np.__file__) + os.sep,
    f"{os.sep}jax{os.sep}_src{os.sep}",
    "<frozen",
    "functools.py",
    "contextlib.py",
)


class Where(tuple):
    """A line of the user's: file and number."""

    __slots__ = ()

    def __new__(cls, file, line):
        return super().__new__(cls, (file, line))

    def __getnewargs__(self):
        return tuple(self)

    file = property(lambda self: self[0])
    line = property(lambda self: self[1])

    @property
    def text(self):
        """The source of the line, or nothing where it cannot be read."""
        return linecache.getline(self.file, self.line).strip()

    def __str__(self):
        return f"{self.file}:{self.line}" + (f": {self.text}" if self.text else "")


_is_ours: dict = {}


def _ours(filename):
    known = _is_ours.get(filename)
    if known is None:
        known = _is_ours[filename] = any(part in filename for part in NOT_THE_USERS)
    return known


def here():
    """The innermost line on the stack that is the user's, or None."""
    frame = sys._getframe(1)
    while frame is not None:
        if not _ours(frame.f_code.co_filename):
            return Where(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None


class DefnError(Exception):
    """Any error that defn raises on purpose; its text ends with the user's line."""

    def __init__(self, message="", where=None):
        self.where = where or here()
        self.message = message
        super().__init__(f"{message}\n  at {self.where}" if self.where else message)

    def __reduce__(self):
        return type(self), (self.message, self.where)


class TraceError(DefnError, TypeError):
    """A traced value was used where only a value known while tracing will do."""


class EndlessRecursion(DefnError, RecursionError):
    """A function that would call itself for ever while it is traced."""


class TypeMismatch(DefnError, TypeError):
    """Values of these types do not go together."""


class AmbiguousTruth(TypeMismatch, ValueError):
    """An array of several elements was asked whether it is true."""


class ShapeError(DefnError, ValueError):
    """Values of these shapes do not go together."""


class BoundsError(DefnError, IndexError):
    """An index outside its axis."""


class OutOfRange(DefnError, OverflowError):
    """A Python integer that the dtype of the array beside it cannot hold."""


class NotFinite(DefnError, FloatingPointError):
    """A nan or an infinity that an operation made out of finite numbers, in checked mode."""


class NoInteger(DefnError, OverflowError, ValueError):
    """A float that is no integer of 64 bits: too large, infinite, or not a number."""


class AxisError(DefnError, np.exceptions.AxisError):
    """An axis that an array does not have."""


class LinAlgError(DefnError, np.linalg.LinAlgError):
    """Matrices of which there is no such thing: not square, singular, not positive definite."""


class ArgumentError(DefnError, ValueError):
    """A setting that is not one of those there are."""


class CheckError(DefnError, AssertionError):
    """A runtime check of the user's failed."""


class CompilerError(DefnError, RuntimeError):
    """A compiler that is missing, unknown, or unable to do what it was given."""


class Unsupported(DefnError, NotImplementedError):
    """Something that defn does not do, by name, with the nearest thing that it does."""


class UnknownSize(Unsupported):
    """What would need a size that only the running program knows."""


class VerifierError(DefnError, AssertionError):
    """A graph that breaks its own rules: a defect of defn, not of the user's."""


def suggestion(name, known, listed=True):
    """`; did you mean 'x'?` where something known is close, else the list of what is known."""
    close = difflib.get_close_matches(str(name), list(known), 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are {', '.join(map(repr, known))}" if known and listed else ""
