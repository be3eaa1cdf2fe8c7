"""One run of a plan on a machine: its buffers, its launches, and what the host does in between."""

from __future__ import annotations

import functools
import threading

import numpy as np

from defn import ops
from defn.compilers.cuda.report import raise_failure
from defn.compilers.effects import run_effect
from defn.compilers.numba.schedule import stem
from defn.errors import CompilerError
from defn.expr import constant_value

NONE = np.uint32(0xFFFFFFFF)  # what the status holds while nothing has failed
WIDEST = 16  # bytes of one access
WRITING = threading.Lock()  # one thread at a time writes a text that a plan has left for later


class Launch:
    """A kernel, its arguments and how many threads run it. `plain`, of a kernel whose buffers must
    begin at multiples of 16 bytes, makes the launch where they do not.
    """

    def __init__(self, compiled, signature, source, grid, block, plain=None):
        self.compiled, self.signature, self.grid, self.block = compiled, signature, grid, block
        self.plain = plain and functools.cache(plain)
        self.text, self.storages, self.sizes, self.failures = (
            source.text,
            source.storages,
            source.sizes,
            source.failures,
        )

    def run(self, call):
        """Launch it; the host does not wait."""
        arguments = [call.buffer(s) for s in self.storages]
        if self.plain and any(call.machine.address(a) % WIDEST for a in arguments):
            with WRITING:
                plain = self.plain()
            plain.run(call)
            return
        arguments += self.sizes
        if self.failures:
            arguments += [call.status, len(call.failures)]
            call.failures += self.failures
        call.machine.launch(self.compiled, self.grid, self.block, arguments)


class Forget:
    """Storage of int64 in which every number is less than any that is to come."""

    def __init__(self, storage):
        self.storages = (storage,)

    def run(self, call):
        """Fill it."""
        (storage,) = self.storages
        call.values[storage] = call.machine.upload(np.full(storage.size, -1, storage.dtype))


class Library:
    """What NumPy computes on the host, between a transfer there and one back."""

    def __init__(self, node):
        self.node = node

    def run(self, call):
        """The result, on the machine."""
        values = [call.array(a) for a in self.node.args]
        with np.errstate(all="ignore"):
            result = self.node.op.numpy(*values, **self.node.attrs)
        if self.node.type.parts is None:
            call.give(self.node, call.machine.upload(np.asarray(result, self.node.dtype)))
            return
        for item in call.plan.body.items.get(self.node, ()):
            value = np.asarray(result[item.attrs["index"]], item.dtype)
            call.give(item, call.machine.upload(value))


class Effect:
    """What happens on the host: a check, a hook."""

    def __init__(self, node):
        self.node = node

    def run(self, call):
        """Do it, unless something has failed before. The values for a check's message are fetched when it
        fails.
        """
        call.stop_where_failed()
        first, *others = self.node.args
        if self.node.op is ops.check and np.all(call.array(first)):
            return
        run_effect(self.node, [call.array(a) for a in (first, *others)])

    @property
    def fact(self):
        """What happens, in words."""
        first, *others = self.node.args
        if self.node.op is ops.check:
            return f"check: a kernel has made {first.type}, which the host waits for and reads"
        return f"{self.node.op}: on the host, which waits for {', '.join(map(str, self.node.args))}"


def run(plan, machine, buffers):
    """The buffers of a plan's outputs, for those of its inputs."""
    call = Call(plan, machine, buffers)
    for at, step in enumerate(plan.steps):
        step.run(call)
        call.drop(plan.dropped.get(at, ()))
    call.stop_where_failed()
    return [call.value(o) for o in plan.graph.outputs]


class Call:
    """The buffers of one run, by storage; of tapes, by node."""

    def __init__(self, plan, machine, buffers):
        self.plan, self.machine, self.failures = plan, machine, []
        self.values = dict(zip(plan.inputs, buffers, strict=True))
        self.made = None

    @property
    def status(self):
        """The word in which a kernel says what failed."""
        if self.made is None:
            self.made = self.machine.upload(np.array([NONE]))
        return self.made

    def buffer(self, storage):
        """The memory of a storage, made when first needed."""
        if storage not in self.values:
            if storage.role == "constant":
                self.values[storage] = self.plan.constant(storage, self.machine)
            else:
                self.values[storage] = self._made(storage)
        return self.values[storage]

    def _made(self, storage):
        """Fresh memory; where there is no room, what takes the most is named."""
        try:
            return self.machine.empty(
                storage.dtype, self.plan.room(storage) // storage.dtype.itemsize
            )
        except MemoryError as error:
            largest = "; ".join(map(self.plan.described, self.plan.largest(3)))
            raise CompilerError(
                f"{error.message}; the largest values of this program are: {largest}; call it with less at a "
                "time"
            ) from None

    def value(self, node):
        """The buffer of a stored value, or the chain that is a tape."""
        known = constant_value(node)
        if known is not None:
            return self.machine.upload(np.ascontiguousarray(np.broadcast_to(known, node.shape)))
        storage = self.plan.storage(node)
        if storage is None:
            return self.values.get(stem(node))
        return self.buffer(storage)

    def give(self, node, value):
        """Let a buffer be a node's value."""
        storage = self.plan.storage(node)
        self.values[node if storage is None else storage] = value

    def array(self, node):
        """A value on the host."""
        return self.machine.download(self.value(node), node.dtype, node.shape)

    def number(self, buffer):
        """A scalar on the host."""
        return self.machine.download(buffer, None, ())[()]

    def scalar(self, node):
        """The value of a scalar on the host; of one that is known, without a look at the machine."""
        known = constant_value(node)
        return self.number(self.value(node)) if known is None else known[()]

    def copied(self, value):
        """A buffer of its own with the same values."""
        return value if isinstance(value, tuple) or value is None else self.machine.copy(value)

    own = copied

    def apart(self, results, others):
        """Results, each in memory of its own and none in that of the others."""
        seen, found = {id(o) for o in others}, []
        for result in results:
            found.append(self.copied(result) if id(result) in seen else result)
            seen.add(id(result))
        return found

    def drop(self, storages):
        for storage in storages:
            self.values.pop(storage, None)

    def stop_where_failed(self):
        """Raise the error of the first failure that a kernel has met."""
        if self.made is None or not self.failures:
            return
        status = self.machine.download(self.made, np.dtype("u4"), (1,))[0]
        if status != NONE:
            raise_failure(self.failures[status - 1], self)

    def kept(self, storage, shape):
        """What a kernel kept for an error's message."""
        return self.machine.download(self.buffer(storage), storage.dtype, shape)
