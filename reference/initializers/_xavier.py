r"""Xavier initialization: the variance of a layer's output equals that of its input.

For :math:`y = xW` with independent zero-mean entries,
:math:`\operatorname{var} y = \text{fan\_in} \cdot \operatorname{var} W \cdot \operatorname{var} x`. Backward,
the gradient passes through :math:`W^T`, and `fan_out` takes the place of `fan_in`. Hence

.. math:: \operatorname{var} W = \frac{1}{\text{fan\_in}} \quad \text{(forward alone: `xavier`)}, \qquad
          \operatorname{var} W = \frac{2}{\text{fan\_in} + \text{fan\_out}}
          \quad \text{(both ways, a compromise: `glorot_*`)}

A uniform distribution on :math:`[-a, a]` has variance :math:`a^2 / 3`, which sets its bound.

The argument takes the nonlinearity for the identity, as tanh nearly is around 0. A ReLU sets half of its
inputs to 0, halves the second moment with every layer, and needs `he`.

Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks"
(2010).
"""

from __future__ import annotations

import math

import numpy as np

from ._draw import Seed, Weights, fans, normal

TRAITS: dict[str, dict[str, object]] = {
    "xavier": {"variance": lambda fan_in, fan_out: 1 / fan_in, "distribution": "normal"},  # noqa: ARG005
    "glorot_normal": {"variance": lambda fan_in, fan_out: 2 / (fan_in + fan_out), "distribution": "normal"},
    "glorot_uniform": {"variance": lambda fan_in, fan_out: 2 / (fan_in + fan_out), "distribution": "uniform"},
}


def xavier(fan_in: int, fan_out: int, *, rng: Seed = None) -> Weights:
    """Draw normal weights of variance ``1 / fan_in``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out)

    Examples
    --------
    >>> x = np.random.default_rng(1).standard_normal((1000, 400))
    >>> float((x @ xavier(400, 300, rng=0)).std().round(1))
    1.0
    """
    fan_in, fan_out = fans(fan_in, fan_out)
    return normal(fan_in, fan_out, std=1 / math.sqrt(fan_in), rng=rng)


def glorot_normal(fan_in: int, fan_out: int, *, rng: Seed = None) -> Weights:
    """Draw normal weights of variance ``2 / (fan_in + fan_out)``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out)

    Examples
    --------
    >>> float(glorot_normal(100, 300, rng=0).var().round(4))
    0.005
    """
    fan_in, fan_out = fans(fan_in, fan_out)
    return normal(fan_in, fan_out, std=math.sqrt(2 / (fan_in + fan_out)), rng=rng)


def glorot_uniform(fan_in: int, fan_out: int, *, rng: Seed = None) -> Weights:
    """Draw uniform weights of variance ``2 / (fan_in + fan_out)``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out)
        Within ``sqrt(6 / (fan_in + fan_out))`` of 0.

    Examples
    --------
    >>> float(np.abs(glorot_uniform(1, 5, rng=0)).max()) <= 1
    True
    """
    fan_in, fan_out = fans(fan_in, fan_out)
    bound = math.sqrt(6 / (fan_in + fan_out))
    return np.random.default_rng(rng).uniform(-bound, bound, (fan_in, fan_out))
