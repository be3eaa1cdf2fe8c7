"""Laws of reading and writing at an index."""

from __future__ import annotations

from defn import ops
from defn.expr import index, make
from defn.transforms.known import known
from defn.transforms.laws.movement import of_one_value


def whole(shape, starts, attrs):
    """Does a window cover the whole array?"""
    return (
        attrs["sizes"] == shape
        and all(k == 1 for k in attrs["steps"])
        and all(known(start) == 0 for start in starts)
    )


def whole_read(node):
    """Reading all of an array is the array."""
    a, *starts = node.args
    return a if whole(a.shape, starts, node.attrs) else None


def whole_write(node):
    """Writing all of an array is what is written."""
    a, value, *starts = node.args
    return value if whole(a.shape, starts, node.attrs) else None


def composed(outer, inner):
    """The window that `inner` is in the window `outer`; each is starts and settings."""
    starts, sizes, steps = [], [], []
    rest = iter(zip(inner[0], inner[1]["sizes"], inner[1]["steps"]))
    for start, size, step in zip(outer[0], outer[1]["sizes"], outer[1]["steps"]):
        offset, size, further = (None, None, 1) if size is None else next(rest)
        starts.append(start if offset is None else moved(start, offset, step))
        sizes.append(size)
        steps.append(step * further)
    return starts, {"sizes": tuple(sizes), "steps": tuple(steps)}


def moved(start, offset, step):
    """The index `start + step * offset`."""
    known_start, known_offset = known(start), known(offset)
    if known_start is not None and known_offset is not None:
        return index(known_start + step * known_offset)
    if known_offset == 0:
        return start
    further = offset if step == 1 else make(ops.multiply, (offset, index(step)))
    return further if known_start == 0 else make(ops.add, (start, further))


def read_of_read(node):
    """A window of a window is a window."""
    inner = node.args[0]
    if inner.op is not ops.get:
        return None
    starts, attrs = composed((inner.args[1:], inner.attrs), (node.args[1:], node.attrs))
    return make(ops.get, (inner.args[0], *starts), attrs)


def read_of_write(node):
    """What was just written there, read."""
    put = node.args[0]
    if put.op is ops.put and put.args[2:] == node.args[1:] and put.attrs == node.attrs:
        return put.args[1]
    return None


def write_of_read(node):
    """Writing what was read there changes nothing."""
    a, value = node.args[:2]
    if value.op is ops.get and value.args == (a, *node.args[2:]) and value.attrs == node.attrs:
        return a
    return None


def write_through_window(node):
    """A write into a window of an array, written back there, is a write into the array."""
    a, value, *starts = node.args
    if value.op not in (ops.put, ops.add_at):
        return None
    seen = value.args[0]
    if seen.op is not ops.get or seen.args != (a, *starts) or seen.attrs != node.attrs:
        return None
    places, attrs = composed((starts, node.attrs), (value.args[2:], value.attrs))
    return make(value.op, (a, value.args[1], *places), attrs)


def read_of_broadcast(node):
    """A window of repeated values is repeated values of a window."""
    spread, starts = node.args[0], node.args[1:]
    if spread.op is not ops.broadcast or not spread.args[0].shape:
        return None
    x, axes, sizes = spread.args[0], spread.attrs["axes"], node.attrs["sizes"]
    left = [k for k, n in enumerate(sizes) if n is not None]
    stretched = [x.shape[k] != spread.shape[axis] for k, axis in enumerate(axes)]
    inner = {
        "sizes": tuple(
            None if sizes[axis] is None else 1 if wide else sizes[axis]
            for axis, wide in zip(axes, stretched)
        ),
        "steps": tuple(
            1 if wide else node.attrs["steps"][axis] for axis, wide in zip(axes, stretched)
        ),
    }
    places = [index(0) if wide else starts[axis] for axis, wide in zip(axes, stretched)]
    window = make(ops.get, (x, *places), inner)
    kept = tuple(left.index(axis) for axis in axes if sizes[axis] is not None)
    return (
        make(ops.broadcast, (window,), {"shape": node.shape, "axes": kept})
        if node.shape
        else window
    )


LAWS = {
    ops.get: (whole_read, of_one_value, read_of_write, read_of_read, read_of_broadcast),
    ops.put: (whole_write, write_of_read, write_through_window),
}
