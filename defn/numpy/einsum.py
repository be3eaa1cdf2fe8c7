"""Einstein's sums: diagonals, sums, and products of two operands at a time."""

from __future__ import annotations

import collections
import math
import string

import numpy as np

from defn import ops, views
from defn.dispatch import implements
from defn.errors import ArgumentError, ShapeError, TypeMismatch
from defn.numpy.composite import into, settled
from defn.numpy.layout import seen
from defn.numpy.parts import diagonal, reshaped, transposed
from defn.numpy.reduction import reduced
from defn.tensor import apply, asarray, astype, broadcast_to, kind_of
from defn.types import Type, as_dtype, promote

LETTERS = string.ascii_letters


@implements(np.einsum)
def einsum(*operands, out=None, dtype=None, order="K", casting="safe", optimize=False):
    """The sum of products that the subscripts say; of one operand without sums, a view.

    >>> einsum("ij,jk->ik", [[1, 2], [3, 4]], [[1, 0], [1, 1]]).tolist()
    [[3, 2], [7, 4]]
    """
    subscripts, values = read_arguments(operands)
    values = [asarray(v) for v in values]
    inputs, output = parse(subscripts, [v.shape for v in values])
    dtype = common_dtype(values, dtype, casting)
    if len(values) == 1 and values[0].dtype == dtype and set(inputs[0]) == set(output):
        return into(out, shown(values[0], inputs[0], output))
    sizes = sizes_of(inputs, values)
    terms = [single(astype(v, dtype), labels, sizes) for v, labels in zip(values, inputs)]
    result = finish(contract_all(terms, output, inputs, values, optimize), output, sizes)
    return into(out, settled(result, dtype))


@implements(np.einsum_path)
def einsum_path(*operands, optimize="greedy", einsum_call=False):
    """The order in which `einsum` takes the operands, and its cost, as NumPy finds them."""
    subscripts, values = read_arguments(operands)
    shapes = [asarray(v).shape for v in values]
    return np.einsum_path(subscripts, *map(placeholder, shapes), optimize=optimize)


def placeholder(shape):
    """An array of a shape that takes no memory."""
    return np.broadcast_to(np.zeros((), "f4"), shape)


# Reading the subscripts.


def read_arguments(operands):
    """The subscripts as text, and the operands: of `("ij->ji", x)` or of `(x, [0, 1], [1, 0])`."""
    if not operands:
        raise ArgumentError("einsum needs subscripts and operands: einsum('ij,jk->ik', x, y)")
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), operands[1:]
    count = len(operands) // 2
    lists = [*operands[1 : 2 * count : 2], *operands[2 * count :]]
    texts = [listed(each) for each in lists]
    return ",".join(texts[:count]) + "".join("->" + text for text in texts[count:]), operands[
        0 : 2 * count : 2
    ]


def listed(labels):
    """A list of numbers as letters; Ellipsis stays."""
    return "".join("..." if k is Ellipsis else LETTERS[k] for k in labels)


def parse(subscripts, shapes):
    """The labels of each operand and of the result, a letter for each axis."""
    left, arrow, right = subscripts.partition("->")
    texts = left.split(",")
    if len(texts) != len(shapes):
        fault = "more" if len(texts) < len(shapes) else "fewer"
        raise ArgumentError(
            f"{fault} operands provided to einstein sum function than specified in the subscripts "
            f"string: {len(shapes)} for {subscripts!r}"
        )
    spare = [c for c in LETTERS if c not in subscripts]
    rank = max(hidden_axes(text, shape, subscripts) for text, shape in zip(texts, shapes))
    names = "".join(spare[:rank])
    inputs = [named(text, shape, names, k) for k, (text, shape) in enumerate(zip(texts, shapes))]
    output = right.replace("...", names) if arrow else implicit(left, names)
    return inputs, checked_output(output, inputs)


def hidden_axes(text, shape, subscripts):
    """How many axes an ellipsis stands for."""
    letters = text.replace("...", "")
    if set(letters) - set(LETTERS):
        raise ArgumentError(
            f"invalid subscript in einstein sum subscripts string {subscripts!r}: letters only"
        )
    return max(0, len(shape) - len(letters)) if "..." in text else 0


def named(text, shape, names, place):
    """The labels of one operand, an ellipsis written out."""
    letters = text.replace("...", "")
    count = len(shape) - len(letters)
    if count < 0:
        raise ShapeError(
            f"einstein sum subscripts string contains too many subscripts for operand {place}: "
            f"{text!r} for shape {shape}"
        )
    if count and "..." not in text:
        raise ShapeError(
            "operand has more dimensions than subscripts given in einstein sum, but no '...' "
            f"ellipsis provided to broadcast the extra dimensions: {text!r} for shape {shape}"
        )
    return text.replace("...", names[len(names) - count :])


def implicit(left, names):
    """The result's labels where none are given: those that appear once, in alphabetical order."""
    counts = collections.Counter(c for c in left if c in LETTERS)
    return names + "".join(sorted(c for c, count in counts.items() if count == 1))


def checked_output(output, inputs):
    """The result's labels, each once and each from some operand."""
    for letter, count in collections.Counter(output).items():
        if count > 1:
            raise ArgumentError(
                "einstein sum subscripts string includes output subscript "
                f"'{letter}' multiple times"
            )
        if not any(letter in labels for labels in inputs):
            raise ArgumentError(
                f"einstein sum subscripts string included output subscript '{letter}' "
                "which never appeared in an input"
            )
    return output


def sizes_of(inputs, values):
    """The size of each label's axis; a size of one goes with any other."""
    sizes = {}
    for labels, value in zip(inputs, values):
        for letter, size in zip(labels, value.shape):
            known = sizes.setdefault(letter, size)
            if known == 1:
                sizes[letter] = size
            elif size not in (1, known):
                shapes = " ".join(str(v.shape) for v in values)
                raise ShapeError(
                    f"operands could not be broadcast together: {letter!r} has sizes "
                    f"{known} and {size} in {shapes}"
                )
    return sizes


def common_dtype(values, dtype, casting):
    """The dtype in which the sum is made."""
    if dtype is None:
        return promote(*map(kind_of, values))
    dtype = as_dtype(dtype)
    for place, value in enumerate(values):
        if not np.can_cast(value.dtype, dtype, casting):
            raise TypeMismatch(
                f"einsum operand {place} could not be cast from {value.dtype} to {dtype} "
                f"according to the rule {casting!r}"
            )
    return dtype


# One operand.


def shown(x, labels, output):
    """A transpose or diagonal: a view, as NumPy's."""
    type = Type(x.dtype, tuple(x.shape[labels.index(c)] for c in output))
    demand_equal_axes(x, labels)
    if len(labels) == len(output):
        return seen(x, (views.Transpose(labels.index(c) for c in output),), type)
    places = np.einsum(f"{labels}->{output}", np.arange(x.size).reshape(x.shape))
    return seen(x, (views.Picked(places),), type)


def demand_equal_axes(x, labels):
    """Refuse a diagonal of axes of two sizes."""
    for letter in labels:
        found = {n for c, n in zip(labels, x.shape) if c == letter}
        if len(found) > 1:
            raise ShapeError(
                f"dimensions in single operand for collapsing index '{letter}' don't match: "
                f"{sorted(found)}"
            )


def single(x, labels, sizes):
    """An operand with each label once, and without axes of size one that stand for longer ones."""
    for letter in dict.fromkeys(labels):
        while labels.count(letter) > 1:
            x, labels = without_repeat(x, labels, letter)
    kept = [k for k, c in enumerate(labels) if x.shape[k] == sizes[c]]
    return reshaped(x, [x.shape[k] for k in kept]), "".join(labels[k] for k in kept)


def without_repeat(x, labels, letter):
    """The diagonal over two axes of one label."""
    demand_equal_axes(x, labels)
    first = labels.index(letter)
    second = labels.index(letter, first + 1)
    others = [k for k in range(x.ndim) if k not in (first, second)]
    rest = "".join(labels[k] for k in others)
    return diagonal(transposed(x, (*others, first, second))), rest + letter


def finish(term, output, sizes):
    """The one operand that is left: summed, its axes in the order of the result."""
    x, labels = summed(*term, output)
    ordered = transposed(x, [labels.index(c) for c in output if c in labels])
    shape = [sizes[c] for c in output]
    placed = reshaped(ordered, [sizes[c] if c in labels else 1 for c in output])
    return broadcast_to(placed, tuple(shape))


def summed(x, labels, kept):
    """The operand summed over labels that nothing needs."""
    axes = tuple(k for k, c in enumerate(labels) if c not in kept)
    if not axes:
        return x, labels
    return reduced(ops.sum, x, axes), "".join(c for c in labels if c in kept)


# Two operands and more.


def contract_all(terms, output, inputs, values, optimize):
    """All operands multiplied into one, in a good order: what has the result's last axis on the right."""
    for places in contraction_path(terms, output, inputs, values, optimize):
        taken = [terms.pop(k) for k in sorted(places, reverse=True)]
        while len(taken) > 1:
            y, x = taken.pop(0), taken.pop(0)
            needed = {*output}.union(*(labels for _, labels in (*terms, *taken)))
            last = output[-1:]
            first, second = (y, x) if last and last in x[1] and last not in y[1] else (x, y)
            taken.insert(0, contract(first, second, needed))
        terms.append(taken[0])
    return terms[0]


def contraction_path(terms, output, inputs, values, optimize):
    """Which operands are taken together at each step; the result goes to the end of the list."""
    if isinstance(optimize, (list, tuple)) and optimize[0] == "einsum_path":
        return optimize[1:]
    if len(terms) <= 2 or not all(math.prod(v.shape) for v in values):
        return [(0, 1)] * (len(terms) - 1)
    spec = f"{','.join(inputs)}->{output}"
    wanted = optimize if isinstance(optimize, str) else "greedy"
    return np.einsum_path(spec, *(placeholder(v.shape) for v in values), optimize=wanted)[0][1:]


def contract(first, second, needed):
    """Two operands multiplied, and summed over the labels that both have and nothing else needs."""
    x, x_labels = summed(*first, {*needed, *second[1]})
    y, y_labels = summed(*second, {*needed, *first[1]})
    shared = [c for c in x_labels if c in y_labels]
    batch, inner = [c for c in shared if c in needed], [c for c in shared if c not in needed]
    rows, columns = (
        [c for c in x_labels if c not in shared],
        [c for c in y_labels if c not in shared],
    )
    left = arranged(x, x_labels, (batch, rows, inner))
    right = arranged(y, y_labels, (batch, inner, columns))
    sizes = {**dict(zip(x_labels, x.shape)), **dict(zip(y_labels, y.shape))}
    made = apply(ops.matmul, left, right) if inner else np.multiply(*spread(left, right))
    labels = (*batch, *rows, *columns)
    return reshaped(made, [sizes[c] for c in labels]), "".join(labels)


def spread(left, right):
    """A column and a row, repeated to the shape of their product."""
    shape = (*left.shape[:-1], right.shape[-1])
    return broadcast_to(left, shape), broadcast_to(right, shape)


def arranged(x, labels, groups):
    """The operand with its axes in groups, each group one axis, but for the batch axes in front."""
    ordered = transposed(x, [labels.index(c) for group in groups for c in group])
    sizes = dict(zip(labels, x.shape))
    shape = [math.prod(sizes[c] for c in group) for group in groups]
    return reshaped(ordered, shape)
