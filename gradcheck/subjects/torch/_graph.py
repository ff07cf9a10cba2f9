"""The graph that torch keeps of a call: what is in it, and what it ends at besides the leaves that are checked.

A function may read a module or a tensor that is no argument of it, as ``lambda x: net(x)`` does. What requires a
gradient there has one, but nobody looks at it. The graph says so for whatever way leads there, and is silent about
what is called under `no_grad`, or by `functional_call` with parameters that are arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..layers._heads import read_by


def nodes(roots: Iterable[Any]) -> Iterator[Any]:
    """Yield every node of the graph behind `roots`, once."""
    seen, waiting = set(), [root for root in roots if root is not None]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [behind for behind, _ in node.next_functions if behind is not None]
            yield node


def ends(outs: Iterable[Any]) -> Iterator[Any]:
    """Yield the tensors that would get a gradient from `outs`."""
    behind = nodes(out.grad_fn for out in outs)
    return (node.variable for node in behind if node.name().endswith("AccumulateGrad"))


def others(outs: Iterable[Any], leaves: Sequence[Any]) -> list[Any]:
    """Return the tensors besides `leaves` that would get a gradient from `outs`."""
    mine = {id(leaf) for leaf in leaves}
    return [tensor for tensor in ends(outs) if id(tensor) not in mine]


def names_of(tensors: Sequence[Any], function: Any, base: type) -> list[str]:
    """Return what the code of `function` calls them, or calls the modules, of type `base`, that have them."""
    if not tensors:
        return []
    held = getattr(getattr(function, "__self__", None), "__dict__", {})
    known: dict[int, str] = {}
    for name, value in (*read_by(function), *held.items()):
        known[id(value)] = name
        if isinstance(value, base):
            known |= {id(tensor): f"parameters of {name}" for tensor in value.parameters()}  # type: ignore[attr-defined]
    return list(dict.fromkeys(known.get(id(t), f"a tensor of shape {tuple(t.shape)}") for t in tensors))
