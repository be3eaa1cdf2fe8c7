"""Memory that is written past the cache, in whole lines: a processor need not read them before."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core.cgutils import for_range
from numba.extending import intrinsic

from defn.compilers.numba.buffers import LINE, parts

I64 = ir.IntType(64)


class Stream:
    """Writes the machine's language that copies `count` units from one place to another."""

    def __init__(self, builder, kind, bytes, source, target, count):
        self.b, self.kind, self.bytes, self.count = builder, kind, bytes, count
        self.source, self.target = source, target
        self.units = LINE // bytes

    def all(self):
        """What comes before a line begins, whole lines, and what is left."""
        b = self.b
        behind = b.and_(b.neg(b.ptrtoint(self.target, I64)), I64(LINE - 1))
        head = b.udiv(behind, I64(self.bytes))
        head = b.select(b.icmp_signed("<", head, self.count), head, self.count)
        lines = b.udiv(b.sub(self.count, head), I64(self.units))
        done = b.add(head, b.mul(lines, I64(self.units)))
        self.singly(I64(0), head)
        with for_range(b, lines) as line:
            self.line(b.add(head, b.mul(line.index, I64(self.units))))
        self.singly(done, b.sub(self.count, done))

    def singly(self, first, count):
        with for_range(self.b, count) as step:
            at = self.b.add(first, step.index)
            found = self.b.load(self.b.gep(self.source, [at]), align=self.bytes)
            self.b.store(found, self.b.gep(self.target, [at]), align=self.bytes)

    def line(self, at):
        b, vector = self.b, ir.VectorType(self.kind, self.units).as_pointer()
        source, target = (b.bitcast(b.gep(p, [at]), vector) for p in (self.source, self.target))
        stored = b.store(b.load(source, align=self.bytes), target, align=LINE)
        stored.set_metadata("nontemporal", b.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))


@intrinsic
def stream(typing, x, first, y, start, count):
    """y[start + i] = x[first + i] for i below count, past the cache; `drain` ends it."""
    i = types.int64

    def codegen(context, builder, sig, args):
        x, first, y, start, count = args
        kind, many = parts(sig.args[0].dtype)
        bytes = context.get_abi_sizeof(kind)
        first, start, count = (builder.mul(n, I64(many)) for n in (first, start, count))
        x, y = (builder.bitcast(p, kind.as_pointer()) for p in (x, y))
        places = builder.gep(x, [first]), builder.gep(y, [start])
        Stream(builder, kind, bytes, *places, count).all()
        return context.get_dummy_value()

    return types.void(x, i, y, i, i), codegen


@intrinsic
def drain(typing):
    """All that was written past the cache is there, for whoever is told so from here on."""

    def codegen(context, builder, sig, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), codegen
