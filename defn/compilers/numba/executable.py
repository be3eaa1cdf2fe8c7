"""A compiled graph, ready to be called: arrays in, arrays out, and what it keeps between calls.

What a call needs besides arguments and results lies in a workspace: one for each call that runs at
the same moment, kept for the next.
"""

from __future__ import annotations

import ctypes
import weakref
from math import prod

import numpy as np

from defn import ops
from defn.compilers.effects import failed, run_effect
from defn.compilers.numba import callback, direct, interpreted, memory, threads
from defn.compilers.numba.kernel import Memory
from defn.compilers.numba.kernels import compile_kernels
from defn.compilers.numba.layout import MOST_ON_STACK
from defn.compilers.numba.layouts import Layouts
from defn.compilers.numba.product import passed
from defn.compilers.numba.schedule import stem
from defn.compilers.numba.threads import Program, crew, default_threads, reads_arrays
from defn.errors import BoundsError
from defn.expr import constant_value

LINE = 64  # bytes: buffers begin on a cache line of their own
KEPT = 256 * 2**20  # bytes of a workspace that lie idle between calls, at most


class Step:
    """The text of a kernel, how its rows are run, and what it is built to."""

    def __init__(self, text, storages, constants, rows, chunk, parallel, failures=(), caller=None):
        self.text, self.built, self.storages, self.constants = text, None, storages, constants
        self.rows, self.chunk, self.parallel = rows, chunk, parallel
        self.failures, self.caller = failures, caller
        self.operations = 0  # what there is to do, in additions
        self.brief = False  # is it known to be done in a microsecond or so?


class Host:
    """A step that a library does: `run(executable, now)`."""

    def __init__(self, node, run):
        self.node, self.run = node, run


class Executable:
    """Called with one array per parameter; returns one array per output.

    Arrays that are not in C order go to a program for their layout, which `relaid` makes; without it,
    arrays lie as the plan's parameters do.
    """

    def __init__(self, plan, relaid=None):
        self.plan, self.relaid = plan, relaid
        given = plan.options.get("threads")
        self.threads = default_threads() if given is None else threads.checked(given)
        self.inputs = plan.inputs
        self.outputs = [s for s in plan.storages if s.role == "output"]
        self.kept = [s for s in plan.storages if s.role not in ("input", "output")]
        self.order = {s: k for k, s in enumerate((*self.inputs, *self.outputs, *self.kept))}
        self.shapes = [(self._shape(s), s.dtype) for s in self.outputs]
        self.offsets, self.room = arranged(self.kept, plan)
        build([step for step in plan.steps if isinstance(step, Step)], plan.options)
        self.segments = self._segments(plan.steps)
        self.idle = []
        outputs = plan.graph.outputs
        self.early = [k for k in range(len(outputs)) if self._is_early(k)]
        self.results = [
            turning(self._result(k), axes) for k, axes in zip(range(len(outputs)), plan.turns)
        ]
        self.written = [k for k, s in enumerate(self.inputs) if s in plan.updated]
        self.layouts = None
        self.call = self._calling()

    def _calling(self):
        """The function of a call, for arrays in any layout."""
        alone = len(self.segments) == 1 and not isinstance(self.segments[0], Host)
        straight = reads_arrays() and not interpreted.chosen(self.plan.options)
        slow = self._slow
        if self.relaid and straight and not self.written:
            slow = self.layouts = Layouts(self._slow, self.relaid)
        return self._fast(slow) if alone and straight else slow

    def _shape(self, storage):
        """The shape of a result's memory: that of the first output that it holds."""
        for output in self.plan.graph.outputs:
            if getattr(self.plan.places.homes.get(stem(output)), "storage", None) is storage:
                return output.shape
        return (storage.size,)

    # Programs.

    def _segments(self, steps):
        """Kernels in a row are one program; between them are steps on the host."""
        segments = []
        for step in steps:
            if isinstance(step, Host):
                segments.append(step)
            elif segments and isinstance(segments[-1], list):
                segments[-1].append(step)
            else:
                segments.append([step])
        return [self._program(s) if isinstance(s, list) else s for s in segments]

    def _program(self, steps):
        rows, table, slots, failures = [], [], [], []
        for step in steps:
            rows.append((step.built, step.rows, step.chunk, step.parallel, len(table)))
            for storage in step.storages:
                slots.append((self.order[storage], len(table), "array"))
                table.append(0)
            table += step.constants
            if step.failures:
                table.append(len(failures))
                failures += step.failures
        made = interpreted.Program if interpreted.chosen(self.plan.options) else Program
        return made(rows, table, slots, all(step.brief for step in steps)), failures

    # Calling.

    def __call__(self, *arrays):
        return self.call(*arrays)

    def _slow(self, *arrays):
        """A call in its general form."""
        given = arrays
        if self.relaid:
            given = [a if a.flags.c_contiguous else np.ascontiguousarray(a) for a in arrays]
        for k in self.written:
            given = [
                a.copy() if j != k and np.may_share_memory(a, arrays[k]) else a
                for j, a in enumerate(given)
            ]
        made = [memory.empty(*shape) for shape in self.shapes]
        workspace = self._workspace()
        values = [*given, *made, *workspace]
        early = {k: self.results[k](values, arrays) for k in self.early}
        self._run(values)
        if self.kept and self.room <= KEPT:
            self.idle.append(workspace)
        return tuple(
            [
                early[k] if k in early else result(values, arrays)
                for k, result in enumerate(self.results)
            ]
        )

    def _fast(self, slow):
        """A call of one program as a function of its own: nothing is looked up. `slow` is for arrays
        that are not in C order, or overlap."""
        program, failures = self.segments[0]
        inputs = [f"x{k}" for k in range(len(self.inputs))]
        made = [f"y{k}" for k in range(len(self.outputs))]
        values = ", ".join([*inputs, *made, *(["*kept"] if self.kept else [])])
        lines = [f"def call({', '.join(inputs)}):"]
        arrays = [x for x, p in zip(inputs, self.plan.graph.parameters) if p.shape]
        if arrays and self.relaid:
            lines.append(f"    if not ({' and '.join(f'{x}.flags.c_contiguous' for x in arrays)}):")
            lines.append(f"        return slow({', '.join(inputs)})")
        pairs = [(k, j) for k in self.written for j in range(len(inputs)) if j != k]
        if pairs:
            lines.append(f"    if {' or '.join(f'overlap(x{k}, x{j})' for k, j in pairs)}:")
            lines.append(f"        return slow({', '.join(inputs)})")
        for k, (shape, dtype) in enumerate(self.shapes):
            kind = "lent" if prod(shape) * dtype.itemsize >= memory.LARGE else "empty"
            lines.append(f"    y{k} = {kind}({shape}, dtypes[{k}])")
        if self.kept:
            lines.append("    kept = workspace()")
        if program.parallel and self.threads > 1:
            lines.append(f"    if crew.helpers < {self.threads - 1}:")
            lines.append(f"        crew.grow({self.threads - 1})")
        lines += [f"    r{k} = {self._made(k)}" for k in self.early]
        lines.append(f"    status = launch({program.address}, {self.threads}, {values})")
        lines.append("    if status:")
        lines.append(f"        fail(failures[status - 1], ({values},))")
        if self.kept and self.room <= KEPT:
            lines.append("    idle.append(kept)")
        lines.append(
            f"    return ({''.join(self._returned(k) + ', ' for k in range(len(self.results)))})"
        )
        space = {
            "slow": slow, "empty": np.empty, "lent": memory.empty,
            "workspace": self._workspace,
            "dtypes": [dtype for _, dtype in self.shapes], "crew": crew(), "launch": program.launch,
            "failures": failures, "fail": self._fail, "idle": self.idle, "results": self.results,
            "overlap": np.may_share_memory,
        }  # fmt: skip
        exec("\n".join(lines), space)
        return space["call"]

    def entrance(self, scalar, reads, fallback, before=None):
        """A built-in function that is called with arrays and gives the only result, or None where it would do
        no better: for arguments that do not fit it calls `fallback`, see `direct.entrance`."""
        if not self._is_direct():
            return None
        types = tuple((p.dtype, p.shape) for p in self.plan.graph.parameters)
        (made,) = ((dtype, shape) for shape, dtype in self.shapes)
        if not all(t.char in direct.NUMBERS and t.isnative for t, _ in (*types, made)):
            return None
        kept = tuple(self.offsets.get(s, s.data) for s in self.kept)
        kept = tuple(k if isinstance(k, int) else np.ascontiguousarray(k) for k in kept)
        work = direct.Work(self.segments[0][0], types, made, kept, self.room)
        return direct.entrance(work, scalar, reads, fallback, before)

    def _is_direct(self):
        """Is a call no more than a kernel that one thread runs and an array for its result?"""
        single = len(self.segments) == len(self.outputs) == len(self.results) == 1
        asked = interpreted.chosen(self.plan.options) or self.plan.graph.effects
        if not single or isinstance(self.segments[0], Host) or asked:
            return False
        (program, _), (shape, dtype) = self.segments[0], self.shapes[0]
        small = prod(shape) * dtype.itemsize < memory.LARGE and program.table.size <= MOST_ON_STACK
        alone = not (program.parallel or self.written or self.early)
        kept = {s.role for s in self.kept} <= {"temporary", "constant"} and self.room <= direct.ROOM
        return small and alone and kept and self._returned(0) == "y0" and direct.knows_arrays()

    def _returned(self, k):
        """The text of a result, in the function of a call."""
        if k in self.early:
            return f"r{k}"
        output = self.plan.graph.outputs[k]
        home = self.plan.places.homes.get(stem(output))
        place = self.order[home.storage] - len(self.inputs) if isinstance(home, Memory) else -1
        if place >= 0 and self._is_given(k, home.storage):
            return self._made(k)
        if 0 <= place < len(self.outputs) and self.shapes[place][0] == output.shape:
            axes = self.plan.turns[k]
            return f"y{place}.transpose({axes})" if axes else f"y{place}"
        return self._made(k)

    def _made(self, k):
        """The text of a result that is made by its function."""
        inputs, made = (len(self.inputs), len(self.outputs))
        names = [*(f"x{k}" for k in range(inputs)), *(f"y{k}" for k in range(made))]
        values = ", ".join([*names, *(["*kept"] if self.kept else [])])
        return f"results[{k}](({values},), ({''.join(f'x{k}, ' for k in range(inputs))}))"

    def _run(self, values):
        for segment in self.segments:
            if isinstance(segment, Host):
                segment.run(self, values)
                continue
            program, failures = segment
            status = program(*values, threads=self.threads)
            if status:
                self._fail(failures[status - 1], values)

    def _fail(self, failure, values):
        if failure.node.op is ops.hook:
            raise callback.raised()
        if failure.node.op is ops.check:
            shown = [self._shaped(s, shape, values) for s, shape in failure.values]
            raise failed(failure.node, shown)
        raise BoundsError(failure.message, failure.node.where)

    def _shaped(self, storage, shape, values):
        return values[self.order[storage]].reshape(-1)[: prod(shape)].reshape(shape)

    def array(self, node, values):
        """The array of a stored value."""
        known = constant_value(node)
        if known is not None:
            return np.broadcast_to(known, node.shape)
        return self._shaped(self.plan.places.homes[stem(node)].storage, node.shape, values)

    def settle(self, home, result, values):
        """Let a result be what its memory holds: the array itself where it can be, else a copy."""
        storage = home.storage
        place, fits = (
            self.order[storage],
            result.dtype == storage.dtype and result.flags.c_contiguous,
        )
        if fits and result.flags.owndata and storage.role in ("output", "temporary"):
            values[place] = result.reshape(values[place].shape)
        else:
            self._shaped(storage, result.shape, values)[...] = result

    def _is_early(self, k):
        """Is this result what an argument held before the call wrote into it?"""
        node = stem(self.plan.graph.outputs[k])
        if node.op is not ops.parameter:
            return False
        storage = self.plan.places.homes[node].storage
        return storage in self.plan.updated and not self._is_update(k, storage)

    def _is_update(self, k, storage):
        """Is this result the new contents of the argument in this memory?"""
        place = self.plan.graph.updates[k]
        return place is not None and self.inputs[place] is storage

    def _result(self, k):
        """How a result is made of the values of a call."""
        output = self.plan.graph.outputs[k]
        known, shape = constant_value(output), output.shape
        if known is not None:
            return lambda values, arrays: np.array(np.broadcast_to(known, shape))
        home = self.plan.places.homes[stem(output)]
        place = self.order[home.storage]
        if self._is_update(k, home.storage):
            return lambda values, arrays: (
                arrays[place] if arrays[place] is values[place] else values[place]
            )
        if (
            home.storage.role == "input"
            or self._is_given(k, home.storage)
            or self._is_shared(output)
        ):
            return lambda values, arrays: values[place].reshape(shape).copy()
        if shape == self.shapes[place - len(self.inputs)][0]:
            return lambda values, arrays: values[place]
        return lambda values, arrays: values[place].reshape(shape)

    def _is_given(self, k, storage):
        """Does an earlier result have this memory already? Each result is an array of its own."""
        homes = (self.plan.places.homes.get(stem(o)) for o in self.plan.graph.outputs[:k])
        return any(getattr(home, "storage", None) is storage for home in homes)

    def _is_shared(self, output):
        """Do two results show the same memory in different shapes?"""
        same = [o for o in self.plan.graph.outputs if stem(o) is stem(output) and o is not output]
        return bool(same) and output is not stem(output)

    # Memory.

    def _workspace(self):
        """The arrays that a call needs for itself."""
        if not self.kept:
            return ()
        try:
            return self.idle.pop()
        except IndexError:
            return self._new_workspace()

    def _new_workspace(self):
        arena = memory.empty((self.room + LINE,), np.dtype(np.uint8))
        start = -arena.ctypes.data % LINE
        arrays = []
        for storage in self.kept:
            if storage.role == "constant":
                arrays.append(np.ascontiguousarray(storage.data))
            elif storage.role == "record":
                arrays.append(Record.new())
            elif storage.role == "growing":
                arrays.append(np.empty(0, storage.dtype))
            else:
                first = start + self.offsets[storage]
                size = storage.bytes * self.plan.copies.get(storage, 1)
                arrays.append(arena[first : first + size].view(storage.dtype))
        return tuple(arrays)

    # What a person asks.

    @property
    def source(self):
        """The program as text."""
        others = [p.source for p in self.layouts.programs.values()] if self.layouts else []
        return "\n\n".join(dict.fromkeys((*self.plan.texts, *others)))

    def explain(self):
        """What runs, in order: kernels with their rows, operations and bytes, and library calls."""
        others = self.layouts.explain() if self.layouts else ()
        return "\n".join((*self.plan.facts, *others))


def build(steps, options):
    """Build the kernels of some steps: machine code, or for a debugger Python functions."""
    texts = [step.text for step in steps]
    if interpreted.chosen(options):
        made = [interpreted.interpret_kernel(text) for text in texts]
    else:
        made = compile_kernels(texts, default_threads())
    for step, built in zip(steps, made):
        step.built = built


class Record(np.ndarray):
    """Address, room and count of a tape that grows; its memory goes with it."""

    @classmethod
    def new(cls):
        words = np.zeros(3, np.int64)
        made = words.view(cls)
        weakref.finalize(made, _free, words)
        return made


def _free(record):
    free = ctypes.CDLL(None).free
    free.argtypes = [ctypes.c_void_p]
    free(int(record[0]) or None)


def arranged(storages, plan):
    """Where each storage begins in one piece of memory; those that are never needed at once may
    share it."""
    offsets, room, placed = {}, 0, []
    for storage in storages:
        if storage.role != "temporary":
            continue
        size = -(-storage.bytes * plan.copies.get(storage, 1) // LINE) * LINE
        first, last = plan.lives.get(storage, (0, 1 << 60))
        taken = sorted((o, o + s) for o, s, a, b in placed if a <= last and first <= b)
        at = 0
        for begin, end in taken:
            if begin - at >= size:
                break
            at = max(at, end)
        offsets[storage] = at
        placed.append((at, size, first, last))
        room = max(room, at + size)
    return offsets, room


def turning(result, axes):
    """How a result is made that is to be seen with its axes in another order."""
    return result if axes is None else lambda *values: result(*values).transpose(axes)


def library_call(node):
    """NumPy's own function; its result is the array of the call from there on."""

    def run(executable, values):
        given = passed(node)
        args = [executable.array(a, values) for a in given]
        if node.op is ops.matmul:
            views = [x if g is a else x.swapaxes(-1, -2) for x, g, a in zip(args, given, node.args)]
            np.matmul(*views, out=executable.array(node, values))
            return
        with np.errstate(all="ignore"):
            found = node.op.numpy(*args, **node.attrs)
        homes = executable.plan.places.homes[node]
        several = node.type.parts is not None
        for home, result in zip(homes, found) if several else [(homes, found)]:
            executable.settle(home, np.asarray(result), values)

    return Host(node, run)


def effect_call(node):
    """An effect outside of loops."""

    def run(executable, values):
        run_effect(node, [executable.array(a, values) for a in node.args])

    return Host(node, run)
