"""How a loss prices a batch and its classes, told by its values: one by one, or all together; alike, or by weights.

L(p, t) = mean_i l(p_i, t_i), or their sum      RMSE and Dice are neither
L(s, y) = w_y (log sum_j e^s_j - s_y)           of one example, with a weight for its class; 0 where it is ignored
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._targets import TRIAL
from ._trial import tried

Array = NDArray[Any]
Function = Callable[..., Any]


def one_by_one(value: Function, prediction: Array, target: Array) -> bool:
    """Say whether a batch costs the mean or the sum of what its examples cost; True where they cannot be asked."""
    whole = tried(value, prediction, target)[0] if prediction.ndim else None
    if whole is None:
        return True
    rows = [tried(value, prediction[i : i + 1], target[i : i + 1])[0] for i in range(len(prediction))]
    if any(row is None for row in rows):
        return _adds_up(value, prediction, target)
    if np.ndim(whole):
        return bool(np.allclose(whole, np.concatenate([np.atleast_1d(row) for row in rows]), equal_nan=True))
    costs = [float(np.sum(row)) for row in rows]
    return any(np.isclose(whole, total(costs), rtol=1e-6, equal_nan=True) for total in (np.mean, np.sum))


def _adds_up(value: Function, prediction: Array, target: Array) -> bool:
    """Say whether moving two examples costs what moving each does; True where nothing tells.

    A loss of pairs refuses an example on its own, so that it cannot be asked for the price of one.
    """
    here = tried(value, prediction, target)[0]
    for other in range(1, len(prediction)):
        costs = [tried(value, _moved(prediction, rows), target)[0] for rows in ([0], [other], [0, other])]
        if any(cost is None or np.shape(cost) != np.shape(here) for cost in costs):
            return True
        one, second, two = (np.sum(cost) - np.sum(here) for cost in costs)
        if not np.isclose(one + second, two, rtol=1e-6, atol=1e-9 * float(np.abs(here).sum())):
            return False
    return True


def _moved(prediction: Array, rows: list[int]) -> Array:
    moved = prediction.copy()
    moved[rows] += 0.125 * np.random.default_rng(5).standard_normal(prediction.shape)[rows]
    return moved


def only_alike(value: Function, prediction: Array, target: Array) -> bool:
    """Say whether labels say who is alike, and no class is a column: any other names for them cost the same."""
    here = tried(value, prediction, target)[0]
    others = [tried(value, prediction, (target + k) % prediction.shape[-1])[0] for k in (1, 2)]
    return here is not None and all(
        other is not None and np.shape(other) == np.shape(here) and bool(np.allclose(other, here)) for other in others
    )


def class_weights(value: Function, *, labels: bool) -> Array | None:
    """Return the weight that a cross-entropy gives to each class; None where it is none of that form.

    One example tells, for the weights of a batch are divided by their sum; 0/0 is an example that is ignored.
    """
    entropies = np.log(np.exp(TRIAL).sum(axis=-1, keepdims=True)) - TRIAL
    classes = TRIAL.shape[-1]
    targets: Array = np.arange(classes) if labels else np.eye(classes)
    with np.errstate(all="ignore"):
        costs = [[tried(value, row[None], target[None])[0] for target in targets] for row in TRIAL]
    if any(cost is None or np.size(cost) != 1 for row in costs for cost in row):
        return None
    weights = np.reshape(costs, TRIAL.shape) / entropies
    return np.asarray(weights[0]) if np.allclose(weights, weights[0], equal_nan=True) else None
