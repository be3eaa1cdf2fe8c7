"""Guards: generated Python that tests whether a call's arguments fit a specialisation, and makes the call.

A guard is called with the tuple of positional arguments and returns the result, or MISS. It walks no tree and
looks nothing up: structure, dtypes and shapes are tests in its text, and the compiled program is called directly.
Where a compiler's call is a function of buffers, the same text stands in the place of the function's `__call__`.
"""

from __future__ import annotations

import numpy as np

from defn import config, pytree
from defn.arguments import LARGEST, SMALL
from defn.donation import give_up
from defn.tensor import Tensor
from defn.trace import Storage, layout_of
from defn.watch import MISSING, READERS, Moving

MISS = object()
HEADS = {
    "MISS": ["def guard(args):"],
    "fallback(*args)": [
        "def guard(*args, **named):",
        "    if named or asking[0]: return fallback(*args, **named)",
    ],
}  # by what is returned where something does not fit


class _Text:
    """The text of a guard and the constants it names."""

    def __init__(self, miss="MISS", fallback=None):
        self.miss, self.lines, self.count = miss, list(HEADS[miss]), 0
        self.space = {
            "MISS": MISS,
            "fallback": fallback,
            "asking": config.asking,
            "ndarray": np.ndarray,
            "asarray": np.asarray,
            "share": np.may_share_memory,
            "new": object.__new__,
            "Tensor": Tensor,
            "Storage": Storage,
        }

    def constant(self, value):
        name = f"c{len(self.space)}"
        self.space[name] = value
        return name

    def fresh(self):
        self.count += 1
        return f"v{self.count}"

    def demand(self, test):
        self.lines.append(f"    if {test}: return {self.miss}")

    def made(self):
        """The function of this text."""
        exec(compile("\n".join([*self.lines, ""]), "<defn guard>", "exec"), self.space)
        return self.space["guard"]


def make_guard(structure, made, kinds, hit=None):
    """The guard of a specialisation for values of these Python types, or None where a generated one is not worth it.

    `hit`, a list of a function, is emptied and the function called when the guard first fits.
    """
    if not (_takes_buffers(made) if made.native else _is_plain(made)):
        return None
    return _written(_Text(), structure, made, kinds, hit)


def may_stand(made):
    """Can the guard's text take the place of a function's `__call__`? Where a program is a function of buffers."""
    return hasattr(made.executable, "within")


def standing_call(structure, made, kinds, fallback):
    """The guard of a specialisation as a function's call: `fallback` is called with what does not fit."""
    return _written(_Text("fallback(*args)", fallback), structure, made, kinds)


def _written(text, structure, made, kinds, hit=None):
    found = []
    positional = structure.children[0]
    leaves = zip(made.leaves, kinds)
    _walk_parts(text, positional, _parts(text, positional, "args"), leaves, found)
    arrays = [found[k] for k in made.traced.positions]
    arrays += [_hidden(text, hidden) for hidden in made.traced.hidden]
    if made.traced.layouts is not None:
        _demand_layouts(text, made, arrays)
    for read in made.conditions:
        _demand_held(text, read)
    if hit:
        later = text.constant(hit)
        text.lines.append(f"    if {later}: {later}.pop()()")
    (_native_call if made.native else _plain_call)(text, made, arrays)
    return text.made()


def is_direct(structure, made):
    """May machine code take the place of the guard: are there only arrays, one result, nothing that is changed?"""
    positional, named = structure.children
    count = len(positional.children)
    arrays = [leaf.kind for leaf in made.leaves] == ["array"] * count and not named.children
    traced = made.traced
    kinds = [kind for kind, k, _ in traced.results if kind != "constant" and k == 0]
    single = kinds in (["array"], ["scalar"])
    return (
        arrays
        and hasattr(made.executable, "entrance")
        and tuple(traced.positions) == tuple(range(count))
        and all(child.kind is None for child in positional.children)
        and single
        and traced.structure.kind is None
        and not (made.native or made.updates or traced.hidden)
        and _is_plain(made)
        and all(read.kind in ("global", "closure") for read in made.conditions)
    )


def direct_call(made, fallback, before=None):
    """The function of a call in machine code, or None: `fallback` where it does not fit, `before` is tried too."""
    reads = [
        (read.container, read.key if read.kind == "global" else None, read.value)
        for read in made.conditions
    ]
    scalar = made.traced.results[0][0] == "scalar"
    return made.executable.entrance(scalar, reads, fallback, before)


def _is_plain(made):
    """Are arguments and results NumPy's, as they stand, and are no Python objects changed?"""
    turned = any(
        kind in ("masked", "labelled") or kind == "argument" and shown
        for kind, _, shown in made.traced.results
    )
    other = made.foreign or made.backend or made.traced.changes or turned
    unread = any(hidden.read is None for hidden in made.traced.hidden)
    return not (other or unread) and _plain_updates(made)


def _plain_call(text, made, arrays):
    changed = [arrays[place] for _, place in made.updates]
    _demand_apart(text, made, arrays, changed)
    outputs = _call(text, made, arrays)
    for (k, _), name in zip(made.updates, changed):
        text.lines.append(f"    if {outputs[k]} is not {name}: {name}[...] = {outputs[k]}")
    text.lines.append(f"    return {_result(text, made, arrays, outputs)}")


def _call(text, made, arrays):
    """The call of the program; expressions for its outputs."""
    executable = made.executable
    within = executable.within(made.native) if may_stand(made) else None
    if within is not None:
        return _call_within(text, within, arrays)
    if made.native:
        function = text.constant(executable.natively())
    elif not getattr(executable, "settled", True):  # it is to change
        function = f"{text.constant(executable)}.call"
    else:
        function = text.constant(getattr(executable, "call", executable))
    text.lines.append(f"    outputs = {function}({', '.join(arrays)})")
    return [f"outputs[{k}]" for k in range(len(made.graph.outputs))]


def _call_within(text, within, arrays):
    """The call written out: the program itself, in its scope, and what makes arrays of its results."""
    names = [text.fresh() for _ in within.givers]
    results = "results" if within.failure else ", ".join(names)
    call = f"{results} = {text.constant(within.run)}({', '.join(arrays)})"
    text.lines += _scoped(text, call, *within.scope) if within.scope else [f"    {call}"]
    if within.failure:
        text.lines += _looked_at(text, within.failure, names, arrays)
    for name, give in zip(names, within.givers):
        if give is not None:
            text.lines.append(f"    {name} = {text.constant(give)}({name})")
    return names


def _looked_at(text, failure, names, arrays):
    """Lines that take the results apart, and raise where the number after the outputs says so."""
    given = "".join(f"{array}, " for array in arrays)
    return [
        f"    {', '.join(names)}, failed, *_ = results",
        f"    if asarray(failed): raise {text.constant(failure)}(results, ({given}))",
    ]


def _scoped(text, call, enter, leave):
    """Lines that make the call while something is set."""
    return [
        f"    before = {text.constant(enter)}(True)",
        f"    try: {call}",
        f"    finally: {text.constant(leave)}(before)",
    ]


def _takes_buffers(made):
    """Are all arguments the compiler's own arrays, or tensors over them, that are only read?"""
    kinds = {made.leaves[k].kind for k in made.traced.positions}
    labelled = any(leaf.labels is not None for leaf in made.leaves)
    returned = any(kind == "argument" for kind, _, _ in made.traced.results)
    return (
        hasattr(made.executable, "natively")
        and kinds <= {"tensor", made.foreign}
        and not (labelled or returned or made.updates or made.traced.hidden)
    )


def _native_call(text, made, arrays):
    """Buffers in and out, without a look at them."""
    before = len(text.lines)
    outputs = _call(text, made, arrays)
    if made.given:
        lines = [f"    {line}" for line in text.lines[before:]]
        text.lines[before:] = ["    try:", *lines, f"    finally: {_giving_up(text, made, arrays)}"]
    text.lines.append(f"    return {_result(text, made, arrays, outputs)}")


def _giving_up(text, made, arrays):
    """Let go of the buffers that are given up: a storage's value is named as such."""
    given = [arrays[made.traced.positions.index(k)].removesuffix(".value") for k in made.given]
    return f"{text.constant(give_up)}(({', '.join(given)},), {made.traced.name!r})"


def _plain_updates(made):
    """Are all arrays that the function changes arguments?"""
    positions = made.traced.positions
    return all(
        place < len(positions) and made.leaves[positions[place]].kind == "array"
        for _, place in made.updates
    )


def _demand_apart(text, made, arrays, changed):
    """What is written may be written, and shares no memory with another argument."""
    kinds = [made.leaves[k].kind for k in made.traced.positions]
    others = [name for name, kind in zip(arrays, kinds) if kind == "array"]
    others += arrays[len(kinds) :]
    for k, name in enumerate(changed):
        text.demand(f"not {name}.flags.writeable")
        for other in others:
            if other != name and other not in changed[:k]:
                text.demand(f"share({name}, {other})")


def _demand_layouts(text, made, arrays):
    """Arrays lie in memory as those for which the function was traced: a reshape views where it did."""
    for k, name in zip(made.traced.positions, arrays):
        if made.leaves[k].kind == "array" and len(made.leaves[k].type.shape) > 1:
            strides, width = made.traced.layouts[k], made.leaves[k].type.dtype.itemsize
            text.demand(
                f"not {name}.flags.c_contiguous"
                if strides is None
                else f"{name}.strides != {tuple(width * s for s in strides)}"
            )
    for hidden, name in zip(made.traced.hidden, arrays[len(made.traced.positions) :]):
        if layout_of(hidden.array) is not None:
            text.demand(f"{name}.strides != {hidden.array.strides}")
        elif len(hidden.array.shape) > 1:
            text.demand(f"not {name}.flags.c_contiguous")


def _walk(text, structure, name, leaves, found):
    """Tests that `name` has this structure; `found` gets a name for each leaf's array."""
    if structure.kind is None:
        found.append(_leaf(text, name, *next(leaves)))
        return
    text.demand(f"type({name}) is not {text.constant(structure.kind)}")
    if structure.kind is not type(None):
        _walk_parts(text, structure, _parts(text, structure, name), leaves, found)


def _walk_parts(text, structure, parts, leaves, found):
    inner = [text.fresh() for _ in structure.children]
    if inner:
        text.lines.append(f"    {', '.join(inner)}, = {parts}")
    for child, name in zip(structure.children, inner):
        _walk(text, child, name, leaves, found)


def _parts(text, structure, name):
    """An expression for the children of `name`, in order."""
    if structure.kind is dict:
        text.demand(f"tuple({name}) != {text.constant(structure.static)}")
        return f"{name}.values()"
    if issubclass(structure.kind, (tuple, list)):
        text.demand(f"len({name}) != {len(structure.children)}")
        return name
    if structure.kind in pytree._registered:
        parts = text.fresh()
        text.lines.append(f"    {parts}, static = {text.constant(pytree.parts)}({name})")
        text.demand(f"static != {text.constant(structure.static)}")
        return parts
    return ", ".join(f"{name}.{field}" for field in structure.static) + ","


def _leaf(text, name, leaf, kind):
    if leaf.kind == "array":
        _array_tests(text, name, leaf.type)
        return name
    if leaf.kind == "tensor":
        return _tensor_tests(text, name, leaf)
    if leaf.kind == "static":
        value = text.constant(leaf.static)
        text.demand(
            f"{name} is not {value} and (type({name}) is not type({value}) or {name} != {value})"
        )
        return "None"
    if leaf.kind not in ("number", "scalar"):
        _foreign_tests(text, name, leaf.type, kind)
        return name
    kind = leaf.weak or leaf.type.dtype.type
    text.demand(f"type({name}) is not {text.constant(kind)}")
    if leaf.weak is int:
        low, high = (-LARGEST, LARGEST - 1) if leaf.large else (-SMALL, SMALL)
        text.demand(f"not {low} <= {name} <= {high}")
    return f"asarray({name}, {text.constant(leaf.type.dtype)})"


def _array_tests(text, name, type):
    dtype = text.constant(type.dtype)
    text.demand(
        f"type({name}) is not ndarray or {name}.shape != {text.constant(type.shape)} or "
        f"{name}.dtype is not {dtype} and ({name}.dtype != {dtype} or not {name}.dtype.isnative)"
    )


def _tensor_tests(text, name, leaf):
    """Tests of an eager tensor without labels; its buffer."""
    type, storage = text.constant(leaf.type), text.fresh()
    text.demand(
        f"type({name}) is not Tensor or {name}.backend is not {text.constant(leaf.backend)} or "
        f"{name}.labels is not None"
    )
    _demand_once(text, f"{name}.type", f"{name}.type != {type}")
    text.lines.append(f"    {storage} = {name}.storage")
    text.demand(f"{storage}.trace is not None")
    return f"{storage}.value"


def _demand_once(text, described, test):
    """Demand what a description (an object that never changes) says, unless it is the one that was seen last."""
    last = text.constant([None])
    text.lines.append(f"    if {described} is not {last}[0]:")
    text.lines.append(f"        if {test}: return {text.miss}")
    text.lines.append(f"        {last}[0] = {described}")


def _foreign_tests(text, name, type, kind):
    dtype = text.constant(type.dtype)
    test = (
        f"{name}.shape != {text.constant(type.shape)} "
        f"or {name}.dtype is not {dtype} and {name}.dtype != {dtype}"
    )
    text.demand(f"type({name}) is not {text.constant(kind)}")
    if hasattr(kind, "aval"):  # JAX's name of an array's type
        _demand_once(text, f"{name}.aval", test)
    else:
        text.demand(test)


def _now(text, read):
    """An expression for what a place outside of the function holds now."""
    key = text.constant(read.key)
    if read.kind == "global":
        return f"{text.constant(read.container.get)}({key}, {text.constant(MISSING)})"
    container = text.constant(read.container)
    if read.kind == "attribute":
        return f"{text.constant(getattr)}({container}, {key}, {text.constant(MISSING)})"
    return f"{text.constant(READERS[read.kind])}({container}, {key})"


def _demand_held(text, read):
    """Demand that a place holds what it held."""
    same = f"{_now(text, read)} is {text.constant(read.value)}"
    text.demand(f"not ({same} or {text.constant(read.holds)}())")


def _hidden(text, hidden):
    name = text.fresh()
    if type(hidden.read) is Moving:
        return _number(text, name, hidden.read)
    text.lines.append(f"    {name} = {text.constant(hidden.now)}()")
    array = hidden.array
    text.demand(
        f"type({name}) is not ndarray or "
        f"{name}.dtype != {text.constant(array.dtype)} or {name}.shape != {text.constant(array.shape)}"
    )
    return name


def _number(text, name, read):
    """The number that a place holds now, of the kind that it was, as an array."""
    text.lines.append(f"    {name} = {_now(text, read)}")
    text.demand(f"type({name}) is not {text.constant(type(read.value))}")
    return f"asarray({name}, {text.constant(read.dtype)})"


def _result(text, made, arrays, outputs):
    structure, kinds = made.traced.structure, made.traced.results
    part = _native_part if made.native else _part
    found = [part(text, made, kind, k, arrays, outputs) for kind, k, _ in kinds]
    simple = _simple(structure, iter(found))
    if simple is not None:
        return simple
    made_parts = ", ".join(found)
    return f"{text.constant(pytree.unflatten)}({text.constant(structure)}, ({made_parts},))"


PARTS = {
    "array": "{}",
    "ordered": "asarray({}, order='C')",
    "scalar": "{}[()]",
    "python": "{}.item()",
}
# What a tensor over a buffer is, and its storage: made without two calls of Python.
STORAGE = "{0} = new(Storage); {0}.value = {1}; {0}.trace = {0}.strides = None; {0}.links = (); {0}.born = 0"
STORED = "{0}.readonly = {0}.outside = False"
TENSOR = "{0} = new(Tensor); {0}.storage = {1}; {0}.type = {2}; {0}.backend = {3}; {0}.lenses = ()"
PLAIN = "{0}.scalar = False; {0}.weak = {0}.labels = {0}._base = {0}._node = None"


def _native_part(text, made, kind, k, arrays, outputs):
    """A buffer, in a tensor where the arguments are tensors."""
    if kind == "constant":
        return text.constant(k)
    if made.backend is None:
        return outputs[k]
    storage, tensor = text.fresh(), text.fresh()
    type, backend = (text.constant(x) for x in (made.graph.outputs[k].type, made.backend))
    stored = STORAGE.format(storage, outputs[k]), STORED.format(storage)
    filled = TENSOR.format(tensor, storage, type, backend), PLAIN.format(tensor)
    text.lines += [f"    {line}" for line in (*stored, *filled)]
    return tensor


def _part(text, made, kind, k, arrays, outputs):
    if kind == "constant":
        return text.constant(k)
    if kind == "argument":
        return arrays[k]
    return PARTS[kind].format(outputs[k])


def _simple(structure, parts):
    """The result written out, where it consists of leaves, tuples, lists and dicts."""
    if structure.kind is None:
        return next(parts)
    if structure.kind is tuple:
        return "(" + "".join(f"{_simple(c, parts)}, " for c in structure.children) + ")"
    if structure.kind is list:
        return "[" + ", ".join(str(_simple(c, parts)) for c in structure.children) + "]"
    if structure.kind is dict and all(type(key) is str for key in structure.static):
        return (
            "{"
            + ", ".join(
                f"{key!r}: {_simple(c, parts)}"
                for key, c in zip(structure.static, structure.children)
            )
            + "}"
        )
    return "None" if structure.kind is type(None) else None
