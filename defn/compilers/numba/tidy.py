"""Text as a person would write it: a name that is used once, in the next line, gives way to what it
stands for."""

from __future__ import annotations

import re

from defn.compilers.numba.kernel import Block

NAME = re.compile(r"\b[tk]\d+\b")
SETS = re.compile(r"(?P<name>[tk]\d+) = (?P<value>.+)")
USES = re.compile(r"[\w, \[\]*+-]+ = .+")
WIDEST = 88


def tidied(root):
    """The block, with names that are used once written out where they are used."""
    counts: dict = {}
    for line in root.lines():
        for name in NAME.findall(line):
            counts[name] = counts.get(name, 0) + 1
    _tidy(root, counts, 0)
    return root


def _tidy(block, counts, depth):
    items = []
    for item in block.items:
        if isinstance(item, Block):
            _tidy(item, counts, depth + 1)
        elif USES.fullmatch(item):
            item = _absorb(item, items, counts, WIDEST - 4 * depth)
        items.append(item)
    block.items = items


def _absorb(line, before, counts, room):
    """The line, with the lines just before it taken in as long as only it needs them."""
    while before and isinstance(before[-1], str):
        found = SETS.fullmatch(before[-1])
        if not found or counts[found["name"]] != 2:
            break
        joined = _written_out(line, found["name"], found["value"])
        if joined is None or len(joined) > room:
            break
        line = joined
        before.pop()
    return line


def _written_out(line, name, value):
    place = re.search(rf"\b{name}\b", line)
    if place is None or line.startswith("if "):
        return None
    head, tail = line[: place.start()], line[place.end() :]
    alone = head.endswith(("(", "[", ", ", " = ")) and (not tail or tail[0] in "),]")
    bare = " " not in value or _is_call(value)
    return f"{head}{value}{tail}" if alone or bare else f"{head}({value}){tail}"


def _is_call(text):
    """Is a text one call or one element, whose brackets close at its end?"""
    if not re.match(r"[\w.]+[(\[]", text):
        return False
    depth = 0
    for k, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and letter in ")]":
            return k == len(text) - 1
    return False
