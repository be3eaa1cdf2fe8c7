"""Object code gets a place in memory and addresses: by ourselves where we can, else by LLVM.

LLVM takes 15 milliseconds to import and most of one for each object. What it does for an object of
ours, which has no writable data and calls functions by their absolute address, is a copy and a few
words to fill in.
"""

from __future__ import annotations

import ctypes
import importlib
import mmap
import platform
import struct
import sys
from typing import NamedTuple

from defn.compilers.numba import symbols

OURS = symbols.X86 and platform.system() == "Linux" and sys.maxsize > 2**32
# Called by LLVM of its own accord, where the processor has no instruction for it.
NARROWING = "__truncdfhf2"

# --- the ELF format, of which an object of ours has this ----------------------------------------

HEADER = struct.Struct("<4sB35xQ10x3H")  # magic, class; where sections are, their size and count
SECTION = struct.Struct("<2I4Q2I2Q")
SYMBOL = struct.Struct("<IBBHQQ")
RELOCATION = struct.Struct("<QQq")
TABLE, RELOCATIONS, ZEROES = 2, 4, 8  # kinds of sections
WRITABLE, LOADED = 1, 2  # flags of sections
ABSOLUTE, RELATIVE = {1: "<Q"}, {2: "<i", 4: "<i", 24: "<q"}  # kinds of relocations
RESERVED = 0xFF00  # numbers of sections that are none
FILE = 4  # the kind of the symbol that says where a module came from


class Section(NamedTuple):
    """A row of the table of sections."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    each: int


class Foreign(ValueError):
    """Object code that says more than is understood here."""


class Mapped:
    """Object code in pages of its own, for as long as this object lives; `find(symbol)` gives the
    addresses of what it calls."""

    def __init__(self, code, find):
        self.code = code
        self.sections = sections(code)
        self.places, size = arranged(self.sections)
        self.pages = mmap.mmap(-1, max(size, 1), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.held = ctypes.c_char.from_buffer(self.pages)
        self.base = ctypes.addressof(self.held)
        for k, place in self.places.items():
            part = self.sections[k]
            self.pages[place : place + part.size] = code[part.offset : part.offset + part.size]
        self.symbols = dict(self._symbols(find))
        for section in self.sections:
            if section.kind == RELOCATIONS and section.info in self.places:
                self._relocate(section)
        protect(self.base, len(self.pages))

    def address(self, name):
        return self.symbols[name]

    def _symbols(self, find):
        """(name, address) of all symbols, and in `values` the addresses by number."""
        table = next(s for s in self.sections if s.kind == TABLE)
        names = self.sections[table.link]
        self.values = []
        for name, kind, _, section, value, _ in SYMBOL.iter_unpack(part(self.code, table)):
            start = names.offset + name
            text = self.code[start : self.code.index(b"\0", start)].decode()
            self.values.append(self._value(text, kind & 15, section, value, find))
            yield text, self.values[-1]

    def _value(self, name, kind, section, value, find):
        if section in self.places:
            return self.base + self.places[section] + value
        if section >= RESERVED and kind != FILE:
            raise Foreign(f"the symbol {name} lies in no section")
        return find(name) if name and section == 0 else 0

    def _relocate(self, section):
        """Fill in what a section says of its neighbour."""
        first = self.places[section.info]
        for offset, info, addend in RELOCATION.iter_unpack(part(self.code, section)):
            kind, value = info & 0xFFFFFFFF, self.values[info >> 32] + addend
            if kind in ABSOLUTE:
                struct.pack_into(ABSOLUTE[kind], self.pages, first + offset, value)
            elif kind in RELATIVE:
                value -= self.base + first + offset
                try:
                    struct.pack_into(RELATIVE[kind], self.pages, first + offset, value)
                except struct.error:
                    raise Foreign("a call too far") from None
            else:
                raise Foreign(f"a relocation of kind {kind}")


def sections(code):
    """The table of sections of an object."""
    magic, bits, start, each, count, _ = HEADER.unpack_from(code)
    if magic != b"\x7fELF" or bits != 2 or each != SECTION.size:
        raise Foreign("no object of 64 bits")
    return [Section(*SECTION.unpack_from(code, start + k * each)) for k in range(count)]


def part(code, section):
    return code[section.offset : section.offset + section.size]


def arranged(sections):
    """{number: place} of what is to be in memory, and how much that is."""
    places, size = {}, 0
    for k, section in enumerate(sections):
        if section.flags & LOADED and section.size:
            if section.flags & WRITABLE or section.kind == ZEROES:
                raise Foreign("data that is written")
            size = -(-size // section.align) * section.align
            places[k] = size
            size += section.size
    return places, size


def protect(address, size):
    """Let memory be run, and no longer written."""
    run = mmap.PROT_READ | mmap.PROT_EXEC
    if symbols.libc().mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), run):
        raise Foreign("memory that may be run is refused")


# --- which of the two ---------------------------------------------------------------------------


def load(code, needed):
    """The library of some object code; ValueError where a symbol that it needs is missing."""
    if OURS:
        try:
            return Mapped(code, found)
        except Foreign:
            pass  # LLVM knows more, of formats and of symbols
    return importlib.import_module(f"{__package__}.objects").load(code, needed)


def found(symbol):
    """The address of a function that object code calls."""
    if symbol == NARROWING:
        raise Foreign("a function that LLVM is to make")
    address = symbols.find(symbol)
    if not address:
        raise Foreign(f"no function {symbol}")
    return address
