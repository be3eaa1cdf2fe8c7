"""Plain NumPy programs as users write them: loops, branches, in-place updates. Nothing here knows of defn.

`PROGRAMS[name]` is (function, arguments): each is run undecorated and compiled, and everything is compared: results,
dtypes, and what happened to the arguments.
"""

import numpy as np

random = np.random.default_rng(7)
PROGRAMS = {}


def program(*arguments):
    def keep(function):
        PROGRAMS[function.__name__] = (function, arguments)
        return function

    return keep


def positive(*shape):
    return random.uniform(0.5, 1.5, shape)


def symmetric(n):
    a = random.standard_normal((n, n))
    return a @ a.T + n * np.eye(n)


@program(5, positive(12), positive(12))
def jacobi_1d(steps, a, b):
    for t in range(1, steps):
        b[1:-1] = 0.33333 * (a[:-2] + a[1:-1] + a[2:])
        a[1:-1] = 0.33333 * (b[:-2] + b[1:-1] + b[2:])


@program(4, positive(8, 9), positive(8, 9))
def jacobi_2d(steps, a, b):
    for t in range(1, steps):
        b[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        a[1:-1, 1:-1] = 0.2 * (b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1])


@program(3, positive(9, 9))
def seidel_2d(steps, a):
    n = a.shape[0]
    for t in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                a[i, j] = (a[i - 1, j - 1] + a[i - 1, j] + a[i - 1, j + 1] + a[i, j - 1] + a[i, j] + a[i, j + 1]
                           + a[i + 1, j - 1] + a[i + 1, j] + a[i + 1, j + 1]) / 9.0  # fmt: skip


@program(3, positive(6, 6, 6), positive(6, 6, 6))
def heat_3d(steps, a, b):
    for t in range(1, steps):
        b[1:-1, 1:-1, 1:-1] = (
            0.125 * (a[2:, 1:-1, 1:-1] - 2.0 * a[1:-1, 1:-1, 1:-1] + a[:-2, 1:-1, 1:-1])
            + 0.125 * (a[1:-1, 2:, 1:-1] - 2.0 * a[1:-1, 1:-1, 1:-1] + a[1:-1, :-2, 1:-1])
            + 0.125 * (a[1:-1, 1:-1, 2:] - 2.0 * a[1:-1, 1:-1, 1:-1] + a[1:-1, 1:-1, 0:-2])
            + a[1:-1, 1:-1, 1:-1]
        )
        a[1:-1, 1:-1, 1:-1] = b[1:-1, 1:-1, 1:-1] * 0.5


@program(4, positive(7, 8), positive(7, 8), positive(7, 8), positive(4))
def fdtd_2d(steps, ex, ey, hz, fict):
    for t in range(steps):
        ey[0, :] = fict[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])


@program(3, 8, positive(8, 8))
def adi(steps, n, u):
    v = np.empty(u.shape, dtype=u.dtype)
    p = np.empty(u.shape, dtype=u.dtype)
    q = np.empty(u.shape, dtype=u.dtype)
    dx, dt = 1.0 / n, 1.0 / steps
    mul1 = 2.0 * dt / dx**2
    a = -mul1 / 2.0
    b = 1.0 + mul1
    c = a
    for t in range(1, steps + 1):
        v[0, 1 : n - 1] = 1.0
        p[1 : n - 1, 0] = 0.0
        q[1 : n - 1, 0] = v[0, 1 : n - 1]
        for j in range(1, n - 1):
            p[1 : n - 1, j] = -c / (a * p[1 : n - 1, j - 1] + b)
            q[1 : n - 1, j] = (-a * u[j, 0 : n - 2] + (1.0 + 2.0 * a) * u[j, 1 : n - 1] - a * u[j, 2:n]
                               - a * q[1 : n - 1, j - 1]) / (a * p[1 : n - 1, j - 1] + b)  # fmt: skip
        v[n - 1, 1 : n - 1] = 1.0
        for j in range(n - 2, 0, -1):
            v[j, 1 : n - 1] = p[1 : n - 1, j] * v[j + 1, 1 : n - 1] + q[1 : n - 1, j]
        u[1 : n - 1, 1 : n - 1] = v[1 : n - 1, 1 : n - 1]


@program(random.uniform(1, 10, (7, 7)))
def floyd_warshall(path):
    for k in range(path.shape[0]):
        path[:] = np.minimum(path[:], np.add.outer(path[:, k], path[k, :]))


@program(symmetric(6))
def cholesky(a):
    a[0, 0] = np.sqrt(a[0, 0])
    for i in range(1, a.shape[0]):
        for j in range(i):
            a[i, j] -= np.dot(a[i, :j], a[j, :j])
            a[i, j] /= a[j, j]
        a[i, i] -= np.dot(a[i, :i], a[i, :i])
        a[i, i] = np.sqrt(a[i, i])


@program(symmetric(6))
def lu(a):
    for i in range(a.shape[0]):
        for j in range(i):
            a[i, j] -= a[i, :j] @ a[:j, j]
            a[i, j] /= a[j, j]
        for j in range(i, a.shape[0]):
            a[i, j] -= a[i, :i] @ a[:i, j]


@program(symmetric(6))
def lu_right_looking(a):
    n = a.shape[0]
    for k in range(n - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return a


@program(np.tril(positive(6, 6)) + np.eye(6), positive(6))
def trisolv(l, b):
    x = np.zeros_like(b)
    for i in range(x.shape[0]):
        x[i] = (b[i] - l[i, :i] @ x[:i]) / l[i, i]
    return x


@program(positive(7, 5))
def gramschmidt(a):
    q = np.zeros_like(a)
    r = np.zeros((a.shape[1], a.shape[1]), dtype=a.dtype)
    for k in range(a.shape[1]):
        nrm = np.dot(a[:, k], a[:, k])
        r[k, k] = np.sqrt(nrm)
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, a.shape[1]):
            r[k, j] = np.dot(q[:, k], a[:, j])
            a[:, j] -= q[:, k] * r[k, j]
    return q, r


@program(positive(8))
def durbin(r):
    y = np.empty_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return y


@program(9, random.integers(0, 4, 9))
def nussinov(n, seq):
    table = np.zeros((n, n), np.int32)
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            if j - 1 >= 0:
                table[i, j] = max(table[i, j], table[i, j - 1])
            if i + 1 < n:
                table[i, j] = max(table[i, j], table[i + 1, j])
            if j - 1 >= 0 and i + 1 < n:
                if i < j - 1:
                    table[i, j] = max(table[i, j], table[i + 1, j - 1] + (1 if seq[i] + seq[j] == 3 else 0))
                else:
                    table[i, j] = max(table[i, j], table[i + 1, j - 1])
            for k in range(i + 1, j):
                table[i, j] = max(table[i, j], table[i, k] + table[k + 1, j])
    return table


@program(positive(5), positive(5, 3), positive(5, 3), 10, 0.01)
def n_body(mass, pos, vel, steps, dt):
    n = pos.shape[0]
    for t in range(steps):
        acc = np.zeros_like(pos)
        for i in range(n):
            for j in range(n):
                if i != j:
                    d = pos[j] - pos[i]
                    r2 = d[0] ** 2 + d[1] ** 2 + d[2] ** 2 + 0.01
                    acc[i] += mass[j] * d / (r2 * np.sqrt(r2))
        vel += dt * acc
        pos += dt * vel
    return pos


@program(12, 9, 20)
def mandelbrot(width, height, limit):
    out = np.zeros((height, width), dtype=np.int64)
    for i in range(height):
        for j in range(width):
            c = complex(-2 + 3 * j / width, -1 + 2 * i / height)
            z = 0j
            n = 0
            while abs(z) <= 2 and n < limit:
                z = z * z + c
                n += 1
            out[i, j] = n
    return out


@program(positive(12, 9) - 1.5 + 1j * positive(12, 9), 10)
def mandelbrot_masked(c, limit):
    z = np.zeros_like(c)
    n = np.zeros(c.shape, dtype=np.int64)
    for t in range(limit):
        inside = np.abs(z) <= 2.0
        n[inside] = t
        z[inside] = z[inside] ** 2 + c[inside]
    return n


@program(positive(8), positive(8) + 4, positive(8), positive(8))
def thomas(a, b, c, d):
    n = len(d)
    cp, dp, x = np.zeros(n), np.zeros(n), np.zeros(n)
    cp[0] = c[0] / b[0]
    dp[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    x[n - 1] = dp[n - 1]
    for i in range(n - 2, -1, -1):
        x[i] = dp[i] - cp[i] * x[i + 1]
    return x


@program(random.integers(0, 4, 8), random.integers(0, 4, 7))
def smith_waterman(a, b):
    h = np.zeros((len(a) + 1, len(b) + 1))
    best = 0.0
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            match = 3.0 if a[i - 1] == b[j - 1] else -3.0
            h[i, j] = max(0.0, h[i - 1, j - 1] + match, h[i - 1, j] - 2.0, h[i, j - 1] - 2.0)
            if h[i, j] > best:
                best = h[i, j]
    return h, best


@program(positive(6, 8), 0.25)
def deriche(image, alpha):
    k = (1.0 - np.exp(-alpha)) ** 2 / (1.0 + alpha * np.exp(-alpha) - np.exp(2.0 * alpha))
    a1, a2, b1, b2 = k, k * np.exp(-alpha) * (alpha - 1.0), 2.0 ** (-alpha), -np.exp(-2.0 * alpha)
    y1 = np.empty_like(image)
    y1[:, 0] = a1 * image[:, 0]
    y1[:, 1] = a1 * image[:, 1] + a2 * image[:, 0] + b1 * y1[:, 0]
    for j in range(2, image.shape[1]):
        y1[:, j] = a1 * image[:, j] + a2 * image[:, j - 1] + b1 * y1[:, j - 1] + b2 * y1[:, j - 2]
    y2 = np.empty_like(image)
    y2[:, -1] = 0.0
    y2[:, -2] = a1 * image[:, -1]
    for j in range(image.shape[1] - 3, -1, -1):
        y2[:, j] = a1 * image[:, j + 1] + a2 * image[:, j + 2] + b1 * y2[:, j + 1] + b2 * y2[:, j + 2]
    return y1 + y2


def _pressure(p, b, dx, dy, trips):
    pn = np.empty_like(p)
    for q in range(trips):
        pn[:] = p.copy()
        p[1:-1, 1:-1] = (((pn[1:-1, 2:] + pn[1:-1, 0:-2]) * dy**2 + (pn[2:, 1:-1] + pn[0:-2, 1:-1]) * dx**2)
                         / (2 * (dx**2 + dy**2)) - dx**2 * dy**2 / (2 * (dx**2 + dy**2)) * b[1:-1, 1:-1])  # fmt: skip
        p[:, -1] = p[:, -2]
        p[0, :] = p[1, :]
        p[:, 0] = p[:, 1]
        p[-1, :] = 0


@program(3, positive(8, 8) * 0.1, positive(8, 8) * 0.1, positive(8, 8), 0.1, 0.1, 0.001)
def cavity_flow(steps, u, v, p, dx, dy, dt):
    b = np.zeros(p.shape)
    for n in range(steps):
        un = u.copy()
        vn = v.copy()
        b[1:-1, 1:-1] = (1 / dt * ((u[1:-1, 2:] - u[1:-1, 0:-2]) / (2 * dx) + (v[2:, 1:-1] - v[0:-2, 1:-1]) / (2 * dy))
                         - ((u[1:-1, 2:] - u[1:-1, 0:-2]) / (2 * dx)) ** 2)  # fmt: skip
        _pressure(p, b, dx, dy, 5)
        u[1:-1, 1:-1] = un[1:-1, 1:-1] - un[1:-1, 1:-1] * dt / dx * (un[1:-1, 1:-1] - un[1:-1, 0:-2]) - dt / (2 * dx) * (
            p[1:-1, 2:] - p[1:-1, 0:-2]
        )
        v[1:-1, 1:-1] = vn[1:-1, 1:-1] - dt / (2 * dy) * (p[2:, 1:-1] - p[0:-2, 1:-1])
        u[0, :] = 0
        u[-1, :] = 1


@program(10.0)
def newton(x):
    y = x
    while abs(y * y - x) > 1e-12:
        if y > 1e6:
            y = y / 2
        else:
            y = 0.5 * (y + x / y)
    return y


@program(27)
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


@program(random.integers(0, 100, 12))
def bubble_sort(a):
    n = len(a)
    for i in range(n):
        for j in range(0, n - i - 1):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return a


@program(random.integers(0, 100, 10))
def insertion_sort(a):
    for i in range(1, len(a)):
        key = a[i]
        j = i - 1
        while j >= 0 and a[j] > key:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = key
    return a


@program(np.sort(random.integers(0, 100, 20)), 37)
def binary_search(a, key):
    low, high = 0, len(a)
    while low < high:
        middle = (low + high) // 2
        if a[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@program(60)
def sieve(n):
    prime = np.ones(n, dtype=bool)
    prime[:2] = False
    for i in range(2, int(n**0.5) + 1):
        if prime[i]:
            for j in range(i * i, n, i):
                prime[j] = False
    return prime


@program(random.integers(0, 2, (8, 8)), 4)
def life(board, steps):
    for t in range(steps):
        neighbours = sum(np.roll(np.roll(board, i, 0), j, 1) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0))
        board = ((neighbours == 3) | ((board == 1) & (neighbours == 2))).astype(board.dtype)
    return board


@program(positive(15), 4)
def moving_average(x, width):
    out = np.zeros(len(x) - width + 1)
    total = 0.0
    for i in range(len(x)):
        total += x[i]
        if i >= width:
            total -= x[i - width]
        if i >= width - 1:
            out[i - width + 1] = total / width
    return out


@program(random.integers(0, 6, 40))
def histogram(values):
    counts = np.zeros(6, dtype=np.int64)
    for v in values:
        counts[v] += 1
    return counts


@program(positive(10, 2), positive(3, 2), 4)
def k_means(points, centers, steps):
    labels = np.zeros(len(points), dtype=np.int64)
    for t in range(steps):
        d = ((points[:, None, :] - centers[None, :, :]) ** 2).sum(axis=2)
        labels = np.argmin(d, axis=1)
        for k in range(centers.shape[0]):
            mask = labels == k
            count = mask.sum()
            if count > 0:
                centers[k] = (points * mask[:, None]).sum(axis=0) / count
    return labels, centers


@program(positive(9, 9), positive(3, 3))
def convolution_2d(image, kernel):
    h, w = kernel.shape
    out = np.zeros((image.shape[0] - h + 1, image.shape[1] - w + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + h, j : j + w] * kernel)
    return out


@program(positive(4, 4) / positive(4, 4).sum(), positive(4, 3), random.integers(0, 3, 7))
def viterbi(transition, emission, observed):
    n, steps = transition.shape[0], len(observed)
    score = np.zeros((steps, n))
    back = np.zeros((steps, n), dtype=np.int64)
    score[0] = np.log(emission[:, observed[0]])
    for t in range(1, steps):
        for j in range(n):
            options = score[t - 1] + np.log(transition[:, j])
            back[t, j] = np.argmax(options)
            score[t, j] = options[back[t, j]] + np.log(emission[j, observed[t]])
    path = np.zeros(steps, dtype=np.int64)
    path[steps - 1] = np.argmax(score[steps - 1])
    for t in range(steps - 2, -1, -1):
        path[t] = back[t + 1, path[t + 1]]
    return path


@program(positive(6, 6), 20)
def page_rank(links, steps):
    links = links / links.sum(axis=0)
    rank = np.full(links.shape[0], 1 / links.shape[0])
    for t in range(steps):
        new = 0.15 / links.shape[0] + 0.85 * links @ rank
        if np.abs(new - rank).sum() < 1e-9:
            break
        rank = new
    return rank


@program(symmetric(5), positive(5))
def conjugate_gradient(a, b):
    x = np.zeros_like(b)
    r = b - a @ x
    p = r.copy()
    rs = r @ r
    for i in range(len(b)):
        ap = a @ p
        alpha = rs / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        if np.sqrt(new) < 1e-10:
            break
        p = r + (new / rs) * p
        rs = new
    return x


@program(symmetric(4), 30)
def power_iteration(a, steps):
    v = np.ones(a.shape[0])
    value = 0.0
    for t in range(steps):
        w = a @ v
        value = np.sqrt(np.sum(w * w))
        v = w / value
    return value, v


@program(0.0, np.array([1.0, 0.0]), 1.0, 1e-6)
def adaptive_runge_kutta(t, y, end, tolerance):
    h = 0.1
    while t < end:
        h = min(h, end - t)
        k1 = np.stack([y[1], -y[0]])
        middle = y + h * k1 / 2
        k2 = np.stack([middle[1], -middle[0]])
        full = y + h * k2
        error = np.sqrt(np.sum((h * (k2 - k1) / 2) ** 2))
        if error < tolerance or h < 1e-3:
            t = t + h
            y = full
        h = 0.9 * h * min(2.0, max(0.3, np.sqrt(tolerance / (error + 1e-300))))
    return y


@program(positive(20), 0.3)
def exponential_smoothing(x, alpha):
    out = np.empty_like(x)
    level = x[0]
    for i, value in enumerate(x):
        level = alpha * value + (1 - alpha) * level
        out[i] = level
    return out


@program(positive(10), positive(10))
def dynamic_time_warping(a, b):
    cost = np.full((len(a) + 1, len(b) + 1), np.inf)
    cost[0, 0] = 0
    for i in range(len(a)):
        for j in range(len(b)):
            d = abs(a[i] - b[j])
            cost[i + 1, j + 1] = d + min(cost[i, j + 1], cost[i + 1, j], cost[i, j])
    return cost[-1, -1]


@program(random.integers(0, 5, 7), random.integers(0, 5, 9))
def edit_distance(a, b):
    previous = np.arange(len(b) + 1)
    for i in range(len(a)):
        current = np.zeros_like(previous)
        current[0] = i + 1
        for j in range(len(b)):
            change = previous[j] + (a[i] != b[j])
            current[j + 1] = min(change, previous[j + 1] + 1, current[j] + 1)
        previous = current
    return previous[len(b)]


@program(random.integers(1, 10, 6), random.integers(1, 20, 6), 15)
def knapsack(weights, values, capacity):
    best = np.zeros(capacity + 1, dtype=np.int64)
    for i in range(len(weights)):
        for c in range(capacity, -1, -1):
            if c >= weights[i]:
                best[c] = max(best[c], best[c - weights[i]] + values[i])
    return best


@program(positive(12) - 1.0)
def maximum_subarray(x):
    best = x[0]
    ending = x[0]
    for i in range(1, x.shape[0]):
        ending = max(x[i], ending + x[i])
        best = max(best, ending)
    return best


@program(2.0, 0.7, 5)
def horner(x, y, n):
    total = 0.0
    for k in range(n, 0, -1):
        total = total * x + y / k
    return total


@program(positive(6, 5), positive(5, 4))
def matmul_by_loops(a, b):
    c = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                c[i, j] += a[i, k] * b[k, j]
    return c


@program(random.integers(-50, 50, 16))
def prefix_sums(x):
    out = np.zeros_like(x)
    out[0] = x[0]
    for i in range(1, len(x)):
        out[i] = out[i - 1] + x[i]
    return out


@program(positive(8), positive(8), positive(8))
def lorenz_like(x, y, z):
    for t in range(20):
        dx, dy, dz = 10.0 * (y - x), x * (2.8 - z) - y, x * y - 2.66 * z
        x, y, z = x + 0.01 * dx, y + 0.01 * dy, z + 0.01 * dz
    return x, y, z


@program(positive(9), positive(3))
def first_above(x, levels):
    found = -np.ones(len(levels), dtype=np.int64)
    for k, level in enumerate(levels):
        for i in range(len(x)):
            if x[i] > level:
                found[k] = i
                break
    return found


@program(30, 12)
def greatest_common_divisor(a, b):
    while b:
        a, b = b, a % b
    return a


@program(positive(6, 6), 0.8)
def sor(a, omega):
    for t in range(5):
        change = 0.0
        for i in range(1, a.shape[0] - 1):
            for j in range(1, a.shape[1] - 1):
                old = a[i, j]
                a[i, j] = (1 - omega) * old + omega * 0.25 * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1])
                change = max(change, abs(a[i, j] - old))
        if change < 1e-3:
            return a, t
    return a, -1


@program(positive(10), 0.4)
def classify(x, level):
    out = np.zeros(len(x), dtype=np.int64)
    for i in range(len(x)):
        if x[i] < level:
            continue
        elif x[i] < 2 * level:
            out[i] = 1
        elif level < x[i] <= 3 * level:
            out[i] = 2
        else:
            out[i] = 3
    return out


@program(random.standard_normal((6, 3)), random.standard_normal((3, 4)), random.standard_normal(4))
def dense_layers(x, w, b):
    for layer in range(2):
        h = x @ w + b
        h = np.maximum(h, 0) if layer == 0 else np.tanh(h)
        x = h[:, :3]
    e = np.exp(h - h.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@program(random.uniform(0, 4, 30), random.uniform(0, 10, 30), 5)
def azimuthal_average(data, radius, bins):
    highest = radius.max()
    result = np.zeros(bins, dtype=np.float64)
    for i in range(bins):
        low = highest * i / bins
        high = highest * (i + 1) / bins
        mask = np.logical_and(low <= radius, radius < high)
        result[i] = data[mask].mean()
    return result


@program(positive(5, 6), positive(6), positive(5))
def bicg(a, p, r):
    return r @ a, a @ p


@program(positive(10, 4))
def correlation(data):
    mean = np.mean(data, axis=0)
    stddev = np.std(data, axis=0)
    stddev[stddev <= 0.1] = 1.0
    data -= mean
    data /= np.sqrt(10.0) * stddev
    corr = np.eye(4, dtype=data.dtype)
    for i in range(3):
        corr[i + 1 : 4, i] = corr[i, i + 1 : 4] = data[:, i] @ data[:, i + 1 : 4]
    return corr


@program(positive(10, 4))
def covariance(data):
    mean = np.mean(data, axis=0)
    data -= mean
    cov = np.zeros((4, 4), dtype=data.dtype)
    for i in range(4):
        cov[i:4, i] = cov[i, i:4] = data[:, i] @ data[:, i:4] / 9.0
    return cov


@program(random.integers(0, 256, 24).astype(np.uint8))
def crc16(data):
    poly = 0x8408
    crc = 0xFFFF
    for b in data:
        cur = 0xFF & b
        for _ in range(0, 8):
            if (crc & 0x0001) ^ (cur & 0x0001):
                crc = (crc >> 1) ^ poly
            else:
                crc >>= 1
            cur >>= 1
    crc = (~crc & 0xFFFF)
    crc = (crc << 8) | ((crc >> 8) & 0xFF)
    return crc & 0xFFFF


@program(positive(3, 4, 5), positive(5, 5))
def doitgen(a, c4):
    for r in range(a.shape[0]):
        for q in range(a.shape[1]):
            a[r, q, :] = np.reshape(np.reshape(a[r, q, :], (1, 5)) @ c4, (5,))


@program(1.5, 1.2, positive(5, 5), positive(5), positive(5), positive(5), positive(5), positive(5), positive(5))
def gemver(alpha, beta, a, u1, v1, u2, v2, y, z):
    a += np.outer(u1, v1) + np.outer(u2, v2)
    x = beta * y @ a + z
    w = alpha * a @ x
    return x, w


@program(positive(8, 8))
def go_fast(a):
    trace = 0.0
    for i in range(a.shape[0]):
        trace += np.tanh(a[i, i])
    return a + trace


@program(positive(8, 9, 3), positive(6, 7, 3))
def horizontal_diffusion(field, coefficient):
    lap = 4.0 * field[1:-1, 1:-1] - (field[2:, 1:-1] + field[:-2, 1:-1] + field[1:-1, 2:] + field[1:-1, :-2])
    res = lap[1:, 1:-1] - lap[:-1, 1:-1]
    flx = np.where(res * (field[2:-1, 2:-2] - field[1:-2, 2:-2]) > 0, 0, res)
    res = lap[1:-1, 1:] - lap[1:-1, :-1]
    fly = np.where(res * (field[2:-2, 2:-1] - field[2:-2, 1:-2]) > 0, 0, res)
    return field[2:-2, 2:-2] - coefficient[1:-1, 1:-1] * (flx[1:] - flx[:-1] + fly[:, 1:] - fly[:, :-1])


@program(1.5, 1.2, positive(4, 5), positive(5, 6), positive(6, 3), positive(4, 3))
def k2mm(alpha, beta, a, b, c, d):
    d[:] = alpha * a @ b @ c + beta * d


def relu(x):
    return np.maximum(x, 0)


def conv2d(image, weights):
    size = weights.shape[0]
    n, height, width = image.shape[0], image.shape[1] - size + 1, image.shape[2] - size + 1
    output = np.empty((n, height, width, weights.shape[3]), dtype=image.dtype)
    for i in range(height):
        for j in range(width):
            output[:, i, j, :] = np.sum(
                image[:, i : i + size, j : j + size, :, np.newaxis] * weights[np.newaxis, :, :, :], axis=(1, 2, 3)
            )
    return output


def maxpool2d(x):
    output = np.empty([x.shape[0], x.shape[1] // 2, x.shape[2] // 2, x.shape[3]], dtype=x.dtype)
    for i in range(x.shape[1] // 2):
        for j in range(x.shape[2] // 2):
            output[:, i, j, :] = np.max(x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, :], axis=(1, 2))
    return output


@program(positive(2, 10, 10, 1).astype("f4"), positive(3, 3, 1, 4).astype("f4"), positive(4).astype("f4"), positive(64, 5).astype("f4"))
def small_convnet(x, w1, b1, w2):
    h = relu(conv2d(x, w1) + b1)
    h = maxpool2d(h)
    h = np.reshape(h, (h.shape[0], h.shape[1] * h.shape[2] * h.shape[3]))
    return h @ w2


@program(symmetric(6), positive(6))
def ludcmp(a, b):
    n = a.shape[0]
    x, y = np.zeros_like(b), np.zeros_like(b)
    for i in range(n):
        for j in range(i):
            a[i, j] -= a[i, :j] @ a[:j, j]
            a[i, j] /= a[j, j]
        for j in range(i, n):
            a[i, j] -= a[i, :i] @ a[:i, j]
    for i in range(n):
        y[i] = b[i] - a[i, :i] @ y[:i]
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x, y


@program(np.array([0, 2, 3, 6]), np.array([0, 2, 1, 0, 1, 2]), positive(6), positive(3))
def spmv(rows, columns, values, x):
    y = np.empty(rows.size - 1, values.dtype)
    for i in range(rows.size - 1):
        cols = columns[rows[i] : rows[i + 1]]
        vals = values[rows[i] : rows[i + 1]]
        y[i] = vals @ x[cols]
    return y


@program(1.5, 1.2, positive(5, 4), positive(5, 5), positive(5, 4))
def symm(alpha, beta, c, a, b):
    temp2 = np.empty((c.shape[1],), dtype=c.dtype)
    c *= beta
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            c[:i, j] += alpha * b[i, j] * a[i, :i]
            temp2[j] = b[:i, j] @ a[i, :i]
        c[i, :] += alpha * b[i, :] * a[i, i] + alpha * temp2


@program(1.5, 1.2, positive(5, 5), positive(5, 4), positive(5, 4))
def syr2k(alpha, beta, c, a, b):
    for i in range(a.shape[0]):
        c[i, : i + 1] *= beta
        for k in range(a.shape[1]):
            c[i, : i + 1] += a[: i + 1, k] * alpha * b[i, k] + b[: i + 1, k] * alpha * a[i, k]


@program(1.5, positive(5, 5), positive(5, 4))
def trmm(alpha, a, b):
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            b[i, j] += np.dot(a[i + 1 :, i], b[i + 1 :, j])
    b *= alpha


@program(positive(6, 5, 8), positive(7, 5, 8), positive(6, 5, 8), positive(6, 5, 8), positive(6, 5, 8))
def vertical_advection(utens_stage, wcon, u_stage, u_pos, utens):
    i_size, j_size, k_size = utens_stage.shape
    ccol = np.ndarray((i_size, j_size, k_size), dtype=utens_stage.dtype)
    dcol = np.ndarray((i_size, j_size, k_size), dtype=utens_stage.dtype)
    for k in range(1):
        gcv = 0.25 * (wcon[1:, :, k + 1] + wcon[:-1, :, k + 1])
        cs = gcv * 0.1
        ccol[:, :, k] = gcv * 0.9
        bcol = 3.0 - ccol[:, :, k]
        correction = -cs * (u_stage[:, :, k + 1] - u_stage[:, :, k])
        divided = 1.0 / bcol
        dcol[:, :, k] = (3.0 * u_pos[:, :, k] + utens[:, :, k] + utens_stage[:, :, k] + correction) * divided
        ccol[:, :, k] = ccol[:, :, k] * divided
    for k in range(1, k_size):
        acol = -0.25 * (wcon[1:, :, k - 1] + wcon[:-1, :, k - 1])
        bcol = 3.0 - acol
        divided = 1.0 / (bcol - ccol[:, :, k - 1] * acol)
        ccol[:, :, k] = 0.3 * divided
        dcol[:, :, k] = (u_pos[:, :, k] - dcol[:, :, k - 1] * acol) * divided
    for k in range(k_size - 1, -1, -1):
        datacol = dcol[:, :, k] if k == k_size - 1 else dcol[:, :, k] - ccol[:, :, k] * data
        data = datacol.copy()
        utens_stage[:, :, k] = 3.0 * (datacol - u_pos[:, :, k])


@program(positive(9), positive(9), positive(9), positive(9))
def arc_distance(theta_1, phi_1, theta_2, phi_2):
    temp = np.sin((theta_2 - theta_1) / 2) ** 2 + np.cos(theta_1) * np.cos(theta_2) * np.sin((phi_2 - phi_1) / 2) ** 2
    return 2 * np.arctan2(np.sqrt(temp), np.sqrt(1 - temp))


@program(random.integers(0, 100, (6, 7)), random.integers(0, 100, (6, 7)), 3, 4, 5)
def compute(array_1, array_2, a, b, c):
    return np.clip(array_1, 2, 10) * a + array_2 * b + c


@program(positive(8) + 1j * positive(8))
def radix_2_fft(x):
    n = x.shape[0]
    levels = int(np.log2(n))
    for level in range(levels):
        half = n // 2
        y = np.empty_like(x)
        step = 2**level
        for p in range(n // (2 * step)):
            w = np.exp(-2j * np.pi * p * step / n)
            for q in range(step):
                a = x[q + step * p]
                b = x[q + step * p + half]
                y[q + step * 2 * p] = a + b
                y[q + step * (2 * p + 1)] = (a - b) * w
        x = y
    return x


@program(positive(12), 3.0, 0.4)
def logistic_regression_steps(x, w, rate):
    y = (x > 1.0).astype(np.float64)
    for _ in range(25):
        p = 1.0 / (1.0 + np.exp(-w * (x - 1.0)))
        gradient = np.mean((p - y) * (x - 1.0))
        w -= rate * gradient
    return w


@program(positive(20))
def running_statistics(x):
    n, mean, m2 = 0, 0.0, 0.0
    for value in x:
        n += 1
        delta = value - mean
        mean += delta / n
        m2 += delta * (value - mean)
    return mean, m2 / (n - 1), n


@program(np.array([4.0, 1.0, 3.0, 2.0, 5.0]))
def quickselect_by_partition(a):
    left, right, k = 0, len(a) - 1, len(a) // 2
    while left < right:
        pivot = a[k]
        i, j = left, right
        while i <= j:
            while a[i] < pivot:
                i += 1
            while a[j] > pivot:
                j -= 1
            if i <= j:
                a[i], a[j] = a[j], a[i]
                i += 1
                j -= 1
        if j < k:
            left = i
        if k < i:
            right = j
    return a[k]


@program(np.arange(12.0).reshape(3, 4))
def odd_indexing(x):
    out = {}
    out["rows"] = x[[2, 0]]
    out["corner"] = x[-1, ::-2]
    x[x > 6] *= -1
    out["sum"] = x[x < 0].sum()
    x[:, 1] = x[:, 2]
    x[[0, 2], [1, 3]] += 10
    return out, np.argmax(x, axis=1), x.T.copy()


@program(5, positive(5))
def polynomial_with_lists(n, x):
    powers = []
    for k in range(n):
        powers.append(x**k)
    total = powers[0]
    for p in powers[1:]:
        total = total + p
    return np.stack(powers), total


@program(positive(6, 6))
def game_of_maxima(a):
    peaks = 0
    where = []
    for i in range(1, 5):
        for j in range(1, 5):
            if a[i, j] == a[i - 1 : i + 2, j - 1 : j + 2].max():
                peaks += 1
    return peaks


@program(0.3, 0.5, 40)
def ising_energy_like(p, q, steps):
    state = np.ones(10, dtype=np.int64)
    x = 0.37
    for t in range(steps):
        x = 3.9 * x * (1 - x)
        i = int(x * 10)
        energy = state[i] * (state[(i + 1) % 10] + state[i - 1])
        if energy <= 0 or x < p:
            state[i] = -state[i]
    return state, x


@program(positive(4, 4), 6)
def matrix_power_by_squaring(a, n):
    result = np.eye(a.shape[0])
    while n > 0:
        if n % 2 == 1:
            result = result @ a
        a = a @ a
        n //= 2
    return result


@program(positive(10), positive(10))
def secant_method(a, b):
    roots = np.zeros_like(a)
    for i in range(len(a)):
        x0, x1 = 0.0, 2.0
        for _ in range(30):
            f0, f1 = x0**3 - a[i] - b[i], x1**3 - a[i] - b[i]
            if abs(f1 - f0) < 1e-14:
                break
            x0, x1 = x1, x1 - f1 * (x1 - x0) / (f1 - f0)
        roots[i] = x1
    return roots


@program(np.arange(8.0), 100.0)
def linear_search(a, x):
    i = 0
    n = len(a)
    while i < n and a[i] < x:
        i += 1
    return i


@program(positive(7), 7, 2)
def guarded_reads(a, outside, inside):
    total = 0.0
    for i in range(len(a)):
        if i + 1 < len(a) and a[i + 1] > a[i]:
            total += a[i + 1]
    if outside >= len(a) or a[outside] > 0:
        total += 1.0
    return total, a[inside] if 0 <= inside < len(a) else -1.0


@program(random.integers(0, 2, (7, 7)))
def connected_components(image):
    labels = np.zeros_like(image)
    count = 0
    stack = np.zeros((60, 2), dtype=np.int64)
    for i in range(7):
        for j in range(7):
            if image[i, j] and labels[i, j] == 0:
                count += 1
                stack[0] = (i, j)
                top = 1
                labels[i, j] = count
                while top > 0:
                    top -= 1
                    a, b = stack[top]
                    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                        p, q = a + down, b + right
                        if 0 <= p < 7 and 0 <= q < 7 and image[p, q] and labels[p, q] == 0:
                            labels[p, q] = count
                            stack[top] = (p, q)
                            top += 1
    return labels, count


@program(random.integers(0, 2, 8), 30, 8)
def elementary_automaton(cells, rule, steps):
    bits = (rule >> np.arange(8)) & 1
    history = np.zeros((steps, len(cells)), dtype=cells.dtype)
    for t in range(steps):
        history[t] = cells
        cells = bits[4 * np.roll(cells, 1) + 2 * cells + np.roll(cells, -1)]
    return history


@program(positive(9, 4, 5) * 0.1, random.random((4, 5)) < 0.3)
def lattice_boltzmann(f, wall):
    cx, cy = np.array([0, 0, 1, 1, 1, 0, -1, -1, -1]), np.array([0, 1, 1, 0, -1, -1, -1, 0, 1])
    weights = np.array([4 / 9, 1 / 9, 1 / 36, 1 / 9, 1 / 36, 1 / 9, 1 / 36, 1 / 9, 1 / 36])
    for step in range(5):
        bounced = f[:, wall][[0, 5, 6, 7, 8, 1, 2, 3, 4], :]
        rho = np.sum(f, 0)
        ux = np.sum(f * cx[:, None, None], 0) / rho
        uy = np.sum(f * cy[:, None, None], 0) / rho
        cu = cx[:, None, None] * ux + cy[:, None, None] * uy
        still = rho * weights[:, None, None] * (1 + 3 * cu + 9 * cu**2 / 2 - 3 * (ux**2 + uy**2) / 2)
        f += -(1 / 0.6) * (f - still)
        f[:, wall] = bounced
    return f


@program(positive(16))
def radix_2_fft_by_bit_reversal(x):
    n, a, j = len(x), x.astype(complex), 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j ^= bit
        if i < j:
            a[i], a[j] = a[j], a[i]
    length = 2
    while length <= n:
        w = np.exp(-2j * np.pi / length)
        for i in range(0, n, length):
            t = 1 + 0j
            for k in range(length // 2):
                u, v = a[i + k], a[i + k + length // 2] * t
                a[i + k], a[i + k + length // 2] = u + v, u - v
                t *= w
        length <<= 1
    return a


@program(positive(20, 3), 3)
def k_means_by_comprehension(points, k):
    centres = points[:k].copy()
    for step in range(20):
        nearest = ((points[:, None] - centres[None]) ** 2).sum(2).argmin(1)
        means = np.array([points[nearest == j].mean(0) if np.any(nearest == j) else centres[j] for j in range(k)])
        if np.allclose(means, centres):
            break
        centres = means
    return centres, nearest


@program(positive(14, 2), 2)
def gaussian_mixture(points, k):
    n, d = points.shape
    means, covariances, shares = points[:k].copy(), np.array([np.eye(d)] * k), np.ones(k) / k
    for step in range(3):
        r = np.zeros((n, k))
        for j in range(k):
            apart = points - means[j]
            power = np.einsum("ni,ij,nj->n", apart, np.linalg.inv(covariances[j]), apart)
            r[:, j] = shares[j] * np.exp(-0.5 * power) / np.sqrt((2 * np.pi) ** d * np.linalg.det(covariances[j]))
        r /= r.sum(1, keepdims=True)
        shares = r.sum(0) / n
        for j in range(k):
            means[j] = r[:, j] @ points / r[:, j].sum()
            apart = points - means[j]
            covariances[j] = (r[:, j, None] * apart).T @ apart / r[:, j].sum() + 1e-6 * np.eye(d)
    return means, covariances, shares


@program(5, 2, 2j)
def truths_count(n, m, z):
    small = n <= 6
    return ~(n <= 6), small + (m <= 6), small * small, small << 2, -small, abs(z), [small] * m, n.imag, n**-1


@program(positive(4))
def scalars_stay_scalars(x):
    return x[0].T, x[1].imag, np.squeeze(x[2]), x[3].transpose(), x[0].real


@program(random.integers(0, 256, 9).astype(np.uint8))
def crc32(data):
    table = np.zeros(256, dtype=np.uint32)
    for i in range(256):
        c = np.uint32(i)
        for k in range(8):
            if c & 1:
                c = np.uint32(0xEDB88320) ^ (c >> np.uint32(1))
            else:
                c = c >> np.uint32(1)
        table[i] = c
    crc = np.uint32(0xFFFFFFFF)
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> np.uint32(8))
    return crc ^ np.uint32(0xFFFFFFFF)


@program(np.array([0, 2, 3, 3, 6]), np.array([0, 2, 1, 0, 1, 3]), positive(6), positive(4))
def sparse_rows(starts, columns, data, x):
    y = np.zeros(len(starts) - 1)
    for i in range(len(y)):
        row = slice(starts[i], starts[i + 1])
        y[i] = data[row] @ x[columns[row]]
    return y


@program(positive(16))
def haar(x):
    out, n = x.copy(), len(x)
    while n > 1:
        half = n // 2
        a = (out[0:n:2] + out[1:n:2]) / np.sqrt(2.0)
        d = (out[0:n:2] - out[1:n:2]) / np.sqrt(2.0)
        out[:half], out[half:n] = a, d
        n = half
    return out


@program(random.integers(0, 4, 7), random.integers(0, 4, 6))
def needleman_wunsch(a, b):
    n, m = len(a), len(b)
    f = np.zeros((n + 1, m + 1), dtype=int)
    f[:, 0], f[0, :] = -np.arange(n + 1), -np.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            s = 1 if a[i - 1] == b[j - 1] else -1
            f[i, j] = max(f[i - 1, j - 1] + s, f[i - 1, j] - 1, f[i, j - 1] - 1)
    path, k, i, j = np.full((n + m, 2), -1), 0, n, m
    while i > 0 or j > 0:
        if i > 0 and j > 0 and f[i, j] == f[i - 1, j - 1] + (1 if a[i - 1] == b[j - 1] else -1):
            i -= 1
            j -= 1
        elif i > 0 and f[i, j] == f[i - 1, j] - 1:
            i -= 1
        else:
            j -= 1
        path[k] = i, j
        k += 1
    return f, path, k


@program(positive(9, 2))
def convex_hull(points):
    n, p = len(points), points[np.lexsort((points[:, 1], points[:, 0]))]
    hull, k = np.zeros(2 * n, dtype=np.int64), 0
    for i in range(n):
        while k >= 2 and (p[hull[k - 1], 0] - p[hull[k - 2], 0]) * (p[i, 1] - p[hull[k - 2], 1]) <= (
            p[hull[k - 1], 1] - p[hull[k - 2], 1]
        ) * (p[i, 0] - p[hull[k - 2], 0]):
            k -= 1
        hull[k] = i
        k += 1
    return hull, k
