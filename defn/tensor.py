"""Tensor, the one value type, and `apply`, the one door through which every operation goes.

A tensor's data is a backend's buffer when it is eager, and a node of a graph while a function is traced. Storage
is apart from view: basic slices, transposes and reshapes of a traced tensor alias it, as NumPy's views do.
"""

from __future__ import annotations

import operator
from types import MethodType

import numpy as np

from defn import backends, ops, views
from defn.dispatch import (
    FUNCTIONS,
    GIVE_WAY,
    METHODS,
    UFUNC_METHODS,
    UFUNCS,
    method_named,
    of_scipy,
    unsupported,
)  # fmt: skip
from defn.errors import ShapeError, TraceError, TypeMismatch, Unsupported, suggestion
from defn.expr import constant, items, make, serial
from defn.labels import labels_of
from defn.promotion import broadcast_shapes, resolve, result_of
from defn.trace import (
    NeedsStatic,
    Storage,
    current,
    escaped,
    is_telling,
    known_value,
    parameters_of,
)
from defn.types import BOOL, WEAK, Type, as_dtype, supported

PYTHON_NUMBERS = (int, float, complex, bool)
PYTHON_KIND = {"b": bool, "i": int, "u": int, "f": float, "c": complex, "V": float}  # by dtype.kind


class Tensor:
    """An array of numbers: eager on a backend, or traced. `defn.tensor` makes one.

    NumPy's functions, operators, indices and methods work on it. It is an ndarray (or a number) to `isinstance`
    while it is traced.

    >>> import defn
    >>> x = defn.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> np.sum(x * x, axis=0)
    tensor([10.0, 20.0], f64[2] on numpy)

    `scalar`: NumPy would give a scalar here. `weak`: the Python type of a Python number that is traced. `labels`:
    the names of axes, and the vectorised axes, which lie in front as one axis that `type` does not show.
    """

    __slots__ = (
        "storage",
        "lenses",
        "type",
        "scalar",
        "weak",
        "backend",
        "labels",
        "_base",
        "_node",
        "__weakref__",
    )
    __array_priority__ = 1000
    __hash__ = None

    def __init__(
        self, storage, type, lenses=(), scalar=False, weak=None, backend=None, labels=None
    ):
        self.storage, self.type, self.lenses, self.labels = storage, type, lenses, labels
        self.scalar, self.weak, self.backend = scalar, weak, backend
        self._base = self._node = None

    # What it is.

    shape = property(lambda self: self.type.shape, doc="The sizes of the axes that one sees.")
    dtype = property(lambda self: self.type.dtype, doc="The NumPy dtype of the elements.")
    ndim = property(lambda self: len(self.type.shape), doc="How many axes one sees.")
    size = property(lambda self: self.type.size, doc="How many elements one sees.")
    itemsize = property(
        lambda self: self.type.dtype.itemsize, doc="How many bytes an element takes."
    )
    nbytes = property(lambda self: self.held.bytes, doc="How many bytes all elements take.")
    traced = property(lambda self: self.storage.trace is not None, doc="Is it a node of a graph?")

    @property
    def names(self):
        """The names of the axes, None for an axis that has none.

        >>> renamed(asarray([[1, 2]]), ("row", None)).names
        ('row', None)
        """
        return (None,) * len(self.type.shape) if self.labels is None else self.labels.names

    @property
    def vectors(self):
        """The vectorised axes, as (name, size)."""
        return () if self.labels is None else self.labels.vectors

    @property
    def held(self):
        """The type of the elements as they are kept, entries of vectorised axes in front."""
        return held_type(self.type, self.labels)

    @property
    def __class__(self):
        """A traced value is an ndarray, or a NumPy or Python scalar, to `isinstance` in the user's code."""
        if self.storage.trace is None:
            return Tensor
        return self.weak or (self.type.dtype.type if self.scalar else np.ndarray)

    @property
    def node(self):
        """The node of the graph being traced that this value is now."""
        trace, owner = current(), self.storage.trace
        if trace is None or owner is not None and not owner.alive:
            raise escaped(self.storage)
        if owner is None:
            return trace.read(trace.capture(self.storage.value, self.held))
        if not self.lenses:  # a scalar is immutable: no trace has a picture of its own
            return self.storage.value if self.scalar else trace.read(self.storage)
        base = trace.read(self.storage)
        if base is not self._base:
            self._base, self._node = base, views.read(base, self.lenses)
        return self._node

    @property
    def buffer(self):
        """The backend's buffer of an eager tensor."""
        if self.storage.trace is not None:
            raise escaped(self.storage) if current() is None else concrete_error(self, "its data")
        return self.storage.value

    def write(self, value):
        """Let the elements that this tensor shows hold the traced `value` (of the same type) from here on."""
        if self.storage.readonly or not all(lens.writable for lens in self.lenses):
            raise TypeMismatch(
                "assignment destination is read-only: write into a copy of it instead"
            )
        if self.vectors != value.vectors:
            value = FUNCTIONS["spread"](value, self.vectors)
        if self.storage.trace is None:
            self.storage.value = moved(value, self.backend).buffer
            return
        trace = current()
        for mask, born in trace.masks:
            if self.storage.born < born:
                value = FUNCTIONS["spread"](FUNCTIONS["masked"](mask, value, self), self.vectors)
        node = value.node
        trace.write(self.storage, views.write(trace.read(self.storage), self.lenses, node))
        if self.storage.links:
            FUNCTIONS["follow"](self.storage)

    # Python's questions, which need a value.

    def __bool__(self):
        return bool(one_value(self, "bool() (if, while, and, or, not, in, assert)"))

    def __int__(self):
        return int(one_value(self, "int()"))

    def __float__(self):
        return float(one_value(self, "float()"))

    def __complex__(self):
        return complex(one_value(self, "complex()"))

    def __index__(self):
        return operator.index(one_value(self, AS_SIZE)[()])

    def item(self, *index):
        """The one element, or that of an index, as a Python number.

        >>> asarray([2.5]).item(), asarray([[1, 2], [3, 4]]).item(1, 0)
        (2.5, 3)
        """
        if not self._is_unknown():
            return one_value(self, ".item()").item(*index)
        flat = len(index) == 1 and type(index[0]) is not tuple
        one = (
            METHODS["reshape"](self, -1)[index]
            if flat
            else self[index[-1] if len(index) == 1 else index]
            if index
            else self
        )
        if one.size != 1:
            raise ShapeError(
                "can only convert an array of size 1 to a Python scalar: give .item() an index"
            )
        return as_python(METHODS["reshape"](one, ()), PYTHON_KIND[self.dtype.kind])

    def _is_unknown(self):
        return self.traced and known_value(self.node) is None

    def tolist(self):
        """The elements as nested lists of Python numbers, vectorised axes in front.

        >>> asarray([[1, 2], [3, 4]]).tolist()
        [[1, 2], [3, 4]]
        """
        if self._is_unknown():
            return [row.tolist() for row in self] if self.ndim else self.item()
        return concrete(self, ".tolist()").tolist()

    def __array__(self, dtype=None, copy=None):
        return np.array(concrete(self, AS_ARRAY), dtype=dtype, copy=copy)

    def __len__(self):
        if not self.type.shape:
            raise TypeMismatch("len() of unsized object: this value has no axes")
        return self.type.shape[0]

    def __iter__(self):
        if not self.type.shape:
            raise TypeMismatch("iteration over a 0-d array: this value has no axes")
        return (self[k] for k in range(self.type.shape[0]))

    def __getitem__(self, index):
        return METHODS["__getitem__"](self, index)

    def __setitem__(self, index, value):
        METHODS["__setitem__"](self, index, value)

    def __contains__(self, value):
        return bool(METHODS["any"](self == value))

    def __reduce__(self):
        return _unpickled, (kept(self, "pickling"), self.backend, self.labels)

    def __copy__(self):
        return METHODS["copy"](self)

    def __deepcopy__(self, memo):
        return METHODS["copy"](self)

    def __repr__(self):
        return METHODS["__repr__"](self)

    def __str__(self):
        """While a trace runs, as an f-string has it: `"%s" % x` makes a text of a value."""
        return format(self, "") if self.traced and current() is not None else repr(self)

    def __format__(self, spec):
        trace = current()
        if not is_telling(trace) or not self.traced or known_value(self.node) is not None:
            return format(concrete(self, "formatting")[()], spec)
        if trace.told is None:  # in a branch inside of the one that raises
            return repr(self)
        trace.told.append(self)
        return f"\0{len(trace.told) - 1}:{spec}\0"

    def __getattr__(self, name):
        method = method_named(name)
        if method is None:
            raise AttributeError(
                f"{'a traced value' if self.traced else 'a tensor'} of type {self.type} has no attribute {name!r}"
                f"{ELSEWHERE.get(name) or suggestion(name, METHODS, listed=False)}"
            )
        if isinstance(method, property):
            return method.fget(self)
        return MethodType(method, self)

    # NumPy's questions, and PyTorch's.

    @classmethod
    def __torch_function__(cls, function, kinds, args=(), kwargs=None):
        raise TypeMismatch(
            f"PyTorch's {getattr(function, '__name__', 'function')} takes PyTorch's tensors: use NumPy's function, "
            "which defn traces, or torch.from_dlpack(x) of a value that is not traced"
        )

    def __array_ufunc__(self, ufunc, method, *operands, out=None, where=True, **settings):
        if any(type(x) in GIVE_WAY for x in operands):
            return NotImplemented
        if method != "__call__":
            return _ufunc_method(ufunc, method, operands, out, {"where": where, **settings})
        settings = {k: v for k, v in settings.items() if not (k == "casting" and v == "same_kind")}
        dtype = settings.pop("dtype", None)
        if settings:
            raise Unsupported(f"np.{ufunc.__name__}({', '.join(settings)}=...) of a traced value")
        if out is None and where is not True:
            raise Unsupported(
                "where= without out= leaves elements uninitialised: pass out=, or use np.where"
            )
        if dtype is not None:
            operands = [METHODS["astype"](asarray(x), dtype) for x in operands]
        result = call_ufunc(ufunc, *operands)
        return result if out is None else _into(out, result, where, ufunc)

    def __array_function__(self, function, types, arguments, settings):
        if not GIVE_WAY.isdisjoint(types):
            return NotImplemented
        implementation = FUNCTIONS.get(function)
        if implementation is None:
            raise unsupported(function)
        return implementation(*arguments, **settings)

    def __array_namespace__(self, api_version=None):
        return FUNCTIONS["namespace"]


# Making tensors.


def wrap(node, scalar=False, weak=None):
    """A new traced tensor for a node."""
    return Tensor(Storage(node, current()), node.type, (), scalar, weak)


def eager(buffer, backend=None):
    """A tensor over a backend's buffer."""
    backend = backend or backends.current()
    return Tensor(Storage(buffer, None), backend.type_of(buffer), backend=backend)


def _unpickled(array, backend, labels=None):
    method_named("vectorize")  # loads what works on vectorised axes
    return labelled(eager(backend.put(array), backend), labels)


def held_type(type, labels):
    """The type as it is kept: entries of vectorised axes are one axis in front."""
    if labels is None or not labels.vectors:
        return type
    return type.with_shape((labels.count, *type.shape))


def labelled(tensor, labels):
    """The same elements under these labels; of a tensor without labels."""
    if labels is None:
        return tensor
    shown = tensor.type.with_shape(tensor.type.shape[1:]) if labels.vectors else tensor.type
    return Tensor(
        tensor.storage, shown, tensor.lenses, tensor.scalar, tensor.weak, tensor.backend, labels
    )


def bare(tensor):
    """The same elements without labels: entries of vectorised axes in front, as one axis."""
    if tensor.labels is None:
        return tensor
    return Tensor(
        tensor.storage, tensor.held, tensor.lenses, tensor.scalar, tensor.weak, tensor.backend
    )


def renamed(tensor, names):
    """The same elements, the axes called by these names."""
    labels = labels_of(names, tensor.vectors)
    return tensor if labels == tensor.labels else labelled(bare(tensor), labels)


def is_tensor(value):
    """Is the value a tensor, eager or traced?"""
    return type(value) is Tensor


def asarray(value, dtype=None):
    """The value as a tensor: numbers become constants, NumPy arrays hidden arguments or eager tensors."""
    kind = type(value)
    if kind is not Tensor:
        value = _made(value, kind, dtype)
    return value if dtype is None or value.dtype == dtype else astype(value, as_dtype(dtype))


def _made(value, kind, dtype):
    if kind in PYTHON_NUMBERS:
        return _number(value, dtype or WEAK[kind], dtype is None and kind)
    if issubclass(kind, np.ndarray):
        return _of_ndarray(value)
    if issubclass(kind, np.generic):
        return _number(value, supported(value.dtype), None)
    if kind in (list, tuple):
        return _of_sequence(value, dtype)
    if hasattr(value, "__array__") or hasattr(value, "__dlpack__"):
        return _of_ndarray(np.asarray(value))
    raise TypeMismatch(f"a {kind.__name__} is no number and no array: {value!r}"[:200])


def _number(value, dtype, weak):
    if current() is None:
        backend = backends.current()
        made = eager(backend.put(np.asarray(value, dtype)), backend)
        made.weak = weak or None
        return made
    return wrap(constant(value, dtype), scalar=True, weak=weak or None)


def _of_ndarray(array):
    type = Type(supported(array.dtype), array.shape)
    trace = current()
    if trace is None:
        return eager(backends.current().put(array))
    return Tensor(trace.capture(array, type), type)


def _of_sequence(value, dtype):
    if contains_tensor(value):
        return FUNCTIONS[np.stack]([asarray(each) for each in value])
    try:
        array = np.asarray(value, dtype)
    except ValueError as error:
        raise ShapeError(f"a ragged list is no array: {error}") from None
    known = supported(array.dtype)
    if current() is None:
        return eager(backends.current().put(array))
    return wrap(constant(array, known))


def contains_tensor(value):
    """Is there a tensor in these nested lists?"""
    return any(type(v) is Tensor or type(v) in (list, tuple) and contains_tensor(v) for v in value)


# The door.


def apply(op, *operands, **attrs):
    """The operation applied to tensors: a node where a trace runs, else a value at once."""
    for x in operands:
        if x.labels is not None:
            return FUNCTIONS["labelled"](apply, op, operands, attrs)
    trace = current()
    if trace is None:
        return apply_eagerly(op, operands, attrs)
    node = make(op, tuple([x.node for x in operands]), attrs)
    return Tensor(Storage(node, trace), node.type)


def apply_eagerly(op, operands, attrs):
    """The operation run at once, on the backend where its operands live; several results as a tuple."""
    buffers = [x.buffer for x in operands]
    backend = operands[0].backend if operands else backends.current()
    for x in operands:
        if x.backend is not backend:
            backend, buffers = gathered(operands)
            break
    result = backend.run(op, buffers, attrs)
    if isinstance(result, tuple):
        return tuple(eager(each, backend) for each in result)
    return eager(result, backend)


def apply_several(op, *operands, **attrs):
    """The results of an operation that has several, as tensors."""
    if any(x.labels is not None for x in operands):
        return FUNCTIONS["labelled"](apply_several, op, operands, attrs)
    if current() is None:
        return apply_eagerly(op, operands, attrs)
    return tuple(map(wrap, items(make(op, tuple(x.node for x in operands), attrs))))


def gathered(operands):
    """The backend where tensors of several meet, and their buffers there.

    What is on the default backend, as numbers and NumPy arrays are, goes to the others; two others are refused.
    """
    found = dict.fromkeys(x.backend for x in operands)
    found.pop(backends.current(), None)
    if len(found) > 1:
        names = " and ".join(b.name for b in found)
        raise TypeMismatch(f"tensors live on two backends, {names}: move one of them with .to(...)")
    (backend,) = found
    return backend, [moved(x, backend).buffer for x in operands]


def moved(tensor, backend):
    """The eager tensor on a backend: itself, if it lives there."""
    if tensor.backend is backend:
        return tensor
    there = eager(backend.put(tensor.backend.get(tensor.buffer)), backend)
    return labelled(there, tensor.labels)


def effect(op, *operands, **attrs):
    """An effect of the function being traced, after all effects before it."""
    trace = current()
    if trace.masks or any(x.vectors for x in operands):
        operands = FUNCTIONS["effect"](op, operands, [mask for mask, _ in trace.masks])
    trace.effects.append(make(op, tuple(x.node for x in operands), {**attrs, "serial": serial()}))


# Values known while tracing.


def concrete(tensor, asked):
    """The value of a tensor as a NumPy array, vectorised axes in front."""
    value = kept(tensor, asked)
    if not tensor.vectors:
        return value
    return np.reshape(value, (*tensor.labels.sizes, *tensor.type.shape))


def one_value(tensor, asked):
    """The value where one is asked for; refused for a vectorised tensor, which has many."""
    if tensor.vectors:
        raise TypeMismatch(
            f"{asked} of a tensor {vectors_text(tensor.vectors)}, which has a value for each entry: decide with "
            "np.where or in a function that @defn compiles, or take it apart with .devectorize()"
        )
    return concrete(tensor, asked)


def vectors_text(vectors):
    """Vectorised axes as they are shown: `vectorized[rows: 3]`."""
    return "vectorized" + "".join(f"[{name}: {size}]" for name, size in vectors)


def kept(tensor, asked):
    """The elements as they are kept; refused for a traced value that depends on the arguments."""
    if tensor.storage.trace is None:
        return tensor.backend.get(tensor.storage.value)
    node = tensor.node
    value = known_value(node)
    if value is not None:
        return np.asarray(value)
    needed = parameters_of(node)
    if needed and all(current().may_fix(p) for p in needed):
        raise NeedsStatic(needed, asked)
    raise concrete_error(tensor, asked)


AS_ARRAY = "a function that asks for the memory of an array (np.asarray, np.array, array[...] = x, a library's own)"
# What other libraries' arrays have, and how it is said here.
ELSEWHERE = {
    "at": ": arrays are written in place, x[i] = v, x[i] += v",
    "detach": ": defn.stop_grad(x) is a constant to the derivative",
    "backward": ": defn.grad(f) is the function that gives the gradient of f",
    "block_until_ready": ": results of NumPy's kind are there when the call returns",
}
AS_JAX = "a function of JAX's"
AS_SIZE = "a size, a key of a dict, or an index of a list"
# What to do where a value is asked for, by who asks; others decide something.
WAYS_OUT = {
    AS_SIZE: "sizes come from shapes and from integer arguments; instead of a dict or list take an array, which may be "
    "indexed by traced values",
    AS_JAX: "use NumPy's function of that name, which defn traces, or call JAX's outside of the compiled function",
    "formatting": "print what the function returns, or use defn.print_value, which prints while it runs",
    AS_ARRAY: "use the value as it is, x.copy() to copy it, np.stack([...]) to join several, or call the function "
    "outside (@defn replaces np.array, np.zeros and the like only where it can read the source)",
}  # fmt: skip


def concrete_error(tensor, asked):
    """The error for a question that only the running program can answer."""
    made = f" (made at {tensor.node.where})" if tensor.node.where else ""
    way_out = WAYS_OUT.get(
        asked,
        "decide with np.where, or let @defn rewrite the `if`, `while` or `for` (it can where it reads the function's "
        "source), or pass the value as a static argument",
    )
    return TraceError(
        f"{asked} needs the value of a traced array of type {tensor.type}{made}, which is known only when the "
        f"compiled function runs: {way_out}"
    )


# Arithmetic.


def call_ufunc(ufunc, *operands):
    """A NumPy ufunc of tensors, numbers and arrays, with NumPy's promotion and broadcasting."""
    rule = UFUNCS.get(ufunc) or of_scipy(ufunc)
    if rule is None:
        raise unsupported(ufunc)
    if current() is None and ufunc.nout == 1:
        made = by_numpy(ufunc, operands)
        if made is not None:
            return made
    if type(rule) is not ops.Op:
        return rule(*operands)
    values, dtype = _agreed(ufunc, operands)
    result = apply(rule, *values)
    if result.type.dtype is not dtype:
        result = astype(result, dtype)
    result.scalar = not result.type.shape
    return result


PLAIN = (*PYTHON_NUMBERS, tuple, type(None))


def by_numpy(function, operands, settings=None, moves=False):
    """What NumPy's function gives as a whole for eager tensors of NumPy's without labels and for plain values; None
    for others, and where it refuses or gives no array. What only `moves` elements warns of nothing.
    """
    backend, given = None, []
    for x in operands:
        if type(x) is Tensor:
            if x.labels is not None or x.weak or x.backend is None or x.backend.name != "numpy":
                return None
            backend, x = x.backend, x.storage.value
            if x.dtype.isbuiltin != 1:
                return None
        elif type(x) not in PLAIN:
            return None
        given.append(x)
    if backend is None:
        return None
    try:
        if moves:
            result = function(*given, **(settings or {}))
        else:
            with np.errstate(all="ignore"):
                result = function(*given, **settings) if settings else function(*given)
    except Exception:
        return None  # the error is to be ours
    if type(result) is not np.ndarray:
        if not isinstance(result, np.generic):
            return None
        made = eager(np.asarray(result), backend)
        made.scalar = True
        return made
    return eager(result, backend)


def _agreed(ufunc, operands):
    """The operands as a ufunc computes with them, of one shape; and the dtype of its result."""
    if _alike(operands):
        dtype = result_of(ufunc, operands[0].type.dtype, len(operands))
        if dtype is not None:
            return operands, dtype
    operands = [
        x if type(x) in PYTHON_NUMBERS or type(x) is Tensor else asarray(x) for x in operands
    ]
    inputs, outputs = resolve(ufunc, *map(kind_of, operands))
    values = [converted(x, dtype) for x, dtype in zip(operands, inputs)]
    return values if _as_they_are(values) else broadcast_together(values), outputs[0]


def _as_they_are(values):
    """Are these an eager array and numbers, which NumPy's ufunc takes together?"""
    if current() is not None or sum(1 for x in values if x.type.shape) > 1:
        return False
    return all(
        x.labels is None and x.backend is not None and x.backend.name == "numpy" for x in values
    )


def _alike(operands):
    """Are the operands tensors of one type already, as they mostly are?"""
    type_ = None
    for x in operands:
        if type(x) is not Tensor or x.weak:
            return False
        if type_ is None:
            type_ = x.type
        elif x.type is not type_ and x.type != type_:
            return False
    return type_ is not None


def kind_of(operand):
    """The dtype of an operand, or the Python type of a weak scalar."""
    kind = type(operand)
    return kind if kind is not Tensor else operand.weak or operand.type.dtype


def converted(operand, dtype):
    """The operand as a tensor of a dtype."""
    if type(operand) is Tensor:
        return operand if operand.type.dtype == dtype else astype(operand, dtype)
    return _number(operand, dtype, None)


def astype(tensor, dtype):
    """The tensor cast to a dtype; a node even where it is of that dtype already is not made."""
    if tensor.type.dtype == dtype:
        return tensor
    if tensor.weak is int and dtype.kind in "iu":
        FUNCTIONS["fitting"](
            tensor, dtype
        )  # NumPy refuses a Python integer that the dtype cannot hold
    return apply(ops.cast, tensor, dtype=dtype)


def broadcast_together(tensors):
    """The tensors, repeated to one shape."""
    shape = broadcast_shapes(*[t.type.shape for t in tensors])
    return [t if t.type.shape == shape else broadcast_to(t, shape) for t in tensors]


def broadcast_to(tensor, shape):
    """The tensor repeated to a shape, by NumPy's rule."""
    if tensor.type.shape == shape:
        return tensor
    first = len(shape) - tensor.ndim
    return apply(ops.broadcast, tensor, shape=shape, axes=tuple(range(first, len(shape))))


def assign(target, value, casting="unsafe"):
    """Write a value into what `target` shows: cast and broadcast as NumPy's assignment does."""
    if target.scalar:
        raise TypeMismatch(
            f"'numpy.{target.dtype}' object does not support item assignment: it is a scalar"
        )
    value = asarray(value)
    if casting != "unsafe" and not np.can_cast(value.weak or value.dtype, target.dtype, casting):
        raise TypeMismatch(
            f"cannot write values of dtype {value.dtype} into an array of dtype {target.dtype} ({casting} casting): "
            "make the array of the wider dtype first"
        )
    value = astype(value, target.dtype)
    while value.ndim > target.ndim and value.shape[0] == 1:
        value = METHODS["reshape"](value, value.shape[1:])
    if broadcast_shapes(value.shape, target.shape) != target.shape:
        raise ShapeError(
            f"values of shape {value.shape} cannot be written into shape {target.shape}"
        )
    target.write(broadcast_to(value, target.shape))


def _into(out, result, where, ufunc):
    outs = out if isinstance(out, tuple) else (out,)
    results = result if isinstance(result, tuple) else (result,)
    for target, value in zip(outs, results):
        if target is None:
            continue
        if type(target) is not Tensor:
            target = asarray(target)
        if where is not True:
            value = FUNCTIONS[np.where](where, value, target)
        assign(target, value, "same_kind")
    return outs[0] if len(outs) == 1 else outs


def _ufunc_method(ufunc, method, operands, out, settings):
    rule = UFUNC_METHODS.get((ufunc, method)) or UFUNC_METHODS.get((None, method))
    if rule is None:
        raise Unsupported(f"np.{ufunc.__name__}.{method} is not supported on traced values")
    if settings.get("where") is True:
        settings.pop("where")
    result = rule(ufunc, *operands, **settings)
    return result if out is None else _into(out, result, True, ufunc)


WIDTHS = (bool, int, float, complex)


def _result_weak(ufunc, operands):
    """The Python type of the result where every operand is a Python number."""
    for x in operands:
        if type(x) is Tensor and not x.weak:
            return None
    kinds = [kind_of(x) for x in operands]
    if not all(isinstance(k, type) and k in WIDTHS for k in kinds):
        return None
    if ufunc in COMPARISONS:
        return bool
    widest = max(kinds, key=WIDTHS.index)
    if ufunc is np.absolute and widest is complex:
        return float
    if widest in (bool, int) and (
        ufunc is np.divide or ufunc is np.power and is_negative(operands[1])
    ):
        return float
    return int if widest is bool and ufunc not in BITWISE else widest


def is_negative(operand):
    """Is the operand a Python number below zero?"""
    return type(operand) is int and operand < 0


COMPARISONS = {np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal}
BITWISE = {np.bitwise_and, np.bitwise_or, np.bitwise_xor}
TRUTHS = COMPARISONS | BITWISE  # of two of Python's truth values they give one; all else counts
OPERATORS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "matmul": np.matmul, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift, "divmod": np.divmod,
}  # fmt: skip
ORDERS = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}


# Operators that are their ufunc for every array that has a dtype of its own.
ALIKE = {*OPERATORS.values(), *ORDERS.values(), *UNARY.values()} - {np.power, np.divmod}


def operate(ufunc, *operands):
    """A Python operator: as the ufunc, but of Python numbers it gives a Python number."""
    if ufunc in ALIKE and current() is None:
        made = by_numpy(ufunc, operands)
        if made is not None:
            return made
    if ufunc is np.power and _is_square(*operands):
        ufunc, operands = np.square, operands[:1]
    if ufunc not in TRUTHS and all(kind_of(x) is bool for x in operands):
        operands = [int(x) if type(x) is bool else as_python(x, int) for x in operands]
    result = call_ufunc(ufunc, *operands)
    weak = _result_weak(ufunc, operands)
    if not weak:
        return result
    if type(result) is tuple:
        return tuple(as_python(each, weak) for each in result)
    return as_python(result, weak) if type(result) is Tensor else result


def as_python(tensor, kind):
    """A tensor of one number as a number of Python's: what the tensor holds now."""
    made = astype(tensor, WEAK[kind])
    number = wrap(made.node, True, kind) if made.traced else eager(made.buffer, made.backend)
    number.weak, number.scalar = kind, True
    return labelled(number, made.labels)


def _is_square(base, exponent):
    """Is this the square of truth values? NumPy's operator has a shorter way for it, which gives int8."""
    return (
        type(base) is Tensor
        and not base.scalar
        and base.dtype == BOOL
        and type(exponent) is int
        and exponent == 2
    )


def understood(value):
    """May this value stand beside a tensor in an expression?"""
    kind = type(value)
    return (
        kind is Tensor
        or kind in (*PYTHON_NUMBERS, list, tuple)
        or (hasattr(value, "__array__") and kind not in GIVE_WAY)
    )


def _forward(ufunc):
    return lambda self, other: operate(ufunc, self, other) if understood(other) else NotImplemented


def _backward(ufunc):
    return lambda self, other: operate(ufunc, other, self) if understood(other) else NotImplemented


def _times(multiply):
    """A list times an integer is Python's own business, which asks for the integer."""

    def times(self, other):
        repeats = type(other) in (list, tuple) and self.scalar and self.dtype.kind in "iu"
        return NotImplemented if repeats else multiply(self, other)

    return times


def _in_place(ufunc):
    def in_place(self, other):
        if type(other) in GIVE_WAY:
            other = other.exactly(self.shape)
        result = operate(ufunc, self, other)
        if self.scalar or self.weak:
            return result
        assign(self, result, "same_kind")
        return self

    return in_place


for _name, _ufunc in OPERATORS.items():
    setattr(Tensor, f"__{_name}__", _forward(_ufunc))
    setattr(Tensor, f"__r{_name}__", _backward(_ufunc))
    if _name != "divmod":
        setattr(Tensor, f"__i{_name}__", _in_place(_ufunc))
Tensor.__mul__, Tensor.__rmul__ = _times(Tensor.__mul__), _times(Tensor.__rmul__)
for _name, _ufunc in ORDERS.items():
    setattr(Tensor, f"__{_name}__", _forward(_ufunc))
for _name, _ufunc in UNARY.items():
    setattr(Tensor, f"__{_name}__", lambda self, ufunc=_ufunc: operate(ufunc, self))

for _op in ops.of_kind(ops.Kind.ELEMENTWISE):
    if _op.ufunc is not None:
        UFUNCS[_op.ufunc] = _op


def _of_booleans(op, ufunc):
    """Logic takes truth values: what is not zero is true."""

    def logical(*operands):
        values = broadcast_together([asarray(x, BOOL) for x in operands])
        result = apply(op, *values)
        result.scalar = not result.type.shape
        return result

    return logical


for _op in (ops.logical_and, ops.logical_or, ops.logical_xor, ops.logical_not):
    UFUNCS[_op.ufunc] = _of_booleans(_op, _op.ufunc)
