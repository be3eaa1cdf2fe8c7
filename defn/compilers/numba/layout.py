"""Where the driver finds what: the job, a program, a step, a slot, in bytes."""

LITERAL = 10  # sizes up to this stand in a kernel's text, so that LLVM unrolls
LARGEST = 1 << 47  # more than any size of what is in memory

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
# Where it keeps its class, the count and the sizes of its axes, its dtype and its flags.
CLASS_OF, NDIM_OF, DIMS_OF, DESCR_OF, FLAGS_OF = 8, 24, 32, 56, 64
IN_ORDER = 0x101  # the flags of an array in C order whose elements are aligned

# What is known of a call that is made directly.
(
    ASKING, FALLBACK, NEXT, GIVEN, CHECKS_AT, READS, READS_AT, CLASS, PROGRAM, JOB, THREADS, DESCR, NDIM,
    DIMS_AT, SCALAR, KEPT, KEPT_AT, ROOM,
) = range(0, 18 * 8, 8)  # fmt: skip
CHECK = 24  # an argument: its dtype, its number of axes, the address of its sizes
OWN = (
    16  # an array that the call has for itself: whether in its room, and where there, or the object
)
READ = 32  # what is read elsewhere: whether it is a closure's cell, the cell or dictionary, the key, the value
SIDE = 8  # of what is turned in registers
