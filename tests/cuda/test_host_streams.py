"""A stream for each thread, and what waits for what."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from on_ptx import close
from test_kernels import single, softmax

import defn
from defn.compilers.cuda.streams import handle_of

pytestmark = [pytest.mark.ptx, pytest.mark.cuda_compile]


def streams(driver):
    return {launch.stream for launch in driver.launched}


def in_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_each_thread_has_its_stream(driver):
    function, x = defn.jit(softmax, compiler="cuda"), single(5, 70)
    function(x)
    (mine,) = streams(driver)
    barrier = threading.Barrier(2, timeout=10)

    def call():
        function(x)
        barrier.wait()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(streams(driver)) == 3 and mine in streams(driver)


def test_a_later_thread_has_an_earlier_ones_stream(driver):
    function, x = defn.jit(softmax, compiler="cuda"), single(5, 70)
    for _ in range(4):
        in_thread(lambda: function(x))
    assert len(streams(driver)) == 1 and driver.streams == 1


def test_what_another_thread_made_is_waited_for(driver):
    defn.tensor(single(1)).to("cuda:0")  # this thread has a stream before the other one
    x = single(5, 70)
    t = in_thread(lambda: defn.jit(softmax)(defn.tensor(x).to("cuda:0")))
    other, function = t.buffer.buffer.owner.stream.handle, defn.jit(softmax)
    got = function(t)
    mine = driver.launched[-1].stream
    assert mine != other and (mine, other) in driver.orders()
    close(np.asarray(got), softmax(softmax(x)), 16)
    count = len(driver.orders())
    function(t)
    assert len(driver.orders()) == count  # once is enough: nobody writes it any more
    del t
    assert (other, mine) in driver.orders()  # before the memory is used again


def test_a_stream_of_the_users(driver):
    function = defn.jit(softmax, compiler="cuda", stream=77)
    function(single(5, 70))
    assert streams(driver) == {77}
    defn.jit(softmax, compiler="cuda")(single(5, 70))
    assert len(streams(driver)) == 2


@pytest.mark.parametrize(
    "stream, number",
    [
        (5, 5),
        (0, 1),
        (SimpleNamespace(cuda_stream=6), 6),
        (SimpleNamespace(ptr=0), 1),
        (SimpleNamespace(__cuda_stream__=lambda: (0, 8)), 8),
        (SimpleNamespace(handle=SimpleNamespace(value=9)), 9),
    ],
)
def test_streams_of_other_libraries(stream, number):
    assert handle_of(stream) == number
