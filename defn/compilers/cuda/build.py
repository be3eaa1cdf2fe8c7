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
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from cuda.bindings import nvjitlink
from numba import cuda, types
from numba.cuda.cudadrv import nvrtc

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


@functools.cache
def translate():
    """What turns texts into LLVM's language, loaded likewise."""
    return importlib.import_module("defn.compilers.cuda.translate")


def compile_kernel(text, signature, capability=DEFAULT):
    """The PTX of the function `kernel` of a text; `signature` holds a dtype's name per buffer,
    None per number.
    """
    key = cache.key(*identity(), text, repr(signature), repr(capability))
    key += ".ptx_{}{}".format(*capability)
    return cache.once(
        key,
        load=lambda data: Compiled(data.decode(), text),
        make=lambda: made(text, signature, capability, key),
    )


def made(text, signature, capability, key):
    ptx = to_ptx(text, signature, capability, key)
    return Compiled(ptx, text), ptx.encode()


def function_of(text, key):
    """The Python function of a text, which tracebacks and debuggers find."""
    file = f"<defn cuda kernel {key[:16]}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = dict(vocabulary().NAMES)
    exec(compile(text, file, "exec"), space)
    return space["kernel"]


def to_ptx(text, signature, capability, key):
    """Line by line, as the CPU's texts; what is not understood so, by Numba's front end."""
    names = vocabulary().NAMES
    kinds = [
        types.int64 if s is None else Buffer(_dtype(names[s]), k) for k, s in enumerate(signature)
    ]
    try:
        return translate().to_ptx(text, kinds, names, capability)
    except translate().Untranslated:
        return by_numba(function_of(text, key), kinds, capability)


def by_numba(function, kinds, capability):
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
    return ("cuda", *map(release, ("numba", "numba-cuda", "nvidia-nvvm")), meaning)


def release(package):
    """The version of a package that kernels depend on."""
    try:
        return version(package)
    except PackageNotFoundError:
        raise CompilerError(
            f"compiler 'cuda' needs the package {package!r}, which is not installed: "
            "pip install 'defn[cuda]'"
        ) from None


# The files that decide what a text means.
OWN = (
    "atomic",
    "before",
    "build",
    "complexes",
    "exact",
    "four",
    "integers",
    "libdevice",
    "scaled",
    "team",
    "translate",
    "vocabulary",
)
SHARED = ("arithmetic", "buffers", "casts", "halves", "scalars", "runtime", "translate")


# --- machine code --------------------------------------------------------------------------------


class Machine(NamedTuple):
    """Machine code, and what the assembler says that it needs."""

    code: bytes
    registers: int
    spilled: int  # bytes
    shared: int  # bytes

    def written(self):
        """As bytes: the figures on a line, then the code."""
        return b"%d %d %d\n" % self[1:] + self.code

    @classmethod
    def read(cls, data):
        """From such bytes."""
        figures, _, code = data.partition(b"\n")
        return cls(code, *map(int, figures.split()))


def machine_code(ptx, capability):
    """What `assemble` gives, kept on disk: once for each compute capability and toolkit."""
    target = f"sm_{capability[0]}{capability[1]}"
    named = cache.key("machine code", release("nvidia-nvjitlink"), ptx, target)
    return cache.once(f"{named}.{target}", Machine.read, lambda: kept(assemble(ptx, capability)))


def kept(machine):
    return machine, machine.written()


def supported_capabilities():
    """The oldest and the newest compute capability that the toolkit knows."""
    known = nvrtc.get_supported_ccs()
    return known[0], known[-1]


def assemble(ptx, capability):
    """Machine code for a compute capability, with the figures of the assembler."""
    options = [f"-arch=sm_{capability[0]}{capability[1]}", "-verbose", "-O3", "-Xptxas=-v"]
    handle, data = None, ptx.encode()
    try:
        handle = nvjitlink.create(len(options), options)
        nvjitlink.add_data(handle, nvjitlink.InputType.PTX, data, len(data), "kernel")
        nvjitlink.complete(handle)
        code = bytearray(nvjitlink.get_linked_cubin_size(handle))
        nvjitlink.get_linked_cubin(handle, code)
        log = bytearray(nvjitlink.get_info_log_size(handle))
        nvjitlink.get_info_log(handle, log)
    except nvjitlink.nvJitLinkError as error:
        raise CompilerError(f"the assembler refused a kernel for {capability}: {error}") from error
    finally:
        if handle is not None:
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
