r"""From one loss per example to what training minimizes, and back.

.. math:: \text{none: } \ell_i, \qquad \text{sum: } \sum_i \ell_i, \qquad \text{mean: } \frac{1}{n} \sum_i \ell_i

An example's loss reads that example's predictions and no others. The gradient of every reduction is thus the
gradient of :math:`\ell_i` by its own predictions, times the weight of :math:`\ell_i` in the sum: 1, or
:math:`1/n` for the mean.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np

from .._arrays import Floats
from .._moments import mean_of

Reduction: TypeAlias = Literal["mean", "sum", "none"]
REDUCTIONS = ("mean", "sum", "none")


def reduced(losses: Floats, reduction: Reduction, dtype: np.dtype[Any]) -> Any:
    """Return the losses, their sum or their mean (0 where there are none) in the precision `dtype`.

    Raises
    ------
    ValueError
        `reduction` is unknown.
    """
    if _known(reduction) == "none":
        return losses.astype(dtype)
    every = tuple(range(losses.ndim))
    return np.asarray(losses.sum() if reduction == "sum" else mean_of(losses, every)).astype(dtype)[()]


def spread(gradient: Floats, count: int, reduction: Reduction, dtype: np.dtype[Any]) -> Floats:
    """Return the gradient of the reduction of `count` losses from the gradients of each.

    Raises
    ------
    ValueError
        `reduction` is unknown.
    """
    return (gradient / _share(count, _known(reduction))).astype(dtype)


def _share(count: int, reduction: Reduction) -> int:
    return max(count, 1) if reduction == "mean" else 1


def _known(reduction: Reduction) -> Reduction:
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction={reduction!r} is not a reduction; they are 'mean', 'sum' and 'none'")
    return reduction
