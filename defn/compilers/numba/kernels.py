"""`compile_kernel`: the text of a kernel becomes an address, compiled at most once.

A kernel is a function `(start, stop, args)`: it does its rows from start up to stop, reads where
its arrays and sizes are from the words at `args`, and returns 0, or a status to stop with.
Numba is imported only when a text is new: what an earlier process compiled loads without it.
"""

from __future__ import annotations

import importlib
import json
import linecache
from typing import NamedTuple

from defn.compilers import cache
from defn.compilers.numba import loader, shared, vectorlibrary  # noqa: F401  (sources of symbols)
from defn.compilers.numba.identity import identity
from defn.compilers.numba.sidebyside import in_threads
from defn.errors import CompilerError

ENTRY = "entry"


class Kernel(NamedTuple):
    """Machine code: where it begins, what keeps it in memory, and the text it came from."""

    address: int
    library: object
    text: str


class NamedText(NamedTuple):
    """What there is to compile: a text, its function, other names in it, and how it is called."""

    text: str
    name: str
    names: tuple
    kind: str


def compile_kernel(text, name="kernel", names=None, kind="kernel"):
    """The kernel that the function `name` of a text defines, from memory, disk, or the compiler.

    The text may use what `runtime` lists, and `names`: numbers, strings and dtypes by name.
    """
    asked = NamedText(text, name, tuple(sorted((names or {}).items())), kind)
    key = cache.key(*identity(), text, name, kind, *map(described, asked.names))
    file = registered(text, name, key)
    return cache.once(key, load=lambda data: loaded(data, text), make=lambda: made(asked, file))


def compile_kernels(texts, threads):
    """The kernels of these texts; those that are new are compiled side by side."""
    different = list(dict.fromkeys(texts))
    made = dict(zip(different, in_threads(compile_kernel, different, threads)))
    return [made[text] for text in texts]


def described(item):
    """A name and its value, as text that tells values apart."""
    name, value = item
    return f"{name}:{type(value).__name__}:{getattr(value, 'dtype', '')}:{value!r}"


def registered(text, name, key):
    """The file name under which tracebacks and debuggers find the text."""
    file = f"<defn {name} {key[:16]}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return file


# --- entries -------------------------------------------------------------------------------------


def packed(built):
    head = json.dumps({"needs": built.needs}).encode()
    return head + b"\n" + built.code


def loaded(data, text):
    """The kernel of an entry on disk; ValueError where it is of no use here."""
    head, _, code = data.partition(b"\n")
    library = loader.load(code, json.loads(head)["needs"])
    return Kernel(library.address(ENTRY), library, text)


def front_end():
    """The modules that import Numba, which takes a third of a second: only for a new text."""
    return (
        importlib.import_module(f"{__package__}.{name}")
        for name in ("build", "runtime", "translate", "words_translated")
    )


def made(asked, file):
    build, runtime, translate, words = front_end()
    names = {**runtime.NAMES, **dict(asked.names)}
    try:
        if asked.kind == "kernel":
            module = translate.translated(asked.text, asked.name, names, ENTRY)
        else:
            module = words.words_translated(asked.text, asked.name, ENTRY)
        built = build.translated(module)
    except translate.Untranslated:
        function = build.function_of(asked.text, asked.name, names, file)
        built = build.build(function, runtime.SIGNATURES[asked.kind])
    try:
        library = loader.load(built.code, built.needs)
    except ValueError as error:
        raise CompilerError(f"the kernel {asked.name!r} cannot be loaded: {error}") from error
    return Kernel(library.address(ENTRY), library, asked.text), packed(built)
