"""The memory of a launch: what lies outside of a buffer is an error, and so are a race, an address
that is no multiple of the access, and a read of shared memory that no thread has written.

Each byte knows who wrote and who read it last, and in which interval between barriers of the block.
Two threads must not touch a byte, one of them writing, unless a barrier of their common block lies
between.
"""

from __future__ import annotations

import numpy as np

from defn.compilers.cuda.ptx.text import GLOBAL, LOCAL, SHARED, PtxError

NOBODY, SEVERAL, ATOMIC = -1, -2, -3
SPACE = 32  # bits of an address inside a space or a buffer
WIDEST = 16  # bytes of an access: a buffer begins as far from a multiple of them as its array does
GARBAGE = 0xC5  # what memory holds that nothing has been written to


class Region:
    """Bytes that can be addressed. `width`: of each block's or thread's part, for spaces that
    have parts; `fresh`: they hold nothing before a thread writes there.
    """

    def __init__(self, data, name, watched=True, width=None, fresh=False):
        self.data, self.name, self.width, self.fresh = data, name, width, fresh
        self.whole = len(data)
        self.first = data.ctypes.data % WIDEST if width is None else 0
        self.watched = watched
        if watched:
            self.writer, self.written = self._column(NOBODY), self._column(0)
            self.reader, self.readers, self.read = (
                self._column(NOBODY),
                self._column(NOBODY),
                self._column(0),
            )

    def _column(self, value):
        return np.full(self.whole, value, np.int64)

    def check(self, places, size, threads):
        """Refuse what lies outside, or where an element of this size may not begin."""
        limit = self.whole if self.width is None else self.width
        wrong = (places < 0) | (places + size > limit)
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise PtxError(
                f"byte {int(places[at])} of {limit} in {self.name} is out of bounds "
                f"({threads.who(at)})"
            )
        if ((places + self.first) % size).any():
            raise PtxError(f"an access of {size} bytes to {self.name} is misaligned")

    # --- races -----------------------------------------------------------------------------------

    def notice_read(self, bytes_, thread, block, interval):
        """Who reads, and whether that meets another's write."""
        if self.fresh and (self.writer[bytes_] == NOBODY).any():
            raise PtxError(f"a read of {self.name} that no thread has written")
        self._meets(
            self.writer[bytes_],
            self.written[bytes_],
            bytes_,
            thread,
            block,
            interval,
            "write and read",
        )
        same = self.read[bytes_] == interval
        before, blocks = self.reader[bytes_], self.readers[bytes_]
        several = same & (before != NOBODY) & (before != thread)
        elsewhere = (blocks != NOBODY) & (blocks != block)
        self.reader[bytes_], self.readers[bytes_], self.read[bytes_] = thread, block, interval
        several |= self.reader[bytes_] != thread
        elsewhere |= self.readers[bytes_] != block
        self.reader[bytes_] = np.where(several, SEVERAL, self.reader[bytes_])
        self.readers[bytes_] = np.where(elsewhere, SEVERAL, self.readers[bytes_])

    def notice_write(self, bytes_, thread, block, interval):
        """Who writes, and whether that meets another's write or read."""
        self._meets(
            self.writer[bytes_], self.written[bytes_], bytes_, thread, block, interval, "two writes"
        )
        self._meets_readers(bytes_, thread, block, interval)
        self.writer[bytes_], self.written[bytes_] = thread, interval
        if (self.writer[bytes_] != thread).any():
            self._race("two writes in one instruction")

    def notice_atomic(self, bytes_, thread, block, interval):
        """An atomic change meets no other, but plain ones."""
        plain = np.where(self.writer[bytes_] == ATOMIC, NOBODY, self.writer[bytes_])
        self._meets(
            plain,
            self.written[bytes_],
            bytes_,
            thread,
            block,
            interval,
            "a write and an atomic change",
        )
        self.writer[bytes_], self.written[bytes_] = ATOMIC, interval

    def _meets(self, other, when, bytes_, thread, block, interval, what):
        strangers = (other != NOBODY) & (other != thread)
        if not strangers.any():
            return
        if (strangers & (other == ATOMIC)).any():
            self._race(what)
        together = other // self.block_size == block
        if (strangers & (~together | (when == interval))).any():
            self._race(what)

    def _meets_readers(self, bytes_, thread, block, interval):
        reader, readers = self.reader[bytes_], self.readers[bytes_]
        elsewhere = (readers != NOBODY) & (readers != block)
        together = (
            (readers == block)
            & (self.read[bytes_] == interval)
            & (reader != NOBODY)
            & (reader != thread)
        )
        if (elsewhere | together).any():
            self._race("read and write")

    def _race(self, what):
        raise PtxError(
            f"a race in {self.name}: {what} by different threads with no barrier between"
        )


class Memory:
    """All regions of a launch, by generic address."""

    def __init__(self, buffers, entry, blocks, block_size, races=True):
        self.buffers, self.addresses = [], {}
        self.block_size = block_size
        for k, array in enumerate(buffers):
            self.add(array, f"buffer {k}", races)
        self.constants = {n: self.add(a, n, False) for n, a in entry.constants.items()}
        width = -(-entry.shared_size // 16) * 16
        self.shared = self._region(
            _garbage(blocks * width), "shared memory", races, entry.shared_size, fresh=True
        )
        self.shared_step, self.local_step = width, -(-entry.local_size // 16) * 16
        count = blocks * block_size
        self.local = self._region(
            _garbage(count * self.local_step), "local memory", False, entry.local_size
        )

    def add(self, array, name, races):
        """The address of an array."""
        if id(array) not in self.addresses:
            region = self._region(array.reshape(-1).view(np.uint8), name, races)
            self.addresses[id(array)] = GLOBAL + (len(self.buffers) << SPACE) + region.first
            self.buffers.append(region)
        return self.addresses[id(array)]

    def _region(self, data, name, watched, width=None, fresh=False):
        region = Region(data, name, watched, width, fresh)
        region.block_size = self.block_size
        return region

    def find(self, address, space, size, threads):
        """(which of the threads, region, first byte of each) for every region that is addressed."""
        base = {"shared": SHARED, "local": LOCAL}.get(space, 0)
        address = np.where(address < base, address + base, address) if base else address
        where = address >> SPACE
        for number in np.unique(where):
            chosen = np.flatnonzero(where == number)
            places = address[chosen] & ((1 << SPACE) - 1)
            region, start = self._start(int(number), chosen, threads)
            places = places - region.first
            region.check(places, size, threads.of(chosen))
            yield chosen, region, places + start

    def _start(self, number, chosen, threads):
        if number == SHARED >> SPACE:
            return self.shared, threads.local_block[chosen] * self.shared_step
        if number == LOCAL >> SPACE:
            return self.local, threads.place[chosen] * self.local_step
        k = number - (GLOBAL >> SPACE)
        if not 0 <= k < len(self.buffers):
            raise PtxError(f"an address that is no buffer's ({threads.of(chosen).who(0)})")
        return self.buffers[k], 0


def _garbage(size):
    return np.full(size, GARBAGE, np.uint8)
