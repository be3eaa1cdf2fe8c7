"""Timing in turns: A B C, C B A, A B C, ...; of each the best round and the median."""

import statistics
import time

# Threads of OpenMP spin for a while after their work; the next contender must not pay for that.
PAUSE = 0.012
BLOCK = 200e-6
TURN = 0.02


def stopwatch(contender, count=1):
    """The seconds a call takes, over `count` calls in a row."""
    run = contender.run
    if contender.restore:
        contender.restore()
    start = time.perf_counter()
    for _ in range(count):
        run()
    return (time.perf_counter() - start) / count


def block_size(contender):
    """How many calls a reading needs to be long against the clock's own cost."""
    count = 1
    while not contender.restore and stopwatch(contender, count) * count < BLOCK:
        count *= 2
    return count


def turn(contender, count):
    """The best reading of one turn, of as many as fit."""
    end = time.perf_counter() + TURN
    best = stopwatch(contender, count)
    while time.perf_counter() < end:
        best = min(best, stopwatch(contender, count))
    return best


def in_turns(contenders, rounds, budget=20.0):
    """Name -> the seconds of each round; rounds end early when the budget is spent."""
    counts = {contender.name: block_size(contender) for contender in contenders}
    seconds = {contender.name: [] for contender in contenders}
    end = time.perf_counter() + budget
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else contenders[::-1]:
            time.sleep(PAUSE)
            seconds[contender.name].append(turn(contender, counts[contender.name]))
        if number and time.perf_counter() > end:
            break
    return seconds


def summary(seconds):
    """The best and the median of some readings."""
    return min(seconds), statistics.median(seconds)
