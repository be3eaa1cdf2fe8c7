"""Writes docs/api.md: every public name with its signature and the first sentence of its docstring.

`python docs/make_api.py`; with `--print`, prints it instead.
"""

from __future__ import annotations

import importlib
import inspect
import pathlib
import re
import sys

import numpy as np

import defn
import defn.nx  # makes methods of tensors
from defn import errors, pytree
from defn.dispatch import METHODS
from defn.transforms.custom import CustomGrad

TARGET = pathlib.Path(__file__).parent / "api.md"
HEAD = """# Every public name

Written by `python docs/make_api.py` from the docstrings; do not edit. `help(defn.grad)` shows the whole of one, with an
example. [coverage.md](coverage.md) lists the functions of NumPy that mean something in a compiled function.
"""
FROM = {
    "linalg": "`np.linalg`'s functions, and more; [linear-algebra.md](linear-algebra.md) is about them.",
    "fft": "`np.fft`'s functions.",
    "special": "SciPy's names; [special-functions.md](special-functions.md) has their errors.",
    "random": "JAX's names; [random.md](random.md) is about them.",
    "nx": "Nx's names; [nx.md](nx.md) is about them.",
}
COMPILERS = ("available", "find", "is_known", "register", "Compiler", "Executable")
TREES = ("flatten", "leaves", "map", "paths", "register", "unflatten")
ASKED = ("graph", "source", "explain", "measure")
UFUNCS = ("out", "where", "casting", "order", "dtype", "subok", "signature")  # that all ufuncs have
RULES = ("def_vjp", "def_jvp")


def first_sentence(value):
    """The first sentence of a docstring, in one line."""
    told = inspect.getdoc(value) or ""
    first = " ".join(told.split("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z`])", first)[0]


def signature(name, value):
    """What a call is written with; nothing for what one does not call."""
    if isinstance(value, (property, type)) or not callable(value):
        return ""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return "(...)"
    return re.sub(r"dtype\('(\w+)'\)|<[^>]+>", _plain, str(bare(found, "." in name)))


def _plain(found):
    return f"'{found[1]}'" if found[1] else "..."


def bare(found, method):
    """The signature without what is for the type checker, and a method's without its object."""
    parameters = list(found.parameters.values())[method:]
    settings = UFUNCS if "subok" in found.parameters else ()
    kept = [p.replace(annotation=p.empty) for p in parameters if p.name not in settings]
    return found.replace(parameters=kept, return_annotation=found.empty)


def row(name, value):
    """A line of a table."""
    told = first_sentence(value)
    assert told, f"{name} has no docstring"
    return f"| `{name}{signature(name, value)}` | {told.replace('|', chr(92) + '|')} |"


def table(named):
    """A table of names and values."""
    return "\n".join(["| | |", "|---|---|", *(row(n, v) for n, v in named)]) + "\n"


def of(owner, names):
    """Names with what they stand for in a module or class."""
    return [
        (name, inspect.getattr_static(owner, name, None) or getattr(owner, name)) for name in names
    ]


def front():
    """The names of the package that are no modules."""
    return [n for n in defn.__all__ if n not in defn.MODULES and n != "DefnError"]


def all_errors():
    """The classes of errors that are raised on purpose."""
    found = [
        v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, defn.DefnError)
    ]
    return [(c.__name__, c) for c in found]


def of_tensors():
    """What tensors have that NumPy's arrays have not."""
    names = sorted(n for n in METHODS if not hasattr(np.ndarray, n) and not n.startswith("_"))
    return [(f"x.{n}", getattr(METHODS[n], "fget", None) or METHODS[n]) for n in names]


def sections():
    """The headings of the document, each with a line of introduction and its names."""
    yield "defn", "", [("defn", defn.jit.__globals__["defn"]), *_front()]
    yield "Compiled functions", "What `defn`, `jit` and the transforms give.", _of_objects()
    yield (
        "Tensors",
        "Beside the methods of NumPy's arrays; `to` and `numpy` are for those outside.",
        of_tensors(),
    )
    for name, told in FROM.items():
        module = importlib.import_module(f"defn.{name}")
        yield f"defn.{name}", told, of(module, sorted(module.__all__, key=str.lower))
    yield "defn.pytree", "Containers of arrays.", of(pytree, TREES)
    compilers = importlib.import_module("defn.compilers")
    yield "defn.compilers", "[compilers.md](compilers.md) is about them.", of(compilers, COMPILERS)
    yield (
        "defn.errors",
        "Each is a `DefnError`, and Python's or NumPy's class of that kind.",
        all_errors(),
    )


def _front():
    return [(n, getattr(defn, n)) for n in front() if n not in ("defn", "Defn")]


def _of_objects():
    asked = [(f"f.{n}", getattr(defn.Defn, n)) for n in ASKED]
    return asked + [(f"custom_grad(f).{n}", getattr(CustomGrad, n)) for n in RULES]


def text():
    """The whole document."""
    parts = [
        f"## {title}\n\n{told}\n\n{table(named)}".replace("\n\n\n", "\n")
        for title, told, named in sections()
    ]
    return "\n".join([HEAD, *parts])


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        print(text(), end="")
    else:
        TARGET.write_text(text())
