r"""The update rules in closed form: each step as a sum over all the gradients so far, g_1, ..., g_t.

.. math:: V_t = \sum_i \mu^{t-i} g_i, \qquad m_t = (1 - \beta) \sum_i \beta^{t-i} g_i, \qquad
          \hat m_t = m_t / (1 - \beta^t)

A velocity may be the sum V, or m, or m corrected. Where to put eps is left open: next to the root, or under it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Settings = Mapping[str, float]


def step_of(
    rule: str, past: Sequence[Array], w: Array, settings: Settings, reach: float = 0.0
) -> tuple[Array, Array]:
    """Return the step after the gradients of `past`, and what eps may change of it.

    `reach` is the gradient at which eps takes half of the first step; where eps is told, it says at least as much.
    """
    return _STEPS[rule](past, w, {"eps": 0.0, **settings, "reach": reach})


def _sgd(past: Sequence[Array], w: Array, s: Settings) -> tuple[Array, Array]:  # noqa: ARG001
    step = -s["learning_rate"] * past[-1]
    return step, np.zeros_like(step)


def _momentum(past: Sequence[Array], w: Array, s: Settings) -> tuple[Array, Array]:  # noqa: ARG001
    mean = _corrected if "corrected" in s else _sum
    step = -s["learning_rate"] * mean(past, s["momentum"])
    return step, np.zeros_like(step)


def _nesterov(past: Sequence[Array], w: Array, s: Settings) -> tuple[Array, Array]:  # noqa: ARG001
    step = -s["learning_rate"] * (past[-1] + s["momentum"] * _sum(past, s["momentum"]))
    return step, np.zeros_like(step)


def _adagrad(past: Sequence[Array], w: Array, s: Settings) -> tuple[Array, Array]:  # noqa: ARG001
    return _divided(past[-1], np.sqrt(_sum([g**2 for g in past], 1.0)), s)


def _rmsprop(past: Sequence[Array], w: Array, s: Settings) -> tuple[Array, Array]:  # noqa: ARG001
    rho = s["decay"]
    return _divided(past[-1], np.sqrt((1 - rho) * _sum([g**2 for g in past], rho)), s)


def _adam(past: Sequence[Array], w: Array, s: Settings) -> tuple[Array, Array]:  # noqa: ARG001
    return _divided(_corrected(past, s["beta1"]), np.sqrt(_corrected([g**2 for g in past], s["beta2"])), s)


def _adamw(past: Sequence[Array], w: Array, s: Settings) -> tuple[Array, Array]:
    step, room = _adam(past, w, s)
    return step - s["learning_rate"] * s["weight_decay"] * w, room


_STEPS: dict[str, Callable[[Sequence[Array], Array, Settings], tuple[Array, Array]]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
}


def _sum(past: Sequence[Array], factor: float) -> Array:
    """Return the sum of factor^(t-i) x_i."""
    return np.asarray(sum(factor ** (len(past) - 1 - i) * x for i, x in enumerate(past)))


def _corrected(past: Sequence[Array], beta: float) -> Array:
    """Return the average that gives x_i the weight beta^(t-i), the weights adding up to 1."""
    return (1 - beta) * _sum(past, beta) / (1 - beta ** len(past))


def _divided(top: Array, root: Array, s: Settings) -> tuple[Array, Array]:
    step = -s["learning_rate"] * top / (root + s["eps"])
    # Under the root, eps gives root * (1 + eps / (2 root²)); Adam's corrections may come before or after it.
    return step, 40 * np.abs(step) * (s["eps"] / root + s["eps"] / root**2 + s["reach"] / root)
