"""The text of a kernel to LLVM's language, statement by statement, without Numba's type inference.

A kernel's text is a small part of Python whose types are plain to see: every name has the type of
what it is first given, every function says what it returns. So one pass does what takes Numba's
front end most of the time of a compilation. What the text may call is Numba's intrinsics, the same
as there; a text that needs more (`Untranslated`) goes through Numba.
"""

from __future__ import annotations

import ast
import functools
import math

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target
from numba.extending import _Intrinsic as Intrinsic

from defn.compilers.numba import arithmetic, buffers, casts, objects, quotients, rows
from defn.compilers.numba.buffers import WORDS, Buffer, value_type
from defn.compilers.numba.halves import Half
from defn.compilers.numba.rows import Depths
from defn.compilers.numba.told import LoopName, loops, told

I64 = ir.IntType(64)


class Untranslated(Exception):
    """A text that says more than this translation understands."""


class Value:
    """A value of the program: LLVM's, and its Numba type; a known number has `known`."""

    __slots__ = ("llvm", "type", "known")

    def __init__(self, llvm, type, known=None):
        self.llvm, self.type, self.known = llvm, type, known


def constant(number):
    """A number of the text."""
    if isinstance(number, bool):
        return Value(ir.IntType(1)(int(number)), types.boolean, number)
    if isinstance(number, int):
        return Value(I64(number), types.int64, number)
    if isinstance(number, float):
        return Value(ir.DoubleType()(number), types.float64, number)
    raise Untranslated(f"a constant {number!r}")


class Translator:
    """Writes one function, line by line. `names` are those that the text may use besides its
    own."""

    def __init__(self, module, names):
        self.module, self.names, self.variables, self.exits = module, names, {}, []
        self.is_free = False  # are the trips of this loop independent?
        self.context = cpu_target.target_context

    def function(self, definition, name):
        """The C function of (start, stop, table) that a definition says."""
        kind = ir.FunctionType(I64, [I64, I64, I64.as_pointer()])
        made = ir.Function(self.module, kind, name)
        self.define(made, definition, (types.int64, types.int64, WORDS))

    def define(self, made, definition, given):
        """Give a function its body; `given`: the types of its arguments."""
        made.attributes.add("nounwind")
        self.depths, self.loops = Depths(definition), len(loops(definition.body))
        self.entry = ir.IRBuilder(made.append_basic_block("entry"))
        self.builder = ir.IRBuilder(made.append_basic_block("body"))
        for argument, value, type in zip(definition.args.args, made.args, given):
            self.set(argument.arg, Value(value, type))
        self.block(definition.body)
        if not self.builder.block.is_terminated:
            self.builder.ret(I64(0))
        self.entry.branch(made.blocks[1])

    # Statements.

    def block(self, statements):
        for statement in statements:
            if self.builder.block.is_terminated:
                return
            rule = STATEMENT.get(type(statement))
            if rule is None:
                raise Untranslated(ast.unparse(statement))
            getattr(self, rule.__name__)(statement)

    def set(self, name, value):
        """Give a name a value, of the type that its first one had."""
        known = self.variables.get(name)
        if known is None:
            place = self.entry.alloca(value.llvm.type, name=name)
            known = self.variables[name] = (place, value.type)
        self.builder.store(self.as_type(value, known[1]), known[0])

    def assign(self, statement):
        (target,) = statement.targets
        if isinstance(target, ast.Tuple):
            values = [self.value(v) for v in statement.value.elts]
            for name, value in zip(target.elts, values, strict=True):
                self.store(name, value)
        else:
            self.store(target, self.value(statement.value))
        self.depths.assign(target, statement.value)

    def store(self, target, value):
        if isinstance(target, ast.Name):
            self.set(target.id, value)
            return
        buffer, index = self.place(target)
        element = value_type(buffer.type.dtype)
        sig = types.none(buffer.type, types.intp, element)
        args = (buffer.llvm, self.as_type(index, types.int64), self.as_type(value, element))
        buffers.store(self.context, self.builder, sig, args)

    def changed(self, statement):
        """`target += value`"""
        target = statement.target
        self.store(target, self.value(ast.BinOp(target, statement.op, statement.value)))

    def expression(self, statement):
        self.value(statement.value)

    def returned(self, statement):
        self.builder.ret(self.as_type(self.value(statement.value), types.int64))

    def loop(self, statement):
        """`for name in range(...)`: the index counts, signed and without wrapping."""
        first, stop, step = self.range(statement.iter)
        name, builder = statement.target.id, self.builder
        before = builder.block
        head, body, after = (builder.append_basic_block(part) for part in ("head", "loop", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        index = builder.phi(I64)
        index.add_incoming(first, before)
        down = step.constant < 0 if isinstance(step, ir.Constant) else False
        builder.cbranch(builder.icmp_signed(">" if down else "<", index, stop), body, after)
        builder.position_at_end(body)
        self.set(name, Value(index, types.int64))
        self.is_free, outer = quotients.is_free(statement.body), self.is_free
        self.inside(statement, after)
        self.is_free = outer
        if not builder.block.is_terminated:
            index.add_incoming(builder.add(index, step, flags=("nsw",)), builder.block)
            self.again(head, statement)
        builder.position_at_end(after)

    def inside(self, loop, after):
        """The body of a loop."""
        self.exits.append(after)
        with self.depths.loop(loop, self.variables):
            self.block(loop.body)
        self.exits.pop()

    def again(self, head, loop):
        """Back to the head of a loop."""
        branch, said = self.builder.branch(head), told(loop, self.loops)
        if said:
            branch.set_metadata("llvm.loop", LoopName(self.module, said))

    def range(self, call):
        if not (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "range"
        ):
            raise Untranslated(ast.unparse(call))
        given = [self.as_type(self.value(a), types.int64) for a in call.args]
        first, stop, step = [I64(0), *given, I64(1)] if len(given) == 1 else [*given, I64(1)][:3]
        return first, stop, step

    def repeat(self, statement):
        """`while test:`"""
        builder = self.builder
        head, body, after = (builder.append_basic_block(part) for part in ("head", "loop", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        builder.cbranch(self.truth(self.value(statement.test)), body, after)
        builder.position_at_end(body)
        self.inside(statement, after)
        if not builder.block.is_terminated:
            self.again(head, statement)
        builder.position_at_end(after)

    def leave(self, statement):
        self.builder.branch(self.exits[-1])

    def choose(self, statement):
        """`if test: ... else: ...`"""
        builder, test = self.builder, self.truth(self.value(statement.test))
        yes, after = builder.append_basic_block("then"), builder.append_basic_block("after")
        no = builder.append_basic_block("else") if statement.orelse else after
        builder.cbranch(test, yes, no)
        for start, statements in ((yes, statement.body), (no, statement.orelse)):
            if start is not after:
                builder.position_at_end(start)
                self.block(statements)
                if not builder.block.is_terminated:
                    builder.branch(after)
        builder.position_at_end(after)

    def nothing(self, statement):
        pass

    # Expressions.

    def value(self, node):
        rule = EXPRESSION.get(type(node))
        if rule is None:
            raise Untranslated(ast.unparse(node))
        return getattr(self, rule.__name__)(node)

    def number(self, node):
        return constant(node.value)

    def name(self, node):
        found = self.variables.get(node.id)
        if found is not None:
            return Value(self.builder.load(found[0]), found[1])
        if node.id in self.names and isinstance(self.names[node.id], (bool, int, float)):
            return constant(self.names[node.id])
        raise Untranslated(f"the name {node.id}")

    def attribute(self, node):
        if (
            isinstance(node.value, ast.Name)
            and node.value.id == "math"
            and node.attr in ("inf", "nan")
        ):
            return constant(getattr(math, node.attr))
        raise Untranslated(ast.unparse(node))

    def element(self, node):
        buffer, index = self.place(node)
        if not isinstance(buffer.type, Buffer):
            raise Untranslated(ast.unparse(node))
        result = value_type(buffer.type.dtype)
        sig = result(buffer.type, types.intp)
        args = (buffer.llvm, self.as_type(index, types.int64))
        return Value(buffers.load(self.context, self.builder, sig, args), result)

    def place(self, node):
        """The buffer of a subscript, or a row of it, and the index there."""
        buffer, parts = self.value(node.value), self.depths.split(node.slice)
        if not parts:
            return buffer, self.value(node.slice)
        *others, number = (part and self.value(part) for part in parts)
        first, rest = (self.as_type(value, types.int64) for value in others)
        begin = rows.row(self.builder, buffer.type, buffer.llvm, first)
        if not number:
            return Value(begin, buffer.type), Value(rest, types.int64)
        # The number last, or LLVM takes what it reads from the trip before, which is no vector then.
        begin = buffers.further(self.builder, buffer.type, begin, rest)
        return Value(begin, buffer.type), number

    def unary(self, node):
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return Value(self.builder.not_(self.truth(value)), types.boolean)
        if not isinstance(node.op, ast.USub) or value.type is types.boolean:
            raise Untranslated(ast.unparse(node))
        if value.known is not None:
            return constant(-value.known)
        return self.call_function(arithmetic.negative, [value])

    def binary(self, node):
        x, y = self.alike(self.value(node.left), self.value(node.right))
        number = quotients.divisor(node.right) if isinstance(node.op, ast.Div) else None
        strict = self.is_free and not self.module.__dict__.get("free")
        if number and strict and isinstance(x.type, types.Float):
            return Value(quotients.quotient(self.builder, x.llvm, number), x.type)
        return self.of_two(node, x, y)

    def of_two(self, node, x, y):
        """An operator of two values of one type."""
        function = OPERATOR.get(type(node.op))
        if function is None or isinstance(node.op, ast.Div) and isinstance(x.type, types.Integer):
            raise Untranslated(ast.unparse(node))
        if isinstance(x.type, types.Integer) and x.type is not types.int64:
            raise Untranslated(ast.unparse(node))
        before = len(self.builder.block.instructions)
        result = self.call_function(function, [x, y])
        if self.module.__dict__.get("free"):
            relax(self.builder.block.instructions[before:])
        return result

    def compared(self, node):
        if len(node.ops) != 1:
            raise Untranslated(ast.unparse(node))
        x, y = self.alike(self.value(node.left), self.value(node.comparators[0]))
        return self.call_function(COMPARE[type(node.ops[0])], [x, y])

    def logic(self, node):
        """`a or b`: both are computed, for neither does anything."""
        function = arithmetic.bitwise_or if isinstance(node.op, ast.Or) else arithmetic.bitwise_and
        values = [Value(self.truth(self.value(v)), types.boolean) for v in node.values]
        return functools.reduce(lambda x, y: self.call_function(function, [x, y]), values)

    def call(self, node):
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise Untranslated(ast.unparse(node))
        name = node.func.id
        if name in ("min", "max"):
            x, y = self.alike(*(self.value(a) for a in node.args))
            return self.call_function(
                arithmetic.min_any if name == "min" else arithmetic.max_any, [x, y]
            )
        if name == "complex":
            parts = [self.as_type(self.value(a), types.float64) for a in node.args]
            return Value(arithmetic.pair(self.builder, *parts), types.complex128)
        function = self.names.get(name)
        if isinstance(function, types.Type) and len(node.args) == 1:
            return self.converted(self.value(node.args[0]), function)
        if not isinstance(function, Intrinsic):
            raise Untranslated(f"the function {name}")
        return self.call_function(function, [self.argument(a) for a in node.args])

    def argument(self, node):
        """An argument; the name of a dtype stands for itself."""
        found = self.names.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(found, types.Type) and node.id not in self.variables:
            return Value(
                self.context.get_dummy_value(),
                types.TypeRef(found) if not isinstance(found, Half) else Dtype(found),
            )
        return self.value(node)

    def call_function(self, function, values):
        """An intrinsic, of values as it wants them."""
        kinds = [
            types.literal(v.known) if v.known is not None and function._prefer_literal else v.type
            for v in values
        ]
        made = function._defn(cpu_target.typing_context, *kinds)
        if made is None:
            raise Untranslated(f"{function._name} of {kinds}")
        sig, codegen = made
        args = [
            v.llvm if isinstance(t, (types.TypeRef, Dtype)) else self.as_type(v, types.unliteral(t))
            for v, t in zip(values, sig.args, strict=False)
        ]
        result = codegen(self.context, self.builder, sig, args)
        return Value(result, sig.return_type)

    # Types.

    def alike(self, x, y):
        """Two operands of one type: a number of the text takes the other's."""
        if x.type == y.type:
            return x, y
        if y.known is not None and not isinstance(y.known, float) or x.type is types.float64:
            return x, Value(self.as_type(y, x.type), x.type)
        if x.known is not None and not isinstance(x.known, float) or y.type is types.float64:
            return Value(self.as_type(x, y.type), y.type), y
        raise Untranslated(f"operands of {x.type} and {y.type}")

    def as_type(self, value, type):
        """LLVM's value of a value as another type."""
        if value.type == type:
            return value.llvm
        numbers = (types.Number, types.Boolean)
        if not isinstance(value.type, numbers) or not isinstance(type, numbers):
            raise Untranslated(f"{value.type} as {type}")
        if isinstance(type, types.Integer) and not isinstance(value.type, types.Integer):
            raise Untranslated(f"{value.type} as {type}")
        return casts.converted(self.builder, value.llvm, value.type, type)

    def converted(self, value, type):
        """A dtype called as a function."""
        if isinstance(type, Half):
            raise Untranslated("a call of a half")
        if isinstance(type, types.Boolean):
            return Value(casts.truth(self.builder, value.llvm, value.type), type)
        return Value(casts.converted(self.builder, value.llvm, value.type, type), type)

    def truth(self, value):
        return casts.truth(self.builder, value.llvm, value.type)


def relax(instructions):
    """Let arithmetic be contracted and reordered; nan and infinity are still what they are."""
    for instruction in instructions:
        if instruction.opname in ("fadd", "fsub", "fmul", "fdiv"):
            instruction.flags = ["reassoc", "contract", "arcp", "nsz"]


class Dtype(types.Opaque):
    """The type of the name of a half: Numba has no reference to such."""

    def __init__(self, instance):
        self.dtype = instance
        super().__init__(f"dtype {instance.name}")


STATEMENT = {
    ast.Assign: Translator.assign, ast.Expr: Translator.expression, ast.Return: Translator.returned,
    ast.AugAssign: Translator.changed, ast.For: Translator.loop, ast.While: Translator.repeat, ast.If: Translator.choose,
    ast.Break: Translator.leave, ast.Pass: Translator.nothing,
}  # fmt: skip
EXPRESSION = {
    ast.Constant: Translator.number, ast.Name: Translator.name, ast.Attribute: Translator.attribute,
    ast.Subscript: Translator.element, ast.UnaryOp: Translator.unary, ast.BinOp: Translator.binary,
    ast.Compare: Translator.compared, ast.Call: Translator.call, ast.BoolOp: Translator.logic,
}  # fmt: skip
OPERATOR = {
    ast.Add: arithmetic.add, ast.Sub: arithmetic.subtract, ast.Mult: arithmetic.multiply,
    ast.Div: arithmetic.divide, ast.FloorDiv: arithmetic.floor_divide, ast.Mod: arithmetic.remainder,
    ast.BitAnd: arithmetic.bitwise_and, ast.BitOr: arithmetic.bitwise_or,
}  # fmt: skip
COMPARE = {
    ast.Lt: arithmetic.less, ast.LtE: arithmetic.less_equal, ast.Gt: arithmetic.greater,
    ast.GtE: arithmetic.greater_equal, ast.Eq: arithmetic.equal, ast.NotEq: arithmetic.not_equal,
}  # fmt: skip


@global_compiler_lock
def translated(text, name, names, entry):
    """The module in which the function `name` of a text is a C function called `entry`."""
    tree = ast.parse(text)
    (definition,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
    module = ir.Module(entry)
    module.triple, module.data_layout = machine()
    Translator(module, names).function(definition, entry)
    buffers.write_scopes(module)
    return module


@functools.cache
def machine():
    """What LLVM calls this machine, and how it lays out data."""
    return llvm.get_process_triple(), str(objects.target_machine().target_data)
