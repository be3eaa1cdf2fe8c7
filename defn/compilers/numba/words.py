"""Machine words from compiled Python: what the driver of `driver.py` is written with.

An address is an int64. `load` and `store` are for memory of one thread; the others are atomic, in
one order for all threads.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from defn.compilers.numba import symbols
from defn.compilers.numba.build import Local

I64, I32 = ir.IntType(64), ir.IntType(32)
ORDER = "seq_cst"

local = Local


def operation(arity, emit):
    """An intrinsic on int64 words: `emit(builder, *args)` gives a word, or None for no result."""

    @intrinsic
    def none(typing):
        return words(0)

    @intrinsic
    def one(typing, a):
        return words(1)

    @intrinsic
    def two(typing, a, b):
        return words(2)

    @intrinsic
    def three(typing, a, b, c):
        return words(3)

    @intrinsic
    def four(typing, a, b, c, d):
        return words(4)

    def words(count):
        def codegen(context, builder, sig, args):
            result = emit(builder, *args)
            return I64(0) if result is None else result

        return types.int64(*[types.int64] * count), codegen

    return (none, one, two, three, four)[arity]


def at(builder, address):
    return builder.inttoptr(address, I64.as_pointer())


def emit_store(builder, address, value):
    builder.store(value, at(builder, address))


def emit_put(builder, address, value):
    builder.store_atomic(value, at(builder, address), ORDER, 8)


def emit_swap(builder, address, old, new):
    swapped = builder.cmpxchg(at(builder, address), old, new, ORDER)
    return builder.zext(builder.extract_value(swapped, 1), I64)


def emit_call(builder, address, start, stop, table):
    kind = ir.FunctionType(I64, [I64, I64, I64.as_pointer()])
    function = builder.inttoptr(address, kind.as_pointer())
    return builder.call(function, [start, stop, at(builder, table)])


def emit_stack(builder, count):
    space = builder.alloca(I64, size=count)
    space.align = 64
    return builder.ptrtoint(space, I64)


def emit_pause(builder):
    """Tell the processor that this loop waits."""
    name, args = ("llvm.x86.sse2.pause", []) if symbols.X86 else ("llvm.aarch64.hint", [I32])
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(ir.VoidType(), args), name
    )
    builder.call(function, [I32(1)] * len(args))


load = operation(1, lambda b, address: b.load(at(b, address)))
store = operation(2, emit_store)
peek = operation(1, lambda b, address: b.load_atomic(at(b, address), ORDER, 8))
put = operation(2, emit_put)
increase = operation(2, lambda b, address, v: b.atomic_rmw("add", at(b, address), v, ORDER))
lower = operation(2, lambda b, address, v: b.atomic_rmw("umin", at(b, address), v, ORDER))
swap = operation(3, emit_swap)
call_kernel = operation(4, emit_call)
stack = operation(1, emit_stack)
pause = operation(0, emit_pause)


@intrinsic
def bits(typing, x):
    """The word that a float64 is."""

    def codegen(context, builder, sig, args):
        return builder.bitcast(args[0], I64)

    return types.int64(types.float64), codegen


def external(name, arity, result=types.int64):
    """A C function that `symbols` knows, of words."""
    symbols.register(symbols.PREFIX + name)
    return types.ExternalFunction(symbols.PREFIX + name, result(*[types.int64] * arity))


sleep, wake, give_way = external("sleep", 3), external("wake", 3), external("give_way", 0)
allocate, release = external("malloc", 1), external("free", 1)
integer_of = external("PyLong_AsLongLong", 1)
float_of = external("PyFloat_AsDouble", 1, types.float64)
python_integer, error_occurred = external("PyLong_FromLongLong", 1), external("PyErr_Occurred", 0)
keep, drop = external("Py_IncRef", 1), external("Py_DecRef", 1)
dict_item, cell_value = external("PyDict_GetItem", 2), external("PyCell_Get", 1)
call_python = external("PyObject_Vectorcall", 4)
new_array, number_or_array = external("PyArray_NewFromDescr", 8), external("PyArray_Return", 1)
leave_python, enter_python = external("PyEval_SaveThread", 0), external("PyEval_RestoreThread", 1)
