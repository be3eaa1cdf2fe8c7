"""Elements as text: every value is written once, at the depth of the deepest loop that its index
runs along."""

from __future__ import annotations

from math import prod

import numpy as np

from defn import ops
from defn.compilers.numba.access import Flat, apart_from_offset, operands
from defn.compilers.numba.code import added, expression, literal
from defn.compilers.numba.index import ANY, Symbol, along, fixed, strides
from defn.compilers.numba.kernel import Failure, Memory, Storage, Variable, contiguous
from defn.compilers.numba.masks import Masks, NotYet
from defn.compilers.numba.roots import own, replaced
from defn.compilers.numba.schedule import Cuts, stem
from defn.compilers.numba.write import text_of
from defn.expr import constant_value
from defn.transforms.intervals import DEEPEST, INTERVAL, interval, same_interval

INTERVAL[own] = same_interval


def out_of_range(node):
    """What to say of an index of a read or write that the kernel found to be outside of its axis."""
    shape = node.args[0].shape if node.args else ()
    return f"an index is outside of its axis, of an array of shape {shape}: compiler='numpy' says which"


class Values(Masks):
    """Writes values where they are needed, once. `homes` says where stored ones are."""

    def __init__(self, writer, body, places, serial, bounds=None):
        self.writer, self.body, self.places, self.serial = writer, body, places, serial
        self.homes, self.base, self.whole = places.homes, len(writer.blocks) - 1, True
        self.bounds, self.symbols = dict(bounds or {}), {}
        self.ranges, self.cuts, self.reals = {}, Cuts(), {}
        self.bad, self.computed, self.guards = None, None, None
        self.intervals, self.looking = {}, 0
        self.begin_masks()

    # --- what operands at an index are (see `access`) --------------------------------------------

    def cut(self, loop, points):
        """Cut a loop; True if it was not cut there yet, so that what was begun must begin anew."""
        return len(self.reals.get(loop, ())) == 1 and self.cuts.add(loop, points, self.ranges)

    def start(self, node, axis, start):
        """The index at which a window begins; the program stops where it lies outside."""
        found = self.scalar(start)
        size, step = node.attrs["sizes"][axis], node.attrs["steps"][axis]
        if size == 0:
            return found
        extent = 1 if size is None else (size - 1) * step + 1
        self._demand(found, node.args[0].shape[axis] - extent, node, axis)
        return found

    def _demand(self, found, most, node, axis):
        low, high = found.bounds(self.ranges)
        if low >= 0 and high <= most:
            return
        text, block = self.text(found), self.block_of((found,))
        if ("within", text, most) in block.names:
            return
        block.names["within", text, most] = ""
        stop = self.writer.failure(Failure(node, out_of_range(node)))
        limit = self.writer.number(most) if most >= 0 else "-1"
        block.items.append(f"if {text} < 0 or {text} > {limit}:")
        block.items.append(f"    {stop}")

    def scalar(self, node):
        """An integer of the program as an index."""
        node, offset = apart_from_offset(node)
        known = constant_value(node)
        if known is not None:
            return fixed(int(known) + offset)
        name = self.value(node, ())
        if node.dtype != np.int64:
            name = self.assign(f"int64({name})", self.writer.blocks[self.base])
        return along(self.symbol(name, *self.interval(node), self.writer.blocks[self.base])).plus(
            offset
        )

    def symbol(self, name, low, high, block):
        if name not in self.symbols:
            self.symbols[name] = Symbol(name, low, high, block)
        return self.symbols[name]

    def position(self, indices, at, n):
        """An element of an index array; one outside of the axis stops the program after the
        loops."""
        key = ("position", indices, at, n)
        known = self._look(key)
        if known is None:
            form = self.affine(indices, at)
            if form is not None and self.least(form) >= 0 and self.most(form) < n:
                return form
            block = self.block_of(at)
            text = self.value(indices, at)
            low, high = self.interval(indices)
            if low < 0 or high >= n:
                test = f"outside({text}, {self.writer.number(n)})"
                self._may_be_bad(indices)
                if self.guards is not None and block is self.writer.blocks[-1]:
                    self.guards.append(test)
                    return along(self.symbol(text, 0, max(n - 1, 0), block))
                test = self.assign(test, block)
                block.items.append(f"{self.bad} = {self.bad} | {test}")
                text = self.assign(f"where({test}, 0, {text})", block)
            known = block.names[key] = self.symbol(text, 0, max(n - 1, 0), block)
        return along(known)

    def _may_be_bad(self, indices):
        """A variable that says whether an index was outside of its axis."""
        if self.bad is None:
            self.bad, self.bad_node = self.writer.fresh("bad"), indices
            self.writer.blocks[self.base].items.append(f"{self.bad} = False")

    def clamped(self, part, n):
        """An index held inside its axis: what it reads outside is not used."""
        low, high = part.bounds(self.ranges)
        if low >= 0 and high < n:
            return part
        block = self.block_of((part,))
        key = ("clamped", part, n)
        known = self._look(key)
        if known is None:
            text = f"min_any(max_any({self.text(part)}, 0), {self.writer.number(n - 1)})"
            name = self.assign(text, block)
            known = block.names[key] = self.symbol(name, 0, n - 1, block)
        return along(known)

    def interval(self, node):
        """The least and the largest value that an integer of the program, or one of an array, may
        have."""
        if node in self.bounds:
            return self.bounds[node]
        if node not in self.intervals and self.looking < DEEPEST:
            self.looking += 1
            self.intervals[node] = interval(self, node)
            self.looking -= 1
        return self.intervals.get(node, ANY)

    # --- names and places ------------------------------------------------------------------------

    def text(self, affine):
        return text_of(affine, self.writer, self.reals)

    def block_of(self, index):
        """The block of the deepest loop that an index runs along."""
        parts = (index.offset,) if isinstance(index, Flat) else index
        loops = {v for part in parts for v, _ in part.terms}
        blocks = self.writer.blocks
        for block in reversed(blocks[self.base + 1 :]):
            if any(v in block.loops or isinstance(v, Symbol) and v.block is block for v in loops):
                return block
        return blocks[self.base]

    def _look(self, key):
        for block in reversed(self.writer.blocks[self.base :]):
            found = block.names.get(key)
            if found is not None:
                return found
        return None

    def _known(self, node, index):
        if node.op is ops.constant and prod(node.shape) == 1:
            return literal(constant_value(node).reshape(())[()], node.dtype)
        home = self.homes.get(node)
        if type(home) is Variable:
            return home.name
        return self._look((node, index))

    def assign(self, text, block):
        name = self.writer.fresh()
        block.items.append(f"{name} = {text}")
        return name

    def named(self, node, index, text):
        """Give the value at an index a name, where its loops are; what is a name already keeps
        it."""
        block = self.block_of(index)
        name = block.names[node, index] = text if text.isidentifier() else self.assign(text, block)
        return name

    def place(self, home, index):
        """An element of memory as text."""
        form = home.address(index)
        if home.storage.copies and not self.whole:
            base = self.writer.base(home.storage, home.storage.size)
            form = form.plus(along(self.symbol(base, *ANY, self.writer.root)))
        text = self.text(form)
        if " " in text:
            block = self.block_of((form,))
            if ("place", text) not in block.names:
                block.names["place", text] = name = self.writer.fresh("k")
                block.items.append(f"{name} = {text}")
            text = block.names["place", text]
        return f"{self.writer.buffer(home.storage)}[{text}]"

    def memory(self, node):
        """The memory of a stored array; a small known one is given some."""
        node = stem(node)
        if node not in self.homes:
            self._leaf(node, ())
        return self.homes[node]

    def top(self, tape):
        """The variable that counts the values on a tape; it is kept in memory between kernels."""
        writer = self.writer
        if tape.record not in writer.tops:
            name = writer.tops[tape.record] = writer.fresh("top")
            record = writer.buffer(tape.record)
            writer.starts.append(f"{name} = {record}[2]")
            writer.ends.append(f"{record}[2] = {name}")
        return writer.tops[tape.record]

    def copy(self, node, home, source=None):
        """Write the loops that copy a stored value into memory (from `source`, if it is not at
        home)."""
        node = stem(node) if source is None else node
        group = self.body.copying(node)
        copied = group.members[0].node
        home = Memory(home.storage, strides(node.shape), home.offset)
        self.homes[copied] = self.places.targets[copied] = home
        found = self.homes.get(node)
        if source is not None:
            self.homes[node] = source
        self.group(group)
        if source is not None:
            self.homes[node] = found

    # --- values ----------------------------------------------------------------------------------

    def value(self, node, index):
        """The text of an element: a name or a literal. What it needs is written before."""
        stack = [(node, index)]
        while stack:
            n, at = stack[-1]
            if self._known(n, at) is not None:
                stack.pop()
            elif self._is_leaf(n):
                self._leaf(n, at)
            else:
                needed = self._operands(n, at)
                missing = [(a, i) for a, i in needed if self._known(a, i) is None]
                if missing:
                    stack += reversed(missing)
                else:
                    self._compute(n, at, needed)
        return self._known(node, index)

    def _operands(self, node, index):
        key = ("operands", node, index)
        found = self._look(key)
        if found is None:
            found = self._read_by(node, index)
            self.block_of(index).names[key] = found
        return found

    def _read_by(self, node, index):
        """The operands that are read: of a choice that is made, one."""
        truth = self.truth(node.args[0], index) if node.op is ops.select else None
        if truth is not None:
            return [(node.args[1 if truth else 2], index)]
        return operands(node, index, self)

    def _is_leaf(self, node):
        return (
            node in self.homes and node is not self.computed or node.op in (ops.iota, ops.constant)
        )

    def _leaf(self, node, index):
        if node in self.homes and node is not self.computed:
            if self.homes[node] is None:
                raise NotYet(node)
            self.named(node, index, self.place(self.homes[node], index))
        elif node.op is ops.iota:
            part = index.offset if isinstance(index, Flat) else index[node.attrs["axis"]]
            self.named(node, index, self.text(part))
        else:
            storage = Storage(node.dtype, prod(node.shape), "constant", constant_value(node))
            memory = contiguous(storage, node.shape)
            # A result that is known has a home of its own, into which it is copied from there.
            if node is self.computed:
                self.named(node, index, self.place(memory, index))
            else:
                self.homes[node] = memory

    def _compute(self, node, index, needed):
        args = [self._known(a, i) for a, i in needed]
        if node.op.kind is ops.Kind.ELEMENTWISE and len(args) == len(node.args):
            self.named(node, index, expression(node, args))
        elif len(args) == 1:
            self.block_of(index).names[node, index] = args[0]
        else:
            self.named(node, index, self._chosen(node, index, args))

    def _chosen(self, node, index, args):
        """A value at an index that is on either side of a border."""
        if node.op is ops.pad:
            test = self._is_inside(index, node.attrs["low"], node.args[0].shape)
            return f"where({test}, {args[0]}, {args[1]})"
        if node.op is replaced:
            text = added(node.dtype, *args) if node.attrs["adds"] else args[1]
            test = self._is_inside(index, node.attrs["low"], node.args[1].shape)
            return f"where({test}, {text}, {args[0]})" if test else text
        axis, end, parts = node.attrs["axis"], 0, []
        low, high = index[axis].bounds(self.ranges)
        for x in node.args:
            begin, end = end, end + x.shape[axis]
            if end > low and begin <= high and end > begin:
                parts.append(end)
        text, chosen = self.text(index[axis]), args[-1]
        for end, arg in list(zip(parts, args))[-2::-1]:
            chosen = f"where({text} < {self.writer.number(end)}, {arg}, {chosen})"
        return chosen

    def _is_inside(self, index, lows, shape):
        """The test whether an index lies in a window; nothing where it surely does."""
        tests = []
        for part, low, n in zip(index, lows, shape):
            first, last = part.bounds(self.ranges)
            text = self.text(part.plus(-low))
            tests += [f"({text} >= 0)"] if first < low else []
            tests += [f"({text} < {self.writer.number(n)})"] if last >= low + n else []
        return " & ".join(tests)
