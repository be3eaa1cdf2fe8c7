"""The Array API standard 2024.12: its names and how its functions are called.

An underscore is an argument without a name, `*_` any number of them; others may be given by name.
"""

FUNCTIONS = """
abs(_); acos(_); acosh(_); add(_, _); all(_, *, axis, keepdims); any(_, *, axis, keepdims)
arange(_, stop, step, *, dtype, device); argmax(_, *, axis, keepdims)
argmin(_, *, axis, keepdims); argsort(_, *, axis, descending, stable)
asarray(_, *, dtype, device, copy); asin(_); asinh(_); astype(_, _, *, copy, device); atan(_)
atan2(_, _); atanh(_); bitwise_and(_, _); bitwise_invert(_); bitwise_left_shift(_, _)
bitwise_or(_, _); bitwise_right_shift(_, _); bitwise_xor(_, _); broadcast_arrays(*_)
broadcast_to(_, shape); can_cast(_, _); ceil(_); clip(_, min, max); concat(_, *, axis); conj(_)
copysign(_, _); cos(_); cosh(_); count_nonzero(_, *, axis, keepdims)
cumulative_prod(_, *, axis, dtype, include_initial)
cumulative_sum(_, *, axis, dtype, include_initial); diff(_, *, axis, n, prepend, append)
divide(_, _); empty(shape, *, dtype, device); empty_like(_, *, dtype, device); equal(_, _)
exp(_); expand_dims(_, axis); expm1(_); eye(_, _, *, k, dtype, device); finfo(_)
flip(_, *, axis); floor(_); floor_divide(_, _); from_dlpack(_, *, device, copy)
full(shape, fill_value, *, dtype, device); full_like(_, fill_value, *, dtype, device)
greater(_, _); greater_equal(_, _); hypot(_, _); iinfo(_); imag(_); isdtype(dtype, kind)
isfinite(_); isinf(_); isnan(_); less(_, _); less_equal(_, _)
linspace(_, _, num, *, dtype, device, endpoint); log(_); log10(_); log1p(_); log2(_)
logaddexp(_, _); logical_and(_, _); logical_not(_); logical_or(_, _); logical_xor(_, _)
matmul(_, _); matrix_transpose(_); max(_, *, axis, keepdims); maximum(_, _)
mean(_, *, axis, keepdims); meshgrid(*_, indexing); min(_, *, axis, keepdims); minimum(_, _)
moveaxis(_, _, _); multiply(_, _); negative(_); nextafter(_, _); nonzero(_); not_equal(_, _)
ones(shape, *, dtype, device); ones_like(_, *, dtype, device); permute_dims(_, axes)
positive(_); pow(_, _); prod(_, *, axis, dtype, keepdims); real(_); reciprocal(_)
remainder(_, _); repeat(_, _, *, axis); reshape(_, shape, *, copy); result_type(*_)
roll(_, shift, *, axis); round(_); searchsorted(_, _, *, side, sorter); sign(_); signbit(_)
sin(_); sinh(_); sort(_, *, axis, descending, stable); sqrt(_); square(_); squeeze(_, axis)
stack(_, *, axis); std(_, *, axis, correction, keepdims); subtract(_, _)
sum(_, *, axis, dtype, keepdims); take(_, _, *, axis); take_along_axis(_, _, *, axis); tan(_)
tanh(_); tensordot(_, _, *, axes); tile(_, _); tril(_, *, k); triu(_, *, k); trunc(_)
unique_all(_); unique_counts(_); unique_inverse(_); unique_values(_); unstack(_, *, axis)
var(_, *, axis, correction, keepdims); vecdot(_, _, *, axis); where(_, _, _)
zeros(shape, *, dtype, device); zeros_like(_, *, dtype, device)
"""

LINALG = """
cholesky(_, *, upper); cross(_, _, *, axis); det(_); diagonal(_, *, offset); eigh(_)
eigvalsh(_); inv(_); matmul(_, _); matrix_norm(_, *, keepdims, ord); matrix_power(_, _)
matrix_rank(_, *, rtol); matrix_transpose(_); outer(_, _); pinv(_, *, rtol); qr(_, *, mode)
slogdet(_); solve(_, _); svd(_, *, full_matrices); svdvals(_); tensordot(_, _, *, axes)
trace(_, *, offset, dtype); vecdot(_, _, *, axis); vector_norm(_, *, axis, keepdims, ord)
"""

FFT = """
fft(_, *, n, axis, norm); fftfreq(_, *, d, dtype, device); fftn(_, *, s, axes, norm)
fftshift(_, *, axes); hfft(_, *, n, axis, norm); ifft(_, *, n, axis, norm)
ifftn(_, *, s, axes, norm); ifftshift(_, *, axes); ihfft(_, *, n, axis, norm)
irfft(_, *, n, axis, norm); irfftn(_, *, s, axes, norm); rfft(_, *, n, axis, norm)
rfftfreq(_, *, d, dtype, device); rfftn(_, *, s, axes, norm)
"""

MEMBERS = """
dtype device mT ndim shape size T __abs__ __add__ __and__ __array_namespace__ __bool__
__complex__ __dlpack__ __dlpack_device__ __eq__ __float__ __floordiv__ __ge__ __getitem__ __gt__
__index__ __int__ __invert__ __le__ __lshift__ __lt__ __matmul__ __mod__ __mul__ __ne__ __neg__
__or__ __pos__ __pow__ __rshift__ __setitem__ __sub__ __truediv__ __xor__ to_device
""".split()

CONSTANTS_AND_DTYPES = """
e inf nan newaxis pi
bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128
""".split()


def calls(text):
    """Each function's name, how many unnamed arguments it takes, and the names of the others."""
    for line in text.replace("\n", ";").split(";"):
        if line.strip():
            name, _, rest = line.strip().partition("(")
            arguments = [
                each.strip() for each in rest[:-1].split(",") if each.strip() not in ("", "*")
            ]
            unnamed = [each for each in arguments if each in ("_", "*_")]
            yield name, len(unnamed), [each for each in arguments if each not in ("_", "*_")]
