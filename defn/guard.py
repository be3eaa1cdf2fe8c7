"""Guards: generated Python that tests whether a call's arguments fit a specialisation, and makes the call.

A guard is called with the tuple of positional arguments and returns the result, or MISS. It walks no tree and
looks nothing up: structure, dtypes and shapes are tests in its text, and the compiled program is called directly.
"""

from __future__ import annotations

import numpy as np

from defn import pytree
from defn.arguments import LARGEST, SMALL
from defn.tensor import Tensor
from defn.trace import Storage

MISS = object()


class _Text:
    """The text of a guard and the constants it names."""

    def __init__(self):
        self.lines, self.space, self.count = (
            [],
            {
                "MISS": MISS,
                "ndarray": np.ndarray,
                "asarray": np.asarray,
                "share": np.may_share_memory,
                "Tensor": Tensor,
                "Storage": Storage,
            },
            0,
        )

    def constant(self, value):
        name = f"c{len(self.space)}"
        self.space[name] = value
        return name

    def fresh(self):
        self.count += 1
        return f"v{self.count}"

    def demand(self, test):
        self.lines.append(f"    if {test}: return MISS")


def make_guard(structure, made, values, hit=None):
    """The guard of a specialisation for such values, or None where a generated one is not worth it.

    `hit`, a list of a function, is emptied and the function called when the guard first fits.
    """
    if not (_takes_buffers(made) if made.native else _is_plain(made)):
        return None
    text = _Text()
    found = []
    leaves = zip(made.leaves, map(type, values))
    positional = structure.children[0]
    _walk_parts(text, positional, _parts(text, positional, "args"), leaves, found)
    arrays = [found[k] for k in made.traced.positions]
    arrays += [_hidden(text, hidden) for hidden in made.traced.hidden]
    if made.traced.layouts is not None:
        _demand_layouts(text, made, arrays)
    for read in made.conditions:
        text.demand(f"not {text.constant(read.holds)}()")
    if hit:
        later = text.constant(hit)
        text.lines.append(f"    if {later}: {later}.pop()()")
    (_native_call if made.native else _plain_call)(text, made, arrays)
    source = "\n".join(["def guard(args):", *text.lines, ""])
    exec(compile(source, "<defn guard>", "exec"), text.space)
    return text.space["guard"]


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
    text.lines.append(f"    outputs = {_call(text, made.executable)}({', '.join(arrays)})")
    for (k, _), name in zip(made.updates, changed):
        text.lines.append(f"    if outputs[{k}] is not {name}: {name}[...] = outputs[{k}]")
    text.lines.append(f"    return {_result(text, made, arrays)}")


def _call(text, executable):
    """The function of a call; where it is to change, it is looked up each time."""
    if not getattr(executable, "settled", True):
        return f"{text.constant(executable)}.call"
    return text.constant(getattr(executable, "call", executable))


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
    call = text.constant(made.executable.natively())
    text.lines.append(f"    outputs = {call}({', '.join(arrays)})")
    text.lines.append(f"    return {_result(text, made, arrays)}")


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
        f"{name}.labels is not None or {name}.type is not {type} and {name}.type != {type}"
    )
    text.lines.append(f"    {storage} = {name}.storage")
    text.demand(f"{storage}.trace is not None")
    return f"{storage}.value"


def _foreign_tests(text, name, type, kind):
    dtype = text.constant(type.dtype)
    text.demand(
        f"type({name}) is not {text.constant(kind)} or {name}.shape != {text.constant(type.shape)} "
        f"or {name}.dtype is not {dtype} and {name}.dtype != {dtype}"
    )


def _hidden(text, hidden):
    name = text.fresh()
    text.lines.append(f"    {name} = {text.constant(hidden.now)}()")
    array = hidden.array
    text.demand(
        f"type({name}) is not ndarray or "
        f"{name}.dtype != {text.constant(array.dtype)} or {name}.shape != {text.constant(array.shape)}"
    )
    return name


def _result(text, made, arrays):
    structure, kinds = made.traced.structure, made.traced.results
    part = _native_part if made.native else _part
    found = [part(text, made, kind, k, arrays) for kind, k, _ in kinds]
    simple = _simple(structure, iter(found))
    if simple is not None:
        return simple
    made_parts = ", ".join(found)
    return f"{text.constant(pytree.unflatten)}({text.constant(structure)}, ({made_parts},))"


PARTS = {
    "array": "outputs[{}]",
    "ordered": "asarray(outputs[{}], order='C')",
    "scalar": "outputs[{}][()]",
    "python": "outputs[{}].item()",
}


def _native_part(text, made, kind, k, arrays):
    """A buffer, in a tensor where the arguments are tensors."""
    if kind == "constant":
        return text.constant(k)
    if made.backend is None:
        return f"outputs[{k}]"
    type, backend = (text.constant(x) for x in (made.graph.outputs[k].type, made.backend))
    return f"Tensor(Storage(outputs[{k}], None), {type}, (), False, None, {backend})"


def _part(text, made, kind, k, arrays):
    if kind == "constant":
        return text.constant(k)
    if kind == "argument":
        return arrays[k]
    return PARTS[kind].format(k)


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
