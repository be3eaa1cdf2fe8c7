"""What each operation is, a file per family: `ops.sin`, `ops.get`, `ops.loop`."""

from defn.ops.custom import custom
from defn.ops.effects import check, hook
from defn.ops.elementwise import *  # noqa: F403
from defn.ops.fourier import fft, irfft, rfft
from defn.ops.indexing import add_at, gather, get, in_front, put, scatter, scatter_add, window
from defn.ops.leaves import constant, iota, parameter
from defn.ops.linalg import (
    cholesky,
    det,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    lu,
    pinv,
    qr,
    slogdet,
    solve,
    svd,
    svdvals,
    triangular_solve,
)
from defn.ops.movement import broadcast, concatenate, flip, pad, reshape, transpose
from defn.ops.op import ALL, Kind, Op, Rules, find, of_kind
from defn.ops.product import convolution, matmul
from defn.ops.quantile import quick_erfinv
from defn.ops.reduction import all, any, argmax, argmin, max, min, prod, sum
from defn.ops.scan import argpartition, argsort, cummax, cummin, cumprod, cumsum, partition, sort
from defn.ops.special import (
    SPECIAL,
    beta_density,
    betainc,
    betaincc,
    betainccinv,
    betaincinv,
    betaln,
    dawsn,
    digamma,
    erf,
    erfc,
    erfcinv,
    erfcx,
    erfinv,
    exp1,
    expi,
    expn,
    gamma,
    gamma_density,
    gammainc,
    gammaincc,
    gammainccinv,
    gammaincinv,
    i0e,
    i1e,
    lgamma,
    log_ndtr,
    ndtr,
    spence,
    zeta,
)
from defn.ops.structure import (
    INDEX,
    LEAD,
    captures,
    carry,
    cond,
    item,
    lead,
    loop,
    pop,
    push,
    tape,
    while_,
)
from defn.ops.words import threefry
