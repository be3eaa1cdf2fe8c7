"""Control flow as functions: `cond`, `while_loop`, `fori_loop`, `scan` and `map`.

Python's own `if`, `while` and `for` become the same structures where @defn can read the function's source.
Outside of a trace these functions run at once, in Python.
"""

from __future__ import annotations

import numpy as np

from defn import pytree
from defn.bodies import RETRIES, Slot, States, demand_scalar, run_body
from defn.branches import branch
from defn.dispatch import FUNCTIONS
from defn.entrywise import advanced, chosen, goes_on
from defn.errors import ShapeError
from defn.expr import parameter
from defn.loops import INTEGER, counted, repeated
from defn.numpy.creation import CREATION
from defn.tensor import asarray, is_tensor
from defn.trace import current


def cond(predicate, then, otherwise, *operands):
    """`then(*operands)` where the predicate holds, else `otherwise(*operands)`; only the taken branch runs.

    >>> cond(True, lambda x: x + 1, lambda x: x - 1, 10)
    11
    """
    if current() is None and is_tensor(predicate) and predicate.vectors:
        return chosen(
            demand_scalar(predicate, "an if"), then(*operands), otherwise(*operands), "the result"
        )
    if not _is_traced(predicate):
        return then(*operands) if predicate else otherwise(*operands)
    return branch(predicate, _boxed(then), _boxed(otherwise), operands, ())[0]


def _boxed(function):
    return lambda *operands: (function(*operands),)


def _is_traced(value):
    return current() is not None and is_tensor(value) and (value.traced or bool(value.vectors))


def while_loop(test, body, state, max_steps=None):
    """The state after `while test(state): state = body(state)`; `max_steps` bounds the trips.

    >>> while_loop(lambda n: n < 100, lambda n: n * 2, 1)
    128
    """
    if current() is None:
        while goes_on(asked := test(state)):
            state = advanced(asked, body, state)
        return state
    return repeated(test, lambda s: (body(s),), (state,), ("the state",), extent=max_steps)[0]


def fori_loop(low, high, body, state, checkpoint=None):
    """The state after `for k in range(low, high): state = body(k, state)`.

    With `checkpoint`, a number of trips or "sqrt", the derivative keeps the state of every so-manieth trip alone and
    runs those between again.

    >>> fori_loop(0, 5, lambda k, total: total + k, 0)
    10
    """
    if current() is None:
        for k in range(int(low), int(high)):
            state = body(k, state)
        return state
    step = lambda k, s: (body(k, s),)  # noqa: E731
    if checkpoint is None:
        return counted(low, high, step, (state,), ("the state",))[0]
    return _checkpointed(low, high, step, state, checkpoint)


def _checkpointed(low, high, step, state, checkpoint):
    """A loop over recomputed loops: the reverse keeps every so-manieth state and runs the trips between again."""
    trips = int(high) - int(low)
    every = max(1, int(np.sqrt(trips)) if checkpoint == "sqrt" else int(checkpoint))

    def chunk(c, s):
        first = low + c * every
        return counted(
            0, every, lambda k, s: step(first + k, s), (s,), ("the state",), recompute=True
        )

    whole = trips // every
    state = counted(0, whole, chunk, (state,), ("the state",))[0]
    return counted(int(low) + whole * every, high, step, (state,), ("the state",))[0]


def scan(body, state, xs=None, length=None, reverse=False):
    """The final state and the stacked outputs of `state, y = body(state, x)` over the first axis of `xs`.

    >>> import numpy as np
    >>> from defn import jit
    >>> total, sums = jit(lambda x: scan(lambda s, v: (s + v, s + v), 0.0, x), compiler="numpy")(np.arange(4.0))
    >>> float(total), sums
    (6.0, array([0., 1., 3., 6.]))
    """
    leaves, shape = pytree.flatten(xs)
    leaves = [asarray(leaf) for leaf in leaves]
    length = _length(leaves, length)
    pick = lambda k: pytree.unflatten(shape, [leaf[k] for leaf in leaves])  # noqa: E731
    if current() is None:
        return _scan_eagerly(body, state, pick, length, reverse)
    first = _output_slots(body, state, pick)
    stacks = pytree.map(lambda slot: _stack_of(length, slot), first)

    def step(k, state, stacks):
        state, out = body(state, pick(k))
        for stack, value in zip(pytree.leaves(stacks), pytree.leaves(out)):
            stack[k] = value
        return state, stacks

    return tuple(
        counted(0, length, step, (state, stacks), ("the state", "the outputs"), reverse=reverse)
    )


def _length(leaves, length):
    found = {leaf.shape[0] for leaf in leaves if leaf.shape} | (
        {length} if length is not None else set()
    )
    if len(found) != 1 or any(not leaf.shape for leaf in leaves):
        raise ShapeError(
            f"scan needs arrays with first axes of one length, or length=; these have {sorted(found)}"
        )
    return found.pop()


def _scan_eagerly(body, state, pick, length, reverse):
    outputs = []
    for k in range(length)[:: -1 if reverse else 1]:
        state, out = body(state, pick(k))
        outputs.append(out)
    outputs = outputs[::-1] if reverse else outputs
    return state, pytree.map(lambda *each: FUNCTIONS[np.stack](each), *outputs) if outputs else None


def _output_slots(body, state, pick):
    """What one trip gives, as slots, found by tracing trips that are thrown away."""
    states = States((state,), ("the state",))
    k = parameter(INTEGER, "index")

    def once(first, state):
        after, out = body(state, pick(first))
        return after, pytree.map(lambda leaf: Slot(asarray(leaf)), out)

    for _ in range(RETRIES):
        _, _, (after, slots) = run_body("scan", once, states, (k,))
        if states.settle((after,)):
            break
    return slots


def _stack_of(length, slot):
    """Zeros for what every trip gives."""
    slot.by_value()
    zeros = CREATION[np.zeros]((length, *slot.type.shape), slot.type.dtype)
    vectors = slot.labels.vectors if slot.labels else ()
    return FUNCTIONS["spread"](asarray(zeros), vectors) if vectors else zeros


def map(function, xs):
    """`function` of each element along the first axis of `xs`, stacked.

    >>> import numpy as np
    >>> from defn import jit
    >>> jit(lambda x: map(lambda v: v * v, x), compiler="numpy")(np.arange(3.0))
    array([0., 1., 4.])
    """
    return scan(lambda state, x: (state, function(x)), 0, xs)[1]
