"""`@defn` and `jit`: a function that is traced once per signature, compiled, and called.

The path of a call: a guard generated for the last specialisations tests types and calls the compiled program;
where no guard holds, the arguments are taken apart, classified, and a specialisation is found or made.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import types

import numpy as np

from defn import config, donation, later, pytree
from defn.arguments import Leaf, brought, classify
from defn.compilers import available, is_known
from defn.config import in_force
from defn.errors import (
    ArgumentError,
    CompilerError,
    DefnError,
    TypeMismatch,
    Unsupported,
    suggestion,
)
from defn.guard import MISS, direct_call, is_direct, make_guard, may_stand, standing_call
from defn.syntax import has_source, refuse_kind
from defn.tensor import Tensor
from defn.trace import NeedsStatic, current, layout_of
from defn.types import as_dtype

DEFAULT_COMPILER = "numba"
RECENT = 8  # how many guards a call tries before it takes the long way


class Defn:
    """A function that defn compiles: call it as the function itself, with `compiler=` and other options beside.

    `graph`, `source` and `explain`, called with arguments, show what became of the function for them.

    >>> double = jit(lambda x: x + x, compiler="numpy")
    >>> double(np.arange(3)), double(1.5)
    (array([0, 2, 4]), 3.0)
    >>> double.graph(np.arange(3)).outputs[0].op.name
    'add'
    """

    def __init__(self, function, options=None, syntax=True):
        self.__wrapped__ = function
        self.__name__ = type(function).__name__  # of an object; a function has its own
        functools.update_wrapper(self, function, updated=())
        self._function, self._options, self._syntax = function, dict(options or {}), syntax
        self._traceable = self._direct = None
        self._standing = 0
        self._specialisations, self._fixed, self._guards = {}, {}, {}
        self._lock = threading.RLock()
        self._own = _own_names(function)

    # Calling.

    def __call__(self, *args, **kwargs):
        if current() is None:
            if not kwargs:
                for guard in self._guards.get(id(in_force()), ()):
                    result = guard(args)
                    if result is not MISS:
                        return result
            return self._call(args, kwargs)
        return self._inline(args, kwargs)

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def _inline(self, args, kwargs):
        """Inside another trace, the function is part of it."""
        _, kwargs = self._split(kwargs)
        return self.traceable(*args, **kwargs)

    def _call(self, args, kwargs):
        options, kwargs = self._split(kwargs)
        specialisation, values = self._find(args, kwargs, options)
        return specialisation.run(values, (args, kwargs))

    def _split(self, kwargs):
        """The options among the keyword arguments, and the others; a parameter's own name is never an option."""
        given = {k: v for k, v in kwargs.items() if k in config.OPTIONS and k not in self._own}
        if kwargs and not self._takes_any:
            self._demand_known(kwargs)
        return given, {k: v for k, v in kwargs.items() if k not in given} if given else kwargs

    @functools.cached_property
    def _takes_any(self):
        """May keyword arguments have any name, as far as one can see?"""
        try:
            kinds = [p.kind for p in inspect.signature(self._function).parameters.values()]
        except (TypeError, ValueError):
            return True
        return inspect.Parameter.VAR_KEYWORD in kinds

    def _demand_known(self, kwargs):
        """Refuse a keyword that is neither a parameter's name nor an option's."""
        for name in kwargs:
            if name not in self._own and name not in config.OPTIONS:
                close = suggestion(name, [*self._own, *config.OPTIONS], listed=False)
                raise TypeMismatch(
                    f"{self.__name__}() got an unexpected keyword argument {name!r}{close or '.'} "
                    f"The options of a call are {', '.join(config.OPTIONS)}"
                )

    @property
    def traceable(self):
        """The function as it is traced: its source rewritten, where that is wanted and can be read."""
        if self._traceable is None:
            self._traceable = (
                later.operators.prepared(self._function) if self._syntax else self._function
            )
        return self._traceable

    # Finding a specialisation.

    def _find(self, args, kwargs, given):
        options = {**config.options(), **self._options, **config.checked_options(given)}
        values, structure = pytree.flatten((args, kwargs))
        values = brought(values, options["compiler"])
        leaves = [classify(value) for value in values]
        _settle(options, leaves)
        options["donate"] = donation.names_of(self._function, options["donate"])
        if options["donate"]:
            donation.demand_able(self.__name__, options["compiler"])
        with self._lock:
            return self._specialisation(
                structure, leaves, values, options, not kwargs and not given
            ), values

    def _specialisation(self, structure, leaves, values, options, plain):
        base = (structure, tuple(leaf.key for leaf in leaves), _options_key(options))
        while True:
            fixed = self._fixed.get(base, frozenset())
            key = (
                base,
                tuple(values[k] for k in sorted(fixed)),
                *self._memory(base, leaves, values),
            )
            for known in self._specialisations.get(key, ()):
                if known.holds():
                    return known
            self._trace_moving(self._specialisations.get(key, []))
            try:
                made = self._make(structure, leaves, values, options, fixed, *key[2:])
            except NeedsStatic as need:
                self._fixed[base] = fixed | frozenset(need.positions)
                self._keep_static(need.places)
                continue
            if self._asks_more(base, made) and any(self._memory(base, leaves, values)):
                continue
            self._specialisations.setdefault(key, []).insert(0, made)
            if plain:
                self._add_guard(structure, made, values)
            return made

    @functools.cached_property
    def _written(self):
        """Signatures under which some argument is written in place: there, arguments that overlap matter."""
        return set()

    @functools.cached_property
    def _laid(self):
        """Signatures under which a layout decides what is a view: an argument is reshaped, and something written."""
        return set()

    def _asks_more(self, base, made):
        """Does what was made depend on the memory of arguments as was not yet known of its signature?"""
        found = [(self._written, bool(made.updates)), (self._laid, made.traced.layouts is not None)]
        fresh = [known for known, depends in found if depends and base not in known]
        for known in fresh:
            known.add(base)
        return bool(fresh)

    def _memory(self, base, leaves, values):
        """What is to be known of the memory of arguments: which are one, and which are not in C order."""
        return (
            aliases(leaves, values) if base in self._written else (),
            layouts(leaves, values) if base in self._laid else (),
        )

    def _make(self, structure, leaves, values, options, fixed, aliased, laid):
        leaves = [
            Leaf("static", static=values[k]) if k in fixed else leaf
            for k, leaf in enumerate(leaves)
        ]
        try:
            arguments = self.traceable, structure, leaves, values, aliased, laid
            traced = self._traced(*arguments)
        except Exception as error:
            self._say_if_unread(error)
            raise
        given = donation.places(self._function, options["donate"], structure, leaves)
        return later.specialise.Specialisation(traced, leaves, options, given)

    def _traced(self, *arguments):
        """The function, traced; numbers from outside that cannot be traced are conditions again."""
        if self._moving:
            try:
                return later.specialise.trace(*arguments, self._moving)
            except DefnError:
                self._keep_static(list(self._moving))
        return later.specialise.trace(*arguments)

    @functools.cached_property
    def _moving(self):
        """The places outside of the function whose numbers were seen to change, and stay arguments from then on."""
        return {}

    @functools.cached_property
    def _static(self):
        """Places whose numbers are needed while tracing, though they change."""
        return {}

    def _trace_moving(self, made):
        """Where a number outside was seen to change, let it be an argument; what was made for another is dropped."""
        for known in list(made):
            moved = {r.place: r for r in known.moved() if r.place not in self._static}
            self._moving.update(moved)
            if moved:
                made.remove(known)

    def _keep_static(self, places):
        for place in places:
            self._static[place] = self._moving.pop(place)

    def _say_if_unread(self, error):
        """An error of a function whose source could not be read says so."""
        plain = type(self._function) is types.FunctionType
        if self._syntax and plain and not has_source(self._function):
            error.add_note(
                f"the source of {self.__name__} cannot be read (it was made by exec, or typed at a prompt or after "
                "-c), so its `if`, `while`, `for`, np.zeros, np.array and subscripts are Python's and NumPy's own, which "
                "know no traced values: put it into a file or a notebook cell"
            )

    def _add_guard(self, structure, made, values):
        kinds = list(map(type, values))
        guard = make_guard(structure, made, kinds, self._at_first_fit(structure, made, kinds))
        if guard is not None:
            key = in_force()
            guards = self._guards.setdefault(id(key), _Guards(key))
            guards.insert(0, guard)
            del guards[RECENT:]

    def _at_first_fit(self, structure, made, kinds):
        """What is done when a guard first fits, in a list, or None."""
        if is_direct(structure, made):
            return [lambda: self._enter(made)]
        if may_stand(made):
            return [lambda: self._stand(structure, made, kinds)]
        return None

    def _enter(self, made):
        """Let machine code take the calls that fit."""
        if in_force() is not config.DEFAULTS:
            return
        direct = direct_call(made, self._asking, self._direct)
        if direct is not None:
            self._direct, self._standing = direct, 0
            self._let_call(direct)

    def _stand(self, structure, made, kinds):
        """Let the guard take the calls that fit without `__call__` around it, before those that did so earlier."""
        if in_force() is not config.DEFAULTS:
            return
        chained = 0 < self._standing < RECENT
        fallback = self.__class__.__call__ if chained else self._direct or self._asking
        self._standing = self._standing + 1 if chained else 1
        self._let_call(standing_call(structure, made, kinds, fallback))

    def _let_call(self, function):
        """Let this function be what a call is: it is no method, so it stands in a class."""
        members = {"__call__": staticmethod(function), "__module__": __name__}
        self.__class__ = type("Defn", (Defn,), members)

    @functools.cached_property
    def _asking(self):
        """A call that looks at everything."""
        return types.MethodType(Defn.__call__, self)

    # What a person asks about a function.

    def trace(self, *args, **kwargs):
        """The traced function for these arguments: its graph and how results are made of it."""
        given, kwargs = self._split(kwargs)
        return self._find(args, kwargs, given)[0]

    def graph(self, *args, **kwargs):
        """The graph of the function for these arguments, as it was traced; prints as text."""
        return self.trace(*args, **kwargs).traced.graph

    def source(self, *args, **kwargs):
        """The text of the program that the compiler made for these arguments."""
        return self.trace(*args, **kwargs).executable.source

    def explain(self, *args, **kwargs):
        """What was compiled for these arguments (or, with none, for all calls so far), and why."""
        if args or kwargs:
            return _explained(self.trace(*args, **kwargs))
        made = [each for kept in self._specialisations.values() for each in kept]
        return "\n\n".join(map(_explained, made)) or f"{self.__name__}: not called yet"

    def measure(self, *args, **kwargs):
        """What `explain` says, with the time of each kernel and the share of the machine's limit that it reaches.

        The program runs for a quarter of a second, or once, on these arguments; arrays that it writes into are copied.
        Raises Unsupported where the compiler runs no kernels of defn's.
        """
        given, kwargs = self._split(kwargs)
        made, values = self._find(args, kwargs, given)
        if not hasattr(made.compiler, "measure"):
            raise Unsupported(
                f"compiler {made.compiler.name!r} does not time its kernels: measure with compiler='numba'"
            )
        return _explained(made, made.compiler.measure(made.executable, made.arrays(values)))

    # Copies and pickles: by name where it is a global of a module, else function and options.

    def __reduce__(self):
        if _named(self) is self and (self.__module__ != "__main__" or not _by_value()):
            return self.__qualname__
        named = _named(self)
        same = isinstance(named, Defn) and named._function is self._function
        function = named if same and self.__module__ != "__main__" else self._function
        made = getattr(function, "__defn_made__", None)
        remade, what = (_transformed_again, made) if made else (_remade, (function,))
        return remade, (*what, self._options, self._syntax)

    def __repr__(self):
        return f"<defn {getattr(self, '__qualname__', self.__name__)}>"


def _settle(options, leaves):
    """Choose what is not given: the compiler of the tensors among the arguments, and its device."""
    _one_backend(leaves)
    backend = next((f.backend for f in leaves if f.kind == "tensor"), None)
    named = backend is not None and backend.name != "numpy"
    if options["compiler"] is None:
        options["compiler"] = backend.compiler if named else DEFAULT_COMPILER
    elif options["compiler"] == "auto" and (named or any(leaf.kind == "jax" for leaf in leaves)):
        # Another compiler would have to bring every argument to itself.
        options["compiler"] = backend.compiler if named else "xla"
    if backend is not None and backend.compiler == options["compiler"]:
        here = options["device"] is None and options["executor"] is None
        options.update(backend.options if here else {})


class _Guards(list):
    """The guards of one set of default options, which is kept alive so that its identity stays its own."""

    def __init__(self, options):
        self.options = options


def _named(compiled):
    """What stands under a function's name in its module, or None."""
    found = sys.modules.get(getattr(compiled, "__module__", None))
    for name in getattr(compiled, "__qualname__", "").split("."):
        found = getattr(found, name, None)
    return found


def _by_value():
    """Is it cloudpickle that asks? It sends what `__main__` holds to processes that have another one."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").endswith("cloudpickle"):
            return True
        frame = frame.f_back
    return False


def _remade(function, options, syntax):
    return jit(function, syntax=syntax, **options)


def _transformed_again(make, arguments, options, syntax):
    return _remade(make(*arguments), options, syntax)


def _own_names(function):
    try:
        return frozenset(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return frozenset()


def _options_key(options):
    return tuple(
        (k, v if k != "compiler" or isinstance(v, str) else id(v))
        for k, v in sorted(options.items())
    )


def _one_backend(leaves):
    names = sorted({leaf.backend.name for leaf in leaves if leaf.kind == "tensor"})
    if len(names) > 1:
        raise ArgumentError(
            f"tensors of two backends in one call, {' and '.join(names)}: move one with .to(...)"
        )


def aliases(leaves, values):
    """Pairs (position, earlier position) of arguments that are the same array; other overlaps are refused."""
    found, arrays = [], []
    for k, (leaf, value) in enumerate(zip(leaves, values)):
        if leaf.kind not in ("array", "tensor"):
            continue
        same = next((j for j, other in arrays if other is value), None)
        if same is not None:
            found.append((k, same))
            continue
        if any(_overlap(other, value) for _, other in arrays):
            raise ArgumentError(
                "an argument that the function writes into shares memory with another argument: pass a copy of one"
            )
        arrays.append((k, value))
    return tuple(found)


def layouts(leaves, values):
    """Pairs (position, strides in elements) of arrays of several axes that are not in C order."""
    return tuple(
        (k, strides)
        for k, (leaf, value) in enumerate(zip(leaves, values))
        if leaf.kind == "array" and (strides := layout_of(value)) is not None
    )


def _overlap(a, b):
    """May two arrays, both of the host or both of a device, share memory?"""
    if type(a) is not type(b):
        return False
    if type(a) is Tensor:
        return getattr(a.buffer, "overlaps", lambda other: False)(b.buffer)
    return np.may_share_memory(a, b)


def _explained(made, facts=None):
    if facts is None:
        facts = getattr(made.executable, "explain", lambda: "")()
    fixed = [f"{leaf.static!r}" for leaf in made.leaves if not leaf.traced]
    lines = [
        f"{made.traced.name} on {made.compiler.name}: {made.graph!r}",
        f"  static arguments: {', '.join(fixed)}" if fixed else "",
        f"  depends on: {', '.join(map(repr, made.conditions))}" if made.conditions else "",
        facts,
    ]
    return "\n".join(line for line in lines if line)


def defn(function=None, *, syntax=True, **options):
    """The function, compiled on its first call for each signature; a decorator, with or without options.

    Takes and returns NumPy arrays (or tensors, or another library's arrays, as given). Raises TraceError where a
    value is needed that only the running program knows.

    >>> import numpy as np
    >>> @defn
    ... def double(x):
    ...     return x * 2
    >>> double(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    if function is None:
        return functools.partial(defn, syntax=syntax, **options)
    return jit(function, syntax=syntax, **options)


def jit(function, *, syntax=True, **options):
    """A function with options bound: `jit(f, compiler="xla", threads=1)`.

    >>> import numpy as np
    >>> jit(np.exp, compiler="numpy")(np.zeros(2))
    array([1., 1.])
    """
    if not callable(function):
        raise ArgumentError(f"only functions can be compiled, this is {function!r}")
    config.checked_options(options)
    if options.get("donate") is not None:
        donation.names_of(getattr(function, "_function", function), options["donate"])
    if isinstance(options.get("compiler"), str):
        _demand_known(options["compiler"])
    if isinstance(function, type):
        raise Unsupported(
            f"{function.__qualname__} is a class: decorate its methods, or a function that uses it"
        )
    kind = refuse_kind(function)
    if kind:
        raise Unsupported(f"{function.__qualname__} {kind}: only plain functions can be compiled")
    if isinstance(function, Defn):
        return Defn(
            function._function, {**function._options, **options}, function._syntax and syntax
        )
    return Defn(function, options, syntax)


def _demand_known(name):
    """Refuse an unknown compiler's name at once; a known one's package is loaded at the first call."""
    if not is_known(name):
        raise CompilerError(f"unknown compiler {name!r}{suggestion(name, available())}")


def compile(function, *templates, **options):
    """The function compiled ahead of time for arguments of these types.

    A template is an array or a number of the type to come, or anything with a `shape` and a `dtype`.

    >>> import numpy as np
    >>> f = compile(lambda x: x + 1, np.zeros(3), compiler="numpy")
    >>> f(np.ones(3))
    array([2., 2., 2.])
    """
    made = jit(function, **options)
    made.trace(*(pytree.map(_stand_in, template) for template in templates))
    return made


def _stand_in(template):
    """An array of a template's type that takes no memory; anything that has no type is itself."""
    if isinstance(template, (np.ndarray, np.generic)) or not (
        hasattr(template, "shape") and hasattr(template, "dtype")
    ):
        return template
    if type(template) is Tensor:
        return template
    return np.broadcast_to(np.zeros((), as_dtype(template.dtype)), tuple(template.shape))
