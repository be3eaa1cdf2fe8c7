"""Formulas written as formulas: LLVM values, one number or a vector of them, with operators.

    r = x - n * LN2_HIGH - n * LN2_LOW

No branches: a choice is `where`. `bits` and `float` turn a number into its integer and back.
"""

from __future__ import annotations

from llvmlite import ir

FLAGS = ("contract",)
I1 = ir.IntType(1)


def shaped(scalar, like):
    """A scalar type, or the vector of it with as many lanes as another type has."""
    return ir.VectorType(scalar, like.count) if isinstance(like, ir.VectorType) else scalar


def scalar(kind):
    return kind.element if isinstance(kind, ir.VectorType) else kind


class Lanes:
    """A number, or as many as a vector has."""

    def __init__(self, builder, value):
        self.builder, self.value = builder, value

    # --- kinds

    @property
    def kind(self):
        return self.value.type

    @property
    def single(self):
        """Whether these are float32, or integers as wide."""
        return scalar(self.kind) in (ir.FloatType(), ir.IntType(32))

    @property
    def integral(self):
        return isinstance(scalar(self.kind), ir.IntType)

    @property
    def mantissa(self):
        """Bits of the mantissa."""
        return 23 if self.single else 52

    @property
    def bias(self):
        """What is added to an exponent."""
        return 127 if self.single else 1023

    def like(self, constant):
        """A constant of this kind."""
        if isinstance(constant, Lanes):
            return constant.value
        if isinstance(self.kind, ir.VectorType):
            return ir.Constant(self.kind, [constant] * self.kind.count)
        return ir.Constant(self.kind, constant)

    def new(self, value):
        return Lanes(self.builder, value)

    def full(self, constant):
        return self.new(self.like(constant))

    # --- operators

    def apply(self, on_floats, on_integers, left, right):
        if self.integral:
            return self.new(getattr(self.builder, on_integers)(left, right))
        return self.new(getattr(self.builder, on_floats)(left, right, flags=FLAGS))

    def __add__(self, other):
        return self.apply("fadd", "add", self.value, self.like(other))

    def __sub__(self, other):
        return self.apply("fsub", "sub", self.value, self.like(other))

    def __mul__(self, other):
        return self.apply("fmul", "mul", self.value, self.like(other))

    def __truediv__(self, other):
        return self.apply("fdiv", None, self.value, self.like(other))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        return self.full(other) - self

    def __rtruediv__(self, other):
        return self.full(other) / self

    def __neg__(self):
        return self.new(
            self.builder.neg(self.value) if self.integral else self.builder.fneg(self.value)
        )

    def __and__(self, other):
        return self.new(self.builder.and_(self.value, self.like(other)))

    def __or__(self, other):
        return self.new(self.builder.or_(self.value, self.like(other)))

    def __xor__(self, other):
        return self.new(self.builder.xor(self.value, self.like(other)))

    def __invert__(self):
        return self.new(self.builder.not_(self.value))

    def __lshift__(self, count):
        return self.new(self.builder.shl(self.value, self.like(count)))

    def __rshift__(self, count):
        return self.new(self.builder.ashr(self.value, self.like(count)))

    def compare(self, sign, other):
        """True only where both are numbers, but for `!=`."""
        if self.integral:
            return self.new(self.builder.icmp_signed(sign, self.value, self.like(other)))
        order = self.builder.fcmp_unordered if sign == "!=" else self.builder.fcmp_ordered
        return self.new(order(sign, self.value, self.like(other)))

    def __lt__(self, other):
        return self.compare("<", other)

    def __le__(self, other):
        return self.compare("<=", other)

    def __gt__(self, other):
        return self.compare(">", other)

    def __ge__(self, other):
        return self.compare(">=", other)

    def equals(self, other):
        return self.compare("==", other)

    def differs(self, other):
        return self.compare("!=", other)

    # --- functions

    def call(self, name, *others):
        """LLVM's intrinsic of this name."""
        number = "f32" if self.single else "f64"
        lanes = f"v{self.kind.count}" if isinstance(self.kind, ir.VectorType) else ""
        args = [self.value, *map(self.like, others)]
        name = f"llvm.{name}.{lanes}{number}"
        function = self.builder.module.globals.get(name) or ir.Function(
            self.builder.module, ir.FunctionType(self.kind, [self.kind] * len(args)), name
        )
        return self.new(self.builder.call(function, args))

    def __abs__(self):
        return self.call("fabs")

    def sqrt(self):
        return self.call("sqrt")

    def trunc(self):
        return self.call("trunc")

    def floor(self):
        return self.call("floor")

    def fma(self, factor, term):
        """self * factor + term, rounded once."""
        return self.call("fma", factor, term)

    def signed(self, other):
        """This size with the sign of another."""
        return self.call("copysign", other)

    def bits(self):
        """The integers that have the same bits."""
        integer = ir.IntType(32 if self.single else 64)
        return self.new(self.builder.bitcast(self.value, shaped(integer, self.kind)))

    def float(self):
        """The numbers that have these bits."""
        number = ir.FloatType() if self.single else ir.DoubleType()
        return self.new(self.builder.bitcast(self.value, shaped(number, self.kind)))

    def number(self):
        """Integers as floats of the same width."""
        kind = shaped(ir.FloatType() if self.single else ir.DoubleType(), self.kind)
        return self.new(self.builder.sitofp(self.value, kind))

    def double(self):
        return self.new(self.builder.fpext(self.value, shaped(ir.DoubleType(), self.kind)))

    def rounded_to_single(self):
        return self.new(self.builder.fptrunc(self.value, shaped(ir.FloatType(), self.kind)))


def where(test, yes, no):
    """A choice lane by lane; one of the two may be a constant."""
    lanes = yes if isinstance(yes, Lanes) else no
    return lanes.new(test.builder.select(test.value, lanes.like(yes), lanes.like(no)))


def polynomial(x, coefficients):
    """The polynomial whose coefficients are given from the constant up.

    By halves (Estrin): the terms do not wait for one another, as they do in Horner's scheme.
    """
    terms = list(coefficients)
    while len(terms) > 1:
        pairs = [terms[k : k + 2] for k in range(0, len(terms), 2)]
        terms = [pair[1] * x + pair[0] if len(pair) == 2 else pair[0] for pair in pairs]
        x = x * x
    return terms[0]
