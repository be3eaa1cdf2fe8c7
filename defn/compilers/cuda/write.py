"""The text of a CUDA kernel as it grows: its arguments are buffers and numbers."""

from __future__ import annotations

from defn.compilers.numba.kernel import Source
from defn.compilers.numba.write import Writer

STATUS = "status"
SHORT = 1 << 31  # passes that a counter of 32 bits counts, with room for one more step


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

    def begin(self, name, first, end, total, loops=()):
        """Open a loop with a counter; of 32 bits, if it may be: a quarter of the arithmetic."""
        if total < SHORT:
            self.line(f"{name} = small({first})")
            self.open(f"while below({name}, small({end})):", loops)
        else:
            self.line(f"{name} = {first}")
            self.open(f"while {name} < uint64({end}):", loops)

    def end(self, name, step, total):
        """Close it, a step further."""
        self.line(f"{name} = further({name}, {step})" if total < SHORT else f"{name} += {step}")
        self.close()

    def source(self):
        """The whole text, and what its arguments are."""
        names = [*self.buffers.values(), *self.sizes.values()]
        names += [STATUS, "failed"] if self.failures else []
        narrow = [f"{n} = narrow({n})" for size, n in self.sizes.items() if size < SHORT]
        self.root.items[:0] = narrow + self.starts
        self.root.items += self.ends
        self.root.header = f"def kernel({', '.join(names)}):"
        text = "\n".join(self.root.lines()) + "\n"
        return Source(text, tuple(self.buffers), tuple(self.sizes), tuple(self.failures), False)
