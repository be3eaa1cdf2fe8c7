"""The cheapest vertex cut: which values to save so that all needed ones can be made again."""

from __future__ import annotations

from collections import deque

INFINITE = float("inf")


def cheapest_cut(cost, edges, sources, sinks):
    """The nodes of least total cost that part `sources` from `sinks`, as near the sinks as can be.

    >>> sorted(cheapest_cut({"a": 1, "b": 3, "c": 3}, [("a", "b"), ("a", "c")], ["a"], ["b", "c"]))
    ['a']
    """
    network = Network(cost, edges, sources, sinks)
    while network.rank():
        network.push_along_ranks()
    behind = network.reaching_sink()
    return {n for n in cost if (n, 1) in behind and (n, 0) not in behind}


class Network:
    """A flow through nodes: each is an entrance (n, 0) and an exit (n, 1), joined by a pipe of its
    cost.
    """

    def __init__(self, cost, edges, sources, sinks):
        self.room = {"source": {}, "sink": {}}
        for node, each in cost.items():
            self._connect((node, 0), (node, 1), each)
        for a, b in edges:
            self._connect((a, 1), (b, 0), INFINITE)
        for node in sources:
            self._connect("source", (node, 0), INFINITE)
        for node in sinks:
            self._connect((node, 1), "sink", INFINITE)

    def _connect(self, u, v, capacity):
        self.room.setdefault(u, {})[v] = capacity
        self.room.setdefault(v, {}).setdefault(u, 0)

    def rank(self):
        """Number the places by their distance from the source; is the sink among them?"""
        self.ranks, queue = {"source": 0}, deque(["source"])
        while queue:
            u = queue.popleft()
            for v, room in self.room[u].items():
                if room > 0 and v not in self.ranks:
                    self.ranks[v] = self.ranks[u] + 1
                    queue.append(v)
        return "sink" in self.ranks

    def push_along_ranks(self):
        """Send all that fits along paths on which the rank grows by one."""
        self.left = {u: list(pipes) for u, pipes in self.room.items()}
        path = ["source"]
        while path:
            if path[-1] == "sink":
                self._send(path)
                path = ["source"]
            elif (step := self._next(path[-1])) is not None:
                path.append(step)
            else:
                self.ranks[path.pop()] = -1

    def _next(self, u):
        """A place one rank on to which there is room; a full pipe is never looked at again."""
        left = self.left[u]
        while left:
            v = left[-1]
            if self.room[u][v] > 0 and self.ranks.get(v) == self.ranks[u] + 1:
                return v
            left.pop()
        return None

    def _send(self, path):
        pipes = list(zip(path, path[1:]))
        amount = min(self.room[u][v] for u, v in pipes)
        for u, v in pipes:
            self.room[u][v] -= amount
            self.room[v][u] += amount

    def reaching_sink(self):
        """The places from which more could still flow to the sink."""
        found, stack = {"sink"}, ["sink"]
        while stack:
            v = stack.pop()
            for u in self.room[v]:
                if self.room[u][v] > 0 and u not in found:
                    found.add(u)
                    stack.append(u)
        return found
