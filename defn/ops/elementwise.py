"""Element-wise operations: NumPy's ufuncs by their own names. All operands have one shape."""

from __future__ import annotations

import numpy as np

from defn.ops.op import Kind, Op
from defn.types import BOOL, Type, real_of

TRANSCENDENTAL = 12
COSTLY = 5


def same(x, *others):
    """The type of the first operand."""
    return x


def boolean(x, *others):
    """True or false, of the operand's shape."""
    return Type(BOOL, x.shape)


def real(x):
    """The type of a complex operand's parts."""
    return Type(real_of(x.dtype), x.shape)


def elementwise(ufunc, type=same, cost=1, traits=()):
    """The row of a NumPy ufunc."""
    return Op(ufunc.__name__, Kind.ELEMENTWISE, type, ufunc, cost, traits, ufunc)


add = elementwise(np.add, traits=("commutative", "associative"))
subtract = elementwise(np.subtract)
multiply = elementwise(np.multiply, traits=("commutative", "associative"))
divide = elementwise(np.divide, cost=COSTLY)
floor_divide = elementwise(np.floor_divide, cost=COSTLY)
remainder = elementwise(np.remainder, cost=COSTLY)
fmod = elementwise(np.fmod, cost=COSTLY)
power = elementwise(np.power, cost=TRANSCENDENTAL)
negative = elementwise(np.negative)
absolute = elementwise(np.absolute, real)
sign = elementwise(np.sign)
conjugate = elementwise(np.conjugate)

maximum = elementwise(np.maximum, traits=("commutative", "associative", "idempotent"))
minimum = elementwise(np.minimum, traits=("commutative", "associative", "idempotent"))
fmax = elementwise(np.fmax, traits=("commutative", "associative", "idempotent"))
fmin = elementwise(np.fmin, traits=("commutative", "associative", "idempotent"))

floor = elementwise(np.floor)
ceil = elementwise(np.ceil)
trunc = elementwise(np.trunc)
rint = elementwise(np.rint)

sqrt = elementwise(np.sqrt, cost=COSTLY)
UNARY_TRANSCENDENTAL = [
    elementwise(getattr(np, name), cost=TRANSCENDENTAL)
    for name in """cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan
    sinh cosh tanh arcsinh arccosh arctanh""".split()
]
globals().update({op.name: op for op in UNARY_TRANSCENDENTAL})
arctan2 = elementwise(np.arctan2, cost=TRANSCENDENTAL)
hypot = elementwise(np.hypot, cost=TRANSCENDENTAL)
copysign = elementwise(np.copysign)
nextafter = elementwise(np.nextafter)

EQUALITIES = [elementwise(u, boolean, traits=("commutative",)) for u in (np.equal, np.not_equal)]
ORDERS = [elementwise(u, boolean) for u in (np.less, np.less_equal, np.greater, np.greater_equal)]
equal, not_equal = EQUALITIES
less, less_equal, greater, greater_equal = ORDERS
COMPARISONS = (*EQUALITIES, *ORDERS)
isnan = elementwise(np.isnan, boolean)
isinf = elementwise(np.isinf, boolean)
isfinite = elementwise(np.isfinite, boolean)
signbit = elementwise(np.signbit, boolean)

logical_and = elementwise(
    np.logical_and, boolean, traits=("commutative", "associative", "idempotent")
)
logical_or = elementwise(
    np.logical_or, boolean, traits=("commutative", "associative", "idempotent")
)
logical_xor = elementwise(np.logical_xor, boolean, traits=("commutative", "associative"))
logical_not = elementwise(np.logical_not, boolean)
bitwise_and = elementwise(np.bitwise_and, traits=("commutative", "associative", "idempotent"))
bitwise_or = elementwise(np.bitwise_or, traits=("commutative", "associative", "idempotent"))
bitwise_xor = elementwise(np.bitwise_xor, traits=("commutative", "associative"))
invert = elementwise(np.invert)
left_shift = elementwise(np.left_shift)
right_shift = elementwise(np.right_shift)
bitwise_count = elementwise(np.bitwise_count, lambda x: Type("uint8", x.shape), cost=COSTLY)
gcd = elementwise(np.gcd, cost=TRANSCENDENTAL)


def _select_type(condition, x, y):
    return x


def _cast(x, *, dtype):
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtype)


def _complex(re, im):
    made = np.empty(np.shape(re), f"c{2 * np.asarray(re).dtype.itemsize}")
    made.real, made.imag = re, im
    return made


select = Op("select", Kind.ELEMENTWISE, _select_type, np.where)
cast = Op("cast", Kind.ELEMENTWISE, lambda x, *, dtype: Type(dtype, x.shape), _cast)
real_part = Op("real", Kind.ELEMENTWISE, real, np.real)
imag_part = Op("imag", Kind.ELEMENTWISE, real, np.imag)
complex_of = Op(
    "complex",
    Kind.ELEMENTWISE,
    lambda re, im: Type(f"c{2 * re.dtype.itemsize}", re.shape),
    _complex,
)
bitcast = Op(
    "bitcast",
    Kind.ELEMENTWISE,
    lambda x, *, dtype: Type(dtype, x.shape),
    lambda x, *, dtype: np.ascontiguousarray(x).view(dtype).reshape(np.shape(x)),
)
# The gradient does not pass; the value does.
stop_grad = Op("stop_grad", Kind.ELEMENTWISE, same, lambda x: x)
