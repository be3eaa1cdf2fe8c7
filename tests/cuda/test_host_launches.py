"""The plan's launches are what the driver is asked for, and what the executor of PTX runs."""

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from on_ptx import all_steps, close, reference
from test_kernels import direction, normalised, single, softmax

import defn
from defn.compilers.cuda import ptx

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]


def cases():
    x, square = single(37, 70), single(80, 80)
    return {
        "softmax": (softmax, (x,)),
        "layer norm": (normalised, (x,)),
        "element by element": (lambda x: np.sqrt(x * x + 1), (x,)),
        "sum": (np.sum, (single(20_000),)),
        "columns": (lambda x: x.sum(axis=0), (single(3000, 5),)),
        "product": (lambda x: x @ x, (square,)),
        "running sum": (np.cumsum, (x,)),
        "no elements": (lambda x: x * 2, (single(0, 3),)),
    }


CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_the_driver_is_asked_for_what_the_plan_says(driver, name):
    function, arrays = CASES[name]
    made = defn.jit(function, compiler="cuda").trace(*arrays).executable
    close(np.asarray(made(*arrays)[0]), np.asarray(reference(function, *arrays)), 256)
    planned = [(s.compiled.ptx, s.grid, s.block) for s in all_steps(made.plan)]
    assert [(a.ptx, a.grid, a.block) for a in driver.launched] == planned


@pytest.mark.parametrize("name", CASES)
def test_the_executor_runs_what_the_driver_is_asked_for(driver, name):
    function, arrays = CASES[name]
    made = defn.jit(function, compiler="cuda").trace(*arrays).executable
    made(*arrays)
    machine = ptx.Machine()
    made.program.run(machine, [machine.upload(a) for a in arrays])
    ran = [(compiled.ptx, grid, block) for compiled, grid, block in machine.launches]
    assert ran == [(a.ptx, a.grid, a.block) for a in driver.launched]


def test_arguments_are_buffers_then_numbers(driver, monkeypatch):
    seen = []
    launch = driver.cuLaunchKernel
    monkeypatch.setattr(
        driver, "cuLaunchKernel", lambda *a: seen.append(a[-2]) or launch(*a), raising=False
    )
    x = single(37, 70)
    made = defn.jit(softmax, compiler="cuda").trace(x).executable
    made(x)
    for step, (values, kinds) in zip(all_steps(made.plan), seen, strict=True):
        count = len(step.storages)
        assert kinds == (ctypes.c_void_p,) * count + (ctypes.c_int64,) * len(step.sizes)
        assert values[count:] == tuple(step.sizes)
        for storage, place in zip(step.storages, values, strict=False):
            assert len(driver.at(place)) >= made.plan.room(storage)


def test_a_kernel_is_loaded_once(driver):
    function, x = defn.jit(softmax, compiler="cuda"), single(37, 70)
    for _ in range(3):
        function(x)
    assert len(driver.modules) == len({a.ptx for a in driver.launched})


def test_loops_of_the_host_launch_their_bodies_kernels(driver):
    a, v = np.eye(20) * 2, np.ones(20)
    function = defn.jit(direction, compiler="cuda")
    function(a, v)
    made = function.trace(a, v).executable
    planned = {(s.compiled.ptx, s.grid, s.block) for s in all_steps(made.plan)}
    assert {(a.ptx, a.grid, a.block) for a in driver.launched} <= planned
    assert len(driver.launched) > len(planned)


@settings(max_examples=15)
@given(st.integers(1, 70), st.integers(1, 300))
def test_every_launch_is_one_a_device_takes(rows, columns):
    x = single(rows, columns)
    made = defn.jit(softmax, compiler="cuda", executor="ptx").trace(x).executable
    for step in all_steps(made.plan):
        assert 1 <= step.block <= 1024 and 1 <= step.grid < 2**31
