"""What a program does besides returning values: checks, which raise after the call, and calls back
to Python.

The first check or callback that fails is remembered in a status that is threaded through the
program in program order: which site failed, the values it is to report, and whether a tape ran over
its room. What comes after a failure does not call back any more, and loops end.

A state of a loop costs a step of its own in every trip, and a result costs a microsecond. So that many
tests of indices are one state, the index that failed is told in the same integer as its site; and what
else is to be told is not kept by the program that is called, but by another that runs after a failure.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jax import lax
from jax.experimental import io_callback

from defn import ops

BITS = 16  # of a site, in which the place of the effect is; those above hold an index
FARTHEST = 1 << 46  # an index beyond is told as this


class Status(NamedTuple):
    """`site`: 0, or in its last bits one more than the failed effect's place among the sites;
    `values`: what each would report, unless that is an index.
    """

    site: Any = None
    values: tuple = ()
    room: Any = None


NOTHING = Status()


def sites(graph):
    """Every effect of a graph and of the bodies inside it, in program order."""
    for node in graph.order:
        if node.op.kind is ops.Kind.EFFECT:
            yield node
        for body in node.attrs.get("bodies", ()):
            yield from sites(body)


def reported(node):
    """The operands whose values an error shows."""
    return node.args[1:] if node.op is ops.check else ()


def tells_index(node):
    """Is an index all that an error shows?"""
    return node.attrs.get("error") == "index" and len(node.args) == 2


def kept_apart(program, node):
    """The operands whose values are states of their own."""
    return reported(node) if program.telling and not tells_index(node) else ()


def tells_more(node):
    """Does an error show values that only a telling program keeps?"""
    return bool(reported(node)) and not tells_index(node)


def first_status(program):
    """Nothing has failed, no tape has run over; None for what cannot happen in this program."""
    site = lax.full((), 0, np.int64) if program.sites else None
    values = tuple(
        tuple(lax.full(a.shape, 0, a.dtype) for a in kept_apart(program, node))
        for node in program.sites
    )
    return Status(site, values, lax.full((), 0, np.int64) if program.grows else None)


def failed_at(place, fails, status, index=None):
    """The site after an effect that may have failed: the first failure stays."""
    now = fails & (status.site == 0)
    site = np.int64(place + 1)
    if index is not None:
        told = lax.clamp(np.int64(-FARTHEST), index, np.int64(FARTHEST))
        site = site | lax.shift_left(told, np.int64(BITS))
    return now, lax.select(now, lax.convert_element_type(site, np.int64), status.site)


def check(node, operands, program, status):
    """Remember the failure, if it is the first, with the values to report."""
    condition, *values = operands
    place = program.sites.index(node)
    fails = lax.bitwise_not(lax.reduce_and(condition, range(condition.ndim)))
    if tells_index(node):
        return status._replace(site=failed_at(place, fails, status, values[0])[1])
    now, site = failed_at(place, fails, status)
    kept = list(status.values)
    kept[place] = tuple(
        lax.select(lax.broadcast(now, x.shape), x, old) for old, x in zip(kept[place], values)
    )
    return status._replace(site=site, values=tuple(kept))


def failed_site(program, status):
    """The effect that failed."""
    return program.sites[(int(status.site) & ((1 << BITS) - 1)) - 1]


def told(program, status):
    """The values that the effect that failed reports; a telling program has kept them."""
    site = failed_site(program, status)
    if tells_index(site):
        return [int(status.site) >> BITS]
    return [np.asarray(x) for x in status.values[program.sites.index(site)]]


def hook(node, operands, program, status):
    """Call back with the values, unless something has failed before."""
    callback = program.host(node.attrs["callback"], [a.dtype for a in node.args])

    def call(*values):
        return io_callback(callback, FAILS, *values, ordered=True)

    def skip(*values):
        return lax.full((), False)

    fails = lax.cond(status.site == 0, call, skip, *operands)
    _, site = failed_at(program.sites.index(node), fails, status)
    return status._replace(site=site)


FAILS = np.bool_(False)  # like what a callback returns: whether it failed


def needing(status, room):
    """Remember how many values a tape of unknown length was to hold."""
    return status._replace(room=lax.max(status.room, room))


def unfailed(answer, status):
    """The answer, and nothing has failed."""
    return answer if status.site is None else answer & (status.site == 0)


def has_hooks(program):
    """Does the program call back?"""
    return any(node.op is ops.hook for node in program.sites)


RULES = {ops.check: check, ops.hook: hook}


class Host:
    """Runs callbacks on this side; an exception of theirs is kept, to be raised as it was by
    whoever called.
    """

    def __init__(self):
        self.raised = []

    def __call__(self, callback, dtypes):
        """The callback as XLA calls it: it says whether the user's function failed."""

        def run(*values):
            try:
                callback(*(np.array(x, dtype) for x, dtype in zip(values, dtypes)))
            except BaseException as error:
                self.raised.append(error)
                return np.bool_(True)
            return np.bool_(False)

        return run
