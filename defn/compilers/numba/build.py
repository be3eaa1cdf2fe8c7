"""The text of a kernel into object code: Numba's front end, then LLVM, and nothing in between.

Numba types and lowers the function; its wrappers, its rewrites and its own two rounds of
optimisation are left out, for they cost more than the kernel. What is exported is a C function.
"""

from __future__ import annotations

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import compiler, cpu_options, funcdesc, typed_passes, untyped_passes
from numba.core.codegen import CodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import LoweringPass, PassManager, register_pass
from numba.core.lowering import Lower
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys

from defn.compilers.numba import objects
from defn.compilers.numba.buffers import WIDEST, write_scopes

INT64 = ir.IntType(64)
WORDS = types.CPointer(types.int64)
KERNEL = (types.int64, types.int64, WORDS)
ENTRY = "entry"


# --- Python to LLVM's language -------------------------------------------------------------------


class Modules(CodeLibrary):
    """Collects the modules of one function; the optimiser comes later."""

    def __init__(self, codegen, name):
        super().__init__(codegen, name)
        self.modules, self.libraries = [], []

    def add_ir_module(self, module):
        write_scopes(module)
        self.modules.append(module)

    def add_linking_library(self, library):
        # The reference counting runtime: a kernel makes no objects.
        if library is not rtsys.library and library not in self.libraries:
            self.libraries.append(library)

    def finalize(self):
        raise NotImplementedError("a collection of modules is linked by `linked`")

    get_function = get_llvm_str = get_asm_str = finalize


@register_pass(mutates_CFG=True, analysis_only=False)
class LowerOnly(LoweringPass):
    """The typed function as modules of LLVM's language; no machine code yet."""

    _name = "defn_lower_only"

    def __init__(self):
        LoweringPass.__init__(self)

    def run_pass(self, state):
        target = state.targetctx
        state.library = Modules(target.codegen(), state.func_id.func_qualname)
        function = funcdesc.PythonFunctionDescriptor.from_specialized_function(
            state.func_ir,
            state.typemap,
            state.return_type,
            state.calltypes,
            mangler=target.mangler,
            inline=False,
            noalias=False,
            abi_tags=(),
        )
        with target.push_code_library(state.library):
            Lower(target, state.library, function, state.func_ir, metadata=state.metadata).lower()
        state.cr = function, state.library
        return True


STEPS = (
    (untyped_passes.TranslateByteCode, "bytecode becomes Numba's language"),
    (untyped_passes.FixupArgs, "arguments get their places"),
    (untyped_passes.IRProcessing, "blocks and lives of variables"),
    (typed_passes.NopythonTypeInference, "every variable gets a type"),
    (LowerOnly, "Numba's language becomes LLVM's"),
)


class Short(compiler.CompilerBase):
    """Only what a kernel needs: no rewrites, no inlining, no search for parallel loops."""

    def define_pipelines(self):
        plan = PassManager("defn")
        for step, why in STEPS:
            plan.add_pass(step, why)
        plan.finalize()
        return [plan]


def flags(contract):
    chosen = compiler.Flags()
    chosen.no_cpython_wrapper = chosen.no_cfunc_wrapper = chosen.no_compile = True
    chosen.error_model = "numpy"
    if contract:
        chosen.fastmath = cpu_options.FastMathOptions({"contract"})
    return chosen


def lowered(function, arguments, contract):
    """The descriptor and the modules of a Python function."""
    typing, target = cpu_target.typing_context, cpu_target.target_context
    typing.refresh()
    target.refresh()
    return compiler.compile_extra(
        typing, target, function, arguments, None, flags(contract), {}, pipeline_class=Short
    )


# --- the C function around it --------------------------------------------------------------------


def c_type(numba_type):
    return INT64.as_pointer() if isinstance(numba_type, types.CPointer) else INT64


def export(module, descriptor, name):
    """A C function around Numba's: returns its result, or -1 where it raised."""
    inner = next(f for f in module.functions if f.name == descriptor.llvm_func_name)
    inner.linkage = "internal"
    inner.attributes.add("alwaysinline")
    kind = ir.FunctionType(INT64, [c_type(t) for t in descriptor.argtypes])
    # A function that calls itself, or one above it, has declared the name.
    outer = module.globals.get(name) or ir.Function(module, kind, name)
    if WIDEST in inner.attributes:
        set.add(outer.attributes, WIDEST)
    outer.attributes.add("nounwind")
    builder = ir.IRBuilder(outer.append_basic_block())
    result, error = (builder.alloca(a.type.pointee) for a in inner.args[:2])
    status = builder.call(inner, [result, error, *outer.args])
    if descriptor.restype is types.none:
        value = INT64(0)
    else:
        value = builder.load(result)
        extend = builder.sext if value.type.width < 64 else lambda v, _: v
        value = extend(value, INT64)
    # Numba's own codes: 0 is a result, -2 the result None; the others are exceptions.
    fine = builder.or_(
        builder.icmp_signed("==", status, status.type(0)),
        builder.icmp_signed("==", status, status.type(-2)),
    )
    builder.ret(builder.select(fine, value, INT64(-1)))


def linked(collections):
    """Modules, and what they were found to call, as one module of LLVM's."""
    whole, *others = (llvm.parse_assembly(str(m)) for c in collections for m in c.modules)
    others += [library._get_module_for_linking() for c in collections for library in c.libraries]
    for module in others:
        whole.link_in(module, preserve=True)
    whole.verify()
    return whole


# --- functions that a text calls -----------------------------------------------------------------


class Local(types.ExternalFunction):
    """A function of int64s in a kernel's text, lowered beside it and called by name."""

    def __init__(self, function):
        self.function = function
        self.arguments = (types.int64,) * function.__code__.co_argcount
        super().__init__("local_" + function.__name__, types.int64(*self.arguments))


def locals_of(function):
    """The local functions that a function calls, and those that they call."""
    found, left = [], [function]
    while left:
        code, space = (left[-1].__code__, left.pop().__globals__)
        called = [space[n] for n in code.co_names if isinstance(space.get(n), Local)]
        new = [f for f in called if f not in found]
        found += new
        left += [f.function for f in new]
    return found


# --- LLVM --------------------------------------------------------------------------------------


def only_entry(module):
    """All but the entry point made private to the module, so that what is unused goes."""
    for function in module.functions:
        if not function.is_declaration and function.name != ENTRY:
            function.linkage = "internal"
    for variable in module.global_variables:
        if variable.linkage == llvm.Linkage.common:
            variable.linkage = "internal"
    return module


def function_of(text, name, names, file):
    """The Python function that the text defines."""
    space = dict(names)
    exec(compile(text, file, "exec"), space)
    return space[name]


def exported(function, arguments, name, contract):
    """The modules in which a Python function is a C function of this name."""
    descriptor, modules = lowered(function, arguments, contract)
    export(modules.modules[0], descriptor, name)
    return modules


@global_compiler_lock
def together(function, arguments, contract):
    """LLVM's language for a Python function and those local to it."""
    collections = [exported(function, arguments, ENTRY, contract)]
    for inner in locals_of(function):
        collections.append(exported(inner.function, inner.arguments, inner.symbol, contract))
    return str(linked(collections))


def build(function, arguments=KERNEL, level=3, contract=False):
    """Object code of a Python function and those local to it, exported as a C function."""
    return translated(together(function, arguments, contract), level)


def translated(text, level=3):
    """Object code of a module in LLVM's language."""
    machine = objects.target_machine(level)
    module = objects.parsed(text)
    module.verify()
    return objects.built(objects.optimized(only_entry(module), machine, level), machine)
