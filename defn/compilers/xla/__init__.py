"""XLA, through JAX: a graph becomes one XLA computation, compiled ahead of time.

64-bit types work without JAX's global flag: it is set for this thread while a graph is lowered, and
while an executable with 64-bit types takes NumPy arrays.
"""

from __future__ import annotations

import pickle
import warnings

import jax
import numpy as np
from jax.experimental import serialize_executable

from defn import ops
from defn.compilers import cache
from defn.compilers.effects import failed
from defn.compilers.xla import call, device, effects, staging
from defn.compilers.xla.convolutions import for_platform
from defn.compilers.xla.program import Program
from defn.compilers.xla.readback import read_back
from defn.transforms.checked import with_indices_checked

ROOM = 64  # how many values a tape of unknown length has room for at first
IGNORED = {
    "threads": "XLA has one thread pool for the process: limit it with taskset or in XLA_FLAGS",
    "stream": "XLA runs in streams of its own",
}


class Xla:
    """Compiles with XLA, for any device that JAX has."""

    name = "xla"

    def compile(self, graph, options):
        """The graph as an XLA executable."""
        return Executable(graph, options)

    def __repr__(self):
        return "xla"


class Executable:
    """A compiled graph. Called with NumPy arrays it gives NumPy arrays; `call_jax` takes and gives
    JAX arrays.

    A tensor that the function writes into has a new buffer afterwards: its old one is given up to the
    program, which writes the new values there. So is the device's copy of a NumPy array.
    """

    __slots__ = (
        "graph",
        "device",
        "host",
        "built",
        "given",
        "_donating",
        "call",
        "ignored",
        "__weakref__",
    )

    def __init__(self, graph, options):
        self.device = device.find(options.get("device"))
        graph = read_back(for_platform(graph, self.device.platform))
        self.graph, self.host = with_indices_checked(graph), effects.Host()
        self.ignored = {name: why for name, why in IGNORED.items() if options.get(name) is not None}
        self._donating, self.given = None, tuple(options.get("donate") or ())
        self.build(ROOM)
        if self.given and self.built.program.grows:
            self.given, self.ignored["donate"] = (), "the program may run again with more room"

    def __call__(self, *arrays):
        return self.call(*arrays)

    @property
    def source(self):
        """The program as StableHLO text."""
        return self.built.text

    def explain(self):
        """The device, and the options that are not kept."""
        return "\n".join(
            [f"one computation on {self.device}"]
            + [f"{name}= is ignored: {why}" for name, why in self.ignored.items()]
        )

    def build(self, room):
        """Compile with room for so many values on tapes of unknown length."""
        here = self.device.platform == "cpu"  # where NumPy's arrays are read in place
        self.built = built = self._built(room, not here)
        failure = self._failure if built.fails else None
        direct = call.direct(built.compiled, built.givers, built.wide, failure)
        self.call = self._looked_after if built.program.grows else direct
        if built.large:
            self.call = staging.staged(self.call, built.large)
        return built

    def _built(self, room, donating=False, telling=False, given=()):
        return Built(self.graph, self.device, self.host, room, donating, telling, given)

    def owns(self, foreign, backend):
        """Are arrays of this library, or on this backend, the ones that it computes with?"""
        if backend is not None:
            return foreign is None and getattr(backend, "device", None) == self.device
        return foreign == "jax"

    def call_native(self, *arrays):
        """JAX arrays (and numbers) in, JAX arrays out, without a copy."""
        here = [x if isinstance(x, np.ndarray) else self._moved(x) for x in arrays]
        found = self._given_up(here) if self.dead else self.call_jax(*here)
        if any(isinstance(x, np.ndarray) and x.ndim for x in arrays):
            jax.block_until_ready(found)  # what is read in place may be overwritten after the call
        return found

    @property
    def dead(self):
        """The places of the arguments whose buffers a program may take over: those that are given up,
        and those that are written, unless it can fail, or runs again with more room.
        """
        return sorted({*self.given, *(self.built.dead if self.built.simple else ())})

    def _given_up(self, arrays):
        """The outputs, in the buffers of the arguments that are written."""
        for place in self.dead:
            if sum(other is arrays[place] for other in arrays) > 1:
                arrays[place] = jax.numpy.array(arrays[place], copy=True)
        built = self.donating
        return built.called(arrays) if built.simple else self._completed(built, arrays)

    @property
    def donating(self):
        """The program that takes buffers over, compiled when it is first needed."""
        if self.built.donating and not self.given:
            return self.built
        if self._donating is None:
            # After a failure the arguments are gone: what is to be told is kept at once.
            self._donating = self._built(ROOM, True, telling=bool(self.given), given=self.given)
        return self._donating

    def natively(self):
        """The function of a call in which all arguments are JAX arrays."""
        built, alone = self.built, len(jax.devices()) == 1
        if built.program.grows or self.given or built.dead or not alone:
            return self.call_native
        failure = self._failure if built.fails else None
        return call.on_buffers(built.compiled, len(built.givers), failure)

    def within(self, native):
        """The program and what is done around it, for a caller that writes the call out; None where
        a call is more than that.
        """
        built, alone = self.built, len(jax.devices()) == 1
        if built.program.grows or not built.givers:
            return None
        failure = self._failure if built.fails else None
        if native:
            taken = alone and not built.dead and not self.given
            return (
                call.within(built, (None,) * len(built.givers), False, failure) if taken else None
            )
        return None if built.large else call.within(built, built.givers, built.wide, failure)

    def _moved(self, array):
        return array if array.device == self.device else jax.device_put(array, self.device)

    def call_jax(self, *arrays):
        """Arrays in, JAX arrays out, without a copy and without waiting; checks are looked at, so
        those wait for the results.
        """
        built = self.built
        if not built.simple:
            return self._completed(built, arrays)
        return built.called(arrays)

    def _looked_after(self, *arrays):
        built = self.built
        return call.given(built.givers, self._completed(built, arrays))

    def _completed(self, built, arrays):
        """The outputs of a program that has effects or tapes of unknown length."""
        while True:
            outputs, status = built.results(arrays)
            if status.site is not None and int(status.site):
                raise self.failure(status, arrays, built)
            needed = 0 if status.room is None else int(status.room)
            if needed <= built.program.room:
                return outputs
            built = self.build(1 << needed.bit_length())

    def _failure(self, results, arrays):
        return self.failure(self.built.parted(results)[1], arrays)

    def failure(self, status, arrays, built=None):
        """The error of the check that failed first on these arguments, or what a callback raised."""
        built = built or self.built
        node = effects.failed_site(built.program, status)
        if node.op is ops.hook:
            return self.host.raised.pop()
        if effects.tells_more(node) and not built.program.telling:
            built = self._built(built.program.room, telling=True)
            status = built.results(arrays)[1]
        return failed(node, effects.told(built.program, status))


class Built:
    """One executable of JAX's, and how its results are given to the caller."""

    def __init__(self, graph, device, host, room, donating=False, telling=False, given=()):
        self.device = device
        self.dead = sorted({place for place in graph.updates if place is not None})
        self.donating = donating and bool(self.dead or given)
        self.program = Program(graph, room, host, telling)
        self.wide = any(_is_wide(p.type.dtype) for p in graph.parameters)
        self.aliased = [False] * len(graph.outputs)
        with jax.enable_x64(True):
            written = self.dead if self.donating and self.simple else ()
            traced = jax.jit(self._traced, donate_argnums=tuple({*written, *given}))
            lowered = quietly(traced.lower, *map(self._argument, graph.parameters))
            self.text = lowered.as_text()
            self.compiled = self._compiled(lowered)
        on_cpu = device.platform == "cpu"
        # Without results nothing would wait until the arguments were read.
        stage = on_cpu and graph.outputs
        self.large = [
            k for k, p in enumerate(graph.parameters) if stage and p.type.bytes >= staging.LARGE
        ]
        self.givers = [call.giver(o.type, a, on_cpu) for o, a in zip(graph.outputs, self.aliased)]

    @property
    def simple(self):
        """Is there nothing to look at after the call?"""
        return not (self.program.sites or self.program.grows)

    @property
    def fails(self):
        """Can a check fail, or a callback?"""
        return bool(self.program.sites)

    def _compiled(self, lowered):
        """The executable, from the disk if it was compiled before; callbacks cannot be kept on a
        disk.
        """
        if effects.has_hooks(self.program):
            return lowered.compile()

        def make():
            made = lowered.compile()
            return made, pickle.dumps(serialize_executable.serialize(made))

        # An argument that is not used has no place in the text.
        types = [p.type for p in self.program.graph.parameters]
        return cache.once(
            cache.key("xla", self.text, types, device.identity(self.device)), _load, make
        )

    def _argument(self, parameter):
        sharding = jax.sharding.SingleDeviceSharding(self.device)
        given = None if self.device == device.find() else sharding
        return jax.ShapeDtypeStruct(parameter.shape, parameter.dtype, sharding=given)

    def _traced(self, *arguments):
        """The function that JAX traces."""
        outputs, status = self.program(*arguments)
        seen = list(arguments)
        for k, output in enumerate(outputs):
            self.aliased[k] = any(output is each for each in seen)
            seen.append(output)
        if not self.simple:
            told, self.status = jax.tree.flatten(status)
            return *outputs, *told
        return outputs[0] if len(outputs) == 1 else outputs

    def called(self, arrays):
        """The outputs of a simple program."""
        with jax.enable_x64(True):
            found = self.compiled(*arrays)
        return found if len(self.givers) != 1 else (found,)

    def results(self, arrays):
        """Outputs and status."""
        with jax.enable_x64(True):
            return self.parted(self.compiled(*arrays))

    def parted(self, results):
        """Outputs and status."""
        count = len(self.givers)
        return tuple(results[:count]), jax.tree.unflatten(self.status, results[count:])


def quietly(lower, *arguments):
    """What is lowered, without a warning of buffers that are given up and are of no use."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Some donated buffers were not usable")
        return lower(*arguments)


def _is_wide(dtype):
    return dtype.itemsize == 8 and dtype.kind in "iuf" or dtype.itemsize == 16


def _load(data):
    try:
        return serialize_executable.deserialize_and_load(*pickle.loads(data))
    except Exception as error:
        raise ValueError(f"an XLA executable that cannot be loaded: {error}") from error


compiler = Xla()
