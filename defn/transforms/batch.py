"""What each operation is on a batch: `rule(count, batched, *operands, **settings)` gives the batch
of results.

`batched[k]` says whether the k-th operand is a batch of `count` values, along its first axis; at
least one is. The result is always a batch, along its first axis.
"""

from __future__ import annotations

from defn import ops
from defn.tensor import apply, apply_several
from defn.transforms import convolutions
from defn.transforms.shapes import broadcast, full, reshape, select, transpose, zeros
from defn.types import BOOL, Type

batch = ops.Rules("batched form", "defn/transforms/batch.py")
batch.absent(ops.parameter, ops.constant, ops.iota, because="has no operands")


def repeated(count, x):
    """The same value `count` times, along a new first axis."""
    return broadcast(x, (count, *x.shape), range(1, x.ndim + 1))


def all_batched(count, batched, operands):
    """The operands, each a batch."""
    return [x if b else repeated(count, x) for b, x in zip(batched, operands)]


def shifted(axes):
    """Axes, counted with the batch's axis in front."""
    return tuple(k + 1 for k in axes)


def lanes(count, shape=()):
    """The number of each value in the batch, repeated to a shape."""
    return broadcast(apply(ops.iota, shape=(count,), axis=0), (count, *shape), (0,))


def elementwise(op):
    """Element-wise work on batches."""
    return lambda count, batched, *xs, **settings: apply(
        op, *all_batched(count, batched, xs), **settings
    )


def reduction(op):
    """A reduction over the same axes."""
    return lambda count, batched, x, *, axes: apply(op, x, axes=shifted(axes))


def several(op):
    """Work on matrices that has several results."""
    return lambda count, batched, *xs, **settings: apply_several(
        op, *all_batched(count, batched, xs), **settings
    )


def along(op):
    """Work along one axis."""
    return lambda count, batched, x, *, axis, **settings: apply(op, x, axis=axis + 1, **settings)


for _op in ops.of_kind(ops.Kind.ELEMENTWISE):
    batch[_op] = elementwise(_op)
for _op in (ops.sum, ops.prod, ops.max, ops.min, ops.any, ops.all, ops.flip):
    batch[_op] = reduction(_op)
for _op in (
    ops.argmax,
    ops.argmin,
    ops.cumsum,
    ops.cumprod,
    ops.cummax,
    ops.cummin,
    ops.sort,
    ops.argsort,
    ops.partition,
    ops.argpartition,
):
    batch[_op] = along(_op)


# Movement.

batch[ops.reshape] = lambda count, batched, x, *, shape: reshape(x, (count, *shape))
batch[ops.transpose] = lambda count, batched, x, *, axes: transpose(x, (0, *shifted(axes)))


@batch.rule(ops.broadcast)
def broadcast_rule(count, batched, x, *, shape, axes):
    return broadcast(x, (count, *shape), (0, *shifted(axes)))


@batch.rule(ops.concatenate)
def concatenate(count, batched, *xs, axis):
    return apply(ops.concatenate, *all_batched(count, batched, xs), axis=axis + 1)


@batch.rule(ops.pad)
def pad(count, batched, x, value, *, low, high, interior):
    (x,) = all_batched(count, batched[:1], [x])
    where = {"low": (0, *low), "high": (0, *high), "interior": (0, *interior)}
    if not batched[1]:
        return apply(ops.pad, x, value, **where)
    made = apply(ops.pad, x, zeros(Type(x.dtype)), **where)
    inside = apply(ops.pad, full(Type(BOOL, x.shape), True), zeros(Type(BOOL)), **where)
    return select(inside, made, broadcast(value, made.shape, (0,)))


# Products: a matrix that is the same for all values multiplies them all at once.


@batch.rule(ops.matmul)
def matmul(count, batched, x, y):
    if all(batched):
        return apply(ops.matmul, x, y)
    return _left_batched(count, x, y) if batched[0] else _right_batched(count, x, y)


batch[ops.convolution] = convolutions.batched


def _left_batched(count, x, y):
    """The rows of all values as the rows of one matrix."""
    n, (m, k) = y.ndim - 2, x.shape[-2:]
    together = transpose(x, (*range(1, n + 1), 0, n + 1, n + 2))
    done = apply(ops.matmul, reshape(together, (*y.shape[:n], count * m, k)), y)
    apart = reshape(done, (*y.shape[:n], count, m, y.shape[-1]))
    return transpose(apart, (n, *range(n), n + 1, n + 2))


def _right_batched(count, x, y):
    """The columns of all values as the columns of one matrix."""
    n, (k, p) = x.ndim - 2, y.shape[-2:]
    together = transpose(y, (*range(1, n + 1), n + 1, 0, n + 2))
    done = apply(ops.matmul, x, reshape(together, (*x.shape[:n], k, count * p)))
    apart = reshape(done, (*x.shape[:n], x.shape[-2], count, p))
    return transpose(apart, (n + 1, *range(n), n, n + 2))


# Indexing. Where each value has a place of its own, a window becomes a list of places.


def places(count, batched, starts, sizes, steps):
    """The places of a window's elements for each value in the batch: one array per axis."""
    shape = (count, *(n for n in sizes if n is not None))
    found, axis = [], 0
    for b, start, size, step in zip(batched, starts, sizes, steps):
        at = broadcast(start, shape, (0,) if b else ())
        if size is not None:
            axis += 1
            at = at + broadcast(apply(ops.iota, shape=(size,), axis=0) * step, shape, (axis,))
        found.append(at)
    return found


@batch.rule(ops.get)
def get(count, batched, a, *starts, sizes, steps):
    if not any(batched[1:]):
        first = zeros(starts[0].type) if starts else index_zero()
        return apply(ops.get, a, first, *starts, sizes=(count, *sizes), steps=(1, *steps))
    every = places(count, batched[1:], starts, sizes, steps)
    if batched[0]:
        every = [lanes(count, every[0].shape[1:]), *every]
    return apply(ops.gather, a, *every, axes=tuple(range(a.ndim)))


def index_zero():
    """The index 0, as a tensor."""
    return zeros(Type("int64"))


def written(op, scatter):
    """A write into a window."""

    def rule(count, batched, a, value, *starts, sizes, steps):
        a, value = all_batched(count, batched[:2], [a, value])
        if not any(batched[2:]):
            return apply(
                op, a, value, index_zero(), *starts, sizes=(count, *sizes), steps=(1, *steps)
            )
        every = places(count, batched[2:], starts, sizes, steps)
        return apply(
            scatter, a, value, lanes(count, every[0].shape[1:]), *every, axes=tuple(range(a.ndim))
        )

    return rule


batch[ops.put] = written(ops.put, ops.scatter)
batch[ops.add_at] = written(ops.add_at, ops.scatter_add)


@batch.rule(ops.gather)
def gather(count, batched, a, *indices, axes):
    if not any(batched[1:]):
        found = apply(ops.gather, a, *indices, axes=shifted(axes))
        n = indices[0].ndim
        return transpose(found, (n, *range(n), *range(n + 1, found.ndim)))
    indices = all_batched(count, batched[1:], indices)
    if not batched[0]:
        return apply(ops.gather, a, *indices, axes=axes)
    return apply(
        ops.gather, a, lanes(count, indices[0].shape[1:]), *indices, axes=(0, *shifted(axes))
    )


def scattered(op):
    """Writes at lists of places."""

    def rule(count, batched, a, values, *indices, axes):
        a, values, *indices = all_batched(count, batched, (a, values, *indices))
        return apply(
            op, a, values, lanes(count, indices[0].shape[1:]), *indices, axes=(0, *shifted(axes))
        )

    return rule


batch[ops.scatter] = scattered(ops.scatter)
batch[ops.scatter_add] = scattered(ops.scatter_add)


# Factorisations take matrices in the last two axes: the batch is one axis more in front.

for _op in (ops.cholesky, ops.det, ops.pinv, ops.svdvals, ops.eigvalsh, ops.eigvals):
    batch[_op] = elementwise(_op)
for _op in (ops.lu, ops.slogdet, ops.qr, ops.svd, ops.eigh, ops.eig):
    batch[_op] = several(_op)


@batch.rule(ops.triangular_solve)
def triangular_solve(count, batched, a, b, **settings):
    if batched[0]:
        a, b = all_batched(count, batched, (a, b))
        return apply(ops.triangular_solve, a, b, **settings)
    return _apart(apply(ops.triangular_solve, a, _side_by_side(b), **settings), count)


@batch.rule(ops.solve)
def solve(count, batched, a, b):
    if batched[0]:
        return apply_several(ops.solve, *all_batched(count, batched, (a, b)))
    x, singular = apply_several(ops.solve, a, _side_by_side(b))
    return _apart(x, count), repeated(count, singular)


def _side_by_side(b):
    """The columns of all values as the columns of one right side: the matrix is the same."""
    count, *rest, columns = b.shape
    return reshape(transpose(b, (*range(1, b.ndim - 1), 0, b.ndim - 1)), (*rest, count * columns))


def _apart(x, count):
    """The columns of each value by themselves."""
    split = reshape(x, (*x.shape[:-1], count, x.shape[-1] // count))
    return transpose(split, (x.ndim - 1, *range(x.ndim - 1), x.ndim))


# Fourier transforms.


@batch.rule(ops.fft)
def fft(count, batched, x, *, axes, inverse):
    return apply(ops.fft, x, axes=shifted(axes), inverse=inverse)


batch[ops.rfft] = along(ops.rfft)


@batch.rule(ops.irfft)
def irfft(count, batched, x, *, axis, n):
    return apply(ops.irfft, x, axis=axis + 1, n=n)
