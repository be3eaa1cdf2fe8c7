"""Where the driver finds what: the job, a program, a step, a slot, in bytes."""

# The job, each word on a cache line of its own.
TICKET, DONE, STATUS, ADDRESS, COUNT, CHUNK, TOTAL, TABLE = range(0, 64 * 8, 64)
BUSY, SLEEPERS, SEMAPHORE, STOP = range(64 * 8, 64 * 12, 64)
JOB_BYTES = 64 * 12

LOW = (1 << 32) - 1
FINE = (1 << 63) - 1
LOOKS = 2000  # how often an idle helper looks again before it sleeps: some 50 microseconds
PATIENCE = 200  # how often the caller looks for a helper to finish before it gives way

# A step: kernel, rows, rows of a chunk, whether chunks may run at once, its place in the table.
STEP = 40
# A program: each count followed by an address.
STEPS, STEPS_AT, WORDS, WORDS_AT, SLOTS, SLOTS_AT, QUICK = range(0, 56, 8)
# A slot: argument, place in the table, kind.
SLOT = 24
ARRAY, INTEGER, FLOAT = 0, 1, 2
KINDS = {"array": ARRAY, "integer": INTEGER, "float": FLOAT}

MOST_ON_STACK = 1024  # words of a table; a longer one is allocated
DATA = 16  # where an array object keeps the address of its elements
