"""Random programs mean the same before and after the rewriting."""

import itertools
import linecache
import random

import pytest
from random_programs import source

from defn.syntax import python, rewrite

PROGRAMS, RUNS = 50, 4


class Stuck(BaseException):
    """A program took too many steps."""


def load(seed):
    """The functions of a random module."""
    name, text = f"<random programs {seed}>", source(seed, PROGRAMS)
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {"__name__": "programs"}
    exec(compile(text, name, "exec"), namespace)
    return namespace


def outcome(function, namespace, inputs):
    """What a program returns or raises, where, and everything it changes."""
    notes, calls, xs, box = [], [], [1, 2, 0, 5, 6], namespace["Box"]()
    namespace["total"] = 0
    steps = itertools.count()

    def note(value):
        if next(steps) > 300:
            raise Stuck
        notes.append(repr(value))
        return len(notes)

    try:
        result = function(*inputs, xs, box, note, iter(range(5)), calls)
    except Exception as error:
        # CPython 3.11 puts some of its own UnboundLocalErrors on the line before (two
        # instructions run as one).
        line = (
            None if isinstance(error, NameError) else line_of(error, function.__code__.co_filename)
        )
        result = (type(error).__name__, str(error), line)
    later = [attempt(call) for call in calls]
    return repr(result), notes, repr(xs), repr(vars(box)), repr(namespace["total"]), later


def attempt(call):
    try:
        return repr(call(1))
    except Exception as error:
        return type(error).__name__, str(error)


def line_of(error, file):
    """The innermost line of the program in a traceback."""
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1]


class Forgetting:
    """Python's operators, but that they forget what a site says no body reads, so that none may."""

    def __getattr__(self, name):
        return getattr(python, name)

    def if_(self, test, then, orelse, state, site):
        return python.if_(test, then, orelse, forgotten(state, site), site)

    def while_(self, test, body, state, site):
        while test(*state):
            state = body(*forgotten(state, site))
        return state

    def for_(self, iterable, body, stop, state, site):
        def forget(item, *state):
            return body(item, *forgotten(state, site))

        return python.for_(iterable, forget, stop, state, site)


def forgotten(state, site):
    return tuple(
        value if name in site.reads else python.unbound(name)
        for name, value in zip(site.names, state)
    )


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("seed", range(8))
def test_random_programs(seed):
    namespace = load(seed)
    numbers = random.Random(seed)
    for number in range(PROGRAMS):
        function = namespace[f"f{number}"]
        news = [rewrite(function, operators) for operators in (python, Forgetting())]
        for _ in range(RUNS):
            inputs = [numbers.randint(-5, 5) for _ in range(4)]
            expected = outcome(function, namespace, inputs)
            for new in news:
                got = outcome(new, namespace, inputs)
                assert got == expected, f"f{number} of seed {seed} on {inputs}"
