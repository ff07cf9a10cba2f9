r"""He initialization: Xavier's, corrected for the half that a ReLU takes away.

.. math:: W_{ij} = \frac{Z_{ij}}{\sqrt{\text{fan\_in} / 2}}, \qquad Z_{ij} \sim \mathcal N(0, 1)

A layer :math:`y = \max(0, x) W` has
:math:`\operatorname{var} y = \text{fan\_in} \cdot \operatorname{var} W \cdot \operatorname{E} \max(0, x)^2`.
If `x` is symmetric around 0, the last factor is half of its variance, and
:math:`\operatorname{var} W = 2 / \text{fan\_in}` makes up for it.

Source: K. He, X. Zhang, S. Ren and J. Sun, "Delving Deep into Rectifiers" (2015).
"""

from __future__ import annotations

import math

from ._draw import Seed, Weights, fans, normal

TRAITS: dict[str, dict[str, object]] = {
    "he": {"variance": lambda fan_in, fan_out: 2 / fan_in, "distribution": "normal"},  # noqa: ARG005
}


def he(fan_in: int, fan_out: int, *, rng: Seed = None) -> Weights:
    """Draw normal weights of variance ``2 / fan_in``.

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
    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((1000, 400))
    >>> float((np.maximum(x, 0) @ he(400, 300, rng=0)).std().round(1))
    1.0
    """
    fan_in, fan_out = fans(fan_in, fan_out)
    return normal(fan_in, fan_out, std=1 / math.sqrt(fan_in / 2), rng=rng)
