"""Typed memory in kernels: `x[i * n + j]` on a raw pointer that touches no other buffer.

A buffer holds elements as NumPy stores them and gives them as kernels compute with them: a bool
is stored in a byte, a float16 and a bfloat16 in 16 bits and computed as float32.
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core.cgutils import for_range_slice, get_or_insert_function
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from defn.compilers.numba import halves
from defn.compilers.numba.layout import LARGEST, LITERAL

WORDS = types.CPointer(types.int64)
BYTES = ir.IntType(8).as_pointer()
LINE = 64  # bytes of a line of the cache
WIDEST = '"prefer-vector-width"="512"'


class Buffer(types.Type):
    """Elements of one dtype; buffers of different scopes share no memory (scope -1: may)."""

    def __init__(self, dtype, scope):
        self.dtype, self.scope = dtype, scope
        super().__init__(f"Buffer({dtype}, {scope})")


@register_model(Buffer)
class BufferModel(models.OpaqueModel):
    """A pointer."""


@infer_global(operator.getitem)
class GetItem(AbstractTemplate):
    def generic(self, args, kws):
        if isinstance(args[0], Buffer):
            return signature(value_type(args[0].dtype), args[0], types.intp)


@infer_global(operator.setitem)
class SetItem(AbstractTemplate):
    def generic(self, args, kws):
        if isinstance(args[0], Buffer):
            return signature(types.none, args[0], types.intp, value_type(args[0].dtype))


def value_type(dtype):
    """The type in which kernels compute with elements of a dtype."""
    return types.float32 if isinstance(dtype, halves.Half) else dtype


# --- alias scopes --------------------------------------------------------------------------------


def tag(builder, instruction, scope):
    """Note that this access touches no buffer of another scope (-1: any)."""
    if scope >= 0:
        builder.module.__dict__.setdefault("accesses", []).append((instruction, scope))


def write_scopes(module):
    """Tell LLVM, once all the scopes of a module are known, which accesses cannot meet."""
    accesses = module.__dict__.pop("accesses", [])
    used = sorted({scope for _, scope in accesses})
    domain = module.add_metadata([ir.MetaDataString(module, "kernel")])
    node = {
        scope: module.add_metadata([ir.MetaDataString(module, f"buffer {scope}"), domain])
        for scope in used
    }
    own = {scope: module.add_metadata([node[scope]]) for scope in used}
    others = {s: module.add_metadata([node[o] for o in used if o != s]) for s in used}
    for instruction, scope in accesses:
        instruction.set_metadata("alias.scope", own[scope])
        instruction.set_metadata("noalias", others[scope])


# --- load and store ------------------------------------------------------------------------------


def parts(dtype):
    """The LLVM type of what is stored, and how many of it make an element."""
    if isinstance(dtype, types.Complex):
        return parts(dtype.underlying_float)[0], 2
    if isinstance(dtype, halves.Half):
        return ir.IntType(16), 1
    if isinstance(dtype, types.Boolean):
        return ir.IntType(8), 1
    if isinstance(dtype, types.Float):
        return (ir.FloatType() if dtype.bitwidth == 32 else ir.DoubleType()), 1
    return ir.IntType(dtype.bitwidth), 1


def places(builder, buffer, pointer, index):
    """Pointers to the parts of an element."""
    kind, count = parts(buffer.dtype)
    start = builder.mul(index, index.type(count)) if count > 1 else index
    base = builder.bitcast(pointer, kind.as_pointer())
    first = builder.gep(base, [start], inbounds=True)
    return [first] + [builder.gep(first, [index.type(k)], inbounds=True) for k in range(1, count)]


def further(builder, buffer, pointer, count):
    """The address so many elements on."""
    kind, each = parts(buffer.dtype)
    at = builder.mul(count, count.type(each)) if each > 1 else count
    place = builder.gep(builder.bitcast(pointer, kind.as_pointer()), [at])
    return builder.bitcast(place, BYTES)


@lower_builtin(operator.getitem, Buffer, types.intp)
def load(context, builder, sig, args):
    buffer = sig.args[0]
    loaded = [builder.load(place) for place in places(builder, buffer, *args)]
    for part in loaded:
        tag(builder, part, buffer.scope)
    return value_of(context, builder, buffer.dtype, loaded)


@lower_builtin(operator.setitem, Buffer, types.intp, types.Any)
def store(context, builder, sig, args):
    buffer = sig.args[0]
    stored = stored_of(builder, buffer.dtype, args[2])
    for part, place in zip(stored, places(builder, buffer, *args[:2]), strict=True):
        tag(builder, builder.store(part, place), buffer.scope)
    return context.get_dummy_value()


def value_of(context, builder, dtype, loaded):
    """An element as kernels compute with it."""
    if isinstance(dtype, types.Complex):
        pair = ir.Constant(ir.LiteralStructType([part.type for part in loaded]), ir.Undefined)
        for k, part in enumerate(loaded):
            pair = builder.insert_value(pair, part, k)
        return pair
    if isinstance(dtype, halves.Half):
        return dtype.widen(builder, loaded[0])
    if isinstance(dtype, types.Boolean):
        return builder.icmp_unsigned("!=", loaded[0], loaded[0].type(0))
    return loaded[0]


def stored_of(builder, dtype, value):
    """An element as NumPy stores it."""
    if isinstance(dtype, types.Complex):
        return [builder.extract_value(value, k) for k in range(2)]
    if isinstance(dtype, halves.Half):
        return [dtype.narrow(builder, value)]
    if isinstance(dtype, types.Boolean):
        return [builder.zext(value, ir.IntType(8))]
    return [value]


# --- what a kernel is given ----------------------------------------------------------------------


def word(builder, args):
    loaded = builder.load(builder.gep(args[0], [args[1]]))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


def element(dtype):
    """The type of elements, from the type of a dtype's name."""
    return dtype.instance_type if isinstance(dtype, types.TypeRef) else dtype.dtype


@intrinsic(prefer_literal=True)
def buffer(typing, table, index, dtype, scope=None):
    """The buffer at a place of the kernel's table; its scope is the place, unless one is given."""
    scope = types.Omitted(None) if scope is None else scope
    chosen = index if isinstance(scope, types.Omitted) else scope
    result = Buffer(element(dtype), chosen.literal_value)

    def codegen(context, builder, sig, args):
        return builder.inttoptr(word(builder, args), BYTES)

    return result(WORDS, types.intp, dtype, scope), codegen


@intrinsic
def home(typing, near, table, index):
    """The buffer at a place of the kernel's table, in the scope of another, with which it trades."""

    def codegen(context, builder, sig, args):
        return builder.inttoptr(word(builder, args[1:]), BYTES)

    return near(near, WORDS, types.intp), codegen


@intrinsic
def size(typing, table, index):
    """The integer at a place of the kernel's table."""

    def codegen(context, builder, sig, args):
        return word(builder, args)

    return types.int64(WORDS, types.intp), codegen


@intrinsic
def large(typing, table, index):
    """The integer at a place of the kernel's table, which is more than `LITERAL`: no loop of so many
    trips is empty, and no step of so many elements is one."""

    def codegen(context, builder, sig, args):
        loaded = word(builder, args)
        limits = loaded.type(LITERAL + 1), loaded.type(LARGEST)
        loaded.set_metadata("range", builder.module.add_metadata(limits))
        return loaded

    return types.int64(WORDS, types.intp), codegen


@intrinsic
def number(typing, table, index):
    """The float64 at a place of the kernel's table."""

    def codegen(context, builder, sig, args):
        return builder.bitcast(word(builder, args), ir.DoubleType())

    return types.float64(WORDS, types.intp), codegen


def _prefetch(builder, place):
    number = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [BYTES, number, number, number])
    function = get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(function, [place, number(0), number(3), number(1)])  # read, near, data


@intrinsic
def fetch(typing, x, first, count):
    """Ask for the lines of the cache that hold these elements, which are read soon."""
    i = types.int64

    def codegen(context, builder, sig, args):
        kind, many = parts(sig.args[0].dtype)
        pointer = builder.bitcast(args[0], kind.as_pointer())
        first, count = (builder.mul(n, n.type(many)) for n in args[1:])
        step = count.type(LINE // context.get_abi_sizeof(kind))
        with for_range_slice(builder, count.type(0), count, step) as (at, _):
            place = builder.gep(pointer, [builder.add(first, at)])
            _prefetch(builder, builder.bitcast(place, BYTES))
        return context.get_dummy_value()

    return types.void(x, i, i), codegen


@intrinsic
def free(typing):
    """Let the operators of this kernel be contracted and reordered; its functions stay as they
    are."""

    def codegen(context, builder, sig, args):
        builder.module.__dict__["free"] = True
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def wide(typing):
    """Let the loops of this kernel use 512-bit vectors where the processor has them."""

    def codegen(context, builder, sig, args):
        # Not through `add`, which knows only the attributes of LLVM that llvmlite lists.
        set.add(builder.function.attributes, WIDEST)
        return context.get_dummy_value()

    return types.void(), codegen
