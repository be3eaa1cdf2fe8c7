"""`compiler="auto"` measures, settles, and remembers; the command line shows and clears the cache."""

import numpy as np

import defn
from defn import __main__ as command
from defn.compilers import auto, cache


def test_settles_on_the_quickest_and_remembers(tmp_path, monkeypatch):
    monkeypatch.setenv("DEFN_CACHE_DIR", str(tmp_path))
    x = np.arange(12.0)
    f = defn.jit(lambda x: np.exp(x) + 1, compiler="auto")
    for _ in range(2 * auto.MOST + 8):
        np.testing.assert_allclose(f(x), np.exp(x) + 1)
    chooser = f.trace(x).executable
    assert chooser.chosen in auto.CANDIDATES
    again = defn.jit(lambda x: np.exp(x) + 1, compiler="auto").trace(x).executable
    assert again.chosen == chooser.chosen and not again.times


def test_each_is_tried_the_first_alone_then_both_in_turns(monkeypatch, tmp_path):
    monkeypatch.setenv("DEFN_CACHE_DIR", str(tmp_path))
    chooser = defn.jit(lambda x: x * 3 - 1, compiler="auto").trace(np.arange(9.0)).executable
    names = []
    seconds = {"numba": 1.0, "xla": 3.0}

    def pretended(name, arrays):
        names.append(name)
        chooser.times.setdefault(name, []).append(seconds[name])

    monkeypatch.setattr(chooser, "_timed", pretended)
    while not chooser._is_decided():
        chooser(np.arange(9.0))
    alone = auto.TRIALS + 1
    assert names == ["numba"] * alone + ["xla", "numba"] * auto.TRIALS + ["xla"]
    chooser.times.clear(), seconds.update(xla=1.1)
    while not chooser._is_decided():
        chooser(np.arange(9.0))
    assert len(chooser.times["xla"]) == auto.MOST + 1


def test_the_guard_follows_the_choice(monkeypatch, tmp_path):
    monkeypatch.setenv("DEFN_CACHE_DIR", str(tmp_path))
    f, x = defn.jit(lambda x: x * 5, compiler="auto"), np.arange(3.0)
    f(x)
    chooser = f.trace(x).executable
    monkeypatch.setattr(chooser, "call", lambda *arrays: (x - 1,))
    np.testing.assert_array_equal(f(x), x - 1)


def test_arrays_of_a_library_stay_with_its_compiler():
    f, x = defn.jit(lambda x: x + 2, compiler="auto"), defn.tensor(np.arange(3.0)).to("xla:cpu")
    assert f.trace(x).compiler.name == f.trace(x.buffer).compiler.name == "xla"
    np.testing.assert_array_equal(f(x).buffer, np.arange(3.0) + 2)


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
