"""Elements that are never written again: the backward pass reads them from the array as it is in
the end, and nothing need be saved.

In `for i: x[i] = f(x[i - 1])` every element is written once. What was read at `i - 1` is still
there after the loop, for all later writes are proved to be elsewhere.
"""

from __future__ import annotations

from defn import ops
from defn.transforms.activity import differentiable_bodies
from defn.transforms.affine import INTEGER, Form, Ranges
from defn.transforms.residuals import chain, made_again

PLACED = (ops.put, ops.add_at)
MOST_WRITES = 64


class At:
    """A place, and the ranges of the loop indices around it that are inside the body looked at."""

    def __init__(self, place, within=()):
        self.place, self.within = place, tuple(within)

    def renamed(self, names):
        """The same with other atoms: for another trip, whose indices are others."""
        place, within = self.place, list(self.within)
        for atom, form in names.items():
            place = place.after(atom, form)
            within = [
                (a, low.replaced(atom, form), high.replaced(atom, form)) for a, low, high in within
            ]
        return At(place, [(_key(names.get(a), a), low, high) for a, low, high in within])


def _key(form, atom):
    return next(iter(form.factors)) if form is not None else atom


class Settled:
    """Of one body: the reads and written values that its states, as they end, still have."""

    def __init__(self, body, restored):
        self.body, self.scope = body, body.scope
        wanted = {k: links for k, links in body.chains.items() if k not in restored and links}
        found = {k: [_writes(self.scope, link) for link in links] for k, links in wanted.items()}
        self.writes = {k: places for k, places in found.items() if _few(places)}

    def elements(self):
        """Reads of a state and values written to it that are settled: state, place and settings."""
        free = self._free()
        for k in self.writes:
            links = self.body.chains[k]
            after = {v: j for j, v in enumerate((*links, self.body.carry[k]))}
            reads = [n for n in self.body.order if n.op is ops.get and n.args[0] in after]
            found = [(n, n, after[n.args[0]]) for n in reads]
            found += [(n.args[1], n, j) for j, n in enumerate(links) if n.op is ops.put]
            for value, node, j in found:
                places = node.args[1:] if node.op is ops.get else node.args[2:]
                if all(p in free for p in places) and self.keeps(k, j, At(self.scope.place(node))):
                    yield value, k, places, node.attrs

    def versions(self, users):
        """The versions that backward structures read at settled places alone, and their states."""
        for k in self.writes:
            for j, version in enumerate((*self.body.chains[k], self.body.carry[k])):
                found = [_reads(self.scope, user, version) for user in users.get(version, ())]
                if found and None not in found:
                    if all(self.keeps(k, j, at) for each in found for at in each):
                        yield version, k

    def _free(self):
        """The values that are made again from the index and what is captured."""
        free = {*self.body.index, *self.body.captures}
        for node in self.body.order:
            if made_again(node, self.body.place) and all(a in free for a in node.args):
                free.add(node)
        return free

    def keeps(self, k, j, at):
        """Is what the j-th last version has at a place still there when the loop has ended?"""
        writes = self.writes[k]
        now = all(self._apart(at, write, ()) for later in writes[:j] for write in later)
        return now and all(self._apart_later(at, write) for link in writes for write in link)

    def _apart(self, at, write, between):
        write = write.renamed({a: Form(0, {("write", a): 1}) for a, _, _ in write.within})
        bounds = {**self.scope.ranges.bounds}
        for atom, low, high in (*between, *write.within, *at.within):
            bounds[atom] = (low, high)
        return at.place.apart(write.place, Ranges(bounds))

    def _apart_later(self, at, write):
        """Is the write, in every later trip, elsewhere?"""
        if self.body.node.op is ops.cond:
            return True
        if self.body.node.op is not ops.loop:
            return False
        (index,) = self.body.index
        low, high = self.scope.ranges.bounds[index]
        now, ahead = Form(0, {index: 1}), ("ahead", index)
        backwards = self.body.node.attrs.get("reverse")
        room = now.plus(low, -1) if backwards else high.plus(now, -1)
        step = Form(1, {ahead: 1})
        later = now.plus(step, -1 if backwards else 1)
        names = {index: later, **{a: Form(0, {("other", a): 1}) for a in self._unknown(write)}}
        moved = At(write.place, write.within).renamed(names)
        return self._apart(at, moved, [(ahead, Form(0), room.plus(Form(-1)))])

    def _unknown(self, write):
        """The atoms that are other numbers in another trip."""
        forms = [form for form, _, _ in write.place.axes]
        forms += [form for _, *bounds in write.within for form in bounds]
        known = {*self.scope.ranges.bounds, *(a for a, _, _ in write.within), *self._outside()}
        return [a for form in forms for a in form.factors if a not in known]

    def _outside(self):
        """The atoms that are integers from outside the body."""
        captured = [p for p in self.body.captures if p.type == INTEGER]
        return {atom for p in captured for atom in self.scope.forms.of(p).factors}


def _few(places):
    """Are all places of writes known, and so few that proofs about them are cheap?"""
    return None not in places and sum(map(len, places)) <= MOST_WRITES


def _inside(scope, node, body):
    """The scope of a structure's body, and the range of its index."""
    inner = scope.inside(node, body)
    if node.op is not ops.loop:
        return inner, []
    return inner, [(body.parameters[0], *inner.ranges.bounds[body.parameters[0]])]


def _writes(scope, link):
    """Where a link of a write chain writes; None where that is not known."""
    if link.op in PLACED:
        return [At(scope.place(link))]
    if link.op is not ops.item:
        return None
    node, k, found = link.args[0], link.attrs["index"], []
    for body in differentiable_bodies(node):
        inner, within = _inside(scope, node, body)
        for each in chain(node, body, k) or ():
            places = _writes(inner, each)
            if places is None:
                return None
            found += [At(at.place, (*within, *at.within)) for at in places]
    return found


def _reads(scope, user, version):
    """Where a node reads an array that it captures; None where it may read all of it."""
    if user.op is ops.get:
        return [At(scope.place(user))] if version not in user.args[1:] else None
    if user.op not in ops.LEAD:
        return None
    first = ops.LEAD[user.op] + user.attrs["carries"]
    if version in user.args[:first]:
        return None
    places = [k - ops.LEAD[user.op] for k, a in enumerate(user.args) if a is version]
    found = []
    for body in user.attrs["bodies"]:
        inner, within = _inside(scope, user, body)
        for place in places:
            each = _reads_inside(inner, body, body.parameters[ops.INDEX[user.op] + place])
            if each is None:
                return None
            found += [At(at.place, (*within, *at.within)) for at in each]
    return found


def _reads_inside(scope, body, array):
    if any(array is root for root in body.roots):
        return None
    found = []
    for node in body.order:
        if array in node.args:
            each = _reads(scope, node, array)
            if each is None:
                return None
            found += each
    return found
