"""The text of a CUDA kernel to LLVM's language, without Numba's type inference, and on to PTX.

The translation is the CPU compiler's; a kernel's arguments are buffers and numbers, not a table of
words, and operators mean what this machine's vocabulary says. A text that needs more goes through
Numba.
"""

from __future__ import annotations

import ast

from llvmlite import ir
from numba import types
from numba.cuda.cudadrv import nvrtc, nvvm

from defn.compilers.numba import buffers
from defn.compilers.numba.buffers import BYTES, Buffer
from defn.compilers.numba.rows import Depths
from defn.compilers.numba.told import UNCOPIED, LoopName, loops
from defn.compilers.numba.translate import I64, Translator, Untranslated, Value
from defn.compilers.numba.translate import OPERATOR as COUNTED

ENTRY = "kernel"
OPERATOR = {ast.Div: "divide", ast.FloorDiv: "floor_divide"}


class KernelTranslator(Translator):
    """Writes one kernel."""

    def kernel(self, definition, kinds):
        """The function of buffers and numbers that a definition says."""
        given = [BYTES if isinstance(k, Buffer) else I64 for k in kinds]
        made = ir.Function(self.module, ir.FunctionType(ir.VoidType(), given), ENTRY)
        nvvm.set_cuda_kernel(made)
        self.entry = ir.IRBuilder(made.append_basic_block("entry"))
        self.builder = ir.IRBuilder(made.append_basic_block("body"))
        for argument, value, kind in zip(definition.args.args, made.args, kinds, strict=True):
            self.set(argument.arg, Value(value, kind))
        self.depths = Depths(definition)
        self.block(definition.body)
        if not self.builder.block.is_terminated:
            self.builder.ret_void()
        self.entry.branch(made.blocks[1])

    def place(self, node):
        """A subscript as it stands: this machine's compiler finds the addresses of rows itself."""
        return self.value(node.value), self.value(node.slice)

    def again(self, head, loop):
        """Back to the head of a loop: copies are this compiler's choice, but of loops around loops."""
        branch = self.builder.branch(head)
        if loops(loop.body):
            branch.set_metadata("llvm.loop", LoopName(self.module, UNCOPIED))

    def returned(self, statement):
        self.value(statement.value)
        self.builder.ret_void()

    def assign(self, statement):
        (target,) = statement.targets
        if not isinstance(target, ast.Tuple) or isinstance(statement.value, ast.Tuple):
            super().assign(statement)
            return
        several = self.value(statement.value)
        for k, (name, kind) in enumerate(zip(target.elts, several.type, strict=True)):
            self.store(name, Value(self.builder.extract_value(several.llvm, k), kind))

    def unary(self, node):
        if isinstance(node.op, ast.USub):
            value = self.value(node.operand)
            if value.known is None and value.type is not types.boolean:
                return self.call_function(self.names["negative"], [value])
        return super().unary(node)

    def of_two(self, node, x, y):
        name = OPERATOR.get(type(node.op))
        if name is None and x.type is types.uint32:  # a counter
            return self.call_function(COUNTED[type(node.op)], [x, y])
        if name is None:
            return super().of_two(node, x, y)
        if name == "divide" and isinstance(x.type, types.Integer):
            raise Untranslated(ast.unparse(node))
        return self.call_function(self.names[name], [x, y])


def translated(text, kinds, names):
    """The module of a text."""
    tree = ast.parse(text)
    (definition,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == ENTRY)
    module = ir.Module(ENTRY)
    module.triple, module.data_layout = "nvptx64-nvidia-cuda", nvvm.NVVM().data_layout
    nvvm.add_ir_version(module)
    KernelTranslator(module, names).kernel(definition, kinds)
    buffers.write_scopes(module)
    return module


def to_ptx(text, kinds, names, capability):
    """The PTX of a text; `Untranslated` where it says more than is understood here."""
    module = translated(text, kinds, names)
    arch = nvrtc.get_arch_option(*capability)
    return nvvm.compile_ir(str(module), arch=arch, opt=3).decode().rstrip("\0").rstrip() + "\n"
