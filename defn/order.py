"""The order in which a program may run its nodes so that arrays can be written in place.

Every reader of an array comes before the write that replaces it, unless the reader needs what was
written: then the array is alive after the write, and whoever writes makes a copy.
"""

from __future__ import annotations

import heapq

from defn import ops

WRITES = (ops.put, ops.add_at, ops.scatter, ops.scatter_add, ops.push, ops.pop)


def written(node):
    """The operands that a node may overwrite: an array or tape that it returns changed.

    >>> from defn.expr import index, make, parameter
    >>> from defn.types import Type
    >>> a = parameter(Type("f8", (3,)))
    >>> put = make(ops.put, (a, parameter(Type("f8")), index(0)), {"sizes": (None,), "steps": (1,)})
    >>> written(put) == (a,), written(a)
    (True, ())
    """
    if node.op in WRITES:
        return node.args[:1]
    if node.op in ops.LEAD:
        return tuple(c for c in ops.carry(node) if c.shape or c.type.tape)
    return ()


def schedule(graph):
    """The nodes of a graph, operands first, effects in program order, readers before the write that
    replaces.
    """
    order = graph.order
    if graph.operations.isdisjoint((*WRITES, *ops.LEAD)) or not any(map(written, order)):
        return order
    return _Schedule(order, graph.effects).run()


class _Schedule:
    """A node is ready when what it needs is done; a write also waits for the readers of what it
    replaces.
    """

    def __init__(self, order, effects):
        self.order = order
        self.place = {node: k for k, node in enumerate(order)}
        effects = list(dict.fromkeys(effects))
        after = {later: (effect,) for effect, later in zip(effects, effects[1:])}
        # Dictionaries serve as sets that keep their order, so that the result is the same every
        # time.
        self.needs = {n: dict.fromkeys((*n.args, *after.get(n, ()))) for n in order}
        self.users = _inverse(self.needs)
        self.readers = {w: self._readers(w) for w in order if written(w)}
        self.awaited = _inverse(self.readers)
        self.ready, self.held, self.result = [], {}, []

    def _readers(self, write):
        return {r: True for a in written(write) for r in self.users[a] if r is not write}

    def run(self):
        for node in self.order:
            if not self.needs[node]:
                self._offer(node)
        while len(self.result) < len(self.order):
            self._finish(self.order[heapq.heappop(self.ready)] if self.ready else self._released())
        return self.result

    def _offer(self, node):
        if self.readers.get(node):
            self.held[node] = True
        else:
            heapq.heappush(self.ready, self.place[node])

    def _finish(self, node):
        self.result.append(node)
        for user in self.users.get(node, ()):
            del self.needs[user][node]
            if not self.needs[user]:
                self._offer(user)
        for write in self.awaited.get(node, ()):
            self.readers[write].pop(node, None)
            if not self.readers[write] and self.held.pop(write, False):
                heapq.heappush(self.ready, self.place[write])

    def _released(self):
        """What goes ahead where all wait for each other: a write, or an effect that an earlier one needs."""
        return self._released_write() if self.held else self._released_effect()

    def _released_effect(self):
        """An effect that waits for nothing but an effect before it, which itself needs this one."""
        node = next(
            n for n in self.order if self.needs[n] and self.needs[n].keys().isdisjoint(n.args)
        )
        for other in self.needs[node]:
            self.users[other].remove(node)
        self.needs[node] = {}
        return node

    def _released_write(self):
        """A held write whose readers wait, through each other, for the write itself."""
        write, met = next(iter(self.held)), set()
        while write not in met:
            met.add(write)
            node = next(iter(self.readers[write]))
            while node not in self.held:
                node = next(iter(self.needs[node]))
            write = node
        del self.held[write]
        self.readers[write] = {}
        return write


def _inverse(lists):
    found = {}
    for node, others in lists.items():
        for other in others:
            found.setdefault(other, []).append(node)
    return found
