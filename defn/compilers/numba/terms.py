"""Sums of products of matrices, as one product of several terms that are added where the result is written.

`x @ w + h @ u`, and a convolution written as a loop over its taps: each product is rounded and added
to the sum of those before, in the order written, without arrays for them.
"""

from __future__ import annotations

from defn import ops
from defn.compilers.numba.panels import INNER
from defn.compilers.numba.product import is_turned
from defn.compilers.numba.roots import products
from defn.expr import constant_value, make

MOST = 32  # terms of one sum


def summed(graph, wanted):
    """The graph in which sums of products that are `wanted`, and needed for nothing else, are one."""
    if not any(map(wanted, graph.order)):
        return graph
    users, roots = graph.users(), set(graph.roots)

    def for_this_alone(node):
        """Has a value, in whatever shapes it is seen, one reader?"""
        alone = len(users[node]) == 1 and node not in roots
        return alone and (node.op is not ops.reshape or for_this_alone(node.args[0]))

    def rule(node, args):
        made = node.with_args(args) if args else node
        if node.op is not ops.add:
            return made
        x, y = zip(map(unshaped, args), map(for_this_alone, node.args))
        return together(made, x, y, wanted) or together(made, y, x, wanted) or made

    return graph.remade(rule)


def unshaped(node):
    """The value whose elements, in order, a node shows."""
    while node.op is ops.reshape:
        node = node.args[0]
    return node


def together(node, before, last, wanted):
    """What came before and a last product as one product, where that can be: each a value, and
    whether it is needed for this sum alone."""
    (before, alone), (last, last_alone) = before, last
    if not wanted(last) or not last_alone:
        return None
    if is_zero(before):
        return make(ops.reshape, (last,), {"shape": node.shape}, where=node.where)
    terms = before.args if before.op is products or wanted(before) else ()
    if not terms or not alone or len(terms) >= 2 * MOST or not alike(terms, last.args):
        return None
    found = make(products, (*terms, *last.args), {}, where=node.where)
    return make(ops.reshape, (found,), {"shape": node.shape}, where=node.where)


def is_zero(node):
    """Is every element zero?"""
    node = node.args[0] if node.op is ops.broadcast else node
    known = constant_value(node)
    return known is not None and not known.any()


def alike(terms, others):
    """Are operands of the same shapes, in the same order of memory, and each term one sum?"""
    return terms[0].shape[-1] <= INNER and all(
        x.type == y.type and is_turned(x) == is_turned(y) for x, y in zip(terms[:2], others)
    )
