r"""The law of large batches: what goes through them block by block gives what small ones give.

A batch over and over, k times, with its upstream over and over, changes nothing for an example, and k times as much
reaches what the examples share:

.. math:: F(x, \dots, x) = (f(x), \dots, f(x)) \quad\Rightarrow\quad
          dX = (dx, \dots, dx), \qquad d\theta_k = k \, d\theta

That is so where the examples do not know of each other, or only by averages over the batch. A loss that is a mean has
dx / k for each, one that is a sum dx. No differences are taken.
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from typing import Any

import numpy as np

from .._case import Case
from .._expect import epsilon, expect, largest
from .._peak import affordable
from .._registry import declares
from ..adapters._example import Array, Example
from ..adapters._repeated import over_and_over, reduction, repeated, rows_of
from .algebra import shared

ENTRIES = 2**17
"""The large batch has more numbers than that: blocks that stay in the cache of a processor are smaller."""

EPS = float(np.finfo(float).eps)


@declares(
    "GC134",
    "a large batch is many small ones",
    "activation",
    "normalization",
    "layer",
    "loss",
    needs=("gradient", "repeatable"),
    effort=None,
)
def large_batch(subject: Any, case: Case) -> None:
    """The batch over and over, more than 131,072 numbers in all, has the gradients of the batch over and over.

    What all examples share collects from each of them. Fast code goes through large arrays block by block, and no
    small batch ever reaches its second block. (Where it would take more than 256 MiB, the batch is smaller.)

    The usual mistake is ``total = part.sum()`` for ``total += part.sum()``, or a last block that is left out because
    it is not full.
    """
    example: Example = subject.ordinary(case.generator(6))
    here = example.forward()
    times = affordable(lambda n: _both_ways(example, n), ENTRIES // _size(example, here.outputs) + 1)
    there, each = example.forward(repeated(example, times)), reduction(example, times)
    if each is None:
        case.idle("the batch twice had other outputs than twice the batch")
    what = f"for a batch of {rows_of(example)}, {times} times"
    case.state("examples in the large batch", str(rows_of(example) * times))
    for found, out in zip(there.outputs, here.outputs, strict=True):
        target = over_and_over(out, times) if out.ndim else out * each.shared
        unit = epsilon(found)
        allowed = max(unit**0.5, unit * found.size) * largest(target)
        expect(found, f"the output {what}").within(target, allowed=allowed)
    upstream = [case.generator(7).standard_normal(np.shape(out)) for out in here.outputs]
    room, before = example.room(case, upstream), here.gradients(upstream)
    after = there.gradients([over_and_over(u, times) if u.ndim else u for u in upstream])
    for path, found in after.items():
        of_all = path in shared(example, before)
        target = before[path] * each.shared if of_all else over_and_over(before[path] * each.row, times)
        # A sum of so many terms is off by so many units of its last place, and each term by what it was.
        allowed = epsilon(found, *here.outputs) / EPS * times * room[path] * (each.shared if of_all else each.row)
        expect(found, f"the gradient of {path} {what}").within(target, allowed=allowed)


def _both_ways(example: Example, times: int) -> object:
    there = example.forward(repeated(example, times))
    return there, there.gradients([np.ones(np.shape(out)) for out in there.outputs])


def _size(example: Example, outputs: tuple[Array, ...]) -> int:
    """Return how many numbers the largest array has that grows with the batch."""
    return max(np.size(value) for value in (*(example.inputs[k] for k in example.rows), *outputs))
