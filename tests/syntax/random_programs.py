"""Random programs: nested loops, branches, jumps, unbound names, closures, exceptions and stores of
every kind."""

import random

NAMES = "abcd"
UNSURE = "pq"

PRELUDE = """
class Box:
    def __init__(self):
        self.value = 1


class Passing:
    def __enter__(self):
        return 2
    def __exit__(self, kind, error, trace):
        return False


class Swallowing(Passing):
    def __exit__(self, kind, error, trace):
        return kind is ValueError


total = 0


def risky(value):
    if value % 3 == 0:
        raise ValueError(value)
    return value


"""


class Writer:
    """Writes the text of random functions."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines, self.fresh = [], 0

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return self.random.choice(choices)

    def number(self):
        return str(self.random.randint(-3, 4))

    def name(self):
        return self.random.choice(UNSURE) if self.chance(0.03) else self.random.choice(NAMES)

    def expression(self, depth=0):
        if depth > 2 or self.chance(0.35):
            return self.name() if self.chance(0.75) else self.number()
        return self.pick(
            self.arithmetic,
            self.arithmetic,
            self.choice,
            self.item,
            self.logic,
            self.chain,
            self.consumed,
            self.called,
        )(depth + 1)

    def arithmetic(self, depth):
        sign = self.pick("+", "-", "*")
        return f"(({self.expression(depth)}) {sign} ({self.expression(depth)})) % 97"

    def choice(self, depth):
        return f"({self.expression(depth)} if {self.test(depth)} else {self.expression(depth)})"

    def item(self, depth):
        return self.pick(
            f"xs[({self.expression(depth)}) % 4]", "box.value", "len(xs)", "xs[1:3][0]", "total"
        )

    def logic(self, depth):
        return f"({self.expression(depth)} {self.pick('and', 'or')} {self.expression(depth)})"

    def chain(self, depth):
        return f"({self.expression(depth)} < {self.expression(depth)} <= {self.expression(depth)})"

    def consumed(self, depth):
        variable = self.pick("z", self.random.choice(NAMES))
        item = f"{variable} + {self.expression(depth)}"
        inner = f"{item} for {variable} in xs if {variable} > {self.number()}"
        return self.pick(
            f"sum({inner})", f"sum([{inner}])", f"sum(list({inner}))", f"len({{{inner}}})"
        )

    def called(self, depth):
        return self.pick(
            f"max({self.expression(depth)}, {self.expression(depth)})",
            f"risky({self.expression(depth)})"
            if self.chance(0.2)
            else f"len([{self.expression(depth)}])",
            f"(lambda {self.pick(*NAMES)}: {self.expression(depth)})({self.expression(depth)})",
            f"sum(f({self.number()}) for f in calls)",
            f"note({self.expression(depth)})",
        )

    def test(self, depth=0):
        if depth > 2 or self.chance(0.5):
            sign = self.pick("<", ">", "==", "!=", "<=")
            return f"{self.expression(depth + 1)} {sign} {self.expression(depth + 1)}"
        return self.pick(
            f"not ({self.test(depth + 1)})",
            f"({self.test(depth + 1)} {self.pick('and', 'or')} {self.test(depth + 1)})",
            f"{self.expression(depth + 1)} {self.pick('in', 'not in')} xs",
            f"({self.name()} := {self.expression(depth + 1)}) > {self.expression(depth + 1)}",
            f"{self.test(depth + 1)} and ({self.name()} := {self.expression(depth + 1)}) < 3",
            self.chain(depth + 1),
            f"{self.expression(depth + 1)} is not None",
        )

    def put(self, indent, text):
        self.lines.append("    " * indent + text)

    def block(self, indent, depth, loop, final=False):
        for _ in range(self.random.randint(1, 3)):
            compound = depth < 4 and self.chance(0.45)
            kinds = self.compound() if compound else self.simple()
            self.random.choice(kinds)(indent, depth, loop, final)

    def compound(self):
        return [
            self.if_,
            self.if_,
            self.while_,
            self.for_,
            self.for_,
            self.try_,
            self.with_,
            self.match,
            self.function,
        ]

    def simple(self):
        jumps = [self.break_, self.continue_, self.return_]
        stores = [self.assign, self.assign, self.unpack, self.augment, self.augment, self.store]
        return [
            *jumps,
            *stores,
            self.store,
            self.delete,
            self.capture,
            self.check,
            self.raise_,
            self.share,
            self.append,
        ]

    def if_(self, indent, depth, loop, final):
        self.put(indent, f"if {self.test()}:")
        self.block(indent + 1, depth + 1, loop, final)
        if self.chance(0.3):
            self.put(indent, f"elif {self.test()}:")
            self.block(indent + 1, depth + 1, loop, final)
        if self.chance(0.5):
            self.put(indent, "else:")
            self.block(indent + 1, depth + 1, loop, final)

    def while_(self, indent, depth, loop, final):
        self.fresh += 1
        counter = f"k{self.fresh}"
        self.put(indent, f"{counter} = 0")
        if self.chance(0.3):
            self.put(indent, "while True:")
            self.put(indent + 1, f"{counter} += 1")
            self.put(indent + 1, f"if {counter} > {self.random.randint(0, 3)}: break")
        else:
            self.put(indent, f"while {counter} < {self.random.randint(0, 4)} and {self.test(2)}:")
            self.put(indent + 1, f"{counter} += 1")
        self.block(indent + 1, depth + 1, True)
        self.loop_else(indent, depth, loop, final)

    def for_(self, indent, depth, loop, final):
        target, iterable = self.pick(
            (self.name(), f"range({self.random.randint(0, 4)})"),
            (self.name(), "list(xs)"),
            (f"{self.name()}, {self.name()}", "zip(list(xs), range(3))"),
            (f"{self.name()}, (xs[0], {self.name()})", "enumerate([(1, 2), (3, 4)])"),
            (self.name(), "source"),
            ("box.value", "range(2)"),
        )
        self.put(indent, f"for {target} in {iterable}:")
        self.block(indent + 1, depth + 1, True)
        self.loop_else(indent, depth, loop, final)

    def loop_else(self, indent, depth, loop, final):
        if self.chance(0.3):
            self.put(indent, "else:")
            self.block(indent + 1, depth + 1, loop, final)

    def try_(self, indent, depth, loop, final):
        self.put(indent, "try:")
        self.block(indent + 1, depth + 1, loop, final)
        handled = self.chance(0.8)
        if handled:
            named = f" as {self.name()}" if self.chance(0.4) else ""
            self.put(indent, f"except {self.pick('ValueError', 'NameError', 'Exception')}{named}:")
            self.block(indent + 1, depth + 1, loop, final)
            if self.chance(0.3):
                self.put(indent, "else:")
                self.block(indent + 1, depth + 1, loop, final)
        if not handled or self.chance(0.3):
            self.put(indent, "finally:")
            self.block(indent + 1, depth + 1, loop, self.chance(0.9))

    def with_(self, indent, depth, loop, final):
        manager = self.pick(
            "Passing()", "Swallowing()", f"Swallowing() as {self.name()}", "Passing() as xs[2]"
        )
        self.put(indent, f"with {manager}:")
        self.block(indent + 1, depth + 1, loop, final)

    def match(self, indent, depth, loop, final):
        pair = f"({self.expression()}, {self.expression()})"
        self.put(indent, f"match {self.pick(self.expression(), self.expression(), pair)}:")
        for _ in range(self.random.randint(1, 3)):
            pattern = self.pick(
                "0",
                "1 | 2 | None",
                f"1 | 3 as {self.name()}",
                f"(0, {self.name()})",
                f"({self.name()}, _)",
            )
            guard = f" if {self.test(2)}" if self.chance(0.3) else ""
            self.put(indent + 1, f"case {pattern}{guard}:")
            self.block(indent + 2, depth + 1, loop, final)
        self.put(indent + 1, f"case {self.name() if self.chance(0.5) else '_'}:")
        self.block(indent + 2, depth + 1, loop, final)

    def function(self, indent, depth, loop, final):
        self.fresh += 1
        name, outer = f"g{self.fresh}", self.name()
        parameter = self.pick(*(each for each in NAMES if each != outer))
        self.put(indent, f"def {name}({parameter}, depth={self.number()}):")
        if self.chance(0.5):
            self.put(indent + 1, f"nonlocal {outer}")
            self.put(indent + 1, f"{outer} = {self.expression()}")
        self.block(indent + 1, 3, False)
        self.put(indent + 1, f"return {self.expression()}")
        self.put(indent, f"{self.name()} = {name}({self.expression()})")

    def jump(self, indent, text, allowed):
        self.put(indent, text if allowed else "pass")

    def break_(self, indent, depth, loop, final):
        self.jump(indent, "break", loop and not final)

    def continue_(self, indent, depth, loop, final):
        self.jump(indent, "continue", loop and not final)

    def return_(self, indent, depth, loop, final):
        self.jump(
            indent, f"return {self.expression()}", not final and self.chance(0.6 if depth else 0.1)
        )

    def assign(self, indent, depth, loop, final):
        self.put(indent, f"{self.name()} = {self.expression()}")

    def unpack(self, indent, depth, loop, final):
        target = self.pick(self.name(), f"xs[{self.number()}]", "box.value", f"*{self.name()},")
        if target.endswith(","):
            self.put(indent, f"{self.pick(*NAMES)}, *box.value = 3, {self.expression()}")
            self.put(indent, "box.value = 1")
        else:
            self.put(indent, f"{target}, {self.name()} = {self.expression()}, {self.expression()}")

    def augment(self, indent, depth, loop, final):
        target = self.pick(
            self.name(), self.name(), f"xs[({self.expression(2)}) % 4]", "box.value", "total"
        )
        # A product in a loop would grow without bound, were both factors variables.
        sign, value = self.pick(
            ("+", self.expression()), ("-", self.expression()), ("*", self.number())
        )
        self.put(indent, f"{target} {sign}= {value}")

    def store(self, indent, depth, loop, final):
        target = self.pick(
            f"xs[({self.expression(2)}) % 4]",
            "box.value",
            "total",
            f"{self.name()} = xs[{self.number()}]",
        )
        self.put(indent, f"{target} = {self.expression()}")

    def delete(self, indent, depth, loop, final):
        self.put(indent, f"del {self.name() if self.chance(0.15) else 'xs[4:]'}")

    def capture(self, indent, depth, loop, final):
        self.put(indent, f"calls.append(lambda z: (z + {self.name()}) % 97)")

    def check(self, indent, depth, loop, final):
        self.put(
            indent,
            f"assert {self.test()}, {self.expression()}"
            if self.chance(0.2)
            else f"note({self.expression()})",
        )

    def raise_(self, indent, depth, loop, final):
        self.put(
            indent,
            f"raise ValueError({self.expression()})"
            if self.chance(0.1)
            else f"risky({self.expression()})",
        )

    def share(self, indent, depth, loop, final):
        self.put(indent, f"note(sum(f({self.number()}) for f in calls))")

    def append(self, indent, depth, loop, final):
        self.put(indent, f"note([{self.name()}, {self.expression()}])")

    def program(self, name):
        self.put(0, f"def {name}(a, b, c, d, xs, box, note, source, calls):")
        if self.chance(0.8):
            self.put(1, "global total")
        else:
            self.put(1, "total = 1")
        for name in UNSURE:
            if self.chance(0.7):
                self.put(1, f"if {self.pick(*NAMES)} > -4: {name} = {self.number()}")
        self.block(1, 0, False)
        self.block(1, 0, False)
        self.put(1, "return (a, b, c, d)")
        self.put(0, "")


def program(seed, name):
    """The text of a random function that Python accepts."""
    for attempt in range(100):
        writer = Writer(f"{seed} {name} {attempt}")
        writer.program(name)
        text = "\n".join(writer.lines)
        try:
            compile(text, name, "exec")
        except SyntaxError:
            continue
        return text
    raise AssertionError(f"no valid program for {seed} {name}")


def source(seed, count):
    """The text of a module of `count` random functions `f0`, `f1`, ..."""
    return PRELUDE.lstrip("\n") + "\n".join(program(seed, f"f{number}") for number in range(count))
