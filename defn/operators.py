"""What the rewritten source calls while a function is traced: Python's statements, on values that may be traced.

Values that Python knows behave as ever; a branch or loop that depends on a traced value becomes part of the graph.
"""

from __future__ import annotations

import builtins
import functools
import operator
import sys
import sysconfig
import types

import numpy as np

from defn import ops, pytree, syntax
from defn.bodies import BodyTrace, demand_scalar
from defn.builtin_calls import OF_TRACED, Range, Walk, is_unknown, refuse_unrepeatable, walk_of
from defn.control import NothingTraced, branch, counted, repeated
from defn.dispatch import METHODS, unsupported
from defn.errors import HOME, ShapeError, TraceError, Where
from defn.iterators import ITERATORS, Nest, is_iterated
from defn.numpy.creation import CREATION
from defn.numpy.grids import GRID_KINDS, GRIDS
from defn.numpy.uneven import BUILTINS
from defn.numpy.uneven_value import is_uneven
from defn.syntax.python import COMPARISONS, INPLACE, bound, deleted, unbound
from defn.tensor import Tensor, asarray, call_ufunc, effect, is_tensor, wrap
from defn.trace import NeedsStatic, current, known_value, parameters_of
from defn.transforms.elements import from_python, python_function, vectorized

CHEAP = 16  # nodes: so much of the right side of an `and` may be computed in vain
UNROLLED = 4  # a loop of so few trips is written out
PYTHONIC = 100_000  # a loop over known numbers alone is run by Python, up to so many trips
LIMIT = (
    4096  # a loop whose body needs its index as a Python value is written out up to so many trips
)

__all__ = ["bound", "deleted", "unbound"]
slice_ = builtins.slice
setattr_ = builtins.setattr
delitem = operator.delitem


def truth(value, what="an if"):
    """The truth of a value as Python knows it; None where only the running program knows."""
    if type(value) is not Tensor or not value.traced and not value.vectors:
        return bool(value)
    if value.vectors:
        return None
    if value.size != 1:
        return bool(demand_scalar(value, what))
    known = known_value(value.node)
    return None if known is None else bool(known)


def refuse_obstacle(site):
    """Refuse a traced decision where something in the statement keeps it from being traced."""
    if site.obstacle:
        raise TraceError(
            f"this {site.kind} depends on a traced value, but {site.obstacle}: decide with np.where, or keep the "
            "value known while tracing",
            _where(site),
        )


def _where(site):
    return Where(site.file, site.line)


# Statements.


def if_(test, then, orelse, state, site):
    """The state after `if`."""
    known = truth(test)
    if known is not None:
        return then(*state) if known else orelse(*state)
    refuse_obstacle(site)
    if any(site.raises):
        return _raising(test, then, orelse, state, site)
    try:
        names = [syntax.describe(n) for n in site.names]
        return tuple(
            branch(test, _from_inside(then, state), _from_inside(orelse, state), state, names)
        )
    except (TraceError, ShapeError):
        _fix_instead(test, "a branch")
        raise


def _fix_instead(value, what):
    """Where a decision depends on integer arguments alone, they may be fixed: the branches need not agree then."""
    needed = parameters_of(value.node)
    if needed and all(current().may_fix(p) for p in needed):
        raise NeedsStatic(needed, what)


def _raising(test, then, orelse, state, site):
    """`if test: raise ...`: a check that runs with the program."""
    fails, goes_on = (then, orelse) if site.raises[0] else (orelse, then)
    holds = demand_scalar(test, "an if")
    error = _raised(fails, state)
    effect(ops.check, call_ufunc(np.logical_not, holds) if site.raises[0] else holds,
           message=str(error), error=type(error))  # fmt: skip
    return goes_on(*state)


def _raised(function, state):
    try:
        function(*state)
    except Exception as error:
        return error
    return AssertionError("raised")


def while_(test, body, state, site):
    """The state after `while`: Python's own as long as it knows the test, then a loop of the graph."""
    trips = 0
    while True:
        asked = test(*state)
        known = truth(asked, "a while")
        if known is None:
            return _traced_while(test, body, state, site, asked)
        if not known:
            return state
        if trips >= UNROLLED and _has_traced(state) and not site.obstacle:
            try:
                return _traced_while(test, body, state, site, asked)
            except (NeedsStatic, TraceError, ShapeError):
                if trips >= LIMIT:
                    raise
        state = body(*state)
        trips += 1


def _traced_while(test, body, state, site, asked):
    refuse_obstacle(site)
    try:
        return tuple(
            repeated(
                test, _from_inside(body, state), state, [syntax.describe(n) for n in site.names]
            )
        )
    except NeedsStatic as need:
        if all(current().may_fix(p) for p in need.parameters):
            raise
        raise TraceError(
            f"{need.what} in a while loop on traced values needs a number that changes from trip to trip",
            need.where,
        ) from None
    except (TraceError, ShapeError):
        if is_unknown(asked):
            _fix_instead(asked, "a while loop")
        raise


def _has_traced(state):
    return any(is_unknown(leaf) for leaf in pytree.leaves(state))


def for_(iterable, body, stop, state, site):
    """The state after `for`."""
    if isinstance(iterable, Nest) and stop is None:
        return _nested(iterable, (), body, state, site)
    try:
        return _for(iterable, body, stop, state, site)
    except (UnboundLocalError, ShapeError):
        if stop is not None or not _has_first(iterable):
            raise
    # A name that the first trip binds and later ones read, or whose shape is found in the first trip (`total = 0.0`,
    # then `total += row`): the first trip is written out, before the loop.
    try:
        return _for(iterable[1:], body, stop, body(iterable[0], *state), site)
    except ShapeError:
        if len(iterable) > LIMIT:
            raise
    # An array that grows from trip to trip.
    return _written_out(iterable, body, stop, state)


def _has_first(iterable):
    """Is it known that there is a first trip?"""
    if is_tensor(iterable) or isinstance(iterable, np.ndarray):
        return iterable.ndim > 0 and iterable.shape[0] > 0
    return type(iterable) is builtins.range and len(iterable) > 0


def _for(iterable, body, stop, state, site):
    walk = walk_of(iterable)
    if walk is None or _is_written_out(walk, site):
        return _written_out(_watched(iterable), body, stop, state)
    refuse_obstacle(site)
    names = [syntax.describe(n) for n in site.names]
    try:
        return tuple(_traced_for(iterable, walk, body, stop, state, names))
    except NeedsStatic as need:
        return _fix_or_write_out(need, iterable, walk, body, stop, state)
    except NothingTraced:
        return _written_out(iterable, body, stop, state)


def _nested(nest, place, body, state, site):
    """A loop over the places of a shape, as a loop for each axis."""
    if len(place) == len(nest.shape):
        return body(nest.at(*place), *state)
    body = _from_inside(body, state)
    inner = lambda k, *inside: _nested(nest, (*place, k), body, inside, site)
    return for_(builtins.range(nest.shape[len(place)]), inner, None, state, site)


def _is_written_out(walk, site):
    """Is the loop short, or must it stay Python's and can it?"""
    short = not is_tensor(walk.length) and walk.length <= UNROLLED
    return short or bool(site.obstacle) and not is_unknown(walk.length)


def _fix_or_write_out(need, iterable, walk, body, stop, state):
    if all(current().may_fix(p) for p in need.parameters):
        raise need
    if is_unknown(walk.length):
        bounds = parameters_of(walk.length.node)
        if all(current().may_fix(p) for p in bounds):
            raise NeedsStatic(bounds, need.what)
        raise TraceError(
            f"{need.what} needs the index of a loop whose length only the running program knows",
            need.where,
        )
    if int(walk.length) > LIMIT:
        raise TraceError(
            f"{need.what} needs the loop's index (or another number that changes) as a Python value, so the loop would "
            f"be written out {int(walk.length)} times: the limit is {LIMIT} trips",
            need.where,
        )
    return _written_out(iterable, body, stop, state)


def _written_out(iterable, body, stop, state):
    """Trip after trip, as Python does it; a `break` that depends on traced values guards the trips after it."""
    for item in iterable:
        left = stop(*state) if stop is not None else False
        known = truth(left, "a break")
        if known is None:
            names = ["a value"] * len(state)
            state = branch(
                left, lambda *s: s, functools.partial(_one_trip, body, item), state, names
            )
            continue
        if known:
            break
        state = body(item, *state)
    return state


def _one_trip(body, item, *state):
    return body(item, *state)


def _watched(iterable):
    """A list from outside is read item by item, so that what the trace saw of it is known."""
    if type(iterable) in (list, tuple) and current() is not None:
        return [getitem(iterable, k) for k in range(len(iterable))]
    return iterable


def _traced_for(iterable, walk, body, stop, state, names):
    body = _from_inside(body, state)
    if stop is not None:
        return _stopping(walk, body, stop, state, names)
    low, high, reverse, item = _bounds(iterable, walk)
    known = not is_unknown(walk.length) and walk.length <= PYTHONIC
    return counted(
        low, high, lambda k, *s: body(item(k), *s), state, names, reverse=reverse, demanding=known
    )


def _from_inside(body, state):
    """The body, with its trace told which Python containers existed before: those it must not change."""
    cells = [cell.cell_contents for cell in body.__closure__ or () if _is_set(cell)]
    outside = frozenset(id(c) for value in (*cells, *state) for c in _containers(value))

    def told(*arguments):
        current().outside = outside
        return body(*arguments)

    return told


def _is_set(cell):
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _containers(value, depth=3):
    """The lists, dicts and sets in a value, itself included."""
    if type(value) not in (*MUTABLE, tuple) or not depth:
        return
    if type(value) is not tuple:
        yield value
    for each in value.values() if type(value) is dict else value:
        yield from _containers(each, depth - 1)


def _bounds(iterable, walk):
    """The index range of a loop: a range of steps of one counts by itself, so that offsets stay in sight."""
    if isinstance(iterable, (Range, builtins.range)) and type(iterable.step) is int:
        if iterable.step == 1:
            return iterable.start, iterable.stop, False, lambda k: k
        if iterable.step == -1:
            return iterable.stop + 1, iterable.start + 1, True, lambda k: k
    return 0, walk.length, False, walk.item


def _stopping(walk, body, stop, state, names):
    """A loop that may be left early: a while over the index."""

    def going(k, *state):
        return call_ufunc(np.logical_and, k < walk.length, call_ufunc(np.logical_not, stop(*state)))

    def trip(k, *state):
        return (k + 1, *body(walk.item(k), *state))

    extent = None if is_unknown(walk.length) else int(walk.length)
    return repeated(going, trip, (0, *state), ["the index", *names], extent=extent)[1:]


def assert_(test, message, text, site):
    """`assert`: checked at once where the test is known, else when the program runs."""
    known = truth(test, "an assert")
    if known is None:
        said = text if message is None else str(message())
        effect(ops.check, demand_scalar(test, "an assert"), message=said, error=AssertionError)
    elif not known:
        raise AssertionError(*() if message is None else (message(),))


# Expressions.


def if_expression(test, then, orelse):
    """`then() if test else orelse()`."""
    known = truth(test)
    if known is not None:
        return then() if known else orelse()
    return branch(test, lambda: (then(),), lambda: (orelse(),), (), ("the value",))[0]


def and_(value, *thunks):
    """`value and thunk() and ...`."""
    for k, thunk in enumerate(thunks):
        known = truth(value, "and")
        if known is None:
            return _logical(value, functools.partial(_later, and_, thunks[k:]), np.logical_and)
        if not known:
            return value
        value = thunk()
    return value


def _later(join, thunks):
    return join(thunks[0](), *thunks[1:])


def or_(value, *thunks):
    """`value or thunk() or ...`."""
    for k, thunk in enumerate(thunks):
        known = truth(value, "or")
        if known is None:
            return _logical(value, functools.partial(_later, or_, thunks[k:]), np.logical_or)
        if known:
            return value
        value = thunk()
    return value


def _logical(value, rest, ufunc):
    """Python's rule: the rest is computed only where the value does not decide (`i < n and a[i] > 0`)."""
    conjunction = ufunc is np.logical_and
    if value.dtype.kind != "b":
        return (
            if_expression(value, rest, lambda: value)
            if conjunction
            else if_expression(value, lambda: value, rest)
        )
    decided = lambda: (not conjunction,)
    undecided = lambda: (rest(),)
    branches = (undecided, decided) if conjunction else (decided, undecided)
    (result,) = branch(value, *branches, (), ("the value",))
    return _without_branch(value, result, ufunc, 0 if conjunction else 1)


def _without_branch(value, result, ufunc, place):
    """Where computing the rest is cheap and can do no harm, a logical operation instead of a branch."""
    node = result.node if is_tensor(result) and result.dtype.kind == "b" else None
    if node is None or node.op is not ops.item or node.args[0].op is not ops.cond:
        return result
    made = node.args[0]
    body = made.attrs["bodies"][place]
    if body.effects or len(body.order) > CHEAP or not all(map(_is_harmless, body.order)):
        return result
    outputs, _ = body.inline(made.args[1:])
    both = call_ufunc(ufunc, value, wrap(outputs[node.attrs["index"]]))
    return Tensor(both.storage, both.type, both.lenses, True, bool)


def _is_harmless(node):
    """Is the node a leaf, or a number computed from numbers alone?"""
    return node.op.kind is ops.Kind.LEAF or node.op.kind is ops.Kind.ELEMENTWISE and not node.shape


def not_(value):
    """`not value`."""
    known = truth(value, "not")
    if known is not None:
        return not known
    result = call_ufunc(np.logical_not, demand_scalar(value, "not"))
    return Tensor(result.storage, result.type, result.lenses, True, bool, labels=result.labels)


def compare_chain(comparisons, left, right, *thunks):
    """`left < right < thunk() ...`."""
    value = _compare(comparisons[0], left, right)
    for comparison, thunk in zip(comparisons[1:], thunks):
        known = truth(value, "a comparison")
        if known is not None and not known:
            return value
        left, right = right, thunk()
        value = and_(value, functools.partial(_compare, comparison, left, right))
    return value


def _compare(comparison, left, right):
    if comparison in ("in", "not in"):
        found = in_(left, right)
        return found if comparison == "in" else not_(found)
    return COMPARISONS[comparison](left, right)


def in_(item, container):
    """`item in container`."""
    if is_tensor(container) and container.traced:
        return METHODS["any"](container == item)
    if is_unknown(item) and isinstance(container, (tuple, list, builtins.range, Range)):
        found = False
        for each in container:
            found = (
                or_(item == each, lambda found=found: found) if found is not False else item == each
            )
        return found
    return item in container


def test(value, site):
    """A truth that Python itself is about to ask: refused where only the running program knows it."""
    if truth(value, site.kind) is None:
        refuse_obstacle(site)
    return value


def iterate(iterable, site):
    """An iterable that Python itself is about to walk."""
    if isinstance(iterable, (Range, Walk)) and is_unknown(walk_of(iterable).length):
        refuse_obstacle(site)
    return iterable


def match_(subject, site):
    """The subject of a `match`: refused where it is traced."""
    if is_unknown(subject):
        raise TraceError("match on a traced value: write it as if/elif", _where(site))
    return subject


def try_(values, site):
    """A `try` whose body reads traced values cannot be kept: what fails, fails when the program runs."""
    if any(is_unknown(leaf) for value in values for leaf in pytree.leaves(value)):
        raise TraceError(
            "`try` around traced values: an error of the running program cannot be caught inside it; test the "
            "condition with `if`, or move the `try` outside of the function",
            _where(site),
        )


def inplace(operation, target, value):
    """What `target` is after `target += value`."""
    if type(target) in MUTABLE:
        _no_side_effect(target, f"{operation}= of a {type(target).__name__}")
    return INPLACE[operation](target, value)


# Items and attributes.

MUTABLE = (list, dict, set)


def getitem(container, index):
    """`container[index]`; arrays from outside are hidden arguments."""
    if type(container) is np.ndarray:
        return asarray(container)[index]
    if type(container) in GRID_KINDS:
        return GRIDS[container][index]
    if hasattr(container, "__array_ufunc__") or type(container) in (str, bytes):
        return container[index]
    value = container[index]
    return _looked("item", container, index, value)


def setitem(container, index, value):
    """`container[index] = value`."""
    if type(container) is np.ndarray:
        asarray(container)[index] = value
        return
    if type(container) in MUTABLE:
        _no_side_effect(container, f"assignment into a {type(container).__name__}")
    container[index] = value


def getattr_(owner, name):
    """`owner.name`, watched where the owner is from outside."""
    value = getattr(owner, name)
    if isinstance(owner, types.ModuleType):
        return asarray(value) if type(value) is np.ndarray else value
    return _looked("attribute", owner, name, value)


def _looked(kind, container, key, value):
    watch = getattr(current().root(), "watch", None) if current() is not None else None
    if watch is None or is_tensor(container) or type(value) is types.MethodType:
        return value
    try:
        watch.look(kind, container, key, value)
    except TypeError:  # a key that cannot be hashed is no place to look again
        return value
    return asarray(value) if type(value) is np.ndarray and id(value) in watch.outside else value


def _no_side_effect(container, what):
    """A Python container from outside must not change in a traced loop (which is then written out) or branch."""
    trace = current()
    while isinstance(trace, BodyTrace):
        if id(container) in trace.outside:
            indices = [p for p in trace.fixable if p.attrs["name"] == "index"]
            if indices:
                raise NeedsStatic(indices, what)
            raise TraceError(
                f"{what} in a branch or while on a traced value: Python would do it once, while tracing"
            )
        trace = trace.parent


# Calls.

LIBRARIES = tuple(
    {
        HOME,
        *(
            p
            for p in map(sysconfig.get_paths().get, ("stdlib", "platstdlib", "purelib", "platlib"))
            if p
        ),
    }
)
CHANGING = {
    "append",
    "extend",
    "insert",
    "pop",
    "remove",
    "clear",
    "update",
    "add",
    "setdefault",
    "sort",
    "reverse",
}


def call(function, /, *args, **kwargs):
    """`function(*args, **kwargs)`: the user's own functions are rewritten too, some of Python's and NumPy's replaced."""
    replaced = _replacement(function, args, kwargs)
    if replaced is not None:
        return replaced(*args, **kwargs)
    refuse_unrepeatable(function)
    if type(function) is types.BuiltinFunctionType:
        if function.__name__ in CHANGING and type(function.__self__) in MUTABLE:
            _no_side_effect(
                function.__self__, f".{function.__name__}() of a {type(function.__self__).__name__}"
            )
        return function(*args, **kwargs)
    return traceable(function)(*args, **kwargs)


def _replacement(function, args, kwargs):
    try:
        made = CREATION.get(function) if function not in CALLING else None
        if made is not None and current() is not None:
            return made
        if function in BUILTINS and args and is_uneven(args[0]):
            return BUILTINS[function]
        if function in ITERATORS and is_iterated(function, args):
            return ITERATORS[function]
        if function in REFUSED and any(is_tensor(x) for x in pytree.leaves(list(args))):
            return REFUSED[function]
        if function in CALLING:
            return functools.partial(_with_traceable, function)
        if function in OF_TRACED and any(_is_walked(a) for a in args):
            return _unless_known(function, args)
    except TypeError:  # not hashable: nothing of ours
        return None
    return None


# Functions of Python's and NumPy's that call functions of the user's.
CALLING = {
    builtins.map, builtins.filter, builtins.sorted, functools.reduce,
    np.apply_along_axis, np.apply_over_axes, np.fromfunction, np.piecewise,
}  # fmt: skip


def _with_traceable(function, *args, **kwargs):
    args = [_traceable_in(a) for a in args]
    return CREATION.get(function, function)(
        *args, **{name: _traceable_in(a) for name, a in kwargs.items()}
    )


def _refused(function):
    """A function that raises what to use in the place of a NumPy function that asks no array what it means."""

    def refuse(*args, **kwargs):
        raise unsupported(function)

    return refuse


REFUSED = {f: _refused(f) for f in (np.asmatrix, np.bmat, np.from_dlpack, np.nested_iters)}


def _traceable_in(value):
    """The value, functions in it as they are traced."""
    if type(value) in (list, tuple):
        return type(value)(map(_traceable_in, value))
    return traceable(value) if callable(value) else value


def _is_walked(value):
    return is_tensor(value) and value.traced or isinstance(value, (Range, Walk)) or is_uneven(value)


def _unless_known(function, args):
    """Python's own function still serves where all values are known."""
    if function in (builtins.enumerate, builtins.zip, builtins.reversed, builtins.type):
        return OF_TRACED[function]
    if any(is_unknown(a) or isinstance(a, (Range, Walk)) for a in args):
        return OF_TRACED[function]
    return None


def traceable(function):
    """The function as it is traced: the user's own is rewritten, with what it captured as hidden arguments."""
    kind = type(function)
    if kind is types.MethodType:
        inner = traceable(function.__func__)
        return (
            types.MethodType(inner, function.__self__)
            if inner is not function.__func__
            else function
        )
    if kind is functools.partial:
        return functools.partial(traceable(function.func), *function.args, **function.keywords)
    if kind is types.FunctionType and is_users(function):
        return captured(syntax.rewrite(function, sys.modules[__name__]), function)
    if kind is np.vectorize:
        return functools.partial(vectorized, function, traceable(function.pyfunc))
    if kind is np.ufunc:
        made_of = python_function(function)
        return (
            function
            if made_of is None
            else functools.partial(from_python, function, traceable(made_of))
        )
    if not isinstance(function, type) and callable(function):
        method = kind.__dict__.get("__call__")
        if type(method) is types.FunctionType and is_users(method):
            return functools.partial(traceable(method), function)
    return function


def is_users(function):
    """Is this function the user's own, and not a library's?"""
    return not function.__code__.co_filename.startswith(LIBRARIES)


def captured(function, original):
    """The function with the arrays among its globals and closure cells replaced by traced ones, for this trace."""
    trace = current()
    watch = getattr(trace.root(), "watch", None) if trace is not None else None
    if watch is None or type(function) is not types.FunctionType:
        return function
    watch.function(original)
    return with_traced_captures(function)


def with_traced_captures(function):
    """A copy of the function whose captured arrays are traced values."""
    code, space = function.__code__, function.__globals__
    arrays = {n: v for n in code.co_names if type(v := space.get(n)) in (np.ndarray,)}
    cells = tuple(_traced_cell(cell) for cell in function.__closure__ or ())
    if not arrays and all(a is b for a, b in zip(cells, function.__closure__ or ())):
        return function
    made = types.FunctionType(
        code,
        {**space, **{n: asarray(v) for n, v in arrays.items()}},
        function.__name__,
        function.__defaults__,
        cells or None,
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return functools.wraps(function)(made)


def _traced_cell(cell):
    try:
        value = cell.cell_contents
    except ValueError:
        return cell
    return types.CellType(asarray(value)) if type(value) is np.ndarray else cell
