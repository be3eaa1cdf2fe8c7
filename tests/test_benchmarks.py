"""The benchmark runner tells the truth: turns, equal results, failures named."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks import run as runner
from benchmarks.case import Contender, Race
from benchmarks.cases import CASES, SWEEPS
from benchmarks.timing import in_turns

ROOT = Path(__file__).resolve().parent.parent


def double(x):
    return x * 2


def numbers(generator, quick):
    return (generator.random(10),)


def test_names_are_unique():
    names = [case.name for case in (*CASES, *SWEEPS)]
    assert len(names) == len(set(names))


def test_contenders_take_turns():
    calls = []
    contenders = [
        Contender(name, lambda name=name: calls.append(name), lambda: None) for name in "AB"
    ]
    seconds = in_turns(contenders, rounds=4)
    turns = [name for k, name in enumerate(calls) if k == 0 or name != calls[k - 1]]
    assert turns == ["A", "B", "A", "B", "A"]  # A B, B A, A B, B A: neighbours are one turn
    assert [len(values) for values in seconds.values()] == [4, 4]


def test_a_wrong_result_is_named_and_not_timed():
    race = Race("wrong", double, numbers, {"numba": lambda x: x * 3})
    results = {result.name: result for result in runner.run_race(race, quick=True)}
    assert "differs from NumPy" in results["numba"].problem
    assert np.isnan(results["numba"].seconds)
    assert results["NumPy"].seconds > 0


def test_a_failure_is_named_and_the_others_race():
    def fails(x):
        raise RuntimeError("out of luck")

    race = Race("fails", double, numbers, {"numba": fails})
    results = {result.name: result for result in runner.run_race(race, quick=True)}
    assert results["numba"].problem == "RuntimeError: out of luck"
    assert results["defn numba"].problem == ""


def test_in_place_statements_start_from_fresh_copies():
    def grow(x):
        x += 1
        return x

    race = Race("grow", grow, numbers, {"numba": grow}, in_place=True)
    results = {result.name: result for result in runner.run_race(race, quick=True)}
    assert results["NumPy"].problem == results["numba"].problem == ""


def test_the_command_writes_json(tmp_path):
    file = tmp_path / "out.json"
    command = [sys.executable, "-m", "benchmarks", "tiny-call", "--quick", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    written = json.loads(file.read_text())
    contenders = {row["name"]: row for row in written["cases"][0]["contenders"]}
    assert contenders["defn numba"]["ratio"] == 1
    assert contenders["jax"]["seconds"] > 0
    assert written["machine"]["packages"]["numpy"] == np.__version__
