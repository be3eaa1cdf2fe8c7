"""Random programs that copy, write in place, bind names anew in branches and loops, and return what they had.

`program(seed)` is the text of `f(a, b, n)`. Nothing in it is out of range; values may grow, so runs are compared only
where they stay finite.
"""

import random

ARRAYS = ("{0}+{1}", "{0}*2", "{0}.copy()", "-{0}", "np.maximum({0},{1})", "{0}[::-1].copy()", "np.roll({0},1)",
          "np.where({0}>0,{1},{0}*0.5)")  # fmt: skip
WRITES = (
    "{0} += {2}", "{0}[...] = {2}", "{0}[1:] -= {1}[:-1]", "{0}[1] = {1}[3]", "{0}.sort()", "{0}[{1}>0] *= 0.5",
    "{0}[:2], {0}[2:4] = {0}[2:4].copy(), {1}[:2].copy()", "s = s + float({0}[2])",
)  # fmt: skip


class Writer:
    """Writes one program, line by line."""

    def __init__(self, seed):
        self.random, self.names, self.lines = random.Random(seed), ["a", "b"], []

    def name(self):
        return self.random.choice(self.names)

    def value(self):
        return self.random.choice(ARRAYS).format(self.name(), self.name())

    def line(self, depth, text):
        self.lines.append("    " * (depth + 1) + text)

    def statement(self, depth):
        kind = self.random.randrange(14 if depth < 2 else 9)
        if kind < 6:
            text = self.random.choice(WRITES).format(self.name(), self.name(), self.value())
            self.line(depth, text)
        elif kind < 9:
            self.bind(depth)
        elif kind < 12:
            self.loop(depth)
        else:
            self.branch(depth)

    def bind(self, depth):
        """Bind a name to a new array, or at the top to a view."""
        new = not depth and self.random.random() < 0.6
        name = f"t{len(self.names)}" if new else self.name()
        view = not depth and self.random.random() < 0.3
        self.line(depth, f"{name} = {self.name()}[::-1]" if view else f"{name} = {self.value()}")
        self.names += [name] if new else []

    def loop(self, depth):
        self.line(depth, f"for i{depth} in range({self.random.choice(['3', '6', 'n'])}):")
        for _ in range(self.random.randrange(1, 4)):
            self.statement(depth + 1)
        self.line(depth + 1, f"{self.name()}[i{depth} % 4] += s * 0.1")

    def branch(self, depth):
        self.line(depth, f"if {self.name()}[0] > {self.name()}[1]:")
        for _ in range(self.random.randrange(1, 3)):
            self.statement(depth + 1)
        self.line(depth + 1, f"{self.name()}[1] = 0.25")


def program(seed):
    """The text of a program."""
    writer = Writer(seed)
    for _ in range(writer.random.randrange(3, 8)):
        writer.statement(0)
    results = [writer.random.choice([*writer.names, "s"]) for _ in range(2)]
    results = [r if r == "s" or writer.random.random() < 0.6 else f"{r}.copy()" for r in results]
    head = ["def f(a, b, n):", "    s = 0.0"]
    return "\n".join([*head, *writer.lines, f"    return {', '.join(results)}", ""])
