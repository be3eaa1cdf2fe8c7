"""From a graph to a program: kernels, memory, and the calls between them that a library does better."""

from __future__ import annotations

from math import prod

import numpy as np

from defn import ops
from defn.compilers.effects import failed, run_effect
from defn.compilers.numba.emit import Emitter
from defn.compilers.numba.kernel import Memory, Storage, contiguous
from defn.compilers.numba.kernels import compile_kernel
from defn.compilers.numba.normalise import normalised
from defn.compilers.numba.place import Places
from defn.compilers.numba.roots import partial
from defn.compilers.numba.schedule import Body, Group, stem
from defn.compilers.numba.structures import STEP
from defn.compilers.numba.threads import Program
from defn.compilers.numba.write import Real, Writer
from defn.errors import BoundsError
from defn.expr import constant_value

PARALLEL = 60_000  # units of work (an addition of one element) below which one thread is quicker
CHUNKS = 8  # parts of a kernel's rows that threads claim


def work(group, body):
    """How much there is to do, in additions."""
    total = 0
    for root in group.members:
        seen, stack, cost = set(), list(root.node.args), root.node.op.cost
        while stack:
            node = stack.pop()
            if node not in seen and node not in body.stored:
                seen.add(node)
                cost += node.op.cost if node.op.kind is ops.Kind.ELEMENTWISE else 1
                stack += node.args
        total += cost * prod(loop.size for loop in root.loops)
    return total


class Kernel:
    """A compiled kernel, and how it is to be run."""

    def __init__(self, source, rows, chunk, parallel):
        self.source, self.rows, self.chunk, self.parallel = source, rows, chunk, parallel
        self.built = compile_kernel(source.text)


class Plan:
    """The steps of a graph: kernels in a row are one program; between them are calls on the host."""

    def __init__(self, graph, options):
        self.graph, self.options = graph, options
        self.normal = normalised(graph)
        self.body = Body(self.normal, serial=False, library=library(self.normal))
        self.parameters = list(self.normal.parameters)
        homes = {p: contiguous(Storage(p.dtype, prod(p.shape), "input", k), p.shape) for k, p in enumerate(self.parameters)}
        self.inputs = [homes[p].storage for p in self.parameters]
        self.places = Places(self.body, homes, (), serial=False)
        self._name_outputs()
        self.kernels, self.steps = [], []
        self.bundle = None
        for at, step in enumerate(self.body.steps):
            for group in self.places.before.get(at, ()):
                self._add(group)
            self._add(step)
        self._end_bundle()
        self._arrange()

    def _name_outputs(self):
        """Results get memory that the caller keeps."""
        self.results = {}
        for output in self.normal.outputs:
            home = self.places.homes.get(stem(output))
            if isinstance(home, Memory) and home.storage.role == "temporary":
                home.storage.role = "output"

    def _add(self, step):
        """A step as a kernel, or with its neighbours in one where there is little to do, or on the host."""
        if isinstance(step, Group) and work(step, self.body) >= PARALLEL:
            self._end_bundle()
            self.steps.append(self._kernel(step))
        elif not isinstance(step, Group) and (step in self.body.library or step.op not in STEP):
            self._end_bundle()
            self.steps.append(step)
        else:
            self.bundle = [*(self.bundle or ()), step]

    def _end_bundle(self):
        """The steps that were collected become one kernel, run by one thread."""
        steps, self.bundle = self.bundle, None
        if not steps:
            return
        if len(steps) == 1 and isinstance(steps[0], Group):
            self.steps.append(self._kernel(steps[0]))
            return
        writer = Writer()
        emitter = Emitter(writer, self.body, self.places, serial=False)
        for step in steps:
            if isinstance(step, Group):
                emitter.group(step)
            else:
                STEP[step.op](emitter, step)
        kernel = Kernel(writer.source(), 1, 1, False)
        self.kernels.append(kernel)
        self.steps.append(kernel)

    def _kernel(self, group):
        writer = Writer()
        emitter = Emitter(writer, self.body, self.places, serial=False)
        emitter.group(group, whole=False)
        rows = group.blocks or (Real(group.rows).size if group.rows else 1)
        parallel = work(group, self.body) >= PARALLEL and rows > 1
        chunk = 1 if group.blocks else rows if not parallel else max(1, -(-rows // CHUNKS))
        if parallel and not group.blocks and not any(s.loops for s in group.stages):
            chunk = -(-chunk // 64) * 64
        kernel = Kernel(writer.source(), rows, max(1, chunk), parallel)
        self.kernels.append(kernel)
        return kernel

    # Programs and memory.

    def _arrange(self):
        self.storages = list(self.inputs)
        for k in self.kernels:
            self.storages += [s for s in k.source.storages if s not in self.storages]
        for n in self.places.homes.values():
            if isinstance(n, Memory) and n.storage not in self.storages:
                self.storages.append(n.storage)
        self.segments = []
        for step in self.steps:
            if isinstance(step, Kernel):
                if not self.segments or not isinstance(self.segments[-1], list):
                    self.segments.append([])
                self.segments[-1].append(step)
            else:
                self.segments.append(step)
        self.segments = [self._program(s) if isinstance(s, list) else s for s in self.segments]
        self.copies = {}
        for k in self.kernels:
            for s in k.source.storages:
                if s.copies:
                    self.copies[s] = -(-k.rows // k.chunk)

    def _program(self, kernels):
        steps, table, slots, failures = [], [], [], []
        for k in kernels:
            steps.append((k.built, k.rows, k.chunk, k.parallel, len(table)))
            for storage in k.source.storages:
                slots.append((self.storages.index(storage), len(table), "array"))
                table.append(0)
            table += k.source.sizes
            if k.source.chunked:
                table.append(k.chunk)
            if k.source.failures:
                table.append(len(failures))
                failures += k.source.failures
        return Program(steps, table, slots), failures

    def __call__(self, *arrays):
        memory = {}
        for storage in self.storages[len(self.inputs) :]:
            size = storage.size * self.copies.get(storage, 1)
            make = np.zeros if storage.role == "record" else np.empty
            memory[storage] = storage.data if storage.role == "constant" else make(max(size, 1), storage.dtype)
        values = [np.ascontiguousarray(a) for a in arrays] + [memory[s] for s in self.storages[len(self.inputs) :]]
        self.now = dict(zip(self.storages, values))
        for segment in self.segments:
            if isinstance(segment, tuple):
                program, failures = segment
                status = program(*values, threads=self.options.get("threads"))
                if status:
                    self._fail(failures[status - 1])
            else:
                self._host(segment)
        return tuple(self._result(o) for o in self.normal.outputs)

    def _fail(self, failure):
        if failure.node.op is ops.check:
            values = [self.now[s].reshape(-1)[: prod(shape)].reshape(shape) for s, shape in failure.values]
            raise failed(failure.node, values)
        raise BoundsError(failure.message, failure.node.where)

    def array(self, node):
        """The array of a stored value."""
        home = self.places.homes[stem(node)]
        whole = self.now[home.storage].reshape(-1)
        return whole[: prod(node.shape)].reshape(node.shape)

    def _host(self, node):
        if node in self.body.library:
            arrays = [self.array(a) for a in node.args]
            if node.op is ops.matmul:
                np.matmul(*arrays, out=self.array(node))
            else:
                self.array(node)[...] = node.op.numpy(*arrays, **node.attrs)
        elif node.op.kind is ops.Kind.EFFECT:
            run_effect(node, [self.array(a) if constant_value(a) is None else constant_value(a) for a in node.args])

    def _result(self, output):
        known = constant_value(output)
        if known is not None:
            return np.array(np.broadcast_to(known, output.shape))
        array = self.array(output)
        return array.copy() if self.places.homes[stem(output)].storage.role == "input" else array

    @property
    def source(self):
        return "\n\n".join(k.source.text for k in self.kernels)


def library(graph):
    """Products that are better done by BLAS."""
    return frozenset(
        n for n in graph.order
        if n.op.kind is ops.Kind.LIBRARY or n.op is ops.matmul and n.dtype.char in "fdFD" and prod(n.shape) * n.args[0].shape[-1] > 32**3
    )  # fmt: skip


__all__ = ["Plan", "partial"]
