"""Special functions: their meaning is a formula, which compilers run that have no function."""

from __future__ import annotations

from defn.ops import approximations
from defn.ops.elementwise import same
from defn.ops.op import Kind, Op

COSTS = {
    "erf": 40,
    "erfc": 40,
    "erfinv": 150,
    "erfcinv": 150,
    "lgamma": 60,
    "digamma": 80,
    "zeta": 300,
    "i0e": 60,
    "i1e": 60,
}


def special(name):
    """The row of a formula."""
    return Op(
        name, Kind.ELEMENTWISE, same, getattr(approximations, name), COSTS[name], ("formula",)
    )


SPECIAL = [special(name) for name in COSTS]
erf, erfc, erfinv, erfcinv, lgamma, digamma, zeta, i0e, i1e = SPECIAL
