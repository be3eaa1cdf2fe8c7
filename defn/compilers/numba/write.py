"""The text of one kernel as it grows: names, sizes, the table of arguments, nested blocks of
lines."""

from __future__ import annotations

from defn.compilers.numba.code import typename
from defn.compilers.numba.index import Loop
from defn.compilers.numba.kernel import Block, Source
from defn.compilers.numba.layout import LARGEST, LITERAL
from defn.compilers.numba.tidy import tidied


class Writer:
    """A kernel in the making. `blocks` are those that are open, outermost first; `free`: is the
    order of its arithmetic?"""

    def __init__(self, free=False):
        self.free = free
        self.root = Block("def kernel(start, stop, args):")
        self.blocks, self.ends = [self.root], []
        self.buffers, self.sizes, self.failures, self.hooks = {}, {}, [], []
        self.count, self.chunked = 0, False
        self.bases, self.tops, self.starts, self.traded = {}, {}, [], {}

    # Going back: a cut in a loop makes what was begun void.

    def mark(self):
        block = self.blocks[-1]
        return (
            len(block.items), dict(block.names), len(self.root.items), dict(self.root.names),
            dict(self.buffers), dict(self.sizes), len(self.failures), self.count, dict(self.bases),
            len(self.blocks), len(self.ends),
        )  # fmt: skip

    def reset(self, mark):
        (
            items,
            names,
            root_items,
            root_names,
            self.buffers,
            self.sizes,
            failures,
            self.count,
            self.bases,
        ) = mark[:9]
        del self.blocks[mark[9] :], self.ends[mark[10] :]
        del self.blocks[-1].items[items:], self.root.items[root_items:], self.failures[failures:]
        self.blocks[-1].names, self.root.names = names, root_names

    # Names.

    def fresh(self, stem="t"):
        self.count += 1
        return f"{stem}{self.count}"

    def buffer(self, storage):
        """The name of a storage in this kernel."""
        if storage not in self.buffers:
            if storage.role == "growing":
                self.buffer(storage.data)
            letter = "x" if storage.role == "input" else "y"
            self.buffers[storage] = f"{letter}{len(self.buffers)}"
        return self.buffers[storage]

    def trade(self, sources):
        """Let names of storages trade places: each key is from here on where its value was."""
        old = [t for t in sources if t not in sources.values()]
        free = [s for s in sources.values() if s not in sources]
        moves = {**sources, **dict(zip(free, old))}
        joined = {self.scope(s) for s in moves}
        for storage, scope in self.traded.items():
            if scope in joined:
                self.traded[storage] = min(joined)
        self.traded.update(dict.fromkeys(moves, min(joined)))
        self.line(
            f"{', '.join(map(self.buffer, moves))} = {', '.join(map(self.buffer, moves.values()))}"
        )

    def place(self, storage):
        """Where the address of a storage stands among the arguments."""
        self.buffer(storage)
        return list(self.buffers).index(storage)

    def scope(self, storage):
        """The alias scope of a storage: that of all with which its name traded places."""
        return self.traded.get(storage, self.place(storage))

    def number(self, value):
        """A size as text: small ones as they are, others by the name of an argument."""
        if abs(value) <= LITERAL:
            return str(value)
        return (
            self.sizes.setdefault(abs(value), f"n{len(self.sizes)}")
            if value > 0
            else f"-{self.number(-value)}"
        )

    def size(self, value):
        """A size that is an argument however small it is."""
        return self.sizes.setdefault(value, f"n{len(self.sizes)}")

    def failure(self, failure):
        """The text of the status that stops the kernel with a failure."""
        self.failures.append(failure)
        return f"return failed + {len(self.failures)}"

    # Lines.

    def line(self, text, block=None):
        (block or self.blocks[-1]).items.append(text)

    def open(self, header, loops=()):
        self.blocks.append(Block(header, loops))
        return self.blocks[-1]

    def close(self):
        done = self.blocks.pop()
        if done.items or not done.header.startswith("for "):
            self.blocks[-1].items.append(done)

    def base(self, storage, size):
        """The variable that says where this chunk's copy of a scratch storage begins."""
        if storage not in self.bases:
            self.chunked = True
            self.bases[storage] = name = self.fresh("row")
            self.line(f"{name} = start // chunk * {self.number(size)}", self.root)
        return self.bases[storage]

    def divide(self, own):
        """Give each chunk of rows its own part of some storages."""
        for place, (storage, name) in enumerate(self.buffers.items()):
            if storage in own:
                storage.copies = self.chunked = True
                scope, size = self.scope(storage), self.size(storage.bytes)
                first = f"size(args, {place}) + start // chunk * {size}"
                self.starts.append(
                    f"{name} = elements({first}, {typename(storage.dtype)}, {scope})"
                )

    def source(self):
        """The whole text, and what its arguments are."""
        head = ["wide()", "free()"] if self.free else ["wide()"]
        for k, (storage, name) in enumerate(self.buffers.items()):
            if storage.role != "growing":
                scope = f", {self.traded[storage]}" if storage in self.traded else ""
                head.append(f"{name} = buffer(args, {k}, {typename(storage.dtype)}{scope})")
        for k, (storage, name) in enumerate(self.buffers.items()):
            if storage.role == "growing":
                record = self.buffers[storage.data]
                head.append(f"{name} = elements({record}[0], {typename(storage.dtype)}, {k})")
        for k, (value, name) in enumerate(self.sizes.items(), len(self.buffers)):
            kind = "large" if LITERAL < value < LARGEST else "size"
            head.append(f"{name} = {kind}(args, {k})")
        special = (("chunk", self.chunked), ("hooks", self.hooks), ("failed", self.failures))
        names = [name for name, needed in special if needed]
        for k, name in enumerate(names, len(self.buffers) + len(self.sizes)):
            head.append(f"{name} = size(args, {k})")
        self.root.items[:0] = head + self.starts
        self.root.items += [*self.ends, "return 0"]
        text = "\n".join(tidied(self.root).lines()) + "\n"
        return Source(
            text,
            tuple(self.buffers),
            tuple(self.sizes),
            tuple(self.failures),
            self.chunked,
            tuple(self.hooks),
        )


class Real(tuple):
    """Neighbouring loops that run as one."""

    __slots__ = ()

    name = property(lambda self: self[0].name)
    level = property(lambda self: self[0].level)

    @property
    def size(self):
        total = 1
        for loop in self:
            total *= loop.size
        return total


def text_of(affine, writer, reals):
    """An index or an address as text."""
    parts, done = [], set()
    for variable, coefficient in affine.terms:
        if isinstance(variable, Loop):
            real = reals[variable]
            if real in done:
                continue
            done.add(real)
            variable, coefficient = real, affine.coefficient(real[-1])
        parts.append((variable.name, coefficient))
    texts = [_term(name, coefficient, writer) for name, coefficient in parts]
    text = " + ".join(texts).replace("+ -", "- ")
    constant = affine.constant
    if not text:
        return writer.number(constant)
    for times, stride in in_strides(constant, [c for _, c in parts]):
        sign, times = ("-", -times) if times < 0 else ("+", times)
        one = stride == 1
        text += f" {sign} {writer.number(times) if one else _term(writer.number(stride), times, writer)}"
    return text


def in_strides(constant, coefficients):
    """A constant as multiples of the strides beside it and a small rest, as (times, of) pairs: so
    that LLVM sees which addresses lie on one line."""
    found, rest = [], constant
    for stride in sorted({abs(c) for c in coefficients if abs(c) > LITERAL}, reverse=True):
        times = round(rest / stride)
        if times:
            found.append((times, stride))
            rest -= times * stride
    if abs(rest) > LITERAL or any(abs(times) > LITERAL for times, _ in found):
        found, rest = [], constant
    return [*found, (rest, 1)] if rest else found


def _term(name, coefficient, writer):
    if coefficient == 1:
        return name
    if coefficient == -1:
        return f"-{name}"
    return (
        f"{name} * {writer.number(coefficient)}"
        if coefficient > 0
        else f"-{name} * {writer.number(-coefficient)}"
    )
