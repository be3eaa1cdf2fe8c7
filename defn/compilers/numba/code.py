"""The code of one element, for every operation and dtype: what a kernel's text says for each row.

A rule gets the node and the texts of its operands' elements, and gives the text of the result's.
What is stored as float16 or bfloat16 is a float32 here, and is rounded after each operation, as
NumPy does.
"""

from __future__ import annotations

import math

import numpy as np

from defn import ops
from defn.compilers.numba.roots import own
from defn.ops.op import Kind, Rules
from defn.types import BFLOAT16, is_float, real_of

code = Rules("Numba code", "defn/compilers/numba/code.py")

HALVES = {np.dtype("float16"): "float16", **({BFLOAT16: "bfloat16"} if BFLOAT16 else {})}
OPERATOR = {
    ops.add: "+", ops.subtract: "-", ops.multiply: "*", ops.divide: "/",
    ops.less: "<", ops.less_equal: "<=", ops.greater: ">", ops.greater_equal: ">=",
    ops.equal: "==", ops.not_equal: "!=",
}  # fmt: skip
# Where the result is one of the operands, or exact, nothing is to be rounded.
EXACT = {
    ops.negative, ops.absolute, ops.sign, ops.conjugate, ops.maximum, ops.minimum, ops.fmax,
    ops.fmin, ops.floor, ops.ceil, ops.trunc, ops.rint, ops.copysign, ops.select, ops.stop_grad,
    ops.cast, ops.bitcast, ops.real_part, ops.nextafter,
}  # fmt: skip


def typename(dtype):
    """The name by which a text calls a dtype."""
    return "bool_" if dtype == np.bool_ else dtype.name


def computed(dtype):
    """The name of the dtype in which elements of this one are computed."""
    return "float32" if dtype in HALVES else typename(dtype)


def expression(node, args):
    """The text of an element, from the texts of the operands' elements."""
    text = code[node.op](node, *args)
    half = HALVES.get(node.dtype)
    return f"round_{half}({text})" if half and node.op not in EXACT else text


def literal(value, dtype):
    """A known number as text, of the type in which its dtype is computed."""
    kind = computed(dtype)
    if dtype == np.bool_:
        return str(bool(value))
    if dtype.kind in "iu":
        whole = int(value)
        return str(whole) if dtype == np.int64 and whole > -(2**63) else f"{kind}({whole})"
    if dtype.kind == "c":
        return f"{kind}(complex({number(value.real)}, {number(value.imag)}))"
    return number(value) if dtype == np.float64 else f"{kind}({number(value)})"


def number(value):
    """A float as text."""
    value = float(value)
    if math.isnan(value):
        return "math.nan"
    if math.isinf(value):
        return "math.inf" if value > 0 else "-math.inf"
    return repr(value)


# --- arithmetic ----------------------------------------------------------------------------------


def plain(dtype):
    """Do Python's operators keep this type in a kernel?"""
    return is_float(dtype) or dtype == np.int64


def operator(op, function):
    symbol = OPERATOR[op]

    def rule(node, x, y):
        return f"{x} {symbol} {y}" if plain(node.args[0].dtype) else f"{function}({x}, {y})"

    return rule


def call(function):
    return lambda node, *args: f"{function}({', '.join(args)})"


for op in OPERATOR:
    code[op] = operator(op, op.name)
code[ops.negative] = lambda node, x: f"-{x}" if is_float(node.dtype) else f"negative({x})"
for op in (
    ops.floor_divide, ops.remainder, ops.fmod, ops.invert, ops.left_shift, ops.right_shift,
    ops.maximum, ops.minimum, ops.fmax, ops.fmin, ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor,
    ops.floor, ops.ceil, ops.trunc, ops.copysign, ops.signbit,
):  # fmt: skip
    code[op] = call(op.name)
code[ops.conjugate] = lambda node, x: f"conjugate({x})" if node.dtype.kind == "c" else x
code[ops.bitwise_count] = call("bit_count")


@code.rule(ops.absolute)
def _absolute(node, x):
    if node.args[0].dtype.kind == "c":
        return _size(x)
    return x if node.dtype.kind in "bu" else f"absolute({x})"


@code.rule(ops.sign)
def _sign(node, x):
    kind, dtype = computed(node.dtype), node.dtype
    if dtype.kind == "b":
        return x
    zero, one = f"{kind}(0)", f"{kind}(1)"
    if dtype.kind == "c":
        return _complex_sign(x, typename(real_of(dtype)))
    if dtype.kind in "iu":
        below = f"where({x} < {zero}, {kind}(-1), {zero})" if dtype.kind == "i" else zero
        return f"where({x} > {zero}, {one}, {below})"
    none = x if dtype == BFLOAT16 else zero  # ml_dtypes keeps the sign of a zero, NumPy does not
    below = f"where({x} < {zero}, {kind}(-1), where({x} == {zero}, {none}, {x}))"
    return f"where({x} > {zero}, {one}, {below})"


def _complex_sign(z, kind):
    """Divided by its magnitude, zero at zero; where a part is infinite, what is finite beside it
    counts as zero."""
    zero, one = f"{kind}(0)", f"{kind}(1)"
    x, y = f"real_part({z})", f"imaginary_part({z})"
    u, v = _unit_part(x, y, kind), _unit_part(y, x, kind)
    size = f"hypot({u}, {v})"
    parts = (
        f"where({size} == {zero}, {zero}, {p} / where({size} == {zero}, {one}, {size}))"
        for p in (u, v)
    )
    return f"complex_of({', '.join(parts)})"


def _unit_part(x, other, kind):
    infinite, swallowed = (f"absolute({p}) == {kind}(math.inf)" for p in (x, other))
    alone = f"where({swallowed}, {kind}(math.nan), copysign({kind}(1), {x}))"
    return f"where({infinite}, {alone}, where({swallowed}, {kind}(0), {x}))"


def _size(z):
    return f"hypot(real_part({z}), imaginary_part({z}))"


@code.rule(ops.rint)
def _rint(node, x):
    if node.dtype.kind != "c":
        return f"rint({x})"
    return f"complex_of(rint(real_part({x})), rint(imaginary_part({x})))"


@code.rule(ops.gcd)
def _gcd(node, x, y):
    wide = "uint64" if node.dtype.kind == "u" else "int64"
    return f"cast(gcd({wide}({x}), {wide}({y})), {typename(node.dtype)})"


@code.rule(ops.power)
def _power(node, x, y):
    if node.dtype.kind == "c":
        return f"{computed(node.dtype)}({x} ** {y})"
    if is_float(node.dtype):
        return f"power({x}, {y})"
    function = "power_unsigned" if node.dtype.kind == "u" else "power_integer"
    return f"cast({function}(cast({x}, int64), cast({y}, int64)), {typename(node.dtype)})"


@code.rule(ops.nextafter)
def _nextafter(node, x, y):
    half = HALVES.get(node.dtype)
    if not half:
        return f"nextafter({x}, {y})"
    # The next float16: one step of the integer that its bits are, away from zero or towards it.
    bits = f"bitcast({x}, {half}, int16)"
    tiny = f"bitcast(where({y} > float32(0), int16(1), int16(-32767)), int16, {half})"
    step = f"where(({x} < {y}) == ({x} > float32(0)), int16(1), int16(-1))"
    moved = f"bitcast(add({bits}, {step}), int16, {half})"
    stays = f"where({x} == {y}, {y}, where({x} == float32(0), {tiny}, {moved}))"
    return f"where(({x} != {x}) | ({y} != {y}), {x} + {y}, {stays})"


# --- elementary functions ------------------------------------------------------------------------

REAL = (
    "cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh "
    "arcsinh arccosh arctanh arctan2 hypot"
).split()
CMATH = {
    "exp": "exp", "log": "log", "log10": "log10", "sin": "sin", "cos": "cos", "tan": "tan",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "sqrt": "sqrt",
}  # fmt: skip


def elementary(name):
    def rule(node, *args):
        if node.dtype.kind != "c":
            return f"{name}({', '.join(args)})"
        return f"{computed(node.dtype)}({complex_code(name, *args)})"

    return rule


def complex_code(name, z):
    """An elementary function of a complex number."""
    if name in CMATH:
        return f"cmath.{CMATH[name]}({z})"
    real, imaginary = f"real_part({z})", f"imaginary_part({z})"
    half = f"sin({imaginary} / 2.0)"
    return {
        "exp2": f"cmath.exp({z} * {math.log(2.0)!r})",
        "log2": f"cmath.log({z}) * {1 / math.log(2.0)!r}",
        "log1p": f"complex(log(hypot({real} + 1.0, {imaginary})), "
        f"arctan2({imaginary}, {real} + 1.0))",
        "expm1": f"complex(expm1({real}) * cos({imaginary}) - 2.0 * {half} * {half}, "
        f"exp({real}) * sin({imaginary}))",
    }[name]


for name in (*REAL, "sqrt"):
    code[getattr(ops, name)] = elementary(name)


# Special functions of compilers that have them: elsewhere they are formulas.
for op in ops.SPECIAL:
    code[op] = call(op.name)


# --- tests and logic -----------------------------------------------------------------------------


def of_parts(test, joined):
    """A test of a number, or of both parts of a complex one; False for what has no such values."""

    def rule(node, x):
        dtype = node.args[0].dtype
        if dtype.kind == "c":
            part = np.dtype(f"f{dtype.itemsize // 2}")
            return (
                f"({test(f'real_part({x})', part)}) {joined} ({test(f'imaginary_part({x})', part)})"
            )
        return test(x, dtype) if is_float(dtype) else str(joined == "&")

    return rule


code[ops.isnan] = of_parts(lambda x, dtype: f"{x} != {x}", "|")
code[ops.isinf] = of_parts(lambda x, dtype: f"absolute({x}) == {computed(dtype)}(math.inf)", "|")
code[ops.isfinite] = of_parts(lambda x, dtype: f"absolute({x}) < {computed(dtype)}(math.inf)", "&")


def truth(x, dtype):
    return x if dtype == np.bool_ else f"cast({x}, bool_)"


def logic(function):
    def rule(node, *args):
        return f"{function}({', '.join(truth(x, a.dtype) for x, a in zip(args, node.args))})"

    return rule


code[ops.logical_and] = logic("bitwise_and")
code[ops.logical_or] = logic("bitwise_or")
code[ops.logical_xor] = logic("bitwise_xor")
code[ops.logical_not] = logic("invert")
code[ops.select] = call("where")


# --- types ---------------------------------------------------------------------------------------


@code.rule(ops.cast)
def _cast(node, x):
    return x if node.args[0].dtype == node.dtype else f"cast({x}, {typename(node.dtype)})"


@code.rule(ops.bitcast)
def _bitcast(node, x):
    return f"bitcast({x}, {typename(node.args[0].dtype)}, {typename(node.dtype)})"


code[ops.real_part] = lambda node, z: f"real_part({z})" if node.args[0].dtype.kind == "c" else z
code[ops.imag_part] = lambda node, z: (
    f"imaginary_part({z})" if node.args[0].dtype.kind == "c" else f"{computed(node.dtype)}(0)"
)
code[ops.complex_of] = call("complex_of")
code[ops.stop_grad] = code[own] = lambda node, x: x

code.absent(
    *ops.of_kind(
        Kind.LEAF,
        Kind.MOVEMENT,
        Kind.INDEX,
        Kind.REDUCTION,
        Kind.PRODUCT,
        Kind.STRUCTURE,
        Kind.EFFECT,
    ),
    because="it is not a computation on one element: `access`, `roots` and `structures` do it",
)

# --- reductions ----------------------------------------------------------------------------------

COMBINE = {
    "sum": "add_any", "prod": "multiply_any", "max": "highest", "min": "lowest",
    "any": "bitwise_or", "all": "bitwise_and", "argmax": "highest", "argmin": "lowest",
    "matmul": "add_any",
}  # fmt: skip


def accumulated(kind, dtype):
    """The dtype in which a reduction of elements of a dtype accumulates."""
    if kind in ("any", "all"):
        return np.dtype(bool)
    return np.dtype("float32") if dtype in HALVES else dtype


def identity(kind, dtype):
    """What a reduction begins with."""
    if kind == "cumsum":  # whose first element keeps its sign
        zero = dtype.type(complex(-0.0, -0.0)) if dtype.kind == "c" else dtype.type(-0.0)
        return literal(zero, dtype)
    if kind in ("sum", "matmul", "any"):
        return literal(dtype.type(0), dtype)
    if kind in ("prod", "all"):
        return literal(dtype.type(1), dtype)
    least = kind in ("max", "argmax")
    if dtype.kind == "b":
        return str(not least)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return literal(limits.min if least else limits.max, dtype)
    extreme = "-math.inf" if least else "math.inf"
    value = f"complex({extreme}, {extreme})" if dtype.kind == "c" else extreme
    return value if dtype == np.float64 else f"{computed(dtype)}({value})"


WHOLE = {"cumprod": "prod", "cummax": "max", "cummin": "min"}
LOGIC = {
    "sum": "bitwise_or",
    "max": "bitwise_or",
    "matmul": "bitwise_or",
    "prod": "bitwise_and",
    "min": "bitwise_and",
}


def combined(kind, dtype, x, y):
    """A step of a reduction."""
    function = LOGIC.get(kind, COMBINE[kind]) if dtype == np.bool_ else COMBINE[kind]
    return f"{function}({x}, {y})"


def step(op, dtype, x, y):
    """A step of a running reduction: in order, and rounded each time, as NumPy's."""
    name = {
        ops.cumsum: "add",
        ops.cumprod: "multiply",
        ops.cummax: "maximum",
        ops.cummin: "minimum",
    }[op]
    text = f"{name}({x}, {y})"
    return f"round_{HALVES[dtype]}({text})" if dtype in HALVES else text


def added(dtype, x, y):
    if dtype in HALVES:
        return f"round_{HALVES[dtype]}({x} + {y})"
    return f"{x} + {y}" if dtype.kind == "f" or dtype == np.int64 else f"add({x}, {y})"
