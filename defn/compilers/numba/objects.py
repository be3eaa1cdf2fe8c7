"""Object code into memory: what LLVM wrote, now or in an earlier process, becomes an address.

Neither Numba nor type inference takes part, so a kernel that is on disk costs a millisecond.
"""

from __future__ import annotations

import functools
import threading

import llvmlite.binding as llvm

from defn.compilers.numba import symbols

_lock = threading.Lock()


@functools.cache
def initialize():
    """LLVM ready for this machine (older versions want to be told)."""
    for step in (llvm.initialize, llvm.initialize_native_target, llvm.initialize_native_asmprinter):
        try:
            step()
        except RuntimeError:
            pass  # deprecated: newer versions initialise themselves


def target_machine(level=3):
    """LLVM's compiler for this very processor."""
    initialize()
    name, features = symbols.processor()
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=name,
        features=features,
        opt=level,
        reloc="static" if symbols.X86 else "default",
        codemodel="jitdefault",
        jit=True,
    )


class Library:
    """Machine code in memory, for as long as this object lives."""

    def __init__(self, code):
        with _lock:
            self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine(0))
            self.engine.add_object_file(llvm.ObjectFileRef.from_data(code))
            self.engine.finalize_object()

    def address(self, name):
        return self.engine.get_function_address(name)


def load(code, needed):
    """The library of some object code; ValueError where a symbol that it needs is missing."""
    missing = [symbol for symbol in needed if not symbols.register(symbol)]
    if missing:
        raise ValueError(f"object code needs {', '.join(missing)}, which this machine lacks")
    return Library(code)
