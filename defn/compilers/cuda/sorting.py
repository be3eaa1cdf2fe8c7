"""Sorting along the last axis: stable, and the same every time.

A block sorts a tile of a line in shared memory: each thread its own few elements, then pairs of
runs are merged, each thread making its share of the result. It finds where its share begins in both
runs by bisection, so that all have equally much to do. Of a line longer than a tile, tiles are
sorted, then pairs of runs of tiles are merged in the same way, from one buffer into another.
Several short lines share a block.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from defn import ops
from defn.compilers.cuda.write import SHORT
from defn.compilers.numba.code import typename
from defn.compilers.numba.kernel import Source, Storage

SORTS = (ops.sort, ops.argsort)
EACH = 7  # elements of a thread: odd, so that threads side by side read different banks
THREADS = 256
WARP = 32
TILE = EACH * THREADS


class Sorting(NamedTuple):
    """What is common to the kernels of one node. `team`: threads that share a line, or a tile of
    one; `block`: threads of a block; `place`: the dtype of places on the way, None where values are
    sorted.
    """

    dtype: np.dtype
    place: np.dtype | None
    lines: int
    length: int
    team: int
    block: int

    @property
    def tiles(self):
        """Tiles of a line."""
        return -(-self.length // TILE)

    @property
    def passes(self):
        """How often runs of tiles are merged."""
        return (self.tiles - 1).bit_length()

    @property
    def room(self):
        """The elements of a block's shared memory."""
        return EACH * self.block

    @property
    def narrow(self):
        return self.lines * self.length < SHORT


class Kernel(NamedTuple):
    """A kernel's text and arguments, how it is launched, and what it does."""

    source: Source
    grid: int
    block: int
    team: int
    what: str


def sorting(node):
    """How a node is sorted."""
    (x,) = node.args
    length = x.shape[-1]
    lines = prod(x.shape) // length
    team = min(THREADS, power(-(-length // EACH)))
    block = max(WARP, min(THREADS, power(team * lines)))
    wide = "int32" if length < SHORT else "int64"
    place = np.dtype(wide) if node.op is ops.argsort else None
    return Sorting(x.dtype, place, lines, length, team, block)


def power(n):
    """The next power of two."""
    return 1 << (n - 1).bit_length()


def kernels(node, x, z):
    """The kernels that sort the storage `x` into `z`, in order."""
    if not prod(node.shape):
        return
    s = sorting(node)
    ways = buffers(s, z)
    yield tiles_sorted(s, x, ways[0], last=not s.passes)
    for k in range(s.passes):
        yield runs_merged(s, ways[k], ways[k + 1], 1 << k, last=k == s.passes - 1)


def buffers(s, z):
    """Where keys and places lie after each pass: two buffers in turn, then the result."""
    fresh = lambda dtype: Storage(dtype, s.lines * s.length)
    if s.place is None:
        pair = [z, fresh(s.dtype)] if s.passes else [z]
        return [(pair[k % 2],) for k in range(s.passes, -1, -1)]
    pairs = [(fresh(s.dtype), fresh(s.place)) for _ in range(min(2, s.passes))]
    return [*(pairs[k % 2] for k in range(s.passes)), (z,)]


# --- texts ---------------------------------------------------------------------------------------

# A thread's elements are k0, k1, ...; p0, p1, ... are their places.
SWAP = """\
    swaps = comes_before(k{b}, k{a}) & (left > {b})
    k{a}, k{b} = where(swaps, k{b}, k{a}), where(swaps, k{a}, k{b})
"""
SWAP_PLACES = """\
    p{a}, p{b} = where(swaps, p{b}, p{a}), where(swaps, p{a}, p{b})
"""
# Where a thread's share of two runs, `share` elements after their beginning, begins in the first.
SPLIT = """\
    some = share - min(share, high - middle)
    most = min(share, middle - low)
    while some < most:
        half = (some + most) // 2
        later = comes_before(keys[middle + share - half - 1], keys[low + half])
        some, most = where(later, some, half + 1), where(later, half, most)
    i = low + some
    j = middle + share - some
    u = keys[min(i, {end})]
    v = keys[min(j, {end})]
"""
TAKE = """\
    takes = (i < middle) & ((j >= high) | (not comes_before(v, u)))
    k{k} = where(takes, u, v)
    q{k} = where(takes, i, j)
    i, j = i + uint32(takes), j + uint32(not takes)
    other = keys[min(where(takes, i, j), {end})]
    u, v = where(takes, other, u), where(takes, v, other)
"""
HEAD = """\
    keys = shared_buffer({dtype}, {room})
"""
HEAD_PLACES = """\
    places = shared_buffer({place}, {room})
"""
# Tiles: of each line, or of several lines side by side.
TILES = """\
    me = small(lane())
    {line}
    first = {first}
    count = small(min(length - first, {capacity}))
    last_line = lines - 1
"""
LOAD = """\
    slot = me + {offset}
    row = quotient(int64(slot), {capacity})
    spot = min(slot - small(row) * {capacity}, count - 1)
    keys[slot] = x[min(line + row, last_line) * length + first + int64(spot)]
"""
OWN = """\
    barrier()
    start = me * {each}
    base = bitwise_and(me, small({others})) * {each}
    end = base + count
    left = max(end, start) - start
"""
RUNS = """\
    run = small(1)
    while below(run, small({team})):
        low = min(bitwise_and(me, small(0) - run * 2) * {each}, end)
        middle = min(low + run * {each}, end)
        high = min(low + run * {twice}, end)
        share = min(start, high) - low
"""
AGAIN = """\
        run = further(run, uint64(run))
"""
# Runs of tiles: where the tile of the result begins and ends in both of them, two threads look for.
MERGE = """\
    cuts = shared_buffer(int64, 2)
    me = small(lane())
    line = quotient(int64(block()), tiles)
    tile = int64(block()) - line * tiles
    base = line * length
    begin = bitwise_and(tile, 0 - 2 * width) * {tile}
    centre = min(begin + width * {tile}, length)
    finish = min(begin + 2 * width * {tile}, length)
    first = tile * {tile}
    if me < 2:
        reach = min(first + int64(me) * {tile}, finish) - begin
        lower = reach - min(reach, finish - centre)
        upper = min(reach, centre - begin)
        while lower < upper:
            pivot = quotient_wide(lower + upper, 2)
            after = comes_before(x[base + centre + reach - pivot - 1], x[base + begin + pivot])
            lower, upper = where(after, lower, pivot + 1), where(after, pivot, upper)
        cuts[me] = lower
    barrier()
    from_one = begin + cuts[0]
    from_other = centre + (first - begin) - cuts[0]
    count = small(min(first + {tile}, finish) - first)
    middle = small(cuts[1] - cuts[0])
"""
LOAD_RUNS = """\
    slot = me + {offset}
    spot = min(slot, count - 1)
    at = base + where(spot < middle, from_one + int64(spot), from_other + int64(spot) - int64(middle))
    keys[slot] = x[at]
"""
WHOLE = """\
    barrier()
    low = small(0)
    high = count
    start = me * {each}
    share = min(start, count)
"""
STORE = """\
    slot = me + {offset}
    row = quotient(int64(slot), {capacity})
    spot = slot - small(row) * {capacity}
    if (spot < count) & (line + row < lines):
"""
STORE_RUNS = """\
    slot = me + {offset}
    if slot < count:
"""


def numbered(form, count=EACH, **settings):
    return "".join(form.format(k=k, **settings) for k in range(count))


def indented(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


def head(s):
    """Shared memory."""
    text = HEAD.format(dtype=typename(s.dtype), room=s.room)
    return text + (HEAD_PLACES.format(place=s.place, room=s.room) if s.place else "")


def strided(form, s, **settings):
    """For each element that a thread moves between global and shared memory: neighbours' are
    neighbours.
    """
    return "".join(form.format(offset=k * s.block, **settings) for k in range(EACH))


def thread_sorted(s):
    """A thread's own elements in order: neighbours change places until all are."""
    form = SWAP + (SWAP_PLACES if s.place else "")
    pairs = [(a, a + 1) for k in range(EACH) for a in range(k % 2, EACH - 1, 2)]
    return "".join(form.format(a=a, b=b) for a, b in pairs) if s.length > 1 else ""


def share_merged(s):
    """A thread's share of two runs, in registers; then in shared memory, when all have theirs."""
    text = SPLIT.format(end=s.room - 1) + numbered(TAKE, end=s.room - 1)
    if s.place:
        text += numbered(f"    p{{k}} = places[min(q{{k}}, {s.room - 1})]\n")
    return text + "    barrier()\n" + in_shared_memory(s) + "    barrier()\n"


def in_shared_memory(s):
    text = numbered("    keys[start + {k}] = k{k}\n")
    return text + (numbered("    places[start + {k}] = p{k}\n") if s.place else "")


def sizes(s, names):
    """The lines that say which arguments are small."""
    return "".join(f"    {n} = narrow({n})\n" for n in names if s.narrow)


def parameters(s, last):
    """The names of what is written: keys, places or both."""
    if s.place is None:
        return ["z"]
    return ["z"] if last else ["z", "pz"]


def stored(s, last, at):
    """What a thread stores of an element."""
    if s.place is None:
        return f"        z[{at}] = keys[slot]\n"
    if last:
        return f"        z[{at}] = int64(places[slot])\n"
    return f"        z[{at}] = keys[slot]\n        pz[{at}] = places[slot]\n"


def tiles_sorted(s, x, way, last):
    """The first kernel."""
    source = Source(tile_text(s, last), (x, *way), (s.lines, s.length, s.tiles), (), False)
    grid = s.lines * s.tiles if s.tiles > 1 else -(-s.lines // (s.block // s.team))
    return Kernel(source, grid, s.block, s.team, "tiles in order")


def tile_text(s, last):
    outputs, names = parameters(s, last), ("lines", "length", "tiles")
    capacity, several = s.team * EACH, s.tiles > 1
    line = (
        "line = quotient(int64(block()), tiles)"
        if several
        else f"line = int64(block()) * {s.block // s.team}"
    )
    first = f"(int64(block()) - line * tiles) * {capacity}" if several else "0"
    text = f"def kernel(x, {', '.join([*outputs, *names])}):\n" + sizes(s, names) + head(s)
    text += TILES.format(line=line, first=first, capacity=capacity)
    text += strided(LOAD, s, capacity=capacity)
    text += OWN.format(each=EACH, others=(1 << 32) - s.team)
    text += numbered("    k{k} = keys[start + {k}]\n")
    if s.place:
        text += numbered(f"    p{{k}} = {s.place}(first + int64(start - base) + {{k}})\n")
    text += thread_sorted(s) + in_shared_memory(s) + "    barrier()\n"
    if s.team > 1:
        text += RUNS.format(team=s.team, each=EACH, twice=2 * EACH)
        text += indented(share_merged(s)) + AGAIN
    at = "(line + row) * length + first + int64(spot)"
    return text + strided(STORE + stored(s, last, at), s, capacity=capacity)


def runs_merged(s, before, after, width, last):
    """A kernel that merges runs of `width` tiles."""
    arguments = (s.length, s.tiles, width)
    source = Source(merge_text(s, last), (*before, *after), arguments, (), False)
    return Kernel(source, s.lines * s.tiles, THREADS, THREADS, f"runs of {width} tiles merged")


def merge_text(s, last):
    given = ["x"] if s.place is None else ["x", "px"]
    names = ("length", "tiles", "width")
    load = LOAD_RUNS + ("    places[slot] = px[at]\n" if s.place else "")
    text = f"def kernel({', '.join([*given, *parameters(s, last), *names])}):\n"
    text += sizes(s, names) + head(s) + MERGE.format(tile=TILE)
    text += strided(load, s) + WHOLE.format(each=EACH) + share_merged(s)
    return text + strided(STORE_RUNS + stored(s, last, "base + first + int64(slot)"), s)
