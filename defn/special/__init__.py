"""Special functions, by SciPy's names: `defn.special.erf`, `gammaln`, `softmax`.

Inside a traced function SciPy's own ufuncs of these names (`scipy.special.erf(x)`) mean the same;
SciPy is not needed.
"""

from defn.special.along_axes import log_softmax, logsumexp, softmax
from defn.special.bessel import i0, i0e, i1, i1e
from defn.special.betas import beta, betainc, betaincc, betaln
from defn.special.counting import binom, comb, factorial, poch
from defn.special.entropies import entr, kl_div, rel_entr, xlog1py, xlogy
from defn.special.gammas import (
    digamma,
    gamma,
    gammainc,
    gammaincc,
    gammaln,
    gammasgn,
    loggamma,
    multigammaln,
    polygamma,
    psi,
    zeta,
)
from defn.special.integrals import exp1, expi, expn, spence
from defn.special.inverses import betainccinv, betaincinv, gammainccinv, gammaincinv
from defn.special.logistic import expit, log_expit, logit
from defn.special.normal import (
    dawsn,
    erf,
    erfc,
    erfcinv,
    erfcx,
    erfinv,
    log_ndtr,
    ndtr,
    ndtri,
)
from defn.special.penalties import boxcox, boxcox1p, exprel, huber, pseudo_huber

__all__ = [
    "beta", "betainc", "betaincc", "betainccinv", "betaincinv", "betaln", "binom", "boxcox", "boxcox1p", "comb", "dawsn",
    "digamma", "entr", "erf", "erfc", "erfcinv", "erfcx", "erfinv", "exp1", "expi", "expit",
    "expn", "exprel", "factorial", "gamma", "gammainc", "gammaincc", "gammainccinv", "gammaincinv", "gammaln", "gammasgn",
    "huber", "i0", "i0e", "i1", "i1e", "kl_div", "log_expit", "log_ndtr", "log_softmax",
    "loggamma", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "poch", "polygamma",
    "pseudo_huber", "psi", "rel_entr", "softmax", "spence", "xlog1py", "xlogy", "zeta",
]  # fmt: skip
