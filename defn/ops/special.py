"""Special functions: their meaning is a formula, which compilers run that have no function."""

from __future__ import annotations

from defn.ops import approximations, exponential_integrals, incomplete, inverses, normal, psi
from defn.ops.elementwise import same
from defn.ops.op import Kind, Op

COSTS = {
    approximations: {
        "erf": 40,
        "erfc": 40,
        "erfinv": 150,
        "erfcinv": 150,
        "gamma": 150,
        "lgamma": 60,
        "zeta": 300,
        "i0e": 60,
        "i1e": 60,
    },
    psi: {"digamma": 120},
    normal: {"erfcx": 60, "ndtr": 60, "log_ndtr": 80, "dawsn": 60},
    exponential_integrals: {"exp1": 80, "expi": 100, "expn": 1000, "spence": 60},
    incomplete: {
        "betaln": 150,
        "gamma_density": 100,
        "gammainc": 2500,
        "gammaincc": 2500,
        "beta_density": 150,
        "betainc": 5000,
        "betaincc": 5000,
    },
    inverses: {
        "gammaincinv": 10000,
        "gammainccinv": 10000,
        "betaincinv": 20000,
        "betainccinv": 20000,
    },
}


def special(module, name, cost):
    """The row of a formula."""
    return Op(name, Kind.ELEMENTWISE, same, getattr(module, name), cost, ("formula",))


SPECIAL = [
    special(module, name, cost) for module, costs in COSTS.items() for name, cost in costs.items()
]
erf, erfc, erfinv, erfcinv, gamma, lgamma, zeta, i0e, i1e, digamma = SPECIAL[:10]
erfcx, ndtr, log_ndtr, dawsn, exp1, expi, expn, spence = SPECIAL[10:18]
betaln, gamma_density, gammainc, gammaincc, beta_density, betainc, betaincc = SPECIAL[18:25]
gammaincinv, gammainccinv, betaincinv, betainccinv = SPECIAL[25:]
