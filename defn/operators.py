"""What the rewritten source calls while a function is traced: Python's statements, on values that may be traced.

Values that Python knows behave as ever; a branch or loop that depends on a traced value becomes part of the graph.
"""

from __future__ import annotations

import builtins
import functools
import math
import operator
import sys
import types
from collections import deque

import numpy as np
from numpy.lib.stride_tricks import as_strided

from defn import ops, pytree, syntax
from defn.bodies import BodyTrace, demand_scalar
from defn.branches import branch
from defn.builtin_calls import (
    OF_TRACED,
    Range,
    Walk,
    is_unknown,
    printed,
    refuse_unrepeatable,
    walk_of,
)
from defn.changes import is_kept
from defn.dispatch import FUNCTIONS, METHODS, unsupported
from defn.errors import ShapeError, TraceError
from defn.iterators import ITERATORS, is_iterated
from defn.numpy.creation import CREATION
from defn.numpy.grids import GRID_KINDS, GRIDS
from defn.numpy.uneven import BUILTINS
from defn.numpy.uneven_value import is_uneven
from defn.outside import changes_of, looked, refuse_side_effect
from defn.perhaps import Perhaps, demand_bound
from defn.reach import bound_outside, is_users, names_in
from defn.statements import (
    assert_,
    endless,
    fix_instead,
    for_,
    if_,
    refuse_obstacle,
    truth,
    where_of,
    while_,
)
from defn.syntax import python
from defn.syntax.python import COMPARISONS, INPLACE, unbound
from defn.syntax.site import no_value
from defn.tensor import (
    Tensor,
    asarray,
    astype,
    call_ufunc,
    contains_tensor,
    is_tensor,
    labelled,
    wrap,
)
from defn.trace import current
from defn.transforms.elements import from_python, python_function, vectorized

CHEAP = 16  # nodes: so much of the right side of an `and` may be computed in vain

# The rest of what the rewritten source calls.
__all__ = ["assert_", "for_", "if_", "unbound", "while_"]
slice_ = builtins.slice


# Names.


def bound(value, free=False):
    """`value`, unless it is the marker of an unbound name; asked by the program where only that can know."""
    if type(value) is Perhaps:
        return demand_bound(value, no_value(value.name, free))
    return python.bound(value, free)


def deleted(value, name, free=False):
    """What `name` holds after `del name`."""
    bound(value, free)
    return unbound(name)


# Expressions.


def if_expression(test, then, orelse):
    """`then() if test else orelse()`."""
    known = truth(test)
    if known is not None:
        return then() if known else orelse()
    try:
        return branch(test, lambda: (then(),), lambda: (orelse(),), (), ("the value",))[0]
    except (TraceError, ShapeError):
        fix_instead(test, "a branch")
        raise
    except RecursionError:
        raise endless(test) from None


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
        raise endless(value) from None
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
        return OF_TRACED[builtins.bool](METHODS["any"](container == item))
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
        refuse_obstacle(site, value)
    return value


def iterate(iterable, site):
    """An iterable that Python itself is about to walk."""
    if isinstance(iterable, (Range, Walk)) and is_unknown(walk_of(iterable).length):
        refuse_obstacle(site, walk_of(iterable).length)
    return iterable


def match_(subject, site):
    """The subject of a `match`: refused where it is traced."""
    if is_unknown(subject):
        raise TraceError("match on a traced value: write it as if/elif", where_of(site))
    return subject


def try_(values, site):
    """A `try` whose body reads traced values cannot be kept: what fails, fails when the program runs."""
    if any(is_unknown(leaf) for value in values for leaf in pytree.leaves(value)):
        raise TraceError(
            "`try` around traced values: an error of the running program cannot be caught inside it; test the "
            "condition with `if`, or move the `try` outside of the function",
            where_of(site),
        )


def inplace(operation, target, value):
    """What `target` is after `target += value`."""
    if isinstance(target, MUTABLE):
        refuse_side_effect(target, f"{operation}= of a {type(target).__name__}", *_held(value))
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
    return looked("item", container, index, container[index])


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
        refuse_side_effect(
            container, f"assignment into a {type(container).__name__}", *_held(value)
        )
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
        refuse_side_effect(container, f"deletion from a {type(container).__name__}")
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
    return looked("attribute", owner, name, value)


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
    refuse_side_effect(owner, f"assignment to the attribute `{name}`")
    changes = changes_of()
    if changes is not None:
        changes.note(owner, name)
    setattr(owner, name, value)


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
            refuse_side_effect(
                function.__self__,
                f".{function.__name__}() of a {type(function.__self__).__name__}",
                *_held(*args),
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
        refuse_side_effect(shared[name], f"assignment to the nonlocal name `{name}`")
    for name in spaces if is_users(function) else ():
        refuse_side_effect(sys.modules[__name__], f"assignment to the global name `{name}`")


def _replacement(function, args, kwargs):
    if function is builtins.print and current() is not None:
        return printed
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
        if isinstance(function, type) and issubclass(function, np.generic) and len(args) == 1:
            return functools.partial(_as_scalar_type, function)
        if function in CALLING and not _sorts_traced(function, args):
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
CHOOSING = {builtins.max, builtins.min, builtins.any, builtins.all, builtins.sorted, math.fsum}


def _as_scalar_type(kind, value):
    """`np.float32(value)`: of a traced value, its cast."""
    if not is_unknown(value) and not _is_list_of_traced(value):
        return kind(value)
    made = astype(asarray(value), np.dtype(kind))
    number = wrap(made.node, scalar=not made.shape)
    return labelled(number, made.labels)


def _sorts_traced(function, args):
    values = args[0] if function is builtins.sorted and len(args) == 1 else ()
    return is_unknown(values) or type(values) in (list, tuple) and any(map(is_unknown, values))


def _of_values(function, values, **settings):
    """`max(...)` and its like of a generator or list, some of whose values may be traced."""
    if not isinstance(values, (list, tuple)):
        values = [*values] if not isinstance(values, dict) else values
    if not any(map(is_unknown, values)):
        return function(values, **settings)
    if function in OF_TRACED:
        return OF_TRACED[function](values, **{k: _traceable_in(v) for k, v in settings.items()})
    join = or_ if function is builtins.any else and_
    rest = [lambda each=each: each for each in values[1:]]
    return not_(not_(join(values[0], *rest)))


DISPATCHING = type(np.mean)  # the type of NumPy's functions that ask their arguments what they mean


def _is_numpys(function):
    """Does NumPy read lists among its arguments as arrays? `ufunc.at` reads them as indices."""
    if type(function) in (np.ufunc, DISPATCHING):
        return True
    return type(getattr(function, "__self__", None)) is np.ufunc and function.__name__ != "at"


def _is_list_of_traced(value):
    """Is it a list that NumPy would read? One with a value of unknown size asks that value what it means."""
    return (
        type(value) in (list, tuple) and contains_tensor(value) and not any(map(is_uneven, value))
    )


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
REFUSED[as_strided] = FUNCTIONS[as_strided]


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


def as_written(function):
    """What `numba.njit` or `numba.vectorize` was given; any other function is itself."""
    kind = type(function)
    if kind is types.FunctionType or not kind.__module__.startswith("numba."):
        return function
    if kind.__name__ == "DUFunc":
        return np.vectorize(function.__wrapped__)
    return function.py_func if kind.__name__ == "CPUDispatcher" else function


def traceable(function):
    """The function as it is traced: the user's own is rewritten, with what it captured as hidden arguments."""
    function = as_written(function)
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
    function = as_written(function)
    kind = type(function)
    if kind is types.MethodType:
        return types.MethodType(prepared(function.__func__), function.__self__)
    if kind is functools.partial:
        return functools.partial(prepared(function.func), *function.args, **function.keywords)
    if kind is np.vectorize:
        return lambda *args, **kwargs: call(function, *args, **kwargs)
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
        return functools.partial(
            inner,
            *map(_lifted, function.args),
            **{k: _lifted(v) for k, v in function.keywords.items()},
        )
    if watch is None or type(function) is not types.FunctionType:
        return function
    watch.function(original)
    made, changes = with_traced_captures(function), changes_of()
    if changes is not None:
        changes.note_names(original, made.__globals__)
    return made


def with_traced_captures(function):
    """A copy of the function whose captured arrays, and numbers that were seen to change, are traced values."""
    code, space = function.__code__, function.__globals__
    lifted = {n: asarray(v) for n in code.co_names if type(v := space.get(n)) in (np.ndarray,)}
    lifted |= _moving_globals(code, space)
    bound = bound_outside(code)[0]
    named = zip(function.__closure__ or (), code.co_freevars)
    cells = tuple(_traced_cell(cell, name, name not in bound) for cell, name in named)
    if not lifted and all(a is b for a, b in zip(cells, function.__closure__ or ())):
        return function
    made = types.FunctionType(
        code,
        {**space, **lifted},
        function.__name__,
        function.__defaults__,
        cells or None,
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return functools.wraps(function)(made)


def _lifted(value):
    return asarray(value) if type(value) is np.ndarray else value


def _moving_globals(code, space):
    """The globals that the code names whose numbers were seen to change, traced."""
    moving = getattr(current().root(), "moving", ())
    # What binds a global binds it in the namespace itself, so it gets no copy.
    asked = any(place[0] == "global" for place in moving) and not bound_outside(code)[1]
    named = names_in(code) if asked else ()
    found = {n: current().root().moved("global", space, n, space.get(n)) for n in named}
    return {name: number for name, number in found.items() if number is not None}


def _traced_cell(cell, name, may_move):
    try:
        value = cell.cell_contents
    except ValueError:
        return cell
    if type(value) is np.ndarray:
        return types.CellType(asarray(value))
    moved = getattr(current().root(), "moved", None) if may_move else None
    number = moved("closure", cell, name, value) if moved is not None else None
    return cell if number is None else types.CellType(number)
