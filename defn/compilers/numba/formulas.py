"""The formulas of `polynomials` as functions of LLVM's: one for a number, one a length of vector.

Where a formula is good only for nearly all arguments, a vector with one of the others in it asks
libm for that one.
"""

from __future__ import annotations

import llvmlite.binding as llvm
from llvmlite import ir

from defn.compilers.numba import functions, objects, polynomials, symbols
from defn.compilers.numba.lanes import Lanes, where

I32 = ir.IntType(32)


def build(name, single):
    """The object code of one function in one precision."""
    module = ir.Module(name)
    module.triple = llvm.get_process_triple()
    for lanes in (1, *functions.own_lanes(single)):
        define(module, name, single, lanes)
    machine = objects.target_machine()
    module.data_layout = str(machine.target_data)
    whole = objects.optimized(objects.parsed(module), machine, 3)
    return objects.built(whole, machine)


def define(module, name, single, lanes):
    """`<lanes x number> defn_v<lanes>_<name>(...)`."""
    number = ir.FloatType() if single else ir.DoubleType()
    kind = ir.VectorType(number, lanes) if lanes > 1 else number
    count = 2 if name in functions.BINARY else 1
    function = ir.Function(
        module, ir.FunctionType(kind, [kind] * count), functions.own_symbol(name, single, lanes)
    )
    function.attributes.add("nounwind")
    set.add(function.attributes, '"prefer-vector-width"="512"')
    builder = ir.IRBuilder(function.append_basic_block())
    values = [Lanes(builder, a) for a in function.args]
    formula, good, mend = polynomials.formula(name)
    if name == functions.COMPLETED and not single:
        power = glibc(name, lanes)
        formula = lambda x, y: power(abs(x), y)
    result = formula(*values)
    if good is not None:
        mend = mend or by_libm(functions.c_name(name, single))
        if single and name in polynomials.PERIODIC:
            mend = in_double(formula, good, mend)
        result = mended(result, good(*values), mend, values)
    builder.ret(result.value)


def mended(result, good, mend, values):
    """The result, mended in the lanes that are not good."""
    builder = result.builder
    begin = builder.block
    rare, done = (builder.append_basic_block(name) for name in ("rare", "done"))
    builder.cbranch(everywhere(builder, good.value), done, rare)
    builder.position_at_end(rare)
    chosen_there = where(good, result, mend(result, *values)).value
    last = builder.block
    builder.branch(done)
    builder.position_at_end(done)
    chosen = builder.phi(result.kind)
    chosen.add_incoming(result.value, begin)
    chosen.add_incoming(chosen_there, last)
    return result.new(chosen)


def everywhere(builder, test):
    """Whether a test is true in every lane."""
    if not isinstance(test.type, ir.VectorType):
        return test
    bits = ir.IntType(test.type.count)
    return builder.icmp_unsigned("==", builder.bitcast(test, bits), bits(-1))


def in_double(formula, good, mend):
    """A float32 too large for float32's formula is not yet so for float64's."""

    def mend_single(result, x):
        wide = x.double()
        return mended(formula(wide).rounded_to_single(), good(wide), mend, [x])

    return mend_single


def glibc(name, lanes):
    """glibc's function for so many lanes, as a formula."""
    found = functions.libmvec(name, single=False)
    symbol = found.scalar if lanes == 1 else found.vectors[lanes]

    def call(*values):
        kinds, module = [v.kind for v in values], values[0].builder.module
        kind = ir.FunctionType(kinds[0], kinds)
        function = module.globals.get(symbol) or ir.Function(module, kind, symbol)
        return values[0].new(values[0].builder.call(function, [v.value for v in values]))

    return call


def by_libm(c_name):
    def mend(result, *values):
        return result.new(one_by_one(result.builder, c_name, [v.value for v in values]))

    return mend


def one_by_one(builder, c_name, values):
    """A function of libm's, lane by lane."""
    kind = values[0].type
    number = kind.element if isinstance(kind, ir.VectorType) else kind
    module, name = builder.module, symbols.PREFIX + c_name
    scalar = module.globals.get(name) or ir.Function(
        module, ir.FunctionType(number, [number] * len(values)), name
    )
    if number is kind:
        return builder.call(scalar, values)
    result = ir.Constant(kind, ir.Undefined)
    for lane in range(kind.count):
        args = [builder.extract_element(v, I32(lane)) for v in values]
        result = builder.insert_element(result, builder.call(scalar, args), I32(lane))
    return result
