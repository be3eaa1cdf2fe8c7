"""Calls of elementary functions that LLVM replaces, in a loop, by calls on whole vectors.

The call of the scalar function carries LLVM's attribute `vector-function-abi-variant`, which names
the vector versions; whose they are, `functions` says.
"""

from __future__ import annotations

import llvmlite.binding as llvm
from llvmlite import ir

from defn.compilers.numba.buffers import WIDEST
from defn.compilers.numba.functions import function
from defn.compilers.numba.symbols import PREFIX


def declared(builder, name, result, arguments):
    """A function of another module, declared once."""
    kind = ir.FunctionType(result, arguments)
    return builder.module.globals.get(name) or ir.Function(builder.module, kind, name)


def call_shared(builder, symbol, args):
    """A call of one of the functions of `shared`."""
    kinds = [a.type for a in args]
    result = builder.call(declared(builder, PREFIX + symbol, ir.VoidType(), kinds), args)
    set.update(result.attributes, ("nounwind", "willreturn"))


def begun(symbol, kinds):
    """What writes such a function, in a module of its own."""
    module = ir.Module(symbol)
    module.triple = llvm.get_process_triple()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), symbol)
    set.update(function.attributes, ("nounwind", WIDEST))
    return ir.IRBuilder(function.append_basic_block())


def call(builder, name, args):
    """NumPy's function of this name, of floats."""
    number = args[0].type
    chosen = function(name, number == ir.FloatType())
    scalar = declared(builder, chosen.scalar, number, [number] * len(args))
    result = builder.call(scalar, args, attrs=("nounwind", "readnone"))
    if chosen.vectors:
        declare_vectors(builder, number, chosen.vectors, len(args))
        # Past llvmlite's list of the attributes it knows.
        set.add(result.attributes, variants(chosen, len(args)))
    set.add(result.attributes, "willreturn")
    return result


def variants(chosen, arity):
    names = (
        f"_ZGV_LLVM_N{lanes}{'v' * arity}_{chosen.scalar}({vector})"
        for lanes, vector in chosen.vectors.items()
    )
    return f'"vector-function-abi-variant"="{",".join(names)}"'


def declare_vectors(builder, number, vectors, arity):
    kinds = {name: ir.VectorType(number, lanes) for lanes, name in vectors.items()}
    keep(builder.module, [declared(builder, n, k, [k] * arity) for n, k in kinds.items()])


def keep(module, functions):
    """Nothing calls the vector versions before a loop is vectorised: say that they are used."""
    used = module.globals.get("llvm.compiler.used")
    if used is None:
        used = ir.GlobalVariable(module, ir.ArrayType(ir.PointerType(), 0), "llvm.compiler.used")
        used.linkage, used.section, used.kept = "appending", "llvm.metadata", []
    used.kept += [f for f in functions if f not in used.kept]
    used.value_type = ir.ArrayType(ir.PointerType(), len(used.kept))
    used.initializer = ir.Constant(used.value_type, used.kept)
