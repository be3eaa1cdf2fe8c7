"""What the rewritten source calls while a function is traced: Python's statements, on values that may be traced.

Values that Python knows behave as ever; a branch or loop that depends on a traced value becomes part of the graph.
"""

from __future__ import annotations

import builtins
import functools
import operator
import sys
import types
from collections import deque

import numpy as np

from defn import ops, pytree, syntax
from defn.bodies import BodyTrace, demand_scalar
from defn.changes import is_kept
from defn.builtin_calls import OF_TRACED, Range, Walk, is_unknown, refuse_unrepeatable, walk_of
from defn.control import NothingTraced, branch, counted, repeated
from defn.dispatch import FUNCTIONS, METHODS, unsupported
from defn.errors import EndlessRecursion, ShapeError, TraceError, Where
from defn.iterators import ITERATORS, Nest, is_iterated
from defn.numpy.creation import CREATION
from defn.numpy.grids import GRID_KINDS, GRIDS
from defn.numpy.uneven import BUILTINS
from defn.numpy.uneven_value import is_uneven
from defn.reach import bound_outside, is_users
from defn.syntax.python import COMPARISONS, INPLACE, bound, deleted, unbound
from defn.tensor import Tensor, asarray, call_ufunc, contains_tensor, effect, is_tensor, wrap
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
            branch(test, then, orelse, state, names)
        )
    except (TraceError, ShapeError):
        _fix_instead(test, "a branch")
        raise
    except RecursionError:
        raise _endless(test) from None


def _endless(test):
    """A function calls itself under a traced test, for ever: both branches are traced. Integers may be fixed."""
    _fix_instead(test, "a recursion")
    return EndlessRecursion(
        "a function calls itself under an `if` that only the running program can decide, so that tracing it does not "
        "end: write it as a loop, or decide by a shape, a Python integer or a static argument"
    )


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
                test, body, state, [syntax.describe(n) for n in site.names]
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
    if stop is not None:
        return _stopping(walk, body, stop, state, names)
    low, high, reverse, item = _bounds(iterable, walk)
    known = not is_unknown(walk.length) and walk.length <= PYTHONIC
    return counted(
        low, high, lambda k, *s: body(item(k), *s), state, names, reverse=reverse, demanding=known
    )


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
        current().indices.add(k.node)
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
    try:
        return branch(test, lambda: (then(),), lambda: (orelse(),), (), ("the value",))[0]
    except RecursionError:
        raise _endless(test) from None


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
    try:
        (result,) = branch(value, *branches, (), ("the value",))
    except RecursionError:
        raise _endless(value) from None
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
    return _key(container, item) in container


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
    if isinstance(target, MUTABLE):
        _no_side_effect(target, f"{operation}= of a {type(target).__name__}", *_held(value))
    return INPLACE[operation](target, value)


# Items and attributes.

MUTABLE = (list, dict, set, deque)


def getitem(container, index):
    """`container[index]`; arrays from outside are hidden arguments."""
    if type(container) is np.ndarray:
        return asarray(container)[index]
    if type(container) in GRID_KINDS:
        return GRIDS[container][index]
    method = getattr(type(container), "__getitem__", None)
    if type(method) is types.FunctionType and is_users(method):
        return call(method, container, index)
    if hasattr(container, "__array_ufunc__") or type(container) in (str, bytes):
        return container[index]
    index = _key(container, index)
    return _looked("item", container, index, container[index])


def setitem(container, index, value):
    """`container[index] = value`."""
    if type(container) is np.ndarray:
        asarray(container)[index] = value
        return
    method = getattr(type(container), "__setitem__", None)
    if type(method) is types.FunctionType and is_users(method):
        call(method, container, index, value)
        return
    index = _key(container, index)
    if isinstance(container, MUTABLE) and not _is_there(container, index, value):
        _no_side_effect(container, f"assignment into a {type(container).__name__}", *_held(value))
    container[index] = value


def _held(*values):
    return pytree.leaves(values)


def _is_there(container, index, value):
    """Is the value in this place of the container already, as after `d["w"] += 1` of an array?"""
    try:
        return type(index) is not slice and container[index] is value
    except LookupError:
        return False


def delitem(container, index):
    """`del container[index]`."""
    if isinstance(container, MUTABLE):
        _no_side_effect(container, f"deletion from a {type(container).__name__}")
    del container[_key(container, index)]


def _key(container, index):
    """A traced integer as the key of a dict: its value is needed."""
    if not isinstance(container, dict):
        return index
    if type(index) is tuple:
        return tuple(_key(container, each) for each in index)
    if not is_unknown(index) and not (type(index) is Tensor and not index.shape):
        return index
    if index.dtype.kind not in "iu":
        raise TraceError(
            f"a traced value of type {index.type} as the key of a dict: only the running program knows which key it "
            "is; use an array and an index instead, or pass the value as a static argument"
        )
    return operator.index(index)


def getattr_(owner, name):
    """`owner.name`, watched where the owner is from outside."""
    getter = _accessor(owner, name, "fget")
    if getter is not None:
        return call(getter, owner)
    value = getattr(owner, name)
    if isinstance(owner, types.ModuleType):
        return asarray(value) if type(value) is np.ndarray else value
    return _looked("attribute", owner, name, value)


def _accessor(owner, name, which):
    """The user's function behind a property, or None: it is part of what is traced."""
    found = getattr(type(owner), name, None)
    function = getattr(found, which) if type(found) is property else None
    return function if type(function) is types.FunctionType and is_users(function) else None


def setattr_(owner, name, value):
    """`owner.name = value`."""
    setter = _accessor(owner, name, "fset")
    if setter is not None:
        call(setter, owner, value)
        return
    trace = current()
    if trace is not None and is_kept(getattr(owner, name, None), value, trace.captured):
        return
    _no_side_effect(owner, f"assignment to the attribute `{name}`")
    changes = _changes()
    if changes is not None:
        changes.note(owner, name)
    setattr(owner, name, value)


def _changes():
    """What the function that is traced assigned to objects from outside."""
    return getattr(current().root(), "changes", None) if current() is not None else None


def _looked(kind, container, key, value):
    watch = getattr(current().root(), "watch", None) if current() is not None else None
    if watch is None or is_tensor(container) or type(value) is types.MethodType:
        return value
    if kind == "attribute" and _changes() is not None and _changes().has(container, key):
        return value
    try:
        watch.look(kind, container, key, value)
    except TypeError:  # a key that cannot be hashed is no place to look again
        return value
    return asarray(value) if type(value) is np.ndarray and id(value) in watch.outside else value


def _no_side_effect(target, what, *values):
    """A Python object from outside must not change in a traced loop (which is then written out) or branch; nowhere
    may it be given traced values to hold.
    """
    trace, changes = current(), _changes()
    if changes is not None and any(map(is_unknown, values)):
        changes.refuse_holding(target, what)
    while isinstance(trace, BodyTrace):
        if id(target) in trace.outside or type(target) in (type, types.ModuleType):
            if trace.indices:
                raise NeedsStatic(trace.indices, what)
            raise TraceError(
                f"{what} in a branch or while on a traced value: Python would do it once, while tracing; choose the "
                "value there (with a local name), and change the object after it"
            )
        trace = trace.parent


# Calls.

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
    "appendleft",
    "extendleft",
    "popleft",
    "rotate",
    "popitem",
    "discard",
    "__setitem__",
    "__delitem__",
}


def call(function, /, *args, **kwargs):
    """`function(*args, **kwargs)`: the user's own functions are rewritten too, some of Python's and NumPy's replaced."""
    replaced = _replacement(function, args, kwargs)
    if replaced is not None:
        return replaced(*args, **kwargs)
    refuse_unrepeatable(function)
    if type(function) is types.BuiltinFunctionType:
        if function.__name__ in CHANGING and isinstance(function.__self__, MUTABLE):
            _no_side_effect(
                function.__self__, f".{function.__name__}() of a {type(function.__self__).__name__}", *_held(*args)
            )
            args = [_key(function.__self__, a) for a in args[:1]] + list(args[1:])
        elif function.__name__ == "get" and isinstance(function.__self__, dict):
            args = [_key(function.__self__, a) for a in args[:1]] + list(args[1:])
        return function(*args, **kwargs)
    _no_shared_names(function)
    return traceable(function)(*args, **kwargs)


def _no_shared_names(function):
    """In a traced loop or branch, a function must not bind a name that is there outside of it."""
    function = getattr(function, "__func__", function)
    if type(function) is not types.FunctionType or not isinstance(current(), BodyTrace):
        return
    cells, spaces = bound_outside(function.__code__)
    shared = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    for name in cells:
        _no_side_effect(shared[name], f"assignment to the nonlocal name `{name}`")
    for name in spaces if is_users(function) else ():
        _no_side_effect(sys.modules[__name__], f"assignment to the global name `{name}`")


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
        if function in CHOOSING and len(args) == 1:
            return functools.partial(_of_values, function)
        if _is_numpys(function) and any(map(_is_list_of_traced, (*args, *kwargs.values()))):
            return _of_lists(function)
    except TypeError:  # not hashable: nothing of ours
        return None
    return None


# Python's functions of the values of one iterable, which ask each for its truth.
CHOOSING = {builtins.max, builtins.min, builtins.any, builtins.all}


def _of_values(function, values, **settings):
    """`max(...)` and its like of a generator or list, some of whose values may be traced."""
    if not isinstance(values, (list, tuple)):
        values = [*values] if not isinstance(values, dict) else values
    if not any(map(is_unknown, values)):
        return function(values, **settings)
    if function in OF_TRACED:
        return OF_TRACED[function](values, **settings)
    join = or_ if function is builtins.any else and_
    rest = [lambda each=each: each for each in values[1:]]
    return not_(not_(join(values[0], *rest)))


DISPATCHING = type(np.mean)  # the type of NumPy's functions that ask their arguments what they mean


def _is_numpys(function):
    return type(function) in (np.ufunc, DISPATCHING) or type(getattr(function, "__self__", None)) is np.ufunc


def _is_list_of_traced(value):
    return type(value) in (list, tuple) and contains_tensor(value)


def _of_lists(function):
    """A function of NumPy's, which asks arrays what they mean, but not the elements of a list."""
    if type(function) is not DISPATCHING:
        return lambda *args, **kwargs: function(*map(_as_array, args), **kwargs)
    made = FUNCTIONS.get(function)
    if made is None:
        raise unsupported(function)
    return made


def _as_array(value):
    return asarray(value) if _is_list_of_traced(value) else value


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


def prepared(function):
    """A function, method, partial or callable object with the source of what it calls rewritten."""
    kind = type(function)
    if kind is types.MethodType:
        return types.MethodType(prepared(function.__func__), function.__self__)
    if kind is functools.partial:
        return functools.partial(prepared(function.func), *function.args, **function.keywords)
    method = kind.__dict__.get("__call__")
    if type(method) is types.FunctionType and is_users(method):
        return types.MethodType(prepared(method), function)
    return syntax.rewrite(function, sys.modules[__name__])


def captured(function, original):
    """The function with the arrays among its globals and closure cells replaced by traced ones, for this trace."""
    trace = current()
    watch = getattr(trace.root(), "watch", None) if trace is not None else None
    if watch is not None and type(function) is types.MethodType:
        watch.outside[id(function.__self__)] = function.__self__
        inner = function.__func__
        return types.MethodType(captured(inner, inner), function.__self__)
    if watch is not None and type(function) is functools.partial:
        bound = [*function.args, *function.keywords.values()]
        watch.outside |= {id(value): value for value in bound}
        inner = captured(function.func, function.func)
        return functools.partial(inner, *map(_lifted, function.args), **{k: _lifted(v) for k, v in function.keywords.items()})
    if watch is None or type(function) is not types.FunctionType:
        return function
    watch.function(original)
    made, changes = with_traced_captures(function), _changes()
    if changes is not None:
        changes.note_names(original, made.__globals__)
    return made


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


def _lifted(value):
    return asarray(value) if type(value) is np.ndarray else value


def _traced_cell(cell):
    try:
        value = cell.cell_contents
    except ValueError:
        return cell
    return types.CellType(asarray(value)) if type(value) is np.ndarray else cell
