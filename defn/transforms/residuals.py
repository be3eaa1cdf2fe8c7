"""What the backward pass of a body needs of its forward pass, and how it gets it.

A value is free (the index, what is captured, and what follows from them), restored (an array whose
writes are undone step by step), made again, or saved on a tape. What is saved is a minimum cut, in
bytes a step.
"""

from __future__ import annotations

from defn import ops
from defn.expr import toposort
from defn.order import WRITES
from defn.transforms.activity import differentiable_bodies
from defn.transforms.mincut import cheapest_cut

ARRAY_WRITES = (ops.put, ops.add_at, ops.scatter, ops.scatter_add)
# What is expensive, or would happen twice; the writes make new versions of whole arrays.
NEVER_AGAIN = {
    *WRITES, ops.parameter, ops.Kind.STRUCTURE, ops.Kind.LIBRARY, ops.Kind.EFFECT, ops.Kind.PRODUCT,
}  # fmt: skip
UNKNOWN_TRIPS = 1000  # what a `while` without a bound is taken to run, where costs are compared
LARGEST_CUT = 20_000  # values: beyond, what is read is saved as it is


# Write chains: how one version of a carried array becomes the next.


def writes_between(start, end):
    """The nodes that turn one array into another by writing, last first; None where it is otherwise
    made.
    """
    links = []
    while end is not start:
        if end.op in ARRAY_WRITES:
            links.append(end)
            end = end.args[0]
        elif (
            end.op is ops.item
            and end.args[0].op in ops.LEAD
            and restorable(end.args[0], end.attrs["index"])
        ):
            links.append(end)
            end = previous(end)
        else:
            return None
    return links


def previous(link):
    """The version of the array that a link of a write chain replaced."""
    return ops.carry(link.args[0])[link.attrs["index"]] if link.op is ops.item else link.args[0]


def restorable(node, k):
    """Can the reverse of a structure un-write its k-th state? Not if it only runs it again."""
    return not node.attrs.get("recompute") and written_in_all(node, k)


def written_in_all(node, k):
    """Is the k-th state turned into its next version by writing alone, in every branch?"""
    return all(chain(node, body, k) is not None for body in differentiable_bodies(node))


def chain(node, body, k):
    """The write chain of the k-th state through a body; None where there is none."""
    start = body.parameters[ops.INDEX[node.op] + k]
    if not start.shape or start.type.tape:
        return None
    return writes_between(start, body.outputs[k])


def written_bytes(link):
    """How many bytes a link of a write chain overwrites each time it runs."""
    if link.op is not ops.item:
        return link.args[1].type.bytes
    node, k = link.args[0], link.attrs["index"]
    each = [
        sum(map(written_bytes, chain(node, body, k) or ())) for body in differentiable_bodies(node)
    ]
    return max(each) * trips(node)


def trips(node):
    """How often the body of a structure runs, as far as is known."""
    return 1 if node.op is ops.cond else node.attrs.get("extent") or UNKNOWN_TRIPS


def wanted_versions(saved, chains, carry, restored):
    """The states cheaper to un-write than to save the reads of."""
    wanted = set(restored)
    for k, links in chains.items():
        versions = {carry[k], *links}
        reads = [n for n in saved if n.op in (ops.get, ops.gather) and n.args[0] in versions]
        saving = sum(n.type.bytes for n in reads)
        if any(n in versions for n in saved) or saving > sum(map(written_bytes, links)):
            wanted.add(k)
    return frozenset(wanted)


# The frontier between the passes.


def backward_nodes(roots, resolved, forward):
    """The nodes of the backward pass, operands first: those behind the roots that the forward pass
    does not have, and those behind what stands for a forward value there.
    """

    def before(node):
        if node in resolved:
            return (resolved[node],)
        return () if node in forward else node.args

    return [n for n in toposort(roots, before) if n not in forward and n not in resolved]


def frontier(roots, nodes, ends):
    """The values that the backward pass, of these nodes, reads and that do not depend on
    cotangents, tapes or restored arrays: on parameters other than the `ends` of the body.
    """
    backward = {n for n in nodes if n.op in (ops.parameter, ops.tape) and n not in ends}
    for node in nodes:
        if any(a in backward for a in node.args):
            backward.add(node)
    read = (a for n in nodes if n in backward for a in n.args)
    return [n for n in dict.fromkeys((*read, *roots)) if n not in backward]


def choose_saved(needed, free, forward):
    """The cheapest values to save, in bytes a step, from which all that is needed can be made."""
    order = toposort(needed, lambda n: () if n in free or not made_again(n, forward) else n.args)
    made, edges, stuck = set(free), [], []
    for node in order:
        again = made_again(node, forward)
        # Only values that something must be saved for take part in the cut.
        if node in made or again and all(a in made for a in node.args):
            made.add(node)
        elif again == "cheaply":
            edges += [(a, node) for a in node.args if a not in made]
        else:
            stuck.append(node)
    needed = [n for n in needed if n not in made]
    cost = {n: n.type.bytes for n in order if n not in made}
    if not needed or len(cost) > LARGEST_CUT:
        return needed
    cut = cheapest_cut(cost, edges, stuck, needed)
    return [n for n in order if n in cut]


def made_again(node, forward):
    """May the backward pass compute this value again: not at all, only from free values, or
    cheaply?
    """
    if node.op in NEVER_AGAIN or node.op.kind in NEVER_AGAIN:
        return ""
    # What the forward pass lacks (the cosine in a sine's rule) is computed once either way.
    if node.op.kind is not ops.Kind.REDUCTION and (node.op.cost == 1 or node.op is ops.gather):
        return "cheaply"
    return "cheaply" if node not in forward else "from what is free"
