"""From a graph to a program for the machine: kernels, their launches, and what the host does
between them.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from defn import ops
from defn.compilers.cuda import product
from defn.compilers.cuda.apart import are_apart, trips, write_apart
from defn.compilers.cuda.build import compile_kernel
from defn.compilers.cuda.call import Effect, Forget, Launch, Library, run
from defn.compilers.cuda.cublas import LibraryProduct, library_for
from defn.compilers.cuda.elementwise import common_shape, is_serial, write_elementwise
from defn.compilers.cuda.emit import KernelEmitter, in_two_passes, spread
from defn.compilers.cuda.four import WIDTH
from defn.compilers.cuda.held import LONGEST, team_that_holds
from defn.compilers.cuda.normalise import CROWD, SIDE_BY_SIDE, is_tiled, normalised
from defn.compilers.cuda.place import MachinePlaces
from defn.compilers.cuda.scans import running
from defn.compilers.cuda.sorting import SORTS, kernels
from defn.compilers.cuda.structures import Structure, Tape
from defn.compilers.cuda.tiles import TEAM
from defn.compilers.cuda.write import KernelWriter
from defn.compilers.numba.code import literal, typename
from defn.compilers.numba.emit import Emitter
from defn.compilers.numba.kernel import Memory, Storage, contiguous
from defn.compilers.numba.product import passed
from defn.compilers.numba.roots import RUNNING
from defn.compilers.numba.schedule import Body, Group, flat_form, stem
from defn.compilers.numba.structures import STEP
from defn.expr import constant_value

LIBRARIES = tuple(op for op in ops.of_kind(ops.Kind.LIBRARY) if op not in RUNNING)
TAPES = (ops.tape, ops.push, ops.pop)
BLOCK = 256  # threads
WARP = 32
MOST_BLOCKS = 1 << 16
FEW_BLOCKS = 512
ENOUGH = 1024  # blocks that fill a machine: more of them begin anew what is begun once
FEW_ROWS, LONG_ROW = 64, 4096  # rows that leave a machine idle while a team has long to do
BUSY = 1 << 17  # threads that keep the machine busy though each has long to do
MANY = 1024  # rows that keep the machine busy with a thread each


class MachineBody(Body):
    """Steps whose loops are neither cut at borders nor kept apart because memory has gaps."""

    cutting = False

    def _as_one(self, group):
        return group.depth

    def _worth_sharing(self, root, group, depth, inside):
        return super()._worth_sharing(root, group, depth, inside) and not _idle(root, depth)


def _idle(root, depth):
    """Would few teams do what a kernel of its own gives to many?"""
    rows, inner = root.loops[:depth], root.loops[depth:]
    return prod(r.size for r in rows) < FEW_ROWS and prod(r.size for r in inner) > LONG_ROW


class Shape(NamedTuple):
    """How a kernel is launched, and of how many threads is the team that shares a row (0: each
    has its own), or several side by side.
    """

    grid: int
    block: int
    team: int
    rows: int = 1  # of a team

    @property
    def row(self):
        """Who works on a row, in words."""
        if self.rows > 1:
            return f"{self.team // WARP} threads a row, {self.rows} rows side by side"
        return f"{self.team} threads a row" if self.team else "a thread a row"


class Plan:
    """The steps of a graph and the text of each kernel. `owned`: inputs that may be overwritten."""

    def __init__(self, graph, options, capability, owned=()):
        self.options, self.capability = options, capability
        self.graph = normalised(graph)
        library = frozenset(
            n for n in self.graph.order if n.op in LIBRARIES or n.op is ops.matmul and is_tiled(n)
        )
        self.body = MachineBody(self.graph, serial=False, library=library)
        homes = {
            p: contiguous(Storage(p.dtype, prod(p.shape), "input"), p.shape)
            for p in self.graph.parameters
            if not p.type.tape and p.type.parts is None
        }
        self.inputs = [homes[p].storage if p in homes else p for p in self.graph.parameters]
        self.places = MachinePlaces(
            self.body, self._with_tapes(homes), {self.inputs[k] for k in owned}, False
        )
        self.steps, self.texts, self.facts, self.copies = [], [], [], {}
        self.constants = {}  # on the machine, from the first call on
        for at, step in enumerate(self.body.steps):
            for group in self.places.before.get(at, ()):
                self._kernel(group)
            self._add(step)
        self.kernels = [s for s in self.steps if isinstance(s, Launch)]
        self._find_lives()

    def _with_tapes(self, homes):
        return {**homes, **{p: None for p in self.graph.parameters if p not in homes}}

    def _add(self, step):
        if isinstance(step, Group):
            self._kernel(step)
        elif step.op is ops.matmul:
            self._product(step)
        elif step.op in SORTS:
            self._sort(step)
        elif step.op in ops.LEAD:
            self._structure(step)
        elif step.op in TAPES:
            self.steps.append(Tape(step))
        elif step in self.body.library:
            self.steps.append(Library(step))
            self.facts.append(f"{step.op}: on the host, by NumPy, {step.type}")
        else:
            self.steps.append(Effect(step))
            self.facts.append(self.steps[-1].fact)

    # Kernels.

    def _kernel(self, group):
        """A group as a kernel; assignments at many indices are two, after their order is
        forgotten.
        """
        node = group.members[0].node
        if not in_two_passes(node):
            self._one_kernel(group)
            return
        order = Storage(np.dtype("int64"), prod(node.shape))
        self.steps.append(Forget(order))
        for decides in (True, False):
            self._one_kernel(group, (order, decides))

    def _one_kernel(self, group, order=None):
        shape = launch_shape(group, self.body)
        if shape.rows > 1 and self._abreast(group, shape):
            return
        shape = shape._replace(rows=1)
        team = team_that_holds(group, spread(group)[1]) if shape.team else 0
        writer, emitter = self._written(group, team or shape.team, order, bool(team))
        if team and emitter.held and len(list(writer.root.lines())) <= LONGEST:
            shape = shape._replace(block=team, team=team)
        elif team:
            writer, emitter = self._written(group, shape.team, order, False)
        if emitter.wide and not shape.team:
            shape = shape._replace(grid=min(-(-shape.grid // WIDTH), ENOUGH))
        if emitter.tiles:
            shape = Shape(min(emitter.tiles, 2 * ENOUGH), TEAM, 0)
        source = writer.source()
        for storage in source.storages:
            if storage.copies:
                self.copies[storage] = shape.grid * (1 if shape.team else shape.block)
        plain = None
        if emitter.fours:
            again = group, shape.team, order, emitter.held, False
            plain = lambda: self._compiled(self._written(*again)[0].source(), shape)
        self._launch(source, shape, computes(group), plain)

    def _abreast(self, group, shape):
        """A kernel of columns side by side; False where a column would have memory of its own."""
        written = lambda aligned: self._written(group, shape.team, None, False, aligned, True)
        writer, emitter = written(True)
        if emitter.four and not emitter.fours:
            writer, emitter = written(False)
        source, plain = writer.source(), None
        if any(storage.copies for storage in source.storages):
            return False
        if emitter.four:
            plain = lambda: self._compiled(written(False)[0].source(), shape)
            shape = shape._replace(grid=-(-shape.grid // WIDTH), rows=WIDTH * WARP)
        self._launch(source, shape, computes(group), plain)
        return True

    def _written(self, group, team, order, held, aligned=True, abreast=False):
        writer = KernelWriter("block()" if team else "thread()")
        emitter = KernelEmitter(writer, self.body, self.places, team, order, held, aligned)
        emitter.abreast, emitter.quick = abreast, self.options.get("fastmath", False)
        emitter.group(group, whole=False)
        return writer, emitter

    def _launch(self, source, shape, what, plain=None):
        self.steps.append(self._compiled(source, shape, plain))
        self.texts.append(source.text)
        moved = sum(s.bytes for s in source.storages)
        self.facts.append(
            f"kernel {len(self.texts)}: {what}; {shape.grid} blocks of {shape.block}, {shape.row}, "
            f"{moved:,} bytes"
        )

    def _compiled(self, source, shape, plain=None):
        """A launch. `plain` makes that which asks nothing of where its buffers begin."""
        signature = [typename(s.dtype) for s in source.storages] + [None] * len(source.sizes)
        if source.failures:
            signature += ["uint32", None]
        compiled = compile_kernel(source.text, tuple(signature), self.capability)
        return Launch(compiled, tuple(signature), source, shape.grid, shape.block, plain)

    def _product(self, node):
        """A product of matrices, tile by tile in shared memory."""
        x, y = node.args
        storages = [self.storage(n) for n in (*passed(node), node)]
        library = library_for(node, self.options)
        if library is not None:
            self.steps.append(LibraryProduct(node, storages, library))
            self.facts.append(f"product of {x.type} and {y.type}: cuBLAS, by {library.name}")
            return
        source, grid = product.source(node, storages)
        self._launch(
            source,
            Shape(grid, product.THREADS, product.THREADS),
            f"product of {x.type} and {y.type}",
        )

    def _sort(self, node):
        """Tiles of lines in order, then runs of them merged."""
        for kernel in kernels(node, self.storage(node.args[0]), self.storage(node)):
            what = f"{node.op} of {node.args[0].type}, {kernel.what}"
            self._launch(kernel.source, Shape(kernel.grid, kernel.block, kernel.team), what)

    # Structures.

    def _structure(self, node):
        """Inside one kernel where that can be, else step by step by the host."""
        if common_shape(node) is not None and not is_serial(node):
            self._elementwise(node)
        elif is_serial(node):
            self._serial(node)
        else:
            self._driven(node)

    def _elementwise(self, node):
        """Each thread runs the structure for its element."""
        writer = KernelWriter()
        targets = [None] * node.attrs["carries"]
        for item in self.body.items.get(node, ()):
            targets[item.attrs["index"]] = self.storage(item)
        sources = [self._source(a) for a in node.args]
        write_elementwise(writer, node, sources, targets)
        size = prod(common_shape(node))
        block = min(BLOCK, size)
        shape = Shape(min(-(-size // block), MOST_BLOCKS), block, 0)
        self._launch(writer.source(), shape, f"{node.op}, inside the kernel")

    def _source(self, node):
        known = constant_value(node)
        if known is not None and (not node.shape or prod(node.shape) == 1):
            return literal(known.reshape(())[()], node.dtype)
        return self.storage(node) or Storage(
            node.dtype,
            prod(node.shape),
            "constant",
            np.ascontiguousarray(np.broadcast_to(known, node.shape)),
        )

    def _serial(self, node):
        """One thread does it all, in order."""
        if are_apart(node) and self._trips_apart(node):
            return
        writer = KernelWriter()
        emitter = Emitter(writer, self.body, self.places, serial=False)
        STEP[node.op](emitter, node)
        self._launch(
            writer.source(), Shape(1, 1, 0), f"{node.op}, inside the kernel, by one thread"
        )

    def _trips_apart(self, node):
        """A thread for each trip; False where trips would share memory for what is in between."""
        writer = KernelWriter()
        emitter = Emitter(writer, self.body, self.places, serial=False)
        write_apart(emitter, node)
        own = {home.storage for home in emitter.homes[node]} | set(map(self.storage, node.args))
        if any(s not in own and s.role != "constant" for s in writer.buffers):
            return False
        count = trips(node)
        block = BLOCK if count is not None and count > WARP * FEW_BLOCKS else WARP
        grid = FEW_BLOCKS if count is None else min(-(-count // block), MOST_BLOCKS)
        shape = Shape(max(1, grid), block, 0)
        self._launch(writer.source(), shape, f"{node.op}, a thread for each trip")
        return True

    def _driven(self, node):
        first, count = ops.INDEX[node.op], node.attrs["carries"]
        programs = []
        for body in node.attrs["bodies"]:
            test = node.op is ops.while_ and body is node.attrs["bodies"][0]
            states = range(first, first + count) if not test else ()
            owned = [k for k in states if not body.parameters[k].type.tape]
            programs.append(Program(Plan(body, self.options, self.capability, owned)))
        self.steps.append(Structure(node, programs))
        inner = "\n".join(f"    {fact}" for p in programs for fact in p.plan.facts)
        self.facts.append(f"{node.op}: driven by the host; its bodies are\n{inner}")
        self.texts += [text for p in programs for text in p.plan.texts]

    # Memory.

    def _find_lives(self):
        """After which step a storage is needed no more."""
        last = {}
        for at, step in enumerate(self.steps):
            for storage in self._storages(step):
                last[storage] = at
        kept = {self.storage(o) for o in self.graph.outputs}
        self.dropped = {}
        for storage, at in last.items():
            if storage.role == "temporary" and storage not in kept:
                self.dropped.setdefault(at, []).append(storage)

    def _storages(self, step):
        if isinstance(step, (Launch, Forget, LibraryProduct)):
            return step.storages
        nodes = [*step.node.args, step.node, *self.body.items.get(step.node, ())]
        return [s for s in map(self.storage, nodes) if s is not None]

    def room(self, storage):
        """The bytes of a storage, with a copy for each team that has its own."""
        return storage.bytes * self.copies.get(storage, 1)

    def largest(self, count):
        """The storages that take the most room."""
        found = {s for step in self.steps for s in self._storages(step)}
        return sorted(found, key=self.room, reverse=True)[:count]

    def constant(self, storage, machine):
        """The memory of a table that no kernel writes."""
        if storage not in self.constants:
            self.constants[storage] = machine.upload(np.ascontiguousarray(storage.data))
        return self.constants[storage]

    def described(self, storage):
        """What a storage holds first, how much it is, and where the user wrote it."""
        home = lambda node: self.places.homes.get(node)
        holds = lambda n: isinstance(home(n), Memory) and home(n).storage is storage
        node = next(filter(holds, self.graph.order), None)
        what = f"{storage.dtype}[{storage.size}]" if node is None else node.type
        where = "" if node is None or node.where is None else f" ({node.where})"
        return f"{what}, {self.room(storage):,} bytes{where}"

    def storage(self, node):
        """The storage of a stored node, if it has one."""
        home = self.places.homes.get(stem(node))
        return home.storage if isinstance(home, Memory) else None


class Program:
    """A plan that can be run on buffers of the machine."""

    def __init__(self, plan):
        self.plan = plan

    def run(self, machine, buffers):
        """The outputs' buffers for the inputs'."""
        return run(self.plan, machine, buffers)


def computes(group):
    """The operations of a group, in words."""
    return ", ".join(str(running(m.node)) for m in group.members)


def launch_shape(group, body):
    """How many blocks of how many threads; whether a row is a thread's work or a block's."""
    loops, stages = spread(group)
    rows = prod(loop.size for loop in loops)
    inner = max((prod(loop.size for loop in s.loops) for s in stages), default=1)
    if inner >= WARP and shareable(group, stages):
        if has_columns(group, loops, rows, body):
            return Shape(min(-(-rows // WARP), MOST_BLOCKS), BLOCK, BLOCK, WARP)
        if not side_by_side(group, loops, rows, body):
            team = team_of_row(group, rows, inner)
            return Shape(max(1, min(rows, MOST_BLOCKS)), team, team)
    if rows == 1:
        return Shape(1, 1, 0)
    # Threads with loops inside may each have a row of scratch memory: not too many.
    most = FEW_BLOCKS if any(stage.loops for stage in stages) else MOST_BLOCKS
    return Shape(max(1, min(-(-rows // BLOCK), most)), BLOCK, 0)


def team_of_row(group, rows, inner):
    """The threads that share a row: as few as keep the machine busy, for what they have is combined at
    the end. What runs along a short one needs no more than its elements.
    """
    if inner <= BLOCK and rows >= MANY:
        return WARP
    runs = any(m.node.op in RUNNING for m in group.members)
    return power_of_two(inner if runs else -(-BUSY // max(1, rows)))


def power_of_two(number):
    """The next, of those from a warp's threads to a block's."""
    return min(BLOCK, max(WARP, 1 << (number - 1).bit_length()))


def shareable(group, stages):
    """Can the inner loops be shared: is each stage's work on all of them, or reduced over all of
    them?
    """
    return all(_is_shared(m, stage.loops) for stage in stages if stage.loops for m in stage.members)


def _is_shared(m, loops):
    if m.node.op in (ops.scatter, ops.scatter_add):
        return False
    if m.node.op in RUNNING:
        return set(loops) <= set(m.reduced)
    return not m.reduced or m.in_register and set(loops) <= set(m.reduced)


def has_columns(group, loops, rows, body):
    """Do rows lie across memory, so many that a warp reads neighbours, so few that a thread each
    leaves the machine idle?
    """
    if not SIDE_BY_SIDE <= rows < BUSY or loops[-1].size < SIDE_BY_SIDE // 2:
        return False
    if any(m.node.op in RUNNING for m in group.members):
        return False
    inside = [m for m in group.members if len(m.loops) > len(loops)]
    inner = {v for m in inside for v in m.loops[len(loops) :]}
    return _lie_across(inside, loops[-1], inner, body)


def side_by_side(group, loops, rows, body):
    """Do threads with a row each read neighbours, where those that share a row would not?"""
    if not loops or rows < MANY:
        return False
    inside = [m for m in group.members if len(m.loops) > len(loops)]
    inner = {m.loops[-1] for m in inside}
    last = [index[-1] for m in group.members for _, index in m.reads if index]
    if any(p.coefficient(loops[-1]) == 1 for p in last):
        return not any(p.coefficient(v) for p in last for v in inner)
    return rows >= CROWD and _lie_across(inside, loops[-1], inner, body)


def _lie_across(members, outer, inner, body):
    """Are neighbours in memory those of the outer loop? There must be enough rows, for each is long."""
    forms = [flat_form(node, index) for m in members for node, index in body.reads[m]]
    moves = lambda v: any(abs(f.coefficient(v)) == 1 for f in forms)
    return moves(outer) and not any(map(moves, inner))
