"""Object code: LLVM writes it, and what it wrote, now or in an earlier process, gets addresses.

Neither Numba nor type inference takes part. What `loader` can place in memory by itself does not
come here a second time.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import threading
from typing import NamedTuple

import llvmlite.binding as llvm

from defn.compilers.numba import symbols
from defn.compilers.numba.loader import NARROWING
from defn.errors import CompilerError

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


class Built(NamedTuple):
    """Object code, the symbols it needs from elsewhere, and the LLVM text it came from."""

    code: bytes
    needs: tuple
    llvm: str


def parsed(text):
    """A module in a context of its own, so that no other thread works on it."""
    return llvm.parse_assembly(str(text), llvm.create_context())


def unlocked(function):
    """A function of LLVM's without llvmlite's lock, which lets one thread at a time into LLVM; a
    context of its own is all that LLVM wants of a thread.
    """
    return getattr(function, "_cfn", function)


def optimized(module, machine, level):
    """A parsed module after LLVM's standard passes, once."""
    tuning = llvm.create_pipeline_tuning_options(level)
    tuning.loop_vectorization = True
    tuning.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, tuning)
    passes = builder.getModulePassManager()
    unlocked(llvm.ffi.lib.LLVMPY_RunNewModulePassManager)(passes, module, builder)
    return module


def built(module, machine):
    """The object code of a parsed module."""
    return Built(emitted(module, machine), needed(module), str(module))


def emitted(module, machine):
    """`machine.emit_object(module)`, unlocked."""
    lib, object_code = llvm.ffi.lib, 1
    with llvm.ffi.OutputString() as problem:
        emit = unlocked(lib.LLVMPY_TargetMachineEmitToMemory)
        buffer = emit(machine, module, object_code, problem)
        if not buffer:
            raise CompilerError(f"LLVM cannot write object code: {problem}")
    try:
        return ctypes.string_at(lib.LLVMPY_GetBufferStart(buffer), lib.LLVMPY_GetBufferSize(buffer))
    finally:
        lib.LLVMPY_DisposeMemoryBuffer(buffer)


def needed(module):
    """The names of functions that the module calls and does not hold."""
    names = {f.name for f in module.functions if f.is_declaration}
    return tuple(sorted(name for name in names if not name.startswith("llvm.")))


class Library:
    """Machine code in memory, for as long as this object lives."""

    def __init__(self, code):
        with _lock:
            self.engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine(0))
            self.engine.add_object_file(llvm.ObjectFileRef.from_data(code))
            self.engine.finalize_object()

    def address(self, name):
        return self.engine.get_function_address(name)


# LLVM makes one rounding of two, from float64 to float16, and calls this for it, where the processor
# has no such instruction. Rounded to odd in between, it is rounded once.
NARROW = f"""
declare double @llvm.fabs.f64(double)
define half @{NARROWING}(double %x) {{
  %near = fptrunc double %x to float
  %bits = bitcast float %near to i32
  %back = fpext float %near to double
  %reached = call double @llvm.fabs.f64(double %back)
  %wanted = call double @llvm.fabs.f64(double %x)
  %beyond = fcmp ogt double %reached, %wanted
  %down = zext i1 %beyond to i32
  %lower = sub i32 %bits, %down
  %odd = or i32 %lower, 1
  %inexact = fcmp one double %back, %x
  %chosen = select i1 %inexact, i32 %odd, i32 %bits
  %single = bitcast i32 %chosen to float
  %half = fptrunc float %single to half
  ret half %half
}}
"""


@functools.cache
def narrowing():
    """The library of what LLVM calls of its own accord, made known to it."""
    library = Library(target_machine().emit_object(llvm.parse_assembly(NARROW)))
    llvm.add_symbol(NARROWING, library.address(NARROWING))
    return library


def load(code, needed):
    """The library of some object code; ValueError where a symbol that it needs is missing."""
    if NARROWING.encode() in code:
        narrowing()
    missing = [symbol for symbol in needed if not symbols.register(symbol)]
    if missing:
        # Numba brings C functions of its own, once its target is there.
        _ = importlib.import_module("numba.core.registry").cpu_target.target_context
        missing = [symbol for symbol in missing if not symbols.register(symbol)]
    if missing:
        raise ValueError(f"object code needs {', '.join(missing)}, which this machine lacks")
    return Library(code)
