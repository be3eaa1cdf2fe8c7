"""Elementary functions without branches, calls or tables: LLVM vectorises them on any processor.

Each is a reduction to a short interval, a minimax polynomial there (Remez, relative error below
half an ulp), and a way back. Letters: x the argument, n an integer, r and f what a reduction
leaves, z a square. The first coefficients of a pair are for float32, the second for float64.
"""

from __future__ import annotations

import math

from defn.compilers.numba.lanes import polynomial, where

# (e**r - 1 - r) / r**2 up to ln 2 / 2.
EXP = (
    (0.5, 0.16666542, 0.0416662805, 0.00836664438, 0.00139465544),
    (
        0.5000000000000006, 0.16666666666666685, 0.04166666666657295, 0.008333333333314466,
        0.0013888888932614982, 0.0001984126990334053, 2.4801504146244335e-05,
        2.7557227647243497e-06, 2.762645124745961e-07, 2.511457826472837e-08,
    ),
)  # fmt: skip
# (2 atanh(s) - 2 s) / s**3 in z = s**2, for s up to (sqrt 2 - 1) / (sqrt 2 + 1).
LOG = (
    (0.666666627, 0.400003552, 0.285358816, 0.236106649),
    (
        0.6666666666666745, 0.3999999999933894, 0.2857142876068925, 0.22222196559887128,
        0.1818367538746545, 0.1531105739444352, 0.14827307106012494,
    ),
)  # fmt: skip
# (sin r / r - 1) / z and (cos r - 1 + z / 2) / z**2, up to pi / 4.
SIN = (
    (-0.166666672, 0.00833332911, -0.000198392561, 2.71756448e-06),
    (
        -0.16666666666666666, 0.008333333333333321, -0.000198412698412536,
        2.7557319213419974e-06, -2.5052104708703082e-08, 1.6058340529004186e-10,
        -7.577392943583454e-13,
    ),
)  # fmt: skip
COS = (
    (0.0416666456, -0.0013887306, 2.4431205e-05),
    (
        0.04166666666666659, -0.0013888888888872598, 2.4801587288491633e-05,
        -2.7557314056449085e-07, 2.08756818628467e-09, -1.135744782659824e-11,
    ),
)  # fmt: skip
# (atan t / t - 1) / z up to tan(pi / 8), and (asin t / t - 1) / z up to 1 / 2.
ATAN = (
    (-0.333333164, 0.199984789, -0.142436281, 0.105942771, -0.060788583),
    (
        -0.333333333333332, 0.19999999999953239, -0.14285714280159018, 0.11111110781466173,
        -0.09090897697049011, 0.07692059076036385, -0.06663090426313066, 0.0584778526716268,
        -0.05038814069380348, 0.038051552408755046, -0.017892386373739494,
    ),
)  # fmt: skip
ASIN = (
    (0.166667536, 0.0749523267, 0.045478344, 0.0241409838, 0.0422305577),
    (
        0.16666666666665375, 0.07500000000344835, 0.044642856821951175, 0.030381959396357093,
        0.022371751919945088, 0.01735979587239985, 0.013884348439680639, 0.012174954562805769,
        0.006503469599142579, 0.019594475517031747, -0.016326898116239358, 0.031981826843534567,
    ),
)  # fmt: skip
# log2(1 + f) / f from sqrt(1/2) - 1 to sqrt 2 - 1, and (2**r - 1) / r up to 1/2: errors 2**-36.
LOG2_OF_SINGLE = (
    1.4426950408687038, -0.721347520868744, 0.48089836139621417, -0.36067367483097085,
    0.28853729340527473, -0.24045316537190448, 0.2061753614466365, -0.18030060820421992,
    0.158769779455678, -0.14315636604615786, 0.14474849244112137, -0.14283979325226573,
    0.07737080903324493,
)  # fmt: skip
EXP2_OF_SINGLE = (
    0.6931471805416228, 0.2402265107630277, 0.0555041096269867, 0.00961803683778181,
    0.0013333430673632652, 0.00015467135613519986, 1.5314974651835835e-05,
)  # fmt: skip

# ln 2 and pi / 2 in parts: a product of a small integer and a high part is exact.
LN2 = ((0.693359375, -2.12194440e-4), (6.93147180369123816490e-01, 1.90821492927058770002e-10))
HALF_PI = (
    (1.5703125, 4.837512969970703125e-4, 7.54979013e-08, -1.71512451e-15),
    (1.57079632673412561417e0, 6.07710050630396597660e-11, 2.02226624879595063154e-21, 0.0),
)
LOG10_2 = (
    (0.30102920532226563, 7.9034151668e-7),
    (3.01029995663611771306e-01, 3.69423907715893078616e-13),
)
SQRT_HALF_BITS = (0x3F3504F3, 0x3FE6A09E667F3BCD)


def of(x, pair):
    """What a pair has for the precision of x."""
    return pair[0 if x.single else 1]


# --- exponentials --------------------------------------------------------------------------------


def nearest(x):
    """The nearest integer of a small number, as a float and as an integer; of nan, any."""
    magic = 1.5 * 2.0**x.mantissa
    shifted = x + magic
    n = shifted.bits() - x.full(magic).bits()
    return shifted - magic, n


def power_of_two(n):
    """2**n, n an integer within the exponents of normal numbers."""
    return ((n + n.bias) << n.mantissa).float()


def scaled(x, n):
    """x * 2**n in two steps, so that a subnormal is rounded once and an overflow is inf."""
    half = n >> 1
    return x * power_of_two(half) * power_of_two(n - half)


def held(x, low, high):
    """x between two numbers; nan stays."""
    return where(x > high, high, where(x < low, low, x))


def exp_parts(x):
    """q and n with e**x = 2**n * (1 + q)."""
    n, exponent = nearest(x * (1 / math.log(2)))
    high, low = of(x, LN2)
    return expm1_short(x - n * high - n * low), exponent


def expm1_short(r):
    return r + r * r * polynomial(r, of(r, EXP))


def exp(x):
    q, n = exp_parts(held(x, *of(x, ((-104.5, 89.0), (-746.0, 710.0)))))
    return scaled(q + 1.0, n)


def exp2(x):
    x = held(x, *of(x, ((-151.0, 129.0), (-1076.0, 1025.0))))
    n, exponent = nearest(x)
    return scaled(expm1_short((x - n) * math.log(2)) + 1.0, exponent)


def expm1(x):
    q, n = exp_parts(held(x, *of(x, ((-20.0, 89.0), (-50.0, 710.0)))))
    half = power_of_two(n - 1)
    result = (half * q + (half - 0.5)) * 2.0
    return result.signed(x)


def half_exp(x):
    """e**x / 2, which overflows later."""
    q, n = exp_parts(held(x, *of(x, ((-104.5, 90.0), (-746.0, 711.0)))))
    return scaled(q + 1.0, n - 1)


def sinh(x):
    size = abs(x)
    t, h = expm1(where(size > 20.0, 20.0, size)), half_exp(size)
    small = (t + t / (t + 1.0)) * 0.5
    return where(size > 20.0, h, where(x.differs(x), x, small)).signed(x)


def cosh(x):
    h = half_exp(abs(x))
    return h + 0.25 / h


def tanh(x):
    t = expm1(held(abs(x), 0.0, 20.0) * 2.0)
    return (t / (t + 2.0)).signed(x)


# --- logarithms ----------------------------------------------------------------------------------


def parts_of_normal(x):
    """n and f with x = 2**n * (1 + f), 1 + f between sqrt(1/2) and sqrt 2."""
    n = (x.bits() - of(x, SQRT_HALF_BITS)) >> x.mantissa
    return n, (x.bits() - (n << x.mantissa)).float() - 1.0


def normal_parts(x):
    """The same for subnormal numbers too."""
    tiny = x < 2.0 ** (1 - x.bias)
    n, f = parts_of_normal(where(tiny, x * 2.0**x.mantissa, x))
    return (n + where(tiny, n.full(-x.mantissa), 0)).number(), f


def log1p_short(f):
    """log(1 + f) in two parts, the first f itself."""
    s = f / (f + 2.0)
    z = s * s
    half = f * f * 0.5
    return f, s * (half + z * polynomial(z, of(f, LOG))) - half


def log_specials(x, result):
    """What a logarithm is where x is not a positive number."""
    result = where(x.equals(math.inf), math.inf, result)
    result = where(x < 0.0, math.nan, result)
    return where(x.equals(0.0), -math.inf, where(x.differs(x), x, result))


def log(x, correction=None):
    n, f = normal_parts(x)
    first, rest = log1p_short(f)
    high, low = of(x, LN2)
    rest = rest + n * low
    if correction is not None:
        rest = rest + correction
    return log_specials(x, n * high + (first + rest))


def log2(x):
    n, f = normal_parts(x)
    first, rest = log1p_short(f)
    return log_specials(x, n + (first + rest) * (1 / math.log(2)))


def log10(x):
    n, f = normal_parts(x)
    first, rest = log1p_short(f)
    high, low = of(x, LOG10_2)
    return log_specials(x, n * high + (n * low + (first + rest) * (1 / math.log(10))))


def log1p(x):
    u = x + 1.0
    lost = (x - (u - 1.0)) / u
    number = (u > 0.0) & (u < math.inf)
    result = log(u, where(number, lost, 0.0))
    # Up to half an ulp of 1, x is its own logarithm; so is -0.
    return where(u.equals(1.0), x, result)


def arcsinh(x):
    size = abs(x)
    large = size > of(x, (1e9, 1e18))
    inner = where(large, 1.0, size)
    square = inner * inner
    argument = inner + square / ((square + 1.0).sqrt() + 1.0)
    result = where(large, log(size) + math.log(2), log1p(argument))
    return where(size.equals(0.0), x, result.signed(x))


def arccosh(x):
    large = x > of(x, (1e9, 1e18))
    t = where(large, 1.0, x - 1.0)
    result = where(large, log(x) + math.log(2), log1p(t + (t * (t + 2.0)).sqrt()))
    return where(x < 1.0, math.nan, result)


def arctanh(x):
    size = abs(x)
    return (log1p(2.0 * size / (1.0 - size)) * 0.5).signed(x)


# --- circular functions --------------------------------------------------------------------------


def quarters(x):
    """r and n with x = r + n * pi / 2, for |x| up to LARGE."""
    n, quarter = nearest(x * (2 / math.pi))
    for part in of(x, HALF_PI):
        x = x - n * part
    return x, quarter


LARGE = (8000.0, 2.0**20)


def small(x):
    """Where the reduction to a quarter is good."""
    return (abs(x) < of(x, LARGE)) | x.differs(x)


def sin_short(r, z):
    return r + r * z * polynomial(z, of(r, SIN))


def cos_short(r, z):
    half = z * 0.5
    whole = 1.0 - half
    return whole + ((1.0 - whole) - half + z * z * polynomial(z, of(r, COS)))


def turned(r, n):
    """sin(r + n * pi / 2)."""
    z = r * r
    value = where((n & 1).differs(0), cos_short(r, z), sin_short(r, z))
    return where((n & 2).differs(0), -value, value)


def sin(x):
    r, n = quarters(x)
    return where(x.equals(0.0), x, turned(r, n))


def cos(x):
    r, n = quarters(x)
    return turned(r, n + 1)


def tan(x):
    r, n = quarters(x)
    z = r * r
    s, c = sin_short(r, z), cos_short(r, z)
    odd = (n & 1).differs(0)
    return where(x.equals(0.0), x, where(odd, -c, s) / where(odd, s, c))


def atan_short(t):
    z = t * t
    return t + t * z * polynomial(z, of(t, ATAN))


def atan_positive(x):
    """atan of a number that is not negative."""
    steep, middle = x > math.tan(3 * math.pi / 8), x > math.tan(math.pi / 8)
    t = where(steep, -1.0 / x, where(middle, (x - 1.0) / (x + 1.0), x))
    base = where(steep, x.full(math.pi / 2), where(middle, x.full(math.pi / 4), 0.0))
    # What float64 drops of pi / 2 and pi / 4.
    rest = where(
        steep, x.full(6.123233995736766e-17), where(middle, x.full(3.061616997868383e-17), 0.0)
    )
    return base + (atan_short(t) + (0.0 if x.single else rest))


def arctan(x):
    return atan_positive(abs(x)).signed(x)


def arctan2(y, x):
    a, b = abs(y), abs(x)
    flip = a > b
    low, high = where(flip, b, a), where(flip, a, b)
    equal = low.equals(high)
    ratio = where(equal, where(high.equals(0.0), 0.0, x.full(1.0)), low / high)
    angle = atan_positive(ratio)
    angle = where(flip, math.pi / 2 - angle, angle)
    left = x.bits() < 0
    angle = where(left, (math.pi - angle) + 1.2246467991473532e-16, angle)
    return where(y.differs(y), y, where(x.differs(x), x, angle.signed(y)))


def asin_short(t):
    z = t * t
    return t * z * polynomial(z, of(t, ASIN))


def asin_parts(x):
    """Near 1, half the angle: whether so, the sine to take, and the rest of its arc."""
    size = abs(x)
    near = size > 0.5
    t = where(near, ((1.0 - size) * 0.5).sqrt(), size)
    return near, t, asin_short(t)


def arcsin(x):
    near, t, rest = asin_parts(x)
    far = math.pi / 4 - (2.0 * (t + rest) - math.pi / 4 - 6.123233995736766e-17)
    return where(near, far, t + rest).signed(x)


def arccos(x):
    near, t, rest = asin_parts(x)
    twice = 2.0 * (t + rest)
    inner = (t + rest).signed(x)
    middle = math.pi / 2 - (inner - 6.123233995736766e-17)
    left = math.pi - (twice - 1.2246467991473532e-16)
    return where(near, where(x < 0.0, left, twice), middle)


# --- powers and roots ----------------------------------------------------------------------------


def hypot(x, y):
    a, b = abs(x), abs(y)
    if x.single:
        p, q = a.double(), b.double()
        result = (p * p + q * q).sqrt().rounded_to_single()
    else:
        high, low = where(a > b, a, b), where(a > b, b, a)
        ratio = where(high.equals(0.0), 0.0, low / high)
        result = high * (ratio * ratio + 1.0).sqrt()
        result = where(x.differs(x), x, where(y.differs(y), y, result))
    infinite = a.equals(math.inf) | b.equals(math.inf)
    return where(infinite, math.inf, result)


def power_of_single(x, y):
    """x**y of float32 with x > 0, in float64: log2 and exp2 to 36 bits."""
    n, f = parts_of_normal(abs(x).double())
    e = held(y.double() * (n.number() + f * polynomial(f, LOG2_OF_SINGLE)), -160.0, 130.0)
    n, exponent = nearest(e)
    r = e - n
    size = (r * polynomial(r, EXP2_OF_SINGLE) + 1.0) * power_of_two(exponent)
    return size.rounded_to_single()


def positive(x, y):
    """Where a power is what exponential and logarithm say."""
    return (x > 0.0) & (x < math.inf) & (abs(y) < math.inf)


def power_specials(size, x, y):
    """x**y, where |x|**y is known for |x| above 0 and finite: C's table."""
    base, down = abs(x), y < 0.0
    whole = y.trunc().equals(y)
    half = y * 0.5
    odd = whole & half.trunc().differs(half)
    # The ends of the range, and what grows or shrinks for ever.
    end = where(
        down,
        where(base.equals(0.0), x.full(math.inf), 0.0),
        where(base.equals(0.0), 0.0, x.full(math.inf)),
    )
    size = where(base.equals(0.0) | base.equals(math.inf), end, size)
    grows = (base > 1.0) ^ down
    endless = where(base.equals(1.0), 1.0, where(grows, x.full(math.inf), 0.0))
    size = where(abs(y).equals(math.inf), endless, size)
    negative = x.bits() < 0
    size = where(negative & odd, -size, size)
    bad = (x < 0.0) & ~whole & base.differs(math.inf) & base.differs(0.0)
    size = where(bad, math.nan, size)
    size = where(x.differs(x), x, where(y.differs(y), y, size))
    return where(y.equals(0.0) | x.equals(1.0), 1.0, size)


# --- remainders ----------------------------------------------------------------------------------


def fmod(x, y):
    """x - trunc(x / y) * y, exact: the quotient may be one too large, and that is seen."""
    if x.single:
        return fmod(x.double(), y.double()).rounded_to_single()
    size, step = abs(x), abs(y)
    quotient = (size / step).trunc()
    rest = (-quotient).fma(step, size)
    rest = where(rest < 0.0, rest + step, rest)
    return where(step.equals(math.inf) & (size < math.inf), x, rest.signed(x))


def quotient_fits(x, y):
    if x.single:
        return quotient_fits(x.double(), y.double())
    quotient = abs(x / y)
    return (quotient < 2.0**52) | quotient.differs(quotient)


# --- what there is -------------------------------------------------------------------------------

FORMULAS = {
    f.__name__: f
    for f in (
        exp, exp2, expm1, sinh, cosh, tanh, log, log2, log10, log1p, arcsinh, arccosh, arctanh,
        arctan, arcsin, arccos, arctan2, hypot,
    )
}  # fmt: skip
# A formula, where it is good, and what mends it elsewhere (None: libm is asked).
MOSTLY = {
    "sin": (sin, small, None),
    "cos": (cos, small, None),
    "tan": (tan, small, None),
    "fmod": (fmod, quotient_fits, None),
    "power": (power_of_single, positive, power_specials),
}
PERIODIC = {"sin", "cos", "tan"}


def formula(name):
    """A formula, where it is good (None: everywhere), and what mends it elsewhere."""
    return MOSTLY[name] if name in MOSTLY else (FORMULAS[name], None, None)
