"""What the text of a kernel may call. A kernel is `def kernel(start, stop, args): ... return 0`.

Memory (`buffers`): `buffer(args, k, dtype)`, the elements at the address in word k of args, which
    `x[i]` and `x[i] = v` reach by flat int64 indices. Buffers of different k share no memory; a
    fourth literal argument names another scope: buffers of one scope may overlap, scope -1 with
    any; `home(x, args, k)` is in the scope of the buffer x. `size(args, k)` is the int64, `number(args, k)` the float64 in word k;
    `large(args, k)` an int64 above 10, as most sizes are. `wide()`: vectors of 512 bits. `free()`: what is written with operators may be contracted and reordered.
Dtypes: bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 bfloat16 float32 float64
    complex64 complex128. A float16 or bfloat16 is a float32 in kernels: `round_float16(x)`,
    `round_bfloat16(x)` round it as an operation of that dtype does. All others can be called.
Casts (`casts`): `cast(x, dtype)`, as NumPy's astype.
Arithmetic (`arithmetic`), of one type, kept: `add subtract multiply divide negative absolute invert
    bitwise_and bitwise_or bitwise_xor left_shift right_shift floor_divide remainder fmod`, `less
    less_equal greater greater_equal equal not_equal`, `where(test, yes, no)`, `outside(index, size)`.
Extremes: `maximum minimum` (nan propagates), `fmax fmin` (nan loses), `max_any min_any` (no nan),
    `highest lowest` (nan propagates, and the sign of a zero is free: for reductions).
Reductions: `add_any multiply_any`, whose order is free, so that they vectorise.
Mathematics (`vectormath`): NumPy's names, of float32 and float64: `MATH` lists them.
More arithmetic (`scalars`): `floor ceil trunc rint sqrt copysign signbit nextafter bit_count`,
    `complex_of real_part imaginary_part conjugate`, `bitcast(x, from, to)`, `power_integer gcd`,
    and `cmath`.
Products (`tile`): `tile`. Blocks (`block`): `turn`. Lines (`fourier`): `fft ifft rfft irfft`. Threads (`words`): what the driver is made of; not for kernels.
Python: `math`, `range`, `min`, `max`, `abs`, `int`, `float`, and the operators.
"""

from __future__ import annotations

import math

from numba import types

from defn.compilers.numba import arithmetic, fourier, halves
from defn.compilers.numba.block import turn
from defn.compilers.numba.buffers import (  # noqa: F401
    Buffer,
    buffer,
    fetch,
    free,
    home,
    large,
    number,
    size,
    wide,
)
from defn.compilers.numba.build import KERNEL
from defn.compilers.numba.casts import cast
from defn.compilers.numba.scalars import SCALARS
from defn.compilers.numba.stream import drain, stream
from defn.compilers.numba.tile import tile
from defn.compilers.numba.vectormath import MATH, PROVIDER  # noqa: F401

DTYPES = {
    "bool_": types.boolean,
    "float16": halves.float16,
    "bfloat16": halves.bfloat16,
    **{
        name: getattr(types, name)
        for name in (
            *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
            "float32", "float64", "complex64", "complex128",
        )
    },
}  # fmt: skip

ARITHMETIC = {
    name: getattr(arithmetic, name)
    for name in (
        "add", "subtract", "multiply", "divide", "negative", "absolute", "invert",
        "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift",
        "floor_divide", "remainder", "fmod",
        "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "where", "outside",
        "maximum", "minimum", "fmax", "fmin", "max_any", "min_any", "highest", "lowest", "add_any", "multiply_any",
    )
}  # fmt: skip

NAMES = {
    "math": math,
    "buffer": buffer,
    "home": home,
    "free": free,
    "size": size,
    "large": large,
    "number": number,
    "wide": wide,
    "cast": cast,
    "tile": tile,
    "turn": turn,
    "fetch": fetch,
    "stream": stream,
    "drain": drain,
    **fourier.WORDS,
    "round_float16": halves.round_float16,
    "round_bfloat16": halves.round_bfloat16,
    **DTYPES,
    **ARITHMETIC,
    **SCALARS,
    **MATH,
}

# How a text is called, by its kind: the driver's functions take words.
SIGNATURES = {
    "kernel": KERNEL,
    **{f"words {count}": (types.int64,) * count for count in range(1, 8)},
}
