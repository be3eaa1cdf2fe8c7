"""An element that a loop updates over and over becomes a number of the loop: read before it,
written after it.

`for k in range(j): a[i, j] -= a[i, k] * a[k, j]` reads and writes one element of `a`; where it is
proved that the other reads are of other elements, the sum is carried as a number and the loop only
reads `a`.
"""

from __future__ import annotations

from defn import ops
from defn.expr import depending_on, item, make, parameter, substitute
from defn.graph import Graph, structure
from defn.transforms.rebuild import replaced, used
from defn.transforms.residuals import writes_between
from defn.transforms.states import Ends, settings, with_structures


def promote(graph):
    """The graph in which elements that a loop updates at one place are numbers of the loop."""
    return with_structures(graph, _promoted)


def _promoted(node, wanted, scope):
    written = {}
    for k in range(node.attrs["carries"] if node.op is ops.loop else 0):
        if element := Element.of(node, k, scope):
            node, written[k] = element.carried(node)
    return node, {k: _result(node, k, written.get(k)) for k in wanted}


def _result(node, k, write):
    """The k-th result: an array gets back the element that the loop carried."""
    if write is None:
        return item(node, k)
    array, places, attrs = write
    return make(ops.put, (array, item(node, k), *places), attrs)


class Element:
    """One element of the k-th state of a loop, which is all of it that the loop writes."""

    def __init__(self, k, links, reads, versions):
        self.k, self.links, self.reads, self.versions = k, links, reads, versions
        self.places, self.attrs = links[0].args[2:], links[0].attrs

    @classmethod
    def of(cls, node, k, scope):
        """The element that the loop updates, if it is proved that there is only one."""
        (body,) = node.attrs["bodies"]
        ends, inside = Ends(node, body), scope.inside(node, body)
        start = ends.carry[k]
        links = start.shape and not start.type.tape and writes_between(start, body.outputs[k])
        if not links or not all(
            link.op in (ops.put, ops.add_at) and not link.args[1].shape for link in links
        ):
            return None
        element = cls(k, links, [], {start, *links})
        fits = (
            element._at_one_place(body, ends)
            and element._used_simply(body)
            and all(
                element._same(r) or inside.place(r).apart(inside.place(links[0]), inside.ranges)
                for r in element.reads
            )
            and (scope.runs(node) or inside.place(links[0]).inside(start.shape, scope.ranges))
        )
        return element if fits else None

    def _at_one_place(self, body, ends):
        """Is every write at one place, the same in all trips?"""
        changing = depending_on(body.order, {*ends.index, *ends.carry})
        return all(
            link.args[2:] == self.places and link.attrs == self.attrs for link in self.links
        ) and not any(place in changing for place in self.places)

    def _used_simply(self, body):
        """Are the versions of the array only read by windows, written, and returned?"""
        for node in body.order:
            if any(a in self.versions for a in node.args):
                if node.op is ops.get:
                    self.reads.append(node)
                elif node not in self.versions or any(a in self.versions for a in node.args[1:]):
                    return False
        returned = [o for o in body.outputs if o in self.versions]
        return len(returned) == 1 and not any(e in self.versions for e in body.effects)

    def _same(self, read):
        return read.args[1:] == self.places and read.attrs == self.attrs

    def carried(self, node):
        """The loop with the number as its state; and the array, the place and the settings of the
        write after it.
        """
        (body,), k = node.attrs["bodies"], self.k
        ends, n = Ends(node, body), len(body.outputs)
        number = parameter(self.links[0].args[1].type, "element")
        array = parameter(ends.carry[k].type, "c")
        outputs = self._outputs(body, number, array)
        carry = [number if p is ends.carry[k] else p for p in ends.carry]
        made = Graph((*ends.index, *carry, *ends.captures, array), outputs[:n], outputs[n:])
        before = ops.carry(node)[k]
        places = substitute(self.places, dict(zip(ends.captures, ops.captures(node))))
        first = make(ops.get, (before, *places), self.attrs)
        starts = [first if j == k else c for j, c in enumerate(ops.carry(node))]
        captures, bodies = used((*ops.captures(node), before), [made])
        loop = structure(
            node.op, ops.lead(node), starts, captures, bodies, node.where, **settings(node)
        )
        return loop, (before, places, self.attrs)

    def _outputs(self, body, number, array):
        """The results and effects of the body, the number in the array's stead."""
        value = {self._start(): number}
        for link in reversed(self.links):
            before = value[link.args[0]]
            value[link] = (
                link.args[1] if link.op is ops.put else make(ops.add, (before, link.args[1]))
            )
        new = {
            r: value[r.args[0]] if self._same(r) else make(ops.get, (array, *r.args[1:]), r.attrs)
            for r in self.reads
        }
        outputs = [value[o] if j == self.k else o for j, o in enumerate(body.outputs)]
        return replaced([*outputs, *body.effects], new)

    def _start(self):
        return self.links[-1].args[0]
