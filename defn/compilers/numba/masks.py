"""Choices by where in its loop an element is: the loop is split there, and nothing is left to
choose.

`sum(where(i < k, x[i], 0))` adds up to k and stops; `a[i] = where(i < k, v[i], a[i])` writes up to
k; `a[i] = where((i - k) % s == 0, v[i], a[i])` goes in steps of s. A slice whose bounds or step the
program computes is traced as such a choice.
"""

from __future__ import annotations

from typing import NamedTuple

from defn import ops
from defn.compilers.numba.access import Flat, operands
from defn.compilers.numba.index import Affine, Loop, fixed
from defn.compilers.numba.roots import ARGS, PARTIAL, RUNNING, WRITES
from defn.expr import constant_value

MOST_VISITED = 80  # nodes that are looked through for choices
MOST_POINTS = 2  # at which one loop is split
ORDERS = {
    ops.less: (1, 0), ops.less_equal: (1, -1), ops.greater: (-1, 0), ops.greater_equal: (-1, -1),
}  # fmt: skip
BOTH = (ops.bitwise_and, ops.logical_and)
NEUTRAL = {
    "sum": 0,
    "prod": 1,
    "any": False,
    "all": True,
    "max": float("-inf"),
    "min": float("inf"),
}


class NotYet(LookupError):
    """A variable is asked for before the program sets it."""


class Border(NamedTuple):
    """A condition holds below a point of a loop, or from there on."""

    loop: Loop
    point: Affine
    below: bool


class Comb(NamedTuple):
    """A condition holds at `offset`, and wherever that is a multiple of `stride` away."""

    loop: Loop
    offset: Affine
    stride: Affine


class Masks:
    """What is known of conditions in the loops that are open: a part of `emit.Emitter`."""

    splitting = True

    def begin_masks(self):
        self.facts, self.limits, self.borders, self.combs = {}, {}, {}, {}

    # What is true here.

    def truth(self, condition, index):
        """Whether a condition holds throughout the loops that are open; None where that is not
        known."""
        if not self.facts:
            return None
        known = self.facts.get((condition, index))
        if known is not None or condition.op not in BOTH:
            return known
        parts = [self.truth(part, index) for part in condition.args]
        return False if False in parts else True if all(parts) else None

    def least(self, form, deep=2):
        """A number that an index is never below, in the loops that are open."""
        found = form.bounds(self.ranges)[0]
        for variable, coefficient in form.terms:
            if deep and variable in self.limits:
                low, high = self.limits[variable]
                end = low if coefficient > 0 else high.plus(-1)
                moved = form.plus(Affine(0, ((variable, -coefficient),))).plus(
                    end.scaled(coefficient)
                )
                found = max(found, self.least(moved, deep - 1))
        return found

    def most(self, form):
        """A number that an index is never above."""
        return -self.least(form.scaled(-1))

    # Integers as sums of loops.

    def affine(self, node, index, deep=12):
        """An integer of an array as a sum of loops and variables, or None where it is not one."""
        known = constant_value(node)
        if known is not None and known.size == 1 and node.dtype.kind in "iu":
            return fixed(int(known.reshape(())))
        if not node.shape:
            return self.scalar(node) if node.dtype == "int64" else None
        if node.dtype != "int64" or deep == 0 or isinstance(index, Flat):
            return None
        if node.op is ops.iota:
            return self._single(index[node.attrs["axis"]])
        if node in self.homes and node is not self.computed:
            return None
        rule = AFFINE.get(node.op)
        return rule(self, node, index, deep - 1) if rule else None

    def _single(self, form):
        """An index, if its loops are not parts of longer ones, and its variables are the
        program's."""
        loops = all(len(self.reals.get(v, (v,))) == 1 for v in form.loops())
        return form if loops and all(v.block is not None for v in form.symbols()) else None

    # Where loops are split.

    def find_borders(self, members):
        """The borders in these members' choices, where splitting a loop there leaves less to do; and
        the steps in which a loop may go, where between them there is nothing to do."""
        everyone, members = members, [m for m in members if m.loops and has_choices(m, self.homes)]
        if not self.splitting or not members:
            return
        mark, symbols = self.writer.mark(), dict(self.symbols)
        try:
            for m in members:
                self._add_borders(m)
            self.combs = {k: c for k, c in self.combs.items() if self._skips(everyone, k, c)}
        except NotYet:  # a scalar of this very group: it comes too late to split a loop
            self.writer.reset(mark)
            self.symbols, self.borders, self.combs = symbols, {}, {}
        crowded = {b.loop for b in self.borders.values() if len(self.points(b.loop)) > MOST_POINTS}
        self.borders = {k: b for k, b in self.borders.items() if b.loop not in crowded}

    def _add_borders(self, m):
        for node, index in self._choices(m):
            for condition in conjuncts(node.args[0]):
                border = self.border(condition, index)
                if border is not None:
                    self.borders[condition, index] = border
                comb = self.comb(condition, index)
                if comb is not None:
                    self.combs[condition, index] = comb

    def _skips(self, members, key, comb):
        """Is there nothing to do for these members where a condition does not hold?"""
        facts, self.facts = self.facts, {key: False}
        try:
            return all(self._is_skipped(m, comb.loop) for m in members)
        finally:
            self.facts = facts

    def _is_skipped(self, m, loop):
        if m.node in self.places.settled:
            return True
        inside = loop in (m.reduced or m.loops)
        return inside and m.node.op not in (*ARGS, *RUNNING, *PARTIAL) and self.does_nothing(m)

    def chooses(self, loop):
        """Is a loop split, or does it go in steps?"""
        return bool(self.points(loop)) or any(c.loop == loop for c in self.combs.values())

    def points(self, loop):
        """The points at which a loop is split: first those from which on something holds."""
        found = sorted((b for b in self.borders.values() if b.loop == loop), key=lambda b: b.below)
        return list(dict.fromkeys(b.point for b in found))

    def _choices(self, m):
        """The selects of a member that are worth it: one side does nothing, or reads at a computed
        index."""
        stack, seen = list(m.reads), set()
        while stack and len(seen) < MOST_VISITED:
            node, index = stack.pop()
            stored = node in self.homes and node is not m.node
            if stored or (node, index) in seen or isinstance(index, Flat):
                continue
            seen.add((node, index))
            if node.op is ops.select and any(
                self._is_worth(m, side, index) for side in node.args[1:]
            ):
                yield node, index
            if node.op is ops.get and not self._begins(node):
                continue
            if node.op in THROUGH or node.op.kind is ops.Kind.ELEMENTWISE:
                stack += operands(node, index, self)

    def _begins(self, node):
        """Is it computed by now where a window begins?"""
        stack = list(node.args[1:])
        while stack:
            start = stack.pop()
            if start not in self.homes:
                stack += start.args
            elif self.homes[start] is None and self._known(start, ()) is None:
                return False
        return True

    def _is_worth(self, m, side, index):
        return self.is_idle(m, side, index) or self._gathers(side)

    def _gathers(self, node):
        stack, seen = [node], set()
        while stack and len(seen) < MOST_VISITED:
            node = stack.pop()
            if node in seen or node in self.homes:
                continue
            seen.add(node)
            if node.op is ops.gather:
                return True
            stack += node.args
        return False

    def border(self, condition, index):
        """A comparison of integers as a border in the innermost of its loops."""
        if condition.op not in ORDERS or condition.args[0].dtype != "int64":
            return None
        x, y = (self.affine(a, index) for a in condition.args)
        if x is None or y is None:
            return None
        sign, strict = ORDERS[condition.op]
        form = x.plus(y.scaled(-1)).scaled(sign).plus(strict)  # the condition: form < 0
        loop = max(form.loops(), key=lambda v: v.level, default=None)
        if (
            loop is None
            or abs(form.coefficient(loop)) != 1
            or len(self.reals.get(loop, (loop,))) != 1
        ):
            return None
        below = form.coefficient(loop) == 1
        rest = form.plus(Affine(0, ((loop, -form.coefficient(loop)),)))
        return Border(loop, rest.scaled(-1) if below else rest.plus(1), below)

    def comb(self, condition, index):
        """A test whether a multiple of some stride is reached, as the steps of the innermost of its loops."""
        if not _asks_multiple(condition):
            return None
        zero, (place, stride) = constant_value(condition.args[1]), condition.args[0].args
        if zero is None or zero.any() or place.dtype != "int64":
            return None
        place, stride = (self.affine(a, index) for a in (place, stride))
        if place is None or stride is None or stride.loops():
            return None
        loop = max(place.loops(), key=lambda v: v.level, default=None)
        sign = place.coefficient(loop)
        if loop is None or abs(sign) != 1 or len(self.reals.get(loop, (loop,))) != 1:
            return None
        rest = place.plus(Affine(0, ((loop, -sign),)))
        return Comb(loop, rest.scaled(-sign), stride)

    # Splitting.

    def steps(self, loop, first):
        """Where a loop begins and in which steps it goes, as text, and what is known there."""
        key = next((k for k, comb in self.combs.items() if comb.loop == loop), None)
        if key is None:
            return first, "", {}
        comb, block = self.combs[key], self.writer.blocks[-1]
        stride = f"min(max({self.text(comb.stride)}, 1), {self.writer.number(loop.size)})"
        stride, first = self.assign(stride, block), self.assign(first, block)
        first = self.assign(
            f"{first} + remainder({self.text(comb.offset)} - {first}, {stride})", block
        )
        return first, stride, {key: True}

    def split(self, loop, low, high):
        """The parts of a loop, each with its ends as text and with what is known there."""
        points = self.points(loop)
        whole = (low, high) == ("0", self.writer.number(loop.size))
        ends = [low, *self._held(points, low, high, loop.size if whole else -1), high]
        for k, (first, last) in enumerate(zip(ends, ends[1:])):
            facts = {}
            for key, border in self.borders.items():
                if border.loop == loop:
                    place = points.index(border.point)
                    if (
                        place < k
                        or place == k
                        or self.least(border.point.plus(points[k].scaled(-1))) >= 0
                    ):
                        facts[key] = border.below == (place >= k)
            lower = points[k - 1] if k else fixed(0)
            upper = points[k] if k < len(points) else fixed(loop.size)
            yield first, last, facts, (lower, upper)

    def _held(self, points, low, high, size):
        """The points as text, each held between the one before and the end of the loop."""
        names = []
        for point in points:
            text, before = self.text(point), names[-1] if names else low
            if names or size < 0 or self.least(point) < 0:
                text = f"max({text}, {before})"
            if self.most(point) > size:
                text = f"min({text}, {high})"
            names.append(self.assign(text, self.writer.blocks[-1]))
        return names

    # What need not be done.

    def does_nothing(self, m):
        """Is an element of a member as it was, whatever it was?"""
        node, index = m.reads[0]
        if node is m.node:
            self.computed = node
        idle = m.node.op is not ops.matmul and self.is_idle(m, node, index)
        self.computed = None
        return idle

    def is_idle(self, m, node, index):
        """Does an element of a member leave what it is added to, or written over, as it was?"""
        node, index = self._seen_through(node, index)
        adds = m.node.op in (ops.add_at, ops.scatter_add)
        kind = "sum" if adds else m.node.op.name
        known = constant_value(node)
        if m.reduced or adds:
            kind = m.node.attrs["kind"] if "kind" in m.node.attrs else kind
            return known is not None and kind in NEUTRAL and bool((known == NEUTRAL[kind]).all())
        target, home = self.places.targets.get(m.node), self.homes.get(node)
        if target is None or getattr(home, "storage", None) is not target.storage or node is m.node:
            return False
        where = self._written(m)[1] if m.node.op in WRITES else m.result
        return not isinstance(index, Flat) and home.address(index) == target.address(where)

    def _seen_through(self, node, index):
        """The value that an element is, behind movement and choices that are made."""
        while node not in self.homes or node is self.computed:
            if node.op is ops.select:
                truth = self.truth(node.args[0], index)
                if truth is None:
                    break
                node = node.args[1 if truth else 2]
            elif node.op in THROUGH:
                found = operands(node, index, self)
                if len(found) != 1:
                    break
                ((node, index),) = found
            else:
                break
        return node, index


def has_choices(m, homes):
    """Does a member choose by comparing integers, at all?"""
    stack, seen = [node for node, _ in m.reads], set()
    while stack and len(seen) < MOST_VISITED:
        node = stack.pop()
        if node in seen or node in homes and node is not m.node:
            continue
        seen.add(node)
        if node.op is ops.select and any(map(_is_choice, conjuncts(node.args[0]))):
            return True
        stack += node.args
    return False


def _is_choice(condition):
    return condition.op in ORDERS or _asks_multiple(condition)


def _asks_multiple(condition):
    return condition.op is ops.equal and condition.args[0].op is ops.remainder


def conjuncts(condition):
    """The conditions that must all hold."""
    if condition.op in BOTH:
        return [c for part in condition.args for c in conjuncts(part)]
    return [condition]


THROUGH = (ops.broadcast, ops.reshape, ops.transpose, ops.flip, ops.get, ops.stop_grad)


def _through(emitter, node, index, deep):
    found = operands(node, index, emitter)
    return emitter.affine(*found[0], deep) if len(found) == 1 else None


def _sum(sign):
    def rule(emitter, node, index, deep):
        x, y = (emitter.affine(a, index, deep) for a in node.args)
        return None if x is None or y is None else x.plus(y.scaled(sign))

    return rule


def _negative(emitter, node, index, deep):
    x = emitter.affine(node.args[0], index, deep)
    return None if x is None else x.scaled(-1)


def _multiply(emitter, node, index, deep):
    x, y = (emitter.affine(a, index, deep) for a in node.args)
    if x is None or y is None or x.terms and y.terms:
        return None
    return x.scaled(y.constant) if x.terms else y.scaled(x.constant)


def _extreme(sign):
    """A maximum or minimum, where one side is never beyond the other."""

    def rule(emitter, node, index, deep):
        x, y = (emitter.affine(a, index, deep) for a in node.args)
        if x is None or y is None:
            return None
        more = x.plus(y.scaled(-1)).scaled(sign)
        return x if emitter.least(more) >= 0 else y if emitter.most(more) <= 0 else None

    return rule


AFFINE = {
    **dict.fromkeys(
        (ops.broadcast, ops.reshape, ops.transpose, ops.flip, ops.get, ops.stop_grad), _through
    ),
    ops.add: _sum(1),
    ops.subtract: _sum(-1),
    ops.negative: _negative,
    ops.multiply: _multiply,
    ops.maximum: _extreme(1),
    ops.minimum: _extreme(-1),
}
