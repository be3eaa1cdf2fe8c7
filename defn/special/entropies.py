"""Products with logarithms that are zero where their factor is: entropies and divergences."""

from __future__ import annotations

import numpy as np

from defn.numpy.composite import filled, select
from defn.special.elementwise import elementwise, in_double


@elementwise
def xlogy(x, y):
    """`x * log(y)`, zero where `x` is.

    >>> xlogy([0.0, 1.0], [0.0, 1.0]).tolist()
    [0.0, 0.0]
    """
    nothing = (x == 0) & ~np.isnan(y)
    return select(nothing, filled(x, 0), x * np.log(select(nothing, filled(y, 1), y)))


@elementwise
def xlog1py(x, y):
    """`x * log1p(y)`, zero where `x` is.

    >>> xlog1py([0.0], [-1.0]).tolist()
    [0.0]
    """
    nothing = (x == 0) & ~np.isnan(y)
    return select(nothing, filled(x, 0), x * np.log1p(select(nothing, filled(y, 0), y)))


@elementwise
def entr(x):
    """`-x * log(x)`, zero at zero, minus infinity below.

    >>> entr([0.0, 1.0, -1.0]).tolist()
    [0.0, 0.0, -inf]
    """
    inside = select(x > 0, x, filled(x, 1))
    result = select(x == 0, filled(x, 0), filled(x, -np.inf))
    return select(np.isnan(x), x, select(x > 0, -x * np.log(inside), result)) + 0.0


@in_double
def rel_entr(x, y):
    """`x * log(x / y)`, zero where `x` is zero and `y` is not negative.

    >>> rel_entr([0.0, 1.0], [1.0, 1.0]).tolist()
    [0.0, 0.0]
    """
    both = (x > 0) & (y > 0)
    one = filled(x, 1)
    inside = x * np.log(select(both, x, one) / select(both, y, one))
    outside = select((x == 0) & (y >= 0), filled(x, 0), filled(x, np.inf))
    missing = np.isnan(x) | np.isnan(y)
    return select(missing, filled(x, np.nan), select(both, inside, outside))


@in_double
def kl_div(x, y):
    """`x * log(x / y) - x + y`.

    >>> kl_div([0.0, 1.0], [1.0, 1.0]).tolist()
    [1.0, 0.0]
    """
    relative = rel_entr(x, y)
    outside = (relative == np.inf) & ((x <= 0) | (y <= 0))
    return select(outside, relative, relative - x + y)
