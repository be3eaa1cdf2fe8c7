"""`break`, `continue` and early `return` as flags, and what follows them as a branch."""

from __future__ import annotations

import ast

from defn.syntax.build import Build, Place, header
from defn.syntax.obstacles import JUMPS, LOOPS, TRIES, obstacle_of
from defn.syntax.scopes import SCOPES
from defn.syntax.site import HIDDEN

RETURNED, RETURN = "returned" + HIDDEN, "return" + HIDDEN
FLAGS = (RETURNED, "broken" + HIDDEN, "continued" + HIDDEN)
WITHS = (ast.With, ast.AsyncWith)


class Loop:
    """The flags that `break` and `continue` set; `None` in a loop that stays Python's own."""

    def __init__(self, broken=None, continued=None):
        self.broken, self.continued = broken, continued


class Jumps:
    """Turns the jumps of one function into flags; `used` are the flags that are asked."""

    def __init__(self):
        self.used, self.taken = set(), set()

    def function(self, node):
        """The statements of `node` without jumps out of anything but Python's own statements."""
        if not any(early_return(statement) for statement in node.body):
            return self.block(node.body, None, False)[0]
        statements = list(node.body)
        if not ends(statements):
            statements.append(Build(last_place(statements)).returns(None))
        body, _ = self.block(statements, None, True)
        # Any line of the body would say that this line is reached, and stop at a breakpoint there.
        first, last = Build(statement_start(node.body[0])), Build(statement_start(node))
        start = [first.assign(RETURNED, first.constant(False))] if RETURNED in self.used else []
        return [*start, *body, last.returns(last.name(RETURN))]

    def block(self, statements, loop, returns):
        """The statements with flags for jumps, and the flags that may be set after them."""
        done, pending = [], set()
        todo = list(statements)
        while todo:
            statement = todo.pop(0)
            todo = rest = [*without_else(statement), *todo]
            if isinstance(statement, JUMPS):
                new, flags = self.jump(statement, loop, returns)
                return done + new, pending | flags
            if isinstance(statement, ast.Raise):
                return [*done, statement], pending
            if isinstance(statement, ast.If) and rest and jumps_away(statement):
                new, flags = self.absorbed(statement, rest, loop, returns)
                return done + new, pending | flags
            new, flags = self.statement(statement, loop, returns)
            done += new
            pending |= flags
            if flags and rest:
                new, more = self.rest(statement, flags, rest, loop, returns)
                return done + new, pending | more
        return done, pending

    def jump(self, node, loop, returns):
        build = Build(node)
        if obstacle_of(node):
            return [node], set()
        if not isinstance(node, ast.Return):
            flag = loop.broken if isinstance(node, ast.Break) else loop.continued
            return [build.assign(flag, build.constant(True))], {flag}
        if not returns:
            return [node], set()
        value = node.value if node.value is not None else build.constant(None)
        flag = build.assign(RETURNED, build.constant(True))
        return [build.assign(RETURN, value), flag], {RETURNED}

    def absorbed(self, node, rest, loop, returns):
        """`if test: ...; return` takes what follows it as its `else`, and so needs no flag."""
        body, orelse = (
            (node.body, node.orelse + rest) if ends(node.body) else (node.body + rest, node.orelse)
        )
        body, flags = self.block(body, loop, returns)
        orelse, more = self.block(orelse, loop, returns)
        return [own_return(Build(node).branch(node.test, body, orelse))], flags | more

    def rest(self, statement, flags, rest, loop, returns):
        """What follows a statement that may have jumped, run only if it has not."""
        build = Build(first_line(statement))
        body, more = self.block(rest, loop, returns)
        new = build.branch(build.denied(build.any(self.ask(flags))), body)
        new.kind = "rest"
        return [own_return(new)], more

    def ask(self, flags):
        self.used |= flags
        return sorted(flags)

    def statement(self, node, loop, returns):
        if isinstance(node, SCOPES):
            return [node], set()
        if isinstance(node, LOOPS):
            return self.loop(node, loop, returns)
        flags = set()
        for inner in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            flags |= self.inside(inner, ("body",), loop, returns)
        if isinstance(node, TRIES):
            return self.tried(node, flags, loop, returns)
        if isinstance(node, WITHS) and flags:
            node.body = cancelled_on_error(node)
        flags |= self.inside(node, ("orelse",), loop, returns)
        return [node], flags

    def inside(self, node, fields, loop, returns):
        flags = set()
        for field in fields:
            statements = getattr(node, field, None)
            if isinstance(statements, list) and statements:
                new, more = self.block(statements, loop, returns)
                setattr(node, field, new)
                flags |= more
        return flags

    def tried(self, node, flags, loop, returns):
        """A `try`: its `else` runs only if the body has not jumped."""
        body_flags = flags_of(node.body) & flags
        lost = cancelled(node)
        for each in node.handlers:
            each.body = [*lost, *each.body]
        if node.orelse and body_flags:
            node.orelse, more = self.rest(node, body_flags, node.orelse, loop, returns)
            flags = flags | more
        flags |= self.inside(node, ("orelse",), loop, returns) if not body_flags else set()
        flags |= self.inside(node, ("finalbody",), loop, returns)
        return [node], flags

    def loop(self, node, outer, returns):
        flags = (
            Loop()
            if obstacle_of(node)
            else Loop(self.fresh("broken", node), self.fresh("continued", node))
        )
        node.body, pending = self.block(node.body, flags, returns)
        build = Build(first_line(node))
        if flags.continued in self.used:
            node.body.insert(0, build.assign(flags.continued, build.constant(False)))
        stops = pending - {flags.continued}
        node.stops = self.ask(stops)
        before = (
            [build.assign(flags.broken, build.constant(False))] if flags.broken in stops else []
        )
        after, pending = self.after_loop(node, stops, outer, returns)
        return [*before, node, *after], pending | (stops & {RETURNED})

    def after_loop(self, node, stops, outer, returns):
        """The `else` of a loop: what runs if the loop was not left."""
        orelse = node.orelse
        if obstacle_of(node):
            node.orelse, pending = self.block(orelse, outer, returns)
            return [], pending
        node.orelse = []
        if not orelse:
            return [], set()
        return (
            self.rest(node, stops, orelse, outer, returns)
            if stops
            else self.block(orelse, outer, returns)
        )

    def fresh(self, base, node):
        name, count = f"{base}{HIDDEN}{node.lineno}", 1
        while name in self.taken:
            name, count = f"{base}{HIDDEN}{node.lineno}_{count}", count + 1
        self.taken.add(name)
        return name


def without_else(statement):
    """The `else` of a loop without `break`, taken from it: it is what follows the loop."""
    if not isinstance(statement, LOOPS) or obstacle_of(statement) or breaks(statement.body):
        return []
    orelse, statement.orelse = statement.orelse, []
    return orelse


def breaks(statements):
    """Whether some `break` leaves the loop around the statements."""
    for statement in statements:
        if isinstance(statement, ast.Break):
            return True
        if isinstance(statement, SCOPES):
            continue
        for holder in (
            statement,
            *getattr(statement, "handlers", ()),
            *getattr(statement, "cases", ()),
        ):
            fields = (
                ("orelse",) if isinstance(statement, LOOPS) else ("body", "orelse", "finalbody")
            )
            if any(breaks(getattr(holder, field, None) or ()) for field in fields):
                return True
    return False


def own_return(branch):
    """A branch that took in a `return` of Python's own is Python's own."""
    reasons = [obstacle_of(node) for node in inside([branch]) if isinstance(node, ast.Return)]
    for reason in filter(None, reasons):
        branch.obstacle = reason
    return branch


def early_return(statement):
    """Whether a statement holds a `return` that has to become a flag."""
    if isinstance(statement, (ast.Return, *SCOPES)):
        return False
    return any(
        isinstance(node, ast.Return) and not obstacle_of(node) for node in inside([statement])
    )


def jumps_away(node):
    """Whether a side of an `if` always jumps: what follows then belongs to the other."""
    if obstacle_of(node):
        return False
    return jumps_at_end(node.body) or jumps_at_end(node.orelse)


def jumps_at_end(statements):
    """Whether the statements always jump, on some way otherwise than by `raise`."""
    last = last_reached(statements)
    if isinstance(last, ast.If):
        return jumps_at_end(last.body) or jumps_at_end(last.orelse)
    return isinstance(last, JUMPS)


def ends(statements):
    """Whether the statements never run to their end."""
    return last_reached(statements) is not None


def last_reached(statements):
    """The statement after which nothing is reached, or None."""
    for statement in statements:
        if isinstance(statement, (*JUMPS, ast.Raise)):
            return statement
        if isinstance(statement, ast.If) and ends(statement.body) and ends(statement.orelse):
            return statement
    return None


def cancelled(node):
    """Statements that take back the jumps of a body: an exception on the way out cancels a jump."""
    ways_out = [inner for inner in inside(node.body) if may_fail_on_exit(inner)]
    build = Build(first_line(node))
    return [
        build.assign(flag, build.constant(False))
        for flag in sorted(flags_of(ways_out) & flags_of(node.body))
    ]


def cancelled_on_error(node):
    """The body of a `with` that may swallow an exception raised after a jump."""
    lost, build = cancelled(node), Build(first_line(node))
    if not lost:
        return node.body
    handler = ast.ExceptHandler(None, None, [*lost, ast.Raise(None, None, **build.at)], **build.at)
    return [ast.Try(node.body, [handler], [], [], **build.at)]


def may_fail_on_exit(node):
    return isinstance(node, WITHS) or bool(getattr(node, "finalbody", ()))


def inside(statements):
    """The statements and those inside them, but for inner functions and classes."""
    for statement in statements:
        yield statement
        if not isinstance(statement, SCOPES):
            for holder in (
                statement,
                *getattr(statement, "handlers", ()),
                *getattr(statement, "cases", ()),
            ):
                for field in ("body", "orelse", "finalbody"):
                    yield from inside(getattr(holder, field, None) or ())


def flags_of(statements):
    """The flags that the statements, jumps already replaced, assign."""
    names = (
        node.targets[0].id
        for node in inside(statements)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    )
    return {name for name in names if name.startswith(FLAGS)}


def first_line(statement):
    """The place of a statement's header."""
    end = (
        getattr(statement, "test", None)
        or getattr(statement, "iter", None)
        or getattr(statement, "subject", None)
    )
    return header(statement, end) if end is not None else statement_start(statement)


def statement_start(statement):
    return Place(statement.lineno, statement.col_offset, statement.lineno, statement.col_offset + 1)


def last_place(statements):
    """The place of the last statement that is written out."""
    last = statements[-1]
    return statement_start(last) if hasattr(last, "body") else last
