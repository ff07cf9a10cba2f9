"""A batch over and over: whether a call takes it for what it is, and what a loss makes of it.

    f(x, x) = (f(x), f(x))                       each example has its output
    f(x_1, x_2) = f(x_1) + f(x_2), or its half   a loss that is a sum, or a mean

A loss that looks at pairs of examples is neither, and so is a normalization by the unbiased variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._example import Array, Example, as_array


@dataclass(frozen=True, slots=True)
class Reduction:
    """How often the gradient of one batch is in that of ``times`` of them: ``row`` for an example, ``shared``."""

    row: float
    shared: float


def over_and_over(array: Array, times: int) -> Array:
    """Return an array of so many times the rows.

    >>> over_and_over(np.array([1, 2]), 2)
    array([1, 2, 1, 2])
    """
    return np.tile(array, (times, *(1,) * (np.ndim(array) - 1)))


def repeated(example: Example, times: int) -> tuple[object, ...]:
    """Return the inputs with the batch so many times."""
    return example.at_rows(np.tile(np.arange(rows_of(example)), times))


def rows_of(example: Example) -> int:
    """Return how many examples the batch has."""
    return len(as_array(example.inputs[example.rows[0]]))


def reduction(example: Example, times: int) -> Reduction | None:
    """Return what the batch so many times does to gradients; None where the outputs do not tell, or cannot be had."""
    try:
        outputs = example.forward().outputs
        if all(out.ndim and len(out) == rows_of(example) for out in outputs):
            twice = example.forward(repeated(example, 2)).outputs
            alike = all(_close(b, over_and_over(a, 2)) for a, b in zip(outputs, twice, strict=True))
            return Reduction(1.0, times) if alike else None
        (loss,) = outputs
        alone = [example.forward(example.at_rows([i])).outputs[0] for i in range(rows_of(example))]
    except Exception:  # it is not called with such a batch: that is the answer
        return None
    if len(alone) < 2 or loss.size != 1:
        return None
    if _close(loss, np.sum(alone, axis=0)):
        return Reduction(1.0, times)
    return Reduction(1.0 / times, 1.0) if _close(loss, np.mean(alone, axis=0)) else None


def _close(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-5, atol=1e-12))
