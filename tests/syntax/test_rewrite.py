# ruff: noqa: B007, B012, B023, UP028, C416, F821, E702
"""What rewriting keeps: values, scopes, names, places in the source."""

import bdb
import functools
import linecache
import sys
import traceback
import types

import numpy as np
import pytest

from defn.errors import Unsupported
from defn.syntax import (
    Site,
    describe,
    has_source,
    python,
    refuse_kind,
    rewrite,
    rewritten_source,
    was_rewritten,
)

GLOBAL = 10


def same(function, *arguments):
    """The result of the rewritten function, which must be that of the original."""
    new = rewrite(function, python)
    assert new is not function
    expected, got = attempt(function, *arguments), attempt(new, *arguments)
    assert repr(got) == repr(expected)
    return got


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error), str(error)


def chosen(x):
    if x > 3:
        return "large"
    elif x > 1:
        size = "middle"
    else:
        if x < -1:
            return "negative"
        size = "small"
    return size


def searched(values, wanted):
    for position, value in enumerate(values):
        if value == wanted:
            break
        if value < 0:
            continue
        last = value
    else:
        return "nowhere", last
    return position, last


def halved(n):
    steps = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
        if steps > 50:
            return None
    else:
        steps = -steps
    return steps


def nested(n):
    found = []
    for i in range(n):
        for j in range(i):
            if i * j == 6:
                return i, j, found
            if j == 3:
                break
            if (i + j) % 2:
                continue
            found.append((i, j))
        else:
            found.append("end")
    return found


@pytest.mark.parametrize(
    "function, arguments",
    [(chosen, x) for x in (5, 2, 0, -3)]
    + [(searched, a) for a in (([1, 2, 3], 3), ([1, -2, 3], 9), ([-1], 4), ([], 0), ([4], 4))]
    + [(halved, x) for x in (1, 6, 27, 97)]
    + [(nested, x) for x in (0, 3, 4, 9)],
)
def test_jumps(function, arguments):
    same(function, *(arguments if isinstance(arguments, tuple) else (arguments,)))


def test_an_iterator_is_not_read_past_a_break():
    def first_even(values):
        for value in values:
            if value % 2 == 0:
                break
        return value, list(values)

    assert rewrite(first_even, python)(iter([1, 2, 3])) == (2, [3])


def test_stores_and_deletions():
    def stores(a, box):
        a[0], (a[1], *box.rest) = a[-1], range(4)
        a[a[0] - 4] += a[1:3][0]
        box.n = a[2] = 7
        box.n -= 1
        a[::2] = [0] * len(a[::2])
        del a[1:3], box.rest
        return a, vars(box)

    assert rewrite(stores, python)([1, 2, 3, 4], types.SimpleNamespace()) == stores(
        [1, 2, 3, 4], types.SimpleNamespace()
    )


def test_the_place_of_an_augmented_assignment_is_evaluated_once():
    seen = []

    def place(value):
        seen.append(value)
        return value

    def add(a):
        a[place(1)] += place(5)
        return a

    assert rewrite(add, python)([1, 2]) == [1, 7]
    assert seen == [1, 5]


def test_expressions():
    def expressions(a, b):
        return [
            a < b < 10 and "between",
            not a or b,
            a in (1, 2) and b not in (3,),
            [x * y for x in range(a) if x % 2 for y in (b if x else a,)],
            {k: v for k, v in zip("ab", (a, b))},
            sum(x for x in range(a) if x > 1),
            f"{a if a > b else b:>4}{'!' if a and b else '?'}",
            (lambda z, k=a or b: z + k if z else k)(b),
            max(*[a, b], **{"key": lambda v: -v}),
            (c := a + b) and c > 3 and (c := c - 1),
        ]

    for a in range(3):
        for b in range(4):
            same(expressions, a, b)


def test_walrus_in_tests():
    def drained(values, limit):
        total = 0
        while (value := next(values, None)) is not None and (total := total + value) < limit:
            if (square := value * value) > 4 and (half := square // 2) > 3:
                total += half
        return total, value

    for limit in (3, 20, 100):
        new = rewrite(drained, python)
        assert new(iter([1, 2, 3, 4]), limit) == drained(iter([1, 2, 3, 4]), limit)


def test_match():
    def matched(value):
        match value:
            case 0 | None:
                return "nothing"
            case int() as n if n > 10:
                return "many", n
            case (1, x) | [x, 1]:
                return x
            case {"k": y, **rest}:
                return y, rest
            case other:
                return other

    def simple(value):
        match value:
            case 0 | 1:
                word = "few"
            case True | "x":
                word = "text"
            case n if n == 7:
                word = "seven"
            case 8 | 9 as n:
                word = n
            case list() | tuple():
                word = "several"
            case dict() as found:
                word = sorted(found)
            case _:
                word = "other"
        return word

    for value in (0, None, 11, 4, (1, 2), [3, 1], {"k": 1, "l": 2}, "x"):
        same(matched, value)
        same(simple, value)
    for value in (7, 8, 9, 1.0, [1], (), {"b": 1, "a": 2}):
        same(simple, value)
    assert "match " not in rewritten_source(simple)


def test_names_without_a_value():
    def maybe(x):
        if x:
            y = 1
        return y

    def in_loop(n):
        for i in range(n):
            pass
        return i

    def deleted(x):
        y = 1
        for k in range(x):
            del y
        return y

    def seen_from_inside(x):
        if x:
            y = x
        return (lambda: y)()

    def caught(x):
        error = "none"
        try:
            if x:
                raise ValueError(x)
        except ValueError as error:
            word = str(error)
        return error, word

    for function in (maybe, in_loop, deleted, seen_from_inside, caught):
        for x in range(3):
            same(function, x)


def test_closures_see_later_values():
    def late(n):
        calls = []
        for i in range(n):
            double = 2 * i
            calls.append(lambda: (i, double))
            if i == 1:
                double = -1
        return [call() for call in calls]

    def counted(n):
        count = 0

        def more():
            nonlocal count
            count += 1
            return count

        while count < n:
            if more() % 2:
                count += 1
        return count

    same(late, 3)
    same(counted, 6)


def test_outer_variables():
    count = 0

    def counting(n):
        nonlocal count
        for _ in range(n):
            if n:
                count += 1
        return count

    def globally(n):
        global GLOBAL
        for k in range(n):
            GLOBAL += k
        return GLOBAL

    rewrite(counting, python)(3)
    assert count == 3
    rewrite(globally, python)(3)
    assert GLOBAL == 13
    assert "operators·" not in globals()


def test_cells_stay_live():
    factor = 2

    def scaled(x):
        return x * factor if x else factor

    new = rewrite(scaled, python)
    factor = 5
    assert new(3) == 15


def test_exceptions_find_the_state_as_it_was():
    def summed(values):
        total = 0
        try:
            for value in values:
                total += 1 / value
                if total > 100:
                    return "large"
        except ZeroDivisionError:
            return "stopped", total
        finally:
            values.append(total)
        return total

    for values in ([1, 2], [1, 2, 0, 4], [0.001, 0]):
        assert rewrite(summed, python)(list(values)) == summed(list(values))


def test_an_exception_on_the_way_out_cancels_a_jump():
    class Failing:
        def __enter__(self):
            return self

        def __exit__(self, *details):
            raise ValueError("on the way out")

    def left(n):
        seen = []
        for k in range(n):
            try:
                with Failing():
                    if k == 1:
                        break
                    return k
            except ValueError:
                seen.append(k)
        return seen

    assert same(left, 4) == [0, 1, 2, 3]


def test_generators_and_what_holds_them_are_left_to_python():
    def windows(values, size):
        window = []
        for value in values:
            if value is None:
                return "none"
            window.append(value)
            if len(window) < size:
                continue
            yield tuple(window)
            window = window[1:] if size > 1 else []

    new = rewrite(windows, python)
    assert list(new([1, 2, 3, 4], 2)) == [(1, 2), (2, 3), (3, 4)]
    assert list(new([1, None, 3], 1)) == [(1,)]
    assert "iterate" in rewritten_source(windows)


def test_coroutines():
    async def total(values):
        result = 0
        async for value in values:
            if value > 2:
                break
            result += value
        return result

    async def numbers():
        for n in range(5):
            yield n

    def run(coroutine):
        with pytest.raises(StopIteration) as stopped:
            coroutine.send(None)
        return stopped.value.value

    assert run(rewrite(total, python)(rewrite(numbers, python)())) == 3


def test_locals_are_those_of_the_function():
    def seen(a):
        b = a
        if a:
            c = 1
            names = {name for name in locals() if name.isidentifier() and name.isascii()}
        return sorted(names | {name for name in dir() if name.isascii()})

    same(seen, 2)


class Base:
    def area(self, scale):
        return scale


class Shape(Base):
    __sides = 4

    def __init__(self, *sizes, unit="m"):
        self.__sizes = list(sizes)
        self.unit = unit

    def area(self, scale, *, offset=1):
        __total = super().area(scale) if scale > 1 else 0
        for size in self.__sizes:
            if size > 2:
                __total += size * self.__sides + super().area(1)
                self.__sizes[0] -= 1
            self.__last = size
        return __total + offset, self.__last, __class__.__name__


def test_methods():
    new = rewrite(Shape.area, python)
    assert was_rewritten(new)
    assert new(Shape(1, 2, 3), 2) == Shape(1, 2, 3).area(2) == (2 + 12 + 1 + 1, 3, "Shape")
    bound = rewrite(Shape(5).area, python)
    assert bound(0, offset=3) == Shape(5).area(0, offset=3)


class Scaled:
    factor = 2

    def __call__(self, x):
        return x * Scaled.factor if x > 0 else x


def test_a_method_may_name_its_class():
    new = rewrite(Scaled.__call__, python)
    assert was_rewritten(new) and new(Scaled(), 3) == 6


def countdown(x, k):
    if x > 0:
        x = x + 1
    return x if k == 0 else countdown(x, k - 1)


def test_a_function_may_call_itself():
    new = rewrite(countdown, python)
    assert was_rewritten(new) and new(1, 2) == 4


def decorated(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return -function(*arguments)

    return wrapper


@decorated
@decorated
def positive(x, y: int = 2, *, z: float = 3.0) -> float:
    """One or the other."""
    return y if x else z


def test_what_a_function_is_called():
    inner = positive.__wrapped__.__wrapped__
    new = rewrite(inner, python)
    assert (new(0), new(1, z=4)) == (3.0, 2)
    for name in (
        "__name__",
        "__qualname__",
        "__module__",
        "__doc__",
        "__defaults__",
        "__kwdefaults__",
        "__annotations__",
    ):
        assert getattr(new, name) == getattr(inner, name)
    for name in ("co_name", "co_qualname", "co_filename", "co_firstlineno", "co_argcount"):
        assert getattr(new.__code__, name) == getattr(inner.__code__, name)
    assert new.__globals__ is globals()


def test_inner_functions_are_called_what_they_were():
    def outer(x):
        if x:

            def inner():
                return 0 if x else 1

            class Inner:
                def method(self):
                    return x

        return (
            inner.__qualname__,
            Inner.__qualname__,
            Inner.method.__qualname__,
            inner.__code__.co_qualname,
        )

    same(outer, 1)


# fmt: off
def pair(): return (lambda x: x if x else 1), (lambda x: x if x else 2), lambda: (lambda x: x or 3)
several = (
    lambda x: x + 1 if x
    else 2, lambda y: -y or
    7
)
# fmt: on


def test_lambdas_on_one_line():
    one, two, three = pair()
    assert [rewrite(f, python)(0) for f in (one, two, three())] == [1, 2, 3]
    assert rewrite(three, python)()(0) == 3
    assert [rewrite(f, python)(0) for f in several] == [2, 7]
    assert all(was_rewritten(rewrite(f, python)) for f in (one, two, *several))


def test_functions_without_source():
    namespace = {}
    exec("def hidden(x):\n    return x if x else 1", namespace)
    hidden = namespace["hidden"]
    assert rewrite(hidden, python) is hidden
    assert not has_source(hidden) and not was_rewritten(hidden)
    assert rewrite(np.sin, python) is np.sin


def test_a_function_with_nothing_to_rewrite_stays():
    def plain(x, y):
        z = x + y
        return -z

    assert rewrite(plain, python) is plain
    assert has_source(plain)


def test_an_edited_file_does_not_pass_for_the_function(tmp_path):
    file = tmp_path / "edited.py"
    file.write_text("def f(x):\n    return x if x else 1\n")
    namespace = {}
    exec(compile(file.read_text(), str(file), "exec"), namespace)
    file.write_text("\n\ndef g(y):\n    return y\n\n\ndef f(x, y):\n    return x if x else 1\n")
    assert rewrite(namespace["f"], python) is namespace["f"]


def test_code_is_rewritten_once():
    def make(k):
        return lambda x: x + k if x else k

    first, second = rewrite(make(1), python), rewrite(make(2), python)
    assert first.__code__ is second.__code__
    assert (first(1), second(1)) == (2, 3)
    assert rewrite(first, python) is first


# fmt: off
def failing(x, box):
    total = 0
    for k in range(3):
        if k == 2:
            if x == 0:
                total += box.missing + 1
            elif x == 1:
                total = [1, 2][k + 7] * 2
            elif x == 2:
                total = (1 if k else 2) and None + k
            elif x == 3:
                box.n = max(int("three"), k)
            elif x == 4:
                total, rest = k
            elif x == 5:
                box["a"][k] -= total
            elif x == 6:
                assert k > 2 and total, f"no {k}"
            elif x == 7:
                total = (
                    box
                    .missing
                    .other
                )
            elif x == 8:
                total = box.__class__(
                    n=1,
                ).n.upper(
                    k
                )
            else:
                raise ValueError([j for j in range(k)][k - 1])
    return total
# fmt: on


@pytest.mark.parametrize("x", range(10))
def test_tracebacks_point_where_python_points(x):
    assert last_place(rewrite(failing, python), x) == last_place(failing, x)


def last_place(function, x):
    try:
        function(x, types.SimpleNamespace())
    except Exception as error:
        frames = [
            f
            for f in traceback.TracebackException.from_exception(error).stack
            if f.filename == __file__
        ]
        last = frames[-1]
        columns = (last.colno, last.end_colno) if x not in (5, 6) else None
        # pytest adds lines to what an assertion says.
        return (last.name, last.lineno, last.line, columns), type(error), str(error).splitlines()[0]


def test_the_same_lines_run():
    def lines_of(function, *arguments):
        lines = set()

        def trace(frame, event, argument):
            if frame.f_code.co_filename != __file__:
                return None
            if event == "line":
                lines.add(frame.f_lineno)
            return trace

        old = sys.gettrace()
        sys.settrace(trace)
        try:
            function(*arguments)
        finally:
            sys.settrace(old)
        return lines - {function.__code__.co_firstlineno}

    for function, arguments in (
        (chosen, (2,)),
        (nested, (9,)),
        (searched, ([1, 2], 2)),
        (halved, (6,)),
    ):
        assert lines_of(rewrite(function, python), *arguments) == lines_of(function, *arguments)


def test_breakpoints():
    class Stops(bdb.Bdb):
        seen = ()

        def user_line(self, frame):
            if self.break_here(frame):
                self.seen += (frame.f_lineno,)
            self.set_continue()

    stops = Stops()
    line = nested.__code__.co_firstlineno + 9
    assert stops.set_break(__file__, line) is None
    stops.runcall(rewrite(nested, python), 3)
    assert stops.seen and set(stops.seen) == {line}


def test_long_chains():
    source = ["def chain(x):"]
    source += [f"    {'elif' if k else 'if'} x == {k}: y = {k}" for k in range(60)]
    source += [f"    if x == {k} + 100: return {k}" for k in range(60)]
    function = written("\n".join([*source, "    return y"]))
    for x in (0, 59, 60, 100, 159):
        same(function, x)


def written(text):
    """The last function of a text that the inspection of sources can find."""
    name = f"<written {hash(text)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    namespace = {}
    exec(compile(text, name, "exec"), namespace)
    return list(namespace.values())[-1]


def test_future_annotations_and_strings_keep_their_text():
    text = '''
class Holder:
    def kept(self, x: undefined = 1):
        """Doc
  string."""
        y: also_undefined = """a
    b
c""" if x else 'q'
        z: int
        return y, self.kept.__doc__
'''
    function = written("from __future__ import annotations\n" + text).kept
    holder = types.SimpleNamespace(kept=function)
    assert rewrite(function, python)(holder) == function(holder)


def test_describe():
    assert describe("x") == "`x`"
    assert describe("return·") == "the returned value"
    assert "break" in describe("broken·12")


class Watching:
    """Python's operators, that keep the sites they meet."""

    def __init__(self):
        self.sites = []

    def __getattr__(self, name):
        def watched(*arguments, **keywords):
            self.sites += [a for a in arguments if isinstance(a, Site)]
            return getattr(python, name)(*arguments, **keywords)

        return watched if callable(getattr(python, name)) else getattr(python, name)


def sites_of(function, *arguments):
    watching = Watching()
    result = rewrite(function, watching)(*arguments)
    return watching.sites, result


def test_sites_tell_the_state():
    def loop(n):
        total = last = 0
        for k in range(n):
            square = k * k
            total += square
            last = square
            if total > 5:
                break
        return total, last

    sites, result = sites_of(loop, 9)
    assert result == (14, 9)
    (site,) = {site for site in sites if site.kind == "for"}
    assert [name for name in site.names if name.isascii()] == ["last", "total"]
    assert "total" in site.reads and "last" not in site.reads
    assert site.line == loop.__code__.co_firstlineno + 2 and site.text == "for k in range(n):"
    assert site.obstacle is None and site.kind == "for"


def test_temporaries_are_no_state():
    def loop(values):
        best = None
        for value in values:
            twice = 2 * value
            if twice > 3:
                rest = twice - 3
                best = rest * rest
            elif value:
                rest = 0
        return best

    sites, result = sites_of(loop, [1, 2, 3])
    assert result == 9
    assert {name for site in sites for name in site.names} == {"best"}


def test_what_is_read_only_by_its_own_branch_is_no_state():
    def branches(x, y):
        if (z := x + 1) > 2:
            z = z * 2
            y = z + y
        return y

    sites, result = sites_of(branches, 4, 1)
    assert result == 11
    assert sites[0].names == ("y",)


def test_a_loop_forever_needs_no_value_before_it():
    def root(x):
        guess = x
        while True:
            better = (guess + x / guess) / 2
            if abs(better - guess) < 1e-9:
                break
            guess = better
        return better

    sites, _ = sites_of(root, 2.0)
    (site,) = {site for site in sites if site.kind == "while"}
    assert "better" in site.names and "better" not in site.reads
    assert "operators·.bound(" not in rewritten_source(root)


def test_obstacles_are_named():
    def counting(n):
        global GLOBAL
        for k in range(n):
            GLOBAL += k

    def yielding(n):
        for k in range(n):
            if k:
                yield k

    def leaving(n):
        for k in range(n):
            try:
                n += k
            finally:
                break
        return n

    def looking(x):
        match x:
            case (a, b):
                return a + b

    def asking(x):
        if x:
            return sorted(locals())

    def listed(x):
        return [k for k in x if k]

    def obstacles(function, *arguments):
        watching = Watching()
        result = rewrite(function, watching)(*arguments)
        if function is yielding:
            assert list(result) == [1]
        return {(site.kind, site.obstacle) for site in watching.sites if site.obstacle}

    assert obstacles(counting, 1) == {("for", "it assigns the outer variable `GLOBAL`")}
    line = yielding.__code__.co_firstlineno + 3
    word = f"it holds `yield`, line {line}"
    assert obstacles(yielding, 2) == {("for", word), ("if", word)}
    line = leaving.__code__.co_firstlineno + 5
    assert obstacles(leaving, 1) == {("for", f"`finally` holds `break`, line {line}")}
    assert obstacles(looking, (1, 2)) == {("match", "its patterns look inside the subject")}
    line = asking.__code__.co_firstlineno + 2
    assert obstacles(asking, 1) == {("if", f"it holds `locals()`, line {line}")}
    assert {kind for kind, _ in obstacles(listed, [1])} == {"comprehension"}


def test_generators_and_coroutines_are_refused_as_a_whole():
    def counting(n):
        for k in range(n):
            yield k

    async def waiting(x):
        await x

    for function, word, offset in ((counting, "generator", 2), (waiting, "coroutine", 1)):
        with pytest.raises(Unsupported, match=f"{function.__name__} is a {word}") as refused:
            refuse_kind(function)
        assert refused.value.where.line == function.__code__.co_firstlineno + offset
    refuse_kind(chosen)
    refuse_kind(len)
