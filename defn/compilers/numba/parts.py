"""NumPy's own functions on whole arrays, in parts that threads share: they let go of the GIL.

Lines along an axis are independent, so a result does not depend on the number of parts. Sorting is
NumPy's because its vector code is quicker than any loop; its quickest order of places is not
stable, so that places of equal keys are put in order afterwards (`TIES`).
"""

from __future__ import annotations

import _thread
import contextlib
from collections import deque
from itertools import pairwise
from math import prod
from queue import SimpleQueue

import numpy as np

from defn import ops
from defn.compilers.numba import ends
from defn.compilers.numba.code import typename
from defn.compilers.numba.executable import Host
from defn.compilers.numba.roots import placed, selected

MANY = 1 << 18  # elements from which on another thread is worth starting
PARTS = 4  # for each thread
LARGEST = np.iinfo(np.int64).max
QUICK = "fdilqILQ"  # characters of the dtypes whose order NumPy finds with vectors


def in_parts(node):
    """A function of NumPy's that works along axes, written to where its result goes; None for
    others."""
    if node.op not in FUNCTION or not prod(node.args[0].shape) or not prod(node.shape):
        return None
    function, axis = FUNCTION[node.op], split_axis(node)
    before = (slice(None),) * (axis or 0)

    def run(executable, values):
        x, out = (executable.array(n, values) for n in (node.args[0], node))

        def part(first, last):
            here = (*before, slice(first, last))
            function(x[here], out[here], **node.attrs)

        if axis is not None and x.size >= MANY and executable.threads > 1:
            shared(part, executable.threads, x.shape[axis])
        elif node.op is ops.argsort:
            home = executable.plan.places.homes[node]
            executable.settle(home, places_in_order(x, **node.attrs), values)
        else:
            with np.errstate(all="ignore"):
                function(x, out, **node.attrs)

    return Host(node, run)


def split_axis(node):
    """The longest axis along which a function does not work, if there is one."""
    shape = node.args[0].shape
    taken = node.attrs.get("axes") or (node.attrs["axis"],)
    rest = [a for a in range(len(shape)) if a not in taken]
    return max(rest, key=lambda a: shape[a], default=None)


def shared(run, threads, size):
    """Run the parts of a range; what one of them raises is raised.

    Helpers take parts, and this thread does what nobody took: it waits for no helper that has not
    begun.
    """
    parts = min(size, PARTS * threads)
    left, done = deque(pairwise(size * k // parts for k in range(parts + 1))), SimpleQueue()

    def work():
        with contextlib.suppress(IndexError):
            while True:
                done.put(_failure(run, left.popleft()))

    for _ in range(threads - 1):
        _thread.start_new_thread(work, ())
    work()
    failures = [done.get() for _ in range(parts)]
    for failure in filter(None, failures):
        raise failure


def _failure(run, ends):
    """What running a part raises, or nothing."""
    try:
        with np.errstate(all="ignore"):
            run(*ends)
    except BaseException as error:
        return error
    return None


def _sort(x, out, axis):
    np.copyto(out, x)
    out.sort(axis)


def _argsort(x, out, axis):
    out[...] = places_in_order(x, axis)


def places_in_order(x, axis):
    """The places of the elements in order; those of equal integers in a small range in their own."""
    together = _keys_with_places(x, axis)
    if together is None:
        return np.argsort(x, axis, None if is_quick(x.dtype) else "stable")
    keys, mask = together
    keys.sort(axis)
    keys &= mask
    return keys


def _keys_with_places(x, axis):
    """Each key and its place as one integer, and the mask of the places; None where they do not fit."""
    if x.dtype.char not in "ilqILQ" or not x.size:
        return None
    least, bits = int(x.min()), (x.shape[axis] - 1).bit_length()
    if (int(x.max()) - least).bit_length() + bits > 63 or least > LARGEST:
        return None
    keys = np.subtract(x, least, dtype=np.int64, casting="unsafe")
    keys <<= bits
    keys |= np.arange(x.shape[axis]).reshape(-1, *(1,) * (x.ndim - 1 - axis))
    return keys, (1 << bits) - 1


def _fft(x, out, axes, inverse):
    transform = np.fft.ifftn if inverse else np.fft.fftn
    transform(x, axes=axes, norm="forward" if inverse else None, out=out)


FUNCTION = {
    ops.sort: _sort,
    selected: ends.select,
    placed: ends.place,
    ops.argsort: _argsort,
    ops.fft: _fft,
    ops.rfft: lambda x, out, axis: np.fft.rfft(x, axis=axis, out=out),
    ops.irfft: lambda x, out, axis, n: np.fft.irfft(x, n, axis, norm="forward", out=out),
}


def is_quick(dtype):
    """Does NumPy have a quicker order of places than the stable one?"""
    return dtype.char in QUICK


# Each line is looked through for equal neighbours that are not in their own order; where there are
# such, their places are sorted (by Shell's method: in place, and quick for a few).
TIES = """\
def kernel(start, stop, args):
    wide()
    keys = buffer(args, 0, {dtype})
    order = buffer(args, 1, int64)
    count = size(args, 2)
    apart = {apart}
    for line in range(start, stop):
        first = line // apart * count * apart + line % apart
        tied = False
        last = order[first]
        before = keys[first + last * apart]
        for k in range(1, count):
            key = keys[first + order[first + k * apart] * apart]
            place = order[first + k * apart]
            tied = tied | (place < last) & (equal(key, before) | not_equal(key, key))
            before, last = key, place
        if tied:
            begin = 0
            while begin < count:
                x = keys[first + order[first + begin * apart] * apart]
                end = begin + 1
                while end < count:
                    y = keys[first + order[first + end * apart] * apart]
                    if not (equal(x, y) | (not_equal(x, x) & not_equal(y, y))):
                        break
                    end = end + 1
                gap = 1
                while gap < (end - begin) // 3:
                    gap = 3 * gap + 1
                while gap > 0:
                    for k in range(begin + gap, end):
                        place = order[first + k * apart]
                        to = k
                        while to >= begin + gap:
                            other = order[first + (to - gap) * apart]
                            if other < place:
                                break
                            order[first + to * apart] = other
                            to = to - gap
                        order[first + to * apart] = place
                    gap = gap // 3
                begin = end
    return 0
"""


def ties(node):
    """The text that puts places of equal keys in order; the words it needs; how many lines."""
    shape, axis = node.shape, node.attrs["axis"]
    apart = prod(shape[axis + 1 :])
    words = [shape[axis], *([apart] if apart > 1 else [])]
    near = "size(args, 3)" if apart > 1 else "1"
    text = TIES.format(dtype=typename(node.args[0].dtype), apart=near)
    return text, words, prod(shape) // shape[axis]
