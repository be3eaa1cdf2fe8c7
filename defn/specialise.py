"""One specialisation: a function traced for arguments of some types, compiled, and ready to be called."""

from __future__ import annotations

import numpy as np

from defn import backends, pytree
from defn.arguments import as_foreign, as_ndarray, as_tensor, native
from defn.changes import Changes, containers, fill
from defn.compilers import find
from defn.donation import give_up
from defn.draws import demand_untouched, generators_of, states_of
from defn.errors import ArgumentError, DefnError, TraceError, TypeMismatch, Unsupported
from defn.expr import parameter, toposort
from defn.graph import Graph
from defn.numpy.masked import is_ragged
from defn.operators import captured
from defn.tensor import Tensor, eager, is_tensor, labelled
from defn.trace import NeedsStatic, Storage, Trace, parameters_of, tracing
from defn.transforms.checked import checked
from defn.transforms.integers import with_integers_checked
from defn.transforms.passes import pipeline, prepare
from defn.types import INT64, Type
from defn.views import numpy_view
from defn.watch import NUMBERS, Moving, Read, Watch


class Traced:
    """What tracing a function gave: a graph, and how the results are made of its outputs."""

    __slots__ = (
        "graph", "results", "structure", "changes", "watch", "hidden", "positions", "name", "refixed",
        "layouts",
    )  # fmt: skip


class FunctionTrace(Trace):
    """The outermost trace of a function: it knows what was read from outside."""

    def __init__(self, name, moving=()):
        super().__init__(name)
        self.watch, self.changes = Watch(), None
        self.moving = moving  # places outside of the function whose numbers were seen to change

    def moved(self, kind, container, key, value):
        """The number that such a place holds, as a hidden argument; None for other places."""
        read = Moving(kind, container, key, value)
        if read.place not in self.moving or type(value) not in NUMBERS:
            return None
        type_ = Type(read.dtype)
        if read.place not in self.captured:
            self.captured[read.place] = read, Storage(parameter(type_, "number"), self)
        storage = self.captured[read.place][1]
        if type(value) is int:
            self.fixable.add(storage.value)
        if kind in ("global", "closure"):
            self.watch.moved.add(read.place)
        return Tensor(storage, type_, (), True, type(value))

    def refuse_bound(self):
        """Refuse names whose numbers are arguments, but that the function itself binds to others."""
        for read in (r for r, _ in self.captured.values() if type(r) is Moving):
            if read.kind in ("global", "closure") and not read.is_held():
                raise TraceError(f"the function binds `{read.key}`, which is read as an argument")


def trace(function, structure, leaves, values, aliases=(), layouts=(), moving=()):
    """The function traced over leaves of these types; static leaves are passed as they are.

    `aliases[k]` is the position of an earlier leaf that is the very same array, `layouts[k]` the strides of one that
    is not in C order; `moving` are the places outside whose numbers are hidden arguments. Raises NeedsStatic with the
    positions of integer leaves whose values are needed, and with such places.
    """
    run = FunctionTrace(getattr(function, "__qualname__", repr(function)), moving)
    with tracing(run):
        arguments, parameters, storages = _arguments(run, leaves, values, dict(aliases))
        for k, strides in layouts:
            if k in storages:
                storages[k].strides = strides
        for value in values:
            run.watch.outside[id(value)] = value
        args, kwargs = pytree.unflatten(structure, arguments)
        generators = generators_of(function)
        before = states_of(generators)
        run.changes = Changes(function, (args, kwargs))
        try:
            result = captured(function, function)(*args, **kwargs)
            demand_untouched(generators, before)
            run.changes.refuse_names()
            run.refuse_bound()
            return _finish(run, result, parameters, storages, leaves)
        except NeedsStatic as need:
            run.changes.unbind()
            raise _fix(need, parameters, run) from None
        except DefnError:
            run.changes.unbind()
            raise
        finally:
            run.changes.undo()
            run.watch.forget()
            run.changes = None


def _arguments(run, leaves, values, aliases):
    arguments, parameters, storages = [], {}, {}
    for k, (leaf, value) in enumerate(zip(leaves, values)):
        if not leaf.traced:
            arguments.append(value)
        elif k in aliases:
            arguments.append(arguments[aliases[k]])
        else:
            parameters[k] = parameter(leaf.type, f"argument{k}")
            storages[k] = Storage(parameters[k], run)
            storages[k].outside = True
            if leaf.weak is int:
                run.fixable.add(parameters[k])
            entering = Tensor(storages[k], leaf.type, (), leaf.scalar, leaf.weak)
            arguments.append(labelled(entering, leaf.labels))
    return arguments, parameters, storages


def _fix(need, parameters, run):
    place = {node: k for k, node in parameters.items()}
    found = [place[p] for p in need.parameters if p in place]
    numbers = [p for p, (_, s) in run.captured.items() if s.value in need.parameters]
    need.places = [place for place in numbers if place in run.moving]
    if not found and not need.places:
        return TraceError(
            f"{need.what} needs a value that is known only when the compiled function runs",
            need.where,
        )
    need.positions = found
    return need


def _finish(run, result, parameters, storages, leaves):
    """Close the graph: results first, then the arrays that were written in place, then what was captured."""
    traced = Traced()
    traced.name, traced.watch = run.name, run.watch
    traced.layouts = (
        {k: s.strides for k, s in storages.items()} if run.layout_asked and run.written else None
    )
    found, traced.structure = pytree.flatten(result, is_ragged)
    outputs, updates = [], []
    known = {storages[k]: leaves[k].labels for k in storages}
    traced.results = _results(run, found, outputs, known)
    traced.changes = [_change(run, *change, outputs, known) for change in run.changes.found()]
    updates += [None] * len(outputs)
    passed = [*storages.values(), *(storage for _, storage in run.captured.values())]
    used = set(
        toposort([*outputs, *run.effects, *(run.read(s) for s in passed if s in run.written)])
    )
    hidden = [(a, s) for a, s in run.captured.values() if s.value in used or s in run.written]
    order = [*storages.values(), *(storage for _, storage in hidden)]
    for place, storage in enumerate(order):
        if storage in run.written:
            outputs.append(run.read(storage))
            updates.append(place)
    for k, leaf in enumerate(leaves):
        if k in storages and storages[k] in run.written and leaf.kind not in ("array", "tensor"):
            raise TypeMismatch(
                f"a {leaf.kind} argument is written in place, but it cannot be changed: copy it first"
            )
    nodes = [*parameters.values(), *(storage.value for _, storage in hidden)]
    traced.graph = Graph(nodes, outputs, run.effects, updates)
    traced.hidden = [_hidden(run, array) for array, _ in hidden]
    traced.positions = list(parameters)
    return traced


def _change(run, where, keys, children, outputs, known):
    """A change of a Python object: which, its keys, and how its new contents are made."""
    place = run.changes.place
    found, structure = pytree.flatten(
        children, lambda value: id(value) in place or is_ragged(value)
    )
    results = [
        ("container", place[id(each)], None)
        if id(each) in place
        else _result(run, each, outputs, known)
        for each in found
    ]
    return where, keys, structure, results


class Hidden:
    """A captured array: where it is read at each call, or the array itself."""

    __slots__ = ("read", "array")

    def __init__(self, read, array):
        self.read, self.array = read, array

    def now(self):
        """The array to pass in this call."""
        if self.read is None:
            return self.array
        value = self.read.now()
        return value.backend.get(value.buffer) if type(value) is Tensor else value

    def buffer(self, backend):
        """The same; of a tensor on the backend, its buffer."""
        value = self.now() if self.read is None else self.read.now()
        if type(value) is not Tensor:
            return value
        return value.buffer if value.backend is backend else self.now()


def _hidden(run, array):
    if type(array) is Moving:
        return Hidden(array, array)
    place = run.watch.place_of(array)
    if place is None and (owned := run.changes.owner_of(array)):
        place = Read("attribute", *owned, array)
    return Hidden(place, array)


def _results(run, found, outputs, known):
    """How the leaves of the result are made; the same array twice is one array for the caller too."""
    made, seen = [], {}
    for value in found:
        own = is_tensor(value) and value.traced and not value.scalar
        key = (value.storage, value.lenses, value.labels, value.weak) if own else None
        if key is None or key not in seen:
            made.append(_result(run, value, outputs, known))
            seen[key] = made[-1]
        else:
            made.append(seen[key])
    return made


def _result(run, value, outputs, known):
    """How one leaf of the result is made: of an output, of an argument, or known."""
    if is_ragged(value):
        parts, cut = value.outgoing()
        outputs += [part.node for part in parts]
        return ("masked", len(outputs) - len(parts), (len(parts), cut))
    if not is_tensor(value):
        return ("constant", value, None)
    if not value.traced:
        return ("constant", value, None)
    for place, (storage, labels) in enumerate(known.items()):
        if value.storage is storage and not value.scalar and not value.weak:
            shown = numpy_view(value.lenses)
            if shown is not None and value.labels == (None if shown else labels):
                return ("argument", place, shown)
    outputs.append(value.node)
    if value.labels is not None:
        return ("labelled", len(outputs) - 1, value.labels)
    whole = "ordered" if value.storage in run.ordered and not value.lenses else "array"
    kind = "python" if value.weak else "scalar" if value.scalar else whole
    return (kind, len(outputs) - 1, None)


def _integers(traced, leaves):
    """The parameters that are Python's integers: the small ones, and the others."""
    pairs = zip(traced.graph.parameters, (leaves[k] for k in traced.positions))
    whole = [(p, leaf.large) for p, leaf in pairs if leaf.weak is int]
    numbers = zip(traced.graph.parameters[len(traced.positions) :], traced.hidden)
    whole += [
        (p, True) for p, hidden in numbers if type(hidden.array) is Moving and p.dtype == INT64
    ]
    return [p for p, large in whole if not large], [p for p, large in whole if large]


def _demand_sizes(traced, leaves):
    """Demand that the sizes of results are known: integers that they depend on are fixed, data cannot be."""
    place = dict(zip(traced.graph.parameters, traced.positions))
    for kind, k, shown in traced.results:
        if kind != "masked":
            continue
        bounds = traced.graph.outputs[k + 1 : k + shown[0]]
        needed = {place.get(p) for bound in bounds for p in parameters_of(bound)}
        if not all(n is not None and leaves[n].weak is int for n in needed):
            raise Unsupported(
                "the size of a result depends on data (x[mask] or x[:k] is returned): XLA needs static shapes; let the "
                "size depend on Python integers alone, which are fixed then, use compiler='numba' or 'numpy', or return "
                "np.where(mask, x, fill)"
            )
        need = NeedsStatic((), "the size of a result under XLA")
        need.positions = sorted(needed)
        raise need


# Results that are outputs of the program as they are, or no output at all.
NATIVE = ("array", "ordered", "scalar", "python", "constant")


class Specialisation:
    """A traced function, compiled: `run(values)` computes it for leaves of its types."""

    def __init__(self, traced, leaves, options, given=frozenset()):
        self.traced, self.leaves, self.options = traced, leaves, options
        self.compiler = find(options["compiler"])
        if self.compiler.name == "xla":
            _demand_sizes(traced, leaves)
        graph = with_integers_checked(traced.graph, *_integers(traced, leaves))
        passes = pipeline(getattr(self.compiler, "has", None))
        self.graph = prepare(checked(graph) if options["checked"] else graph, passes)
        self.updates = [(k, u) for k, u in enumerate(self.graph.updates) if u is not None]
        made = [*traced.results, *(each for *_, results in traced.changes for each in results)]
        returned = {traced.positions[k] for kind, k, _ in made if kind == "argument"}
        written = {traced.positions[u] for _, u in self.updates if u < len(traced.positions)}
        self.given = [k for k in traced.positions if k in given - returned - written]
        places = tuple(traced.positions.index(k) for k in self.given)
        self.executable = self.compiler.compile(self.graph, {**options, "donate": places})
        self.conditions = traced.watch.conditions()
        self.foreign = next(
            (
                f.kind
                for f in leaves
                if f.kind not in ("array", "number", "scalar", "static", "tensor")
            ),
            None,
        )
        self.backend = next((f.backend for f in leaves if f.kind == "tensor"), None)
        self.native = self._is_native()

    def holds(self):
        """Is all that was read from outside what it was? Of arrays, their types and labels."""
        arrays = [hidden.read for hidden in self.traced.hidden if hidden.read is not None]
        return all(read.holds() for read in (*self.conditions, *arrays))

    def moved(self):
        """The places outside of the function whose numbers have changed."""
        return [read for read in self.conditions if read.has_moved()]

    def _is_native(self):
        """Are the arguments arrays of the compiler's own, which it takes and gives without a copy?"""
        plain = all(
            kind in NATIVE or kind == "argument" and not shown
            for kind, _, shown in self.traced.results
        )
        written = self.traced.positions
        tensors = all(
            place < len(written) and self.leaves[written[place]].kind == "tensor"
            for _, place in self.updates
        )
        if not plain or not tensors or self.traced.changes:
            return False
        owns = getattr(self.executable, "owns", None)
        return owns is not None and owns(self.foreign, self.backend)

    def _run_natively(self, values):
        """The result, computed with the arguments' own buffers."""
        given = [values[k] for k in self.traced.positions]
        kinds = [self.leaves[k] for k in self.traced.positions]
        buffers = [
            x.buffer if type(x) is Tensor else native(x, leaf) for x, leaf in zip(given, kinds)
        ]
        buffers += [hidden.buffer(self.backend) for hidden in self.traced.hidden]
        outputs = self.executable.call_native(*buffers)
        for k, place in self.updates:
            storage = given[place].storage
            storage.value = self.backend.replaced(storage.value, outputs[k])
        made = [self._native_result(kind, k, given, outputs) for kind, k, _ in self.traced.results]
        return pytree.unflatten(self.traced.structure, made)

    def _native_result(self, kind, k, given, outputs):
        if kind == "constant":
            return k
        if kind == "argument":
            return given[k]
        return outputs[k] if self.backend is None else eager(outputs[k], self.backend)

    def arrays(self, values):
        """What the executable takes: an array for each traced leaf, and those captured from outside."""
        arrays = [as_ndarray(values[k], self.leaves[k]) for k in self.traced.positions]
        return arrays + [hidden.now() for hidden in self.traced.hidden]

    def run(self, values, arguments):
        """The result of the function for these leaves, which are those of the arguments."""
        try:
            return self._run_natively(values) if self.native else self._run(values, arguments)
        finally:
            give_up([values[k] for k in self.given], self.traced.name)

    def _run(self, values, arguments):
        arrays = self.arrays(values)
        for _, place in self.updates:
            _demand_writable(arrays[place], place, self.traced)
        outputs = self.executable(*arrays)
        for k, place in self.updates:
            self._update(values, arrays, place, outputs[k])
        if self.traced.changes:
            self._change(containers(arguments), values, arrays, outputs)
        return self.results(values, arrays, outputs)

    def _change(self, given, values, arrays, outputs):
        """Do to Python's objects what the function did to them."""
        for where, keys, structure, results in self.traced.changes:
            made = [
                given[k]
                if kind == "container"
                else self._result(kind, k, shown, values, arrays, outputs)
                for kind, k, shown in results
            ]
            target = given[where] if type(where) is int else where
            fill(target, keys, pytree.unflatten(structure, made))

    def _update(self, values, arrays, place, new):
        if new is not arrays[place]:
            arrays[place][...] = new
        if place < len(self.traced.positions):
            value = values[self.traced.positions[place]]
            if type(value) is Tensor:
                value.storage.value = value.backend.replaced(value.storage.value, arrays[place])
            elif value is not arrays[place] and isinstance(value, np.ndarray):
                value[...] = arrays[place]

    def results(self, values, arrays, outputs):
        """The outputs as the undecorated function would return them."""
        made = [
            self._result(kind, k, shown, values, arrays, outputs)
            for kind, k, shown in self.traced.results
        ]
        return pytree.unflatten(self.traced.structure, made)

    def _result(self, kind, k, shown, values, arrays, outputs):
        if kind == "constant":
            return k
        if kind == "argument":
            value = values[self.traced.positions[k]]
            return value if not shown else shown_of(value, arrays[k], shown)
        if kind == "masked":
            count, cut = shown
            return self._delivered(cut(*outputs[k : k + count]))
        if kind == "ordered":
            return self._delivered(np.asarray(outputs[k], order="C"))
        if kind == "array":
            return self._delivered(outputs[k])
        if kind == "labelled":
            return self._labelled(outputs[k], shown)
        if self.backend is not None or self.foreign is not None:
            return self._delivered(outputs[k])
        return outputs[k].item() if kind == "python" else outputs[k][()]

    def _delivered(self, array):
        if self.backend is not None:
            return as_tensor(array, self.backend)
        return as_foreign(array, self.foreign) if self.foreign else array

    def _labelled(self, array, labels):
        """A result with labels, which only a tensor carries: an array has no names."""
        if self.backend is not None or labels.vectors:
            made = as_tensor(np.asarray(array), self.backend or backends.load("numpy"))
            return labelled(made, labels)
        return self._delivered(array)


def shown_of(value, array, shown):
    """A result that is a view of an argument."""
    view = array
    for step in shown:
        view = step(view)
    return as_tensor(np.array(view), value.backend) if type(value) is Tensor else view


def _demand_writable(array, place, traced):
    if not array.flags.writeable:
        name = f"argument {place}" if place < len(traced.positions) else "a captured array"
        raise ArgumentError(
            f"{traced.name} writes into {name}, which is read-only: pass a copy, or copy it inside the function"
        )
