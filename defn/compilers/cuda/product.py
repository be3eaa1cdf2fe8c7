"""Products of matrices: a block computes a tile of the result from tiles in shared memory.

Of a large result each thread has a small tile in registers, so that what it reads from shared
memory is used several times; of a small one it has an element.
"""

from __future__ import annotations

from math import prod

from defn.compilers.cuda.write import SHORT
from defn.compilers.numba.code import typename
from defn.compilers.numba.kernel import Source
from defn.compilers.numba.product import passed

DEEP = 16  # terms in shared memory at a time
SIDE = 16  # threads along each side of a tile
THREADS = SIDE * SIDE
MUCH = 64  # rows and columns from which on a thread has several of each

SIZES = ("rows", "columns", "terms", "down", "along", "xr", "xk", "yk", "yc")
HEAD = """\
def kernel(x, y, z, rows, columns, terms, down, along, xr, xk, yk, yc):
{narrow}
    left = shared_buffer({dtype}, {left_room})
    right = shared_buffer({dtype}, {right_room})
    me = int64(lane())
    upper = quotient(me, {side})
    inner = me - upper * {side}
    tile = int64(block())
    batch = quotient(tile, down * along)
    tile = tile - batch * down * along
    top = quotient(tile, along)
    first_column = (tile - top * along) * {wide}
    first_row = top * {wide}
{zeros}
    deep = small(0)
    while below(deep, small(terms)):
        done = int64(deep)
{loads}
        barrier()
        for p in range({deep}):
{reads}
{sums}
        barrier()
        deep = further(deep, uint64({deep}))
{stores}
"""
LOAD = """\
        e = me + {offset}
        r = quotient(e, {deep})
        k = e - r * {deep}
        left[k * {pitch} + r] = {dtype}(0)
        if first_row + r < rows and done + k < terms:
            at = (first_row + r) * xr + (done + k) * xk
            left[k * {pitch} + r] = x[batch * rows * terms + at]
        k = quotient(e, {wide})
        c = e - k * {wide}
        right[e] = {dtype}(0)
        if done + k < terms and first_column + c < columns:
            at = (done + k) * yk + (first_column + c) * yc
            right[e] = y[batch * terms * columns + at]
"""
STORE = """\
    r = first_row + upper * {each} + {i}
    c = first_column + inner + {j} * {side}
    if r < rows and c < columns:
        z[(batch * rows + r) * columns + c] = t{i}_{j}
"""


def source(node, storages):
    """The kernel of a product, and how many blocks it has; a turned operand is read as it lies."""
    (*batch, rows, columns), terms = node.shape, node.args[0].shape[-1]
    each = 4 if min(rows, columns) >= MUCH else 1
    wide = SIDE * each
    down, along = -(-rows // wide), -(-columns // wide)
    left, right = (given is not whole for given, whole in zip(passed(node), node.args))
    steps = (*((1, rows) if left else (terms, 1)), *((1, terms) if right else (columns, 1)))
    sizes = (rows, columns, terms, down, along, *steps)
    narrow = max(prod(s.shape) for s in (node, *node.args)) < SHORT
    made = Source(text(typename(node.dtype), each, narrow), tuple(storages), sizes, (), False)
    return made, prod(batch) * down * along


def text(dtype, each, narrow):
    """The kernel in which each thread has `each` rows by `each` columns of a tile."""
    wide, parts = SIDE * each, [(i, j) for i in range(each) for j in range(each)]
    pitch = wide + 1  # neighbours in a column of the left tile lie in different banks
    lines = lambda form, places: "".join(f"{form.format(**place)}\n" for place in places).rstrip(
        "\n"
    )
    each_of = [{"q": q} for q in range(each)]
    loads = "".join(
        LOAD.format(dtype=dtype, deep=DEEP, wide=wide, pitch=pitch, offset=q * THREADS)
        for q in range(each)
    ).rstrip("\n")
    reads = [
        lines(f"            a{{q}} = left[p * {pitch} + upper * {each} + {{q}}]", each_of),
        lines(f"            b{{q}} = right[p * {wide} + inner + {{q}} * {SIDE}]", each_of),
    ]
    places = [{"i": i, "j": j} for i, j in parts]
    stores = "".join(STORE.format(each=each, side=SIDE, **place) for place in places)
    return HEAD.format(
        narrow=lines("    {n} = narrow({n})", [{"n": n} for n in SIZES if narrow]) or "    pass",
        dtype=dtype, side=SIDE, deep=DEEP, wide=wide,
        left_room=DEEP * pitch, right_room=DEEP * wide,
        zeros=lines(f"    t{{i}}_{{j}} = {dtype}(0)", places), loads=loads, reads="\n".join(reads),
        sums=lines("            t{i}_{j} = add_any(t{i}_{j}, multiply_any(a{i}, b{j}))", places),
        stores=stores.rstrip("\n"),
    )  # fmt: skip
