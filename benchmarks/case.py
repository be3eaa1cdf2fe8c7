"""What a case is: a race between versions of one statement, or a probe that measures by itself."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

NO_PEERS: Mapping[str, Any] = {}


def slopes_only(found, arguments):
    """What a gradient gives of a loss and its slopes."""
    value, slopes = found
    return slopes


class Slopes(NamedTuple):
    """A loss in NumPy and the arguments it is differentiated by.

    For peers that differentiate by themselves; `finish((loss, slopes), arguments)` is the result.
    """

    loss: Callable
    argnums: tuple[int, ...]
    finish: Callable = slopes_only


class Race(NamedTuple):
    """One statement and the versions of it that compete.

    `statement` is plain NumPy, as a user writes it: NumPy and every compiler of defn run it.
    `arguments(generator, quick)` makes the input. `peers` maps the name of a peer (a key of
    `peers.PREPARE`) to its own version: a jax.numpy function, an njit function, an expression.
    A statement that changes its arguments is `in_place`: each call gets copies, made off the clock.
    Where plain NumPy cannot run the statement, as with a gradient, `reference` computes what all
    must agree with; the peers in `unchecked` are timed for comparison only. PyTensor and PyTorch,
    where installed, run the statement as it stands, or the `slopes` of a loss.
    """

    name: str
    statement: Callable
    arguments: Callable
    peers: Mapping[str, Any] = NO_PEERS
    rtol: float = 1e-5
    atol: float = 1e-6
    in_place: bool = False
    reference: Callable | None = None
    unchecked: tuple[str, ...] = ()
    slopes: Slopes | None = None


class Probe(NamedTuple):
    """A measurement that needs more than a call: new processes, counters, errors of rounding."""

    name: str
    measure: Callable[[bool], list]


class Reading(NamedTuple):
    """One value that a probe read."""

    what: str
    value: float
    unit: str
    note: str = ""


class Contender(NamedTuple):
    """One version, ready to run: `restore` makes fresh arguments, off the clock."""

    name: str
    run: Callable
    restore: Callable | None = None


class Result(NamedTuple):
    """What one contender did: `problem` says why there is no time."""

    name: str
    seconds: float = float("nan")
    median: float = float("nan")
    first: float = float("nan")
    problem: str = ""

    @property
    def spread(self):
        """How far the median of the rounds lies above the best, as a share."""
        return self.median / self.seconds - 1
