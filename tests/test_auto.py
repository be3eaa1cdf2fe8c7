"""`compiler="auto"` measures, settles, and remembers; the command line shows and clears the cache."""

import numpy as np

import defn
from defn import __main__ as command
from defn.compilers import auto, cache


def test_settles_on_the_quickest_and_remembers(tmp_path, monkeypatch):
    monkeypatch.setenv("DEFN_CACHE_DIR", str(tmp_path))
    x = np.arange(12.0)
    f = defn.jit(lambda x: np.exp(x) + 1, compiler="auto")
    for _ in range(2 * auto.TRIALS + 4):
        np.testing.assert_allclose(f(x), np.exp(x) + 1)
    chooser = f.trace(x).executable
    assert chooser.chosen in auto.CANDIDATES
    again = defn.jit(lambda x: np.exp(x) + 1, compiler="auto").trace(x).executable
    assert again.chosen == chooser.chosen and not again.times


def test_functions_with_effects_stay_on_numba():
    def f(x):
        x[0] = 1.0
        return x

    x = np.zeros(3)
    g = defn.jit(f, compiler="auto")
    g(x)
    assert x[0] == 1 and g.trace(x).executable.chosen == "numba"


def test_cache_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DEFN_CACHE_DIR", str(tmp_path))
    cache.write(cache.key("something"), b"payload")
    command.main(["cache", "list"])
    assert "1 entries" in capsys.readouterr().out
    command.main(["cache", "size"])
    assert str(tmp_path) in capsys.readouterr().out
    command.main(["cache", "clear"])
    command.main(["cache", "list"])
    assert "0 entries" in capsys.readouterr().out
