"""Instructions of PTX in which the lanes of a warp meet."""

from __future__ import annotations

import numpy as np

from defn.compilers.cuda.ptx.operands import LANES, operand
from defn.compilers.cuda.ptx.text import PtxError


def shuffle(instruction, entry):
    """`shfl`: what another lane of the warp holds."""
    target, *given = instruction.operands
    value_of, by_of, clamp_of, members_of = (operand(t, "b32", entry) for t in given)
    mode, names = instruction.modifiers[1], target.split("|")

    def step(run, chosen):
        place = run.threads.place if chosen is None else chosen
        value, by = value_of(run, chosen), by_of(run, chosen).astype(np.int64) & 31
        clamp = clamp_of(run, chosen).astype(np.int64)
        lane = run.in_block[place] % LANES
        segment, last = clamp >> 8 & 31, clamp & 31
        most, least = (lane & segment) | (last & ~segment & 31), lane & segment
        source = {
            "down": lane + by,
            "up": lane - by,
            "bfly": lane ^ by,
            "idx": least | (by & ~segment & 31),
        }[mode]
        inside = source >= most if mode == "up" else source <= most
        source = np.where(inside, source, lane)
        _demand_members(members_of(run, chosen), lane, source)
        where = np.full(run.count, -1)
        where[place] = np.arange(len(place))
        found = where[np.minimum(place - lane + source, run.count - 1)]
        if (found < 0).any():
            raise PtxError("a shuffle reads a lane that does not take part")
        run.write(names[0], value[found], chosen)
        if len(names) > 1:
            run.write(names[1], inside, chosen)

    return step


def vote(instruction, entry):
    """`vote`: what all lanes of the warp say together."""
    target, source, members = instruction.operands
    read, mode = operand(source, "pred", entry), instruction.modifiers[1]
    members_of = operand(members, "b32", entry)

    def step(run, chosen):
        place = run.threads.place if chosen is None else chosen
        value, warp = read(run, chosen), run.warp[place]
        lane = run.in_block[place] % LANES
        _demand_members(members_of(run, chosen), lane)
        sums = np.bincount(
            warp,
            weights=value * 2.0 ** (lane if mode == "ballot" else 0),
            minlength=run.warp[-1] + 1,
        )
        counts = np.bincount(warp, minlength=run.warp[-1] + 1)
        result = {"ballot": sums.astype(np.uint32), "all": sums == counts, "any": sums > 0}[mode]
        run.write(target, result[warp], chosen)

    return step


def _demand_members(members, *lanes):
    """The lanes that meet, and those whose values they take, must be among those that are named."""
    members = members.astype(np.int64)
    if not all((members >> lane & 1).all() for lane in lanes):
        raise PtxError("a lane that the mask does not name takes part")
