r"""One array by several names: what a step moves under one of them it moves under all, so it is one parameter.

Its gradient is the sum of what the backward leaves under each name, as an optimizer adds it up that walks over them:

.. math:: \frac{dL}{dW} = \sum_{\text{names } n} \frac{\partial L}{\partial W_n}

A gradient array that is shared itself counts once: then it is the sum already. A transposed view is the same array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._subject import Array
from ._parameters import Slot


def one_per_array(slots: Sequence[Slot]) -> list[Slot]:
    """Return `slots` with those of one array put together under all of its names."""
    groups: list[list[Slot]] = []
    for slot in slots:
        same = next((group for group in groups if _orientation(group[0].get(), slot.get()) is not None), None)
        if same is None:
            groups.append([slot])
        else:
            same.append(slot)
    return [group[0] if len(group) == 1 else _together(group) for group in groups]


def _together(group: list[Slot]) -> Slot:
    first = group[0]
    turned = [_orientation(first.get(), slot.get()) == -1 for slot in group]

    def gradient() -> Any:
        found = [slot.gradient() for slot in group]
        return _sum([np.transpose(g) if turn else g for g, turn in zip(found, turned, strict=True) if g is not None])

    return replace(first, gradient=gradient, also=tuple(slot.name for slot in group[1:]))


def _orientation(first: Any, other: Any) -> int | None:
    """Return 1 where both are views of the same numbers, -1 where `other` is transposed, None where they are not."""
    if not (isinstance(first, np.ndarray) and isinstance(other, np.ndarray)) or first.size == 0:
        return None
    if _place(first) == _place(other):
        return 1
    return -1 if _place(first) == _place(other.T) else None


def _place(array: Array) -> tuple[Any, ...]:
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def _sum(gradients: list[Any]) -> Any:
    """Return the sum of the gradients that are arrays of their own; one of another shape as it is, to be refused."""
    apart: list[Any] = []
    for gradient in gradients:
        if not any(_is_shared(gradient, other) for other in apart):
            apart.append(gradient)
    odd = [gradient for gradient in apart if np.shape(gradient) != np.shape(apart[0])]
    return odd[0] if odd else sum(apart[1:], apart[0]) if apart else None


def _is_shared(gradient: Any, other: Any) -> bool:
    both = isinstance(gradient, np.ndarray) and isinstance(other, np.ndarray)
    return gradient is other or (both and np.may_share_memory(gradient, other))
