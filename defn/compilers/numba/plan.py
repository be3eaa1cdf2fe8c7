"""From a graph to a program: kernels, memory, and the calls between them that a library does
better."""

from __future__ import annotations

from math import prod

from defn import ops
from defn.compilers.numba import lines, product
from defn.compilers.numba.abreast import abreast
from defn.compilers.numba.callback import Caller
from defn.compilers.numba.carried import carried
from defn.compilers.numba.emit import Emitter
from defn.compilers.numba.executable import Executable, Step, effect_call, library_call
from defn.compilers.numba.interpreted import chosen
from defn.compilers.numba.inward import inward
from defn.compilers.numba.kernel import Memory, Storage, contiguous, shaped
from defn.compilers.numba.late import late
from defn.compilers.numba.layouts import laid_out
from defn.compilers.numba.normalise import in_columns, in_tables, normalised
from defn.compilers.numba.parts import in_parts, is_quick, ties
from defn.compilers.numba.place import Places
from defn.compilers.numba.product import is_tiled, passed
from defn.compilers.numba.roots import RUNNING, placed, products, selected
from defn.compilers.numba.schedule import Body, Group, stem
from defn.compilers.numba.selected import in_places
from defn.compilers.numba.sideways import sideways, sideways_inside
from defn.compilers.numba.skewed import skewed
from defn.compilers.numba.structures import STEP, write_trips
from defn.compilers.numba.terms import summed
from defn.compilers.numba.together import together
from defn.compilers.numba.trips import amount, are_apart, trips
from defn.compilers.numba.turns import shown, turned
from defn.compilers.numba.unrolled import unrolled
from defn.compilers.numba.write import Real, Writer

PARALLEL = 60_000  # units of work (an addition of one element) below which one thread is quicker
BRIEF = 4_000  # units of work below which other threads of Python may wait: to let go of them takes as long
CHUNKS = 8  # parts of a kernel's rows that threads claim
SPARE = 1 << 26  # bytes that the parts of a loop may have for themselves, in all
NESTS = 8  # loops of a bundle up to which it is one kernel
COLUMNS = 256  # neighbours of which a thread walks down at a time, at least
ARRANGED = (
    (lines.written_out, "what no library is called for is products and loops"),
    (unrolled, "loops of a few trips over whole arrays are one pass"),
    (sideways_inside, "columns that an inner loop goes through are rows"),
    (inward, "steps on rows that never meet are inside of a loop over the rows"),
    (sideways, "columns that a loop goes through are rows"),
    (skewed, "rows that wait for each other are done some columns apart"),
    (abreast, "trips that go down columns are done side by side"),
    (carried, "what a trip writes and the next one reads is a number"),
    (together, "windows added to one array are added in one pass"),
    (late, "a window is read from the version that is changed"),
    (turned, "transpositions are as late as they can be"),
)
LIBRARIES = tuple(op for op in ops.of_kind(ops.Kind.LIBRARY) if op not in RUNNING)
LIBRARY = 32**3  # multiplications from which on a product is not part of a fused loop


def compiled(graph, options):
    """The executable of a graph."""
    plan = Plan(graph, options, in_place=True)
    if plan.updated and plan.may_fail:
        plan = Plan(
            graph, options, in_place=False
        )  # a failed call leaves its arguments as they were
    return Executable(plan, lambda layouts: in_layouts(graph, options, layouts))


def in_layouts(graph, options, layouts):
    """The executable for arrays that lie in memory as they are said to."""
    return Executable(Plan(laid_out(graph, layouts), options, in_place=False))


class Plan:
    """The steps of a graph, the memory they share, and the text of each."""

    def __init__(self, graph, options, in_place):
        self.options = options
        for step, _ in ARRANGED:
            graph = step(graph)
        graph, self.turns = shown(graph)
        graph = summed(graph, lambda n: is_large_product(n) and is_tiled(n))
        graph = lines.in_lines(in_places(graph))
        self.graph = in_tables(in_columns(normalised(graph)))
        self.body = Body(self.graph, serial=False, library=library(self.graph))
        homes = {
            p: contiguous(Storage(p.dtype, prod(p.shape), "input"), p.shape)
            for p in self.graph.parameters
        }
        self.inputs = [homes[p].storage for p in self.graph.parameters]
        updates = [
            (o, k)
            for o, k in zip(self.graph.outputs, self.graph.updates)
            if k is not None and in_place
        ]
        self.updated = frozenset(self.inputs[k] for _, k in updates)
        wishes = {stem(o): shaped(homes[self.graph.parameters[k]], stem(o)) for o, k in updates}
        self.places = Places(self.body, homes, self.updated, False, wishes)
        self._name_outputs()
        self.steps, self.texts, self.facts, self.bundle, self.copies = [], [], [], [], {}
        for at, step in enumerate(self.body.steps):
            for group in self.places.before.get(at, ()):
                self._add(group)
            self._add(step)
        self._end_bundle()
        self._find_storages()

    def _name_outputs(self):
        """Results get memory that the caller keeps."""
        for output in self.graph.outputs:
            home = self.places.homes.get(stem(output))
            if isinstance(home, Memory) and home.storage.role == "temporary":
                home.storage.role = "output"

    @property
    def may_fail(self):
        """Can a call stop before its end?"""
        return any(not isinstance(s, Step) or s.failures for s in self.steps)

    # Steps.

    def _add(self, step):
        """A step as a kernel, or with its neighbours in one where there is little to do, or on the
        host."""
        if isinstance(step, Group) and work(step, self.body) >= PARALLEL:
            self._end_bundle()
            self._kernel(step)
        elif not isinstance(step, Group) and self._shared(step):
            return
        elif (
            isinstance(step, Group)
            or step.op in STEP
            and step not in self.body.library
            and step.op is not ops.hook
        ):
            self.bundle.append(step)
        else:
            self._end_bundle()
            self._outside(step)

    def _outside(self, node):
        """A step that is no loop of ours, or one that is written by hand."""
        if is_tiled(node):
            self._product(node)
        elif node.op is lines.lines:
            self._lines(node)
        elif node in self.body.library:
            self.steps.append(in_parts(node) or library_call(node))
            self.facts.append(f"{node.op}: a call of NumPy's, {node.type}")
            if node.op is ops.argsort and is_quick(node.args[0].dtype) and prod(node.shape):
                self._ties(node)
        else:
            self.steps.append(effect_call(node))
            self.facts.append(f"{node.op}: on the host")

    def _ties(self, node):
        """Places of equal keys in their own order."""
        text, words, lines = ties(node)
        storages = [self.places.homes[stem(n)].storage for n in (node.args[0], node)]
        amount = node.op.cost // 4 * prod(node.shape)
        parallel = amount >= PARALLEL and lines > 1
        chunk = -(-lines // CHUNKS) if parallel else lines
        step = Step(text, storages, words, lines, chunk, parallel)
        self._append(step, text, f"places of equal keys of {node.args[0].type}", amount)

    def _lines(self, node):
        """Fourier transforms of lines, some at a time."""
        (pieces, sizes), amount = lines.shares(node), lines.work(node)
        parallel = amount >= PARALLEL and pieces > 1
        chunk = -(-pieces // CHUNKS) if parallel else pieces
        turns, room = lines.memory(node)
        self.copies[room] = -(-pieces // chunk)
        given, home = (self.places.homes[stem(n)].storage for n in (*node.args, node))
        text = lines.text(node)
        step = Step(text, [given, home, turns, room], [chunk, *sizes], pieces, chunk, parallel)
        name, axis = node.attrs["name"], node.attrs["axis"]
        self._append(step, text, f"{name} along axis {axis} of {node.args[0].type}", amount)

    def _product(self, node):
        """A product of matrices in tiles; where its inner axis is in parts, those are added up."""
        cut, given, columns = product.cut(node), product.passed(node), node.shape[-1]
        turned, terms = given[1] is not node.args[1], len(given) // 2
        *operands, home = (self.places.homes[stem(n)].storage for n in (*given, node))
        every = prod(node.shape[:-2]) * cut.count
        amount = 2 * terms * prod(node.shape) * node.args[0].shape[-1]
        parallel = amount > 20 * PARALLEL
        chunk = -(-every // CHUNKS) if parallel else every
        partial = Storage(node.dtype, cut.parts * prod(node.shape)) if cut.parts > 1 else home
        panel = Storage(node.dtype, product.room(columns, node.dtype)) if turned else partial
        if turned:
            self.copies[panel] = -(-every // chunk)
        text = product.text(columns, node.dtype, turned, terms)
        storages, sizes = [partial, panel, *operands], [*product.sizes(node, cut), chunk]
        step = Step(text, storages, sizes, every, chunk, parallel)
        what = f"product of {given[0].type} and {given[1].type}"
        self._append(step, text, f"{what}, {terms} added" if terms > 1 else what, amount)
        if cut.parts > 1:
            self._added(node, cut.parts, partial, home)

    def _added(self, node, parts, partial, home):
        """The parts of a product's inner axis, added up."""
        text, count = product.SUM.format(dtype=node.dtype.name), prod(node.shape)
        step = Step(text, [partial, home], [parts, count], count, count, False)
        self._append(step, text, f"sum of {parts} parts of a product", parts * count)

    def _end_bundle(self):
        """The steps that were collected become one kernel, run by one thread; or some, where they are many."""
        steps, self.bundle = self.bundle, []
        for part in divided_bundle(steps):
            self._bundled(part)

    def _bundled(self, steps):
        if len(steps) == 1 and isinstance(steps[0], Group):
            self._kernel(steps[0])
        elif steps:
            writer = Writer(self.options.get("fastmath"))
            emitter = Emitter(writer, self.body, self.places, serial=False)
            for step in steps:
                if isinstance(step, Group):
                    emitter.group(step)
                else:
                    STEP[step.op](emitter, step)
            amount = sum(work(s, self.body) for s in steps if isinstance(s, Group))
            self._compile(writer.source(), 1, 1, False, f"{len(steps)} steps", amount)
            self.steps[-1].brief = amount < BRIEF and all(isinstance(s, Group) for s in steps)

    def _kernel(self, group):
        writer = Writer(self.options.get("fastmath"))
        Emitter(writer, self.body, self.places, serial=False).group(group, whole=False)
        rows = group.blocks or (Real(group.rows).size if group.rows else 1)
        amount = work(group, self.body)
        parallel = amount >= PARALLEL and rows > 1
        chunk = self._chunk(group, rows) if parallel else rows
        what = ", ".join(str(m.node.op) for m in group.members)
        self._compile(writer.source(), rows, max(1, chunk), parallel, what, amount)
        self.steps[-1].brief = amount < BRIEF

    def _shared(self, node):
        """A loop as a kernel whose trips threads share, where that can be and pays."""
        rows, writer = trips(node), Writer(self.options.get("fastmath"))
        many = rows and rows > 1 and amount(node) >= PARALLEL and not chosen(self.options)
        if not many or not are_apart(node):
            return False
        homes = [h if isinstance(h, list) else [h] for h in self.places.homes.values()]
        known = {h.storage for each in homes for h in each if isinstance(h, Memory)}
        if not write_trips(Emitter(writer, self.body, self.places, serial=False), node):
            return False
        own = {s for s in writer.buffers if s.role == "temporary" and s not in known}
        if CHUNKS * sum(s.bytes for s in own) > SPARE:
            return False
        self._end_bundle()
        writer.divide(own)
        chunk = -(-rows // CHUNKS)
        self._compile(writer.source(), rows, chunk, True, "a loop", amount(node))
        return True

    def _chunk(self, group, rows):
        if group.blocks:
            return 1
        chunk = -(-rows // CHUNKS)
        if group.runs:
            return max(COLUMNS, chunk) if group.rows == group.runs[-1] else chunk
        inside = any(s.loops for s in group.stages)
        # Rows that are turned in blocks come in eights.
        even = 64 if not inside else 8 if chunk >= 64 else 1
        return -(-chunk // even) * even

    def _compile(self, source, rows, chunk, parallel, what, amount):
        constants = [*source.sizes, *([chunk] if source.chunked else [])]
        for storage in source.storages:
            if storage.copies:
                self.copies[storage] = -(-rows // chunk)
        caller = Caller(source) if source.hooks else None
        if caller:
            constants.append(caller if chosen(self.options) else caller.address)
        text, failures = source.text, source.failures
        step = Step(text, source.storages, constants, rows, chunk, parallel, failures, caller)
        self._append(step, source.text, what, amount)

    def _append(self, step, text, what, amount):
        step.operations = amount
        self.steps.append(step)
        self.texts.append(text)
        moved = sum(s.bytes for s in set(step.storages))
        threads = "shared between threads" if step.parallel else "one thread"
        self.facts.append(
            f"kernel {len(self.texts)}: {what}; {step.rows} rows, {threads}, "
            f"{amount:,} operations, {moved:,} bytes, {amount / max(moved, 1):.2g} operations a byte"
        )

    # Memory.

    def _find_storages(self):
        """All storages, and from which to which step each is needed."""
        found = dict.fromkeys(self.inputs)
        self.lives = {}
        for at, step in enumerate(self.steps):
            for storage in self._storages(step):
                found[storage] = None
                first, _ = self.lives.get(storage, (at, at))
                self.lives[storage] = first, at
        for output in self.graph.outputs:
            home = self.places.homes.get(stem(output))
            if isinstance(home, Memory):
                found[home.storage] = None
        self.storages = list(found)

    def _storages(self, step):
        if isinstance(step, Step):
            kept = [s for f in step.failures for s, _ in f.values]
            return [*step.storages, *kept]
        nodes = [stem(n) for n in (step.node, *passed(step.node))]
        homes = [self.places.homes.get(n) for n in nodes]
        homes = [each for h in homes for each in (h if isinstance(h, list) else [h])]
        return [h.storage for h in homes if isinstance(h, Memory)]


def divided_bundle(steps):
    """The steps of a bundle, nests of loops apart where they are many: equal ones are compiled once, and LLVM's time
    grows faster than their number."""
    nests = [isinstance(s, Group) and any(m.loops for m in s.members) for s in steps]
    if sum(nests) <= NESTS:
        return [steps]
    parts = [[]]
    for step, nest in zip(steps, nests):
        if nest:
            parts += [[step], []]
        else:
            parts[-1].append(step)
    return [part for part in parts if part]


def work(group, body):
    """How much there is to do, in additions."""
    return sum(_root_work(root, body) for root in group.members)


def _root_work(root, body):
    seen, stack, cost = set(), list(root.node.args), root.node.op.cost
    while stack:
        node = stack.pop()
        if node not in seen and node not in body.stored:
            seen.add(node)
            cost += node.op.cost if node.op.kind is ops.Kind.ELEMENTWISE else 1
            stack += node.args
    return cost * prod(loop.size for loop in root.loops)


def library(graph):
    """What is better done by a library, or by a kernel written by hand."""
    return frozenset(
        n
        for n in graph.order
        if n.op in (*LIBRARIES, products, selected, placed, lines.lines) or is_large_product(n)
    )


def is_large_product(node):
    if node.op is not ops.matmul or node.dtype.char not in "fdFD":
        return False
    inner, columns = node.args[1].shape[-2:]
    return prod(node.shape) * inner > LIBRARY and columns > 1
