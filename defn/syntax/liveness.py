"""The names that each `if` and loop hands on: assigned in it, and read later or next time round."""

from __future__ import annotations

import ast
from typing import NamedTuple

from defn.syntax.obstacles import JUMPS, LOOPS, TRIES, obstacle_of
from defn.syntax.scopes import Names, names_of
from defn.syntax.site import is_hidden

# Context managers known to let exceptions through: what follows them is reached only if their
# body ran to its end.
PASSING = frozenset("errstate catch_warnings open printoptions localcontext Lock RLock".split())


class Summary(NamedTuple):
    """What some statements do to names, whatever surrounds them."""

    reads: frozenset | set  # read before they are written
    kills: frozenset | set  # written on every way to the end
    writes: frozenset | set  # written on some way
    ends: bool = False  # the end is never reached

    def then(self, other):
        return Summary(
            self.reads | (other.reads - self.kills),
            self.kills | other.kills,
            self.writes | other.writes,
            other.ends,
        )

    def before(self, live):
        """The names that are live before, if `live` are after."""
        return self.reads if self.ends else self.reads | (live - self.kills)


NOTHING = Summary(frozenset(), frozenset(), frozenset())


class Plan(NamedTuple):
    """The state of one statement."""

    state: tuple  # the names handed in and out
    reads: frozenset  # those whose value on entry may be read, or handed on as it is
    captured: frozenset  # those that are in the state for the sake of inner functions alone
    cells: frozenset  # those that live in a cell of the enclosing function, for others to see
    outer: tuple  # assigned names that belong to an outer scope and are in no state
    entering: frozenset  # those that may have a value on entry
    inputs: tuple = (
        (),
        (),
    )  # per branch of an `if`: names not in the state that it reads, then assigns for itself


def summary(statement):
    """The `Summary` of a statement, kept on the statement."""
    found = getattr(statement, "summary", None)
    if found is None:
        found = statement.summary = SUMMARIES.get(type(statement), simple)(statement)
    return found


def block(statements):
    """The summary of statements in a row; what follows a jump is never reached."""
    total = NOTHING
    for statement in statements:
        total = total.then(summary(statement))
        if total.ends:
            break
    return total


def simple(statement):
    names = names_of(statement)
    return Summary(
        names.reads, names.kills, names.writes, isinstance(statement, (*JUMPS, ast.Raise))
    )


def expressions(*nodes):
    names = names_of(*(node for node in nodes if node is not None))
    return Summary(names.reads, names.kills, names.writes)


def either(*branches):
    """The summary of one of several ways."""
    reaching = [branch.kills for branch in branches if not branch.ends]
    return Summary(
        frozenset().union(*(branch.reads for branch in branches)),
        frozenset.intersection(*map(frozenset, reaching)) if reaching else frozenset(),
        frozenset().union(*(branch.writes for branch in branches)),
        not reaching,
    )


def maybe(some):
    """The summary of what may run any number of times, or stop in the middle."""
    return Summary(some.reads, frozenset(), some.writes)


def branch(node):
    return expressions(node.test).then(either(block(node.body), block(node.orelse)))


def stops(node):
    return Summary(frozenset(getattr(node, "stops", ())), frozenset(), frozenset())


def runs_once(node):
    """Whether the first iteration of a loop always runs."""
    if isinstance(node, (ast.For, ast.AsyncFor)) or obstacle_of(node):
        return False
    forever = isinstance(node.test, ast.Constant) and bool(node.test.value)
    return forever or getattr(node, "runs_once", False)


def round_of(node):
    """The summary of one iteration of a loop, with its test or from its target on."""
    if isinstance(node, ast.While):
        return stops(node).then(expressions(node.test)).then(block(node.body))
    return expressions(node.target).then(block(node.body)).then(stops(node))


def while_(node):
    once = round_of(node)
    whole = once if runs_once(node) and not once.ends else maybe(once)
    return whole.then(maybe(block(node.orelse)))


def for_(node):
    return expressions(node.iter).then(maybe(round_of(node))).then(maybe(block(node.orelse)))


def with_(node):
    parts = [part for item in node.items for part in (item.context_expr, item.optional_vars)]
    body = block(node.body)
    return expressions(*parts).then(body if passes(node) else maybe(body))


def passes(node):
    """Whether a `with` is known to let exceptions through."""
    return all(last_name(item.context_expr) in PASSING for item in node.items)


def last_name(node):
    node = node.func if isinstance(node, ast.Call) else node
    return getattr(node, "attr", getattr(node, "id", None))


def handler(node):
    named = Summary(frozenset(), {node.name}, {node.name}) if node.name else NOTHING
    return expressions(node.type).then(named).then(block(node.body))


def try_(node):
    body = block([*node.body, *node.orelse])
    handlers = [handler(each) for each in node.handlers]
    final = block(node.finalbody)
    ways = either(body, *handlers)
    # An exception leaves the body anywhere, so that what the handlers read may be older than
    # the body.
    return Summary(
        ways.reads | final.reads,
        ways.kills | final.kills,
        ways.writes | final.writes,
        ways.ends or final.ends,
    )


def match(node):
    return expressions(node.subject).then(maybe(either(*map(case, node.cases), NOTHING)))


def case(node):
    names = Names()
    names.visit(node.pattern)
    if node.guard is not None:
        names.perhaps([node.guard])
    return Summary(names.reads, names.kills, names.writes).then(block(node.body))


SUMMARIES = {
    ast.If: branch,
    ast.While: while_,
    ast.For: for_,
    ast.AsyncFor: for_,
    ast.With: with_,
    ast.AsyncWith: with_,
    ast.Try: try_,
    ast.TryStar: try_,
    ast.Match: match,
}


class Planner:
    """Puts a `Plan` on each statement of a function that becomes a call."""

    def __init__(self, scope, captured):
        self.outer = scope.globals | scope.nonlocals | scope.rebound
        self.captured = captured - self.outer
        self.states = set()

    def block(self, statements, live, always=frozenset(), raised=frozenset()):
        """Plan backwards; `always` are live all along, `raised` are read after an exception."""
        for statement in reversed(statements):
            found = summary(statement)
            after = frozenset() if found.ends else live
            visit = PLANS.get(type(statement))
            if visit is not None:
                visit(self, statement, after | always, always, raised)
            live = found.before(live) | always
        return live

    def plan(self, node, some, carried, live, raised, entering):
        """The plan of a statement that does `some` to names: takes `carried`, leaves `live`."""
        mine = some.writes - self.outer
        needed = mine & (carried | live)
        state = needed | (mine & self.captured)
        cells = state & (self.captured | raised)
        self.states |= state
        node.plan = Plan(
            state=tuple(sorted(state, key=lambda name: (is_hidden(name), name))),
            reads=frozenset(state & some.reads | cells | state - some.kills),
            captured=frozenset(state - needed),
            cells=frozenset(cells),
            outer=tuple(sorted(some.writes & self.outer)),
            entering=frozenset(state & (entering | self.captured)),
        )

    def branch(self, node, live, always, raised):
        body, orelse = block(node.body), block(node.orelse)
        if obstacle_of(node) is None:
            entering = body.before(live) | orelse.before(live) | always
            self.plan(node, either(body, orelse), frozenset(), live, raised, entering)
            inputs = self.inputs(body, node.plan), self.inputs(orelse, node.plan)
            node.plan = node.plan._replace(inputs=inputs)
        self.block(node.body, live, always, raised)
        self.block(node.orelse, live, always, raised)

    def inputs(self, some, plan):
        """What a branch reads and then assigns for itself alone."""
        names = (some.reads & some.writes) - self.outer - set(plan.state)
        self.states |= names
        return tuple(sorted(names))

    def loop(self, node, live, always, raised):
        self.block(node.orelse, live, always, raised)
        live = block(node.orelse).before(live)
        flags = stops(node).reads
        once = round_of(node)
        head = once.reads | live | always
        if obstacle_of(node) is None:
            entering = once.before(live) | always if runs_once(node) else head
            self.plan(node, once, once.reads, live | flags, raised, entering | flags)
        else:
            always = always | head
        self.block(node.body, head | flags, always, raised)

    def with_(self, node, live, always, raised):
        if not passes(node):
            always, raised = always | live, raised | live
        self.block(node.body, live, always, raised)

    def try_(self, node, live, always, raised):
        final = block(node.finalbody)
        self.block(node.finalbody, live, always, raised)
        live = final.before(live)
        always, raised = always | final.reads, raised | final.reads
        caught = frozenset().union(*(handler(each).before(live) for each in node.handlers))
        for each in node.handlers:
            self.block(each.body, live, always, raised)
        live_in_else = self.block(node.orelse, live, always, raised)
        self.block(node.body, live_in_else, always | caught, raised | caught)

    def match(self, node, live, always, raised):
        for each in node.cases:
            self.block(each.body, live, always, raised)


PLANS = {
    ast.If: Planner.branch,
    **dict.fromkeys(LOOPS, Planner.loop),
    ast.With: Planner.with_,
    ast.AsyncWith: Planner.with_,
    **dict.fromkeys(TRIES, Planner.try_),
    ast.Match: Planner.match,
}
