"""Streams: work in order, and the memory that lies idle between its uses.

A block that nothing refers to any more is used again by the stream that it belongs to, at once: what
comes later in a stream begins after what came before. Only where another stream has used the block
does one wait for the other.
"""

from __future__ import annotations

import sys

from defn.compilers.cuda.driver import asked, is_over
from defn.errors import CompilerError

SMALLEST = 512  # bytes: what the driver rounds to
STEPS = 8  # sizes between a power of two and the next: a block is at most an eighth too large
UNTIMED = 2  # CU_EVENT_DISABLE_TIMING
LEGACY = 1  # CU_STREAM_LEGACY, where most libraries work


def size_class(size):
    """The bytes of the block that holds so many.

    >>> size_class(1), size_class(5000), size_class(1 << 20)
    (512, 5120, 1048576)
    """
    step = max(SMALLEST, (1 << size.bit_length() - 1) // STEPS) if size else SMALLEST
    return max(1, -(-size // step)) * step


class Block:
    """Memory of a device. When nothing refers to it, its stream has it back."""

    __slots__ = ("pointer", "size", "stream", "users", "__weakref__")

    def __init__(self, pointer, size, stream):
        self.pointer, self.size, self.stream, self.users = pointer, size, stream, set()

    def used_by(self, stream):
        """Let a stream read what the block's own has written."""
        if stream is not self.stream and stream not in self.users:
            stream.after(self.stream.handle)
            self.users.add(stream)

    # A default is there to the end of the process, when the names of a module are gone.
    def __del__(self, at_the_end=sys.is_finalizing):
        if not at_the_end():
            self.stream.give_back(self)


class Stream:
    """A stream of a device and its idle memory, by size."""

    def __init__(self, allocate, handle):
        self.allocate, self.handle = allocate, handle
        self.idle, self.held = {}, []

    def block(self, size):
        """Memory of at least so many bytes."""
        size = size_class(size)
        try:
            return Block(self.idle[size].pop(), size, self)
        except (KeyError, IndexError):
            return Block(self.allocate(size), size, self)

    def give_back(self, block):
        """A block nobody refers to; from here on it may be used again."""
        for user in block.users - {self}:
            self._after_or_all(user.handle)
        self.idle.setdefault(block.size, []).append(block.pointer)

    def after(self, other):
        """Begin what is launched from now on only when the other stream's work so far has ended."""
        if other == self.handle:
            return
        event = self._event(other)
        asked("cuStreamWaitEvent", self.handle, event, 0)
        asked("cuEventDestroy", event)

    def _after_or_all(self, other):
        """The same, for a stream that may not exist any more."""
        try:
            self.after(other)
        except CompilerError:
            asked("cuCtxSynchronize")

    def before(self, other):
        """Let another library's stream wait for the work so far."""
        if other == self.handle:
            return
        event = self._event(self.handle)
        asked("cuStreamWaitEvent", other, event, 0)
        asked("cuEventDestroy", event)

    def _event(self, handle):
        event = asked("cuEventCreate", UNTIMED)
        asked("cuEventRecord", event, handle)
        return event

    def hold(self, owners):
        """Keep the owners of borrowed memory until the work so far has ended."""
        self.release()
        self.held.append((self._event(self.handle), owners))

    def release(self):
        """Let go of whose work has ended."""
        while self.held and is_over(self.held[0][0]):
            asked("cuEventDestroy", self.held.pop(0)[0])

    def wait(self):
        """Until all work has ended."""
        asked("cuStreamSynchronize", self.handle)
        self.release()

    def trim(self):
        """Give the idle memory back to the driver; how many bytes that was."""
        if not any(self.idle.values()):
            return 0
        self.wait()
        freed = 0
        for size, pointers in list(self.idle.items()):
            while pointers:
                asked("cuMemFree", pointers.pop())
                freed += size
        return freed


def handle_of(stream):
    """The driver's number of a stream that a user names: a number, or CuPy's, PyTorch's or Numba's.

    >>> handle_of(0), handle_of(7)
    (1, 7)
    """
    if hasattr(stream, "__cuda_stream__"):
        return int(stream.__cuda_stream__()[1]) or LEGACY
    for name in ("cuda_stream", "ptr", "handle"):
        if hasattr(stream, name):
            return handle_of(getattr(stream, name))
    return int(getattr(stream, "value", stream) or 0) or LEGACY
