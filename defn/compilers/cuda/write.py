"""The text of a CUDA kernel as it grows: its arguments are buffers and numbers."""

from __future__ import annotations

from defn.compilers.numba.kernel import Source
from defn.compilers.numba.write import Writer

STATUS = "status"


class KernelWriter(Writer):
    """A kernel in the making. `team` is the text of what counts the copies of scratch memory."""

    def __init__(self, team="thread()"):
        super().__init__()
        self.team = team

    def failure(self, failure):
        """The text that ends the thread with a failure."""
        self.failures.append(failure)
        return f"return report({STATUS}, failed + {len(self.failures)})"

    def base(self, storage, size):
        """The variable that says where this thread's (or block's) copy of a scratch storage
        begins.
        """
        if storage not in self.bases:
            self.bases[storage] = name = self.fresh("row")
            self.line(f"{name} = int64({self.team}) * {self.number(size)}", self.root)
        return self.bases[storage]

    def source(self):
        """The whole text, and what its arguments are."""
        names = [*self.buffers.values(), *self.sizes.values()]
        names += [STATUS, "failed"] if self.failures else []
        self.root.items[:0] = self.starts
        self.root.items += self.ends
        self.root.header = f"def kernel({', '.join(names)}):"
        text = "\n".join(self.root.lines()) + "\n"
        return Source(text, tuple(self.buffers), tuple(self.sizes), tuple(self.failures), False)
