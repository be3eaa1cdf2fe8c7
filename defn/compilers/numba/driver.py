"""Kernels over ranges, shared between threads; compiled once, and read from disk ever after.

A driver that never waits for a thread that has not begun: helpers claim chunks, the caller takes
whatever is left. The ticket, one word, holds (generation, next chunk). A helper reads the ticket,
then the job, then claims by compare-and-swap: success means that the job it read is the ticket's.
A job is written only while its ticket is closed, so that an old ticket claims nothing of it.

`threads` reads this file as text; it is imported only to be compiled.
"""

# fmt: off
# isort: off
from defn.compilers.numba.layout import (
    ADDRESS, ARRAY, ASKING, BUSY, CHECK, CHECKS_AT, CHUNK, CLASS, CLASS_OF, COUNT, DATA, DESCR, DESCR_OF,
    DIMS_AT, DIMS_OF, DONE, FALLBACK, FINE, FLAGS_OF, GIVEN, IN_ORDER, INTEGER, JOB, KEPT,
    KEPT_AT, LOOKS, LOW, MOST_ON_STACK, NDIM, NDIM_OF, NEXT, OWN, PATIENCE, PROGRAM, QUICK, READ, READS,
    READS_AT, ROOM, SCALAR, SEMAPHORE,
    SLEEPERS, SLOT, SLOTS, SLOTS_AT, STATUS, STEP, STEPS, STEPS_AT, STOP, TABLE, THREADS, TICKET, TOTAL,
    WORDS, WORDS_AT,
)
from defn.compilers.numba.words import (
    allocate, bits, call_kernel, call_python, cell_value, dict_item, drop, enter_python, error_occurred,
    float_of, give_way, increase, integer_of, keep, leave_python, load, local, lower, new_array,
    number_or_array, pause, peek, put, python_integer, release, sleep, stack, store, swap, wake,
)
# isort: on
# fmt: on


@local
def claim(job):
    """Run chunks of the job that is open until none is left; return the ticket that said so."""
    while True:
        ticket = peek(job + TICKET)
        address, count, chunk = peek(job + ADDRESS), peek(job + COUNT), peek(job + CHUNK)
        total, table = peek(job + TOTAL), peek(job + TABLE)
        turn = ticket & LOW
        if turn >= total:
            return ticket
        if swap(job + TICKET, ticket, ticket + 1):
            # Chunks that run together lie apart: no cache line is shared.
            c = (turn >> 1) + (turn & 1) * ((total + 1) >> 1)
            status = call_kernel(address, c * chunk, min(count, (c + 1) * chunk), table)
            if status != 0:
                lower(job + STATUS, (c << 32) | (status & LOW))
            increase(job + DONE, 1)


def help_out(job):
    """A helper: runs chunks of job after job, looks for the next a while, then sleeps."""
    while True:
        last = claim(job)
        looks = 0
        while looks < LOOKS:
            looks += 1
            pause()
            if peek(job + TICKET) != last:
                last = claim(job)
                looks = 0
        if peek(job + STOP) != 0:
            return 0
        increase(job + SLEEPERS, 1)
        # A job that was opened before its caller saw this sleeper must be seen here.
        if peek(job + TICKET) == last:
            sleep(peek(job + SEMAPHORE), -1, 0)
        else:
            awake = peek(job + SLEEPERS)
            if awake > 0:
                swap(job + SLEEPERS, awake, awake - 1)


@local
def rouse(job, wanted):
    """Wake as many helpers as are wanted and asleep."""
    sleepers = peek(job + SLEEPERS)
    while sleepers > 0 and wanted > 0:
        if swap(job + SLEEPERS, sleepers, sleepers - 1):
            wake(peek(job + SEMAPHORE), 1, 0)
            wanted -= 1
        sleepers = peek(job + SLEEPERS)


@local
def share(job, address, count, chunk, total, table, helpers):
    """One kernel over its chunks, by this thread and those that come to help."""
    generation = ((peek(job + TICKET) >> 32) + 1) & 0x3FFFFFFF
    put(job + TICKET, (generation << 32) | LOW)
    put(job + DONE, 0)
    put(job + STATUS, FINE)
    put(job + ADDRESS, address)
    put(job + COUNT, count)
    put(job + CHUNK, chunk)
    put(job + TABLE, table)
    put(job + TOTAL, total)
    put(job + TICKET, generation << 32)
    rouse(job, helpers)
    claim(job)
    looks = 0
    while peek(job + DONE) < total:
        looks += 1
        pause()
        if looks > PATIENCE:
            give_way()
    status = peek(job + STATUS)
    return 0 if status == FINE else signed(status & LOW)


@local
def signed(word):
    """The low 32 bits as an integer with a sign."""
    return ((word & LOW) ^ 0x80000000) - 0x80000000


@local
def alone(address, count, chunk, table):
    """One kernel over its chunks, in order, up to the first that fails."""
    start = 0
    while start < count:
        status = call_kernel(address, start, min(count, start + chunk), table)
        if status != 0:
            return signed(status)
        start += chunk
    return 0


@local
def run_steps(job, steps, count, table, threads):
    """The steps one after another; the first status that is not 0 ends them."""
    together = 0
    if threads > 1:
        together = swap(job + BUSY, 0, 1)
    status = 0
    for s in range(count):
        at = steps + STEP * s
        address, rows, chunk, many = load(at), load(at + 8), load(at + 16), load(at + 24)
        words = table + 8 * load(at + 32)
        total = (rows + chunk - 1) // chunk
        if together != 0 and many != 0 and total > 1:
            helpers = min(threads, total) - 1
            status = share(job, address, rows, chunk, total, words, helpers)
        else:
            status = alone(address, rows, chunk, words)
        if status != 0:
            break
    if together != 0:
        put(job + BUSY, 0)
    return status


def run(job, steps, count, table, threads):
    return run_steps(job, steps, count, table, threads)


@local
def word_of(kind, value):
    """What goes into the table for an argument: an address, or the bits of a number."""
    if kind == ARRAY:
        return load(value + DATA)
    if kind == INTEGER:
        return integer_of(value)
    return bits(float_of(value))


@local
def execute(job, program, threads, arguments, table):
    """Fill the table and run the steps."""
    words, source = load(program + WORDS), load(program + WORDS_AT)
    for w in range(words):
        store(table + 8 * w, load(source + 8 * w))
    slots = load(program + SLOTS_AT)
    for s in range(load(program + SLOTS)):
        at = slots + SLOT * s
        value = load(arguments + 8 * load(at))
        store(table + 8 * load(at + 8), word_of(load(at + 16), value))
    if error_occurred() != 0:
        return 0
    steps, count = load(program + STEPS_AT), load(program + STEPS)
    if load(program + QUICK) != 0:
        return run_steps(job, steps, count, table, threads)
    state = leave_python()
    status = run_steps(job, steps, count, table, threads)
    enter_python(state)
    return status


def launch(self, arguments, count):
    """A built-in function of Python: `launch(program, threads, *values)` gives the status."""
    job = integer_of(self)
    program, threads = integer_of(load(arguments)), integer_of(load(arguments + 8))
    words = load(program + WORDS)
    if words <= MOST_ON_STACK:
        status = execute(job, program, threads, arguments + 16, stack(words))
    else:
        table = allocate(8 * words)
        status = execute(job, program, threads, arguments + 16, table)
        release(table)
    if error_occurred() != 0:
        return 0
    return python_integer(status)


# --- a call without Python ------------------------------------------------------------------------


@local
def has_type(value, check):
    """Is this array of the type that is wanted, in C order?"""
    ndim = load(check + 8)
    if load(value + DESCR_OF) != load(check):
        return 0
    if (load(value + NDIM_OF) & LOW) != ndim:
        return 0
    if (load(value + FLAGS_OF) & IN_ORDER) != IN_ORDER:
        return 0
    dims, wanted = load(value + DIMS_OF), load(check + 16)
    for axis in range(ndim):
        if load(dims + 8 * axis) != load(wanted + 8 * axis):
            return 0
    return 1


@local
def is_held(read):
    """Is what was read elsewhere, in a cell or a dictionary, what it was?"""
    if load(read) == 0:
        return dict_item(load(read + 8), load(read + 16)) == load(read + 24)
    value = cell_value(load(read + 8))
    drop(value)
    return value == load(read + 24)


@local
def fits(call, arguments):
    """Are the arguments, and what is read elsewhere, those for which a program was made?"""
    checks, reads = load(call + CHECKS_AT), load(call + READS_AT)
    for k in range(load(call + GIVEN)):
        value = load(arguments + 8 * k)
        if load(value + CLASS_OF) != load(call + CLASS):
            return 0
        if has_type(value, checks + CHECK * k) == 0:
            return 0
    for k in range(load(call + READS)):
        if is_held(reads + READ * k) == 0:
            return 0
    return 1


@local
def answer(call, arguments):
    """The new array that a program makes of the arguments; 0 where it stopped."""
    keep(load(call + DESCR))  # the array will let go of it
    ndim, dims = load(call + NDIM), load(call + DIMS_AT)
    made = new_array(load(call + CLASS), load(call + DESCR), ndim, dims, 0, 0, 0, 0)
    if made == 0:
        return 0
    given, program, kept = load(call + GIVEN), load(call + PROGRAM), load(call + KEPT)
    values = stack(given + 1 + kept)
    for k in range(given):
        store(values + 8 * k, load(arguments + 8 * k))
    store(values + 8 * given, made)
    own, room, places = load(call + KEPT_AT), stack(load(call + ROOM)), stack(kept)
    for k in range(kept):
        value = load(own + OWN * k + 8)
        if load(own + OWN * k) != 0:
            # What is read of an object is the address of its elements: there is only that.
            store(places + 8 * k, room + value)
            value = places + 8 * k - DATA
        store(values + 8 * (given + 1 + k), value)
    table = stack(load(program + WORDS))
    if execute(load(call + JOB), program, load(call + THREADS), values, table) != 0:
        drop(made)
        return 0
    if load(call + SCALAR) != 0:
        return number_or_array(made)
    return made


def enter(self, arguments, count, names):
    """A built-in function of Python: what the first program that fits makes of arrays; where none
    does, or it stops, a call of the function that asks at length."""
    call = load(self + DATA)
    fallback = load(call + FALLBACK)
    if names == 0:
        if load(load(call + ASKING)) == 0:
            while call != 0:
                if count == load(call + GIVEN):
                    if fits(call, arguments) != 0:
                        made = answer(call, arguments)
                        if made != 0:
                            return made
                        if error_occurred() != 0:
                            return 0
                        break
                call = load(call + NEXT)
    return call_python(fallback, arguments, count, names)
