"""From the text of a kernel to PTX, and from PTX to machine code: the one place that imports
`numba.cuda`.

No device and no driver is needed: NVVM and the assembler come with the package `numba-cuda[cu13]`.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import linecache
import re
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from cuda.bindings import nvjitlink
from numba import cuda, types

from defn.compilers import cache
from defn.compilers.numba.buffers import Buffer
from defn.errors import CompilerError

DEFAULT = (8, 0)  # the compute capability for which PTX is made when no device says its own
ENTRY = re.compile(r"\.entry\s+([\w$]+)")


class Compiled(NamedTuple):
    """PTX, and the text that it came from."""

    ptx: str
    text: str
    library: object = None

    @property
    def entry(self):
        return ENTRY.search(self.ptx).group(1)


@functools.cache
def vocabulary():
    """The names of texts: Numba's extensions are loaded only for a text that is new."""
    return importlib.import_module("defn.compilers.cuda.vocabulary")


def compile_kernel(text, signature, capability=DEFAULT):
    """The PTX of the function `kernel` of a text; `signature` holds a dtype's name per buffer,
    None per number.
    """
    key = cache.key(*identity(), text, repr(signature), repr(capability))
    return cache.once(
        key,
        load=lambda data: Compiled(data.decode(), text),
        make=lambda: made(text, signature, capability, key),
    )


def made(text, signature, capability, key):
    ptx = to_ptx(function_of(text, key), signature, capability)
    return Compiled(ptx, text), ptx.encode()


def function_of(text, key):
    """The Python function of a text, which tracebacks and debuggers find."""
    file = f"<defn cuda kernel {key[:16]}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = dict(vocabulary().NAMES)
    exec(compile(text, file, "exec"), space)
    return space["kernel"]


def to_ptx(function, signature, capability):
    names = vocabulary().NAMES
    kinds = [
        types.int64 if s is None else Buffer(_dtype(names[s]), k) for k, s in enumerate(signature)
    ]
    try:
        ptx, _ = cuda.compile(
            function, types.void(*kinds), cc=capability, device=False, abi="numba", output="ptx"
        )
    except Exception as error:
        error.add_note(f"while compiling this kernel for CUDA:\n{inspectable(function)}")
        raise
    return renamed(ptx if isinstance(ptx, str) else ptx.decode())


def renamed(ptx):
    """The kernel's long name, made from the types, as `kernel`: the text is the same for the
    same kernel.
    """
    return ptx.replace(ENTRY.search(ptx).group(1), "kernel").rstrip("\0")


def inspectable(function):
    return "".join(linecache.getlines(function.__code__.co_filename))


def _dtype(named):
    return named.dtype if isinstance(named, types.TypeRef) else named


@functools.cache
def identity():
    """All that PTX depends on, but for the text."""
    here = Path(__file__).parent
    files = [here / f"{n}.py" for n in OWN] + [here.parent / "numba" / f"{n}.py" for n in SHARED]
    meaning = hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()
    return ("cuda", version("numba"), version("numba-cuda"), version("nvidia-nvvm"), meaning)


# The files that decide what a text means.
OWN = ("atomic", "build", "complexes", "integers", "libdevice", "team", "vocabulary")
SHARED = ("arithmetic", "buffers", "casts", "halves", "scalars", "runtime")


# --- machine code --------------------------------------------------------------------------------


class Machine(NamedTuple):
    """Machine code, and what the assembler says that it needs."""

    code: bytes
    registers: int
    spilled: int  # bytes
    shared: int  # bytes


def assemble(ptx, capability):
    """Machine code for a compute capability, with the figures of the assembler."""
    options = [f"-arch=sm_{capability[0]}{capability[1]}", "-verbose", "-O3", "-Xptxas=-v"]
    handle = nvjitlink.create(len(options), options)
    data = ptx.encode()
    try:
        nvjitlink.add_data(handle, nvjitlink.InputType.PTX, data, len(data), "kernel")
        nvjitlink.complete(handle)
        code = bytearray(nvjitlink.get_linked_cubin_size(handle))
        nvjitlink.get_linked_cubin(handle, code)
        log = bytearray(nvjitlink.get_info_log_size(handle))
        nvjitlink.get_info_log(handle, log)
    except nvjitlink.nvJitLinkError as error:
        raise CompilerError(f"the assembler refused a kernel for {capability}: {error}") from error
    finally:
        nvjitlink.destroy(handle)
    return described(bytes(code), log.decode(errors="replace"))


def described(code, log):
    """The assembler's own figures; what the linker sets aside besides is not ours."""
    used = next((line for line in log.splitlines() if "ptxas" in line and "Used" in line), "")

    def figure(pattern, text):
        return sum(int(n) for n in re.findall(pattern, text))

    spilled = figure(r"(\d+) bytes spill (?:stores|loads)", log)
    return Machine(
        code, figure(r"Used (\d+) registers", used), spilled, figure(r"(\d+) bytes smem", used)
    )
