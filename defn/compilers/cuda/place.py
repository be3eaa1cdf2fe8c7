"""Where the values of a program for the machine live: as on the CPU, but structures are driven by the host."""

from __future__ import annotations

from defn.compilers.numba.place import Places
from defn import ops


class MachinePlaces(Places):
    """Homes of stored nodes; the states of a structure are in its programs' hands until it ends."""

    def _structure(self, node, at):
        self.homes[node] = None
        states = [self.homes[s] if s.type.tape else None for s in ops.carry(node)]
        self._items(node, states)
