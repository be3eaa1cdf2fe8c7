"""Where the values of a program for the machine live: as on the CPU, but for structures of many
threads.
"""

from __future__ import annotations

from defn import ops
from defn.compilers.cuda.elementwise import is_serial
from defn.compilers.numba.place import Places


class MachinePlaces(Places):
    """Homes of stored nodes; the states of such a structure are not theirs until it ends."""

    def _structure(self, node, at):
        if is_serial(node):
            super()._structure(node, at)
            return
        self.homes[node] = None
        states = [self.homes[s] if s.type.tape else None for s in ops.carry(node)]
        self._items(node, states)
