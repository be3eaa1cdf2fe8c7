"""What is stored and what is inlined, and which stored values share loops.

A body (the whole graph, or what a loop runs) becomes a list of steps in order: groups of roots that
share their outer loops, and single nodes that are no loops over arrays: structures, library calls,
effects.
"""

from __future__ import annotations

from math import prod

from defn import ops
from defn.compilers.numba.access import (
    Cut,
    Flat,
    apart_from_offset,
    operands,
    same_order,
    window,
)
from defn.compilers.numba.columns import divided
from defn.compilers.numba.index import (
    ANY,
    ZERO,
    Affine,
    Loop,
    Symbol,
    address,
    along,
    fixed,
    loops_of,
    strides,
)
from defn.compilers.numba.product import passed
from defn.compilers.numba.roots import (
    ALONE,
    PARTIAL,
    ROOTS,
    RUNNING,
    STEPS,
    WRITES,
    Root,
    down,
    empty,
    scattered,
)
from defn.compilers.numba.straight import is_straight
from defn.expr import constant_value, make
from defn.order import schedule

RECOMPUTE = 4  # how much arithmetic may be done again rather than kept
FEWER = 8  # times as many elements are changed as are kept for it
DEEPEST = 48  # operations inlined into each other, at most
MOST_CUTS = 8  # of one loop
LEAVES = (ops.parameter, ops.constant, ops.iota, ops.item, empty)


class Survey:
    """Reads a body without writing text: collects what a root reads, and where its loops are
    cut."""

    def __init__(self, cutting=True):
        self.ranges, self.cuts, self.pinned = {}, Cuts(), set()
        self.cutting, self.found, self.names = cutting, [], {}

    def start(self, node, axis, start):
        base, offset = apart_from_offset(start)
        known = constant_value(base)
        if known is not None:
            return fixed(int(known) + offset)
        return self.symbol((base, ())).plus(offset)

    def position(self, indices, at, n):
        return self.symbol((indices, at))

    def clamped(self, part, n):
        self.pinned |= set(part.loops())
        return self.symbol((part, n))

    def symbol(self, key):
        """A variable for what is read; the reading itself is to be visited, in each part of the loops."""
        if key not in self.names:
            self.names[key] = Symbol("s", *ANY, None)
        if not isinstance(key[1], int):
            self.found.append(key)
        return along(self.names[key])

    def cut(self, loop, points):
        """Note where the loop is cut; whether that makes a difference."""
        return self.cutting and self.cuts.add(loop, points, self.ranges)


class Cuts:
    """Where loops are cut, for each part of the loops outside of them; those of a stage only in
    it."""

    def __init__(self):
        self.points, self.stage = {}, None

    def _place(self, loop, ranges):
        stage = self.stage if self.stage and loop in self.stage.loops else None
        return loop, outer(loop, ranges), id(stage)

    def add(self, loop, points, ranges):
        """Cut a loop; True if it was not cut there yet, False where it has too many parts."""
        known = self.points.setdefault(self._place(loop, ranges), set())
        fresh = {p for p in points if 0 < p < loop.size} - known
        if len(known | fresh) > MOST_CUTS:
            return False
        known |= fresh
        return bool(fresh)

    def segments(self, loop, ranges):
        """The parts of a loop between its cuts."""
        points = sorted(self.points.get(self._place(loop, ranges), ()))
        points = [0, *points, loop.size]
        return list(zip(points, points[1:]))

    @property
    def loops(self):
        """The loops that are cut somewhere, outside of stages or in this one."""
        here = (id(None), id(self.stage))
        return {loop for (loop, _, at), points in self.points.items() if points and at in here}


def outer(loop, ranges):
    """The parts of the loops outside of one."""
    return tuple((v, r) for v, r in ranges.items() if v.level < loop.level)


def surveyed(root, stored, cutting=True):
    """What a root reads of stored values: pairs of node and index; and the survey itself."""
    survey = Survey(cutting)
    if root.node.op in (*RUNNING, down):
        survey.pinned |= root.reduced
    while True:
        found = {}
        try:
            for ranges in _every_part(root.loops, survey):
                survey.ranges = ranges
                _visit(root, stored, survey, found)
            return list(found), survey
        except Cut:
            continue


def _every_part(loops, survey):
    parts = [{}]
    for loop in loops:
        if loop in survey.cuts.loops:
            parts = [{**p, loop: r} for p in parts for r in survey.cuts.segments(loop, p)]
    return parts


def _visit(root, stored, survey, found):
    """Walk from a root to the stored values it reads."""
    stack = _first_reads(root, survey)
    seen = set()
    while stack:
        node, index = stack.pop()
        if (node, index) in seen:
            continue
        seen.add((node, index))
        if node.op is ops.iota and not isinstance(index, Flat):
            survey.pinned |= set(index[node.attrs["axis"]].loops())
        known = node.op is ops.constant and prod(node.shape) > 1
        if known or node in stored and node is not root.node:
            found[node, index] = True
            continue
        stack += operands(node, index, survey)
        stack += survey.found
        survey.found = []


def _first_reads(root, survey):
    node = root.node
    if node.op in STEPS or node.op in ROOTS and node.op not in WRITES:
        return list(root.reads)
    if node.op in WRITES:
        written = [(a, i) for a, i in root.reads]
        _, _, *where = node.args
        if node.op in (ops.put, ops.add_at):
            return written + [(s, ()) for s in where if constant_value(s) is None]
        common = len(where[0].shape)
        return written + [(i, root.index[:common]) for i in where]
    start = operands(node, root.index, survey)
    start, survey.found = start + survey.found, []
    if node.op is ops.iota:
        survey.pinned |= set(root.index[node.attrs["axis"]].loops())
    return start


# --- what is stored ------------------------------------------------------------------------------


def stored_nodes(order, outputs, serial, library):
    """The nodes that get a place of their own: in memory, or in a variable."""
    keep = _must_store(order, outputs, serial, library)
    cost = _costs(order, keep)
    spots = {node: set() for node in order}
    for node in reversed(order):
        if (
            node.op in LEAVES
            or node in keep
            or node.op is not ops.reshape
            and _worth(node, spots[node], cost)
        ):
            if node.op not in LEAVES:
                keep.add(node)
                _spread(node, spots, library)
            continue
        for root, index in spots[node]:
            survey = Survey(cutting=False)
            for arg, at in [*operands(node, index, survey), *survey.found]:
                spots[arg].add((root, at))
    return keep | {n for n in order if n.op in (ops.parameter, ops.item)}


def _must_store(order, outputs, serial, library):
    keep = set(outputs)
    for node in order:
        if node.op in ROOTS or node.op in STEPS or node in library:
            keep.add(node)
        if node.op in STEPS or node in library:
            keep |= set(passed(node) if node in library else node.args)
        if node.op in WRITES:
            keep.add(stem(node.args[0]))
        if node.op is ops.reshape and not same_order(node):
            keep.add(stem(node.args[0]))
        if serial and not node.shape and node.op not in LEAVES and node.type.parts is None:
            keep.add(node)
    keep = set(map(stem, keep))
    return {n for n in keep if n.op not in (ops.constant, ops.item) or n.shape}


def stem(node):
    """The value whose memory this node shows: reshapes are undone."""
    while node.op is ops.reshape:
        node = node.args[0]
    return node


def _costs(order, keep):
    """What computing an element costs if all that need not be stored is inlined; long chains are
    cut."""
    cost, depth = {}, {}
    for node in order:
        inlined = dict.fromkeys(a for a in node.args if a not in keep)
        own = (
            node.op.cost
            if node.op.kind is ops.Kind.ELEMENTWISE
            else 4
            if node.op is ops.gather and not all(map(is_counted, node.args[1:]))
            else 0
        )
        cost[node] = min(1000, own + sum(cost[a] for a in inlined))
        depth[node] = 1 + max((depth[a] for a in inlined), default=0)
        if depth[node] > DEEPEST and node.op not in (*LEAVES, ops.reshape) and node.shape:
            keep.add(node)
            depth[node] = 0
    return cost


def _worth(node, spots, cost):
    """Is it better to keep a value than to compute it again wherever it is read?"""
    if prod(node.shape) <= 1 and cost[node] < 100 or is_counted(node):
        return False
    read = sum(_elements(root) for root, _ in spots)
    if read <= prod(node.shape):
        return False
    times = min(len(spots), -(-read // prod(node.shape))) + max(
        (_repeats(root, index) for root, index in spots), default=0
    )
    looked_up = sum(_elements(root) for root, index in spots if is_looked_up(index))
    times = max(times, min(8, looked_up // prod(node.shape)))
    return (times - 1) * cost[node] > RECOMPUTE


def is_counted(node, most=12):
    """Is an array of integers made by counting and a few operations on numbers? Where an index of
    such form is read, loops know how it moves."""
    seen, stack = set(), [node]
    while stack and len(seen) < most:
        node = stack.pop()
        if node in seen or not node.shape:
            continue
        seen.add(node)
        if node.dtype != "int64" or node.op not in COUNTING:
            return False
        stack += node.args
    return not stack


COUNTING = (
    ops.iota, ops.constant, ops.broadcast, ops.reshape, ops.flip, ops.add, ops.subtract,
    ops.negative, ops.maximum, ops.minimum,
)  # fmt: skip


def is_looked_up(index):
    """Does an index come from other arrays, not from the loops?"""
    if isinstance(index, Flat) or loops_of(index):
        return False
    return any(part.symbols() for part in index)


def _elements(root):
    """How many elements a root reads of a value, at most."""
    return prod(loop.size for loop in root.loops) if isinstance(root, Root) else 0


def _repeats(root, index):
    """How often loops outside of those that an index runs along compute it anew."""
    if isinstance(index, Flat) or not isinstance(root, Root):
        return 0
    mine = loops_of(index)
    last = max((loop.level for loop in mine), default=-1)
    return min(8, prod(v.size for v in root.loops if v.level < last and v not in mine) - 1)


def _spread(node, spots, library):
    """What a stored node reads, at the index of its own loops."""
    if node.op in STEPS or node in library:
        return
    root, survey = Root(node), Survey(cutting=False)
    for arg, at in [*_first_reads(root, survey), *survey.found]:
        if arg is node:
            continue
        spots[arg].add((root, at))


# --- groups --------------------------------------------------------------------------------------


class Group:
    """Roots that share their outer loops; inside, stages of roots that share all of them."""

    def __init__(self, member):
        self.members, self.depth = [member], member.rows
        self.stages, self.straight, self.runs = [], False, ()

    @property
    def rows(self):
        """The loops that all members share, or those that are shared between threads."""
        if self.runs:
            return divided(self.runs, self.members[0])
        return self.members[0].loops[: self.depth]

    @property
    def blocks(self):
        """Into how many blocks the rows are cut for partial results, if there are any."""
        return next((m.node.attrs["blocks"] for m in self.members if m.node.op in PARTIAL), 0)

    def __repr__(self):
        return f"<group of {self.members}>"


class Stage:
    """Roots whose inner loops are one."""

    def __init__(self, loops):
        self.loops, self.members = loops, []


class Body:
    """The steps of a graph, and for every root what it reads. `cutting`: are loops cut at
    borders?"""

    cutting = True

    def __init__(self, graph, serial, library=frozenset()):
        self.graph, self.serial, self.library = graph, serial, library
        self.order = schedule(graph)
        self.outputs = graph.outputs
        self.stored = stored_nodes(self.order, self.outputs, serial, library)
        self._store_before_writes()
        self._store_what_reads_its_target()
        self._store_few_that_many_need()
        self.reads, self.surveys, self.roots = {}, {}, {}
        self.place, self.steps, self.items = {}, [], {}
        for node in self.order:
            if node.op is ops.item:
                self.items.setdefault(node.args[0], []).append(node)
                self.place[node] = self.place[node.args[0]]
            if node in self.stored and node.op not in (ops.parameter, ops.item, empty):
                self._add(node)
        self._settle()

    def _add(self, node):
        if node.op in STEPS or node in self.library:
            self._alone(node)
        else:
            root = self.roots[node] = Root(node)
            self.reads[root], self.surveys[root] = surveyed(root, self.stored, self.cutting)
            self._join(root)

    def _alone(self, node):
        self.place[node] = len(self.steps)
        self.steps.append(node)

    def _join(self, root):
        earliest = max((self.place[m] for m, _ in self.reads[root] if m in self.place), default=0)
        if root.node.op not in ALONE:
            for at in range(len(self.steps) - 1, max(earliest, len(self.steps) - 12) - 1, -1):
                depth = self._common(root, self.steps[at], at)
                if depth is not None:
                    self.steps[at].members.append(root)
                    self.steps[at].depth = depth
                    self.place[root.node] = at
                    return
        self._alone(root.node)
        self.steps[-1] = Group(root)

    def _common(self, root, group, at):
        """How many loops a root may share with a group, or None where it must not join."""
        if not isinstance(group, Group) or len(group.members) > 24:
            return None
        if any(m.node.op in ALONE for m in group.members):
            return None
        inside = [(m, i) for m, i in self.reads[root] if self.place.get(m) == at]
        if not inside and not self._shares(root, group):
            return None
        depth = _shared_depth(root, group)
        while depth and not all(self._own_row(m, i, depth) for m, i in inside):
            depth -= 1
        if not self._worth_sharing(root, group, depth, inside):
            return None
        return depth

    def _shares(self, root, group):
        mine = {m for m, i in self.reads[root] if m.shape}
        return any(mine & {m for m, i in self.reads[g]} for g in group.members)

    def _own_row(self, node, index, depth):
        """Does this read of a member stay in the row that the member is computing?"""
        member = self.roots[node]
        if member.node.op in PARTIAL or isinstance(index, Flat):
            return False
        rows = member.loops[:depth]
        return all(
            part == own if set(own.loops()) & set(rows) else not set(part.loops()) & set(rows)
            for part, own in zip(index, member.result)
        )

    def _worth_sharing(self, root, group, depth, inside):
        most = max(len(root.loops), *(len(m.loops) for m in group.members))
        if depth == 0:
            return most == 0 and not any(self.roots[m].node.op in PARTIAL for m, _ in inside)
        whole = depth == group.depth == len(root.loops)
        return whole or bool(inside) or depth == group.depth == root.rows

    def _settle(self):
        """Give every group its stages."""
        for step in self.steps:
            if isinstance(step, Group):
                step.depth = self._as_one(step)
                step.stages = self._stages(step)
                step.straight = self.cutting and is_straight(step, self._inlined)
                if step.members[0].node.op is down:
                    step.runs = self._runs(step.members[0])

    def _runs(self, root):
        """The loops of a root, neighbours as one where they can be."""
        survey = self.surveys[root]
        return merged(root.loops, self.forms(root), survey.pinned | survey.cuts.loops)

    def _inlined(self, root):
        """How many operations an element of a root takes."""
        seen, stack = set(), [node for node, _ in root.reads]
        while stack:
            node = stack.pop()
            if node not in seen and (node not in self.stored or node is root.node):
                seen.add(node)
                stack += node.args
        return len(seen)

    def _as_one(self, group):
        """How many of the shared loops can run as one: only the outermost is split between
        threads."""
        if group.depth < 2:
            return group.depth
        forms = [f for m in group.members for f in self.forms(m)]
        surveys = [self.surveys[m] for m in group.members]
        pinned = set().union(*(s.pinned | s.cuts.loops for s in surveys))
        return len(merged(group.rows, forms, pinned)[0])

    def forms(self, root):
        """The addresses at which a root reads and writes arrays without gaps."""
        reads = [flat_form(n, i) for n, i in self.reads[root]]
        return [*reads, result_form(root)]

    def _stages(self, group):
        stages, home = [], {}
        for root in group.members:
            loops = root.loops[group.depth :]
            first = 0
            for node, index in self.reads[root]:
                if node in home:
                    first = max(
                        first, home[node] + (not self._same_pass(node, index, group, loops))
                    )
            at = next((k for k in range(first, len(stages)) if stages[k].loops == loops), None)
            if at is None:
                at = len(stages)
                stages.append(Stage(loops))
            stages[at].members.append(root)
            home[root.node] = at
        return stages

    def _same_pass(self, node, index, group, loops):
        """May a value be read in the same inner loops that compute it?"""
        member = self.roots[node]
        inner = member.loops[group.depth :]
        if not inner:
            return True
        finished = member.first is None
        return finished and inner == loops and index == member.result

    def copying(self, node):
        """A group that copies a stored value."""
        root = Root(make(ops.stop_grad, (node,), where=node.where))
        self.reads[root], self.surveys[root] = surveyed(root, self.stored, self.cutting)
        group = Group(root)
        group.depth = self._as_one(group)
        group.stages = self._stages(group)
        return group

    # Values read before what holds them is overwritten.

    def _store_before_writes(self):
        """Where a write replaces an array that an inlined value still reads, that value is stored
        before."""
        place = {n: k for k, n in enumerate(self.order)}
        users = {n: [] for n in self.order}
        for node in self.order:
            for arg in dict.fromkeys(node.args):
                users[arg].append(node)
        for write in self.order:
            for a in _replaced(write):
                self._keep_readers(a, place[write], place, users)

    def _store_what_reads_its_target(self):
        """A value that reads the array into which it is written elsewhere than where it is
        written."""
        for write in self.order:
            if (
                write.op in WRITES
                and prod(write.args[1].shape) > 1
                and write.args[1] not in self.stored
            ):
                if self._reads_elsewhere(write):
                    self.stored.add(stem(write.args[1]))

    def _store_few_that_many_need(self):
        """A row or column of an array from which all of it is computed anew: kept apart, so that
        the array can be changed in place."""
        for output in dict.fromkeys(map(stem, self.outputs if self.serial else ())):
            if output not in self.stored or output.op in (*ROOTS, *STEPS, *LEAVES):
                continue
            root, survey, found = Root(output), Survey(cutting=False), {}
            _visit(root, self.stored, survey, found)
            changed = {n for n, i in found if i == root.index and n.shape == output.shape}
            if any(n in changed and i != root.index for n, i in found):
                self.stored |= self._small_windows(output, changed)

    def _small_windows(self, output, arrays):
        """The small windows of some arrays that a value is computed from."""
        found, seen, stack = set(), set(), list(output.args)
        while stack:
            node = stack.pop()
            if node in seen or node in self.stored:
                continue
            seen.add(node)
            small = 1 < FEWER * prod(node.shape) <= prod(output.shape)
            if node.op is ops.get and node.args[0] in arrays and small:
                found.add(node)
            else:
                stack += node.args
        return found

    def _reads_elsewhere(self, write):
        target, value, *starts = write.args
        root, survey = Root(write), Survey(cutting=False)
        found = {}
        _visit(root, self.stored, survey, found)
        own = (
            window(write, root.index, starts, survey) if write.op in (ops.put, ops.add_at) else None
        )
        return any(
            node is stem(target) and (own is None or not self._harmless(index, own, survey))
            for node, index in found
        )

    def reads_ahead(self, root, write, group, arrays):
        """Are these arrays read, in the loops that compute a value into its place, only where that
        is not yet written?"""
        survey, found = Survey(cutting=False), {}
        _visit(root, self.stored, survey, found)
        own = window(write, root.result, write.args[2:], survey)
        others = (n for m in group.members if m is not root for n, _ in self.reads[m])
        return not any(n in arrays for n in others) and all(
            self._harmless(index, own, survey) for node, index in found if node in arrays
        )

    def _harmless(self, read, own, survey):
        """Is what a write's loops read of its target, at an index, what they have not yet
        written?"""
        if read == own:
            return True
        if isinstance(read, Flat) or len(read) != len(own):
            return False
        if any(apart(a, b, survey.ranges) for a, b in zip(read, own)):
            return True
        return self.serial and read_ahead(read, own)

    def _keep_readers(self, array, when, place, users):
        for reader in users[array]:
            if reader in self.stored or place[reader] > when or reader.op is ops.reshape:
                continue
            stack = list(users[reader])
            while stack:
                user = stack.pop()
                if place[user] > when:
                    self.stored.add(reader)
                    break
                if user not in self.stored:
                    stack += users[user]


def flat_form(node, index):
    return index.offset if isinstance(index, Flat) else address(index, strides(node.shape))


def result_form(root):
    """How the elements of a root's result follow each other."""
    node, index = root.node, root.result
    if node.op in (ops.put, ops.add_at):
        sizes, steps = node.attrs["sizes"], node.attrs["steps"]
        moves = [s * k for n, k, s in zip(sizes, steps, strides(node.shape)) if n is not None]
    elif node.op is scattered:
        moves = strides(node.args[0].shape)
    elif node.op in WRITES:
        rest = [s for axis, s in enumerate(strides(node.shape)) if axis not in node.attrs["axes"]]
        moves = [0] * (len(index) - len(rest)) + rest
    else:
        moves = strides(node.shape[len(node.shape) - len(index) :])
    return address(index, moves)


def apart(one, other, ranges):
    """Do two indices along an axis never meet, whatever their loops' values?"""
    symbols = [[(v, c) for v, c in part.terms if isinstance(v, Symbol)] for part in (one, other)]
    if symbols[0] != symbols[1]:
        return False
    (a, b), (c, d) = (
        Affine(p.constant, tuple(t for t in p.terms if t not in symbols[0])).bounds(ranges)
        for p in (one, other)
    )
    return b < c or d < a


def read_ahead(read, own):
    """Is an element always read before loops that run forward come to write it?"""
    moves = [r.plus(w.scaled(-1)) for r, w in zip(read, own)]
    if any(m.terms for m in moves) or any(c < 0 for w in own for v, c in w.terms):
        return False
    return next((m.constant for m in moves if m.constant), 0) >= 0


def _replaced(node):
    if node.op in (*WRITES, *ops.LEAD):
        from_ = node.args[:1] if node.op in WRITES else ops.carry(node)
        return [a for a in from_ if a.shape]
    return []


def _shared_depth(root, group):
    """How many outer loops are equal."""
    depth = 0
    for mine, theirs in zip(root.loops[: root.rows], group.rows):
        if mine != theirs:
            break
        depth += 1
    return depth


def merged(loops, forms, pinned):
    """Runs of neighbouring loops that can be one, for all these addresses walk them as one."""
    runs = []
    for loop in loops:
        if (
            runs
            and loop not in pinned
            and runs[-1][-1] not in pinned
            and _as_one(runs[-1][-1], loop, forms)
        ):
            runs[-1].append(loop)
        else:
            runs.append([loop])
    return [tuple(run) for run in runs]


def _as_one(outer, inner, forms):
    return all(f.coefficient(outer) == f.coefficient(inner) * inner.size for f in forms)


__all__ = ["Body", "Group", "Stage", "ZERO", "Loop", "merged"]
