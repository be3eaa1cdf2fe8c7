"""Programs of several operations, with branches and loops, and what they give under Nx."""

# ruff: noqa: F821, B023, E741
# fmt: off

from corpus_language import (
    at,
    c8,
    c16,
    choose,
    f4,
    f8,
    i1,
    i2,
    i4,
    inf,
    iota,
    nan,
    repeat,
    stop_grad,
    tensor,
    u1,
    upto,
)

from defn import nx


def tuples_program_1(a1_):
    (a, b) = a1_
    return (a + b)


def if_program_1(a, b, c):
    d = (b + c)
    return choose(a, (lambda: ((2 * d) * a)), (lambda: (-1)))


def if_program_2(a, b, c):
    ((x, y), z) = choose(a, (lambda: ((a, b), c)), (lambda: ((c, b), a)))
    return ((x * y) - z)


def if_program_3(a, b):
    (a, b) = choose(a, (lambda: (a, b)), (lambda: (a, b)))
    (a, b) = choose(a, (lambda: (a, b)), (lambda: (a, b)))
    return (a + b)


def if_program_4(a, b, c):
    (xy, _) = choose(a, (lambda: ((a, b), c)), (lambda: ((c, b), a)))
    return xy


def if_program_5(a, b, c):
    (v3_, v4_,) = choose(a, (lambda: ({"a": a, "b": b}, c)), (lambda: ({"a": c, "b": b}, a)))
    v5_ = v3_
    x = v5_["a"]
    y = v5_["b"]
    z = v4_
    return ((x * y) - z)


def cond_program_1(a, b, c):
    d = nx.sum(a)
    f3_ = lambda: choose(nx.all(nx.less(a, 0)), (lambda: ((b + c) + d)), (lambda: (((-b) - c) - d)))
    f5_ = lambda: choose(nx.all(nx.greater(a, 0)), (lambda: ((b * c) * d)), f3_)
    return f5_()


def cond_program_2(_result, state):
    f3_ = lambda: choose(nx.equal(nx.sum(at(state, upto(3, 4, None))), 0), (lambda: at(state, 4)), (lambda: at(state, 2)))
    f5_ = lambda: choose(nx.equal(nx.sum(at(state, upto(0, 1, None))), 0), (lambda: at(state, 0)), f3_)
    return f5_()


def cond_program_3(i):
    new_i = choose((i > 0), (lambda: (i + 1)), (lambda: (i - 1)))
    return choose((new_i > 0), (lambda: 1), (lambda: 0))


def cond_program_4(a, b):
    f3_ = lambda: choose(nx.all(nx.greater(a, 0)), (lambda: nx.greater(b, 0)), (lambda: 0))
    return f3_()


def while_program_1(x):
    def f1_(a2_):
        (factorial, x) = a2_
        return nx.greater(x, 1)
    def f3_(a4_):
        (factorial, x) = a4_
        return ((factorial * x), (x - 1))
    (factorial, _) = repeat(f1_, f3_, (1.0, x))
    return factorial


def while_program_2(x):
    def step(state):
        return {"factorial": state["factorial"] * state["x"], "x": state["x"] - 1}
    start = {"factorial": tensor(1, type=nx.type(x)), "x": x}
    return repeat(lambda state: nx.greater(state["x"], 1), step, start)["factorial"]


def while_program_3(x, condition):
    def once():
        return repeat(lambda state: state[0] < 1, lambda state: (state[0] + 1, state[1] + 1), (0, x))[1]
    return choose(condition, lambda: x, once)


CASES = [
    ("all", lambda t: nx.all(t), (i4([1, 2, 3]),), 1),
    ("all", lambda t: nx.all(t), (i4([0, 1, 2]),), 0),
    ("all", lambda t: nx.all(t), (f4([0.0, 1.0, 2.0]),), 0),
    ("all", lambda t: nx.all(t, axes=[0]), (i4([[-1, 0, 1], [2, 3, 4]]),), [1, 0, 1]),
    ("all", lambda t: nx.all(t, axes=[1]), (i4([[-1, 0, 1], [2, 3, 4]]),), [0, 1]),
    ("all", lambda t: nx.all(t, keep_axes=True), (i4([[-1, 0, 1], [2, 3, 4]]),), [[0]]),
    ("any", lambda t: nx.any(t), (i4([-1, 0, 1]),), 1),
    ("any", lambda t: nx.any(t), (i4([0, 0, 0]),), 0),
    ("any", lambda t: nx.any(t), (f4([-1.0, 0.0, 1.0]),), 1),
    ("any", lambda t: nx.any(t, axes=[0]), (i4([[0, 1, 0], [0, 1, 2]]),), [0, 1, 1]),
    ("any", lambda t: nx.any(t, axes=[1]), (i4([[0, 1, 0], [0, 1, 2]]),), [1, 1]),
    ("argmax", lambda t: nx.argmax(t), (i4([1, 2, 3]),), 2),
    ("argmax", lambda t: nx.argmax(t), (i1([1, 2, 3]),), 2),
    ("argmax", lambda t: nx.argmax(t), (u1([1, 2, 3]),), 2),
    ("argmax", lambda t: nx.argmax(t), (f4([1.0, 2.0, 3.0]),), 2),
    ("argmax", lambda t: nx.argmax(t), (i4([[1, 2, 3], [4, 5, 6]]),), 5),
    ("argmax", lambda t: nx.argmin(t), (i4([1, 2, 3]),), 0),
    ("argmax", lambda t: nx.argmin(t), (i1([1, 2, 3]),), 0),
    ("argmax", lambda t: nx.argmin(t), (u1([1, 2, 3]),), 0),
    ("argmax", lambda t: nx.argmin(t), (f4([1.0, 2.0, 3.0]),), 0),
    ("argmax", lambda t: nx.argmin(t), (i4([[1, 2, 3], [4, 5, 6]]),), 0),
    ("argmax", lambda t: nx.argmax(t, axis=1), (i4([[[1, 1, 1], [1, 1, 3]], [[6, 2, 3], [2, 8, 3]]]),), [[0, 0, 1], [0, 1, 0]]),
    ("argmax", lambda t: nx.argmin(t, axis=1), (i4([[[4, 2, 3], [1, -5, 3]], [[6, 2, 3], [4, 8, 3]]]),), [[1, 1, 0], [1, 0, 0]]),
    ("argmax", lambda t: nx.argmax(t, axis=1), (i4([[1, 2, 2], [1, 2, 2]]),), [1, 1]),
    ("argmax", lambda t: nx.argmax(t, axis=1, tie_break="high"), (i4([[1, 2, 2], [1, 2, 2]]),), [2, 2]),
    ("argmax", lambda t: nx.argmax(t, axis=1, keep_axis=True), (i4([[[4, 2, 3], [1, -5, 3]], [[6, 2, 3], [4, 8, 3]]]),), [[[0, 0, 0]], [[0, 1, 0]]]),
    ("argmax", lambda t: nx.argmin(t, axis=1, keep_axis=True), (i4([[[4, 2, 3], [1, -5, 3]], [[6, 2, 3], [4, 8, 3]]]),), [[[1, 1, 0]], [[1, 0, 0]]]),
    ("argsort", lambda t: nx.argsort(t, axis=0), (i4([0, 5, 2, 1, 3, 4]),), [0, 3, 2, 4, 5, 1]),
    ("argsort", lambda t: nx.argsort(t, axis=0), (i4([[3, 1, 7], [2, 5, 4]]),), [[1, 0, 1], [0, 1, 0]]),
    ("argsort", lambda t: nx.argsort(t, axis=1), (i4([[3, 1, 7], [2, 5, 4]]),), [[1, 0, 2], [0, 2, 1]]),
    ("argsort", lambda t: nx.argsort(t, axis=1, direction="asc"), (i4([[3, 1, 7], [2, 5, 4]]),), [[1, 0, 2], [0, 2, 1]]),
    ("argsort", lambda t: nx.argsort(t, axis=2), (i4([[[4, 5, 2], [2, 5, 3], [5, 0, 2]], [[1, 9, 8], [2, 1, 3], [2, 1, 4]]]),), [[[2, 0, 1], [0, 2, 1], [1, 2, 0]], [[0, 2, 1], [1, 0, 2], [1, 0, 2]]]),
    ("argsort", lambda t: nx.argsort(t, axis=0), (f4([42.0, 23.0, 16.0, 15.0, 8.0, 4.0]),), [5, 4, 3, 2, 1, 0]),
    ("as_type", lambda t: nx.as_type(t, "float32"), (i4([1, 2, 3]),), [1.0, 2.0, 3.0]),
    ("bitcast", lambda t: nx.bitcast(t, "float32"), (i4([0, 0, 0]),), [0.0, 0.0, 0.0]),
    ("broadcast", lambda t: nx.broadcast(t, (2, 2)), (i4([1, 2]),), [[1, 2], [1, 2]]),
    ("broadcast", lambda t: nx.broadcast(t, (2, 2)), (i4([[1, 2]]),), [[1, 2], [1, 2]]),
    ("broadcast", lambda t: nx.broadcast(t, (2, 2)), (i4([[1], [2]]),), [[1, 1], [2, 2]]),
    ("broadcast", lambda t: nx.broadcast(t, (3, 2), axes=[0]), (i4([1, 2, 3]),), [[1, 1], [2, 2], [3, 3]]),
    ("broadcast", lambda t: nx.broadcast(t, (2, 3, 2), axes=[1]), (i4([1, 2, 3]),), [[[1, 1], [2, 2], [3, 3]], [[1, 1], [2, 2], [3, 3]]]),
    ("cholesky", lambda t: nx.linalg.cholesky(t), (f4([[20.0, 17.6], [17.6, 16.0]]),), [[4.472136, 0.0], [3.93548, 0.7155418]]),
    ("cholesky", lambda t: nx.linalg.cholesky(t), (i4([[1, 2], [2, 5]]),), [[1.0, 0.0], [2.0, 1.0]]),
    ("cholesky", lambda t: nx.linalg.cholesky(t), (f4([[6.0, 3.0, 4.0, 8.0], [3.0, 6.0, 5.0, 1.0], [4.0, 5.0, 10.0, 7.0], [8.0, 1.0, 7.0, 25.0]]),), [[2.44949, 0.0, 0.0, 0.0], [1.224745, 2.12132, 0.0, 0.0], [1.632993, 1.414214, 2.309401, 0.0], [3.265986, -1.414214, 1.587713, 3.132491]]),
    ("clip", lambda value: nx.clip(value, 2, 4), (i4([[1, 2, 3], [4, 5, 6]]),), [[2, 2, 3], [4, 4, 4]]),
    ("clip", lambda value: nx.clip(value, 2.0, 3), (i4([[1, 2, 3], [4, 5, 6]]),), [[2.0, 2.0, 3.0], [3.0, 3.0, 3.0]]),
    ("clip", lambda value: nx.clip(value, tensor(2.0), nx.max(1.0, 3.0)), (i4([[1, 2, 3], [4, 5, 6]]),), [[2.0, 2.0, 3.0], [3.0, 3.0, 3.0]]),
    ("clip", lambda value: nx.clip(value, 2, 4), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),), [[2.0, 2.0, 3.0], [4.0, 4.0, 4.0]]),
    ("complex", lambda: nx.complex(1, 2), (), complex(1.0, 2.0)),
    ("complex", lambda: nx.broadcast(nx.complex(1, 2), (3, 3, 3)), (), [[[complex(1.0, 2.0), complex(1.0, 2.0), complex(1.0, 2.0)], [complex(1.0, 2.0), complex(1.0, 2.0), complex(1.0, 2.0)], [complex(1.0, 2.0), complex(1.0, 2.0), complex(1.0, 2.0)]], [[complex(1.0, 2.0), complex(1.0, 2.0), complex(1.0, 2.0)], [complex(1.0, 2.0), complex(1.0, 2.0), complex(1.0, 2.0)], [complex(1.0, 2.0), complex(1.0, 2.0), complex(1.0, 2.0)]], [[complex(1.0, 2.0), complex(1.0, 2.0), complex(1.0, 2.0)], [complex(1.0, 2.0), complex(1.0, 2.0), complex(1.0, 2.0)], [complex(1.0, 2.0), complex(1.0, 2.0), complex(1.0, 2.0)]]]),
    ("concatenate", lambda t1, t2, t3: nx.concatenate([t1, t2, t3], axis=0), (iota((2, 2, 2), "i4"), iota((1, 2, 2), "i4"), iota((1, 2, 2), "i4")), [[[0, 1], [2, 3]], [[4, 5], [6, 7]], [[0, 1], [2, 3]], [[0, 1], [2, 3]]]),
    ("concatenate", lambda t1, t2, t3: nx.concatenate([t1, t2, t3], axis=1), (iota((1, 3, 2), "i4"), i4([[[0, 1]]]), iota((1, 2, 2), "i4")), [[[0, 1], [2, 3], [4, 5], [0, 1], [0, 1], [2, 3]]]),
    ("concatenate", lambda t1, t2, t3: nx.concatenate([t1, t2, t3], axis=1), (iota((2, 2, 2), "i4"), i4([[[10, 11], [12, 13]], [[14, 15], [16, 17]]]), i4([[[20, 21], [22, 23]], [[24, 25], [26, 27]]])), [[[0, 1], [2, 3], [10, 11], [12, 13], [20, 21], [22, 23]], [[4, 5], [6, 7], [14, 15], [16, 17], [24, 25], [26, 27]]]),
    ("concatenate", lambda t1, t2, t3: nx.concatenate([t1, t2, t3], axis=2), (iota((2, 1, 4), "i4"), i4([[[0]], [[1]]]), iota((2, 1, 3), "i4")), [[[0, 1, 2, 3, 0, 0, 1, 2]], [[4, 5, 6, 7, 1, 3, 4, 5]]]),
    ("concatenate", lambda t1: nx.concatenate([t1], axis=2), (iota((2, 1, 4), "i4"),), [[[0, 1, 2, 3]], [[4, 5, 6, 7]]]),
    ("concatenate", lambda: nx.concatenate([tensor([1]), tensor([2])], axis=0), (), [1, 2]),
    ("cond", cond_program_1, (i4([-1, 0, 1]), i4(2), f4(3.0)), -5.0),
    ("cond", cond_program_1, (i4([1, 2, 3]), i4(2), f4(3.0)), 36.0),
    ("cond", cond_program_1, (i4([-1, -2, -3]), i4(2), f4(3.0)), -1.0),
    ("cond", cond_program_2, (i4(1), iota((5,), "i4")), 2),
    ("cond", cond_program_2, (i4(1), i4([-1, 1, 0, 1, 2])), -1),
    ("cond", cond_program_2, (i4(1), i4([2, 1, 0, -1, 1])), 1),
    ("cond", cond_program_3, (i4(10),), 1),
    ("cond", cond_program_3, (i4(-10),), 0),
    ("cond", cond_program_4, (i4(1), i4(2)), 1),
    ("cond", cond_program_4, (i4(1), i4(-2)), 0),
    ("conjugate", lambda x: nx.conjugate(x), (c8(complex(1.0, 2.0)),), complex(1.0, -2.0)),
    ("conjugate", lambda x: nx.conjugate(x), (i4(1),), 1.0 + 0j),
    ("conjugate", lambda x: nx.conjugate(x), (c8([complex(1.0, 2.0), complex(2.0, -4.0)]),), [complex(1.0, -2.0), complex(2.0, 4.0)]),
    ("convolution", lambda inp, kernel: nx.conv(inp, kernel, batch_group_size=2), (iota((2, 4, 4, 4), "f4"), iota((4, 4, 2, 2), "f4")), [[[[4496.0, 4616.0, 4736.0], [4976.0, 5096.0, 5216.0], [5456.0, 5576.0, 5696.0]], [[11280.0, 11656.0, 12032.0], [12784.0, 13160.0, 13536.0], [14288.0, 14664.0, 15040.0]], [[58512.0, 59144.0, 59776.0], [61040.0, 61672.0, 62304.0], [63568.0, 64200.0, 64832.0]], [[81680.0, 82568.0, 83456.0], [85232.0, 86120.0, 87008.0], [88784.0, 89672.0, 90560.0]]]]),
    ("convolution", lambda inp, kernel: nx.conv(inp, kernel, batch_group_size=4, padding=[(2, (-1)), (1, 0)], input_dilation=[2, 1]), (iota((8, 2, 4, 4), "f4"), iota((4, 2, 2, 2), "f4")), [[[[0.0, 0.0, 0.0, 0.0], [112.0, 218.0, 236.0, 254.0], [80.0, 150.0, 160.0, 170.0], [152.0, 290.0, 308.0, 326.0], [104.0, 190.0, 200.0, 210.0], [192.0, 362.0, 380.0, 398.0], [128.0, 230.0, 240.0, 250.0]], [[0.0, 0.0, 0.0, 0.0], [1904.0, 3690.0, 3740.0, 3790.0], [1616.0, 3110.0, 3152.0, 3194.0], [2008.0, 3890.0, 3940.0, 3990.0], [1704.0, 3278.0, 3320.0, 3362.0], [2112.0, 4090.0, 4140.0, 4190.0], [1792.0, 3446.0, 3488.0, 3530.0]], [[0.0, 0.0, 0.0, 0.0], [5744.0, 11258.0, 11340.0, 11422.0], [5200.0, 10166.0, 10240.0, 10314.0], [5912.0, 11586.0, 11668.0, 11750.0], [5352.0, 10462.0, 10536.0, 10610.0], [6080.0, 11914.0, 11996.0, 12078.0], [5504.0, 10758.0, 10832.0, 10906.0]], [[0.0, 0.0, 0.0, 0.0], [11632.0, 22922.0, 23036.0, 23150.0], [10832.0, 21318.0, 21424.0, 21530.0], [11864.0, 23378.0, 23492.0, 23606.0], [11048.0, 21742.0, 21848.0, 21954.0], [12096.0, 23834.0, 23948.0, 24062.0], [11264.0, 22166.0, 22272.0, 22378.0]]], [[[0.0, 0.0, 0.0, 0.0], [432.0, 794.0, 812.0, 830.0], [272.0, 470.0, 480.0, 490.0], [472.0, 866.0, 884.0, 902.0], [296.0, 510.0, 520.0, 530.0], [512.0, 938.0, 956.0, 974.0], [320.0, 550.0, 560.0, 570.0]], [[0.0, 0.0, 0.0, 0.0], [2736.0, 5290.0, 5340.0, 5390.0], [2320.0, 4454.0, 4496.0, 4538.0], [2840.0, 5490.0, 5540.0, 5590.0], [2408.0, 4622.0, 4664.0, 4706.0], [2944.0, 5690.0, 5740.0, 5790.0], [2496.0, 4790.0, 4832.0, 4874.0]], [[0.0, 0.0, 0.0, 0.0], [7088.0, 13882.0, 13964.0, 14046.0], [6416.0, 12534.0, 12608.0, 12682.0], [7256.0, 14210.0, 14292.0, 14374.0], [6568.0, 12830.0, 12904.0, 12978.0], [7424.0, 14538.0, 14620.0, 14702.0], [6720.0, 13126.0, 13200.0, 13274.0]], [[0.0, 0.0, 0.0, 0.0], [13488.0, 26570.0, 26684.0, 26798.0], [12560.0, 24710.0, 24816.0, 24922.0], [13720.0, 27026.0, 27140.0, 27254.0], [12776.0, 25134.0, 25240.0, 25346.0], [13952.0, 27482.0, 27596.0, 27710.0], [12992.0, 25558.0, 25664.0, 25770.0]]]]),
    ("dot", lambda a, b: nx.dot(nx.conjugate(a), b), (c16([[2.0 + 0j, 0.0 + 0j, 0.0 + 0j], [complex(1.0, 1.0), 3.0 + 0j, 0.0 + 0j], [complex(0.0, 2.0), complex(1.0, -1.0), 1.0 + 0j]]), c16([0.5 + 0j, complex(0.5, 0.5), 3.0 + 0j])), [1.0 + 0j, complex(2.0, 1.0), 3.0 + 0j]),
    ("dot", lambda a, b: nx.dot(a, nx.conjugate(b)), (c16([[complex(1.0, 3.166667), complex(-0.3333333, -0.6666667), 3.0 + 0j], [complex(1.5, 2.333333), complex(-0.6666667, -0.3333333), complex(2.0, -1.0)]]), c16([[2.0 + 0j, 0.0 + 0j, 0.0 + 0j], [complex(1.0, 1.0), 3.0 + 0j, 0.0 + 0j], [complex(0.0, 2.0), complex(1.0, -1.0), 1.0 + 0j]])), [[1.0 + 0j, complex(2.0, 1.0), 3.0 + 0j], [complex(0.0, 1.0), 1.0 + 0j, complex(2.0, -1.0)]]),
    ("dot", lambda a, b: nx.dot(a, b), (f8([[-0.0, 0.9128709], [0.4472136, 0.3651484], [0.8944272, -0.1825742]]), f8([[4.472136, 5.813777], [0.0, 1.095445]])), [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]),
    ("dot", lambda a, b: nx.dot(a, b), (f8([[-0.0, 0.9128709, 0.4082483], [0.4472136, 0.3651484, -0.8164966], [0.8944272, -0.1825742, 0.4082483]]), f8([[4.472136, 5.813777], [0.0, 1.095445], [0.0, 0.0]])), [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]),
    ("dot", lambda a, b: nx.dot(a, b), (f8([[-0.0, 1.0], [1.0, -0.0]]), f8([[3.0, 4.0, 5.0], [-0.0, 1.0, 2.0]])), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
    ("dot", lambda a, b, c: nx.dot(nx.dot(a, b), c), (f8([[-0.1351189, 0.9028157, 0.4082483], [-0.4963351, 0.2949318, -0.8164966], [-0.8575513, -0.3129521, 0.4082483]]), f8([[14.22671, 0.0, 0.0], [0.0, 1.265226, 0.0], [0.0, 0.0, 5.89938e-16]]), f8([[-0.4663281, -0.5709908, -0.6756535], [-0.7847748, -0.08545673, 0.6138613], [-0.4082483, 0.8164966, -0.4082483]])), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]),
    ("dot", lambda a, b, c: nx.dot(nx.dot(a, b), c), (f8([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), f8([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), f8([[1.0, 0.0], [0.0, 1.0]])), [[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
    ("dot", lambda a, b, c: nx.dot(nx.dot(a, b), nx.transpose(c)), (f8([[1.0, 0.0], [0.0, 1.0]]), f8([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), f8([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])), [[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    ("dot_product", lambda a, b: nx.dot(a, b), (i4(2), i4(2)), 4),
    ("dot_product", lambda a, b: nx.dot(a, b), (f4(2.0), f4(2.0)), 4.0),
    ("dot_product", lambda a, b: nx.dot(a, b), (f4(-2.0), i4(-2)), 4.0),
    ("dot_product", lambda a, b: nx.dot(a, b), (i4([1, 2, 3]), i4([4, 5, 6])), 32),
    ("dot_product", lambda a, b: nx.dot(a, b), (f4([1.0, 2.0, 3.0]), i4([4, 5, 6])), 32.0),
    ("dot_product", lambda a, b: nx.dot(a, b), (f4([1.0, 2.0, 3.0]), f4([4.0, 5.0, 6.0])), 32.0),
    ("dot_product", lambda a, b: nx.dot(a, b), (i4([[1, 2, 3], [4, 5, 6]]), i4([[7, 8], [9, 10], [11, 12]])), [[58, 64], [139, 154]]),
    ("dot_product", lambda a, b: nx.dot(a, b), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), f4([[7.0, 8.0], [9.0, 10.0], [11.0, 12.0]])), [[58.0, 64.0], [139.0, 154.0]]),
    ("dot_product", lambda a, b: nx.dot(a, b), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), i4([[7, 8], [9, 10], [11, 12]])), [[58.0, 64.0], [139.0, 154.0]]),
    ("dot_product", lambda a, b: nx.dot(a, b), (i4([[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]]), i4([[[1, 2, 3], [3, 4, 5], [5, 6, 7]]])), [[[[22, 28, 34]], [[49, 64, 79]], [[76, 100, 124]]], [[[22, 28, 34]], [[49, 64, 79]], [[76, 100, 124]]]]),
    ("dot_product", lambda t1, t2: nx.dot(t1, [1], [0], t2, [1], [0]), (iota((3, 2, 3), "f4"), iota((3, 2, 2), "f4")), [[[6.0, 9.0], [8.0, 13.0], [10.0, 17.0]], [[78.0, 93.0], [88.0, 105.0], [98.0, 117.0]], [[246.0, 273.0], [264.0, 293.0], [282.0, 313.0]]]),
    ("dot_product", lambda t1, t2: nx.dot(t1, [0, 1], [], t2, [1, 2], []), (iota((4, 5, 2), "f4"), iota((2, 4, 5), "f4")), [[4940.0, 12540.0], [5130.0, 13130.0]]),
    ("element_wise_bitwise_operators", lambda a, b: nx.bitwise_and(a, b), (i4([-2, -1, 0, 1, 2]), iota((5, 1), "i4")), [[0, 0, 0, 0, 0], [0, 1, 0, 1, 0], [2, 2, 0, 0, 2], [2, 3, 0, 1, 2], [4, 4, 0, 0, 0]]),
    ("element_wise_bitwise_operators", lambda a, b: nx.bitwise_or(a, b), (i4([-2, -1, 0, 1, 2]), iota((5, 1), "i4")), [[-2, -1, 0, 1, 2], [-1, -1, 1, 1, 3], [-2, -1, 2, 3, 2], [-1, -1, 3, 3, 3], [-2, -1, 4, 5, 6]]),
    ("element_wise_bitwise_operators", lambda a: nx.bitwise_not(a), (i4([-2, -1, 0, 1, 2]),), [1, 0, -1, -2, -3]),
    ("element_wise_bitwise_operators", lambda a: nx.population_count(a), (i4([-2, -1, 0, 1, 2]),), [31, 32, 0, 1, 1]),
    ("element_wise_bitwise_operators", lambda a: nx.count_leading_zeros(a), (i4([-2, -1, 0, 1, 2]),), [0, 0, 32, 31, 30]),
    ("element_wise_bitwise_operators", lambda a, b: nx.left_shift(a, b), (i4([-2, -1, 0, 1, 2]), iota((5, 1), "i4")), [[-2, -1, 0, 1, 2], [-4, -2, 0, 2, 4], [-8, -4, 0, 4, 8], [-16, -8, 0, 8, 16], [-32, -16, 0, 16, 32]]),
    ("element_wise_bitwise_operators", lambda a, b: nx.right_shift(a, b), (i1([-128, -127, -2, -1, 0, 1, 2, 126, 127]), iota((9, 1), "i1")), [[-128, -127, -2, -1, 0, 1, 2, 126, 127], [-64, -64, -1, -1, 0, 0, 1, 63, 63], [-32, -32, -1, -1, 0, 0, 0, 31, 31], [-16, -16, -1, -1, 0, 0, 0, 15, 15], [-8, -8, -1, -1, 0, 0, 0, 7, 7], [-4, -4, -1, -1, 0, 0, 0, 3, 3], [-2, -2, -1, -1, 0, 0, 0, 1, 1], [-1, -1, -1, -1, 0, 0, 0, 0, 0], [-1, -1, -1, -1, 0, 0, 0, 0, 0]]),
    ("element_wise_bitwise_operators", lambda a, b: nx.right_shift(a, b), (u1([0, 1, 2, 253, 254, 255]), iota((6, 1), "u1")), [[0, 1, 2, 253, 254, 255], [0, 0, 1, 126, 127, 127], [0, 0, 0, 63, 63, 63], [0, 0, 0, 31, 31, 31], [0, 0, 0, 15, 15, 15], [0, 0, 0, 7, 7, 7]]),
    ("equal", lambda a, b: nx.equal(a, b), (i4(1), i4(2)), 0),
    ("equal", lambda a, b: nx.equal(a, b), (i4(1), i4([1, 2, 3])), [1, 0, 0]),
    ("equal", lambda a, b: nx.equal(a, b), (i4([1, 2, 3]), f4([1.0, 2.0, 3.0])), [1, 1, 1]),
    ("equal", lambda y_true, y_pred: nx.equal(nx.equal(y_pred, y_pred), y_true), (i4(1), i4(1)), 1),
    ("exp", lambda a: (lambda t: nx.exp(t))(a), (i4([1, 2, 3]),), [2.718282, 7.389056, 20.08554]),
    ("exp", lambda a: (lambda t: nx.exp(t))(a), (f4([1.0, 2.0, 3.0]),), [2.718282, 7.389056, 20.08554]),
    ("eye", lambda: nx.eye(2), (), [[1, 0], [0, 1]]),
    ("eye", lambda: nx.eye(1, type="float32"), (), [[1.0]]),
    ("gather", lambda t, idx: nx.gather(t, idx), (i4([[1, 2], [3, 4]]), i4([[1, 1], [0, 1], [1, 0]])), [4, 2, 3]),
    ("gather", lambda t, idx: nx.gather(t, idx), (i4([[[1, 2], [11, 12]], [[101, 102], [111, 112]]]), i4([[0, 0, 0], [0, 1, 1], [1, 1, 1]])), [1, 12, 112]),
    ("gather", lambda t, idx: nx.gather(t, idx), (i4([[1, 2], [3, 4]]), i4([[[1, 1], [0, 0]], [[1, 0], [0, 1]]])), [[4, 1], [3, 2]]),
    ("greater", lambda a, b: nx.greater(a, b), (i4(1), i4(2)), 0),
    ("greater", lambda a, b: nx.greater(a, b), (i4(1), i4([1, 2, 3])), [0, 0, 0]),
    ("greater", lambda a, b: nx.greater(a, b), (i4([1, 2, 3]), f4([1.0, 2.0, 3.0])), [0, 0, 0]),
    ("greater_equal", lambda a, b: nx.greater_equal(a, b), (i4(1), i4(2)), 0),
    ("greater_equal", lambda a, b: nx.greater_equal(a, b), (i4(1), i4([1, 2, 3])), [1, 0, 0]),
    ("greater_equal", lambda a, b: nx.greater_equal(a, b), (i4([1, 2, 3]), f4([1.0, 2.0, 3.0])), [1, 1, 1]),
    ("if", lambda a, b, c: choose(a, (lambda: b), (lambda: c)), (i4(0), i2(1), f4(2.0)), 2.0),
    ("if", lambda a, b, c: choose(a, (lambda: b), (lambda: c)), (i4(1), i2(1), f4(2.0)), 1.0),
    ("if", lambda a, b, c: choose(a, (lambda: b), (lambda: c)), (i4(2), i2(1), f4(2.0)), 1.0),
    ("if", lambda a, b, c: choose(a, (lambda: (b + c)), (lambda: (b - c))), (i4(0), i4(1), i4(2)), -1),
    ("if", lambda a, b, c: choose(a, (lambda: (b + c)), (lambda: (b - c))), (i4(1), i4(1), i4(2)), 3),
    ("if", if_program_1, (i4(0), i4(1), i4(2)), -1),
    ("if", if_program_1, (i4(2), i4(1), i4(2)), 12),
    ("if", lambda a, b, c: choose(a, (lambda: ((a, b), c)), (lambda: ((c, b), a))), (i4(0), i4(10), i4(20)), ((20, 10), 0)),
    ("if", lambda a, b, c: choose(a, (lambda: ((a, b), c)), (lambda: ((c, b), a))), (i4(1), i4(10), i4(20)), ((1, 10), 20)),
    ("if", if_program_2, (i4(0), i4(10), i4(20)), 200),
    ("if", if_program_2, (i4(1), i4(10), i4(20)), -10),
    ("if", if_program_3, (i4(1), i4(1)), 2),
    ("if", if_program_4, (i4(0), i4(10), i4(20)), (20, 10)),
    ("if", if_program_4, (i4(1), i4(10), i4(20)), (1, 10)),
    ("if", lambda a, b, c: choose(a, (lambda: ({"a": a, "b": b, "c": 1}, c)), (lambda: ({"a": c, "b": b, "c": 2}, a))), (i4(0), i4(10), i4(20)), ({"a": 20, "b": 10, "c": 2}, 0)),
    ("if", lambda a, b, c: choose(a, (lambda: ({"a": a, "b": b, "c": 1}, c)), (lambda: ({"a": c, "b": b, "c": 2}, a))), (i4(1), i4(10), i4(20)), ({"a": 1, "b": 10, "c": 1}, 20)),
    ("if", if_program_5, (i4(0), i4(10), i4(20)), 200),
    ("if", if_program_5, (i4(1), i4(10), i4(20)), -10),
    ("imag", lambda x: nx.imag(x), (c8(complex(1.0, 2.0)),), 2.0),
    ("imag", lambda x: nx.imag(x), (i4(1),), 0.0),
    ("imag", lambda x: nx.imag(x), (c8([complex(1.0, 2.0), complex(2.0, -4.0)]),), [2.0, -4.0]),
    ("indexed_add", lambda t, i, u: nx.indexed_add(t, i, u), (i4([0]), i4([[0]]), i4([1])), [1]),
    ("indexed_add", lambda t, i, u: nx.indexed_add(t, i, u), (i4([0]), i4([[0]]), f4([1.0])), [1.0]),
    ("indexed_add", lambda t, i, u: nx.indexed_add(t, i, u), (f4([0.0]), i4([[0]]), i4([1])), [1.0]),
    ("indexed_add", lambda t, i, u: nx.indexed_add(t, i, u), (f8([0.0]), i4([[0]]), f4([1.0])), [1.0]),
    ("indexed_put", lambda t, i, u: nx.indexed_put(t, i, u), (i4([0]), i4([[0]]), i4([1])), [1]),
    ("indexed_put", lambda t, i, u: nx.indexed_put(t, i, u), (i4([0]), i4([[0]]), f4([1.0])), [1.0]),
    ("indexed_put", lambda t, i, u: nx.indexed_put(t, i, u), (f4([0.0]), i4([[0]]), i4([1])), [1.0]),
    ("indexed_put", lambda t, i, u: nx.indexed_put(t, i, u), (f8([0.0]), i4([[0]]), f4([1.0])), [1.0]),
    ("iota", lambda: nx.iota((3, 4, 2, 3), axis=2), (), [[[[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]]], [[[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]]], [[[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]], [[0, 0, 0], [1, 1, 1]]]]),
    ("iota", lambda: nx.iota((1, 2, 3), axis=1, type="float32"), (), [[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]]),
    ("iota", lambda: nx.iota((2, 2, 2)), (), [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]),
    ("iota", lambda: nx.iota((2, 2, 2), axis=(-2)), (), [[[0, 0], [1, 1]], [[0, 0], [1, 1]]]),
    ("less", lambda a, b: nx.less(a, b), (i4(1), i4(2)), 1),
    ("less", lambda a, b: nx.less(a, b), (i4(1), i4([1, 2, 3])), [0, 1, 1]),
    ("less", lambda a, b: nx.less(a, b), (i4([1, 2, 3]), f4([1.0, 2.0, 3.0])), [0, 0, 0]),
    ("less_equal", lambda a, b: nx.less_equal(a, b), (i4(1), i4(2)), 1),
    ("less_equal", lambda a, b: nx.less_equal(a, b), (i4(1), i4([1, 2, 3])), [1, 1, 1]),
    ("less_equal", lambda a, b: nx.less_equal(a, b), (i4([1, 2, 3]), f4([1.0, 2.0, 3.0])), [1, 1, 1]),
    ("logical", lambda a, b: nx.logical_and(a, b), (i4([-1, 0, 1]), i4([[-1], [0], [1]])), [[1, 0, 1], [0, 0, 0], [1, 0, 1]]),
    ("logical", lambda a, b: nx.logical_and(a, b), (f4([-1.0, 0.0, 1.0]), i4([[-1], [0], [1]])), [[1, 0, 1], [0, 0, 0], [1, 0, 1]]),
    ("logical", lambda a, b: nx.logical_or(a, b), (i4([-1, 0, 1]), i4([[-1], [0], [1]])), [[1, 1, 1], [1, 0, 1], [1, 1, 1]]),
    ("logical", lambda a, b: nx.logical_or(a, b), (f4([-1.0, 0.0, 1.0]), i4([[-1], [0], [1]])), [[1, 1, 1], [1, 0, 1], [1, 1, 1]]),
    ("logical", lambda a, b: nx.logical_xor(a, b), (i4([-1, 0, 1]), i4([[-1], [0], [1]])), [[0, 1, 0], [1, 0, 1], [0, 1, 0]]),
    ("logical", lambda a, b: nx.logical_xor(a, b), (f4([-1.0, 0.0, 1.0]), i4([[-1], [0], [1]])), [[0, 1, 0], [1, 0, 1], [0, 1, 0]]),
    ("logical", lambda a: nx.logical_not(a), (i4([-2, -1, 0, 1, 2]),), [0, 0, 1, 0, 0]),
    ("logical", lambda a, b, c: nx.logical_and(nx.logical_and((lambda x: nx.all(nx.logical_not(nx.is_infinity(x))))(a), (lambda x: nx.all(nx.logical_not(nx.is_infinity(x))))(b)), (lambda x: nx.all(nx.logical_not(nx.is_infinity(x))))(c)), (i4(1), i4(0), f4(2.0)), 1),
    ("mean", lambda t: nx.mean(t), (i4(42),), 42.0),
    ("mean", lambda t: nx.mean(t), (i4([1, 2, 3]),), 2.0),
    ("mean", lambda t: nx.mean(t), (u1([1, 2, 3]),), 2.0),
    ("mean", lambda t: nx.mean(t, axes=[0]), (i4([1, 2, 3]),), 2.0),
    ("mean", lambda t: nx.mean(t, axes=[0]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
    ("mean", lambda t: nx.mean(t, axes=[0, 2]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [5.0, 8.0]),
    ("mean", lambda t: nx.mean(t, axes=[(-1)]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[2.0, 5.0], [8.0, 11.0]]),
    ("mean", lambda t: nx.mean(nx.equal(t, 1.0)), (i4(1),), 1.0),
    ("mean", lambda t: nx.mean(nx.equal(t, 1.0)), (i4([1, 1, 1]),), 1.0),
    ("mean", lambda t: nx.mean(nx.equal(t, 1.0)), (i4([1, 2, 3]),), 0.3333333),
    ("mean", lambda a: (lambda t: nx.mean(t, keep_axes=True))(a), (i4([1, 2, 3]),), [2.0]),
    ("mean", lambda a: (lambda t: nx.mean(t, keep_axes=True))(a), (f4([1.0, 2.0, 3.0]),), [2.0]),
    ("mean", lambda a: (lambda t: nx.mean(t, axes=[0, 2], keep_axes=True))(a), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[2.0], [5.0]]]),
    ("metadata", lambda a, b: stop_grad(nx.add(a, b)), (i4(1), i4(2)), 3),
    ("non_finite", lambda: nx.constants.infinity("float32"), (), inf),
    ("non_finite", lambda: nx.constants.neg_infinity("float32"), (), -inf),
    ("non_finite", lambda: nx.constants.nan("float32"), (), nan),
    ("non_finite", lambda: nx.negate(nx.constants.infinity("float32")), (), -inf),
    ("not_equal", lambda a, b: nx.not_equal(a, b), (i4(1), i4(2)), 1),
    ("not_equal", lambda a, b: nx.not_equal(a, b), (i4(1), i4([1, 2, 3])), [0, 1, 1]),
    ("not_equal", lambda a, b: nx.not_equal(a, b), (i4([1, 2, 3]), f4([1.0, 2.0, 3.0])), [0, 0, 0]),
    ("optional", lambda t: nx.linalg.determinant(t), (i4([[1, 2], [3, 4]]),), -2.0),
    ("optional", lambda a, b: nx.linalg.determinant(a) * nx.linalg.determinant(b), (i4([[1, 2], [3, 4]]), i4([[10, 20], [30, 40]])), 400.0),
    ("other", lambda a, b: a + b, (f4(1.0), f4(2.0)), 3.0),
    ("other", lambda a, b: a + b, (i4(1), i4(2)), 3),
    ("other", lambda a, b: a + b, (i4([1, 2]), i4([3, 4])), [4, 6]),
    ("other", lambda a, b: a + b, (f4([1.0, 2.0]), f4([3.0, 4.0])), [4.0, 6.0]),
    ("pad", lambda t: nx.pad(t, 0, []), (i4(1),), 1),
    ("pad", lambda t: nx.pad(t, 0, [(1, 1, 0)]), (i4([1, 2, 3]),), [0, 1, 2, 3, 0]),
    ("pad", lambda t: nx.pad(t, 0, [(1, 1, 0), (1, 1, 0)]), (i4([[1, 2, 3], [4, 5, 6]]),), [[0, 0, 0, 0, 0], [0, 1, 2, 3, 0], [0, 4, 5, 6, 0], [0, 0, 0, 0, 0]]),
    ("pad", lambda t: nx.pad(t, 0.0, [(1, 2, 0), (1, 0, 0), (0, 1, 0)]), (i4([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),), [[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [1.0, 2.0, 0.0], [3.0, 4.0, 0.0]], [[0.0, 0.0, 0.0], [5.0, 6.0, 0.0], [7.0, 8.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]),
    ("pad", lambda t: nx.pad(t, 0.0, [(1, 2, 0), (1, 0, 0), (0, 1, 0)]), (f4([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]),), [[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [1.0, 2.0, 0.0], [3.0, 4.0, 0.0]], [[0.0, 0.0, 0.0], [5.0, 6.0, 0.0], [7.0, 8.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]),
    ("pad", lambda t: nx.pad(t, 0.0, [((-1), (-1), 0)]), (f4([1.0, 1.0, 2.0, 3.0, 0.0]),), [1.0, 2.0, 3.0]),
    ("pad", lambda t: nx.pad(t, 0, [(0, 0, 0), ((-1), 1, 0)]), (i4([[0, 1, 2, 3], [0, 4, 5, 6]]),), [[1, 2, 3, 0], [4, 5, 6, 0]]),
    ("pad", lambda t: nx.pad(t, 0, [((-1), 0, 0), ((-1), (-1), 0), (0, (-1), 0)]), (i4([[[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], [[0, 0, 0], [1, 2, 0], [3, 4, 0], [0, 0, 0]], [[0, 0, 0], [5, 6, 0], [7, 8, 0], [0, 0, 0]]]),), [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
    ("product", lambda a: (lambda t: nx.product(t))(a), (i4([1, 2, 3]),), 6),
    ("product", lambda a: (lambda t: nx.product(t))(a), (i1([1, 2, 3]),), 6),
    ("product", lambda a: (lambda t: nx.product(t))(a), (u1([1, 2, 3]),), 6),
    ("product", lambda a: (lambda t: nx.product(t))(a), (f4([1.0, 2.0, 3.0]),), 6.0),
    ("product", lambda t: nx.product(t, axes=[1]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[4, 10, 18], [70, 88, 108]]),
    ("product", lambda t: nx.product(t, axes=[(-3)]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[7, 16, 27], [40, 55, 72]]),
    ("product", lambda t: nx.product(t, axes=[1, (-3)]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [280, 880, 1944]),
    ("product", lambda t: nx.product(nx.equal(t, 1.0)), (i4(1),), 1),
    ("product", lambda t: nx.product(nx.equal(t, 1.0)), (i4([1, 1, 1]),), 1),
    ("product", lambda t: nx.product(nx.equal(t, 1.0)), (i4([1, 2, 3]),), 0),
    ("product", lambda a: (lambda t: nx.product(t, keep_axes=True))(a), (i4([1, 2, 3]),), [6]),
    ("product", lambda a: (lambda t: nx.product(t, keep_axes=True))(a), (f4([1.0, 2.0, 3.0]),), [6.0]),
    ("product", lambda a: (lambda t: nx.product(t, axes=[0, 2], keep_axes=True))(a), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[36], [14400]]]),
    ("put_slice", lambda t1, t2: nx.put_slice(t1, [2], t2), (iota((5,), "i4"), i4([5, 6])), [0, 1, 5, 6, 4]),
    ("put_slice", lambda t1, t2: nx.put_slice(t1, [1, 2], t2), (i4([[1, 2, 3], [4, 5, 6]]), i4([[7, 8], [9, 10]])), [[1, 7, 8], [4, 9, 10]]),
    ("put_slice", lambda t1, t2: nx.put_slice(t1, [2, 2], t2), (f4([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), f4([[7.0, 8.0, 9.0], [10.0, 11.0, 12.0]])), [[7.0, 8.0, 9.0], [10.0, 11.0, 12.0]]),
    ("put_slice", lambda t1, t2: nx.put_slice(t1, [tensor(0), tensor(2)], t2), (i4([[1, 2, 3], [4, 5, 6]]), f4([[10.0, 11.0]])), [[1.0, 10.0, 11.0], [4.0, 5.0, 6.0]]),
    ("real", lambda x: nx.real(x), (c8(complex(1.0, 2.0)),), 1.0),
    ("real", lambda x: nx.real(x), (i4(1),), 1.0),
    ("real", lambda x: nx.real(x), (c8([complex(1.0, 2.0), complex(2.0, -4.0)]),), [1.0, 2.0]),
    ("reduce", lambda a: (lambda t: nx.reduce(t, 1, (lambda a, b: (a * b))))(a), (i4([1, 2, 3]),), 6),
    ("reduce", lambda a: (lambda t: nx.reduce(t, 1, (lambda a, b: (a * b))))(a), (f4([1.0, 2.0, 3.0]),), 6.0),
    ("reduce", lambda a: (lambda t: nx.reduce(t, 1, (lambda a, b: (a * b))))(a), (u1([1, 2, 3]),), 6),
    ("reduce", lambda a: (lambda t: nx.reduce(t, 1, (lambda a, b: (a * b))))(a), (i1([1, 2, 3]),), 6),
    ("reduce", lambda a: (lambda t: nx.reduce(t, 1, (lambda a, b: (a * b)), keep_axes=True))(a), (i4([1, 2, 3]),), [6]),
    ("reduce", lambda a: (lambda t: nx.reduce(t, 1, (lambda a, b: (a * b)), keep_axes=True))(a), (f4([1.0, 2.0, 3.0]),), [6.0]),
    ("reduce", lambda a: (lambda t: nx.reduce(t, 1, (lambda a, b: (a * b)), keep_axes=True, axes=[0, 2]))(a), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[36], [14400]]]),
    ("reduce_max", lambda a: (lambda t: nx.reduce_max(t))(a), (i4([1, 2, 3]),), 3),
    ("reduce_max", lambda a: (lambda t: nx.reduce_max(t))(a), (i1([1, 2, 3]),), 3),
    ("reduce_max", lambda a: (lambda t: nx.reduce_max(t))(a), (u1([1, 2, 3]),), 3),
    ("reduce_max", lambda a: (lambda t: nx.reduce_max(t))(a), (f4([1.0, 2.0, 3.0]),), 3.0),
    ("reduce_max", lambda t: nx.reduce_max(t, axes=[1]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[4, 5, 6], [10, 11, 12]]),
    ("reduce_max", lambda t: nx.reduce_max(t, axes=[(-3)]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[7, 8, 9], [10, 11, 12]]),
    ("reduce_max", lambda t: nx.reduce_max(t, axes=[1, (-3)]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [10, 11, 12]),
    ("reduce_max", lambda a: (lambda t: nx.reduce_max(t, keep_axes=True))(a), (i4([1, 2, 3]),), [3]),
    ("reduce_max", lambda a: (lambda t: nx.reduce_max(t, keep_axes=True))(a), (f4([1.0, 2.0, 3.0]),), [3.0]),
    ("reduce_max", lambda a: (lambda t: nx.reduce_max(t, axes=[0, 2], keep_axes=True))(a), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[3], [6]]]),
    ("reduce_min", lambda a: (lambda t: nx.reduce_min(t))(a), (i4([1, 2, 3]),), 1),
    ("reduce_min", lambda a: (lambda t: nx.reduce_min(t))(a), (i1([1, 2, 3]),), 1),
    ("reduce_min", lambda a: (lambda t: nx.reduce_min(t))(a), (u1([1, 2, 3]),), 1),
    ("reduce_min", lambda a: (lambda t: nx.reduce_min(t))(a), (f4([1.0, 2.0, 3.0]),), 1.0),
    ("reduce_min", lambda a: (lambda t: nx.reduce_min(t))(a), (f4([nan, nan, nan]),), nan),
    ("reduce_min", lambda t: nx.reduce_min(t, axes=[1]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[1, 2, 3], [7, 8, 9]]),
    ("reduce_min", lambda t: nx.reduce_min(t, axes=[(-3)]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[1, 2, 3], [4, 5, 6]]),
    ("reduce_min", lambda t: nx.reduce_min(t, axes=[1, (-3)]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [1, 2, 3]),
    ("reduce_min", lambda a: (lambda t: nx.reduce_min(t, keep_axes=True))(a), (i4([1, 2, 3]),), [1]),
    ("reduce_min", lambda a: (lambda t: nx.reduce_min(t, keep_axes=True))(a), (f4([1.0, 2.0, 3.0]),), [1.0]),
    ("reduce_min", lambda a: (lambda t: nx.reduce_min(t, axes=[0, 2], keep_axes=True))(a), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[1], [4]]]),
    ("reduce_window", lambda t: nx.window_reduce(t, 0, (2, 2), (lambda a, b: (a + b))), (iota((6, 7), "i4"),), [[16, 20, 24, 28, 32, 36], [44, 48, 52, 56, 60, 64], [72, 76, 80, 84, 88, 92], [100, 104, 108, 112, 116, 120], [128, 132, 136, 140, 144, 148]]),
    ("reduce_window", lambda t: nx.window_reduce(t, 0, (2, 2), (lambda a, b: (a + b)), strides=[2, 2]), (iota((11, 10), "i4"),), [[22, 30, 38, 46, 54], [102, 110, 118, 126, 134], [182, 190, 198, 206, 214], [262, 270, 278, 286, 294], [342, 350, 358, 366, 374]]),
    ("reduce_window", lambda t: nx.window_reduce(t, 0, (2, 2), (lambda a, b: (a + b)), padding="same"), (iota((3, 3), "i4"),), [[8, 12, 7], [20, 24, 13], [13, 15, 8]]),
    ("reduce_window", lambda t: nx.window_reduce(t, 0, (2, 2), (lambda a, b: (a + b)), padding="same", strides=[2, 1]), (iota((8, 8), "i4"),), [[18, 22, 26, 30, 34, 38, 42, 22], [82, 86, 90, 94, 98, 102, 106, 54], [146, 150, 154, 158, 162, 166, 170, 86], [210, 214, 218, 222, 226, 230, 234, 118]]),
    ("reduce_window", lambda t: nx.window_reduce(t, 0, (2, 2), (lambda a, b: (a + b)), padding=[(2, 1), (1, 2)]), (iota((3, 3), "i4"),), [[0, 0, 0, 0, 0], [0, 1, 3, 2, 0], [3, 8, 12, 7, 0], [9, 20, 24, 13, 0], [6, 13, 15, 8, 0]]),
    ("reduce_window", lambda t: nx.window_reduce(t, 0, (2, 2), (lambda a, b: (a + b)), padding=[(1, 2), (2, 1)], strides=[2, 1]), (iota((7, 7), "i4"),), [[0, 0, 1, 3, 5, 7, 9, 11, 6], [0, 21, 44, 48, 52, 56, 60, 64, 33], [0, 49, 100, 104, 108, 112, 116, 120, 61], [0, 77, 156, 160, 164, 168, 172, 176, 89], [0, 0, 0, 0, 0, 0, 0, 0, 0]]),
    ("reduce_window", lambda t: nx.window_reduce(t, 0, (1, 2, 1, 2, 1, 2), (lambda a, b: (a + b)), padding="same", strides=[2, 1, 1, 1, 1, 2]), (iota((4, 2, 4, 3, 1, 3), "i4"),), [[[[[[160, 86]], [[184, 98]], [[98, 52]]], [[[232, 122]], [[256, 134]], [[134, 70]]], [[[304, 158]], [[328, 170]], [[170, 88]]], [[[376, 194]], [[400, 206]], [[206, 106]]]], [[[[152, 79]], [[164, 85]], [[85, 44]]], [[[188, 97]], [[200, 103]], [[103, 53]]], [[[224, 115]], [[236, 121]], [[121, 62]]], [[[260, 133]], [[272, 139]], [[139, 71]]]]], [[[[[1312, 662]], [[1336, 674]], [[674, 340]]], [[[1384, 698]], [[1408, 710]], [[710, 358]]], [[[1456, 734]], [[1480, 746]], [[746, 376]]], [[[1528, 770]], [[1552, 782]], [[782, 394]]]], [[[[728, 367]], [[740, 373]], [[373, 188]]], [[[764, 385]], [[776, 391]], [[391, 197]]], [[[800, 403]], [[812, 409]], [[409, 206]]], [[[836, 421]], [[848, 427]], [[427, 215]]]]]]),
    ("reduce_window", lambda t: nx.window_reduce(t, 0, (2, 1, 2), (lambda a, b: (a + b)), padding="same", strides=[1, 2, 1], window_dilations=[2, 1, 1]), (iota((6, 4, 3), "i4"),), [[[25, 27, 14], [37, 39, 20]], [[50, 54, 28], [74, 78, 40]], [[98, 102, 52], [122, 126, 64]], [[146, 150, 76], [170, 174, 88]], [[194, 198, 100], [218, 222, 112]], [[97, 99, 50], [109, 111, 56]]]),
    ("remainder", lambda a, b: nx.remainder(a, b), (i4([-1023, 1023]), i4([[-4], [4]])), [[-3, 3], [-3, 3]]),
    ("remainder", lambda a, b: nx.remainder(a, b), (f4([-8.3, -8.4, -8.5, 8.3, 8.4, 8.5]), f4([[-4.2], [-4.1], [-4.0], [4.0], [4.1], [4.2]])), [[-4.1, -0.0, -0.1000004, 4.1, 0.0, 0.1000004], [-0.1000004, -0.1999998, -0.3000002, 0.1000004, 0.1999998, 0.3000002], [-0.3000002, -0.3999996, -0.5, 0.3000002, 0.3999996, 0.5], [-0.3000002, -0.3999996, -0.5, 0.3000002, 0.3999996, 0.5], [-0.1000004, -0.1999998, -0.3000002, 0.1000004, 0.1999998, 0.3000002], [-4.1, -0.0, -0.1000004, 4.1, 0.0, 0.1000004]]),
    ("reshape", lambda t: nx.reshape(t, (2, 2)), (i4([1, 2, 3, 4]),), [[1, 2], [3, 4]]),
    ("reshape", lambda t, shape: nx.reshape(t, shape), (i4([1, 2, 3, 4]), i4([[0, 0], [0, 0]])), [[1, 2], [3, 4]]),
    ("reshape", lambda t, shape: nx.reshape(t, shape), (i4([1, 2, 3, 4]), i4([[0], [0], [0], [0]])), [[1], [2], [3], [4]]),
    ("reverse", lambda t: nx.reverse(t), (iota((10,), "i4"),), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    ("reverse", lambda t: nx.reverse(t), (iota((2, 4), "i4"),), [[7, 6, 5, 4], [3, 2, 1, 0]]),
    ("reverse", lambda t: nx.reverse(t), (iota((3, 3, 3), "i4"),), [[[26, 25, 24], [23, 22, 21], [20, 19, 18]], [[17, 16, 15], [14, 13, 12], [11, 10, 9]], [[8, 7, 6], [5, 4, 3], [2, 1, 0]]]),
    ("reverse", lambda t: nx.reverse(t), (iota((2, 1, 4, 2), "i4"),), [[[[15, 14], [13, 12], [11, 10], [9, 8]]], [[[7, 6], [5, 4], [3, 2], [1, 0]]]]),
    ("reverse", lambda t: nx.reverse(t, axes=[1]), (iota((2, 3), "i4"),), [[2, 1, 0], [5, 4, 3]]),
    ("reverse", lambda t: nx.reverse(t, axes=[0, 2]), (iota((2, 3, 4), "i4"),), [[[15, 14, 13, 12], [19, 18, 17, 16], [23, 22, 21, 20]], [[3, 2, 1, 0], [7, 6, 5, 4], [11, 10, 9, 8]]]),
    ("reverse", lambda t: nx.reverse(t, axes=[1, 2, 4]), (iota((2, 2, 1, 3, 4), "i4"),), [[[[[15, 14, 13, 12], [19, 18, 17, 16], [23, 22, 21, 20]]], [[[3, 2, 1, 0], [7, 6, 5, 4], [11, 10, 9, 8]]]], [[[[39, 38, 37, 36], [43, 42, 41, 40], [47, 46, 45, 44]]], [[[27, 26, 25, 24], [31, 30, 29, 28], [35, 34, 33, 32]]]]]),
    ("select", lambda pred, x, y: nx.select(pred, x, y), (i4(1), i4([1, 2, 3]), i4([4, 5, 6])), [1, 2, 3]),
    ("select", lambda pred, x, y: nx.select(pred, x, y), (i4(1), u1([1, 2, 3]), u1([4, 5, 6])), [1, 2, 3]),
    ("select", lambda pred, x, y: nx.select(pred, x, y), (i4(1), u1([1, 2, 3]), f4([4.0, 5.0, 6.0])), [1.0, 2.0, 3.0]),
    ("select", lambda pred, x, y: nx.select(pred, x, y), (i4([1, 0, 1, 0, 1]), i4([10]), i4([1, 2, 3, 4, 5])), [10, 2, 10, 4, 10]),
    ("select", lambda pred, x, y: nx.select(pred, x, y), (i4([-2, -1, 0, 1, 2]), i4([10]), i4([1, 2, 3, 4, 5])), [10, 10, 3, 10, 10]),
    ("shape", lambda a, b: nx.shape((lambda a, b: nx.remainder(a, b))(a, b)), (i4([-1023, 1023]), i4([[-4], [4]])), (2, 2)),
    ("shape", lambda a, b: nx.shape((lambda a, b: nx.remainder(a, b))(a, b)), (f4([-8.3, -8.4, -8.5, 8.3, 8.4, 8.5]), f4([[-4.2], [-4.1], [-4.0], [4.0], [4.1], [4.2]])), (6, 6)),
    ("shape", lambda a, b: nx.shape((lambda a, b: nx.bitwise_and(a, b))(a, b)), (i4([-2, -1, 0, 1, 2]), iota((5, 1), "i4")), (5, 5)),
    ("shape", lambda a, b: nx.shape((lambda a, b: nx.bitwise_or(a, b))(a, b)), (i4([-2, -1, 0, 1, 2]), iota((5, 1), "i4")), (5, 5)),
    ("shape", lambda a: nx.shape((lambda a: nx.bitwise_not(a))(a)), (i4([-2, -1, 0, 1, 2]),), (5,)),
    ("shape", lambda a: nx.shape((lambda a: nx.population_count(a))(a)), (i4([-2, -1, 0, 1, 2]),), (5,)),
    ("shape", lambda a: nx.shape((lambda a: nx.count_leading_zeros(a))(a)), (i4([-2, -1, 0, 1, 2]),), (5,)),
    ("shape", lambda a, b: nx.shape((lambda a, b: nx.left_shift(a, b))(a, b)), (i4([-2, -1, 0, 1, 2]), iota((5, 1), "i4")), (5, 5)),
    ("shape", lambda a, b: nx.shape((lambda a, b: nx.right_shift(a, b))(a, b)), (i1([-128, -127, -2, -1, 0, 1, 2, 126, 127]), iota((9, 1), "i1")), (9, 9)),
    ("shape", lambda a, b: nx.shape((lambda a, b: nx.right_shift(a, b))(a, b)), (u1([0, 1, 2, 253, 254, 255]), iota((6, 1), "u1")), (6, 6)),
    ("shape", lambda a: nx.shape(a), (c8([[complex(-71107140.0, -93369100.0), 0.0 + 0j, 0.0 + 0j], [complex(-219867400.0, 36601890.0), complex(-3101666000.0, -793794300.0), 0.0 + 0j], [complex(25266470.0, 58036470.0), complex(2000640.0, -408401600.0), complex(312629600.0, 40511890.0)]]),), (3, 3)),
    ("slicing", lambda t: nx.slice(t, [0, 6, 2], [2, 1, 3]), (iota((2, 15, 30), "i4"),), [[[182, 183, 184]], [[632, 633, 634]]]),
    ("slicing", lambda t: nx.slice(t, [tensor(0), tensor(6), tensor(2)], [2, 1, 3]), (iota((2, 15, 30), "i4"),), [[[182, 183, 184]], [[632, 633, 634]]]),
    ("slicing", lambda t: nx.slice(t, [1, 4, 10], [1, 1, 10], strides=[1, 2, 3]), (iota((2, 15, 30), "i4"),), [[[580, 583, 586, 589]]]),
    ("slicing", lambda t: nx.slice(t, [tensor(1), tensor(4), tensor(10)], [1, 1, 10], strides=[1, 2, 3]), (iota((2, 15, 30), "i4"),), [[[580, 583, 586, 589]]]),
    ("slicing", lambda t: nx.slice(t, [0, 4, 11], [2, 3, 9], strides=[2, 1, 3]), (iota((2, 15, 30), "i4"),), [[[131, 134, 137], [161, 164, 167], [191, 194, 197]]]),
    ("slicing", lambda t: nx.slice(t, [tensor(0), tensor(4), tensor(11)], [2, 3, 9], strides=[2, 1, 3]), (iota((2, 15, 30), "i4"),), [[[131, 134, 137], [161, 164, 167], [191, 194, 197]]]),
    ("softmax", lambda t: nx.exp(t) / nx.sum(nx.exp(t)), (f4([1.0, 2.0, 3.0, 4.0]),), [0.0320586, 0.08714432, 0.2368828, 0.6439143]),
    ("sort", lambda t: nx.sort(t, axis=0), (i4([0, 5, 2, 1, 3, 4]),), [0, 1, 2, 3, 4, 5]),
    ("sort", lambda t: nx.sort(t, axis=0), (i4([[3, 1, 7], [2, 5, 4]]),), [[2, 1, 4], [3, 5, 7]]),
    ("sort", lambda t: nx.sort(t, axis=1), (i4([[3, 1, 7], [2, 5, 4]]),), [[1, 3, 7], [2, 4, 5]]),
    ("sort", lambda t: nx.sort(t, axis=1, direction="asc"), (i4([[3, 1, 7], [2, 5, 4]]),), [[1, 3, 7], [2, 4, 5]]),
    ("sort", lambda t: nx.sort(t, axis=2), (i4([[[4, 5, 2], [2, 5, 3], [5, 0, 2]], [[1, 9, 8], [2, 1, 3], [2, 1, 4]]]),), [[[2, 4, 5], [2, 3, 5], [0, 2, 5]], [[1, 8, 9], [1, 2, 3], [1, 2, 4]]]),
    ("squeeze", lambda t: nx.squeeze(t), (i4(1),), 1),
    ("squeeze", lambda t: nx.squeeze(t), (i4([[1, 2, 3]]),), [1, 2, 3]),
    ("squeeze", lambda t: nx.squeeze(t), (i4([[[[[1]]]]]),), 1),
    ("squeeze", lambda t: nx.squeeze(t, axes=[0, 1]), (i4([[[[[1]]]]]),), [[[1]]]),
    ("sum", lambda a: (lambda t: nx.sum(t))(a), (i4([1, 2, 3]),), 6),
    ("sum", lambda a: (lambda t: nx.sum(t))(a), (i1([1, 2, 3]),), 6),
    ("sum", lambda a: (lambda t: nx.sum(t))(a), (u1([1, 2, 3]),), 6),
    ("sum", lambda a: (lambda t: nx.sum(t))(a), (f4([1.0, 2.0, 3.0]),), 6.0),
    ("sum", lambda t: nx.sum(t, axes=[1]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[5, 7, 9], [17, 19, 21]]),
    ("sum", lambda t: nx.sum(t, axes=[(-3)]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [[8, 10, 12], [14, 16, 18]]),
    ("sum", lambda t: nx.sum(t, axes=[1, (-3)]), (i4([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]),), [22, 26, 30]),
    ("sum", lambda t: nx.sum(nx.equal(t, 1.0)), (i4(1),), 1),
    ("sum", lambda t: nx.sum(nx.equal(t, 1.0)), (i4([1, 1, 1]),), 3),
    ("sum", lambda t: nx.sum(nx.equal(t, 1.0)), (i4([1, 2, 3]),), 1),
    ("sum", lambda a: (lambda t: nx.sum(t, keep_axes=True))(a), (i4([1, 2, 3]),), [6]),
    ("sum", lambda a: (lambda t: nx.sum(t, keep_axes=True))(a), (f4([1.0, 2.0, 3.0]),), [6.0]),
    ("sum", lambda a: (lambda t: nx.sum(t, axes=[0, 2], keep_axes=True))(a), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[12], [30]]]),
    ("take", lambda t, idx: nx.take(t, idx), (i4([[1, 2], [3, 4]]), i4([1, 0, 1])), [[3, 4], [1, 2], [3, 4]]),
    ("take", lambda t, idx: nx.take(t, idx, axis=1), (i4([[1, 2], [3, 4]]), i4([1, 0, 1])), [[2, 1, 2], [4, 3, 4]]),
    ("take", lambda t, idx: nx.take(t, idx, axis=1), (i4([[[1, 2], [11, 12]], [[101, 102], [111, 112]]]), i4([[0, 0, 0], [1, 1, 1], [0, 0, 0]])), [[[[1, 2], [1, 2], [1, 2]], [[11, 12], [11, 12], [11, 12]], [[1, 2], [1, 2], [1, 2]]], [[[101, 102], [101, 102], [101, 102]], [[111, 112], [111, 112], [111, 112]], [[101, 102], [101, 102], [101, 102]]]]),
    ("top_k", lambda t: nx.top_k(t, k=1), (iota((5,), "i4"),), ([4], [4])),
    ("top_k", lambda t: nx.top_k(t, k=1), (i4([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]),), ([[4], [4], [4], [4], [4]], [[4], [4], [4], [4], [4]])),
    ("top_k", lambda t: nx.top_k(t, k=1), (i4([[[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]], [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]], [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]], [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]], [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]]),), ([[[4], [4], [4], [4], [4]], [[4], [4], [4], [4], [4]], [[4], [4], [4], [4], [4]], [[4], [4], [4], [4], [4]], [[4], [4], [4], [4], [4]]], [[[4], [4], [4], [4], [4]], [[4], [4], [4], [4], [4]], [[4], [4], [4], [4], [4]], [[4], [4], [4], [4], [4]], [[4], [4], [4], [4], [4]]])),
    ("transpose", lambda t: nx.transpose(t), (i4(1),), 1),
    ("transpose", lambda t: nx.transpose(t), (iota((2, 3, 4), "i4"),), [[[0, 12], [4, 16], [8, 20]], [[1, 13], [5, 17], [9, 21]], [[2, 14], [6, 18], [10, 22]], [[3, 15], [7, 19], [11, 23]]]),
    ("transpose", lambda t: nx.transpose(t, axes=[]), (i4(1),), 1),
    ("transpose", lambda t: nx.transpose(t, axes=[2, 1, 0]), (iota((2, 3, 4), "i4"),), [[[0, 12], [4, 16], [8, 20]], [[1, 13], [5, 17], [9, 21]], [[2, 14], [6, 18], [10, 22]], [[3, 15], [7, 19], [11, 23]]]),
    ("transpose", lambda t: nx.transpose(t, axes=[2, 0, 1]), (iota((2, 3, 4), "i4"),), [[[0, 4, 8], [12, 16, 20]], [[1, 5, 9], [13, 17, 21]], [[2, 6, 10], [14, 18, 22]], [[3, 7, 11], [15, 19, 23]]]),
    ("transpose", lambda t: nx.transpose(t, axes=[0, 2, 1]), (iota((2, 3, 4), "i4"),), [[[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]], [[12, 16, 20], [13, 17, 21], [14, 18, 22], [15, 19, 23]]]),
    ("tuples", lambda a, b: ((a + b), (a - b)), (i4(2), i4(3)), (5, -1)),
    ("tuples", lambda a, b: ((a + b), (a - b)), (i4([-1, 0, 1]), i4(10)), ([9, 10, 11], [-11, -10, -9])),
    ("tuples", tuples_program_1, ((i4(2), i4(3)),), 5),
    ("tuples", tuples_program_1, ((i4([1, 2]), i4([[3], [4]])),), [[4, 5], [5, 6]]),
    ("tuples", lambda a, b: tuples_program_1((a, b)), (i4(2), i4(3)), 5),
    ("tuples", lambda a, b: tuples_program_1((a, b)), (i4([1, 2]), i4([[3], [4]])), [[4, 5], [5, 6]]),
    ("types", lambda: tensor(1, type="float16"), (), 1.0),
    ("types", lambda: tensor(1, type="bfloat16"), (), 1.0),
    ("while", lambda x: repeat((lambda x: nx.less(x, 10)), (lambda x: (x + 1)), x), (i4(0),), 10),
    ("while", lambda x: repeat((lambda x: nx.less(x, 10)), (lambda x: (x + 1)), x), (i4(5),), 10),
    ("while", while_program_1, (i4(5),), 120.0),
    ("while", while_program_1, (f4(10.0),), 3628800.0),
    ("while", while_program_3, (i4(1), i4(1)), 1),
    ("window_max", lambda t: nx.window_max(t, (1, 2, 1)), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[4, 5, 6]], [[4, 5, 6]]]),
    ("window_max", lambda t: nx.window_max(t, (2, 2, 1), strides=[1, 2, 3], padding=[(0, 1), (2, 0), (1, 1)]), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[-2147483648, -2147483648], [-2147483648, 6]], [[-2147483648, -2147483648], [-2147483648, 6]]]),
    ("window_max", lambda t: nx.window_max(t, (2, 1, 1), strides=[2, 1, 1], padding=[(1, 1), (0, 0), (1, 1)]), (f4([[[4.0, 2.0, 3.0], [2.0, 5.0, 6.5]], [[1.2, 2.2, 3.2], [4.0, 5.0, 6.2]]]),), [[[-inf, 4.0, 2.0, 3.0, -inf], [-inf, 2.0, 5.0, 6.5, -inf]], [[-inf, 1.2, 2.2, 3.2, -inf], [-inf, 4.0, 5.0, 6.2, -inf]]]),
    ("window_mean", lambda t: nx.window_mean(t, (1, 2, 1)), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[2.5, 3.5, 4.5]], [[2.5, 3.5, 4.5]]]),
    ("window_mean", lambda t: nx.window_mean(t, (2, 2, 1), strides=[1, 2, 3], padding=[(0, 1), (2, 0), (1, 1)]), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[0.0, 0.0], [0.0, 4.5]], [[0.0, 0.0], [0.0, 2.25]]]),
    ("window_mean", lambda t: nx.window_mean(t, (2, 1, 1), strides=[2, 1, 1], padding=[(1, 1), (0, 0), (1, 1)]), (f4([[[4.0, 2.0, 3.0], [2.0, 5.0, 6.5]], [[1.2, 2.2, 3.2], [4.0, 5.0, 6.2]]]),), [[[0.0, 2.0, 1.0, 1.5, 0.0], [0.0, 1.0, 2.5, 3.25, 0.0]], [[0.0, 0.6, 1.1, 1.6, 0.0], [0.0, 2.0, 2.5, 3.1, 0.0]]]),
    ("window_min", lambda t: nx.window_min(t, (1, 2, 1)), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[1, 2, 3]], [[1, 2, 3]]]),
    ("window_min", lambda t: nx.window_min(t, (2, 2, 1), strides=[1, 2, 3], padding=[(0, 1), (2, 0), (1, 1)]), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[2147483647, 2147483647], [2147483647, 3]], [[2147483647, 2147483647], [2147483647, 3]]]),
    ("window_min", lambda t: nx.window_min(t, (2, 1, 1), strides=[2, 1, 1], padding=[(1, 1), (0, 0), (1, 1)]), (f4([[[4.0, 2.0, 3.0], [2.0, 5.0, 6.5]], [[1.2, 2.2, 3.2], [4.0, 5.0, 6.2]]]),), [[[inf, 4.0, 2.0, 3.0, inf], [inf, 2.0, 5.0, 6.5, inf]], [[inf, 1.2, 2.2, 3.2, inf], [inf, 4.0, 5.0, 6.2, inf]]]),
    ("window_min", lambda a: (lambda t: nx.window_min(t, (2,)))(a), (f4([nan, nan, nan]),), [nan, nan]),
    ("window_product", lambda t: nx.window_product(t, (1, 2, 1)), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[4, 10, 18]], [[4, 10, 18]]]),
    ("window_product", lambda t: nx.window_product(t, (2, 2, 1), strides=[1, 2, 3], padding=[(0, 1), (2, 0), (1, 1)]), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[1, 1], [1, 324]], [[1, 1], [1, 18]]]),
    ("window_product", lambda t: nx.window_product(t, (2, 1, 1), strides=[2, 1, 1], padding=[(1, 1), (0, 0), (1, 1)]), (f4([[[4.0, 2.0, 3.0], [2.0, 5.0, 6.5]], [[1.2, 2.2, 3.2], [4.0, 5.0, 6.2]]]),), [[[1.0, 4.0, 2.0, 3.0, 1.0], [1.0, 2.0, 5.0, 6.5, 1.0]], [[1.0, 1.2, 2.2, 3.2, 1.0], [1.0, 4.0, 5.0, 6.2, 1.0]]]),
    ("window_scatter_min", lambda t: nx.window_scatter_max(t, tensor([[2, 6], [3, 1]]), 0, (2, 3), padding="valid", strides=[2, 3]), (i4([[7, 2, 5, 3, 10, 2], [3, 8, 9, 3, 4, 2], [1, 5, 7, 5, 6, 1], [0, 6, 2, 7, 2, 8]]),), [[0, 0, 0, 0, 6, 0], [0, 0, 2, 0, 0, 0], [0, 0, 3, 0, 0, 0], [0, 0, 0, 0, 0, 1]]),
    ("window_scatter_min", lambda t: nx.window_scatter_min(t, tensor([[2, 6], [3, 1]]), 0, (2, 3), padding="valid", strides=[2, 3]), (i4([[7, 2, 5, 3, 10, 2], [3, 8, 9, 3, 4, 2], [1, 5, 7, 5, 6, 1], [0, 6, 2, 7, 2, 8]]),), [[0, 2, 0, 0, 0, 0], [0, 0, 0, 0, 0, 6], [0, 0, 0, 0, 0, 1], [3, 0, 0, 0, 0, 0]]),
    ("window_sum", lambda t: nx.window_sum(t, (1, 2, 1)), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[5, 7, 9]], [[5, 7, 9]]]),
    ("window_sum", lambda t: nx.window_sum(t, (2, 2, 1), strides=[1, 2, 3], padding=[(0, 1), (2, 0), (1, 1)]), (i4([[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]),), [[[0, 0], [0, 18]], [[0, 0], [0, 9]]]),
    ("window_sum", lambda t: nx.window_sum(t, (2, 1, 1), strides=[2, 1, 1], padding=[(1, 1), (0, 0), (1, 1)]), (f4([[[4.0, 2.0, 3.0], [2.0, 5.0, 6.5]], [[1.2, 2.2, 3.2], [4.0, 5.0, 6.2]]]),), [[[0.0, 4.0, 2.0, 3.0, 0.0], [0.0, 2.0, 5.0, 6.5, 0.0]], [[0.0, 1.2, 2.2, 3.2, 0.0], [0.0, 4.0, 5.0, 6.2, 0.0]]]),
    ("while", while_program_2, (i4(5),), 120),
    ("while", while_program_2, (f4(10.0),), 3628800.0),
]
