"""Fourier transforms of lines as kernels of our own: which are, and how the lines are shared out.

NumPy's are left where there are few short lines, and lengths with large prime factors. `fourier` has
the machine's language.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from defn import ops
from defn.compilers.numba.kernel import Storage
from defn.compilers.numba.layout import SIDE
from defn.compilers.numba.registers import registers
from defn.compilers.numba.roots import lines
from defn.expr import constant_value, make
from defn.transforms import written_out as forms
from defn.transforms.in_steps.fourier import factors, turn

NAMES = ("fft", "ifft", "rfft", "irfft")
FORMS = ("", "_rows", "_columns")
FOURIER = (ops.fft, ops.rfft, ops.irfft)
LEAST, MOST = SIDE * SIDE, 1 << 14  # complex numbers of a line whose own fill the vectors
LEAST_ABREAST, MOST_ABREAST = SIDE, 1 << 12  # of lines that do so together
LARGEST = 13  # factor
WIDE = 32  # bytes of a vector, from which on there are registers enough
BEYOND = 16  # numbers behind each part of a line: the first again, and to be on lines of its own


# In the graph.


def in_lines(graph):
    """The graph whose transforms are those of lines where there are kernels for them that are
    quicker than a library; inside of loops none can be called."""
    graph = graph.map_bodies(in_lines_inside)
    return lines_of(graph) if registers().size >= WIDE else graph


def in_lines_inside(body):
    """The same of a body, and of those in it."""
    return lines_of(body.map_bodies(in_lines_inside))


def lines_of(graph):
    """The graph whose transforms are those of lines, axis by axis, their factors with them."""
    if not any(op in graph.operations for op in FOURIER):
        return graph
    users, roots = graph.users(), set(graph.roots)

    def rule(node, args):
        if node.op in FOURIER:
            return _axes(node, *args)
        made = node.with_args(args) if args else node
        if node.op is not ops.multiply or args[0].op is not lines:
            return made
        factor = _factor(node.args[1])
        alone = len(users[node.args[0]]) == 1 and node.args[0] not in roots
        if factor is None or not alone:
            return made
        settings = {**args[0].attrs, "factor": args[0].attrs["factor"] * factor}
        return make(lines, args[0].args, settings, where=node.where)

    return graph.remade(rule)


def written_out(graph):
    """The graph in which what no library is called for is loops, but for these transforms."""
    return forms.written_out(graph, kept=are_lines)


def _factor(node):
    """The real number that an array has everywhere; None where it is not one."""
    known = constant_value(node)
    if known is None or known.size != 1 or known.imag or not np.isfinite(known):
        return None
    return float(known.real.item())


def _each(node):
    """Along which axes lines are transformed one after another, of how many complex numbers each,
    and the name of that."""
    attrs, (x,) = node.attrs, node.args
    if node.op is ops.fft:
        name = "ifft" if attrs["inverse"] else "fft"
        return [(axis, x.shape[axis], name) for axis in reversed(attrs["axes"])]
    n, odd = divmod(attrs.get("n", x.shape[attrs["axis"]]), 2)
    return [(attrs["axis"], 0 if odd else n, str(node.op))]


def are_lines(node):
    """Are there kernels for the whole of this transform?"""
    if node.op not in FOURIER or constant_value(node.args[0]) is not None:
        return False
    return all(form_of(node.args[0], axis, n) is not None for axis, n, _ in _each(node))


def _axes(node, x):
    """A transform as one after another, each of the lines along an axis; the first reads real
    numbers as such."""
    for axis, n, name in _each(node):
        form = None if constant_value(x) is not None else form_of(x, axis, n)
        if form is not None:
            x = x.args[0] if node.op is ops.fft and _is_real(x) else x
            settings = {"name": name, "axis": axis, "n": n, "form": form, "factor": 1.0}
            x = make(lines, (x,), settings, where=node.where)
        else:
            settings = {**node.attrs, "axes": (axis,)} if node.op is ops.fft else node.attrs
            x = make(node.op, (x,), settings, where=node.where)
    return x


def _is_real(x):
    """Is this real numbers as complex ones?"""
    return (
        x.op is ops.cast and x.dtype.char in "FD" and x.args[0].dtype.char == x.dtype.char.lower()
    )


def form_of(x, axis, n):
    """How the lines of an array along an axis are done, of so many complex numbers each; None where
    NumPy does them."""
    if x.dtype.char not in "fdFD" or n < 2 or not prod(x.shape) or max(factors(n)) > LARGEST:
        return None
    before, behind = prod(x.shape[:axis]), prod(x.shape[axis + 1 :])
    if behind > 1:
        return "_columns" if behind >= SIDE and n <= MOST_ABREAST else None
    if n % SIDE == 0 and LEAST <= n <= MOST:
        return ""
    return "_rows" if before >= SIDE and LEAST_ABREAST <= n <= MOST_ABREAST else None


# How a line is done.


class Pass(NamedTuple):
    """One factor: of `left` numbers, `behind` side by side are transformed alike."""

    radix: int
    left: int
    behind: int

    @property
    def apart(self):
        return self.left // self.radix

    @property
    def turns(self):
        """Real numbers of its table."""
        return 2 * (self.radix - 1) * self.apart


def passes(n, abreast):
    """The passes of a line of n complex numbers."""
    left, behind = n, 1
    for radix in factors(n) if abreast else (SIDE, *factors(n // SIDE)):
        yield Pass(radix, left, behind)
        left, behind = left // radix, behind * radix


def tables(n, inverse, abreast):
    """The numbers by which the results of each pass are turned, in the order in which they are read."""
    for radix, left, behind in passes(n, abreast):
        many = turn(np.outer(np.arange(1, radix), np.arange(left // radix)), left, inverse)
        found = np.stack([many.real, many.imag], axis=1)
        yield found if behind == 1 and not abreast else np.moveaxis(found, 2, 0)


def halving(n, inverse):
    """What the transform of a real line of 2 n numbers needs besides."""
    found = turn(np.arange(n + 1), 2 * n, inverse) * (1j if inverse else -0.5j)
    return np.stack([found.real, found.imag])


def turns(n, inverse, abreast):
    """All tables of a transform as one line of numbers."""
    every = *tables(n, inverse, abreast), halving(n, inverse)
    return np.concatenate([t.ravel() for t in every])


def known_numbers(n, abreast):
    """How many numbers the tables are."""
    return sum(p.turns for p in passes(n, abreast)) + 2 * (n + 1)


def room(n, abreast):
    """Real numbers that a line, or eight, need on their way."""
    return 4 * (n + BEYOND) * (SIDE if abreast else 1)


# Kernels.


KERNEL = """\
def kernel(start, stop, args):
    wide()
    x = buffer(args, 0, {source})
    y = buffer(args, 1, {target})
    turns = buffer(args, 2, float64)
    room = buffer(args, 3, float64)
    chunk = size(args, 4)
{sizes}    for piece in range(start, stop):
        {call}
    return 0
"""
CALL = "{word}({x}, {first}, {y}, {start}, {step}, {turns}, {room}, {at}, {turns}[{factor}], {n})"
# Where the lines of a piece begin: the last pieces end with the array, and do some lines again.
PLACE = {
    "": "piece * {size}",
    "_rows": "min(piece * {side}, {last}) * {size}",
    "_columns": "piece // {pieces} * {size} * {behind} + min(piece % {pieces} * {side}, {behind} - {side})",
}
SIZES = {"": (), "_rows": ("last",), "_columns": ("behind", "pieces")}


class Shares(NamedTuple):
    """How many pieces there are, and the sizes that say where they are, in the order of `SIZES`."""

    pieces: int
    sizes: tuple


def shares(node):
    """How the lines of a node are shared out."""
    (x,), axis, form = node.args, node.attrs["axis"], node.attrs["form"]
    before, behind = prod(x.shape[:axis]), prod(x.shape[axis + 1 :])
    if form == "_columns":
        pieces = -(-behind // SIDE)
        return Shares(before * pieces, (behind, pieces))
    return Shares(-(-before // SIDE), (before - SIDE,)) if form else Shares(before, ())


def memory(node):
    """The tables of a node, its factor behind them, and the memory that it needs on its way."""
    n, abreast = node.attrs["n"], node.attrs["form"] != ""
    known = turns(n, node.attrs["name"][0] == "i", abreast)
    known = np.append(known, node.attrs["factor"])
    tables = Storage(known.dtype, known.size, "constant", known)
    return tables, Storage(known.dtype, room(n, abreast))


def call(node, sizes, x="x", y="y", tables="turns", spare="room", at="0", offsets=("", "")):
    """The statement that does one `piece`. `sizes` are texts; `offsets`: where the arrays begin."""
    (given,), attrs, form = node.args, node.attrs, node.attrs["form"]
    known = dict(zip(SIZES[form], sizes), side=SIDE)
    first, start = (
        offset + PLACE[form].format(size=each.shape[attrs["axis"]], **known)
        for offset, each in zip(offsets, (given, node))
    )
    return CALL.format(
        word=attrs["name"] + form, x=x, first=first, y=y, start=start, step=known.get("behind", 0),
        turns=tables, room=spare, at=at, factor=known_numbers(attrs["n"], form != ""), n=attrs["n"],
    )  # fmt: skip


def text(node):
    """The kernel of some pieces of a node."""
    names = SIZES[node.attrs["form"]]
    sizes = "".join(f"    {name} = size(args, {k})\n" for k, name in enumerate(names, 5))
    at = f"start // chunk * {room(node.attrs['n'], node.attrs['form'] != '')}"
    return KERNEL.format(
        source=node.args[0].dtype, target=node.dtype, sizes=sizes, call=call(node, names, at=at)
    )


def work(node):
    """Additions and multiplications."""
    return 5 * prod(node.shape) * node.attrs["n"].bit_length()
