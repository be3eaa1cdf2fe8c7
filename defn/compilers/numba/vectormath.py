"""Elementary functions in kernels, so that the loop around them vectorises.

Where the host has glibc's libmvec, a call of the scalar function carries LLVM's attribute
`vector-function-abi-variant`, which names the vector versions: LLVM replaces the calls of a loop
by one call per vector. `PROVIDER` says who computes what on this host.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba import symbols
from defn.compilers.numba.arithmetic import common, declared

# NumPy's names, and libm's.
UNARY = {
    "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log": "log", "log2": "log2",
    "log10": "log10", "log1p": "log1p", "sin": "sin", "cos": "cos", "tan": "tan",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "cbrt": "cbrt",
    "erf": "erf", "erfc": "erfc", "lgamma": "lgamma",
}  # fmt: skip
BINARY = {"power": "pow", "arctan2": "atan2", "hypot": "hypot"}
SUFFIX = {types.float32: "f", types.float64: ""}
LLVM = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}


def call(builder, kind, function, args):
    """A call of a libm function that a loop may replace by calls of libmvec's."""
    name, number = function + SUFFIX[kind], LLVM[kind]
    symbol = symbols.scalar(name)
    scalar = declared(builder, symbol, number, [number] * len(args))
    result = builder.call(scalar, args, attrs=("nounwind", "readnone"))
    vectors = symbols.vectors(name, len(args), 2 if kind is types.float32 else 1)
    if vectors:
        declare_vectors(builder, number, vectors, len(args))
        # Past llvmlite's list of the attributes it knows.
        set.add(result.attributes, variants(symbol, vectors, len(args)))
    set.add(result.attributes, "willreturn")
    return result


def variants(symbol, vectors, arity):
    names = (f"_ZGV_LLVM_N{n}{'v' * arity}_{symbol}({v})" for n, v in vectors.items())
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


def unary(function):
    @intrinsic
    def apply(typing, x):
        kind = types.unliteral(x)
        if kind not in SUFFIX:
            return None

        def codegen(context, builder, sig, args):
            return call(builder, kind, function, args)

        return kind(kind), codegen

    return apply


def binary(function):
    @intrinsic
    def apply(typing, x, y):
        kind = common(x, y)
        if kind not in SUFFIX:
            return None

        def codegen(context, builder, sig, args):
            return call(builder, kind, function, args)

        return kind(kind, kind), codegen

    return apply


MATH = {name: unary(function) for name, function in UNARY.items()}
MATH |= {name: binary(function) for name, function in BINARY.items()}


def provider(function, arity, kind):
    name = function + SUFFIX[kind]
    return "libmvec" if symbols.vectors(name, arity, 2 if kind is types.float32 else 1) else "libm"


PROVIDER = {
    (name, kind.name): provider(function, arity, kind)
    for arity, table in ((1, UNARY), (2, BINARY))
    for name, function in table.items()
    for kind in SUFFIX
}
