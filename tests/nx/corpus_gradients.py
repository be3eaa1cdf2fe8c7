"""Gradients: a program that takes one, its operands, and what it gives under Nx."""

# ruff: noqa: F821, B023, E741
# fmt: off

from corpus_language import (
    at,
    c8,
    c16,
    choose,
    f4,
    f8,
    for_each,
    gradient,
    i4,
    iota,
    repeat,
    stop_grad,
    tensor,
    upto,
    value_and_gradient,
)

from defn import nx


def value_and_grad_program_1(a, b):
    def f1_(a2_):
        (a, b) = a2_
        return (nx.tanh(a) + nx.pow(b, 2))
    return value_and_gradient((a, b), f1_)


def metadata_program_1(a, b):
    def f1_(a2_):
        (a, b) = a2_
        return stop_grad(nx.exp(a) + nx.exp(b))
    return gradient((a, b), f1_)


def cache_program_1(x, y):
    z = (x * y)
    return nx.sum(z - (nx.log(nx.sum(nx.exp(z), axes=[0]))))


def window_min_program_1(t):
    kernel = nx.broadcast(1.0, (1, 1, 3, 3))
    return gradient(t, (lambda v: nx.sum(nx.conv(v, kernel, padding="same", kernel_dilation=[2, 2]))))


def tuples_program_1(a1_):
    (a, b) = a1_
    return (nx.pow(a, 2) + b)


def tuples_program_2(a, b):
    def f1_(a2_):
        (a, b) = a2_
        return (nx.pow(a, 2) * nx.pow(b, 3))
    return gradient((a, b), f1_)


def tuples_program_3(a, b, c):
    def f1_(a2_):
        (a, b, c) = a2_
        return ((nx.pow(a, 2) * nx.pow(b, 3)) * nx.pow(c, 4))
    return gradient((a, b, c), f1_)


def tuples_program_4(a, b):
    def f1_(a2_):
        (a, _b) = a2_
        return nx.pow(a, a)
    return gradient((a, b), f1_)


def eigh_program_1(t):
    def f1_(x):
        (evals, _) = nx.linalg.eigh(x)
        return nx.sum(evals)
    return gradient(t, f1_)


def eigh_program_2(t):
    def f1_(x):
        (evals, evecs) = nx.linalg.eigh(x)
        return (nx.sum(evals) + nx.sum(evecs))
    return gradient(t, f1_)


def add_program_1(t):
    def f1_(x):
        (_evals, evecs) = nx.linalg.eigh(x)
        return nx.sum(evecs)
    return gradient(t, f1_)


def qr_program_1(t):
    def f1_(tensor):
        (q, r) = nx.linalg.qr(tensor)
        return nx.sum(nx.add(q, r))
    return gradient(t, f1_)


def qr_program_2(t):
    def f1_(tensor):
        (q, r) = nx.linalg.qr(nx.pow(tensor, 2))
        return nx.sum(nx.add(nx.cos(q), nx.sin(r)))
    return gradient(t, f1_)


def add_program_2(t):
    def f1_(x):
        (_q, r) = nx.linalg.qr(x)
        return nx.sum(r)
    return gradient(t, f1_)


def add_program_3(t):
    def f1_(x):
        (q, _r) = nx.linalg.qr(x)
        return nx.sum(q)
    return gradient(t, f1_)


def add_program_4(t):
    def f1_(x):
        (_q, r) = nx.linalg.qr(x, mode="complete")
        return nx.sum(r)
    return gradient(t, f1_)


def add_program_5(t):
    def f1_(x):
        (q, _r) = nx.linalg.qr(x, mode="complete")
        return nx.sum(q)
    return gradient(t, f1_)


def qr_program_3(t):
    def f1_(x):
        (q, r) = nx.linalg.qr(x)
        return (nx.sum(q) + nx.sum(r))
    return gradient(t, f1_)


def qr_program_4(t):
    def f1_(x):
        (q, r) = nx.linalg.qr(x, mode="complete")
        return (nx.sum(q) + nx.sum(r))
    return gradient(t, f1_)


def lu_program_1(t):
    def f1_(tensor):
        (p, l, u) = nx.linalg.lu(tensor)
        return nx.sum(nx.add(nx.add(l, u), p))
    return gradient(t, f1_)


def lu_program_2(t):
    def f1_(tensor):
        (p, l, u) = nx.linalg.lu(nx.pow(tensor, 2))
        return nx.sum(nx.subtract(nx.add(nx.cos(l), nx.sin(u)), nx.exp(p)))
    return gradient(t, f1_)


def add_program_6(t):
    def f1_(x):
        (p, _l, _u) = nx.linalg.lu(x)
        return nx.sum(p)
    return gradient(t, f1_)


def add_program_7(t):
    def f1_(x):
        (_p, l, _u) = nx.linalg.lu(x)
        return nx.sum(l)
    return gradient(t, f1_)


def add_program_8(t):
    def f1_(x):
        (_p, _l, u) = nx.linalg.lu(x)
        return nx.sum(u)
    return gradient(t, f1_)


def svd_program_1(t):
    def f1_(tensor):
        (u, s, vt) = nx.linalg.svd(tensor)
        return ((nx.sum(u) + nx.sum(s)) + nx.sum(vt))
    return gradient(t, f1_)


def add_program_9(t):
    def f1_(x):
        (_u, s, _vt) = nx.linalg.svd(x)
        return nx.sum(s)
    return gradient(t, f1_)


def add_program_10(t):
    def f1_(x):
        (_u, _s, vt) = nx.linalg.svd(x)
        return nx.sum(vt)
    return gradient(t, f1_)


def add_program_11(t):
    def f1_(x):
        (u, _s, _vt) = nx.linalg.svd(x)
        return nx.sum(u)
    return gradient(t, f1_)


def if_program_1(t):
    def f1_(t):
        ((a, b), c) = choose((t > 0), (lambda: ((nx.pow(t, 2), nx.pow(t, 3)), nx.pow(t, 4))), (lambda: ((nx.pow(t, 4), nx.pow(t, 3)), nx.pow(t, 2))))
        d = choose((t > 0), (lambda: 123), (lambda: 456))
        return (((a * b) + c) - d)
    return gradient(t, f1_)


def while_program_1(t):
    def f1_(t):
        def f2_(a3_):
            (i, t) = a3_
            return (i < 3)
        def f4_(a5_):
            (i, t) = a5_
            return ((i + 1), t)
        (_, t) = repeat(f2_, f4_, (0, t))
        return nx.sum(t)
    return gradient(t, f1_)


def while_program_2(x):
    def f1_(a2_):
        (acc, i, x) = a2_
        return nx.less(i, 2)
    def f3_(a4_):
        (acc, i, x) = a4_
        return ((acc * x), (i + 1), x)
    (acc, _, _) = repeat(f1_, f3_, (tensor(1.0, type="float32"), 0, x))
    return acc


def while_program_3(x):
    def f1_(a2_):
        (acc, i, x) = a2_
        return nx.less(i, 3)
    def f3_(a4_):
        (acc, i, x) = a4_
        return ((acc * x), (i + 1), x)
    (acc, _, _) = repeat(f1_, f3_, (tensor(1.0, type="float32"), 0, x))
    return acc


def while_program_4(x):
    def f1_(a2_):
        (acc, i, x) = a2_
        return nx.less(i, 2)
    def f3_(a4_):
        (acc, i, x) = a4_
        return ((acc * ((x - 2))), (i + 1), x)
    (acc, _, _) = repeat(f1_, f3_, (tensor(1.0, type="float32"), 0, x))
    return acc


def while_program_5(x):
    def f1_(a2_):
        (acc, i, x) = a2_
        return nx.less(i, 3)
    def f3_(a4_):
        (acc, i, x) = a4_
        return (nx.add(acc, x), (i + 1), x)
    (acc, _, _) = repeat(f1_, f3_, (tensor(0.0, type="float32"), 0, x))
    return acc


def while_program_6(x):
    def f1_(a2_, u3_):
        (acc, x) = a2_
        return ((acc * x), x)
    (acc, _) = for_each((tensor(1.0, type="float32"), x), upto(0, 2, None), f1_)
    return acc


def clip_program_1(t):
    def f1_(t):
        c = nx.clip(t, (-60.0), 60.0)
        return nx.mean(nx.log(1 + nx.exp(-nx.abs(c))))
    return gradient(t, f1_)


def clip_program_2(x, t):
    y = ((nx.max(x, 0) - (x * t)) + nx.log(1 + nx.exp(-nx.abs(x))))
    return nx.mean(y)


CASES = [
    ("abs", lambda t: gradient(t, (lambda v: nx.sum(nx.abs(v)))), (f4([[1.0, 2.0], [3.0, 4.0]]),), [[1.0, 1.0], [1.0, 1.0]]),
    ("abs", lambda t: gradient(t, (lambda v: nx.sum(nx.abs(v)))), (f4([[-1.0, 2.0], [-3.0, 4.0]]),), [[-1.0, 1.0], [-1.0, 1.0]]),
    ("abs", lambda t: gradient(t, (lambda v: nx.sum(nx.abs(v)))), (c8([0.0 + 0j, complex(0.0, 1.0), 2.0 + 0j]),), [0.0 + 0j, complex(0.0, -1.0), 1.0 + 0j]),
    ("abs", lambda t: gradient(t, (lambda v: nx.pow(nx.abs(v), 2))), (i4([0, 1, 2]),), [0, 2, 4]),
    ("abs", lambda t: gradient(t, (lambda v: nx.pow(nx.abs(v), 2))), (c8([0.0 + 0j, complex(0.0, 1.0), 2.0 + 0j, complex(0.0, -3.0)]),), [0.0 + 0j, complex(0.0, -2.0), 4.0 + 0j, complex(0.0, 6.0)]),
    ("abs", lambda t: gradient(t, (lambda v: nx.sum(nx.abs(v)))), (c8([0.0 + 0j, complex(1.0, 1.0), complex(2.0, 2.0), complex(3.0, 3.0)]),), [0.0 + 0j, complex(0.7071, -0.7071), complex(0.7071, -0.7071), complex(0.7071, -0.7071)]),
    ("abs", lambda t: gradient(t, (lambda v: nx.sum(nx.cos(nx.abs(nx.sin(v)))))), (c8([0.0 + 0j, complex(1.0, 1.0), complex(2.0, 2.0), complex(3.0, 3.0)]),), [0.0 + 0j, complex(-0.3120795, 1.244773), complex(-0.05693477, -2.053038), complex(-0.00780554, -5.634869)]),
    ("add", lambda a: nx.add(eigh_program_1(a), add_program_1(a)), (f4([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),), [[1.608164, 0.0, 0.0], [-0.5521868, 0.6994838, 0.0], [-0.8979567, 0.4267679, 0.6923524]]),
    ("add", lambda a: nx.add(add_program_3(a), add_program_2(a)), (f4([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),), [[0.9997241, 0.6339386, 0.6034854], [0.1647352, 1.190929, 1.183902], [-0.02063951, 0.8532574, 1.110938]]),
    ("add", lambda a: nx.add(add_program_3(a), add_program_2(a)), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[-2.154287, 1.212678, 1.212678], [1.569348, 0.7276068, 0.7276069]]),
    ("add", lambda a: nx.add(add_program_5(a), add_program_4(a)), (f4([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),), [[-0.5300328, 0.6578678], [-0.6501154, 1.599615], [1.679291, 0.09187317]]),
    ("add", lambda a: nx.add(nx.add(add_program_6(a), add_program_7(a)), add_program_8(a)), (f4([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),), [[1.024711, 0.7102479, 0.6318182], [-0.1192975, 0.9908264, 0.9727273], [0.04090909, 0.3363636, 1.0]]),
    ("add", lambda a: nx.add(nx.add(add_program_11(a), add_program_9(a)), add_program_10(a)), (f4([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),), [[0.423038, 0.7961935, 0.03326338], [0.7961934, 1.28769, -1.898542], [0.03326339, -1.898542, 1.289272]]),
    ("add", lambda a: nx.add(nx.add(add_program_11(a), add_program_9(a)), add_program_10(a)), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[-0.471626, -0.1148152, 1.058492], [0.3890213, 0.793159, 0.3808]]),
    ("add", lambda a, b: nx.add(at(a, 0), b), (f4([1.0, 1.0]), f4(0.0)), 1.0),
    ("addition_rule", lambda t: gradient(t, (lambda t: nx.tanh(nx.tanh(nx.add(nx.pow(t, 2), nx.pow(t, 3)))))), (f4(1.0),), 0.1566267),
    ("as_type", lambda t: gradient(t, (lambda v: nx.sum(nx.cos(nx.as_type(v, "float32"))))), (c8([complex(1.0, 1.0), complex(2.0, 1.0), complex(3.0, 1.0)]),), [-0.841471, -0.9092974, -0.14112]),
    ("as_type", lambda t: gradient(t, (lambda v: nx.sum(nx.as_type(v, "float32")))), (i4([1, 2, 3]),), [1.0, 1.0, 1.0]),
    ("as_type", lambda t: gradient(t, (lambda v: nx.sum(nx.as_type(v, "complex64")))), (c8([complex(1.0, 1.0), complex(2.0, 1.0), complex(3.0, 1.0)]),), [1.0, 1.0, 1.0]),
    ("as_type", lambda t: gradient(t, (lambda v: nx.sum(nx.bitcast(v, "float32")))), (i4([1, 2, 3]),), [1.0, 1.0, 1.0]),
    ("atan2_rule", lambda t: gradient(t, (lambda t: nx.atan2(nx.tanh(t), t))), (f4(1.0),), -0.2162116),
    ("axes", lambda t: gradient(t, nx.sum), (i4([[1, 2], [3, 4]]),), [[1.0, 1.0], [1.0, 1.0]]),
    ("axes", lambda t: gradient(t, nx.mean), (i4([[1, 2], [3, 4]]),), [[0.25, 0.25], [0.25, 0.25]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.sin(nx.sum(nx.log(v), axes=[0]))))), (i4([[1, 2, 3], [4, 5, 6]]),), [[0.183457, -0.3341008, -0.3228699], [0.04586424, -0.1336403, -0.1614349]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.sin(nx.sum(nx.log(v), axes=[1]))))), (i4([[1, 2, 3], [4, 5, 6]]),), [[-0.2191695, -0.1095847, -0.07305648], [0.01875805, 0.01500644, 0.01250536]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.sin(nx.sum(nx.log(v), axes=[1], keep_axes=True))))), (i4([[1, 2, 3], [4, 5, 6]]),), [[-0.2191695, -0.1095847, -0.07305648], [0.01875805, 0.01500644, 0.01250536]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.mean(nx.sum(v, axes=[0])))), (i4([[1, 2, 3], [4, 5, 6]]),), [[0.3333333, 0.3333333, 0.3333333], [0.3333333, 0.3333333, 0.3333333]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.mean(nx.sum(v, axes=[1])))), (i4([[1, 2, 3], [4, 5, 6]]),), [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.mean(v, axes=[0])))), (i4([[1, 2, 3], [4, 5, 6]]),), [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.mean(v, axes=[1])))), (i4([[1, 2, 3], [4, 5, 6]]),), [[0.3333333, 0.3333333, 0.3333333], [0.3333333, 0.3333333, 0.3333333]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.mean(nx.reshape(nx.log(v), (3, 2)), axes=[0])))), (i4([[1, 2, 3], [4, 5, 6]]),), [[0.3333333, 0.1666667, 0.1111111], [0.08333334, 0.06666667, 0.05555556]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.mean(nx.reshape(nx.log(v), (3, 2)), axes=[0])))), (c8([1.0 + 0j, complex(0.0, 2.0), 3.0 + 0j, 1.0 + 0j, complex(0.0, -2.0), -1.0 + 0j]),), [0.3333333 + 0j, complex(0.0, -0.166666), 0.111111 + 0j, 0.3333333 + 0j, complex(0.0, 0.1666666), -0.333333 + 0j]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.mean(nx.reshape(nx.log(v), (3, 2)), axes=[0])))), (i4([1, 2, 3, 4, 5, 6]),), [0.3333333, 0.1666667, 0.1111111, 0.08333334, 0.06666667, 0.05555556]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.mean(nx.reshape(nx.log(v), (3, 2)), axes=[1])))), (i4([[1, 2, 3], [4, 5, 6]]),), [[0.5, 0.25, 0.1666667], [0.125, 0.1, 0.08333334]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.mean(nx.transpose(nx.log(v)), axes=[0])))), (i4([[1, 2, 3], [4, 5, 6]]),), [[0.3333333, 0.1666667, 0.1111111], [0.08333334, 0.06666667, 0.05555556]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.mean(nx.transpose(nx.log(v)), axes=[0])))), (c8([[1.0 + 0j, complex(0.0, 2.0), 3.0 + 0j, 1.0 + 0j, complex(0.0, -2.0), -1.0 + 0j]]),), [[0.1666 + 0j, complex(0.0, -0.0833), 0.0555 + 0j, 0.1666 + 0j, complex(0.0, 0.0833), -0.1666 + 0j]]),
    ("axes", lambda t: gradient(t, (lambda v: nx.sum(nx.mean(nx.transpose(nx.log(v)), axes=[1])))), (i4([[1, 2, 3], [4, 5, 6]]),), [[0.5, 0.25, 0.1666667], [0.125, 0.1, 0.08333334]]),
    ("broadcast", lambda a: nx.broadcast(1, a), (i4([1, -1, 2, -2, 3]),), [1.0, 1.0, 1.0, 1.0, 1.0]),
    ("broadcast", lambda a: nx.broadcast(2, a), (i4([1, -1, 2, -2, 3]),), [2.0, 2.0, 2.0, 2.0, 2.0]),
    ("cache", lambda x, y: gradient(x, (lambda v: cache_program_1(v, y))), (i4([1, 2, 3]), i4([1, 2, 3])), [0.9990007, 1.959856, -5.936787]),
    ("chain_rule", lambda t: gradient(t, (lambda v: nx.tanh(nx.exp(v)))), (f4(1.0),), 0.0469367),
    ("cholesky", lambda t: gradient(t, (lambda x: nx.sum(nx.linalg.cholesky(x)))), (c8([[1.0 + 0j, complex(0.0, -2.0)], [complex(0.0, 2.0), 5.0 + 0j]]),), [[complex(2.5, -1.0), complex(0.0, -1.0)], [complex(1.0, 1.0), 0.5 + 0j]]),
    ("cholesky", lambda t: gradient(t, (lambda x: nx.sum(nx.cos(nx.linalg.cholesky(x))))), (c8([[1.0 + 0j, complex(0.0, -2.0)], [complex(0.0, 2.0), 5.0 + 0j]]),), [[-5.7305 + 0j, complex(0.0, 0.8414)], [complex(0.0, -4.4683), -0.4207 + 0j]]),
    ("cholesky", lambda t: gradient(t, (lambda x: nx.sum(nx.linalg.cholesky(x)))), (f4([[1.0, 2.0], [2.0, 5.0]]),), [[1.5, -1.0], [0.0, 0.5]]),
    ("cholesky", lambda t: gradient(t, (lambda x: nx.sum(nx.cos(nx.linalg.cholesky(x))))), (f4([[1.0, 2.0], [2.0, 5.0]]),), [[-1.19438, 0.841471], [-0.06782645, -0.4207355]]),
    ("cholesky", lambda t: gradient(t, (lambda x: nx.sum(nx.linalg.cholesky(nx.exp(x))))), (f4([[1.0, 2.0], [2.0, 5.0]]),), [[-0.5299541, -0.88653], [3.595159, 6.550619]]),
    ("cholesky", lambda t: gradient(t, (lambda x: nx.sum(nx.linalg.cholesky(x)))), (f4([[[4.0, 2.0], [2.0, 5.0]], [[9.0, 3.0], [3.0, 10.0]]]),), [[[0.1875, -0.125], [0.375, 0.25]], [[0.1296296, -0.05555556], [0.2777778, 0.1666667]]]),
    ("clip", lambda t: gradient(t, (lambda v: nx.sum(nx.clip(v, tensor(1.0), tensor(4.0))))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]),
    ("clip", lambda t, lim: gradient(lim, (lambda v: nx.sum(nx.clip(t, v, 10)))), (f4([0.0, 5.0, -3.0]), f4(0.0)), 1.0),
    ("clip", lambda t, lim: gradient(lim, (lambda v: nx.sum(nx.clip(t, v, 10)))), (iota((5,), "i4"), f4(2.5)), 3.0),
    ("clip", lambda t, lim: gradient(lim, (lambda v: nx.sum(nx.clip(t, (-10), v)))), (iota((5,), "i4"), f4(2.5)), 2.0),
    ("clip", lambda t: gradient(t, (lambda v: nx.mean(nx.clip(v, (-60.0), 60.0)))), (f4([-2.0, 0.5, 3.0, -70.0, 65.0, 1.0, -1.0, 0.25]),), [0.125, 0.125, 0.125, 0.0, 0.0, 0.125, 0.125, 0.125]),
    ("clip", lambda t, u: gradient(t, (lambda v: nx.mean(nx.clip(v, (-60.0), 60.0) * u))), (f4([-2.0, 0.5, 3.0, -70.0, 65.0, 1.0, -1.0, 0.25]), f4([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0])), [0.0, 0.125, 0.0, 0.0, 0.0, 0.125, 0.0, 0.0]),
    ("clip", lambda t: gradient(t, (lambda v: nx.mean(nx.max(nx.clip(v, (-60.0), 60.0), 0)))), (f4([-2.0, 0.5, 3.0, -70.0, 65.0, 1.0, -1.0, 0.25]),), [0.0, 0.125, 0.125, 0.0, 0.0, 0.125, 0.0, 0.125]),
    ("clip", clip_program_1, (f4([-2.0, 0.5, 3.0, -70.0, 65.0, 1.0, -1.0, 0.25]),), [0.01490036, -0.04719258, -0.005928234, 0.0, -0.0, -0.03361768, 0.03361768, -0.05472793]),
    ("clip", lambda t, targets: gradient(t, (lambda v: clip_program_2(nx.clip(v, (-60.0), 60.0), targets))), (f4([-2.0, 0.5, 3.0, -70.0, 65.0, 1.0, -1.0, 0.25]), f4([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0])), [0.01490037, -0.04719258, 0.1190718, -0.0, 0.0, -0.03361768, 0.03361768, 0.07027207]),
    ("clip", lambda t, targets: gradient(t, (lambda v: clip_program_2(nx.min(nx.max(v, (-60.0)), 60.0), targets))), (f4([-2.0, 0.5, 3.0, -70.0, 65.0, 1.0, -1.0, 0.25]), f4([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0])), [0.01490037, -0.04719258, 0.1190718, -0.0, 0.0, -0.03361768, 0.03361768, 0.07027207]),
    ("concatenate", lambda t: gradient(t, (lambda v: nx.sum(nx.concatenate([v, v], axis=0)))), (f4([1.0]),), [2.0]),
    ("concatenate", lambda t: gradient(t, (lambda v: nx.sum(nx.concatenate([v, v], axis=0)))), (f4([[1.0, 2.0], [3.0, 4.0]]),), [[2.0, 2.0], [2.0, 2.0]]),
    ("concatenate", lambda t: gradient(t, (lambda v: nx.sum(nx.concatenate([nx.pow(v, 2), nx.pow(v, 3)], axis=0)))), (f4([[1.0, 2.0], [3.0, 4.0]]),), [[5.0, 16.0], [33.0, 56.0]]),
    ("concatenate", lambda t: gradient(t, (lambda v: nx.sum(nx.concatenate([nx.pow(v, 2), nx.pow(v, 3)], axis=0)))), (c8([[complex(0.0, 1.0), 2.0 + 0j], [3.0 + 0j, complex(0.0, 4.0)]]),), [[complex(-3.0, 2.0), 16.0 + 0j], [33.0 + 0j, complex(-48.0, 8.0)]]),
    ("concatenate", lambda t: gradient(t, (lambda v: nx.sum(nx.concatenate([nx.log(nx.pow(v, 2)), nx.log(nx.pow(v, 3))], axis=3)))), (f4([[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]]),), [[[[5.0, 2.5], [1.666667, 1.25], [1.0, 0.8333334]]]]),
    ("concatenate", lambda t: gradient(t, (lambda v: nx.sum(nx.log1p(nx.concatenate([nx.pow(v, 2), nx.pow(v, 3)], axis=3))))), (f4([[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]]),), [[[[2.5, 2.133333], [1.564286, 1.20905], [0.9798535, 0.8220202]]]]),
    ("conv_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.conv(v, y)))), (iota((1, 3, 2, 2), "f4"), iota((6, 3, 2, 1), "f4")), [[[[90.0, 90.0], [96.0, 96.0]], [[102.0, 102.0], [108.0, 108.0]], [[114.0, 114.0], [120.0, 120.0]]]]),
    ("conv_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.conv(x, v)))), (iota((1, 3, 2, 2), "f4"), iota((6, 3, 2, 1), "f4")), [[[[1.0], [5.0]], [[9.0], [13.0]], [[17.0], [21.0]]], [[[1.0], [5.0]], [[9.0], [13.0]], [[17.0], [21.0]]], [[[1.0], [5.0]], [[9.0], [13.0]], [[17.0], [21.0]]], [[[1.0], [5.0]], [[9.0], [13.0]], [[17.0], [21.0]]], [[[1.0], [5.0]], [[9.0], [13.0]], [[17.0], [21.0]]], [[[1.0], [5.0]], [[9.0], [13.0]], [[17.0], [21.0]]]]),
    ("conv_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.conv(nx.cos(v), nx.sin(y))))), (iota((1, 3, 2, 2), "f4"), iota((6, 3, 2, 1), "f4")), [[[[0.0, 2.911982], [-1.393146, -0.2162117]], [[3.871948, 4.906042], [1.116675, -2.625627]], [[0.789102, 0.3287015], [-2.643044, -4.858301]]]]),
    ("conv_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.conv(nx.cos(x), nx.sin(v))))), (iota((1, 3, 2, 2), "f4"), iota((6, 3, 2, 1), "f4")), [[[[1.540302], [-0.7597403]], [[0.1539666], [-1.696919]], [[0.6906596], [-0.2367575]]], [[[1.478952], [-1.060092]], [[0.05383231], [-1.561743]], [[0.8865883], [-0.00369389]]], [[[1.29979], [-1.275997]], [[-0.05059023], [-1.30216]], [[1.011892], [0.2296639]]], [[[1.017087], [-1.390257]], [[-0.1509828], [-0.9388477]], [[1.056589], [0.4447269]]], [[[0.6533639], [-1.393769]], [[-0.2393481], [-0.5007471]], [[1.017118], [0.6243631]]], [[[0.2375939], [-1.286255]], [[-0.3086472], [-0.02275731]], [[0.896625], [0.7542629]]]]),
    ("conv_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.conv(v, y, padding="same")))), (iota((2, 1, 5, 5), "f4"), iota((8, 1, 2, 2), "f4")), [[[[112.0, 232.0, 232.0, 232.0, 232.0], [240.0, 496.0, 496.0, 496.0, 496.0], [240.0, 496.0, 496.0, 496.0, 496.0], [240.0, 496.0, 496.0, 496.0, 496.0], [240.0, 496.0, 496.0, 496.0, 496.0]]], [[[112.0, 232.0, 232.0, 232.0, 232.0], [240.0, 496.0, 496.0, 496.0, 496.0], [240.0, 496.0, 496.0, 496.0, 496.0], [240.0, 496.0, 496.0, 496.0, 496.0], [240.0, 496.0, 496.0, 496.0, 496.0]]]]),
    ("conv_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.conv(x, v, padding="same")))), (iota((2, 1, 5, 5), "f4"), iota((8, 1, 2, 2), "f4")), [[[[1225.0, 1000.0], [1080.0, 880.0]]], [[[1225.0, 1000.0], [1080.0, 880.0]]], [[[1225.0, 1000.0], [1080.0, 880.0]]], [[[1225.0, 1000.0], [1080.0, 880.0]]], [[[1225.0, 1000.0], [1080.0, 880.0]]], [[[1225.0, 1000.0], [1080.0, 880.0]]], [[[1225.0, 1000.0], [1080.0, 880.0]]], [[[1225.0, 1000.0], [1080.0, 880.0]]]]),
    ("conv_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.conv(v, y, strides=[1, 2], padding=[(1, 2), ((-1), 0)], input_dilation=[2, 1])))), (iota((1, 1, 8, 5), "f4"), iota((2, 1, 2, 2), "f4")), [[[[0.0, 12.0, 16.0, 12.0, 16.0], [0.0, 12.0, 16.0, 12.0, 16.0], [0.0, 12.0, 16.0, 12.0, 16.0], [0.0, 12.0, 16.0, 12.0, 16.0], [0.0, 12.0, 16.0, 12.0, 16.0], [0.0, 12.0, 16.0, 12.0, 16.0], [0.0, 12.0, 16.0, 12.0, 16.0], [0.0, 12.0, 16.0, 12.0, 16.0]]]]),
    ("conv_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.conv(x, v, strides=[1, 2], padding=[(1, 2), ((-1), 0)], input_dilation=[2, 1])))), (iota((1, 1, 8, 5), "f4"), iota((2, 1, 2, 2), "f4")), [[[[312.0, 328.0], [312.0, 328.0]]], [[[312.0, 328.0], [312.0, 328.0]]]]),
    ("conv_rule", lambda x, y: gradient(x, (lambda v: nx.mean(nx.conv(v, y, strides=[1, 2], padding=[(1, 2), ((-1), 0)], kernel_dilation=[1, 2])))), (iota((1, 1, 8, 5), "f4"), iota((2, 1, 2, 2), "f4")), [[[[0.0, 0.6, 0.0, 0.8, 0.0], [0.0, 0.6, 0.0, 0.8, 0.0], [0.0, 0.6, 0.0, 0.8, 0.0], [0.0, 0.6, 0.0, 0.8, 0.0], [0.0, 0.6, 0.0, 0.8, 0.0], [0.0, 0.6, 0.0, 0.8, 0.0], [0.0, 0.6, 0.0, 0.8, 0.0], [0.0, 0.6, 0.0, 0.8, 0.0]]]]),
    ("conv_rule", lambda x, y: gradient(y, (lambda v: nx.mean(nx.conv(x, v, strides=[1, 2], padding=[(1, 2), ((-1), 0)], kernel_dilation=[1, 2])))), (iota((1, 1, 8, 5), "f4"), iota((2, 1, 2, 2), "f4")), [[[[7.400001, 8.2], [7.400001, 8.2]]], [[[7.400001, 8.2], [7.400001, 8.2]]]]),
    ("conv_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.conv(v, y, input_permutation=[0, 3, 1, 2], output_permutation=[0, 3, 1, 2])))), (iota((3, 4, 4, 2), "f4"), iota((4, 2, 2, 2), "f4")), [[[[48.0, 64.0], [100.0, 132.0], [100.0, 132.0], [52.0, 68.0]], [[104.0, 136.0], [216.0, 280.0], [216.0, 280.0], [112.0, 144.0]], [[104.0, 136.0], [216.0, 280.0], [216.0, 280.0], [112.0, 144.0]], [[56.0, 72.0], [116.0, 148.0], [116.0, 148.0], [60.0, 76.0]]], [[[48.0, 64.0], [100.0, 132.0], [100.0, 132.0], [52.0, 68.0]], [[104.0, 136.0], [216.0, 280.0], [216.0, 280.0], [112.0, 144.0]], [[104.0, 136.0], [216.0, 280.0], [216.0, 280.0], [112.0, 144.0]], [[56.0, 72.0], [116.0, 148.0], [116.0, 148.0], [60.0, 76.0]]], [[[48.0, 64.0], [100.0, 132.0], [100.0, 132.0], [52.0, 68.0]], [[104.0, 136.0], [216.0, 280.0], [216.0, 280.0], [112.0, 144.0]], [[104.0, 136.0], [216.0, 280.0], [216.0, 280.0], [112.0, 144.0]], [[56.0, 72.0], [116.0, 148.0], [116.0, 148.0], [60.0, 76.0]]]]),
    ("conv_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.conv(x, v, input_permutation=[0, 3, 1, 2], output_permutation=[0, 3, 1, 2])))), (iota((3, 4, 4, 2), "f4"), iota((4, 2, 2, 2), "f4")), [[[[1134.0, 1188.0], [1350.0, 1404.0]], [[1161.0, 1215.0], [1377.0, 1431.0]]], [[[1134.0, 1188.0], [1350.0, 1404.0]], [[1161.0, 1215.0], [1377.0, 1431.0]]], [[[1134.0, 1188.0], [1350.0, 1404.0]], [[1161.0, 1215.0], [1377.0, 1431.0]]], [[[1134.0, 1188.0], [1350.0, 1404.0]], [[1161.0, 1215.0], [1377.0, 1431.0]]]]),
    ("conv_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.conv(v, y, feature_group_size=2)))), (iota((1, 4, 4, 4), "i4"), iota((2, 2, 2, 2), "i4")), [[[[0.0, 1.0, 1.0, 1.0], [2.0, 6.0, 6.0, 4.0], [2.0, 6.0, 6.0, 4.0], [2.0, 5.0, 5.0, 3.0]], [[4.0, 9.0, 9.0, 5.0], [10.0, 22.0, 22.0, 12.0], [10.0, 22.0, 22.0, 12.0], [6.0, 13.0, 13.0, 7.0]], [[8.0, 17.0, 17.0, 9.0], [18.0, 38.0, 38.0, 20.0], [18.0, 38.0, 38.0, 20.0], [10.0, 21.0, 21.0, 11.0]], [[12.0, 25.0, 25.0, 13.0], [26.0, 54.0, 54.0, 28.0], [26.0, 54.0, 54.0, 28.0], [14.0, 29.0, 29.0, 15.0]]]]),
    ("conv_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.conv(x, v, feature_group_size=2)))), (iota((1, 4, 4, 4), "i4"), iota((2, 2, 2, 2), "i4")), [[[[45.0, 54.0], [81.0, 90.0]], [[189.0, 198.0], [225.0, 234.0]]], [[[333.0, 342.0], [369.0, 378.0]], [[477.0, 486.0], [513.0, 522.0]]]]),
    ("conv_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.conv(v, y, batch_group_size=3, padding="same", kernel_dilation=[2, 1])))), (iota((6, 1, 3, 3), "i4"), iota((3, 1, 2, 2), "i4")), [[[[0.0, 1.0, 1.0], [2.0, 6.0, 6.0], [2.0, 5.0, 5.0]]], [[[0.0, 1.0, 1.0], [2.0, 6.0, 6.0], [2.0, 5.0, 5.0]]], [[[4.0, 9.0, 9.0], [10.0, 22.0, 22.0], [6.0, 13.0, 13.0]]], [[[4.0, 9.0, 9.0], [10.0, 22.0, 22.0], [6.0, 13.0, 13.0]]], [[[8.0, 17.0, 17.0], [18.0, 38.0, 38.0], [10.0, 21.0, 21.0]]], [[[8.0, 17.0, 17.0], [18.0, 38.0, 38.0], [10.0, 21.0, 21.0]]]]),
    ("conv_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.conv(x, v, batch_group_size=3, padding="same", kernel_dilation=[2, 1])))), (iota((6, 1, 3, 3), "i4"), iota((3, 1, 2, 2), "i4")), [[[[84.0, 60.0], [120.0, 84.0]]], [[[300.0, 204.0], [336.0, 228.0]]], [[[516.0, 348.0], [552.0, 372.0]]]]),
    ("conv_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.conv(x, v, input_permutation=[1, 2, 0, 3], kernel_permutation=[2, 0, 1, 3], output_permutation=[3, 0, 2, 1])))), (iota((6, 3, 3, 6), "i4"), iota((3, 2, 6, 3), "i4")), [[[[7650.0, 7710.0, 7770.0], [7650.0, 7710.0, 7770.0], [7650.0, 7710.0, 7770.0], [7650.0, 7710.0, 7770.0], [7650.0, 7710.0, 7770.0], [7650.0, 7710.0, 7770.0]], [[10890.0, 10950.0, 11010.0], [10890.0, 10950.0, 11010.0], [10890.0, 10950.0, 11010.0], [10890.0, 10950.0, 11010.0], [10890.0, 10950.0, 11010.0], [10890.0, 10950.0, 11010.0]]], [[[8010.0, 8070.0, 8130.0], [8010.0, 8070.0, 8130.0], [8010.0, 8070.0, 8130.0], [8010.0, 8070.0, 8130.0], [8010.0, 8070.0, 8130.0], [8010.0, 8070.0, 8130.0]], [[11250.0, 11310.0, 11370.0], [11250.0, 11310.0, 11370.0], [11250.0, 11310.0, 11370.0], [11250.0, 11310.0, 11370.0], [11250.0, 11310.0, 11370.0], [11250.0, 11310.0, 11370.0]]], [[[8370.0, 8430.0, 8490.0], [8370.0, 8430.0, 8490.0], [8370.0, 8430.0, 8490.0], [8370.0, 8430.0, 8490.0], [8370.0, 8430.0, 8490.0], [8370.0, 8430.0, 8490.0]], [[11610.0, 11670.0, 11730.0], [11610.0, 11670.0, 11730.0], [11610.0, 11670.0, 11730.0], [11610.0, 11670.0, 11730.0], [11610.0, 11670.0, 11730.0], [11610.0, 11670.0, 11730.0]]]]),
    ("determinant", lambda t: gradient(t, (lambda tensor: nx.sum(nx.linalg.determinant(tensor)))), (f4([[[5.0, 1.0, 2.0, 3.0], [4.0, 10.0, 6.0, 7.0], [8.0, 9.0, 15.0, 11.0], [12.0, 13.0, 14.0, 20.0]], [[2.0, 0.0, 1.0, 0.0], [1.0, 3.0, 0.0, 1.0], [0.0, 1.0, 4.0, 0.0], [1.0, 0.0, 0.0, 5.0]]]),), [[[755.0, 59.99997, -160.0, -379.9999], [135.0, 469.9999, -145.0, -285.0], [-10.00003, -69.99999, 345.0, -190.0], [-155.0, -135.0, -115.0, 379.9999]], [[60.0, -16.0, 4.0, -12.0], [5.0, 40.0, -10.0, -1.0], [-15.0, 4.0, 30.0, 3.0], [-1.0, -8.0, 2.0, 25.0]]]),
    ("division_rule", lambda t: gradient(t, (lambda t: nx.divide(nx.tanh(t), t))), (f4(1.0),), -0.3416198),
    ("dot_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.dot(v, y)))), (f4([[1.0], [2.0], [3.0]]), i4([[1, 2, 3, 4, 5]])), [[15.0], [15.0], [15.0]]),
    ("dot_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.dot(v, y)))), (f4([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), f4([1.0, 2.0])), [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]),
    ("dot_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.dot(v, y)))), (f4([1.0, 2.0]), f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])), [6.0, 15.0]),
    ("dot_rule", lambda x, y: gradient(x, (lambda v: nx.sum(nx.dot(v, y)))), (c8([complex(0.0, 3.0), -2.0 + 0j, complex(0.0, 1.0)]), c8([1.0 + 0j, complex(0.0, 2.0), 3.0 + 0j])), [1.0 + 0j, complex(0.0, 2.0), 3.0 + 0j]),
    ("dot_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.dot(x, v)))), (f4([[1.0], [2.0], [3.0]]), i4([[1, 2, 3, 4, 5]])), [[6.0, 6.0, 6.0, 6.0, 6.0]]),
    ("dot_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.dot(x, v)))), (f4([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), f4([1.0, 2.0])), [9.0, 12.0]),
    ("dot_rule", lambda x, y: gradient(y, (lambda v: nx.sum(nx.dot(x, v)))), (f4([1.0, 2.0]), f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])), [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]),
    ("dot_rule", lambda x: gradient(x, (lambda v: nx.sum(nx.dot(nx.pow(v, 2), nx.pow(v, 3))))), (iota((3, 3, 3), "i4"),), [[[0.0, 83430.0, 263952.0], [198207.0, 410616.0, 759375.0], [533952.0, 884142.0, 1410048.0]], [[873828.0, 1330020.0, 1997028.0], [1460592.0, 2057913.0, 2905308.0], [2268000.0, 3016224.0, 4053888.0]], [[2639952.0, 3468906.0, 4622400.0], [3724623.0, 4706856.0, 6052887.0], [5121792.0, 6268050.0, 7817472.0]]]),
    ("dot_rule", lambda x: gradient(x, (lambda v: nx.sum(nx.dot(nx.pow(v, 2), nx.pow(v, 3))))), (i4([1, 2, 3]),), [5.0, 80.0, 405.0]),
    ("dot_rule", lambda x, w1, b1, w2, b2, labels: gradient(x, (lambda x: nx.sum(nx.multiply(nx.add(nx.dot(nx.add(nx.dot(x, w1), b1), w2), b2), labels)))), (iota((5, 4), "i4"), iota((4, 3), "i4"), i4([0, 1, 2]), iota((3, 2), "i4"), i4([0, 1]), iota((5, 2), "i4")), [[13.0, 40.0, 67.0, 94.0], [59.0, 176.0, 293.0, 410.0], [105.0, 312.0, 519.0, 726.0], [151.0, 448.0, 745.0, 1042.0], [197.0, 584.0, 971.0, 1358.0]]),
    ("dot_rule", lambda b1, w2, labels: gradient(b1, (lambda b1: nx.sum(nx.multiply(nx.dot(b1, w2), labels)))), (i4([0, 1, 2]), iota((3, 2), "i4"), iota((5, 2), "i4")), [25.0, 115.0, 205.0]),
    ("dot_rule", lambda t1, t2: gradient(t1, (lambda v: nx.sum(nx.dot(v, [1], [0], t2, [2], [0])))), (iota((3, 2, 4), "f4"), iota((3, 3, 2), "f4")), [[[6.0, 6.0, 6.0, 6.0], [9.0, 9.0, 9.0, 9.0]], [[24.0, 24.0, 24.0, 24.0], [27.0, 27.0, 27.0, 27.0]], [[42.0, 42.0, 42.0, 42.0], [45.0, 45.0, 45.0, 45.0]]]),
    ("eigh", eigh_program_1, (f4([[4.0, 2.0], [2.0, 5.0]]),), [[1.0, 0.0], [0.0, 1.0]]),
    ("eigh", eigh_program_1, (f8([[4.0, 2.0], [2.0, 5.0]]),), [[1.0, 0.0], [0.0, 1.0]]),
    ("eigh", eigh_program_1, (f4([[[4.0, 2.0], [2.0, 5.0]], [[9.0, 3.0], [3.0, 10.0]]]),), [[[1.0, 0.0], [5.956792e-09, 1.0]], [[1.0, 0.0], [2.773871e-08, 1.0]]]),
    ("eigh", eigh_program_2, (f4([[[4.0, 2.0], [2.0, 5.0]], [[9.0, 3.0], [3.0, 10.0]]]),), [[[1.18546, 0.0], [0.09273006, 0.8145399]], [[1.123733, 0.0], [0.0412443, 0.876267]]]),
    ("eigh", eigh_program_1, (f8([[[4.0, 2.0], [2.0, 5.0]], [[9.0, 3.0], [3.0, 10.0]]]),), [[[1.0, 0.0], [-4.197961e-17, 1.0]], [[1.0, 0.0], [1.820576e-17, 1.0]]]),
    ("eigh", eigh_program_1, (f4([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("exponential_rule", lambda t: gradient(t, (lambda t: nx.add(nx.pow(nx.tanh(t), 2), nx.pow(nx.tanh(t), 3)))), (f4(1.0),), 1.370488),
    ("grad_grad", lambda t: gradient(t, (lambda v: gradient(v, (lambda t: nx.tanh(t))))), (f4(1.0),), -0.6397),
    ("if", lambda t: gradient(t, (lambda t: choose((t + 1), (lambda: nx.pow(t, 2)), (lambda: nx.pow(t, 3))))), (i4(1),), 2.0),
    ("if", lambda t: gradient(t, (lambda t: choose((t + 1), (lambda: nx.pow(t, 2)), (lambda: nx.pow(t, 3))))), (i4(-1),), 3.0),
    ("if", lambda t: gradient(t, (lambda t: nx.sum(choose(nx.all(t), (lambda: nx.pow(t, 2)), (lambda: nx.pow(t, 3)))))), (i4([1, 2, 3]),), [2.0, 4.0, 6.0]),
    ("if", lambda t: gradient(t, (lambda t: nx.sum(choose(nx.all(t), (lambda: nx.pow(t, 2)), (lambda: nx.pow(t, 3)))))), (i4([-1, 0, 1]),), [3.0, 0.0, 3.0]),
    ("if", lambda t: gradient(t, (lambda t: choose(nx.all(t), (lambda: nx.sum(nx.pow(t, 2))), (lambda: nx.sum(nx.pow(t, 3)))))), (i4([1, 2, 3]),), [2.0, 4.0, 6.0]),
    ("if", lambda t: gradient(t, (lambda t: choose(nx.all(t), (lambda: nx.sum(nx.pow(t, 2))), (lambda: nx.sum(nx.pow(t, 3)))))), (i4([-1, 0, 1]),), [3.0, 0.0, 3.0]),
    ("if", if_program_1, (i4(1),), 9.0),
    ("if", if_program_1, (i4(2),), 112.0),
    ("if", if_program_1, (i4(-1),), 5.0),
    ("if", if_program_1, (i4(-2),), 444.0),
    ("invert", lambda t: gradient(t, (lambda tensor: nx.sum(nx.linalg.invert(tensor)))), (f4([[1.0, 2.0, 3.0], [0.0, 4.0, 5.0], [0.0, 0.0, -6.0]]),), [[-0.5833, -0.4583, 0.1667], [0.14583, 0.1146, -0.0417], [-0.0729, -0.0573, 0.0208]]),
    ("invert", lambda t: gradient(t, (lambda tensor: nx.sum(nx.log(nx.cos(nx.linalg.invert(nx.sin(nx.exp(tensor)))))))), (f4([[1.0, 2.0, 3.0], [0.0, 4.0, 5.0], [0.0, 0.0, -6.0]]),), [[-8.2713, -21.8449, 72.5134], [0.9508, 69.7985, -524.3346], [-1.2254, 3.1769, -0.023]]),
    ("invert", lambda t: gradient(t, (lambda tensor: nx.sum(nx.linalg.invert(tensor)))), (f4([[[1.0, 2.0, 3.0], [0.0, 4.0, 5.0], [0.0, 0.0, -6.0]], [[2.0, 0.0, 1.0], [1.0, 3.0, 0.0], [0.0, 1.0, 4.0]]]),), [[[-0.5833333, -0.4583333, 0.1666667], [0.1458333, 0.1145833, -0.04166666], [-0.07291666, -0.05729166, 0.02083333]], [[-0.144, -0.072, -0.072], [-0.112, -0.056, -0.056], [-0.064, -0.032, -0.032]]]),
    ("lu", lu_program_1, (f4([[1.0, 2.0], [1.0, -1.0]]),), [[2.0, 0.0], [-1.0, 1.0]]),
    ("lu", lu_program_2, (f4([[1.0, 2.0], [1.0, -1.0]]),), [[-5.156394, 1.345396], [6.236998, 1.979985]]),
    ("lu", lu_program_2, (c8([[complex(0.0, 1.0), 2.0 + 0j], [1.0 + 0j, complex(0.0, 4.0)]]),), [[complex(0.0, 6.148494), 0.7608414 + 0j], [5.06789 + 0j, complex(0.0, 6.750832)]]),
    ("lu", lu_program_1, (f4([[[1.0, 2.0], [1.0, -1.0]], [[3.0, 1.0], [2.0, 4.0]]]),), [[[2.0, 0.0], [-1.0, 1.0]], [[1.0, 0.3333333], [0.0, 1.0]]]),
    ("max", lambda t: gradient(t, (lambda v: nx.sum(nx.max(nx.pow(v, 2), nx.pow(v, 3))))), (f4([[1.0], [2.0], [3.0]]),), [[2.5], [12.0], [27.0]]),
    ("max", lambda t: gradient(t, (lambda v: nx.sum(nx.max(nx.pow(v, 2), nx.pow(v, 3))))), (f4([[1.25, 2.5, 2.75], [1.0, 4.0, 6.0], [2.0, 3.0, 2.0]]),), [[4.6875, 18.75, 22.6875], [2.5, 48.0, 108.0], [12.0, 27.0, 12.0]]),
    ("metadata", lambda t: gradient(t, (lambda v: stop_grad(nx.exp(v)))), (i4(1),), 0.0),
    ("metadata", metadata_program_1, (i4(1), i4(1)), (0.0, 0.0)),
    ("min", lambda t: gradient(t, (lambda v: nx.sum(nx.min(nx.pow(v, 2), nx.pow(v, 3))))), (f4([[1.0], [2.0], [3.0]]),), [[2.5], [4.0], [6.0]]),
    ("min", lambda t: gradient(t, (lambda v: nx.sum(nx.min(nx.pow(v, 2), nx.pow(v, 3))))), (f4([[1.25, 2.5, 2.75], [1.0, 4.0, 6.0], [2.0, 3.0, 2.0]]),), [[2.5, 5.0, 5.5], [2.5, 8.0, 12.0], [4.0, 6.0, 4.0]]),
    ("multi_tensor_ops_with_captured_closure_tensors", lambda a, b: gradient(a, (lambda p: nx.sum(nx.put_slice(b, [1], p)))), (f4([10.0, 20.0]), f4([1.0, 2.0, 3.0, 4.0, 5.0])), [1.0, 1.0]),
    ("multi_tensor_ops_with_captured_closure_tensors", lambda a, b, c: gradient(a, (lambda lo: nx.sum(nx.clip(b, lo, c)))), (f4(1.5), f4([1.0, 2.0, 3.0, 4.0, 5.0]), f4(4.5)), 1.0),
    ("multi_tensor_ops_with_captured_closure_tensors", lambda a, b, c: gradient(a, (lambda hi: nx.sum(nx.clip(b, c, hi)))), (f4(4.5), f4([1.0, 2.0, 3.0, 4.0, 5.0]), f4(1.5)), 1.0),
    ("new_axis", lambda a: nx.new_axis(a, 1), (f4([[-0.0, -9.344445, 4.370079, -0.0], [-2.315643, 6.76103, 0.0, -0.0], [13.59942, -0.0, -1.296722, 1355.705]]),), [[[-0.0, -9.344446, 4.37008, -0.0]], [[-2.315643, 6.761031, 0.0, -0.0]], [[13.59942, -0.0, -1.296721, 1355.705]]]),
    ("new_axis", lambda a: nx.new_axis(a, 1), (f4([[0.0, 0.0, -0.8316, -0.0774], [0.0, 0.9206, 0.1602, -0.4789], [-0.9789, -0.2525, 0.0, 0.0]]),), [[[-0.0, -0.0, -0.8316919, -0.07743201]], [[0.0, 0.9206027, 0.1602114, -0.4789586]], [[-0.9789042, -0.2525681, 0.0, 0.0]]]),
    ("new_axis", lambda a: nx.new_axis(a, 1), (f8([-0.7216061, 0.7216061, -0.8316919, 0.8316919, -0.077432]),), [[-0.7216062], [0.7216062], [-0.8316919], [0.8316919], [-0.07743201]]),
    ("new_axis", lambda a: nx.new_axis(a, 1), (f8([-0.0, -0.7216061]),), [[0.0], [-0.7216062]]),
    ("new_axis", lambda a: nx.new_axis(a, 1), (f4([[0.0, -0.0932, -0.8316, -0.0774], [0.1684, 0.9206, 0.1602, -0.4789], [-0.9789, -0.2525, -0.1442, -0.9905]]),), [[[0.0, -0.09329405, -0.8316919, -0.07743201]], [[0.1684342, 0.9206027, 0.1602114, -0.4789586]], [[-0.9789042, -0.2525681, -0.144203, -0.9905977]]]),
    ("new_axis", lambda a: nx.new_axis(a, 1), (f8([-0.7216061, -0.3700004, 0.8218107, 0.7586676, 0.1176356]),), [[-0.7216062], [-0.3700004], [0.8218107], [0.7586676], [0.1176356]]),
    ("new_axis", lambda a: nx.new_axis(a, 1), (f8([0.5403023, 0.004833438]),), [[0.5403023], [0.004833441]]),
    ("pad", lambda t: gradient(t, (lambda v: nx.sum(nx.pad(v, 2.0, [((-1), 1, 0), (1, 1, 0)])))), (f4([[1.0, 2.0], [1.0, 2.0]]),), [[0.0, 0.0], [1.0, 1.0]]),
    ("pad", lambda t: gradient(t, (lambda v: nx.sum(nx.pad(v, 2.0, [(0, 0, 1), (0, 0, 1)])))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]),
    ("pad", lambda t: gradient(t, (lambda v: nx.sum(nx.pad(v, 2.0, [((-2), 1, 4), (1, 3, 2)])))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]),
    ("pad", lambda t: gradient(t, (lambda v: nx.mean(nx.pad(v, nx.mean(nx.cos(v)), [((-2), 1, 4), (1, 3, 2)])))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[-0.1325954, -0.1432832, -0.02223709], [0.1374355, 0.169285, 0.06221092]]),
    ("pad", lambda a: (lambda t: gradient(t, (lambda v: nx.sum(nx.pad(v, 2.0, [((-1), 1, 0), (1, 1, 0)])))))(nx.multiply(a, nx.constants.i("complex64"))), (c8([[1.0 + 0j, 2.0 + 0j], [1.0 + 0j, 2.0 + 0j]]),), [[0.0, 0.0], [1.0, 1.0]]),
    ("power_rule", lambda t: gradient(t, (lambda t: nx.pow(t, 3))), (f4(5.0),), 75.0),
    ("product_rule", lambda t: gradient(t, (lambda t: nx.tanh(nx.tanh(nx.multiply(nx.pow(t, 2), nx.pow(t, 3)))))), (f4(1.0),), 1.23434),
    ("product_rule", lambda t: gradient(t, (lambda t: nx.sum(nx.multiply(nx.pow(t, 2), nx.pow(t, 3))))), (f4([[1.0, 2.0], [3.0, 4.0]]),), [[5.0, 80.0], [405.0, 1280.0]]),
    ("put_slice", lambda t1, t2: gradient(t1, (lambda v: nx.mean(nx.put_slice(v, [0, 1], t2)))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), f4([[10.0, 11.0]])), [[0.1666667, 0.0, 0.0], [0.1666667, 0.1666667, 0.1666667]]),
    ("put_slice", lambda t1, t2: gradient(t1, (lambda t: nx.sum(nx.pad(nx.put_slice(nx.cos(t), [1, 2], nx.sin(t2)), nx.mean(nx.sin(t)), [(2, 1, 2), ((-1), 2, 0)])))), (f4([[1.0, 2.0, 3.0, 4.0], [4.0, 5.0, 6.0, 7.0], [7.0, 8.0, 9.0, 10.0]]), f4([[10.0, 11.0], [12.0, 13.0]])), [[1.846033, -2.331132, -3.523594, -1.47648], [-2.233282, 1.928103, 3.280582, 2.575833], [2.575833, -1.486483, -3.113028, -2.866828]]),
    ("put_slice", lambda t1, t2: gradient(t2, (lambda v: nx.mean(nx.put_slice(t1, [0, 1], v)))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), f4([[10.0, 11.0]])), [[0.1666667, 0.1666667]]),
    ("put_slice", lambda t1, t2: gradient(t2, (lambda t: nx.sum(nx.pad(nx.put_slice(nx.cos(t1), [1, 2], nx.sin(t)), nx.mean(nx.sin(t1)), [(2, 1, 2), ((-1), 2, 0)])))), (f4([[1.0, 2.0, 3.0, 4.0], [4.0, 5.0, 6.0, 7.0], [7.0, 8.0, 9.0, 10.0]]), f4([[10.0, 11.0], [12.0, 13.0]])), [[-0.8390715, 0.0044257], [0.843854, 0.9074468]]),
    ("put_slice", lambda t1, t2: gradient(t1, (lambda v: nx.mean(nx.put_slice(v, [0, 1], t2)))), (c8([[complex(0.0, 1.0), complex(0.0, 2.0), complex(0.0, 3.0)], [complex(0.0, 4.0), complex(0.0, 5.0), complex(0.0, 6.0)]]), c8([[complex(0.0, 10.0), complex(0.0, 11.0)]])), [[0.1666667, 0.0, 0.0], [0.1666667, 0.1666667, 0.1666667]]),
    ("put_slice", lambda t1, t2: gradient(t2, (lambda v: nx.mean(nx.put_slice(t1, [0, 1], v)))), (c8([[complex(0.0, 1.0), complex(0.0, 2.0), complex(0.0, 3.0)], [complex(0.0, 4.0), complex(0.0, 5.0), complex(0.0, 6.0)]]), c8([[complex(0.0, 10.0), complex(0.0, 11.0)]])), [[0.1666667, 0.1666667]]),
    ("qr", qr_program_1, (f4([[1.0, 2.0], [1.0, -1.0]]),), [[0.70709, 1.4142], [0.70709, 0.0]]),
    ("qr", qr_program_2, (f4([[1.0, 2.0], [1.0, -1.0]]),), [[0.1112, -4.0914], [0.3298, 0.566]]),
    ("qr", qr_program_2, (c8([[1.0 + 0j, complex(0.0, 2.0)], [3.0 + 0j, complex(0.0, 4.0)]]),), [[1.94476 + 0j, complex(0.0, 2.72264)], [4.98145 + 0j, complex(0.0, 5.87086)]]),
    ("qr", qr_program_1, (f4([[[1.0, 2.0], [1.0, -1.0]], [[3.0, 1.0], [2.0, 4.0]]]),), [[[0.7071067, 1.414214], [0.7071068, 0.0]], [[-0.3200194, 1.386751], [2.282805, -0.2773501]]]),
    ("qr", qr_program_3, (f4([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[3.0, 1.0, 2.0], [2.0, 4.0, 1.0]]]),), [[[-2.154287, 1.212678, 1.212678], [1.569348, 0.7276068, 0.7276069]], [[-0.6187042, 1.386751, 1.38675], [2.730832, -0.2773501, -0.2773501]]]),
    ("qr", qr_program_4, (f4([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[3.0, 1.0], [2.0, 4.0], [1.0, 2.0]]]),), [[[-0.5300328, 0.6578678], [-0.6501154, 1.599615], [1.679291, 0.09187317]], [[1.059219, 0.2041695], [0.3595195, 1.256281], [-0.1550388, 0.616587]]]),
    ("reduce_max_rule", lambda t: gradient(t, (lambda v: nx.reduce_max(nx.cos(nx.exp(v))))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[0.0, -3.302372, 0.0, 0.0], [-3.302372, 0.0, 0.0, 0.0]]),
    ("reduce_max_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.reduce_max(v, axes=[1])))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]]),
    ("reduce_max_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.reduce_max(nx.cos(v), axes=[1])))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[-0.841471, 0.0, 0.0, 0.0], [0.0, -0.4207355, 0.0, -0.4207355]]),
    ("reduce_max_rule", lambda t: gradient(t, (lambda v: nx.reduce_max(nx.sum(v, axes=[1])))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]),
    ("reduce_max_rule", lambda t: gradient(t, (lambda v: nx.reduce_max(nx.reduce_min(v, axes=[0])))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[0.0, 0.0, 0.5, 0.0], [0.0, 0.0, 0.5, 0.0]]),
    ("reduce_max_rule", lambda t: gradient(t, (lambda v: nx.reduce_max(nx.reduce_min(nx.sum(v, axes=[1]), axes=[0])))), (f4([[[1.0, 0.0, 2.0], [3.0, 4.0, 2.0]], [[5.0, 2.0, 3.0], [4.0, 2.0, 1.0]]]),), [[[0.3333333, 0.1666667, 0.1666667], [0.3333333, 0.1666667, 0.1666667]], [[0.0, 0.1666667, 0.1666667], [0.0, 0.1666667, 0.1666667]]]),
    ("reduce_min_rule", lambda t: gradient(t, (lambda v: nx.reduce_min(nx.cos(nx.exp(v))))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[-0.3722064, 0.0, 0.0, 0.0], [0.0, -0.3722064, 0.0, -0.3722064]]),
    ("reduce_min_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.reduce_min(v, axes=[1])))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[1.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.5]]),
    ("reduce_min_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.reduce_min(nx.cos(v), axes=[1])))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[0.0, 0.0, -0.14112, 0.0], [0.0, 0.0, -0.14112, 0.0]]),
    ("reduce_min_rule", lambda t: gradient(t, (lambda v: nx.reduce_min(nx.sum(v, axes=[1])))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]),
    ("reduce_min_rule", lambda t: gradient(t, (lambda v: nx.reduce_min(nx.reduce_max(v, axes=[0])))), (f4([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 1.0]]),), [[0.0, 0.5, 0.0, 0.0], [0.5, 0.0, 0.0, 0.0]]),
    ("reduce_min_rule", lambda t: gradient(t, (lambda v: nx.reduce_min(nx.reduce_max(nx.sum(v, axes=[1]), axes=[0])))), (f4([[[1.0, 0.0, 2.0], [3.0, 4.0, 2.0]], [[5.0, 2.0, 3.0], [4.0, 2.0, 1.0]]]),), [[[0.0, 0.25, 0.25], [0.0, 0.25, 0.25]], [[0.0, 0.25, 0.25], [0.0, 0.25, 0.25]]]),
    ("remainder_rule", lambda t: gradient(t, (lambda t: nx.remainder(nx.tanh(t), t))), (f4(1.0),), 0.4199743),
    ("reshape", lambda a: nx.reshape(a, (1, 1, 3)), (c8([1.0 + 0j, complex(0.0, 2.0), complex(0.0, 3.0)]),), [[[1.0 + 0j, complex(0.0, 2.0), complex(0.0, 3.0)]]]),
    ("reshape", lambda a: nx.reshape(a, (1, 1, 3)), (c8([complex(1.0, 1.0), 2.0 + 0j, complex(3.0, -3.0)]),), [[[complex(1.0, 1.0), 2.0 + 0j, complex(3.0, -3.0)]]]),
    ("reshape", lambda a: nx.reshape(a, (1, 1, 3)), (c8([complex(-1.0926, -0.5343), complex(0.0, -3.2978), complex(99.3534, -14.2328)]),), [[[complex(-1.092614, -0.5343037), complex(-0.0, -3.297895), complex(99.35348, -14.23288)]]]),
    ("reshape", lambda a: nx.reshape(a, (1, 1, 3)), (c8([complex(0.45046, -0.5343), -1.56562 + 0j, complex(-100.3435, 14.2328)]),), [[[complex(0.4504662, -0.5343037), -1.565626 + 0j, complex(-100.3435, 14.23288)]]]),
    ("reverse", lambda t: gradient(t, (lambda v: nx.sum(nx.exp(nx.reverse(v))))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[2.718282, 7.389056, 20.08554], [54.59815, 148.4132, 403.4288]]),
    ("reverse", lambda t: gradient(t, (lambda v: nx.sum(nx.exp(nx.reverse(v))))), (c8([1.0 + 0j, complex(0.0, -2.0), 3.0 + 0j]),), [2.7182 + 0j, complex(-0.4161, -0.9092), 20.0855 + 0j]),
    ("reverse", lambda t: gradient(t, (lambda v: nx.sum(nx.reverse(nx.exp(v))))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[2.718282, 7.389056, 20.08554], [54.59815, 148.4132, 403.4288]]),
    ("select", lambda a, b: nx.select(a, b, 0), (i4([0, 1, 1, 1, 0, 0]), f4([2.303227, -14.72042, 27.90285, 31.97466, -43.07774, 83.99924])), [0.0, -14.72042, 27.90285, 31.97466, 0.0, 0.0]),
    ("select_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.select(nx.greater(v, 0.0), nx.exp(v), nx.cos(v))))), (f4([[-2.0, 1.0, 0.0, 3.0, -3.0], [1.0, 2.0, 0.0, 5.0, -1.0]]),), [[0.9092974, 2.718282, 0.0, 20.08554, 0.14112], [2.718282, 7.389056, 0.0, 148.4132, 0.841471]]),
    ("select_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.select(tensor([[1, 1], [1, 0]], type="uint8"), nx.exp(v), nx.cos(v))))), (c8([[complex(1.0, 1.0), complex(2.0, 1.0)], [complex(3.0, 1.0), complex(-1.0, -4.0)]]),), [[complex(1.4686, 2.2873), complex(3.9923, 6.2176)], [complex(10.8522, 16.9013), complex(22.979, 14.7448)]]),
    ("select_rule", lambda t: gradient(t, (lambda v: nx.reduce_max(nx.select(nx.greater(v, 0.0), nx.exp(v), nx.cos(v))))), (f4([[-2.0, 1.0, 0.0, 3.0, -3.0], [1.0, 2.0, 0.0, 5.0, -1.0]]),), [[0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 148.4132, 0.0]]),
    ("select_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.select(nx.greater(nx.sum(v, axes=[0]), 0.0), nx.sum(v, axes=[0]), 0.0)))), (f4([[-2.0, 1.0, 0.0, 3.0, -3.0], [1.0, 2.0, 0.0, 5.0, -1.0]]),), [[0.0, 1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0, 0.0]]),
    ("select_rule", lambda t: gradient(t, (lambda v: nx.sum((lambda t: nx.select((t > 0), t, (t * 0.1)))((lambda t: nx.select((t > 0), t, (t * 0.1)))(v))))), (f4([-2.0, -1.0, 0.0, 1.0, 2.0]),), [0.01, 0.01, 0.01, 1.0, 1.0]),
    ("select_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.select((v * v), 1.0, (-1.0))))), (f4([-2.0, -1.0, 0.0, 1.0, 2.0]),), [0.0, 0.0, 0.0, 0.0, 0.0]),
    ("simple", lambda t: gradient(t, (lambda t: t)), (f4(1.0),), 1.0),
    ("simple", lambda t: gradient(t, (lambda _t: tensor(1.0))), (f4(1.0),), 0.0),
    ("simple", lambda t: gradient(t, (lambda _t: 10)), (f4(1.0),), 0.0),
    ("simple", lambda t, a: gradient(t, (lambda _t: a)), (f4(1.0), f4(2.0)), 0.0),
    ("simple", lambda t: gradient(t, (lambda _t: t)), (f4(1.0),), 0.0),
    ("simple", lambda t: gradient(t, (lambda _t: 10)), (f4([1.0, 2.0, 3.0]),), [0.0, 0.0, 0.0]),
    ("simple", lambda t, a: gradient(t, (lambda _t: a)), (f4([1.0, 2.0, 3.0]), f4(2.0)), [0.0, 0.0, 0.0]),
    ("simple", lambda t: gradient(t, (lambda t: t)), (f4([1.0, 2.0]),), [1.0, 1.0]),
    ("simple", lambda t: gradient(t, (lambda _t: tensor(1.0))), (f4([1.0, 2.0]),), [0.0, 0.0]),
    ("simple", lambda t: gradient(t, (lambda _t: 10)), (f4([1.0, 2.0]),), [0.0, 0.0]),
    ("simple", lambda t, a: gradient(t, (lambda _t: a)), (f4([1.0, 2.0]), f4([2.0, 3.0])), [0.0, 0.0]),
    ("simple", lambda t: gradient(t, (lambda _t: t)), (f4([1.0, 2.0]),), [0.0, 0.0]),
    ("slice", lambda t: gradient(t, (lambda v: nx.mean(nx.slice(v, [0, 1], [1, 2], strides=[1, 2])))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
    ("slice", lambda t: gradient(t, (lambda v: nx.mean(nx.slice(v, [tensor(0), tensor(1)], [1, 2], strides=[1, 2])))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
    ("slice", lambda t: gradient(t, (lambda v: nx.sum(nx.slice(v, [1, 0], [1, 2], strides=[1, 1])))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]),
    ("slice", lambda t: gradient(t, (lambda v: nx.sum(nx.slice(v, [1, 0], [1, 2], strides=[1, 1])))), (c8([[complex(0.0, 1.0), complex(0.0, 2.0), complex(0.0, 3.0)], [complex(0.0, 4.0), complex(0.0, 5.0), complex(0.0, 6.0)]]),), [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]),
    ("slice", lambda t: gradient(t, (lambda v: nx.sum(nx.slice(v, [tensor(1), tensor(0)], [1, 2], strides=[1, 1])))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0]]),
    ("slice", lambda t: gradient(t, (lambda t: nx.sum(nx.pad(nx.slice(t, [1, 0], [1, 2], strides=[1, 1]), nx.mean(nx.sin(t)), [(2, 1, 2), ((-1), 2, 0)])))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[0.9905542, -0.7629359, -1.814986], [-1.198347, 1.520047, 1.760312]]),
    ("slice", lambda t: gradient(t, (lambda t: nx.sum(nx.pad(nx.slice(t, [tensor(1), tensor(0)], [1, 2], strides=[1, 1]), nx.mean(nx.sin(t)), [(2, 1, 2), ((-1), 2, 0)])))), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[0.9905542, -0.7629359, -1.814986], [-1.198347, 1.520047, 1.760312]]),
    ("solve", lambda a, b: gradient(a, (lambda a: nx.sum(nx.linalg.solve(a, b)))), (i4([[1, 0, 1], [0, 1, 0], [-1, 0, 1]]), i4([4, 3, 2])), [[-1.0, -3.0, -3.0], [-1.0, -3.0, -3.0], [0.0, 0.0, 0.0]]),
    ("solve", lambda w, a, b: gradient(a, (lambda a: nx.sum(nx.linalg.solve(nx.add(w, a), b)))), (i4([0, 0, 0]), i4([[1, 0, 1], [0, 1, 0], [-1, 0, 1]]), i4([4, 3, 2])), [[-1.0, -3.0, -3.0], [-1.0, -3.0, -3.0], [0.0, 0.0, 0.0]]),
    ("solve", lambda a, b: gradient(a, (lambda a: nx.sum(nx.linalg.solve(a, b)))), (f4([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]), f4([4.0, 3.0, 2.0])), [[-0.09462561, -0.09164193, -0.09681772], [-0.1902798, -0.18428, -0.1946878], [-0.3222757, -0.3121139, -0.3297416]]),
    ("solve", lambda a, b: gradient(a, (lambda a: nx.sum(nx.linalg.solve(a, b)))), (f4([[[4.0, 1.0, 0.0], [1.0, 5.0, 0.0], [0.0, 0.0, 6.0]], [[9.0, 1.0, 0.0], [1.0, 10.0, 0.0], [0.0, 0.0, 11.0]]]), f4([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])), [[[-0.04432133, -0.033241, -0.03508772], [-0.033241, -0.02493075, -0.02631579], [-0.03508772, -0.02631579, -0.02777778]], [[-0.01022598, -0.009089761, -0.009193055], [-0.009089761, -0.008079787, -0.008171603], [-0.009193055, -0.008171603, -0.008264463]]]),
    ("sort", lambda t: gradient(t, (lambda t: nx.sum(nx.slice_along_axis(nx.sort(t, direction="desc"), 2, 3, axis=0)))), (f4([4.0, 8.0, 15.0, 16.0, 23.0, 42.0]),), [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (iota((3, 2, 2), "i4"),), [[[1.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (iota((1, 2, 2), "i4"),), [[[3.0, 3.0], [3.0, 3.0]]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (i4([[[0, 1]]]),), [[[6.0, 6.0]]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (i4([[[0]]]),), [[[12.0]]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (iota((2, 2), "i4"),), [[3.0, 3.0], [3.0, 3.0]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (i4([[0, 1]]),), [[6.0, 6.0]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (i4([[0]]),), [[12.0]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (i4([0, 1]),), [6.0, 6.0]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (i4([0]),), [12.0]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (i4(0),), 12.0),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16([[[0.0 + 0j, complex(0.0, 1.0)], [complex(0.0, 2.0), complex(0.0, 3.0)]], [[complex(0.0, 4.0), complex(0.0, 5.0)], [complex(0.0, 6.0), complex(0.0, 7.0)]], [[complex(0.0, 8.0), complex(0.0, 9.0)], [complex(0.0, 10.0), complex(0.0, 11.0)]]]),), [[[1.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16([[[0.0 + 0j, complex(0.0, 1.0)], [complex(0.0, 2.0), complex(0.0, 3.0)]]]),), [[[3.0, 3.0], [3.0, 3.0]]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16([[[0.0 + 0j, complex(0.0, 1.0)]]]),), [[[6.0, 6.0]]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16([[[0.0 + 0j]]]),), [[[12.0]]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16([[0.0 + 0j, complex(0.0, 1.0)], [complex(0.0, 2.0), complex(0.0, 3.0)]]),), [[3.0, 3.0], [3.0, 3.0]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16([[0.0 + 0j, complex(0.0, 1.0)]]),), [[6.0, 6.0]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16([[0.0 + 0j]]),), [[12.0]]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16([0.0 + 0j, complex(0.0, 1.0)]),), [6.0, 6.0]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16([0.0 + 0j]),), [12.0]),
    ("squeeze", lambda t: gradient(t, (lambda v: nx.sum(nx.squeeze(nx.broadcast(v, (3, 2, 2)))))), (c16(0.0 + 0j),), 12.0),
    ("svd", svd_program_1, (f4([[[3.0, 0.0], [1.0, 2.0]], [[4.0, 1.0], [2.0, 3.0]]]),), [[[1.897063, -1.130003], [-0.7087637, 0.05829691]], [[1.473812, -0.3148675], [-0.008813077, 0.5027707]]]),
    ("svd", add_program_9, (f4([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),), [[1.0, -2.637612e-08, -2.637739e-08], [-2.637612e-08, 1.0, -5.241454e-09], [-2.637739e-08, -5.241454e-09, 1.0]]),
    ("svd", add_program_9, (f4([[[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]], [[6.0, 1.5, 0.75], [1.5, 4.5, 0.3], [0.75, 0.3, 3.0]]]),), [[[1.0, -2.637612e-08, -2.637739e-08], [-2.637612e-08, 1.0, -5.241454e-09], [-2.637739e-08, -5.241454e-09, 1.0]], [[1.0, -2.449081e-08, -2.637739e-08], [-2.449081e-08, 1.0, -1.243855e-08], [-2.637739e-08, -1.243855e-08, 1.0]]]),
    ("svd", add_program_9, (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[-0.5777919, 0.1151167, 0.8080252], [0.706746, 0.5657574, 0.4247688]]),
    ("svd", svd_program_1, (f4([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[3.0, 1.0, 2.0], [2.0, 4.0, 1.0]]]),), [[[-0.471626, -0.1148152, 1.058492], [0.3890213, 0.793159, 0.3808]], [[1.376415, -0.1543366, 0.4490695], [0.2847488, 0.5730272, -0.02136018]]]),
    ("tuples", lambda t: gradient(t, (lambda v: tuples_program_1((v, 2.0)))), (f4(1.0),), 2.0),
    ("tuples", tuples_program_2, (f4(1.0), f4(1.0)), (2.0, 3.0)),
    ("tuples", tuples_program_3, (f4(1.0), f4(1.0), f4(1.0)), (2.0, 3.0, 4.0)),
    ("tuples", tuples_program_4, (f4(1.0), f4(1.0)), (1.0, 0.0)),
    ("value_and_grad", value_and_grad_program_1, (i4(1), i4(2)), (4.761594, (0.4199743, 4.0))),
    ("while", while_program_1, (f4([-2.5, -1.0, 0.0, 1.0, 1.5]),), [1.0, 1.0, 1.0, 1.0, 1.0]),
    ("while", lambda t: value_and_gradient(t, (lambda t: repeat((lambda t: (t < 100)), (lambda t: (t * t)), t))), (f4(2.0),), (256.0, 1024.0)),
    ("while", while_program_2, (f4(0.5),), 0.25),
    ("while", lambda x: gradient(x, while_program_2), (f4(0.5),), 1.0),
    ("while", lambda x: gradient(x, while_program_3), (f4(0.5),), 0.75),
    ("while", lambda x: gradient(x, while_program_4), (f4(0.5),), -3.0),
    ("while", lambda x: gradient(x, while_program_5), (f4(0.5),), 3.0),
    ("while", while_program_6, (f4(0.5),), 0.125),
    ("while", lambda x: gradient(x, while_program_6), (f4(0.5),), 0.75),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (1, 2, 1, 2))))), (iota((2, 3, 3, 2), "f4"),), [[[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]], [[[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_min(v, (1, 2, 1, 2))))), (iota((2, 3, 3, 2), "f4"),), [[[[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]], [[[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(nx.cos(v), (1, 1, 2, 2), padding="same", strides=[1, 1, 2, 2])))), (iota((1, 4, 4, 2), "f4"),), [[[[-0.0, -0.0], [-0.0, -0.0], [0.0, 0.0], [0.2794155, -0.0]], [[-0.0, -0.0], [0.0, 0.9999902], [0.0, -0.420167], [-0.0, -0.0]], [[0.0, 0.0], [0.0, -0.1498772], [-0.9129453, -0.0], [0.0, 0.0]], [[0.0, 0.1323518], [-0.0, -0.0], [-0.0, 0.0], [0.0, 0.4040377]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (1, 3, 3, 1), padding="same", strides=[1, 2, 2, 1])))), (iota((1, 4, 4, 1), "f4"),), [[[[0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [1.0]], [[0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [1.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.sin(nx.window_max(nx.cos(v), (1, 3, 3, 1), padding="same", strides=[1, 2, 2, 1]))))), (iota((1, 4, 4, 1), "f4"),), [[[[0.0], [0.0], [0.0], [0.0]], [[0.0], [0.0], [0.3204228], [0.0]], [[0.0], [0.0], [0.0], [0.0]], [[0.0], [-0.2587218], [0.0], [0.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (1, 2, 3, 1), padding="same", strides=[1, 2, 2, 1])))), (iota((1, 4, 6, 1), "f4"),), [[[[0.0], [0.0], [0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [1.0], [0.0], [1.0]], [[0.0], [0.0], [0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [1.0], [0.0], [1.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_min(nx.cos(v), (1, 1, 2, 2), padding="same", strides=[1, 1, 2, 2])))), (iota((1, 4, 4, 2), "f4"),), [[[[-0.0, -0.0], [-0.0, -0.14112], [0.7568025, 0.0], [0.0, -0.0]], [[-0.0, -0.4121185], [0.0, 0.0], [0.0, -0.0], [-0.0, -0.6502879]], [[0.2879033, 0.0], [0.0, -0.0], [-0.0, -0.0], [0.008851309, 0.0]], [[0.0, 0.0], [-0.0, -0.956376], [-0.2709058, 0.0], [0.0, 0.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (1, 3, 3, 1), padding=[(0, 0), (1, 1), (1, 1), (0, 0)], strides=[1, 2, 2, 1])))), (iota((1, 4, 4, 1), "f4"),), [[[[0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [1.0]], [[0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [1.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (1, 3, 3, 1), padding=[(0, 0), (2, 0), (0, 2), (0, 0)], strides=[1, 2, 2, 1])))), (iota((1, 4, 4, 1), "f4"),), [[[[0.0], [0.0], [1.0], [1.0]], [[0.0], [0.0], [0.0], [0.0]], [[0.0], [0.0], [1.0], [1.0]], [[0.0], [0.0], [0.0], [0.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (1, 3, 3, 1), padding="same", strides=[1, 1, 1, 1])))), (iota((1, 2, 2, 1), "f4"),), [[[[0.0], [0.0]], [[0.0], [4.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (1, 3, 3, 1), padding="same", strides=[1, 1, 1, 1])))), (f4([[[[5.0]]]]),), [[[[1.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (4, 4), padding="same", strides=[2, 2])))), (iota((4, 4), "f4"),), [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (3,), padding="same", strides=[2])))), (iota((8,), "f4"),), [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (3, 3), padding="same", strides=[2, 2])))), (iota((4, 4), "f4"),), [[0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 1.0]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (1, 2, 2, 1), padding="same", strides=[1, 3, 3, 1])))), (iota((1, 6, 6, 1), "f4"),), [[[[0.0], [0.0], [0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [0.0], [1.0], [0.0]], [[0.0], [0.0], [0.0], [0.0], [0.0], [0.0]], [[0.0], [0.0], [0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [0.0], [1.0], [0.0]], [[0.0], [0.0], [0.0], [0.0], [0.0], [0.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_sum(v, (1, 3, 3, 1), padding="same", strides=[1, 2, 2, 1])))), (iota((1, 4, 4, 1), "f4"),), [[[[1.0], [2.0], [1.0], [1.0]], [[2.0], [4.0], [2.0], [2.0]], [[1.0], [2.0], [1.0], [1.0]], [[1.0], [2.0], [1.0], [1.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_sum(v, (1, 2, 2, 1), padding="same", strides=[1, 2, 2, 1], window_dilations=[1, 2, 2, 1])))), (iota((1, 4, 4, 1), "f4"),), [[[[0.0], [0.0], [0.0], [0.0]], [[0.0], [4.0], [0.0], [2.0]], [[0.0], [0.0], [0.0], [0.0]], [[0.0], [2.0], [0.0], [1.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_sum(v, (1, 2, 2, 1), padding=[(0, 0), (1, 0), (0, 1), (0, 0)], strides=[1, 2, 2, 1], window_dilations=[1, 2, 2, 1])))), (iota((1, 4, 4, 1), "f4"),), [[[[0.0], [0.0], [0.0], [0.0]], [[2.0], [0.0], [4.0], [0.0]], [[0.0], [0.0], [0.0], [0.0]], [[1.0], [0.0], [2.0], [0.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_sum(v, (3,), padding="same", window_dilations=[2])))), (iota((8,), "f4"),), [2.0, 2.0, 3.0, 3.0, 3.0, 3.0, 2.0, 2.0]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.window_max(v, (1, 3, 3, 1), padding="same", strides=[1, 2, 2, 1])))), (iota((1, 4, 4, 1), "f8"),), [[[[0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [1.0]], [[0.0], [0.0], [0.0], [0.0]], [[0.0], [1.0], [0.0], [1.0]]]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.pad(v, 0.0, [(1, 1, 0), (2, 2, 0)])))), (iota((3, 4), "f4"),), [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.pad(v, 0.0, [(0, 0, 1), (0, 0, 2)])))), (iota((3, 4), "f4"),), [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]),
    ("window_min", lambda t: gradient(t, (lambda v: nx.sum(nx.cos(nx.pad(v, 0.0, [(1, 1, 0), (1, 1, 0)]))))), (iota((3, 4), "f4"),), [[-0.0, -0.841471, -0.9092974, -0.14112], [0.7568025, 0.9589243, 0.2794155, -0.6569866], [-0.9893582, -0.4121185, 0.5440211, 0.9999902]]),
    ("window_min", window_min_program_1, (iota((1, 1, 4, 4), "f4"),), [[[[4.0, 4.0, 4.0, 4.0], [4.0, 4.0, 4.0, 4.0], [4.0, 4.0, 4.0, 4.0], [4.0, 4.0, 4.0, 4.0]]]]),
    ("window_min", window_min_program_1, (iota((1, 1, 2, 2), "f4"),), [[[[1.0, 1.0], [1.0, 1.0]]]]),
    ("window_sum_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.window_sum(v, (2, 1, 2, 1))))), (iota((2, 1, 3, 3), "f4"),), [[[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]], [[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]]]),
    ("window_sum_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.window_sum(nx.cos(v), (2, 1, 2, 1))))), (iota((2, 1, 3, 3), "f4"),), [[[[0.0, -0.841471, -0.9092974], [-0.28224, 1.513605, 1.917849], [0.2794155, -0.6569866, -0.9893582]]], [[[-0.4121185, 0.5440211, 0.9999902], [1.073146, -0.8403341, -1.981215], [-0.6502879, 0.2879033, 0.9613975]]]]),
    ("window_sum_rule", lambda x: gradient(x, (lambda v: nx.sum(nx.window_sum(v, (1, 1, 3, 2), window_dilations=[2, 2, 1, 1])))), (iota((4, 2, 4, 2), "f4"),), [[[[1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [1.0, 1.0]], [[1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [1.0, 1.0]]], [[[1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [1.0, 1.0]], [[1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [1.0, 1.0]]], [[[1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [1.0, 1.0]], [[1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [1.0, 1.0]]], [[[1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [1.0, 1.0]], [[1.0, 1.0], [2.0, 2.0], [2.0, 2.0], [1.0, 1.0]]]]),
    ("window_sum_rule", lambda x: gradient(x, (lambda v: nx.sum(nx.window_sum(v, (2, 1, 1, 2), padding=[(0, 1), (2, 1), (3, 0), (0, 0)])))), (iota((3, 2, 1, 2), "i4"),), [[[[1.0, 1.0]], [[1.0, 1.0]]], [[[2.0, 2.0]], [[2.0, 2.0]]], [[[2.0, 2.0]], [[2.0, 2.0]]]]),
    ("window_sum_rule", lambda x: gradient(x, (lambda v: nx.sum(nx.window_sum(nx.cos(nx.sin(v)), (2, 1, 1, 2), strides=[1, 2, 2, 1], padding=[(0, 1), (2, 1), (3, 0), (0, 0)], window_dilations=[1, 2, 1, 1])))), (iota((3, 2, 3, 2), "i4"),), [[[[0.0, 0.0], [0.32837, 0.1392445], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]], [[[0.0, 0.0], [-0.2287228, 0.9198537], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]], [[[0.0, 0.0], [-0.8937497, 0.4774178], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]]),
    ("window_sum_rule", lambda x: gradient(x, (lambda v: nx.sum(nx.window_sum(nx.window_sum(v, (2, 1, 1, 1)), (1, 2, 1, 1))))), (iota((4, 3, 4, 4), "i4"),), [[[[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]], [[2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0]], [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]], [[[2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0]], [[4.0, 4.0, 4.0, 4.0], [4.0, 4.0, 4.0, 4.0], [4.0, 4.0, 4.0, 4.0], [4.0, 4.0, 4.0, 4.0]], [[2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0]]], [[[2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0]], [[4.0, 4.0, 4.0, 4.0], [4.0, 4.0, 4.0, 4.0], [4.0, 4.0, 4.0, 4.0], [4.0, 4.0, 4.0, 4.0]], [[2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0]]], [[[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]], [[2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0]], [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]]]),
    ("window_sum_rule", lambda t: gradient(t, (lambda v: nx.sum(nx.window_sum(v, (2, 1, 2, 1))))), (c8([[[[0.0 + 0j, complex(0.0, 1.0), complex(0.0, 2.0)], [complex(0.0, 3.0), complex(0.0, 4.0), complex(0.0, 5.0)], [complex(0.0, 6.0), complex(0.0, 7.0), complex(0.0, 8.0)]]], [[[complex(0.0, 9.0), complex(0.0, 10.0), complex(0.0, 11.0)], [complex(0.0, 12.0), complex(0.0, 13.0), complex(0.0, 14.0)], [complex(0.0, 15.0), complex(0.0, 16.0), complex(0.0, 17.0)]]]]),), [[[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]], [[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]]]),
]
