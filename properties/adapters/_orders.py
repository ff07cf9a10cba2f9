"""The order of a batch that a loss does not feel: any, or only what leaves neighbours, halves or triples together.

A batch is a set, and its loss does not feel its order. One whose rows come in pairs, neighbours or the two halves, is
felt by no reversal; one whose rows come in threes, by no turn by three. A loss that leaves a row out feels them all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._expect import alike
from ._trial import tried

Array = NDArray[Any]
Function = Callable[..., Any]

TURNS: dict[str, Callable[[int], Array]] = {
    "reversed": lambda n: np.arange(n)[::-1],
    "turned by three": lambda n: np.roll(np.arange(n), 3),
}


def order_of(value: Function, prediction: Array, target: Array) -> str | None:
    """Return which order of its rows leaves a loss alone, where not every one does; None for every one, or none."""
    if len(prediction) < 4 or len(target) != len(prediction):
        return None
    orders = [np.random.default_rng(seed).permutation(len(prediction)) for seed in (0, 1)]
    if all(_is_unmoved(value, prediction, target, order) for order in orders):
        return None
    names = ("reversed", "turned by three") if len(prediction) % 3 == 0 else ("reversed",)
    kept = (name for name in names if _is_unmoved(value, prediction, target, TURNS[name](len(prediction))))
    return next(kept, None)


def _is_unmoved(value: Function, prediction: Array, target: Array, order: Array) -> bool:
    here, there = tried(value, prediction, target)[0], tried(value, prediction[order], target[order])[0]
    return here is not None and there is not None and alike(np.sum(here), np.sum(there))
